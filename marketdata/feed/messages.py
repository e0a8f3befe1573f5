"""What crosses the marketdata socket: frames of lists, like the engine's; each message a list whose
first item is one of these words. Numbers stay integers (ticks, lots, minor units) to the last step.

    hello       protocol version, sequence, now_ns, assets, symbols; then one ring message a symbol, then live
    ring        symbol, trades (oldest first), {interval: closed candles with trades}, {interval: current},
                statistics
    live        the snapshot is complete; from here on changes follow
    at          sequence, now_ns, durable sequence: how far the feed has come, at the end of each frame
    asset, symbol   an asset or symbol event
    trades      symbol, trades (oldest first)
    closed      symbol, interval, candle
    candle      symbol, interval, candle: the current one
    statistics  symbol, statistics
    status      (asked with ["status"]) a dict
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from marketdata.candles import Candle
from marketdata.statistics import Statistics
from marketdata.trades import PublicTrade

VERSION: Final = 1

HELLO: Final = "hello"
RING: Final = "ring"
LIVE: Final = "live"
AT: Final = "at"
ASSET: Final = "asset"
SYMBOL: Final = "symbol"
TRADES: Final = "trades"
CLOSED: Final = "closed"
CANDLE: Final = "candle"
STATISTICS: Final = "statistics"
STATUS: Final = "status"

Message = list[Any]


class Ticker(NamedTuple):
    """Statistics with the best prices (None: that side of the book is empty)."""

    statistics: Statistics
    bid_ticks: int | None
    ask_ticks: int | None


def pack_candle(candle: Candle) -> Message:
    return [
        candle.open_ns,
        candle.open,
        candle.high,
        candle.low,
        candle.close,
        candle.volume_lots,
        candle.quote_volume_minor,
        candle.trade_count,
    ]


def unpack_candle(fields: Message) -> Candle:
    return Candle(*fields)


def pack_trade(trade: PublicTrade) -> Message:
    """The symbol is said once a message."""
    return [trade[0], *trade[2:]]


def unpack_trade(symbol: str, fields: Message) -> PublicTrade:
    return PublicTrade(fields[0], symbol, *fields[1:])


def pack_ticker(ticker: Ticker) -> Message:
    stats = ticker.statistics
    return [
        ticker.bid_ticks,
        ticker.ask_ticks,
        stats.open,
        stats.high,
        stats.low,
        stats.last,
        stats.volume_lots,
        stats.quote_volume_minor,
        stats.trade_count,
    ]


def unpack_ticker(fields: Message) -> Ticker:
    bid, ask, *rest = fields
    return Ticker(Statistics(*rest), bid, ask)
