"""What a hot path counts with: plain integers, without locks, labels or clocks of their own.

An instrument belongs to one thread, which alone changes it; the scrape reads it from another one and may see
a figure of the moment before. ``measures`` makes them by the names of ``metric_table`` and writes them out.

    batches.value += 1              Count
    apply.observe(took_ns)          Durations: a bucket for each power of two of nanoseconds
    orders["BTC-KRW"] += 12         Tally: a count by a label's value
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Final

from exchange.telemetry.metric_table import MAX_LABEL_VALUES

#: Durations below 2**10 ns (a microsecond) share the first bucket, those above 2**34 ns (17 s) the last.
FIRST_BIT: Final = 10
LAST_BIT: Final = 34
#: Sizes up to 2**20 - 1 have a bucket of their power of two.
SIZE_BITS: Final = 20
#: Under which the values of a label beyond ``MAX_LABEL_VALUES`` are counted together.
OTHER: Final = "other"
_NS: Final = 1_000_000_000

Buckets = list[tuple[str, float]]


class Count:
    """A counter: ``count.value += n``."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Tally(dict[str, int]):
    """Counters by the value of a label: ``tally[value] += n``. Beyond ``MAX_LABEL_VALUES`` values the rest is
    counted as ``other``."""

    def __missing__(self, _value: str) -> int:
        return 0

    def __setitem__(self, value: str, count: int) -> None:
        if value not in self and len(self) >= MAX_LABEL_VALUES:
            value, count = OTHER, self.get(OTHER, 0) + count
        super().__setitem__(value, count)


class SharedTally:
    """Counters by the values of labels, for any thread and for rare things: ``add`` takes a lock."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, ...], int] = {}
        self._lock = threading.Lock()

    def add(self, *labels: str, count: int = 1) -> None:
        """So many more of these."""
        with self._lock:
            if labels not in self._counts and len(self._counts) >= MAX_LABEL_VALUES:
                labels = (OTHER,) * len(labels)
            self._counts[labels] = self._counts.get(labels, 0) + count

    def values(self) -> dict[tuple[str, ...], int]:
        """By the values of the labels."""
        with self._lock:
            return dict(self._counts)


class Durations:
    """A histogram of durations in nanoseconds."""

    __slots__ = ("counts", "total_ns")

    def __init__(self) -> None:
        self.counts = [0] * 65
        self.total_ns = 0

    def observe(self, took_ns: int, count: int = 1) -> None:
        """``count`` things took so long each."""
        self.counts[took_ns.bit_length()] += count
        self.total_ns += took_ns * count

    def buckets(self) -> Buckets:
        """Cumulative counts by upper bound in seconds, as Prometheus wants them."""
        return list(_cumulated(self.counts, FIRST_BIT, LAST_BIT, lambda bit: (1 << bit) / _NS))

    @property
    def total(self) -> float:
        """The sum of all of them, seconds."""
        return self.total_ns / _NS


class Sizes:
    """A histogram of whole numbers, such as commands of a batch."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * 65
        self.total: float = 0

    def observe(self, size: int) -> None:
        """One more of this size, from 0 on."""
        self.counts[size.bit_length()] += 1
        self.total += size

    def buckets(self) -> Buckets:
        """Cumulative counts by upper bound (0, 1, 3, 7, …), as Prometheus wants them."""
        return list(_cumulated(self.counts, 0, SIZE_BITS, lambda bit: (1 << bit) - 1))


def _cumulated(
    counts: list[int], first: int, last: int, bound: Callable[[int], float]
) -> Iterator[tuple[str, float]]:
    seen = sum(counts[:first])
    for bit in range(first, last + 1):
        seen += counts[bit]
        yield repr(bound(bit)), seen
    yield "+Inf", seen + sum(counts[last + 1 :])
