"""The log of slow operations: a ``slow`` line for each that took longer than its threshold, with what it was
and for which requests, bounded like every other line.

Thresholds are settings in milliseconds, ``SLOW_…_MS``: 0 notes every operation, a negative number none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

#: Setting → default in milliseconds. A batch is what the engine folds in one turn, a sync its write to the
#: journal with the sync, a fold marketdata's of a stretch of the journal, a write its transaction, a command
#: the way of one from web to the engine and back.
THRESHOLDS_MS: Final = {
    "SLOW_REQUEST_MS": 1_000.0,
    "SLOW_COMMAND_MS": 500.0,
    "SLOW_BATCH_MS": 200.0,
    "SLOW_SYNC_MS": 200.0,
    "SLOW_FOLD_MS": 1_000.0,
    "SLOW_WRITE_MS": 1_000.0,
    "SLOW_QUERY_MS": 500.0,
}
#: Most ids of requests in a line about many.
MAX_NAMED: Final = 5


class SlowLog:
    """The thresholds of one process, in seconds; infinite where nothing is to be noted."""

    def __init__(self, environment: Mapping[str, Any] | None = None) -> None:
        """``environment``: settings by name; without it everything has its default. Raises ValueError for
        what is no number."""
        given = {} if environment is None else environment

        def threshold_s(name: str) -> float:
            value = given.get(name)
            milliseconds = THRESHOLDS_MS[name] if value in (None, "") else float(value)
            return math.inf if milliseconds < 0 else milliseconds / 1_000

        self.request_s = threshold_s("SLOW_REQUEST_MS")
        self.command_s = threshold_s("SLOW_COMMAND_MS")
        self.batch_s = threshold_s("SLOW_BATCH_MS")
        self.sync_s = threshold_s("SLOW_SYNC_MS")
        self.fold_s = threshold_s("SLOW_FOLD_MS")
        self.write_s = threshold_s("SLOW_WRITE_MS")
        self.query_s = threshold_s("SLOW_QUERY_MS")

    def note(self, operation: str, took_s: float, **fields: Any) -> None:
        """Write the line."""
        log.warning("slow", operation=operation, took_ms=round(took_s * 1_000, 1), **fields)


def named(labels: Sequence[str]) -> list[str]:
    """The first few request ids of labels, for a line about many."""
    found = dict.fromkeys(label.partition(" ")[0] for label in labels if label)
    return list(found)[:MAX_NAMED]
