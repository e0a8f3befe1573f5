"""The feed's server: a Unix socket beside the projector, served by a thread of its own.

Frames are the engine socket's: a length and a msgpack list of messages. A client says ``["subscribe"]``
to be greeted and told every change, at most ``1 / FLUSH_S`` times a second, or asks ``["status"]``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from marketdata.feed import messages
from marketdata.feed.board import Board
from marketdata.feed.frames import FrameError, pack_frame, read_frame
from marketdata.feed.messages import Message

logger = logging.getLogger(__name__)

FLUSH_S: Final = 0.25
#: A subscriber that leaves this much unread is disconnected; it comes back and is greeted anew.
MAX_UNREAD_BYTES: Final = 32 * 1024 * 1024
#: How long a client may take to notice that the server goes.
_CLOSE_S: Final = 1.0


class FeedServer:
    """Serves one board on one socket. ``on_failure`` is called when serving ends unasked."""

    def __init__(
        self, socket_path: Path, board: Board, *, on_failure: Callable[[], None] = lambda: None
    ) -> None:
        self._path = socket_path
        self._board = board
        self._on_failure = on_failure
        self._subscribers: set[asyncio.StreamWriter] = set()
        self._conversations: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="marketdata-feed", daemon=True)

    def start(self) -> None:
        """Listen; returns once a client can connect. Raises OSError when the socket cannot be made."""
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Tell the last changes, disconnect everyone, remove the socket."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            self._error = error
            if self._ready.is_set():
                logger.exception("the feed's server failed")
                self._on_failure()
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._talk, str(self._path))
        self._path.chmod(0o600)
        self._ready.set()
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), FLUSH_S)
                self._broadcast(self._board.take())
        finally:
            server.close()
            self._path.unlink(missing_ok=True)
            await self._disconnect_all()

    async def _disconnect_all(self) -> None:
        """Each conversation ends by itself once its connection is closed; one that does not is cut."""
        for writer in self._conversations.values():
            writer.close()
        if self._conversations:
            _, left = await asyncio.wait(list(self._conversations), timeout=_CLOSE_S)
            for task in left:
                self._conversations[task].transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # a stream's callback is run as a task
        self._conversations[task] = writer
        try:
            while (frame := await read_frame(reader)) is not None:
                for message in frame:
                    self._answer(message, writer)
                await writer.drain()
        except (OSError, FrameError) as error:
            logger.info("a feed client was disconnected: %s", error)
        finally:
            self._subscribers.discard(writer)
            del self._conversations[task]
            writer.close()

    def _answer(self, message: Any, writer: asyncio.StreamWriter) -> None:
        match message:
            case ["status"]:
                writer.write(pack_frame([[messages.STATUS, self._board.status()]]))
            case ["subscribe"]:
                taken, greeting = self._board.take_and_greet()
                self._broadcast(taken)
                for part in greeting:
                    writer.write(pack_frame(part))
                self._subscribers.add(writer)
            case _:
                raise FrameError("unknown request")

    def _broadcast(self, taken: list[Message]) -> None:
        if not self._subscribers:
            return
        frame = pack_frame(taken)
        for writer in list(self._subscribers):
            transport = writer.transport
            if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
                logger.warning("a feed subscriber does not read: disconnected")
                self._subscribers.discard(writer)
                transport.abort()
            else:
                transport.write(frame)
