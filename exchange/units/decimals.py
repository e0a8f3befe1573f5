"""Decimal text to integers and back, exactly. No float and no context precision is involved.

On the wire a number is a plain decimal: ``"0.015"``, ``"95000000"``. Inside it is an integer count of
``10**-scale``. Both directions are lossless; what does not fit is refused, never rounded.
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from typing import Any, Final

#: More digits than any amount of any asset needs (and what numeric(38,0) holds).
MAX_DIGITS: Final = 38

#: Conversions remembered each way. Prices and quantities repeat; whatever does not pushes out the oldest.
CACHED_NUMBERS: Final = 32_768

_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.([0-9]+))?", re.ASCII)


class NumberText(str):
    """A JSON number as it was written, kept as text so that no digit of it is lost."""

    __slots__ = ()


class NotANumberError(ValueError):
    """The value is not a plain decimal of at most ``MAX_DIGITS`` digits."""


class TooPreciseError(ValueError):
    """The value has more decimals than the scale holds."""


def parse_units(value: Any, scale: int) -> int:
    """The integer count of ``10**-scale`` that a wire number stands for.

    Takes decimal text, an ``int`` or a ``Decimal`` (never a ``bool`` or ``float``). Trailing zeros do
    not count as precision. Raises ``NotANumberError`` or ``TooPreciseError``.
    """
    return _parse_text(_plain_text(value), scale)


@functools.lru_cache(maxsize=CACHED_NUMBERS)
def _parse_text(text: str, scale: int) -> int:
    match = _PLAIN.fullmatch(text)
    if match is None or (len(text) > MAX_DIGITS and sum(map(str.isdigit, text)) > MAX_DIGITS):
        raise NotANumberError(text[:MAX_DIGITS])
    fraction = (match[1] or "").rstrip("0")
    if len(fraction) > scale:
        raise TooPreciseError(text)
    whole = text.partition(".")[0]
    units = int(whole.lstrip("-") + fraction.ljust(scale, "0"))
    return -units if whole.startswith("-") else units


def _plain_text(value: Any) -> str:
    """The text of an accepted type. Raises ``NotANumberError`` for every other type."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise NotANumberError(str(value))
    if isinstance(value, int):
        # Very long integers are slow to write out and refused by Python itself.
        if abs(value) >= 10**MAX_DIGITS:
            raise NotANumberError("integer too long")
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise NotANumberError(type(value).__name__)


@functools.lru_cache(maxsize=CACHED_NUMBERS)
def format_units(units: int, scale: int) -> str:
    """The wire text of an integer count of ``10**-scale``: plain, trailing zeros trimmed."""
    if scale == 0:
        return str(units)
    digits = str(abs(units)).rjust(scale + 1, "0")
    fraction = digits[-scale:].rstrip("0")
    sign = "-" if units < 0 else ""
    return f"{sign}{digits[:-scale]}.{fraction}" if fraction else f"{sign}{digits[:-scale]}"


def format_ratio(numerator: int, denominator: int, scale: int) -> str:
    """``numerator / denominator`` as wire text, rounded half up to ``scale`` decimals.

    For figures that need not divide evenly, such as an average price. The denominator is positive.
    """
    scaled = (2 * abs(numerator) * 10**scale + denominator) // (2 * denominator)
    return format_units(-scaled if numerator < 0 else scaled, scale)
