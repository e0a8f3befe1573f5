"""Bounded memory of one symbol's market: last trades, last candles of each interval, the ticker.

The same class holds them in the projector (to greet web processes with) and in each web process (to
answer reads from).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from marketdata.candles import Candle
from marketdata.intervals import INTERVALS
from marketdata.statistics import Ticker
from marketdata.trades import PublicTrade

#: Trades of a symbol, and closed candles of a symbol and interval, that are kept.
CAPACITY: Final = 1_000


class CandleRing:
    """Closed candles with trades, ascending, and the current candle. Candles in it never change."""

    __slots__ = ("closed", "current")

    def __init__(self, closed: Iterable[Candle] = (), current: Candle | None = None) -> None:
        self.closed: deque[Candle] = deque(closed, maxlen=CAPACITY)
        self.current = current

    def close(self, candle: Candle) -> None:
        """Time has closed ``candle``; flat ones are not kept."""
        if candle.trade_count:
            self.closed.append(candle)

    def traded(self) -> list[Candle]:
        """All that is kept, the current candle included if it has trades; ascending."""
        kept = list(self.closed)
        current = self.current
        # A reader in another thread may come between the closing of a candle and the start of the next.
        is_new = current is not None and (not kept or current.open_ns > kept[-1].open_ns)
        if current is not None and current.trade_count and is_new:
            kept.append(current)
        return kept

    @property
    def reaches_the_start(self) -> bool:
        """Nothing has been dropped: before the oldest candle kept there was no trade."""
        return len(self.closed) < CAPACITY


class Ring:
    """Everything kept of one symbol."""

    __slots__ = ("candles", "ticker", "trades")

    def __init__(self) -> None:
        self.trades: deque[PublicTrade] = deque(maxlen=CAPACITY)
        self.candles: dict[int, CandleRing] = {length: CandleRing() for length in INTERVALS.values()}
        self.ticker: Ticker | None = None
