"""Every operation, topic and message of the WebSocket: what the AsyncAPI document, the reference page and the
types of clients are made of.

Tests hold the table to the code (``web.stream``, ``web.live``) and to the frames of real connections.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from exchange.wire import shapes
from marketdata.intervals import INTERVALS
from web.contracts import socket_shapes as sockets
from web.rest import request_shapes as requests
from web.rest import schema

Shape = type[msgspec.Struct]


class Operation(NamedTuple):
    """What a client sends, and what it gets. ``reply`` is None where there is none."""

    op: str
    summary: str
    request: Shape
    reply: Shape | None
    #: Of requests, by title; those of orders are REST's.
    examples: dict[str, dict[str, Any]]


class Message(NamedTuple):
    """A message of a topic, by its ``type``."""

    type: str
    shape: Shape
    summary: str


class Topic(NamedTuple):
    """``channels``: the names under which it is subscribed to."""

    channels: tuple[str, ...]
    summary: str
    messages: tuple[Message, ...]
    takes_symbol: bool = True
    is_private: bool = False


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(
        "auth",
        "Log in, or hand in the next token",
        sockets.Auth,
        sockets.LoggedIn,
        {"By token": {"token": "<access token>", "cancel_on_disconnect": True}},
    ),
    Operation(
        "subscribe",
        "Read topics: a snapshot or what was missed follows, then every change",
        sockets.Subscription,
        sockets.Subscribed,
        {
            "Public": {"channels": ["book", "trades", "klines:1m"], "symbols": ["BTC-KRW"]},
            "Own": {"channels": ["orders", "fills", "balances"]},
        },
    ),
    Operation(
        "unsubscribe",
        "Leave topics",
        sockets.Topics,
        sockets.Unsubscribed,
        {"One": {"channels": ["trades"], "symbols": ["BTC-KRW"]}},
    ),
    Operation("ping", "Ask for the server's clock", sockets.Nothing, sockets.ServerTime, {"Ping": {}}),
    Operation("pong", "Answer a ping message", sockets.Nothing, None, {"Pong": {}}),
    Operation(
        "limits", "Ask where you stand in each limit", sockets.Nothing, sockets.Standings, {"Limits": {}}
    ),
    Operation("order.place", "Enter an order", sockets.SocketOrder, shapes.Placed, schema.ORDER_EXAMPLES),
    Operation(
        "order.batch",
        "Enter up to 100 orders",
        sockets.SocketBatch,
        sockets.SocketBatchResults,
        {"Two orders": schema.BATCH},
    ),
    Operation(
        "order.cancel",
        "Cancel an open order",
        requests.OrderName,
        shapes.Changed,
        {"By your own id": schema.CANCEL},
    ),
    Operation(
        "order.reduce",
        "Lower an open order's quantity; it keeps its place in the queue",
        requests.ReduceRequest,
        shapes.Changed,
        {"To a hundredth": schema.REDUCE},
    ),
    Operation(
        "order.replace",
        "Give an open order a new price and quantity",
        requests.ReplaceRequest,
        shapes.Placed,
        {"Another price": schema.REPLACE},
    ),
    Operation(
        "order.oco",
        "Enter two orders of which one is to trade",
        sockets.SocketOco,
        shapes.Oco,
        {"Take profit or stop": schema.OCO},
    ),
    Operation(
        "order.oto",
        "Enter an order that triggers another",
        sockets.SocketOto,
        shapes.Oto,
        {"Buy, then offer it": schema.OTO},
    ),
    Operation(
        "order.otoco",
        "Enter an order that triggers two, of which one is to trade",
        sockets.SocketOtoco,
        shapes.Oto,
        {"Buy, then take profit or stop": schema.OTOCO},
    ),
    Operation(
        "order.bracket",
        "Enter a buy with a take-profit and a stop for what it buys",
        sockets.SocketBracket,
        shapes.Bracket,
        {"Buy with both exits": schema.BRACKET},
    ),
    Operation(
        "order.cancel_replace",
        "Cancel one order and enter another in one step",
        sockets.SocketCancelReplace,
        sockets.SocketCancelReplaced,
        {"Another price": schema.CANCEL_REPLACE},
    ),
    Operation(
        "quotes.place",
        "Replace up to 50 quotes in one step; market makers only",
        sockets.SocketQuotes,
        shapes.Quotes,
        {"Two symbols": schema.QUOTES},
    ),
    Operation(
        "quotes.cancel",
        "Cancel quotes",
        sockets.QuotesName,
        shapes.CanceledAll,
        {"Of one symbol": {"symbol": "BTC-KRW"}},
    ),
    Operation(
        "quotes.protect",
        "Set the protection of the account's quotes; market makers only",
        requests.QuoteProtectionRequest,
        shapes.QuoteProtection,
        {"Ten fills a second": schema.QUOTE_PROTECTION},
    ),
    Operation(
        "orders.cancel_all",
        "Cancel all open orders, or those of one symbol",
        requests.CancelAllRequest,
        shapes.CanceledAll,
        {"Of one symbol": {"symbol": "BTC-KRW"}, "All": {}},
    ),
    Operation(
        "orders.cancel_after",
        "Cancel all open orders later, unless this is sent again before",
        requests.CancelAfterRequest,
        shapes.CancelAfter,
        {"In ten seconds": schema.CANCEL_AFTER, "Not any more": {"after_ms": 0}},
    ),
)

TOPICS: Final[tuple[Topic, ...]] = (
    Topic(
        ("book",),
        "The whole book, then what changed: at most one delta in 50 ms",
        (
            Message("book_snapshot", sockets.Levels, "The whole book"),
            Message(
                "book_delta",
                sockets.Levels,
                "Levels that changed: absolute quantities, `0` removes the level",
            ),
        ),
    ),
    Topic(
        ("trades",),
        "Each trade once",
        (
            Message("trades_snapshot", sockets.Trades, "The newest trades that this process has seen"),
            Message("trade", shapes.Execution, "A trade"),
        ),
    ),
    Topic(
        ("auction",),
        "Where the auction would trade, at least once a second while orders gather",
        (Message("indicative", sockets.Indication, "The indication; the last one has no price"),),
    ),
    Topic(
        ("symbols",),
        "Terms and status of a symbol: now, and at each change",
        (Message("symbol", shapes.Symbol, "The symbol as it is from now on"),),
    ),
    Topic(
        ("statistics",),
        "The last 24 hours in figures",
        (Message("statistics", sockets.StatisticsFigures, "The whole state"),),
    ),
    Topic(
        ("statistics:all",),
        "The same figures of every symbol, then of those that changed, at most once a second",
        (
            Message("statistics_snapshot", sockets.StatisticsRows, "Every symbol"),
            Message("statistics_update", sockets.StatisticsRows, "The symbols that changed"),
        ),
        takes_symbol=False,
    ),
    Topic(
        tuple(f"klines:{interval}" for interval in INTERVALS),
        "The current candle",
        (Message("kline", sockets.CandleUpdate, "The candle as it is; a `closed` one is final"),),
    ),
    Topic(
        ("orders",),
        "Each change of an own order",
        (
            Message("orders_snapshot", sockets.OrdersSnapshot, "The open orders"),
            Message("order", shapes.Order, "An order as it is now"),
        ),
        takes_symbol=False,
        is_private=True,
    ),
    Topic(
        ("fills",),
        "Own sides of trades",
        (
            Message("fills_snapshot", sockets.FillsSnapshot, "The start"),
            Message("fill", shapes.Fill, "One own side of a trade"),
        ),
        takes_symbol=False,
        is_private=True,
    ),
    Topic(
        ("balances",),
        "Each change of a balance",
        (
            Message("balances_snapshot", sockets.BalancesSnapshot, "Every balance"),
            Message("balance", shapes.Balance, "A balance as it is now"),
        ),
        takes_symbol=False,
        is_private=True,
    ),
)

#: Messages of the server that are neither replies nor of a topic.
NOTICES: Final[tuple[Message, ...]] = (
    Message("connected", sockets.Connected, "The first message"),
    Message("ping", sockets.ServerTime, "Answer with `pong`; only of servers that cannot send ping frames"),
    Message("shutdown", sockets.Nothing, "The server stops: reconnect, and resume"),
    Message("venue", sockets.VenueNotice, "Something is away or served stale, or all is well again"),
    Message("error", sockets.SocketError, "In place of `connected`: the connection cannot be begun"),
)
