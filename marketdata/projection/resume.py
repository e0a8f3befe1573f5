"""At the start: charts, windows and rings as they were when the position was stored, from the tables.

The tables and the position come from one transaction, so what is read here is exactly what a projector
that never stopped would hold.
"""

from __future__ import annotations

from exchange.engine import Engine
from exchange.engine.messages import SymbolEvent
from marketdata import selectors
from marketdata.candles import Candle
from marketdata.feed.board import Board
from marketdata.feed.rings import CAPACITY, CandleRing, Ring
from marketdata.intervals import DAY, INTERVALS, MINUTE, WEEK, candle_open_ns
from marketdata.projection.markets import Market, Markets
from marketdata.projection.rows import Scales
from marketdata.statistics import Window

#: Minutes of a week and of the 24-hour window before it: the most that can be asked for.
_MAX_MINUTES = (WEEK + DAY) // MINUTE


def define(engine: Engine, scales: Scales, board: Board) -> None:
    """Assets and symbols as the engine has them."""
    assets, symbols = engine.assets(), engine.symbols()
    for event in assets:
        scales.put_asset(event)
    for event in symbols:
        scales.put_symbol(event)
    board.define(assets, symbols)


def markets(engine: Engine, into: Markets, board: Board) -> None:
    """Every symbol's chart and window, and its rings on the board."""
    for event in engine.symbols():
        name = SymbolEvent(*event).symbol
        market = into.add(name, engine.now_ns)
        _restore_market(name, market, engine.now_ns)
        _fill_ring(name, market, board.ring(name), engine.now_ns)


def _restore_market(symbol: str, market: Market, now_ns: int) -> None:
    day_start_ns = candle_open_ns(now_ns, MINUTE) - DAY + MINUTE
    start_ns = min(candle_open_ns(now_ns, WEEK), day_start_ns)
    minutes = selectors.candles_from(symbol, MINUTE, start_ns, now_ns + 1, _MAX_MINUTES)
    newest = selectors.candles_before(symbol, MINUTE, now_ns + 1, 1)
    market.chart.restore(now_ns, newest[0].close if newest else None, minutes)
    current_open_ns = candle_open_ns(now_ns, MINUTE)
    market.window = Window(minute for minute in minutes if day_start_ns <= minute.open_ns < current_open_ns)


def _fill_ring(symbol: str, market: Market, ring: Ring, now_ns: int) -> None:
    ring.trades.extend(reversed(selectors.trades_before(symbol, None, CAPACITY)))
    for interval_ns in INTERVALS.values():
        ring.candles[interval_ns] = CandleRing(
            _closed_candles(symbol, interval_ns, now_ns), market.chart.current(interval_ns)
        )


def _closed_candles(symbol: str, interval_ns: int, now_ns: int) -> list[Candle]:
    return selectors.candles_before(symbol, interval_ns, candle_open_ns(now_ns, interval_ns), CAPACITY)
