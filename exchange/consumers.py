"""The WebSocket at ``/ws``: public and private channels, and order entry. See ``docs/websocket.md``.

The consumer owns its receive loop: Channels' own dispatch costs more per message than an order does.
It reads a request, acts on it without waiting for the engine, and goes on reading; replies and pushes
leave through one outbox, everything of a turn of the event loop in one write.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from exchange.errors import ApiError, RefusedError
from exchange.feeds import limits as codes
from exchange.feeds import runtime
from exchange.feeds.identity import identify_session, language_of, origin_allowed
from exchange.feeds.packet import encode
from exchange.feeds.servers import Link, link_of
from exchange.feeds.session import Session
from exchange.limits import client_address

logger = logging.getLogger(__name__)

#: Messages of one socket that are handled before the loop has its turn: what they asked of the engine is
#: then on its way while the next are read, and other sockets are served.
MESSAGES_A_TURN = 64

Headers = dict[bytes, bytes]


class ExchangeConsumer(AsyncWebsocketConsumer):
    """One connection, from handshake to close frame."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI entry. Returns when the client or the server has closed."""
        parts = await runtime.start()
        headers: Headers = dict(scope["headers"])
        language = language_of(headers)
        await receive()
        if not origin_allowed(headers, parts.limits.allowed_origins):
            await _deny(scope, send, ApiError("PERMISSION_DENIED", {"reason": "origin"}), language)
            return
        peer = (scope.get("client") or ("local", 0))[0]
        address = client_address(peer, headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        if not parts.connections.has_room(address):
            await _deny(scope, send, ApiError("TOO_MANY_CONNECTIONS"), language)
            return
        await send({"type": "websocket.accept"})
        link = link_of(receive, send, parts.limits.message_bytes)
        session = Session(parts, link, address, language)
        parts.connections.add(session)
        link.on_server_shutdown(session.shut_down)
        try:
            await _greet(session, headers)
            await _receive_all(session, link, parts.limits.message_bytes)
            await link.finish()
        finally:
            link.on_server_shutdown(None)
            parts.connections.remove(session)
            session.end()


async def _greet(session: Session, headers: Headers) -> None:
    """Say hello, and log in the page of this site whose cookie it is.

    A browser sends cookies whoever's page asks, so a cookie counts only beside an Origin, which has been
    checked by now; programs without one log in by token."""
    if b"origin" in headers and b"cookie" in headers:
        identity = await database_sync_to_async(identify_session)(headers[b"cookie"].decode("latin-1"))
        if identity is not None:
            try:
                session.adopt(identity)
            except RefusedError:
                session.close(codes.CLOSE_FLOOD, "too many connections of this account")
                return
    session.send(
        {
            "type": "connected",
            "client_id": secrets.token_hex(8),
            "server_time": time.time_ns() // 1_000_000,
            "account": session.account_name,
        }
    )


async def _receive_all(session: Session, link: Link, message_bytes: int) -> None:
    """Until the connection ends, one message after the other."""
    handled = 0
    while (texts := await link.receive()) is not None:
        for text in texts:
            handled += 1
            if not handled % MESSAGES_A_TURN:
                await asyncio.sleep(0)
            if session.is_closing:
                continue
            if len(text) > message_bytes:
                session.close(codes.CLOSE_TOO_LARGE, "message too large")
                continue
            waiting = session.handle(text)
            if waiting is not None:
                await waiting
            if not session.has_room:
                await session.wait_for_room()


async def _deny(scope: Any, send: Any, error: ApiError, language: str) -> None:
    """Refuse the handshake: with the error as HTTP where the server can, else with a bare 403."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": encode(error.body(language))})
