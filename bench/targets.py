"""What the exchange is to reach on a machine of two cores with the load generator on it.

Each target asks one thing of one row: of its value, of a percentile, or of a named figure. A row whose
measurement was left out or could not be made leaves its targets open, which is not the same as missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.measure import Result


@dataclass(frozen=True)
class Target:
    #: The row, and what of it: ``value``, ``ratio``, ``p99_ns`` …, or a name in its figures.
    row: str
    what: str
    bound: float
    #: How people say it; ``{}`` is the bound.
    words: str
    at_most: bool = False

    def measured(self, rows: Mapping[str, Result]) -> float | None:
        row = rows.get(self.row)
        if row is None:
            return None
        if self.what in row.figures:
            return row.figures[self.what]
        found = getattr(row, self.what, None)
        return None if found is None else float(found)

    def is_met(self, measured: float) -> bool:
        return measured <= self.bound if self.at_most else measured >= self.bound


PYTHON, COMPILED = "core, Python", "core, compiled"
WS, WS_THIRD = "WebSocket, 1,024 in flight", "WebSocket, a third of capacity"
WS_BATCHES, REST, REST_BATCHES = "WebSocket, batches of 100", "REST, keep-alive", "REST, batches of 100"
PROJECTION, FAN_OUT = "projection into PostgreSQL, catching up", "fan-out, 1,000 sockets"
MEMORY, FILLS = "a resting order in memory", "projection with 10 M fills in the tables"
REPLAY_PYTHON, REPLAY_COMPILED = "replay, Python", "replay, compiled"
SNAPSHOT = "start from a snapshot with 1 M resting orders"
READS = ("order book", "executions", "statistics", "klines")
HISTORY = "history reads"
HISTORIES = ("fills", "closed orders", "ledger", "20 fills")
KEY_HMAC, KEY_ED25519 = "key HMAC", "key Ed25519"
MS = 1_000_000

TARGETS = (
    Target(PYTHON, "value", 400_000, "≥ 0.4 M commands/s"),
    Target(PYTHON, "x lightmatchingengine", 4, "≥ 4 × lightmatchingengine"),
    Target(COMPILED, "value", 1_000_000, "≥ 1.0 M commands/s"),
    Target(COMPILED, "x bourse", 0.7, "≥ 0.7 × bourse"),
    Target(COMPILED, "x liquibook", 1.5, "≥ 1.5 × Liquibook's binding"),
    Target(COMPILED, "p999_ns", 10_000, "p99.9 ≤ 10 µs", at_most=True),
    Target(COMPILED, "max_ns", 5 * MS, "no operation above 5 ms", at_most=True),
    Target(KEY_HMAC, "p50_ns", 30_000, "≤ 30 µs", at_most=True),
    Target(WS, "value", 20_000, "≥ 20,000 orders/s"),
    Target(WS, "p99_ns", 80 * MS, "p99 < 80 ms", at_most=True),
    Target(WS, "lag_s", 2, "projection's lag < 2 s", at_most=True),
    Target(WS_THIRD, "p99_ns", 10 * MS, "p99 < 10 ms", at_most=True),
    Target(WS_BATCHES, "value", 60_000, "≥ 60,000 orders/s"),
    Target(REST, "value", 4_000, "≥ 4,000 orders/s"),
    Target(REST_BATCHES, "value", 40_000, "≥ 40,000 orders/s"),
    Target(PROJECTION, "value", 40_000, "≥ 40,000 orders/s"),
    Target(FAN_OUT, "value", 40_000, "≥ 40,000 deliveries/s"),
    Target(FAN_OUT, "books_wrong", 0, "every client's book right", at_most=True),
    Target(MEMORY, "value", 700, "≤ 700 bytes", at_most=True),
    Target(MEMORY, "resting_orders", 1_000_000, "1 M resting orders"),
    Target(MEMORY, "accounts", 100_000, "100,000 accounts"),
    Target(FILLS, "fills", 10_000_000, "10 M fills"),
    Target(FILLS, "ratio", 0.8, "≥ 0.8 × the rate into empty tables"),
    Target(REPLAY_PYTHON, "value", 250_000, "≥ 0.25 M commands/s"),
    Target(REPLAY_COMPILED, "value", 500_000, "≥ 0.5 M commands/s"),
    Target(SNAPSHOT, "value", 10, "< 10 s", at_most=True),
    *(Target(f"read, {name}", "value", 5_000, "≥ 5,000 reads/s") for name in READS),
    *(Target(f"{HISTORY}, {name}", "value", 3_000, "≥ 3,000 reads/s") for name in HISTORIES),
)


def judge(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Write target and verdict into each row; the targets with what was measured, one dictionary each."""
    rows = {row.name: row for row in results}
    judged = []
    for target in TARGETS:
        measured = target.measured(rows)
        met = None if measured is None else target.is_met(measured)
        judged.append(
            {"row": target.row, "target": target.words, "what": target.what, "measured": measured, "met": met}
        )
        if measured is not None:
            row = rows[target.row]
            row.target = f"{row.target}, {target.words}" if row.target else target.words
            row.met = bool(met) and row.met is not False
    return judged
