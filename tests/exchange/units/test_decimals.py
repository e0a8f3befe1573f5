"""Decimal text to integers and back, without losing or inventing a digit."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.units.decimals import (
    MAX_DIGITS,
    NotANumberError,
    NumberText,
    TooPreciseError,
    format_ratio,
    format_units,
    parse_units,
)

SCALES = st.integers(0, 18)
UNITS = st.integers(-(10**30), 10**30)


@given(UNITS, SCALES)
def test_what_is_written_reads_back_the_same(units: int, scale: int) -> None:
    text = format_units(units, scale)
    assert parse_units(text, scale) == units
    assert parse_units(NumberText(text), scale) == units


@given(UNITS, SCALES)
def test_text_is_plain_and_trimmed(units: int, scale: int) -> None:
    text = format_units(units, scale)
    assert set(text) <= set("-0123456789.")
    assert "." not in text or not text.endswith(("0", "."))
    assert Decimal(text).scaleb(scale, _wide()) == units


@given(st.text(max_size=45) | st.from_regex(r"-?[0-9]{0,45}(\.[0-9]{0,45})?", fullmatch=True), SCALES)
def test_reading_agrees_with_exact_decimals_or_refuses(text: str, scale: int) -> None:
    try:
        units = parse_units(text, scale)
    except (NotANumberError, TooPreciseError):
        return
    with localcontext(_wide()):
        assert Decimal(text) == Decimal(units).scaleb(-scale)


@given(st.integers(0, 10**20), st.integers(1, 10**20), st.integers(0, 12))
def test_a_ratio_is_the_nearest_decimal(numerator: int, denominator: int, scale: int) -> None:
    from fractions import Fraction

    written = Fraction(format_ratio(numerator, denominator, scale))
    error = abs(written - Fraction(numerator, denominator))
    assert error <= Fraction(1, 2 * 10**scale)


@pytest.mark.parametrize(
    "value", [True, 1.5, None, [], {}, b"1", Decimal("NaN"), "１", "1e3", ".5", "5.", "--1"]
)
def test_what_is_no_plain_decimal_is_refused(value: object) -> None:
    with pytest.raises(NotANumberError):
        parse_units(value, 8)


def test_digits_are_bounded() -> None:
    assert parse_units("9" * MAX_DIGITS, 0) == int("9" * MAX_DIGITS)
    for too_long in ("9" * (MAX_DIGITS + 1), 10**MAX_DIGITS, "0." + "0" * MAX_DIGITS):
        with pytest.raises(NotANumberError):
            parse_units(too_long, 8)


def test_trailing_zeros_are_no_precision() -> None:
    assert parse_units("1.500000000000", 1) == 15
    with pytest.raises(TooPreciseError):
        parse_units("1.51", 1)


def _wide() -> object:
    from decimal import Context

    return Context(prec=200, Emax=10_000, Emin=-10_000)
