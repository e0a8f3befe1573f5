"""Candles and 24-hour statistics as the wire has them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from exchange.wire.shape_parts import one_of, text
from marketdata.intervals import INTERVALS


class Candle(msgspec.Struct):
    """One candle. Without trades all four prices are the close before it and the volumes are 0."""

    open_time: Annotated[int, text("Milliseconds UTC.")]
    close_time: Annotated[int, text("The candle's last millisecond.")]
    open: Annotated[str, text("Price of the first trade.")]
    high: Annotated[str, text("Highest price.")]
    low: Annotated[str, text("Lowest price.")]
    close: Annotated[str, text("Price of the last trade.")]
    volume: Annotated[str, text("In the base asset.")]
    quote_volume: Annotated[str, text("In the quote asset.")]
    trade_count: int
    closed: Annotated[bool, text("False for the candle in progress.")]


class Klines(msgspec.Struct):
    symbol: str
    interval: Annotated[str, one_of(INTERVALS)]
    candles: list[Candle]


class Statistics(msgspec.Struct):
    """The last 24 hours in minute steps, the current minute included. Prices are those of trades; without
    a trade in the window they are the last price ever, null if there is none."""

    symbol: str
    timestamp: Annotated[int, text("Milliseconds UTC.")]
    open_price_24h: Annotated[str | None, text("First price in the window.")]
    high_price_24h: Annotated[str | None, text("Highest price in the window.")]
    low_price_24h: Annotated[str | None, text("Lowest price in the window.")]
    last_price: Annotated[str | None, text("Last price.")]
    volume_24h: Annotated[str, text("In the base asset; each trade counts once.")]
    quote_volume_24h: Annotated[str, text("In the quote asset.")]
    vwap_24h: Annotated[str | None, text("Volume-weighted average price, rounded down to a price step.")]
    trade_count_24h: int
    price_change_24h: Annotated[str | None, text("Last price less open price.")]
    price_change_percent_24h: Annotated[str | None, text("The change in percent of the open price.")]
    bid_price: Annotated[str | None, text("Best bid.")]
    ask_price: Annotated[str | None, text("Best ask.")]


class AllStatistics(msgspec.Struct):
    statistics: list[Statistics]
