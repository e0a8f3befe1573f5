"""Public reads: from this process' rings when they are live and reach far enough, else from the tables."""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import Final, NamedTuple, Protocol

from exchange.errors import InputError
from exchange.symbols import SymbolSpec
from exchange.worker import gateway
from exchange.worker.errors import EngineError
from marketdata import cache, selectors, wire
from marketdata.candles import Candle, flat, with_flat
from marketdata.feed.messages import Ticker
from marketdata.feed.rings import CandleRing
from marketdata.intervals import DAY, INTERVALS, MINUTE, candle_open_ns
from marketdata.statistics import Window
from marketdata.trades import PublicTrade
from marketdata.wire import Json

_MINUTES_A_DAY: Final = DAY // MINUTE
#: How long reads of the tables do without best prices after the engine could not be asked.
ENGINE_RETRY_S: Final = 5.0


class Span(NamedTuple):
    """Candles that open in [start_ns, end_ns), at most ``limit``: the first ones when ``start_ns`` is
    given, else the last ones."""

    limit: int
    start_ns: int | None = None
    end_ns: int | None = None


def spec_of(symbol: str) -> SymbolSpec:
    """Raises SYMBOL_NOT_FOUND (404)."""
    live = cache.live()
    spec = (live and live.spec(symbol)) or selectors.find_spec(symbol)
    if spec is None:
        raise InputError("SYMBOL_NOT_FOUND", {"field": "symbol", "symbol": symbol[:32]})
    return spec


def interval_of(name: str) -> int:
    """The interval's length. Raises INTERVAL_NOT_FOUND (404)."""
    interval_ns = INTERVALS.get(name)
    if interval_ns is None:
        raise InputError("INTERVAL_NOT_FOUND", {"field": "interval", "allowed": list(INTERVALS)})
    return interval_ns


# --- trades ----------------------------------------------------------------------------------------


def executions(symbol: str, before_id: int | None, limit: int) -> list[Json]:
    """Public trades, newest first. Raises SYMBOL_NOT_FOUND."""
    spec = spec_of(symbol)
    trades = _recent_trades(symbol, before_id, limit)
    if trades is None:
        trades = selectors.trades_before(symbol, before_id, limit)
    return [wire.trade_dict(trade, spec) for trade in trades]


def _recent_trades(symbol: str, before_id: int | None, limit: int) -> list[PublicTrade] | None:
    """From the ring; None when it does not hold them all."""
    live = cache.live()
    if live is None or live.spec(symbol) is None:
        return None
    kept = list(live.ring(symbol).trades)
    is_complete = len(kept) < (live.ring(symbol).trades.maxlen or 0)
    if before_id is not None:
        kept = [trade for trade in kept if trade.trade_id < before_id]
    if len(kept) < limit and not is_complete:
        return None
    return kept[::-1][:limit]


# --- candles ---------------------------------------------------------------------------------------


class CandleSource(Protocol):
    """Candles with trades of one symbol and interval."""

    now_ns: int

    def first(self, start_ns: int, end_ns: int, limit: int) -> list[Candle]:
        """The first ones that open in [start, end), ascending."""

    def last(self, end_ns: int) -> Candle | None:
        """The last one that opens before ``end_ns``."""


class _Stored:
    """The tables."""

    def __init__(self, symbol: str, interval_ns: int) -> None:
        self._key = (symbol, interval_ns)
        self.now_ns = selectors.projected_now_ns()

    def first(self, start_ns: int, end_ns: int, limit: int) -> list[Candle]:
        return selectors.candles_from(*self._key, start_ns, end_ns, limit)

    def last(self, end_ns: int) -> Candle | None:
        found = selectors.candles_before(*self._key, end_ns, 1)
        return found[0] if found else None


class _Kept:
    """A ring, as it is at this moment."""

    def __init__(self, ring: CandleRing, now_ns: int) -> None:
        self.now_ns = now_ns
        self._has_all = ring.reaches_the_start
        self._candles = ring.traded()
        self._opens = [candle.open_ns for candle in self._candles]

    def holds(self, start_ns: int) -> bool:
        """Whether everything from ``start_ns`` on, and the close before it, is here."""
        return self._has_all or self._opens[0] <= start_ns

    def first(self, start_ns: int, end_ns: int, limit: int) -> list[Candle]:
        begin, end = bisect_left(self._opens, start_ns), bisect_left(self._opens, end_ns)
        return self._candles[begin : min(end, begin + limit)]

    def last(self, end_ns: int) -> Candle | None:
        end = bisect_left(self._opens, end_ns)
        return self._candles[end - 1] if end else None


