"""What the engine notes about its batches: those that took long, and the spans of requests that are traced.

Nothing here is asked for each command, unless it is traced.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from exchange import process
from exchange.node.sequencer import Turn
from exchange.telemetry.slow_log import SlowLog, named
from exchange.telemetry.tracing import Parent, Tracing, parent_of

_NS: Final = 1e9


class BatchWatch:
    """Of one engine. ``is_tracing``: whether labels are looked at as they come."""

    def __init__(self) -> None:
        slow = process.part(SlowLog)
        self._slow = slow
        self._batch_ns = slow.batch_s * _NS
        self._sync_ns = slow.sync_s * _NS
        self._tracing = process.find(Tracing)
        self.is_tracing = self._tracing is not None
        #: Label of a command that is traced → when it came.
        self._came_ns: dict[str, int] = {}

    def came(self, labels: Sequence[str]) -> None:
        """Commands have come in. Called only where ``is_tracing``."""
        now_ns = time.time_ns()
        for label in labels:
            if " " in label:
                self._came_ns[label] = now_ns

    def done(self, turn: Turn, began_ns: int) -> None:
        """A batch has been carried out. ``began_ns``: when, by the time of day; 0 where nothing is traced."""
        if turn.apply_ns >= self._batch_ns:
            self._note("batch", turn, turn.apply_ns)
        if turn.journal_ns >= self._sync_ns:
            self._note("sync", turn, turn.journal_ns)
        if began_ns and self._tracing is not None and self._came_ns:
            self._trace(self._tracing, turn, began_ns)

    def _note(self, operation: str, turn: Turn, took_ns: int) -> None:
        self._slow.note(
            operation,
            took_ns / _NS,
            first_sequence=turn.first_sequence,
            commands=len(turn.commands),
            request_ids=named(turn.labels),
        )

    def _trace(self, tracing: Tracing, turn: Turn, began_ns: int) -> None:
        applied_ns = began_ns + turn.apply_ns
        synced_ns = applied_ns + turn.journal_ns
        for sequence, label in enumerate(turn.labels, turn.first_sequence):
            came_ns = self._came_ns.pop(label, 0)
            parent = parent_of(label) if came_ns else None
            if parent is not None:
                _add(
                    tracing, parent, sequence, len(turn.commands), (came_ns, began_ns, applied_ns, synced_ns)
                )
        if len(self._came_ns) > _MOST_WAITING:
            # Repeated commands, which were not sequenced again.
            self._came_ns.clear()


_MOST_WAITING: Final = 20_000


def _add(
    tracing: Tracing, parent: Parent, sequence: int, commands: int, times_ns: tuple[int, int, int, int]
) -> None:
    came_ns, began_ns, applied_ns, synced_ns = times_ns
    tracing.add("engine.queue", parent, came_ns, began_ns, sequence=sequence)
    tracing.add("engine.apply", parent, began_ns, applied_ns, sequence=sequence, batch_commands=commands)
    tracing.add("journal.sync", parent, applied_ns, synced_ns, sequence=sequence, batch_commands=commands)
    tracing.add("engine.publish", parent, synced_ns, max(time.time_ns(), synced_ns), sequence=sequence)
