"""What marketdata notes about the stretches of the journal that it projects: those that took long, and the
spans of requests that are traced, down to the projected row and its way to readers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from exchange import process
from exchange.link.follower import Batch
from exchange.telemetry.slow_log import MAX_NAMED, SlowLog
from exchange.telemetry.tracing import Parent, Tracing, parent_of


class Labels:
    """The labels of the commands of a stretch, by batches."""

    def __init__(self) -> None:
        self._batches: list[tuple[int, list[str]]] = []

    def add(self, batch: Batch) -> None:
        if batch.labels:
            self._batches.append((batch.first_sequence, batch.labels))

    def by_sequence(self) -> Iterator[tuple[int, str]]:
        for first_sequence, labels in self._batches:
            yield from enumerate(labels, first_sequence)

    def request_ids(self) -> list[str]:
        """The first few."""
        found: dict[str, None] = {}
        for _, label in self.by_sequence():
            if label:
                found[label.partition(" ")[0]] = None
                if len(found) == MAX_NAMED:
                    break
        return list(found)


class _Traced(NamedTuple):
    sequence: int
    parent: Parent


class StretchWatch:
    """Of one projector."""

    def __init__(self) -> None:
        self._slow = process.part(SlowLog)
        self._tracing = process.find(Tracing)

    def folded(self, labels: Labels, began_ns: int, last_sequence: int) -> None:
        """A stretch has been folded into rows, since ``began_ns`` by the time of day."""
        ended_ns = time.time_ns()
        took_s = (ended_ns - began_ns) / 1e9
        if took_s >= self._slow.fold_s:
            self._slow.note("fold", took_s, last_sequence=last_sequence, request_ids=labels.request_ids())
        self._trace("marketdata.fold", labels, began_ns, ended_ns)

    def stored(self, labels: Labels, took_s: float, last_sequence: int) -> None:
        """Its rows have been committed."""
        if took_s >= self._slow.write_s:
            self._slow.note("write", took_s, last_sequence=last_sequence, request_ids=labels.request_ids())
        if self._tracing is not None:
            now_ns = time.time_ns()
            self._trace("marketdata.write", labels, now_ns - int(took_s * 1e9), now_ns)

    def shown(self, labels: Labels, began_ns: int) -> None:
        """It has been given to the feed."""
        self._trace("marketdata.push", labels, began_ns, time.time_ns())

    def _trace(self, name: str, labels: Labels, began_ns: int, ended_ns: int) -> None:
        if self._tracing is None:
            return
        for traced in _traced(labels.by_sequence()):
            self._tracing.add(name, traced.parent, began_ns, ended_ns, sequence=traced.sequence)


def _traced(labels: Iterable[tuple[int, str]]) -> Iterator[_Traced]:
    for sequence, label in labels:
        parent = parent_of(label) if " " in label else None
        if parent is not None:
            yield _Traced(sequence, parent)
