"""The WebSocket at ``/ws``: public and private channels, and order entry. See ``docs/websocket.md``.

The consumer owns its receive loop: Channels' own dispatch costs more per message than an order does.
It reads a request, acts on it without waiting for the engine, and goes on reading; replies and pushes
leave through one outbox, everything of a turn of the event loop in one write.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.identity.identities import Identity, identify_session
from accounts.identity.last_seen import last_seen
from exchange.errors import ApiError, RefusedError
from web.access.addresses import address_of_scope, exact_address_of_scope
from web.access.credentials import session_key
from web.access.headers import Headers, joined
from web.access.language import language_of
from web.access.origins import origin_allowed
from web.access.outages import DATABASE_AWAY, outage_of
from web.live import runtime
from web.live import socket_limits as codes
from web.live.packet import encode
from web.live.runtime import Connections
from web.stream.connection import Connection
from web.stream.proofs import prove
from web.stream.sockets import Socket, socket_of

#: Messages of one socket that are handled before the loop has its turn: what they asked of the engine is
#: then on its way while the next are read, and other sockets are served.
MESSAGES_A_TURN = 64


class ExchangeConsumer(AsyncWebsocketConsumer):
    """One connection, from handshake to close frame."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI entry. Returns when the client or the server has closed."""
        parts = await runtime.start()
        headers = joined(scope["headers"])
        language = language_of(headers)
        await receive()
        if not origin_allowed(headers, parts.limits.allowed_origins, scope.get("scheme", "ws")):
            await _deny(scope, send, ApiError("PERMISSION_DENIED", {"reason": "origin"}), language)
            return
        address = address_of_scope(scope, headers)
        if not parts.connections.has_room(address):
            await _deny(scope, send, ApiError("TOO_MANY_CONNECTIONS"), language)
            return
        await send({"type": "websocket.accept"})
        socket = socket_of(scope, receive, send, parts.limits.message_bytes)
        peer = exact_address_of_scope(scope, headers)
        account = _wanted_account(scope.get("query_string", b""))
        connection = Connection(parts, socket, address, language, peer=peer, account=account)
        parts.connections.add(connection)
        socket.on_server_shutdown(connection.shut_down)
        try:
            await _greet(connection, headers, parts.connections)
            await _receive_all(connection, socket, parts.limits.message_bytes)
            await socket.finish()
        finally:
            socket.on_server_shutdown(None)
            parts.connections.remove(connection)
            connection.end()


async def _greet(connection: Connection, headers: Headers, connections: Connections) -> None:
    """Say hello, and log in the page of this site whose cookie it is.

    A browser sends cookies whoever's page asks, so a cookie counts only beside an Origin, which has been
    checked by now; programs without one log in by token."""
    key = session_key(headers) if b"origin" in headers else None
    if key is not None:
        try:
            seen = partial(_seen, key, connection.language)
            identity = await prove(seen, connections)
        except DATABASE_AWAY as error:
            connection.refuse(outage_of(error) or ApiError("INTERNAL"))
            return
        if identity is not None:
            try:
                connection.adopt_page(identity)
            except RefusedError as error:
                _turn_away(connection, error)
                return
    connection.send(
        {
            "type": "connected",
            "client_id": secrets.token_hex(8),
            "server_time": time.time_ns() // 1_000_000,
            "account": connection.account_name,
        }
    )
    connection.tell_venue()


def _turn_away(connection: Connection, error: RefusedError) -> None:
    """A page that may not have its connection."""
    if error.code == "ACCOUNT_NOT_FOUND":
        connection.refuse(error, codes.CLOSE_BAD_TOKEN)
    else:
        connection.close(codes.CLOSE_FLOOD, "too many connections of this account")


def _wanted_account(query_string: bytes) -> str | None:
    """The account that the address of the handshake names (``/ws?account=…``)."""
    named = parse_qs(query_string.decode("latin-1"), keep_blank_values=True, errors="replace").get("account")
    return None if named is None else ",".join(named)


def _seen(session_key: str, language: str) -> Identity | None:
    """Whose session it is, which is in use now."""
    identity = identify_session(session_key, language)
    if identity is not None:
        last_seen.note(identity)
    return identity


async def _receive_all(connection: Connection, socket: Socket, message_bytes: int) -> None:
    """Until the connection ends, one message after the other."""
    handled = 0
    while (texts := await socket.read()) is not None:
        for text in texts:
            handled += 1
            if not handled % MESSAGES_A_TURN:
                await asyncio.sleep(0)
            if not (connection.is_closing or connection.has_turn):
                await connection.wait_for_turn()
            if connection.is_closing:
                # Perhaps only since it waited: what a client that is put out had sent is not carried out.
                continue
            if len(text) > message_bytes:
                connection.close(codes.CLOSE_TOO_LARGE, "message too large")
                continue
            waiting = connection.handle(text)
            if waiting is not None:
                await waiting
            if not connection.has_room:
                await connection.wait_for_room()


async def _deny(scope: Any, send: Any, error: ApiError, language: str) -> None:
    """Refuse the handshake: with the error as HTTP where the server can, else with a bare 403."""
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": encode(error.body(language))})
