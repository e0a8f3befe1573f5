"""A follower: the same fold as the engine's, a moment later, in another process."""

from __future__ import annotations

import random
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from exchange.engine import Engine
from exchange.engine.messages import Command, Event
from exchange.journal.codec import DECODE_ERRORS
from exchange.journal.errors import JournalDamaged, JournalDisagrees, JournalGap
from exchange.journal.files import OS_FILES, Files
from exchange.journal.reader import JournalReader
from exchange.journal.records import START, Position, Record
from exchange.journal.recovery import start_fold
from exchange.journal.snapshots import Image, image_of, write_image
from exchange.link.errors import FollowerDisagrees, PositionUnknown
from exchange.link.protocol import (
    FOLLOW,
    MAX_REQUEST_BYTES,
    Durable,
    FrameBuffer,
    FrameError,
    frame,
    reply_decoder,
)
from exchange.telemetry.logs import get_logger

__all__ = ["Batch", "Follower", "Position"]

log = get_logger(__name__)

#: How often the journal is looked at while the engine publishes nothing.
_POLL_S: Final = 0.05
#: Pause between attempts to reach the engine, about.
_RECONNECT_S: Final = 0.5


class Batch(NamedTuple):
    """One durable batch of the journal with the events this follower folded from it."""

    first_sequence: int
    now_ns: int
    commands: list[Command]
    #: events[i] are those of commands[i], whose sequence is first_sequence + i
    events: list[list[Event]]
    #: rolling hash after this batch, hex
    event_hash: str
    #: the label of each command's request, or nothing where none has one
    labels: list[str] = []

    @property
    def position(self) -> Position:
        """Where a projector stands once it has stored this batch."""
        return Position(self.first_sequence + len(self.commands) - 1, self.event_hash)


class Follower:
    """Tails the journal, never beyond what is durable, and folds its own engine.

    ``position``: where the projector stands (None: from the very start). The follower loads the newest
    snapshot at or before it, folds up to it, checks the hash (``PositionUnknown`` or
    ``FollowerDisagrees`` if it is not of this journal), and hands out the batches after it.
    ``socket_path``: the engine's socket, which publishes the durable sequence; without the engine
    the follower goes as far as the journal itself states. Raises FollowerDisagrees, PositionUnknown, or
    JournalDamaged.
    """

    def __init__(
        self,
        journal_path: Path,
        snapshot_dir: Path,
        *,
        socket_path: str | Path | None = None,
        position: Position | None = None,
        files: Files = OS_FILES,
    ) -> None:
        self._snapshot_dir = snapshot_dir
        self._files = files
        #: When the last batch began to be folded, by this machine's time of day.
        self.began_ns = 0
        self._gate = _DurableGate(socket_path)
        target = position or START
        self._fold = start_fold(snapshot_dir, at_or_before=target.sequence, files=files)
        self._reader = JournalReader(journal_path, self._fold.engine.sequence, files)
        self._catch_up(target)

    @property
    def engine(self) -> Engine:
        """The fold's engine, as of ``position``. Only to be read."""
        return self._fold.engine

    @property
    def position(self) -> Position:
        """Where the last batch handed out ended."""
        return self._fold.position

    @property
    def durable_sequence(self) -> int:
        """The last sequence known to be durable: ``durable_sequence - position.sequence`` is the lag."""
        return max(self._gate.sequence, self._reader.stated_sequence, self._fold.engine.sequence)

    def poll(self, timeout_s: float = 1.0, max_commands: int = 5_000) -> list[Batch]:
        """The next durable batches, about ``max_commands`` commands of them; waits up to
        ``timeout_s`` when there are none. ``engine`` and ``position`` stand after the last one."""
        return list(self.stream(timeout_s, max_commands))

    def stream(self, timeout_s: float = 1.0, max_commands: int = 5_000) -> Iterator[Batch]:
        """``poll``, but each batch is folded when it is asked for, so that what is made of it is made while
        its events are still in the processor's cache. ``engine`` and ``position`` stand after the last one
        taken."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._gate.update()
            self._reader.forget_read_ahead()
            is_empty = True
            for batch in self._take(max_commands):
                is_empty = False
                yield batch
            left = deadline - time.monotonic()
            if not is_empty or left <= 0:
                return
            self._gate.wait(min(left, _POLL_S if not self._gate.connected else left))

    def batches(self, stop: Callable[[], bool]) -> Iterator[Batch]:
        """Every durable batch as it comes, until ``stop()`` is true."""
        while not stop():
            yield from self.poll(0.2)

    def image(self) -> Image:
        """What ``write`` makes a snapshot of, at any time and from any thread: ``engine`` at ``position``."""
        return image_of(self.engine, self.position.event_hash)

    def write(self, image: Image) -> Path:
        """Write a snapshot; returns its path."""
        return write_image(self._snapshot_dir, image, files=self._files)

    def close(self) -> None:
        self._gate.close()
        self._reader.close()

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _catch_up(self, target: Position) -> None:
        """Fold up to the projector's position, which was durable when it was stored."""
        try:
            while self.engine.sequence < target.sequence:
                record = self._reader.next()
                if record is None:
                    raise PositionUnknown(
                        f"the journal ends at sequence {self.engine.sequence}, before {target.sequence}: "
                        "it is not the journal this position came from, or it has lost records"
                    )
                self._apply(record)
        except JournalGap as error:
            raise PositionUnknown(str(error)) from error
        if self.position != target:
            raise FollowerDisagrees(
                f"this journal has hash {self.position.event_hash} at sequence {self.position.sequence}, "
                f"the stored position is {target.sequence} with {target.event_hash}"
            )

    def _take(self, max_commands: int) -> Iterator[Batch]:
        commands = 0
        while commands < max_commands:
            record = self._reader.next_durable(self._gate.sequence)
            if record is None:
                self._check_nothing_missing()
                return
            batch = self._apply(record)
            if batch is not None:
                commands += len(batch.commands)
                yield batch

    def _check_nothing_missing(self) -> None:
        """The journal has no further record: neither may the engine have published one."""
        if self._gate.sequence >= self._reader.next_sequence:
            raise JournalDamaged(
                *self._reader.place, f"no valid record, though {self._gate.sequence} is durable"
            )

    def _apply(self, record: Record) -> Batch | None:
        """Fold a record; None for one without commands."""
        path, self.began_ns = self._reader.place[0], time.time_ns()
        try:
            if not record.command_count:
                if record.first_sequence == self.engine.sequence + 1:
                    self._fold.check(record, path)
                return None
            commands, events = self._fold.apply(record, path)
        except JournalDisagrees as error:
            raise FollowerDisagrees(str(error)) from error
        labels = record.labels()
        event_hash = self._fold.event_hash.hex()
        return Batch(record.first_sequence, record.now_ns, commands, events, event_hash, labels)


