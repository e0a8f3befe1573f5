"""The heart of the worker: sequence, apply, journal, and only then answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from exchange.engine.messages import Command
from exchange.worker.protocol import Outcome


class Sequencer:
    """Gives commands their order and time, folds them, and makes them durable before it answers.

    Make one with ``open_sequencer``. In-process use (demo history, replays, tests, benches):

        with open_sequencer(data_dir / "journal", data_dir / "snapshots") as sequencer:
            outcomes = sequencer.submit([place_order(...), ...])
    """

    def submit(self, commands: Sequence[Command], now_ns: int | None = None) -> list[Outcome]:
        """One batch: recall duplicates, apply, append and sync, answer. ``now_ns`` (default: the
        clock) never goes back. Raises JournalWriteFailed, after which nothing more is accepted."""

    def tick(self, now_ns: int | None = None) -> None:
        """Let time move: journal a TICK if one is due."""

    def seal(self) -> None:
        """State in the journal that everything so far is durable."""

    def close(self) -> None:
        """Seal and release the journal."""


def open_sequencer(
    journal_path: Path,
    snapshot_dir: Path,
    *,
    clock: Callable[[], int] | None = None,
    quarantine_dir: Path | None = None,
) -> Sequencer:
    """Take the journal (JournalLocked if another engine has it), recover, begin a new epoch."""
