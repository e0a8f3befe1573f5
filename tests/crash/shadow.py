"""A projector without tables: its database is one position. Thirty times as quick as the real one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.files import Files
from exchange.journal.snapshots import prune_snapshots
from exchange.link.follower import Follower, Position

#: A snapshot after so many commands.
_SNAPSHOT_COMMANDS = 30


class Database:
    """What a power cut at the engine leaves alone: it has a disk of its own."""

    position: Position | None = None


class Shadow:
    """Follows, remembers how far it came, writes snapshots and archives, as ``Projector`` does."""

    def __init__(
        self,
        follow: Callable[[Position | None], Follower],
        database: Database,
        snapshot_dir: Path,
        files: Files,
        archiver: Archiver,
    ) -> None:
        self._database = database
        self._snapshot_dir = snapshot_dir
        self._files = files
        self._archiver = archiver
        self.follower = follow(database.position)
        self._snapshot_sequence = self.follower.position.sequence

    def step(self) -> int:
        batches = self.follower.poll(0, 16)
        if batches:
            self._database.position = batches[-1].position
        sequence = self.follower.position.sequence
        if sequence >= self._snapshot_sequence + _SNAPSHOT_COMMANDS:
            self.follower.write(self.follower.image())
            self._snapshot_sequence = sequence
            prune_snapshots(self._snapshot_dir, keep=2, behind=sequence, files=self._files)
            self._archiver.allow(unneeded_sequence(self._snapshot_dir, files=self._files))
        self._archiver.work()
        return sum(len(batch.commands) for batch in batches)

    def finish(self) -> None:
        self._archiver.close()
        self.follower.close()
