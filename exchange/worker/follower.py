"""A follower: the same fold as the engine's, a moment later, in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from exchange.engine import Engine
from exchange.engine.messages import Command, Event


class Position(NamedTuple):
    """How far a fold has come: the last sequence, and the rolling hash (32 hex digits) of all events
    up to it. Store both in the transaction that stores what was derived."""

    sequence: int
    event_hash: str


class Batch(NamedTuple):
    """One durable batch of the journal with the events this follower folded from it."""

    first_sequence: int
    now_ns: int
    commands: list[Command]
    #: events[i] are those of commands[i], whose sequence is first_sequence + i
    events: list[list[Event]]
    #: rolling hash after this batch, hex
    event_hash: str

    @property
    def position(self) -> Position:
        """Where a projector stands once it has stored this batch."""
        return Position(self.first_sequence + len(self.commands) - 1, self.event_hash)


class Follower:
    """Tails the journal, never beyond what is durable, and folds its own engine.

    ``position``: where the projector stands (None: from the very start). The follower loads the newest
    snapshot at or before it, folds up to it, checks the hash (``PositionUnknown`` or
    ``FollowerDisagrees`` if it is not of this journal), and hands out the batches after it.
    ``socket_path``: the engine's socket, which tells what is durable as it happens; without the engine
    the follower goes as far as the journal itself states.
    """

    engine: Engine
    position: Position

    def __init__(
        self,
        journal_path: Path,
        snapshot_dir: Path,
        *,
        socket_path: str | Path | None = None,
        position: Position | None = None,
    ) -> None: ...

    def poll(self, timeout_s: float = 1.0, max_commands: int = 5_000) -> list[Batch]:
        """The next durable batches, about ``max_commands`` commands of them; waits up to
        ``timeout_s`` when there are none. ``engine`` and ``position`` stand after the last one."""

    def batches(self, stop: Callable[[], bool]) -> Iterator[Batch]:
        """Every durable batch as it comes, until ``stop()`` is true."""

    @property
    def durable_sequence(self) -> int:
        """The last sequence known to be durable: ``durable_sequence - position.sequence`` is the lag."""

    def snapshot(self) -> Path:
        """Write a snapshot of ``engine`` at ``position``; returns its path."""

    def close(self) -> None: ...
