"""Reading what a client sends: one JSON object, strictly, and quickly when it is well-formed."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from exchange.errors import RequestError, shown
from exchange.orders.desk import MAX_BATCH, SimpleCancel, SimpleOrder
from exchange.telemetry.request_ids import GIVEN_PATTERN
from exchange.units.decimals import MAX_DIGITS, NumberText
from exchange.wire.field_readers import is_encodable
from exchange.wire.strict_json import read_object

#: Longest text of a request's ``id``, and the largest number (what every JSON reader holds exactly).
MAX_ID_CHARS: Final = 64
MAX_ID_NUMBER: Final = 2**53

_FAST: Final = msgspec.json.Decoder(float_hook=NumberText)
#: Integers as long as this are text to the strict reader.
_LONG_INTEGER: Final = re.compile(f"[0-9]{{{MAX_DIGITS}}}")

Fields = dict[str, Any]


class Named(NamedTuple):
    """How a request is named whose client gave it a ``request_id``, which the reply repeats."""

    id: int | str | None
    request_id: str


#: What a reply is known by: the request's ``id``, and where the client gave one its ``request_id``.
RequestId = int | str | None | Named

# --- the requests that come by the thousand --------------------------------------------------------------

_Id = (
    Annotated[int, msgspec.Meta(ge=-MAX_ID_NUMBER, le=MAX_ID_NUMBER)]
    | Annotated[str, msgspec.Meta(max_length=MAX_ID_CHARS)]
    | UnsetType
)


_GivenId = Annotated[str, msgspec.Meta(pattern=GIVEN_PATTERN)] | UnsetType


class PlaceRequest(SimpleOrder, tag_field="op", tag="order.place", forbid_unknown_fields=True, gc=False):
    """``order.place`` of a simple order."""

    id: _Id = UNSET
    request_id: _GivenId = UNSET

    def members(self) -> int:
        return _OP + _id_members(self) + super().members()


class BatchRequest(msgspec.Struct, tag_field="op", tag="order.batch", forbid_unknown_fields=True):
    """``order.batch`` of nothing but simple orders."""

    orders: Annotated[list[SimpleOrder], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]
    id: _Id = UNSET
    request_id: _GivenId = UNSET

    def members(self) -> int:
        return _OP + _id_members(self) + 1 + sum([order.members() for order in self.orders])


class CancelRequest(SimpleCancel, tag_field="op", tag="order.cancel", forbid_unknown_fields=True, gc=False):
    """``order.cancel`` by the order's id."""

    id: _Id = UNSET
    request_id: _GivenId = UNSET

    def members(self) -> int:
        return _OP + _id_members(self) + super().members()


SimpleRequest = PlaceRequest | BatchRequest | CancelRequest

#: The operation's name is a member that the structures do not show.
_OP: Final = 1
_SIMPLE: Final = msgspec.json.Decoder(SimpleRequest)


def _id_members(request: SimpleRequest) -> int:
    return (request.id is not UNSET) + (request.request_id is not UNSET)


def read_simple_request(text: str) -> SimpleRequest | None:
    """One of the usual requests, decoded straight into its structure; None for anything else, which
    ``read_request`` reads. Decimals and choices in it are as they were sent.

    The decoder does not see repeated members: every member brings a colon, so a text with more colons than
    members is not believed (nor, then, one with a colon in an id)."""
    try:
        request = _SIMPLE.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return request if text.count(":") == request.members() else None


# --- everything else -------------------------------------------------------------------------------------


def read_request(text: str) -> Fields:
    """The object in a message. Raises INVALID_JSON or INVALID_NUMBER.

    The fast decoder does not see repeated keys, so it is believed only where there can be none: every
    key of an object brings a colon, and there are no more colons than keys. The strict reader that REST
    uses decides about everything else, and words every error.
    """
    try:
        message = _FAST.decode(text)
        if (
            isinstance(message, dict)
            and text.count(":") == _count_keys(message)
            and not _LONG_INTEGER.search(text)
        ):
            return message
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    return read_object(text)


def _count_keys(message: Fields) -> int:
    count = len(message)
    orders = message.get("orders")
    if isinstance(orders, list):
        count += sum(len(order) for order in orders if isinstance(order, dict))
    return count


def take_id(fields: Fields) -> int | str | None:
    """Remove and return the request's ``id``: a number or a short text, None if there is none. Raises
    INVALID_FIELD."""
    value = fields.pop("id", None)
    if value is None or (type(value) is int and abs(value) <= MAX_ID_NUMBER):
        return value
    # It is sent back, so it has to be text that every reader of JSON takes.
    if type(value) is str and len(value) <= MAX_ID_CHARS and (value.isascii() or is_encodable(value)):
        return value
    raise RequestError("INVALID_FIELD", {"field": "id", "expected": "an integer or a text of up to 64"})


def take_request_id(fields: Fields) -> str | None:
    """Remove and return the id that the client gave its request; None if it gave none. Raises
    INVALID_FIELD."""
    value = fields.pop("request_id", None)
    if value is None or (type(value) is str and re.fullmatch(GIVEN_PATTERN, value)):
        return value
    raise RequestError(
        "INVALID_FIELD", {"field": "request_id", "expected": "1 to 64 letters, digits or . _ : -"}
    )


def take_traceparent(fields: Fields) -> str:
    """Remove and return the span of the client that the request is part of; empty without one. Raises
    INVALID_FIELD."""
    value = fields.pop("traceparent", None)
    if value is None:
        return ""
    if type(value) is str and len(value) <= MAX_ID_CHARS:
        return value
    raise RequestError("INVALID_FIELD", {"field": "traceparent", "expected": "a text of up to 64"})


def take_op(fields: Fields) -> str:
    """Remove and return the operation's name. Raises MISSING_FIELD, INVALID_FIELD."""
    value = fields.pop("op", None)
    if value is None:
        raise RequestError("MISSING_FIELD", {"field": "op"})
    if type(value) is not str:
        raise RequestError("INVALID_FIELD", {"field": "op", "expected": "a string"})
    return value


def read_names(fields: Fields, field: str, maximum: int, *, default: list[str] | None = None) -> list[str]:
    """A list of 1 to ``maximum`` strings, repeats dropped. Raises MISSING_FIELD, INVALID_FIELD."""
    value = fields.get(field)
    if value is None:
        if default is not None:
            return default
        raise RequestError("MISSING_FIELD", {"field": field})
    if not isinstance(value, list) or not all(type(name) is str for name in value):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "a list of strings"})
    if not 1 <= len(value) <= maximum:
        raise RequestError("INVALID_FIELD", {"field": field, "expected": f"1 to {maximum} names"})
    return list(dict.fromkeys(value))


def read_since(fields: Fields) -> int | None:
    """The sequence to resume after. Raises INVALID_FIELD."""
    value = fields.get("since")
    if value is None or (type(value) is int and 0 <= value < MAX_ID_NUMBER):
        return value
    raise RequestError("INVALID_FIELD", {"field": "since", "expected": "a sequence"})


def not_found(code: str, field: str, name: str) -> RequestError:
    return RequestError(code, {"field": field, field.removesuffix("s"): shown(name)})
