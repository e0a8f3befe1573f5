"""Decimals between Python and the wire: exact both ways, never a float."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

#: What callers may pass where the wire has a decimal. Floats are refused: they are not what they look like.
Number = Decimal | str | int


def wire_number(value: Number) -> str:
    """A number as a plain decimal string (no exponent). Raises TypeError for floats."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"give numbers as Decimal, str or int, not {type(value).__name__}")


def wire_numbers(values: Mapping[str, Number | None]) -> dict[str, str]:
    """``wire_number`` of each value that is set."""
    return {name: wire_number(value) for name, value in values.items() if value is not None}


def optional_decimal(value: Any) -> Decimal | None:
    """A decimal of the wire; None for null and for an absent field."""
    return None if value is None else Decimal(str(value))


def required_decimal(data: Mapping[str, Any], name: str) -> Decimal:
    """A decimal the wire always has. Raises KeyError."""
    return Decimal(str(data[name]))
