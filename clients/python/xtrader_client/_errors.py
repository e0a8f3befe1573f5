"""What can go wrong, as one tree, by what a caller does about it; ``code`` is always a code of the exchange's
table of errors.

XTraderError
├── ConnectionLost        no connection, or it broke; what was asked did not happen
├── RequestTimeout        no reply in time to a request that changes nothing
├── StreamOverflow        a subscription was not read fast enough and has been ended
├── BookError             a book message that does not fit the book
│   ├── SequenceGap       a message is missing
│   └── ChecksumMismatch  the book differs from the exchange's
└── ApiError              the exchange answered with an error
    ├── BadRequest        400, 413 … malformed, or against the symbol's rules
    ├── NotAuthenticated  401
    │   └── MfaRequired   the user has a second factor: the log-in takes a code
    ├── Forbidden         403
    │   └── TermsNotAccepted  the user has new terms of service to accept
    ├── NotFound          404
    ├── Conflict          409 same id with another payload, or the state forbids it
    ├── Refused           422 too little balance, post-only would take …
    ├── RateLimited       429
    ├── ServerError       500 a fault of the exchange
    ├── Unavailable       503 not now; its retry tells whether to try again as it is
    └── OutcomeUnknown    504 it may have happened; ask again with the same client_order_id

A command (anything that places, changes or cancels orders or moves money) that may have reached the exchange
ends with its outcome or with ``OutcomeUnknown``, never with another of these.

An ``ApiError`` tells in ``retry`` whether the same request may be sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xtrader_client._error_codes import CODES, Retry

#: Longest pause a reply can ask for: a larger figure is taken for a mistake.
MAX_RETRY_AFTER_S = 600.0


class XTraderError(Exception):
    """Base of everything this package raises."""

    #: Seconds to wait before the next attempt, as the exchange asked; None: it did not.
    retry_after_s: float | None = None


class ConnectionLost(XTraderError):
    """There is no connection to the exchange, or it broke before a reply came. A command that raises it was
    not sent: nothing happened."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RequestTimeout(XTraderError, TimeoutError):
    """No reply came in time, or what is kept live was not in step in time. Only of requests that change
    nothing; commands raise OutcomeUnknown."""


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

    ``code`` is the wire code (``INSUFFICIENT_BALANCE``), ``number`` its number (None of a code that is newer
    than this package), ``status`` the HTTP status that belongs to it, ``details`` what the exchange added
    (field names, limits; decimals in it are strings), ``retry_after_s`` the pause it asked for, in seconds.

    ``retry`` is whether the same request may be sent again: ``never``; ``when_changed``, once what stands
    against it has (a balance, a log-in, the market); ``later``, after a pause; or with the ``same_id`` only,
    because it may have been carried out. A code that is newer than this package has the word of its status.
    """

    def __init__(
        self,
        code: str,
        message: str,
        details: Mapping[str, Any] | None,
        status: int,
        retry_after_s: float | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.details: dict[str, Any] = dict(details or {})
        self.status = status
        self.retry_after_s = retry_after_s
        self.number: int | None
        self.retry: Retry
        self.number, self.retry = CODES.get(code) or (None, _retry_of_status(status))
        super().__init__(f"{code}: {message} {self.details}" if self.details else f"{code}: {message}")


class BadRequest(ApiError):
    """Malformed, or against the symbol's rules."""


class NotAuthenticated(ApiError):
    """No log-in, a wrong password, or an expired token."""


class Forbidden(ApiError):
    """The user may not do this."""


class MfaRequired(NotAuthenticated):
    """The user has a second factor, and the log-in brought no code of it: give ``Client`` an ``otp``. With
    ``details["is_set_up"]`` false the user has to set one up first, in a browser."""


class TermsNotAccepted(Forbidden):
    """New terms of service are in force: until the user accepts them, only reading and canceling are allowed.
    ``details["version"]`` is what ``accept_terms`` takes."""


class NotFound(ApiError):
    """Unknown symbol, order, address."""


class Conflict(ApiError):
    """Same id with another payload, or the state of the order or symbol forbids it."""


class Refused(ApiError):
    """The market or the account forbids it."""


class RateLimited(ApiError):
    """Too many requests; wait ``retry_after_s``."""


class ServerError(ApiError):
    """A fault of the exchange. A command may have been carried out: ``retry`` is ``same_id``."""


class Unavailable(ApiError):
    """The exchange cannot do it now: the engine is away or busy, or what else it needs."""


class OutcomeUnknown(ApiError):
    """The command may have been carried out or not.

    After an order, place the same one again with the same ``client_order_id``
    (``details["client_order_ids"]`` has those that were sent): the reply is the outcome of the first. After
    anything else, read the order or the balances.
    """


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


_BY_CODE: dict[str, type[ApiError]] = {
    "MFA_REQUIRED": MfaRequired,
    "TERMS_NOT_ACCEPTED": TermsNotAccepted,
}


def _retry_of_status(status: int) -> Retry:
    if status == 429:
        return "later"
    return "same_id" if status >= 500 else "never"


def error_of(body: Mapping[str, Any], status: int, retry_after_s: float | None = None) -> ApiError:
    """The exception for an error body ``{"error", "message", "details"}`` and its HTTP status. The pause is
    that of the header, or the one the details name."""
    code = str(body.get("error", "INTERNAL"))
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequest)
    raw = body.get("details")
    details = raw if isinstance(raw, Mapping) else {}
    if retry_after_s is None:
        retry_after_s = seconds(details.get("retry_after_s"))
    return kind(code, str(body.get("message", "")), details, status, retry_after_s)


def outcome_unknown(message: str, client_order_ids: Iterable[str] = ()) -> OutcomeUnknown:
    """For a command that was sent and whose reply will not come."""
    ids = list(client_order_ids)
    return OutcomeUnknown("OUTCOME_UNKNOWN", message, {"client_order_ids": ids} if ids else {}, 504)


def seconds(value: object) -> float | None:
    """A pause in seconds, of a ``Retry-After`` header or of an error's details; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        pause_s = float(value)
    except ValueError:
        return None
    # A comparison that NaN fails as well.
    return min(pause_s, MAX_RETRY_AFTER_S) if pause_s >= 0 else None
