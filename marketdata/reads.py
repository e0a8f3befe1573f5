"""Public reads: from this process' rings when they are live and reach far enough, else from the tables."""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import Final, NamedTuple, Protocol

from exchange import process
from exchange.errors import RequestError
from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.listing.symbol_table import SymbolSpec
from exchange.wire.shape_parts import Json
from marketdata import public_rendering, selectors
from marketdata.candles import Candle, flat, with_flat
from marketdata.feed import cache
from marketdata.feed.rings import CandleRing, Ring
from marketdata.intervals import DAY, INTERVALS, MINUTE, candle_open_ns
from marketdata.statistics import Ticker, Window

_MINUTES_A_DAY: Final = DAY // MINUTE
#: How long reads of the tables do without best prices after the engine could not be asked.
ENGINE_RETRY_S: Final = 5.0


class Span(NamedTuple):
    """Candles that open in [start_ns, end_ns), at most ``limit``: the first ones when ``start_ns`` is
    given, else the last ones."""

    limit: int
    start_ns: int | None = None
    end_ns: int | None = None


class KeptMarket(NamedTuple):
    """What this process holds of a symbol."""

    spec: SymbolSpec
    ring: Ring
    now_ns: int


def _kept_market(symbol: str) -> KeptMarket | None:
    """None when this process' copy is not up to date, or does not have the symbol."""
    live = cache.live()
    spec = None if live is None else live.spec(symbol)
    if live is None or spec is None:
        return None
    return KeptMarket(spec, live.ring(symbol), live.now_ns)


def kept_version() -> object | None:
    """Another object after each change of what the ``kept_`` functions return; None when they return None."""
    live = cache.live()
    return None if live is None else live.version


def spec_of(symbol: str) -> SymbolSpec:
    """Raises SYMBOL_NOT_FOUND (404)."""
    kept = _kept_market(symbol)
    spec = selectors.find_spec(symbol) if kept is None else kept.spec
    if spec is None:
        raise RequestError("SYMBOL_NOT_FOUND", {"field": "symbol", "symbol": symbol[:32]})
    return spec


def interval_of(name: str) -> int:
    """The interval's length. Raises INTERVAL_NOT_FOUND (404)."""
    interval_ns = INTERVALS.get(name)
    if interval_ns is None:
        raise RequestError("INTERVAL_NOT_FOUND", {"field": "interval", "allowed": list(INTERVALS)})
    return interval_ns


# --- trades ----------------------------------------------------------------------------------------


def executions(symbol: str, before_id: int | None, limit: int) -> list[Json]:
    """Public trades, newest first. Raises SYMBOL_NOT_FOUND."""
    kept = kept_executions(symbol, before_id, limit)
    if kept is not None:
        return kept
    spec = spec_of(symbol)
    return [
        public_rendering.render_stored_trade(trade, spec)
        for trade in selectors.trades_before(symbol, before_id, limit)
    ]


def kept_executions(symbol: str, before_id: int | None, limit: int) -> list[Json] | None:
    """The same from the ring; None when it does not hold them all."""
    market = _kept_market(symbol)
    if market is None:
        return None
    # Copied at once: from a view's thread the ring may not be walked over while it grows.
    trades = list(market.ring.trades)
    has_all = len(trades) < (market.ring.trades.maxlen or 0)
    if before_id is not None:
        trades = [trade for trade in trades if trade.trade_id < before_id]
    if len(trades) < limit and not has_all:
        return None
    return [public_rendering.render_stored_trade(trade, market.spec) for trade in trades[::-1][:limit]]


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
    kept = kept_klines(symbol, interval, span)
    if kept is not None:
        return kept
    spec, interval_ns = spec_of(symbol), interval_of(interval)
    return _render_candles(_Stored(symbol, interval_ns), spec, interval_ns, span)


def kept_klines(symbol: str, interval: str, span: Span) -> list[Json] | None:
    """The same from the ring; None when it does not reach that far back. Raises INTERVAL_NOT_FOUND."""
    market = _kept_market(symbol)
    if market is None:
        return None
    interval_ns = interval_of(interval)
    source = _Kept(market.ring.candles[interval_ns], market.now_ns)
    if not source.holds(_bounds(span, interval_ns, market.now_ns)[0]):
        return None
    return _render_candles(source, market.spec, interval_ns, span)


def _render_candles(source: CandleSource, spec: SymbolSpec, interval_ns: int, span: Span) -> list[Json]:
    candles = read_candles(source, interval_ns, span)
    return [public_rendering.render_candle(candle, interval_ns, spec, source.now_ns) for candle in candles]


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


def kept_statistics(symbol: str) -> Json | None:
    """The same from the feed; None when it has none."""
    market = _kept_market(symbol)
    if market is None or market.ring.ticker is None:
        return None
    return public_rendering.render_ticker(market.ring.ticker, market.spec, market.now_ns)


def all_statistics() -> list[Json]:
    """Those of every symbol, by name."""
    live = cache.live()
    return [_statistics(spec) for spec in (live.specs() if live else selectors.all_specs())]


def kept_all_statistics() -> list[Json] | None:
    """The same from the feed; None when it has not those of every symbol."""
    live = cache.live()
    kept = [kept_statistics(spec.name) for spec in live.specs()] if live else [None]
    found = [figures for figures in kept if figures is not None]
    return found if len(found) == len(kept) else None


def _statistics(spec: SymbolSpec) -> Json:
    kept = kept_statistics(spec.name)
    if kept is not None:
        return kept
    now_ns = selectors.projected_now_ns()
    return public_rendering.render_ticker(_stored_ticker(spec.name, now_ns), spec, now_ns)


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


class _EngineAbsence:
    """A part of the process: after the engine could not be asked, no read waits for it again before this."""

    #: Monotonic seconds.
    until_s = 0.0


def _best_prices(symbol: str) -> tuple[int | None, int | None]:
    """The engine's; none while it cannot be asked."""
    absence = process.part(_EngineAbsence)
    if time.monotonic() < absence.until_s:
        return None, None
    try:
        _, (bids, asks) = engine_link.query("book", symbol, 1)
    except EngineError:
        absence.until_s = time.monotonic() + ENGINE_RETRY_S
        return None, None
    return (bids[0][0] if bids else None), (asks[0][0] if asks else None)
