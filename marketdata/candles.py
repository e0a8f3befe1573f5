"""Candles made from trades, in integers throughout.

Only minutes are made from trades. Every longer candle is merged from minutes, so the intervals
agree with each other by construction. A candle without trades is *flat*: open = high = low = close =
the close before it, volume 0. Flat candles are never stored; readers make them (``with_flat``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from exchange.journal.codec import WideInt
from marketdata.intervals import INTERVALS, LONGER_INTERVALS, MINUTE, candle_open_ns


class Candle(msgspec.Struct, array_like=True):
    """Prices in ticks, volume in lots, quote volume in the quote asset's minor unit."""

    open_ns: int
    open: int
    high: int
    low: int
    close: int
    volume_lots: WideInt = 0
    quote_volume_minor: WideInt = 0
    trade_count: int = 0

    def add(self, price_ticks: int, quantity_lots: int, notional_minor: int) -> None:
        """Count one trade."""
        if price_ticks > self.high:
            self.high = price_ticks
        if price_ticks < self.low:
            self.low = price_ticks
        self.close = price_ticks
        self.volume_lots += quantity_lots
        self.quote_volume_minor += notional_minor
        self.trade_count += 1

    def absorb(self, later: Candle) -> None:
        """Merge a later candle that had trades into this one."""
        if later.high > self.high:
            self.high = later.high
        if later.low < self.low:
            self.low = later.low
        self.close = later.close
        self.volume_lots += later.volume_lots
        self.quote_volume_minor += later.quote_volume_minor
        self.trade_count += later.trade_count

    def copy(self, open_ns: int | None = None) -> Candle:
        return Candle(
            self.open_ns if open_ns is None else open_ns,
            self.open,
            self.high,
            self.low,
            self.close,
            self.volume_lots,
            self.quote_volume_minor,
            self.trade_count,
        )


def flat(open_ns: int, price_ticks: int) -> Candle:
    """The candle of a stretch of time without trades."""
    return Candle(open_ns, price_ticks, price_ticks, price_ticks, price_ticks)


@dataclass(frozen=True, slots=True)
class Closed:
    """A candle that time has closed; flat ones included."""

    interval_ns: int
    candle: Candle


class Chart:
    """The current candles of one symbol in all intervals, moved by trades and by time."""

    __slots__ = ("_longer", "_minute", "last_price", "now_ns")

    def __init__(self) -> None:
        self.now_ns = 0
        self.last_price: int | None = None
        #: The current minute, once it has a trade.
        self._minute: Candle | None = None
        #: interval -> the minutes of its current candle that are already closed, merged.
        self._longer: dict[int, Candle] = {}

    def trade(self, time_ns: int, price_ticks: int, quantity_lots: int, notional_minor: int) -> list[Closed]:
        """Count one trade, at or after the last time seen; returns what its time closed."""
        closed = self.advance(time_ns) if time_ns > self.now_ns else []
        minute = self._minute
        if minute is None:
            minute = self._minute = flat(candle_open_ns(time_ns, MINUTE), price_ticks)
        minute.add(price_ticks, quantity_lots, notional_minor)
        self.last_price = price_ticks
        return closed

    def advance(self, now_ns: int) -> list[Closed]:
        """Let time move to ``now_ns`` and return the candles this closed, shortest interval first.

        Of a stretch of several candles without trades only the first is returned."""
        before_ns, self.now_ns = self.now_ns, max(now_ns, self.now_ns)
        if self.now_ns // MINUTE == before_ns // MINUTE:
            return []
        closed = list(self._closing(before_ns)) if self.last_price is not None else []
        self._roll()
        return closed

    def current(self, interval_ns: int) -> Candle | None:
        """The candle of this interval that time is in, a copy; None before the first trade ever."""
        return self._candle_at(self.now_ns, interval_ns)

    def traded(self) -> Iterator[tuple[int, Candle]]:
        """(interval, copy of its current candle) for each interval whose current candle has trades."""
        for interval_ns in INTERVALS.values():
            candle = self.current(interval_ns)
            if candle is not None and candle.trade_count:
                yield interval_ns, candle

    def restore(self, now_ns: int, last_price: int | None, minutes: Iterable[Candle]) -> None:
        """Take up stored state as of ``now_ns``: the minutes with trades since the current week began."""
        self.now_ns = now_ns
        self.last_price = last_price
        self._minute = None
        self._longer = {}
        closed: list[Candle] = []
        for minute in minutes:
            if minute.open_ns == candle_open_ns(now_ns, MINUTE):
                self._minute = minute.copy()
            else:
                closed.append(minute)
        for interval_ns in LONGER_INTERVALS:
            open_ns = candle_open_ns(now_ns, interval_ns)
            for candle in merge((minute for minute in closed if minute.open_ns >= open_ns), interval_ns):
                self._longer[interval_ns] = candle

    def _closing(self, before_ns: int) -> Iterator[Closed]:
        for interval_ns in INTERVALS.values():
            if candle_open_ns(before_ns, interval_ns) != candle_open_ns(self.now_ns, interval_ns):
                candle = self._candle_at(before_ns, interval_ns)
                if candle is not None:
                    yield Closed(interval_ns, candle)

    def _candle_at(self, time_ns: int, interval_ns: int) -> Candle | None:
        if self.last_price is None:
            return None
        minute = self._minute
        merged = minute if interval_ns == MINUTE else self._longer.get(interval_ns)
        open_ns = candle_open_ns(time_ns, interval_ns)
        if merged is None and minute is None:
            return flat(open_ns, self.last_price)
        if merged is None:
            assert minute is not None
            return minute.copy(open_ns)
        candle = merged.copy()
        if minute is not None and merged is not minute:
            candle.absorb(minute)
        return candle

    def _roll(self) -> None:
        """Start a new minute: its predecessor joins the longer candles that have not closed with it."""
        for interval_ns in LONGER_INTERVALS:
            open_ns = candle_open_ns(self.now_ns, interval_ns)
            merged = self._longer.get(interval_ns)
            if merged is not None and merged.open_ns != open_ns:
                del self._longer[interval_ns]
                merged = None
            if self._minute is None or self._minute.open_ns < open_ns:
                continue
            if merged is None:
                self._longer[interval_ns] = self._minute.copy(open_ns)
            else:
                merged.absorb(self._minute)
        self._minute = None


def merge(minutes: Iterable[Candle], interval_ns: int) -> Iterator[Candle]:
    """Longer candles from ascending minutes that had trades; the way readers check the stored ones."""
    current: Candle | None = None
    for minute in minutes:
        open_ns = candle_open_ns(minute.open_ns, interval_ns)
        if current is not None and current.open_ns == open_ns:
            current.absorb(minute)
            continue
        if current is not None:
            yield current
        current = minute.copy(open_ns)
    if current is not None:
        yield current


def with_flat(
    candles: Iterable[Candle], interval_ns: int, start_ns: int, end_ns: int, close_before: int | None
) -> Iterator[Candle]:
    """All candles that open in [start, end), ascending: the given ones and flat ones between.

    ``candles`` are those with trades of that stretch, ascending; ``close_before`` is the last price
    before it (None: nothing traded before, so the list starts at the first candle given)."""
    open_ns = candle_open_ns(start_ns + interval_ns - 1, interval_ns)
    price = close_before
    for candle in candles:
        while price is not None and open_ns < candle.open_ns:
            yield flat(open_ns, price)
            open_ns += interval_ns
        yield candle
        price = candle.close
        open_ns = candle.open_ns + interval_ns
    while price is not None and open_ns < end_ns:
        yield flat(open_ns, price)
        open_ns += interval_ns
