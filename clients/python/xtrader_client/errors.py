"""What can go wrong, as one tree; ``code`` is always a code of the exchange's table of errors.

XTraderError
├── ConnectionLost        no connection, or it broke before the reply came
├── RequestTimeout        no reply in time
├── StreamOverflow        a subscription was not read fast enough and has been ended
├── BookError             a book message that does not fit the book
│   ├── SequenceGap       a message is missing
│   └── ChecksumMismatch  the book differs from the exchange's
└── ApiError              the exchange answered with an error
    ├── BadRequest        400, 413 … malformed, or against the symbol's rules
    ├── NotAuthenticated  401
    ├── Forbidden         403
    ├── NotFound          404
    ├── Conflict          409 same id with another payload, or the state forbids it
    ├── Refused           422 too little balance, post-only would take …
    ├── RateLimited       429
    ├── ServerError       500
    ├── Unavailable       503 nothing happened; try again
    └── OutcomeUnknown    504 it may have happened; ask again with the same client_order_id
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class XTraderError(Exception):
    """Base of everything this package raises."""


class ConnectionLost(XTraderError):
    """There is no connection to the exchange, or it broke before the reply came. What was asked may or
    may not have happened, unless it carried a ``client_order_id``: those are asked again by themselves."""


class RequestTimeout(XTraderError):
    """No reply came in time."""


class StreamOverflow(XTraderError):
    """The reader of a subscription fell more than its bound behind."""


class BookError(XTraderError):
    """A book message that does not fit the book; ``Client`` resynchronises by itself."""


class SequenceGap(BookError):
    """``prev_sequence`` is not the sequence of the message before."""


class ChecksumMismatch(BookError):
    """The CRC32 of the top ten levels differs from the exchange's."""


class ApiError(XTraderError):
    """The exchange answered with an error.

    ``code`` is the wire code (``INSUFFICIENT_BALANCE``), ``status`` the HTTP status that belongs to it,
    ``details`` what the exchange added (field names, limits).
    """

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None, status: int) -> None:
        self.code = code
        self.message = message
        self.details: dict[str, Any] = dict(details or {})
        self.status = status
        super().__init__(f"{code}: {message} {self.details}" if self.details else f"{code}: {message}")


class BadRequest(ApiError):
    """Malformed, or against the symbol's rules."""


class NotAuthenticated(ApiError):
    """No log-in, a wrong password, or an expired token."""


class Forbidden(ApiError):
    """The user may not do this."""


class NotFound(ApiError):
    """Unknown symbol, order, address."""


class Conflict(ApiError):
    """Same id with another payload, or the state of the order or symbol forbids it."""


class Refused(ApiError):
    """The market or the account forbids it."""


class RateLimited(ApiError):
    """Too many requests."""


class ServerError(ApiError):
    """A fault of the exchange."""


class Unavailable(ApiError):
    """The engine is away or busy; nothing happened."""


class OutcomeUnknown(ApiError):
    """The engine did not answer in time; the same ``client_order_id`` tells what happened."""


_BY_STATUS: dict[int, type[ApiError]] = {
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Refused,
    429: RateLimited,
    503: Unavailable,
    504: OutcomeUnknown,
}


def error_of(body: Mapping[str, Any], status: int) -> ApiError:
    """The exception for an error body ``{"error", "message", "details"}`` and its HTTP status."""
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequest)
    details = body.get("details")
    return kind(
        str(body.get("error", "INTERNAL")),
        str(body.get("message", "")),
        details if isinstance(details, Mapping) else {},
        status,
    )
