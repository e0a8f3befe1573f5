"""Prices, quantities and amounts against the rules of their symbol."""

from __future__ import annotations

from typing import Any, Final

from exchange.errors import RequestError
from exchange.listing.symbol_table import SymbolSpec
from exchange.units.decimals import (
    MAX_DIGITS,
    NotANumberError,
    TooPreciseError,
    format_units,
    parse_units,
)
from exchange.wire.field_readers import Data, not_a_number, read_number_text
from exchange.wire.rendering import PERCENT_SCALE

_WHOLE_PPM: Final = 1_000_000


def read_price(value: Any, spec: SymbolSpec, field: str = "price") -> int:
    """A price in ticks. Raises INVALID_NUMBER, PRICE_OUT_OF_BOUNDS or PRICE_OFF_TICK."""
    try:
        ticks = parse_units(value, spec.price_scale)
    except NotANumberError:
        raise not_a_number(field) from None
    except TooPreciseError:
        raise _off_tick(value, spec, field) from None
    if not spec.min_price_ticks <= ticks <= spec.max_price_ticks:
        bounds = (spec.min_price_ticks, spec.max_price_ticks)
        raise _out_of_bounds("PRICE_OUT_OF_BOUNDS", field, bounds, spec.price_scale)
    if ticks % spec.tick_step(ticks):
        raise _off_tick(value, spec, field)
    return ticks


def read_price_at(data: Data, spec: SymbolSpec, field: str) -> int:
    """A required price in ticks, from a member of that name."""
    return read_price(read_number_text(data, field), spec, field)


def _off_tick(value: Any, spec: SymbolSpec, field: str) -> RequestError:
    """The error of a price between two ticks, with the tick size that holds there."""
    ticks = parse_units(value, MAX_DIGITS) // 10 ** (MAX_DIGITS - spec.price_scale)
    tick_size = format_units(spec.tick_step(ticks), spec.price_scale)
    return RequestError("PRICE_OFF_TICK", {"field": field, "tick_size": tick_size})


def read_distance(data: Data, spec: SymbolSpec, field: str, least_ticks: int = 1) -> int:
    """A distance between prices in ticks: above zero or at least so many, at most the highest price; any
    multiple of the finest price unit. Raises INVALID_NUMBER, PRICE_OFF_TICK or PRICE_OUT_OF_BOUNDS."""
    try:
        ticks = parse_units(read_number_text(data, field), spec.price_scale)
    except TooPreciseError:
        finest = format_units(1, spec.price_scale)
        raise RequestError("PRICE_OFF_TICK", {"field": field, "tick_size": finest}) from None
    if not least_ticks <= ticks <= spec.max_price_ticks:
        bounds = (least_ticks, spec.max_price_ticks)
        raise _out_of_bounds("PRICE_OUT_OF_BOUNDS", field, bounds, spec.price_scale)
    return ticks


def read_percent(data: Data, field: str) -> int:
    """A percentage above 0 and below 100, of up to four decimals, in millionths. Raises INVALID_NUMBER or
    INVALID_FIELD."""
    try:
        ppm = parse_units(read_number_text(data, field), PERCENT_SCALE)
    except TooPreciseError:
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "at most four decimals"}) from None
    if not 0 < ppm < _WHOLE_PPM:
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "above 0 and below 100"})
    return ppm


def read_quantity(value: Any, spec: SymbolSpec, minimum: int | None = None) -> int:
    """A quantity in lots, at least ``minimum`` (by default the symbol's).

    Raises INVALID_NUMBER, QUANTITY_OUT_OF_BOUNDS or QUANTITY_OFF_LOT.
    """
    try:
        lots = parse_units(value, spec.quantity_scale)
    except NotANumberError:
        raise not_a_number("quantity") from None
    except TooPreciseError:
        raise _off_lot(spec) from None
    bounds = (spec.min_quantity_lots if minimum is None else minimum, spec.max_quantity_lots)
    if not bounds[0] <= lots <= bounds[1]:
        raise _out_of_bounds("QUANTITY_OUT_OF_BOUNDS", "quantity", bounds, spec.quantity_scale)
    if lots % spec.lot_step:
        raise _off_lot(spec)
    return lots


def _off_lot(spec: SymbolSpec) -> RequestError:
    lot_size = format_units(spec.lot_step, spec.quantity_scale)
    return RequestError("QUANTITY_OFF_LOT", {"field": "quantity", "lot_size": lot_size})


def _out_of_bounds(code: str, field: str, bounds: tuple[int, int], scale: int) -> RequestError:
    minimum, maximum = (format_units(bound, scale) for bound in bounds)
    return RequestError(code, {"field": field, "minimum": minimum, "maximum": maximum})


def check_notional(field: str, notional_minor: int, spec: SymbolSpec) -> None:
    """Raise BELOW_MIN_NOTIONAL or ABOVE_MAX_NOTIONAL for an order worth too little or too much."""
    highest = spec.max_notional_minor
    if notional_minor < spec.min_notional_minor:
        minimum = format_units(spec.min_notional_minor, spec.quote_scale)
        raise RequestError("BELOW_MIN_NOTIONAL", {"field": field, "minimum": minimum, "asset": spec.quote})
    if highest and notional_minor > highest:
        maximum = format_units(highest, spec.quote_scale)
        raise RequestError("ABOVE_MAX_NOTIONAL", {"field": field, "maximum": maximum, "asset": spec.quote})
