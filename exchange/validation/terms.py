"""What an order asks for beyond a plain one: expiry, repricing, display, triggers."""

from __future__ import annotations

from typing import Final

from exchange.decimals import TooPreciseError, format_units, parse_units
from exchange.engine import messages as m
from exchange.errors import InputError
from exchange.symbols import SymbolSpec
from exchange.validation.fields import Data, read_choice, read_integer, read_number_text, required
from exchange.validation.numbers import read_distance, read_percent, read_price_at
from exchange.wire import ORDER_KINDS

ORDER_KIND_WORDS: Final = tuple(ORDER_KINDS)
POST_ONLY_MODES: Final = ("reject", "reprice")
TRIGGER_IF_MET: Final = ("reject", "trigger")

#: Fields that only orders with a trigger have.
TRIGGER_FIELDS: Final = ("trigger_price", "trigger_source", "trigger_if_met", "trail_offset", "trail_percent")
#: Fields whose presence makes an order more than a plain one.
TERM_FIELDS: Final = frozenset({"expire_at", "post_only_mode", "display_quantity", *TRIGGER_FIELDS})

_NO_TERMS: Final = m.OrderTerms()
_NS_PER_MS: Final = 1_000_000
#: The last time whose nanoseconds fit 64 bits, rounded down: year 2255.
MAX_TIME_MS: Final = 9_000_000_000_000


def contradiction(field: str, reason: str) -> InputError:
    """INVALID_ORDER: options that do not go together."""
    return InputError("INVALID_ORDER", {"field": field, "reason": reason})


def read_terms(
    data: Data, spec: SymbolSpec, *, trigger: int, time_in_force: int, post_only: bool, quantity_lots: int
) -> m.OrderTerms | None:
    """The terms of an order whose plain part has been read; None when they say nothing.

    Raises INVALID_ORDER, INVALID_EXPIRY, and the errors of a price. Whether the expiry has passed and the
    trigger is reached is the engine's to say."""
    terms = _read_trigger(data, spec, trigger)._replace(
        expire_ns=_read_expiry(data, time_in_force),
        reprice=_read_reprice(data, post_only),
        display_lots=_read_display(data, spec, quantity_lots),
    )
    return None if terms == _NO_TERMS else terms


def _read_expiry(data: Data, time_in_force: int) -> int:
    """When a GTD order ends; 0 for any other."""
    if time_in_force != m.GTD:
        if data.get("expire_at") is not None:
            raise contradiction("expire_at", "only a gtd order expires at a time of its own")
        return 0
    expire_ms = read_integer(data, "expire_at")
    if not 0 < expire_ms <= MAX_TIME_MS:
        raise InputError("INVALID_EXPIRY", {"field": "expire_at"})
    return expire_ms * _NS_PER_MS


def _read_reprice(data: Data, post_only: bool) -> bool:
    if data.get("post_only_mode") is None:
        return False
    mode = read_choice(data, "post_only_mode", POST_ONLY_MODES, 0)
    if mode and not post_only:
        raise contradiction("post_only_mode", "the order is not post-only")
    return bool(mode)


def _read_display(data: Data, spec: SymbolSpec, quantity_lots: int) -> int:
    """What an iceberg shows at a time; 0 for any other order."""
    if data.get("display_quantity") is None:
        return 0
    try:
        lots = parse_units(read_number_text(data, "display_quantity"), spec.quantity_scale)
    except TooPreciseError:
        lots = -1
    if lots < 0 or lots % spec.lot_step:
        raise contradiction("display_quantity", "not a whole number of lots")
    if lots < spec.min_quantity_lots or lots == 0:
        least = format_units(spec.min_quantity_lots, spec.quantity_scale)
        raise contradiction("display_quantity", f"at least {least}")
    if lots >= quantity_lots:
        raise contradiction("display_quantity", "below the quantity")
    return lots


def _read_trigger(data: Data, spec: SymbolSpec, trigger: int) -> m.OrderTerms:
    if trigger == m.NO_TRIGGER:
        _refuse(data, TRIGGER_FIELDS, "this order type has no trigger")
        return _NO_TERMS
    source = read_choice(data, "trigger_source", m.TRIGGER_SOURCES, m.LAST)
    now = bool(read_choice(data, "trigger_if_met", TRIGGER_IF_MET, 0))
    if trigger == m.TRAILING_STOP:
        _refuse(data, ("trigger_price",), "a trailing stop has a distance instead")
        if now:
            raise contradiction("trigger_if_met", "a trailing stop is never met at entry")
        return _read_trail(data, spec)._replace(trigger=trigger, trigger_source=source)
    _refuse(data, ("trail_offset", "trail_percent"), "only a trailing stop keeps a distance")
    ticks = read_price_at(data, spec, "trigger_price")
    return m.OrderTerms(trigger=trigger, trigger_source=source, trigger_ticks=ticks, trigger_now=now)


def _read_trail(data: Data, spec: SymbolSpec) -> m.OrderTerms:
    if data.get("trail_percent") is None:
        required(data, "trail_offset")
        return m.OrderTerms(trail_ticks=read_distance(data, spec, "trail_offset"))
    _refuse(data, ("trail_offset",), "give trail_offset or trail_percent, not both")
    return m.OrderTerms(trail_ppm=read_percent(data, "trail_percent"))


def _refuse(data: Data, fields: tuple[str, ...], reason: str) -> None:
    for field in fields:
        if data.get(field) is not None:
            raise contradiction(field, reason)
