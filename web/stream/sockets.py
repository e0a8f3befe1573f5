"""What the hot path needs from an ASGI server and ASGI does not say.

Under uvicorn with this project's own protocol (``web.server.websocket_protocol``) frames are cut out of the
stream all at once, ready frames are written straight to the transport (one write for all that waits, and no
re-encoding per socket), pings are real WebSocket pings, and a peer that never reads can be cut off. Any other
server gets plain ASGI messages, with pings as messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from exchange.telemetry.logs import get_logger
from web.live.packet import Packet
from web.server.websocket_protocol import EXTENSION, WebSocketProtocol, texts_of

logger = get_logger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Socket(Protocol):
    """One accepted WebSocket, as its consumer writes to it."""

    #: Whether ``ping`` is a WebSocket ping, which every client answers by itself.
    pings_by_frame: bool

    async def read(self) -> list[str] | None:
        """The next messages of the client, at least one; None when the connection has ended."""

    def can_write(self) -> bool:
        """Whether ``write`` may be called now."""

    def write(self, packets: list[Packet]) -> None:
        """Send messages, in order. Only when ``can_write``."""

    async def wait_writable(self) -> None:
        """Return when ``can_write`` may be true again."""

    def ping(self) -> None:
        """Ask for a sign of life."""

    def ping_answered(self) -> bool:
        """Whether the last ping (if any) was answered."""

    def close(self, code: int, reason: str, grace_s: float) -> None:
        """Send the close frame after what was written before; cut the connection ``grace_s`` later
        if the peer has not read and answered it."""

    async def finish(self) -> None:
        """Return when the consumer may end."""

    def on_server_shutdown(self, callback: Callable[[], None] | None) -> None:
        """Have the server's shutdown call this instead of closing at once, where that can be had."""

    def on_control_frame(self, charge: Callable[[], bool]) -> None:
        """Charge every ping, pong and fragment of the client; those for which ``charge`` gives False are
        dropped."""


class AsgiSocket:
    """Any ASGI server: one task sends, one message at a time."""

    pings_by_frame = False

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._sending: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def read(self) -> list[str] | None:
        return texts_of(await self._receive())

    def can_write(self) -> bool:
        return self._idle.is_set()

    def write(self, packets: list[Packet]) -> None:
        if not self._closed:
            self._start([{"type": "websocket.send", "text": packet.text} for packet in packets])

    async def wait_writable(self) -> None:
        await self._idle.wait()

    def ping(self) -> None:
        """Has no frame of its own: the consumer sends a message."""

    def ping_answered(self) -> bool:
        return False

    def close(self, code: int, reason: str, grace_s: float) -> None:
        if not self._closed:
            self._closed = True
            self._start([{"type": "websocket.close", "code": code, "reason": reason}])
            if self._sending is not None:
                # A server that cannot send it in time gives the socket up when the consumer returns.
                asyncio.get_running_loop().call_later(grace_s, self._sending.cancel)

    async def finish(self) -> None:
        """Wait until the close frame is on its way: the server drops what is sent after the return."""
        if self._sending is not None:
            await asyncio.gather(self._sending, return_exceptions=True)

    def on_server_shutdown(self, callback: Callable[[], None] | None) -> None:
        """ASGI has no such notice."""

    def on_control_frame(self, charge: Callable[[], bool]) -> None:
        """ASGI does not show them."""

    def _start(self, messages: list[dict[str, Any]]) -> None:
        self._idle.clear()
        before = self._sending
        self._sending = asyncio.create_task(self._send_all(before, messages))

    async def _send_all(self, before: asyncio.Task[None] | None, messages: list[dict[str, Any]]) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        try:
            for message in messages:
                await self._send(message)
        except Exception as error:
            # The peer is gone; the server ends the receive loop.
            logger.debug("sending_failed", error=error)
        finally:
            self._idle.set()


def socket_of(scope: Mapping[str, Any], receive: Receive, send: Send, message_bytes: int) -> Socket:
    """The best socket for the server behind an accepted connection."""
    protocol = (scope.get("extensions") or {}).get(EXTENSION)
    if isinstance(protocol, WebSocketProtocol):
        protocol.take_over(message_bytes)
        return protocol
    return AsgiSocket(receive, send)
