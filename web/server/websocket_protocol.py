"""uvicorn's WebSocket protocol as the feeds use it: ``--ws web.server.websocket_protocol:WebSocketProtocol``.

An application that finds it under ``EXTENSION`` among its scope's extensions may take the connection over
(``take_over``). From then on usual frames are cut out of the stream all at once, ready frames go straight to
the transport, control frames are charged, and nothing is read while the client leaves what it was sent
unread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame
from websockets.http11 import Request

from web.server import deflate
from web.server.frames import FrameReader

EXTENSION: Final = "xtrader.connection"


class Framed(Protocol):
    """A message, ready for the wire."""

    @property
    def frame(self) -> bytes: ...

    @property
    def deflated_frame(self) -> bytes: ...


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket. What it does beyond uvicorn's begins with ``take_over``."""

    pings_by_frame = True

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._reader: FrameReader | None = None
        self._charge: Callable[[], bool] | None = None
        self._shutdown_callback: Callable[[], None] | None = None
        #: The pong that waits until the client reads again; only the last one is due (RFC 6455, section
        #: 5.5.3).
        self._owed_pong = b""
        #: Messages from this length on go out compressed; 0: none do.
        self._deflate_from: int = app_state.get(deflate.DEFLATE_FROM_KEY, 0)
        if self._deflate_from:
            deflate.offer(self.conn)

    # --- what uvicorn calls ---------------------------------------------------------------------------

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:
            # The application has not run yet.
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[EXTENSION] = self

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            super().data_received(data)
        else:
            self._reader.received(data)

    def handle_ping(self) -> None:
        pongs = self.conn.data_to_send()
        if not self._is_charged() or not pongs:
            return
        if self.writable.is_set():
            self.transport.write(b"".join(pongs))
        else:
            self._owed_pong = pongs[-1]

    def handle_pong(self, event: Frame) -> None:
        if self._is_charged():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if self._is_charged():
            super().handle_cont(event)

    def pause_writing(self) -> None:
        """More than the transport's high-water mark (64 KiB) is unread: read nothing either."""
        super().pause_writing()
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.transport.is_closing():
            return
        if self._owed_pong:
            pong, self._owed_pong = self._owed_pong, b""
            self.transport.write(pong)
        if not self.read_paused:
            self.transport.resume_reading()

    def shutdown(self) -> None:
        if self._shutdown_callback is None:
            super().shutdown()
        else:
            self._shutdown_callback()

    # --- what the consumer calls ----------------------------------------------------------------------

    def take_over(self, message_bytes: int) -> None:
        """The connection was accepted, and from now on belongs to one consumer."""
        # The consumer pings and judges silence itself, whatever the command line gave.
        self.stop_keepalive()
        self.ping_interval = None
        self.conn.max_message_size = message_bytes
        is_deflated = bool(self.conn.extensions)
        if not deflate.is_agreed(self.conn):
            self._deflate_from = 0
        if not self.conn.reader.buffer:
            reader = FrameReader(message_bytes, self._deliver, super().data_received, is_deflated=is_deflated)
            self._reader = reader

    async def read(self) -> list[str] | None:
        """The next messages of the client, at least one; None when the connection has ended."""
        message: Any = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self._go_on_reading()
        return message.get("texts") or texts_of(message)

    def _deliver(self, texts: list[str]) -> None:
        """Put what the reader has cut out where uvicorn puts its own, and stop reading while it is not
        taken."""
        message: Any = {"type": "websocket.receive", "texts": texts}
        self.queue.put_nowait(message)
        if self.queue.qsize() > 1 and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def can_write(self) -> bool:
        return self.writable.is_set()

    def write(self, packets: Sequence[Framed]) -> None:
        if not self._is_over():
            if self._deflate_from:
                self.transport.write(b"".join([self._packed(packet) for packet in packets]))
                return
            frames = packets[0].frame if len(packets) == 1 else b"".join([p.frame for p in packets])
            self.transport.write(frames)

    def _packed(self, packet: Framed) -> bytes:
        frame = packet.frame
        return frame if len(frame) < self._deflate_from else packet.deflated_frame

    async def wait_writable(self) -> None:
        await self.writable.wait()

    def ping(self) -> None:
        if not self._is_over():
            # ``handle_pong`` clears the payload when the pong that carries it arrives.
            self.pending_ping_payload = payload = os.urandom(4)
            self.conn.send_ping(payload)
            self._flush()

    def ping_answered(self) -> bool:
        return self.pending_ping_payload is None

    def close(self, code: int, reason: str, grace_s: float) -> None:
        if self._is_over():
            return
        if self._reader is not None:
            self._reader.give_up()
        self.conn.send_close(code, reason)
        self._flush()
        self.close_sent = True
        # ``handle_close`` cancels it when the peer's close frame arrives.
        self.close_timer = self.loop.call_later(grace_s, self.transport.abort)
        # Ends the consumer's receive loop; reads go on so that the peer's close frame is seen.
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if self.read_paused:
            self._go_on_reading()

    async def finish(self) -> None:
        """The transport closes by itself, after the peer's close frame or the grace."""

    def on_server_shutdown(self, callback: Callable[[], None] | None) -> None:
        self._shutdown_callback = callback

    def on_control_frame(self, charge: Callable[[], bool]) -> None:
        self._charge = charge

    def _go_on_reading(self) -> None:
        self.read_paused = False
        if self.writable.is_set():
            self.transport.resume_reading()

    def _is_charged(self) -> bool:
        return self._charge is None or self._charge()

    def _is_over(self) -> bool:
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def _flush(self) -> None:
        self.transport.write(b"".join(self.conn.data_to_send()))


def texts_of(message: dict[str, Any]) -> list[str] | None:
    """The text of an ASGI message; None for one that ends the connection."""
    if message["type"] != "websocket.receive":
        return None
    text = message.get("text")
    return [message["bytes"].decode("utf-8", "replace") if text is None else text]
