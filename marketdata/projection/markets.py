"""Charts and 24-hour windows of all symbols, moved by trades and time, restored from stored minutes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from marketdata.candles import Candle, Chart, Closed
from marketdata.intervals import MINUTE
from marketdata.projection.rows import Traded
from marketdata.projection.store import CandleKey
from marketdata.statistics import Statistics, Window


class Market:
    """One symbol's chart and window."""

    __slots__ = ("chart", "window")

    def __init__(self) -> None:
        self.chart = Chart()
        self.window = Window()

    def statistics(self) -> Statistics:
        return self.window.read(self.chart.current(MINUTE))

    def close(self, closed: Iterable[Closed]) -> None:
        """Move the window by what the chart closed."""
        for item in closed:
            if item.interval_ns == MINUTE:
                self.window.close_minute(item.candle)
                self.window.advance(self.chart.now_ns)


@dataclass(slots=True)
class Changes:
    """What a stretch of the journal changed."""

    #: Symbols that traded.
    traded: set[str] = field(default_factory=set)
    #: (symbol, what time closed), in the order of closing.
    closed: list[tuple[str, Closed]] = field(default_factory=list)


class Markets:
    """Every symbol's market, by name."""

    def __init__(self) -> None:
        self._markets: dict[str, Market] = {}
        self._minute = 0

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._markets

    def __getitem__(self, symbol: str) -> Market:
        return self._markets[symbol]

    def names(self) -> list[str]:
        return sorted(self._markets)

    def add(self, symbol: str, now_ns: int) -> Market:
        """The symbol's market, made if it is new."""
        market = self._markets.get(symbol)
        if market is None:
            market = self._markets[symbol] = Market()
            market.chart.advance(now_ns)
        return market

    def advance(self, now_ns: int, changes: Changes) -> None:
        """Let time close candles; does nothing within a minute."""
        minute = now_ns // MINUTE
        if minute == self._minute:
            return
        self._minute = minute
        for symbol, market in self._markets.items():
            closed = market.chart.advance(now_ns)
            market.close(closed)
            changes.closed.extend((symbol, item) for item in closed)

    def trade(self, trades: Iterable[Traded], changes: Changes) -> None:
        """Count trades; ``advance`` has been called for their time."""
        markets, traded = self._markets, changes.traded
        for event, now_ns, _ in trades:
            symbol, price_ticks, quantity_lots, _, notional_minor = event[2:7]
            markets[symbol].chart.trade(now_ns, price_ticks, quantity_lots, notional_minor)
            traded.add(symbol)

    def candles_to_store(self, changes: Changes) -> dict[CandleKey, Candle]:
        """The candles with trades that ``changes`` touched, as they are now."""
        found: dict[CandleKey, Candle] = {}
        for symbol, closed in changes.closed:
            if closed.candle.trade_count:
                found[symbol, closed.interval_ns, closed.candle.open_ns] = closed.candle
        for symbol in changes.traded:
            for interval_ns, candle in self._markets[symbol].chart.traded():
                found[symbol, interval_ns, candle.open_ns] = candle
        return found
