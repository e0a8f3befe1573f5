"""Times in, rates and percentiles out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """What a run measures with. ``scale`` shrinks sizes and times for a look at whether it works at all."""

    seed: int
    full: bool = False
    scale: float = 1.0

    def count(self, usual: int) -> int:
        """So many of something, at least one."""
        return max(1, round(usual * self.scale))

    def seconds(self, usual: float) -> float:
        return max(0.5, usual * self.scale)


@dataclass
class Result:
    """One row. Latencies are nanoseconds per operation (for a batch: per request)."""

    name: str
    value: float
    unit: str
    count: int = 0
    p50_ns: int = 0
    p99_ns: int = 0
    p999_ns: int = 0
    max_ns: int = 0
    #: What bounds or compares with the figure, measured in the same run, and the figure as a multiple of it.
    floor: str = ""
    floor_value: float | None = None
    ratio: float | None = None
    #: Processor time per operation of each process taking part, in microseconds.
    cpu_us: dict[str, float] = field(default_factory=dict)
    #: Further numbers of the row, by name.
    figures: dict[str, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    #: What the row was to reach, in words, and whether it did; None where nothing was asked of it.
    target: str = ""
    met: bool | None = None

    def against(self, floor: Result, *, named: str = "") -> Result:
        """Set this row against another of the same run."""
        self.floor, self.floor_value = named or floor.name, floor.value
        self.ratio = self.value / floor.value if floor.value else None
        return self

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The nearest-rank percentile of ascending values."""
    if not ordered:
        return 0
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


def result(name: str, latencies_ns: Sequence[int], seconds: float, **more: Any) -> Result:
    """A row from the latency of every operation."""
    ordered = sorted(latencies_ns)
    return Result(
        name=name,
        value=len(ordered) / seconds if seconds else 0.0,
        count=len(ordered),
        unit=more.pop("unit", "orders/s"),
        **spread(ordered),
        **more,
    )


def spread(ordered: Sequence[int]) -> dict[str, int]:
    """The percentiles of a row, of ascending latencies."""
    return {
        "p50_ns": percentile(ordered, 50),
        "p99_ns": percentile(ordered, 99),
        "p999_ns": percentile(ordered, 99.9),
        "max_ns": ordered[-1] if ordered else 0,
    }


def histogram(latencies_ns: Sequence[int], buckets_per_decade: int = 10) -> dict[str, int]:
    """Counts by upper bound in nanoseconds, bounds spaced evenly on a logarithmic scale."""
    bounds = [round(10 ** (3 + step / buckets_per_decade)) for step in range(8 * buckets_per_decade)]
    counts: dict[str, int] = {}
    ordered, at = sorted(latencies_ns), 0
    for bound in bounds:
        begin = at
        while at < len(ordered) and ordered[at] <= bound:
            at += 1
        if at > begin:
            counts[str(bound)] = at - begin
    return counts


def duration(nanoseconds: float) -> str:
    """A duration for people."""
    if not nanoseconds:
        return ""
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1_000:.1f} us"
    return f"{nanoseconds / 1_000_000:.2f} ms"
