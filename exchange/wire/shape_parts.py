"""What shapes are made of: the types of their fields, with their part of the OpenAPI schema.

A shape is a msgspec structure whose fields are those of a JSON object of the API, in their order. Its
docstring, where it has one, is the description of its component in the schema; ``Meta(description=…)``
describes a field. A field with a default may be absent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from exchange.errors import ERRORS, Retry
from exchange.listing.terms import MAX_ASSET, MAX_SYMBOL

#: An object of JSON, ready for any encoder.
Json = dict[str, Any]
#: One that is written already.
Encoded = bytes

DECIMAL_PATTERN: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
DECIMAL_LENGTH: Final = 40

#: An exact decimal as text, such as ``0.015``.
Decimal = Annotated[
    str, Meta(pattern=DECIMAL_PATTERN, max_length=DECIMAL_LENGTH, extra_json_schema={"format": "decimal"})
]
#: A time in whole milliseconds since the Unix epoch, UTC.
Milliseconds = Annotated[int, Meta(description="Milliseconds UTC.", extra_json_schema={"format": "int64"})]
#: An id: digits, as text.
Id = Annotated[str, Meta(pattern="^[1-9][0-9]{0,17}$")]
#: Names as requests have them; none is longer.
SymbolName = Annotated[str, Meta(min_length=1, max_length=MAX_SYMBOL)]
AssetName = Annotated[str, Meta(min_length=1, max_length=MAX_ASSET)]
#: The client's own id of an order.
ClientOrderId = Annotated[str, Meta(pattern="^[A-Za-z0-9_.:-]{1,36}$")]


def one_of(choices: Iterable[str]) -> Meta:
    """Marks text that is one of these."""
    return Meta(extra_json_schema={"enum": list(choices)})


def text(description: str) -> Meta:
    """The description of a field in the schema."""
    return Meta(description=description)


ErrorCode = Annotated[str, one_of(ERRORS)]
RetryWord = Annotated[str, one_of(Retry)]


class Error(msgspec.Struct):
    error: Annotated[ErrorCode, text("A code that never changes its meaning.")]
    number: Annotated[int, text("The code's number: its thousands are the subsystem. It never moves.")]
    retry: Annotated[RetryWord, text("Whether the request may be sent again as it is.")]
    message: Annotated[str, text("For people: English, or Korean by Accept-Language.")]
    details: Annotated[dict[str, Any], text("`field` names what was wrong, where one field was.")]


class Page(msgspec.Struct):
    next_cursor: Annotated[str | None, text("Null on the last page.")]
    as_of_sequence: int


#: The dictionary of a structure without others in it. The function itself: a call more would cost half as
#: much again.
as_json = msgspec.structs.asdict


def encoded(value: Any) -> Encoded:
    """JSON as DRF writes it: two line separators, which clients can only have sent themselves, are
    escaped."""
    body = msgspec.json.encode(value)
    if body.isascii():
        return body
    return body.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
