"""The candle intervals and where each candle starts (UTC; weeks start on Monday)."""

from __future__ import annotations

from typing import Final

MS: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
DAY: Final = 24 * 60 * MINUTE
WEEK: Final = 7 * DAY
#: 1970-01-01 was a Thursday: the first Monday is four days in.
_FIRST_MONDAY: Final = 4 * DAY

#: Wire name of each interval and its length in nanoseconds, shortest first.
INTERVALS: Final[dict[str, int]] = {
    "1m": MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": 60 * MINUTE,
    "4h": 240 * MINUTE,
    "1d": DAY,
    "1w": WEEK,
}
#: The intervals that are merged from minutes.
LONGER_INTERVALS: Final[tuple[int, ...]] = tuple(length for length in INTERVALS.values() if length > MINUTE)
NAMES: Final[dict[int, str]] = {length: name for name, length in INTERVALS.items()}


def candle_open_ns(time_ns: int, interval_ns: int) -> int:
    """When the candle of this interval that contains ``time_ns`` starts."""
    if interval_ns == WEEK:
        return time_ns - (time_ns - _FIRST_MONDAY) % WEEK
    return time_ns - time_ns % interval_ns
