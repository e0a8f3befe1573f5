"""The reference client of xTrader: REST and WebSocket, asynchronous, typed. Start at ``Client``."""

from xtrader_client._topics import Subscription
from xtrader_client.account import AccountState
from xtrader_client.book import OrderBook, book_checksum
from xtrader_client.client import Client
from xtrader_client.errors import (
    ApiError,
    BadRequest,
    BookError,
    ChecksumMismatch,
    Conflict,
    ConnectionLost,
    Forbidden,
    NotAuthenticated,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    RequestTimeout,
    SequenceGap,
    ServerError,
    StreamOverflow,
    Unavailable,
    XTraderError,
)
from xtrader_client.models import Balance, Candle, Fill, Level, NewOrder, Order, OrderResult, Trade

__version__ = "1.0.0"

__all__ = [
    "AccountState",
    "ApiError",
    "BadRequest",
    "Balance",
    "BookError",
    "Candle",
    "ChecksumMismatch",
    "Client",
    "Conflict",
    "ConnectionLost",
    "Fill",
    "Forbidden",
    "Level",
    "NewOrder",
    "NotAuthenticated",
    "NotFound",
    "Order",
    "OrderBook",
    "OrderResult",
    "OutcomeUnknown",
    "RateLimited",
    "Refused",
    "RequestTimeout",
    "SequenceGap",
    "ServerError",
    "StreamOverflow",
    "Subscription",
    "Trade",
    "Unavailable",
    "XTraderError",
    "book_checksum",
]
