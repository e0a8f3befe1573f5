"""Candles and statistics as the dictionaries of the wire contract."""

from __future__ import annotations

from exchange.listing.symbol_table import SymbolSpec
from exchange.units.decimals import format_units
from exchange.wire.rendering import Json, render_public_trade
from exchange.wire.shapes import as_json
from marketdata import public_shapes
from marketdata.candles import Candle
from marketdata.intervals import MS
from marketdata.statistics import Ticker, change_percent_hundredths, vwap_ticks
from marketdata.trades import PublicTrade


def render_candle(candle: Candle, interval_ns: int, spec: SymbolSpec, now_ns: int) -> Json:
    """``close_time`` is the last millisecond of the candle; ``closed`` once the engine's time is past it."""
    close_ns = candle.open_ns + interval_ns
    return as_json(
        public_shapes.Candle(
            open_time=candle.open_ns // MS,
            close_time=close_ns // MS - 1,
            open=format_units(candle.open, spec.price_scale),
            high=format_units(candle.high, spec.price_scale),
            low=format_units(candle.low, spec.price_scale),
            close=format_units(candle.close, spec.price_scale),
            volume=format_units(candle.volume_lots, spec.quantity_scale),
            quote_volume=format_units(candle.quote_volume_minor, spec.quote_scale),
            trade_count=candle.trade_count,
            closed=close_ns <= now_ns,
        )
    )


def render_figures(ticker: Ticker, spec: SymbolSpec) -> Json:
    """The 24-hour figures and best prices; null where there is none."""
    stats = ticker.statistics
    change = None if stats.open is None or stats.last is None else stats.last - stats.open
    vwap = vwap_ticks(stats.quote_volume_minor, stats.volume_lots, spec.multiplier)
    return {
        "open_price_24h": _price(stats.open, spec),
        "high_price_24h": _price(stats.high, spec),
        "low_price_24h": _price(stats.low, spec),
        "last_price": _price(stats.last, spec),
        "volume_24h": format_units(stats.volume_lots, spec.quantity_scale),
        "quote_volume_24h": format_units(stats.quote_volume_minor, spec.quote_scale),
        "vwap_24h": _price(vwap, spec),
        "trade_count_24h": stats.trade_count,
        "price_change_24h": _price(change, spec),
        "price_change_percent_24h": _percent(stats.open, stats.last),
        "bid_price": _price(ticker.bid_ticks, spec),
        "ask_price": _price(ticker.ask_ticks, spec),
    }


def render_ticker(ticker: Ticker, spec: SymbolSpec, now_ns: int) -> Json:
    """As REST answers it."""
    figures = render_figures(ticker, spec)
    return as_json(public_shapes.Statistics(symbol=spec.name, timestamp=now_ns // MS, **figures))


def render_stored_trade(trade: PublicTrade, spec: SymbolSpec) -> Json:
    """A public trade."""
    return render_public_trade(
        spec,
        trade_id=trade.trade_id,
        price_ticks=trade.price_ticks,
        quantity_lots=trade.quantity_lots,
        taker_side=trade.side,
        sequence=trade.sequence,
        time_ns=trade.time_ns,
    )


def _price(ticks: int | None, spec: SymbolSpec) -> str | None:
    return None if ticks is None else format_units(ticks, spec.price_scale)


def _percent(open_ticks: int | None, last_ticks: int | None) -> str | None:
    if open_ticks is None or last_ticks is None:
        return None
    return format_units(change_percent_hundredths(open_ticks, last_ticks), 2)
