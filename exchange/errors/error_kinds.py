"""What the table has of each code: its number, its status, whether to send again, and its texts."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Retry(StrEnum):
    """Whether the request that was refused may be sent again as it is."""

    NEVER = "never"
    WHEN_CHANGED = "when_changed"
    LATER = "later"
    SAME_ID = "same_id"


#: What each word of :class:`Retry` asks of a client, for the docs.
RETRY_MEANINGS: Final[dict[Retry, str]] = {
    Retry.NEVER: "The request itself has to change: this one will be refused again. Nothing was done.",
    Retry.WHEN_CHANGED: "Not until something else has changed: the market, a balance, a log-in, a place that "
    "is free. Then the same request can pass. Nothing was done.",
    Retry.LATER: "Wait, then send the same: `Retry-After` or `details.retry_after_s` has the seconds, where "
    "they are known. Nothing was done.",
    Retry.SAME_ID: "It may have been done. Send it again only with the same client_order_id, "
    "client_transfer_id or client_withdrawal_id, and the reply tells the outcome. Without one, first read "
    "what became of it. A request that only reads can be sent again.",
}

#: The first number of each band, a thousand wide, and what its codes are about.
BANDS: Final[dict[int, str]] = {
    1000: "The shape of a request",
    2000: "Who asks, and what he may do",
    3000: "Orders and the book",
    4000: "Money and custody",
    5000: "People and their accounts",
    6000: "What is named to be read",
    7000: "Limits",
    8000: "Operators",
    9000: "The exchange's own trouble",
}


class ErrorKind(NamedTuple):
    """What a wire code means."""

    #: Never moves once given, and is never given twice.
    number: int
    #: HTTP status.
    status: int
    retry: Retry
    #: Message in English and in Korean.
    en: str
    ko: str
    #: A line for the docs.
    doc: str
    #: Seconds a client should wait before it tries again; None: waiting does not help, or details tell.
    retry_after_s: int | None = None
    #: The field that a refusal of the engine is about, where there is one; validation names its own.
    field: str | None = None
