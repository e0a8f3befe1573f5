"""What the hot path needs from an ASGI server and ASGI does not say.

Under uvicorn's sans-I/O implementation frames are cut out of the stream all at once, ready frames are written
straight to the transport (one write for all that waits, and no re-encoding per socket), pings are real WebSocket
pings, and a peer that never reads can be cut off. Any other server gets plain ASGI messages, with pings as messages.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from exchange.feeds.frames import FrameReader
from exchange.feeds.packet import Packet

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Link(Protocol):
    """One accepted WebSocket, as its consumer writes to it."""

    #: Whether ``ping`` is a WebSocket ping, which every client answers by itself.
    pings_by_frame: bool

    async def receive(self) -> list[str] | None:
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


class UvicornLink:
    """uvicorn ``--ws websockets-sansio``: works on the protocol object behind ``send``.

    Reaches below uvicorn's public face; ``link_of`` looks for every name used here, and a test holds
    the pinned version to it.
    """

    NAMES = (
        *("conn", "transport", "writable", "queue", "close_sent", "close_timer", "disconnected"),
        *("ping_interval", "pending_ping_payload", "read_paused", "shutdown", "stop_keepalive"),
        *("data_received", "receive"),
    )
    pings_by_frame = True

    def __init__(self, protocol: Any, receive: Receive, message_bytes: int) -> None:
        self._protocol = protocol
        self._receive = receive
        self._reader = FrameReader(message_bytes, self._deliver, protocol.data_received)
        self._original_shutdown = protocol.shutdown
        # This consumer pings and judges silence itself, whatever the command line says.
        protocol.stop_keepalive()
        protocol.ping_interval = None
        protocol.conn.max_message_size = message_bytes
        if not protocol.conn.reader.buffer:
            # Transports of uvloop keep the method they call: setting the protocol has them look again.
            protocol.data_received = self._reader.received
            protocol.transport.set_protocol(protocol)

    async def receive(self) -> list[str] | None:
        message = await self._receive()
        return message.get("texts") or _texts(message)

    def _deliver(self, texts: list[str]) -> None:
        """Put what the reader has cut out where the protocol puts its own, and stop reading while nobody takes it:
        the protocol goes on reading when its queue is empty."""
        protocol = self._protocol
        protocol.queue.put_nowait({"type": "websocket.receive", "texts": texts})
        if protocol.queue.qsize() > 1 and not protocol.read_paused:
            protocol.read_paused = True
            protocol.transport.pause_reading()

    def can_write(self) -> bool:
        return bool(self._protocol.writable.is_set())

    def write(self, packets: list[Packet]) -> None:
        if not self._is_over():
            frames = packets[0].frame if len(packets) == 1 else b"".join([p.frame for p in packets])
            self._protocol.transport.write(frames)

    async def wait_writable(self) -> None:
        await self._protocol.writable.wait()

    def ping(self) -> None:
        if not self._is_over():
            # uvicorn clears the payload when the pong that carries it arrives.
            self._protocol.pending_ping_payload = payload = os.urandom(4)
            self._protocol.conn.send_ping(payload)
            self._flush_connection()

    def ping_answered(self) -> bool:
        return self._protocol.pending_ping_payload is None

    def close(self, code: int, reason: str, grace_s: float) -> None:
        if self._is_over():
            return
        protocol = self._protocol
        self._reader.give_up()
        protocol.conn.send_close(code, reason)
        self._flush_connection()
        protocol.close_sent = True
        # uvicorn cancels it when the peer's close frame arrives.
        protocol.close_timer = asyncio.get_running_loop().call_later(grace_s, protocol.transport.abort)
        # Ends the consumer's receive loop; reads go on so that the peer's close frame is seen.
        protocol.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if protocol.read_paused:
            protocol.read_paused = False
            protocol.transport.resume_reading()

    async def finish(self) -> None:
        """uvicorn closes the transport itself, after the peer's close frame or the grace."""

    def on_server_shutdown(self, callback: Callable[[], None] | None) -> None:
        self._protocol.shutdown = self._original_shutdown if callback is None else callback

    def _is_over(self) -> bool:
        protocol = self._protocol
        return bool(protocol.close_sent or protocol.disconnected or protocol.transport.is_closing())

    def _flush_connection(self) -> None:
        self._protocol.transport.write(b"".join(self._protocol.conn.data_to_send()))


class AsgiLink:
    """Any ASGI server: one task sends, one message at a time."""

    pings_by_frame = False

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._sending: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    async def receive(self) -> list[str] | None:
        return _texts(await self._receive())

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
            # The peer is gone; the receive loop is told by the server.
            logger.debug("sending failed: %s", error)
        finally:
            self._idle.set()


def _texts(message: Message) -> list[str] | None:
    """The text of an ASGI message; None for one that ends the connection."""
    if message["type"] != "websocket.receive":
        return None
    text = message.get("text")
    return [message["bytes"].decode("utf-8", "replace") if text is None else text]


def link_of(receive: Receive, send: Send, message_bytes: int) -> Link:
    """The best link for the server behind ``send``."""
    protocol = getattr(send, "__self__", None)
    if protocol is not None and all(hasattr(protocol, name) for name in UvicornLink.NAMES):
        return UvicornLink(protocol, receive, message_bytes)
    return AsgiLink(receive, send)
