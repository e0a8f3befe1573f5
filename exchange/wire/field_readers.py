"""Single members of a request's JSON object: types, choices, decimals, ids.

Every function raises RequestError with details that name the field. An explicit ``null`` counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from exchange.errors import RequestError, shown
from exchange.units.decimals import (
    MAX_DIGITS,
    NotANumberError,
    NumberText,
    TooPreciseError,
    parse_units,
)

_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,36}", re.ASCII)
_ORDER_ID: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

Data = Mapping[str, Any]

#: The last time whose nanoseconds fit 64 bits, rounded down: year 2255.
MAX_TIME_MS: Final = 9_000_000_000_000


def refuse_unknown(data: Data, known: Iterable[str]) -> None:
    """Raise UNKNOWN_FIELD for a field that is not known."""
    unknown = data.keys() - known
    if unknown:
        raise RequestError("UNKNOWN_FIELD", {"field": shown(min(unknown))})


def required(data: Data, field: str) -> Any:
    """The field's value. Raises MISSING_FIELD when it is absent or null."""
    value = data.get(field)
    if value is None:
        raise RequestError("MISSING_FIELD", {"field": field})
    return value


def read_text(data: Data, field: str) -> str:
    """A required string (a JSON number is not one)."""
    value = required(data, field)
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "a string"})
    return value


def read_short(data: Data, field: str, most: int) -> str | None:
    """A string of at most ``most`` characters; None when absent. Raises INVALID_FIELD."""
    if data.get(field) is None:
        return None
    value = read_text(data, field)
    if len(value) > most:
        raise RequestError("INVALID_FIELD", {"field": field, "maximum": most})
    return value


def read_number_text(data: Data, field: str) -> Any:
    """A required number as sent; its type is checked here, its digits where the scale is known."""
    value = required(data, field)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "a decimal"})
    try:
        # At this scale no number is too precise.
        parse_units(value, MAX_DIGITS)
    except NotANumberError:
        raise not_a_number(field) from None
    return value


def read_amount(data: Data, field: str, scale: int) -> int:
    """A required amount above zero, in minor units. Raises INVALID_NUMBER or INVALID_AMOUNT."""
    try:
        amount = parse_units(read_number_text(data, field), scale)
    except TooPreciseError:
        raise RequestError("INVALID_AMOUNT", {"field": field, "decimals": scale}) from None
    if amount <= 0:
        raise RequestError("INVALID_AMOUNT", {"field": field, "reason": "not above zero"})
    return amount


def read_integer(data: Data, field: str, bounds: tuple[int, int] | None = None) -> int:
    """A required whole number, as JSON has it. Raises INVALID_FIELD, which names the bounds: the least and
    the most. Without them the caller has a code of its own for what is out of bounds."""
    value = required(data, field)
    if type(value) is not int:
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "a whole number"})
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise RequestError("INVALID_FIELD", {"field": field, "minimum": bounds[0], "maximum": bounds[1]})
    return value


def read_object_at(data: Data, field: str) -> Data:
    """A required JSON object."""
    value = required(data, field)
    if not isinstance(value, Mapping):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "an object"})
    return value


def read_bool(data: Data, field: str, default: bool = False) -> bool:
    value = data.get(field)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "true or false"})
    return value


def read_choice(data: Data, field: str, choices: Sequence[str], default: int) -> int:
    """Index of the choice sent, in any case of letters; ``default`` when absent."""
    value = data.get(field)
    return default if value is None else choice_of(field, value, choices)


def choice_of(field: str, value: Any, choices: Sequence[str]) -> int:
    """Index of ``value`` among the choices, in any case of letters. Raises INVALID_FIELD."""
    if type(value) is str and value in choices:
        return choices.index(value)
    # Checking for ASCII first keeps case folding from turning foreign letters into Latin ones.
    if isinstance(value, str) and value.isascii() and value.lower() in choices:
        return choices.index(value.lower())
    raise RequestError("INVALID_FIELD", {"field": field, "allowed": list(choices)})


def read_client_order_id(data: Data) -> str | None:
    return read_client_id(data, "client_order_id")


def read_client_id(data: Data, field: str) -> str | None:
    """The client's own id: 1 to 36 of letters, digits and ``_ . : -``; None when absent."""
    value = data.get(field)
    if value is None:
        return None
    if isinstance(value, NumberText) or not isinstance(value, str) or not is_client_order_id(value):
        expected = "1 to 36 of A-Z a-z 0-9 _ . : -"
        raise RequestError("INVALID_FIELD", {"field": field, "expected": expected})
    return value


def is_encodable(text: str) -> bool:
    """Whether it is text at all: JSON can escape halves of characters, which no encoding has."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def is_client_order_id(text: str) -> bool:
    return _CLIENT_ORDER_ID.fullmatch(text) is not None


def is_order_id(text: str) -> bool:
    return _ORDER_ID.fullmatch(text) is not None


def read_order_id(value: Any) -> int:
    """An order id from the wire: digits as text (or a JSON integer). Raises INVALID_FIELD."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int) else str(value)
    if not is_order_id(text):
        raise RequestError("INVALID_FIELD", {"field": "order_id", "expected": "an order id"})
    return int(text)


def not_a_number(field: str) -> RequestError:
    return RequestError("INVALID_NUMBER", {"field": field})
