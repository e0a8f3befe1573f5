"""The feed's server: a Unix socket beside the projector, served by a thread of its own.

A client that sends ``Subscribe`` is greeted and gets every change, at most ``1 / FLUSH_S`` times a second;
``AskStatus`` is answered at once. See ``messages``. A socket file that somebody removes comes back within a
second; who is connected notices nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from exchange.link.protocol import FrameError
from exchange.telemetry.logs import get_logger
from exchange.telemetry.measures import own
from marketdata.feed import feed_messages
from marketdata.feed.board import Board
from marketdata.feed.feed_messages import Message, frame_of

logger = get_logger(__name__)

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
        self._server: asyncio.Server | None = None
        self._file: tuple[int, int] | None = None
        #: Whether the file is gone, and the log says so.
        self._is_lost = False
        self._thread = threading.Thread(target=self._run, name="marketdata-feed", daemon=True)
        own().read("xtrader_feed_subscribers", lambda: len(self._subscribers))

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
                logger.exception("feed_server_failed")
                self._on_failure()
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        await self._listen()
        self._ready.set()
        try:
            while not self._stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), FLUSH_S)
                self._broadcast(self._board.take())
                await self._tend()
        finally:
            self._stop_listening()
            if _file_of(self._path) == self._file:
                self._path.unlink(missing_ok=True)
            await self._disconnect_all()

    async def _listen(self) -> None:
        """Raises OSError. An old file there is in the way: its projector is gone."""
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._talk, str(self._path))
        self._stop_listening()
        self._server = server
        self._path.chmod(0o600)
        self._file = _file_of(self._path)
        self._is_lost = False

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _tend(self) -> None:
        """Listen again where the file was removed, or another is in its place: there is no other projector,
        its lock says so."""
        if _file_of(self._path) == self._file:
            return
        try:
            await self._listen()
        except OSError as error:
            if not self._is_lost:
                self._is_lost = True
                logger.error("socket_not_made_again", path=str(self._path), error=error)
            return
        logger.warning("socket_made_again", path=str(self._path))

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
            async for body in feed_messages.bodies(reader, feed_messages.MAX_REQUEST_BYTES):
                for request in feed_messages.decode_requests(body):
                    self._answer(request, writer)
                await writer.drain()
        except (OSError, FrameError) as error:
            logger.info("feed_client_disconnected", error=error)
        finally:
            self._subscribers.discard(writer)
            del self._conversations[task]
            writer.close()

    def _answer(self, request: feed_messages.Request, writer: asyncio.StreamWriter) -> None:
        if isinstance(request, feed_messages.AskStatus):
            writer.write(frame_of([feed_messages.Status(self._board.status())]))
            return
        taken, greeting = self._board.take_and_greet()
        self._broadcast(taken)
        for part in greeting:
            writer.write(frame_of(part))
        self._subscribers.add(writer)

    def _broadcast(self, taken: list[Message]) -> None:
        if not self._subscribers:
            return
        frame = frame_of(taken)
        for writer in list(self._subscribers):
            transport = writer.transport
            if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
                logger.warning("feed_client_does_not_read")
                self._subscribers.discard(writer)
                transport.abort()
            else:
                transport.write(frame)


def _file_of(path: Path) -> tuple[int, int] | None:
    """What names the file at a path; None where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
