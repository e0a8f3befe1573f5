"""What the WebSocket has beside the shapes of REST: greetings, log-in, topics, errors with their status."""

from __future__ import annotations

from typing import Annotated, Any, Final, get_type_hints

import msgspec
from msgspec import Meta

from exchange.wire import shapes
from exchange.wire.market_shapes import Level, Side
from exchange.wire.order_shapes import Fill, Order
from exchange.wire.shape_parts import Decimal, Id, Milliseconds, text
from marketdata.public_shapes import Candle, Statistics
from web.rest import request_shapes
from web.stream.requests import MAX_ID_CHARS, MAX_ID_NUMBER

#: What a request is called by its client.
RequestId = (
    Annotated[int, Meta(ge=-MAX_ID_NUMBER, le=MAX_ID_NUMBER)] | Annotated[str, Meta(max_length=MAX_ID_CHARS)]
)
_ENDS_WITH_IT: Final = "Whether the order ends with this connection; as `auth` set it by default."
Bound = Annotated[bool | None, text(_ENDS_WITH_IT)]

# --- requests --------------------------------------------------------------------------------------------


class Auth(msgspec.Struct):
    """With `token`, or with `key`, `timestamp` and `signature`."""

    token: Annotated[str | None, text("The access token of POST /api/v1/token.")] = None
    key: Annotated[str | None, text("The id of an API key.")] = None
    timestamp: Annotated[Milliseconds | None, text("Of a key: your clock, milliseconds UTC.")] = None
    signature: Annotated[
        str | None, text("Of a key: over the timestamp, `WS` and `/ws`, one after the other.")
    ] = None
    recv_window: Annotated[int | None, text("Of a key: how old the request may be, in milliseconds.")] = None
    account: Annotated[str | None, text("The account of yours that the connection is for.")] = None
    cancel_on_disconnect: Annotated[
        bool | None, text("Whether orders that do not say otherwise end with this connection.")
    ] = None


class Topics(msgspec.Struct):
    """Every channel of every symbol named."""

    channels: Annotated[list[str], Meta(min_length=1)]
    symbols: Annotated[list[str] | None, text("Of the channels that take a symbol.")] = None


class Subscription(Topics):
    """Every channel of every symbol named, perhaps from where another connection left them."""

    since: Annotated[int | None, text("The sequence of the last whole message you have.")] = None


class SocketOrder(request_shapes.OrderRequest):
    """An order to enter, as over REST."""

    cancel_on_disconnect: Bound = None


class SocketBatch(msgspec.Struct):
    orders: Annotated[list[SocketOrder], Meta(min_length=1, max_length=request_shapes.MAX_BATCH)]


class SocketOco(msgspec.Struct):
    first: SocketOrder
    second: SocketOrder


class SocketOto(msgspec.Struct):
    working: SocketOrder
    pending: SocketOrder


class SocketOtoco(msgspec.Struct):
    working: SocketOrder
    first: SocketOrder
    second: SocketOrder


class SocketBracket(request_shapes.BracketRequest):
    """A buy; what it buys is sold by a take-profit limit order or a stop, whichever comes first."""

    entry: SocketOrder


class SocketCancelReplace(request_shapes.CancelReplaceRequest, kw_only=True):
    order: SocketOrder


class SocketQuotes(request_shapes.QuotesRequest):
    cancel_on_disconnect: Bound = None


class QuotesName(msgspec.Struct):
    """Which quotes; without either name all of them."""

    symbol: str | None = None
    quote_id: str | None = None


class Nothing(msgspec.Struct):
    """No fields."""


# --- replies ---------------------------------------------------------------------------------------------


class LimitStanding(msgspec.Struct):
    name: Annotated[str, text("What it counts, as in the header `RateLimit-Policy` of REST.")]
    limit: Annotated[int, text("Requests in the window, by their weight.")]
    window_s: Annotated[int, text("Its length in seconds.")]
    remaining: Annotated[int, text("What is left of them.")]
    reset_s: Annotated[int, text("Seconds until the window ends.")]


class Standings(msgspec.Struct):
    limits: list[LimitStanding]


