"""How the projector is doing, and when its recurring duties fall due."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """How the projector paces itself."""

    #: Commands of one transaction: it starts with the least and adapts to ``Store.transaction_ms``.
    min_commands: int = 256
    max_commands: int = 16_384
    #: Transactions in a row, when there are more commands than one takes; then other duties come.
    transactions: int = 16
    #: Transactions do not start closer together than this unless there is a backlog; up to three times that
    #: when they take long.
    pace_ms: int = 40
    #: A snapshot after so many commands, or after so long when there were any; later while writing them would
    #: take more than a twentieth of the time.
    snapshot_commands: int = 200_000
    snapshot_minutes: int = 10
    snapshots_kept: int = 3
    #: Whether a thread of its own writes them; not on a disk that only one may use.
    snapshot_thread: bool = True
    #: Time between invariant checks; longer when a check takes more than a fiftieth of it.
    check_seconds: int = 60


class Health:
    """Counters for the status query; due times by the monotonic clock, which no one sets."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._started_s = time.monotonic()
        self._snapshot_s = self._started_s
        self._snapshot_took_s = 0.0
        self._next_check_s = self._started_s
        #: Of the snapshot that was begun last, and of the last one on the disk.
        self.begun_sequence = 0
        self.snapshot_sequence = 0
        self.checked_sequence = 0
        self.checks = 0
        self._written_s = self._started_s
        #: Invariants found broken by the last check; empty is well.
        self.breaches: list[str] = []
        self.commits = 0
        self.commands = 0
        self.last_commit_ms = 0

    def committed(self, took_s: float, commands: int) -> None:
        self.commits += 1
        self.commands += commands
        self.last_commit_ms = round(took_s * 1_000)

    def is_snapshot_due(self, sequence: int) -> bool:
        since = sequence - self.begun_sequence
        waited_s = time.monotonic() - self._snapshot_s
        if since >= self._options.snapshot_commands:
            return waited_s >= 20 * self._snapshot_took_s
        return since > 0 and waited_s >= self._options.snapshot_minutes * 60

    def snapshot_begun(self, sequence: int) -> None:
        self.begun_sequence = sequence
        self._snapshot_s = time.monotonic()

    def snapshot_written(self, took_s: float = 0.0) -> None:
        """The one begun last. ``took_s``: processor time."""
        self.snapshot_sequence = self.begun_sequence
        self._snapshot_took_s = took_s
        self._written_s = time.monotonic()

    def is_check_due(self, sequence: int) -> bool:
        return sequence != self.checked_sequence and time.monotonic() >= self._next_check_s

    def checked(self, sequence: int, took_s: float, breaches: list[str]) -> None:
        """A whole check has been made; the next one comes later the longer this one took."""
        self.breaches = breaches
        self.checked_sequence = sequence
        self.checks += 1
        self._next_check_s = time.monotonic() + max(float(self._options.check_seconds), 50 * took_s) - took_s

    def status(self) -> dict[str, Any]:
        return {
            "uptime_s": round(time.monotonic() - self._started_s),
            "breaches": self.breaches,
            "checked_sequence": self.checked_sequence,
            "checks": self.checks,
            "snapshot_sequence": self.snapshot_sequence,
            "snapshot_age_s": time.monotonic() - self._written_s,
            "commits": self.commits,
            "commands": self.commands,
            "last_commit_ms": self.last_commit_ms,
        }