class _DurableGate:
    """Learns the durable sequence from the engine. Without it ``sequence`` stays what it was."""

    def __init__(self, socket_path: str | Path | None) -> None:
        self._path = None if socket_path is None else str(socket_path)
        self._socket: socket.socket | None = None
        self._frames = FrameBuffer(MAX_REQUEST_BYTES)
        self._retry_at = 0.0
        #: Last durable sequence the engine published.
        self.sequence = 0

    @property
    def connected(self) -> bool:
        return self._socket is not None

    def update(self) -> None:
        """Take in what the engine has published; connect if there is no connection."""
        if self._socket is None:
            self._connect()
        while self._socket is not None and self._receive(self._socket):
            pass

    def wait(self, timeout_s: float) -> None:
        """Sleep until the engine publishes something, at most ``timeout_s``."""
        if self._socket is None:
            time.sleep(timeout_s)
        else:
            select.select([self._socket], [], [], timeout_s)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> None:
        if self._path is None or time.monotonic() < self._retry_at:
            return
        self._retry_at = time.monotonic() + _RECONNECT_S * random.uniform(0.5, 1.5)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(self._path)
            sock.sendall(frame([(FOLLOW,)]))
        except OSError:
            sock.close()
            return
        sock.setblocking(False)
        self._frames = FrameBuffer(MAX_REQUEST_BYTES)
        self._socket = sock
        log.info("following_engine", path=self._path)

    def _receive(self, sock: socket.socket) -> bool:
        """Read once; whether there may be more."""
        try:
            data = sock.recv(65536)
            for body in self._frames.feed(data):
                for message in reply_decoder.decode(body):
                    if isinstance(message, Durable):
                        self.sequence = max(self.sequence, message.sequence)
        except BlockingIOError:
            return False
        except (OSError, FrameError, *DECODE_ERRORS) as error:
            log.warning("engine_lost", error=error)
            self.close()
            return False
        if not data:
            log.warning("engine_closed_connection")
            self.close()
        return bool(data)
