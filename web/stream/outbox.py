"""What waits to be sent to one socket: coalesced per turn of the loop, bounded, never blocking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from web.live.packet import Packet
from web.live.socket_limits import Limits
from web.stream.sockets import Socket

#: While more than this waits and the peer does not read, its requests are not read either.
PAUSE_READING_BYTES = 256 * 1024


class Outbox:
    """Pushes of topics are bounded: past the limit ``on_slow`` is called, once. Replies, and what a
    subscription starts with, are bounded by the reader of requests, who waits (``drained``) while
    ``is_congested``."""

    def __init__(self, socket: Socket, limits: Limits, on_slow: Callable[[], None]) -> None:
        self._socket = socket
        self._limits = limits
        self._on_slow = on_slow
        self._waiting: list[Packet] = []
        self._waiting_bytes = 0
        #: How much of it is pushes.
        self._pushed = 0
        self._pushed_bytes = 0
        self._scheduled = False
        self._closed = False
        self._resuming: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()

    @property
    def is_congested(self) -> bool:
        return self._waiting_bytes > PAUSE_READING_BYTES and not self._closed

    @property
    def has_waiting(self) -> bool:
        """Whether the peer has not taken everything yet."""
        return bool(self._waiting)

    def push(self, packet: Packet) -> None:
        """Queue a message of a topic."""
        if self._closed:
            return
        limits = self._limits
        if self._pushed_bytes > limits.waiting_bytes or self._pushed >= limits.waiting_messages:
            self.flush_now()
            if self._waiting:
                self.discard()
                self._on_slow()
                return
        self._pushed += 1
        self._pushed_bytes += len(packet.frame)
        self.send(packet)

    def send(self, packet: Packet) -> None:
        """Queue a message that must not be lost while the connection lives."""
        if self._closed:
            return
        self._waiting.append(packet)
        self._waiting_bytes += len(packet.frame)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def flush_now(self) -> None:
        """Write what waits, if the peer can take it, without waiting for the end of the turn."""
        if self._waiting and self._socket.can_write():
            self._write()

    async def drained(self) -> None:
        """Return once everything queued has been handed to the server."""
        while self._waiting and not self._closed:
            await self._socket.wait_writable()
            await asyncio.sleep(0)

    def discard(self) -> None:
        """Drop what waits and take nothing more: the connection is ending."""
        self._closed = True
        self._waiting.clear()
        self._waiting_bytes = 0
        if self._resuming is not None:
            self._resuming.cancel()

    def _flush(self) -> None:
        if not self._waiting:
            self._scheduled = False
        elif self._socket.can_write():
            self._scheduled = False
            self._write()
        else:
            self._resuming = self._loop.create_task(self._flush_when_writable())

    async def _flush_when_writable(self) -> None:
        await self._socket.wait_writable()
        self._resuming = None
        self._flush()

    def _write(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._pushed = self._pushed_bytes = 0
        self._socket.write(waiting)
