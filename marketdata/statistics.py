"""The 24-hour window of one symbol: 1,440 minute buckets, the current minute included.

Built from minute candles, so it agrees with them and with the trades; a trade leaves the window when
its minute does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from exchange.journal.codec import WideInt
from marketdata.candles import Candle
from marketdata.intervals import DAY, MINUTE, candle_open_ns


class Statistics(msgspec.Struct, array_like=True, frozen=True):
    """One window as read. Without a trade in it all four prices are the last price ever, if any."""

    open: int | None
    high: int | None
    low: int | None
    last: int | None
    volume_lots: WideInt
    quote_volume_minor: WideInt
    trade_count: int


class Ticker(NamedTuple):
    """Statistics with the best prices (None: that side of the book is empty)."""

    statistics: Statistics
    bid_ticks: int | None
    ask_ticks: int | None


class Window:
    """Closed minutes that had trades, ascending, with their sums kept; the current minute comes on read."""

    __slots__ = ("_count", "_high", "_low", "_minutes", "_quote_volume", "_volume")

    def __init__(self, minutes: Iterable[Candle] = ()) -> None:
        self._minutes: deque[Candle] = deque()
        self._volume = self._quote_volume = self._count = 0
        self._high = self._low = 0
        for minute in minutes:
            self._append(minute)
        self._find_extremes()

    def close_minute(self, minute: Candle) -> None:
        """A minute has ended; flat ones are not kept."""
        if minute.trade_count:
            self._append(minute)
            self._find_extremes()

    def advance(self, now_ns: int) -> None:
        """Drop the minutes that have left the window."""
        first_open_ns = candle_open_ns(now_ns, MINUTE) - DAY + MINUTE
        dropped = False
        while self._minutes and self._minutes[0].open_ns < first_open_ns:
            gone = self._minutes.popleft()
            self._volume -= gone.volume_lots
            self._quote_volume -= gone.quote_volume_minor
            self._count -= gone.trade_count
            dropped = True
        if dropped:
            self._find_extremes()

    def read(self, current: Candle | None) -> Statistics:
        """The window with the minute in progress (flat, traded or None)."""
        if not self._minutes:
            return self._read_current(current)
        last = self._minutes[-1].close
        if current is None or not current.trade_count:
            current = None
        return Statistics(
            open=self._minutes[0].open,
            high=self._high if current is None else max(self._high, current.high),
            low=self._low if current is None else min(self._low, current.low),
            last=last if current is None else current.close,
            volume_lots=self._volume + (current.volume_lots if current else 0),
            quote_volume_minor=self._quote_volume + (current.quote_volume_minor if current else 0),
            trade_count=self._count + (current.trade_count if current else 0),
        )

    @staticmethod
    def _read_current(current: Candle | None) -> Statistics:
        if current is None:
            return Statistics(None, None, None, None, 0, 0, 0)
        return Statistics(
            current.open,
            current.high,
            current.low,
            current.close,
            current.volume_lots,
            current.quote_volume_minor,
            current.trade_count,
        )

    def _append(self, minute: Candle) -> None:
        self._minutes.append(minute)
        self._volume += minute.volume_lots
        self._quote_volume += minute.quote_volume_minor
        self._count += minute.trade_count

    def _find_extremes(self) -> None:
        """Once a minute at most, so a pass over the window is cheaper than keeping it sorted."""
        self._high = max((minute.high for minute in self._minutes), default=0)
        self._low = min((minute.low for minute in self._minutes), default=0)


def vwap_ticks(quote_volume_minor: int, volume_lots: int, multiplier: int) -> int | None:
    """Volume-weighted average price in ticks, rounded down (as Kraken publishes it); None without volume.

    ``multiplier`` turns ticks x lots into the quote asset's minor unit."""
    if not volume_lots:
        return None
    return quote_volume_minor // (volume_lots * multiplier)


def change_percent_hundredths(open_ticks: int, last_ticks: int) -> int:
    """Price change in hundredths of a percent, rounded half away from zero."""
    change = last_ticks - open_ticks
    rounded = (abs(change) * 20_000 + open_ticks) // (2 * open_ticks)
    return rounded if change >= 0 else -rounded
