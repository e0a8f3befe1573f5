"""Times in, rates and percentiles out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Result:
    """One line of the table. Latencies are nanoseconds per operation (for a batch: per request)."""

    name: str
    per_second: float
    unit: str
    count: int
    p50_ns: int
    p99_ns: int
    #: What the figure is set against, and how many times that it is.
    against: str = ""
    ratio: float | None = None
    #: Processor time per operation of each process taking part, in microseconds.
    cpu_us: dict[str, float] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def percentile(ordered: Sequence[int], percent: float) -> int:
    """The nearest-rank percentile of ascending values."""
    if not ordered:
        return 0
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


def result(
    name: str, latencies_ns: list[int], seconds: float, *, per_request: int = 1, **more: Any
) -> Result:
    """A line from the latency of every request, each of ``per_request`` operations."""
    ordered = sorted(latencies_ns)
    count = len(ordered) * per_request
    return Result(
        name=name,
        per_second=count / seconds,
        count=count,
        p50_ns=percentile(ordered, 50),
        p99_ns=percentile(ordered, 99),
        unit=more.pop("unit", "orders/s"),
        **more,
    )


def duration(nanoseconds: int) -> str:
    """A duration for people."""
    if nanoseconds < 1_000_000:
        return f"{nanoseconds / 1_000:.1f} us"
    return f"{nanoseconds / 1_000_000:.2f} ms"