def klines(symbol: str, interval: str, span: Span) -> list[Json]:
    """Candles oldest first, flat ones included. Raises SYMBOL_NOT_FOUND, INTERVAL_NOT_FOUND."""
    spec, interval_ns = spec_of(symbol), interval_of(interval)
    source = _source(symbol, interval_ns, span)
    candles = read_candles(source, interval_ns, span)
    return [wire.candle_dict(candle, interval_ns, spec, source.now_ns) for candle in candles]


def _source(symbol: str, interval_ns: int, span: Span) -> CandleSource:
    live = cache.live()
    if live is not None and live.spec(symbol) is not None:
        kept = _Kept(live.ring(symbol).candles[interval_ns], live.now_ns)
        if kept.holds(_bounds(span, interval_ns, live.now_ns)[0]):
            return kept
    return _Stored(symbol, interval_ns)


def _bounds(span: Span, interval_ns: int, now_ns: int) -> tuple[int, int]:
    """The first and the end of the opens asked for, none of them later than the current candle's."""
    end_ns = candle_open_ns(now_ns, interval_ns) + interval_ns
    if span.end_ns is not None:
        end_ns = min(end_ns, span.end_ns)
    if span.start_ns is not None:
        return candle_open_ns(span.start_ns + interval_ns - 1, interval_ns), end_ns
    return candle_open_ns(end_ns - 1, interval_ns) - (span.limit - 1) * interval_ns, end_ns


def read_candles(source: CandleSource, interval_ns: int, span: Span) -> list[Candle]:
    """The span's candles with flat ones between; nothing before the first trade ever."""
    start_ns, end_ns = _bounds(span, interval_ns, source.now_ns)
    if start_ns >= end_ns:
        return []
    before = source.last(start_ns)
    if before is None:
        first = source.first(start_ns, end_ns, 1)
        if not first:
            return []
        start_ns = first[0].open_ns
    end_ns = min(end_ns, start_ns + span.limit * interval_ns)
    traded = source.first(start_ns, end_ns, span.limit)
    return list(with_flat(traded, interval_ns, start_ns, end_ns, before.close if before else None))


# --- statistics --------------------------------------------------------------------------------------


def statistics(symbol: str) -> Json:
    """The 24-hour figures of a symbol. Raises SYMBOL_NOT_FOUND."""
    return _statistics(spec_of(symbol))


def all_statistics() -> list[Json]:
    """Those of every symbol, by name."""
    live = cache.live()
    return [_statistics(spec) for spec in (live.specs() if live else selectors.all_specs())]


def _statistics(spec: SymbolSpec) -> Json:
    live = cache.live()
    if live is not None and live.spec(spec.name) is not None:
        ticker = live.ring(spec.name).ticker
        if ticker is not None:
            return wire.statistics_dict(ticker, spec, live.now_ns)
    now_ns = selectors.projected_now_ns()
    return wire.statistics_dict(_stored_ticker(spec.name, now_ns), spec, now_ns)


def _stored_ticker(symbol: str, now_ns: int) -> Ticker:
    current_ns = candle_open_ns(now_ns, MINUTE)
    first_ns = current_ns - DAY + MINUTE
    minutes = selectors.candles_from(symbol, MINUTE, first_ns, now_ns + 1, _MINUTES_A_DAY)
    current = minutes.pop() if minutes and minutes[-1].open_ns == current_ns else None
    if current is None and not minutes:
        before = selectors.candles_before(symbol, MINUTE, first_ns, 1)
        current = flat(current_ns, before[0].close) if before else None
    bid_ticks, ask_ticks = _best_prices(symbol)
    return Ticker(Window(minutes).read(current), bid_ticks, ask_ticks)


#: After the engine could not be asked, nobody waits for it again before this (monotonic seconds).
_engine_away_until_s = 0.0


def _best_prices(symbol: str) -> tuple[int | None, int | None]:
    """The engine's; none while it cannot be asked."""
    global _engine_away_until_s
    if time.monotonic() < _engine_away_until_s:
        return None, None
    try:
        _, (bids, asks) = gateway.query("book", symbol, 1)
    except EngineError:
        _engine_away_until_s = time.monotonic() + ENGINE_RETRY_S
        return None, None
    return (bids[0][0] if bids else None), (asks[0][0] if asks else None)
