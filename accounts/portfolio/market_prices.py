"""Past prices from candles: of a moment, and of a whole stretch of time at once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

from marketdata.intervals import DAY, MINUTE, candle_open_ns
from marketdata.selectors import candles_before, candles_from

_EVER: Final = 2**62
#: When each price became known, ascending, and the prices.
_Series = tuple[tuple[int, ...], tuple[int, ...]]
#: More candles than a chart has points.
_MOST_CANDLES: Final = 2_000


class MinutePrices:
    """The close of the last whole minute before a moment; before the first trade, the first price there is.

    A price once answered never changes, whatever trades later. Those who fold ask in the order of time, so
    the minutes of a day are read together, and the last day asked for is kept.
    """

    def __init__(self) -> None:
        self._days: dict[str, tuple[int, _Series]] = {}

    def __call__(self, symbol: str, time_ns: int) -> int | None:
        minute_ns = candle_open_ns(time_ns, MINUTE)
        # Of a minute at midnight the candles of the day before are asked for.
        day_ns = candle_open_ns(minute_ns - 1, DAY)
        kept = self._days.get(symbol)
        if kept is None or kept[0] != day_ns:
            kept = self._days[symbol] = day_ns, self._read(symbol, day_ns, kept)
        opens, closes = kept[1]
        index = bisect_left(opens, minute_ns)
        return closes[max(index - 1, 0)] if closes else None

    @staticmethod
    def _read(symbol: str, day_ns: int, kept: tuple[int, _Series] | None) -> _Series:
        """The day's prices; what it begins with is known where the day before is kept."""
        if kept is not None and kept[0] == day_ns - DAY and kept[1][1]:
            return _closes_of_day(symbol, day_ns, kept[1][1][-1])
        return _closes_of_day(symbol, day_ns, _close_before(symbol, day_ns))


def _closes_of_day(symbol: str, day_ns: int, before: int | None) -> _Series:
    """When the minutes of a day opened, after the last one ``before``, and their closes."""
    candles = candles_from(symbol, MINUTE, day_ns, day_ns + DAY, DAY // MINUTE)
    first = () if before is None else ((day_ns - MINUTE, before),)
    known = [*first, *((candle.open_ns, candle.close) for candle in candles)]
    return tuple(open_ns for open_ns, _ in known), tuple(close for _, close in known)


class LatestPrices:
    """The last price there is, whatever time is asked for."""

    def __init__(self) -> None:
        self._known: dict[str, int | None] = {}

    def __call__(self, symbol: str, _time_ns: int) -> int | None:
        if symbol not in self._known:
            self._known[symbol] = _latest(symbol)
        return self._known[symbol]


class ClosePrices:
    """Closes of one interval over a stretch of time, each symbol read once."""

    def __init__(self, interval_ns: int, start_ns: int, end_ns: int) -> None:
        self._interval_ns = interval_ns
        self._start_ns = candle_open_ns(start_ns, interval_ns)
        self._end_ns = end_ns
        self._series: dict[str, _Series] = {}

    def __call__(self, symbol: str, time_ns: int) -> int | None:
        if symbol not in self._series:
            self._series[symbol] = self._read(symbol)
        known_from, closes = self._series[symbol]
        index = bisect_right(known_from, time_ns)
        return closes[max(index - 1, 0)] if closes else None

    def _read(self, symbol: str) -> _Series:
        before = _close_before(symbol, self._start_ns)
        candles = candles_from(symbol, self._interval_ns, self._start_ns, self._end_ns, _MOST_CANDLES)
        points = [(candle.open_ns + self._interval_ns, candle.close) for candle in candles]
        # The candle of the present has not closed: the end is worth the last price.
        known = [point for point in points if point[0] < self._end_ns] + [(self._end_ns, _latest(symbol))]
        series = [(0, before), *known]
        priced = [(known_from, close) for known_from, close in series if close is not None]
        return tuple(known_from for known_from, _ in priced), tuple(close for _, close in priced)


def _latest(symbol: str) -> int | None:
    newest = candles_before(symbol, MINUTE, _EVER, 1)
    return newest[0].close if newest else None


def _close_before(symbol: str, time_ns: int) -> int | None:
    before = candles_before(symbol, MINUTE, time_ns, 1)
    if before:
        return before[0].close
    first = candles_from(symbol, MINUTE, 0, _EVER, 1)
    return first[0].open if first else None