class LoggedIn(msgspec.Struct):
    account: Annotated[Id | None, text("The account of the connection.")]
    expires_at: Annotated[
        Milliseconds | None, text("When the token or key ends; null for a key without an end.")
    ]
    cancel_on_disconnect: bool
    limits: list[LimitStanding]


class SubscribedTopic(msgspec.Struct, omit_defaults=True):
    channel: str
    resumed: Annotated[bool, text("Whether the messages after `since` follow, and no snapshot.")]
    symbol: Annotated[str, text("Of channels that take one.")] | msgspec.UnsetType = msgspec.UNSET


class Subscribed(msgspec.Struct):
    subscribed: list[SubscribedTopic]


class LeftTopic(msgspec.Struct):
    channel: str
    symbol: Annotated[str, text("Of channels that take one.")] | msgspec.UnsetType = msgspec.UNSET


class Unsubscribed(msgspec.Struct):
    unsubscribed: Annotated[list[LeftTopic], text("Those that were read.")]


class SocketError(shapes.Error):
    """An error with the HTTP status that REST returns with it; what is Retry-After there is
    `details.retry_after_s` here."""

    status: int


class SocketBatchItem(shapes.BatchItem):
    """Either order, fills and sequence, or error, message, details and status."""

    status: int | msgspec.UnsetType = msgspec.UNSET


class SocketBatchResults(msgspec.Struct):
    results: Annotated[list[SocketBatchItem], text("In the order of the request.")]


SocketOrderOrError = Annotated[
    Any, Meta(title="SocketOrderOrError", extra={"one_of": (shapes.Order, SocketError)})
]


class SocketCancelReplaced(msgspec.Struct):
    canceled: SocketOrderOrError
    order: SocketOrderOrError
    fills: list[Fill]
    sequence: int


# --- what comes by itself --------------------------------------------------------------------------------


class Connected(msgspec.Struct):
    """The first message, once."""

    client_id: str
    server_time: Milliseconds
    account: Annotated[Id | None, text("Of a page of this site that is logged in; null for all others.")]


class VenueNotice(msgspec.Struct):
    cancel_only: Annotated[bool, text("Whether only cancels are taken: a disk is nearly full.")]
    stale: Annotated[
        list[str], text("`engine`, `marketdata`: what is away, so that what comes of it is not renewed.")
    ]


class ServerTime(msgspec.Struct):
    server_time: Milliseconds


class Levels(msgspec.Struct):
    bids: Annotated[list[Level], text("[price, quantity] from the highest price down.")]
    asks: Annotated[list[Level], text("[price, quantity] from the lowest price up.")]
    checksum: Annotated[int, text("CRC32 of the top ten levels after this message.")]


class Trades(msgspec.Struct):
    trades: Annotated[list[shapes.Execution], text("The newest that this process has seen, oldest first.")]


class Indication(msgspec.Struct):
    """Where the auction would trade now."""

    price: Annotated[Decimal | None, text("Null where nothing would trade, and at the end.")]
    quantity: Decimal
    surplus_side: Annotated[Side | None, text("Of which side something would be left over; null: of none.")]
    surplus_quantity: Decimal


class CandleUpdate(msgspec.Struct):
    candle: Candle


#: The figures of 24 hours: those of REST without what the message has already.
_FIGURES: Final = [
    (name, kind)
    for name, kind in get_type_hints(Statistics, include_extras=True).items()
    if name not in ("symbol", "timestamp")
]
StatisticsFigures = msgspec.defstruct("StatisticsFigures", _FIGURES, module=__name__)
#: One symbol's in a message of all.
StatisticsRow = msgspec.defstruct("StatisticsRow", [("symbol", str), *_FIGURES], module=__name__)


class StatisticsRows(msgspec.Struct):
    statistics: list[StatisticsRow]  # type: ignore[valid-type]  # made at run time


class OrdersSnapshot(msgspec.Struct):
    orders: Annotated[list[Order], text("The open ones.")]


class FillsSnapshot(msgspec.Struct):
    fills: Annotated[list[Fill], text("Empty: it marks the start. GET /v1/fills has the past.")]


class BalancesSnapshot(msgspec.Struct):
    balances: list[shapes.Balance]
