"""Order options: expiry, repricing, display, triggers."""

from __future__ import annotations

from typing import Final

from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.listing.symbol_table import SymbolSpec
from exchange.orders.parsing.numbers import read_distance, read_percent, read_price_at
from exchange.units.decimals import TooPreciseError, format_units, parse_units
from exchange.wire.field_readers import (
    MAX_TIME_MS,
    Data,
    read_choice,
    read_integer,
    read_number_text,
    required,
)
from exchange.wire.rendering import ORDER_KINDS

ORDER_KIND_WORDS: Final = tuple(ORDER_KINDS)
POST_ONLY_MODES: Final = ("reject", "reprice")
TRIGGER_IF_MET: Final = ("reject", "trigger")

#: Fields that only orders with a trigger have.
TRIGGER_FIELDS: Final = ("trigger_price", "trigger_source", "trigger_if_met", "trail_offset", "trail_percent")
#: Fields that only pegged orders have.
PEG_FIELDS: Final = ("peg", "peg_offset")
PEG_WORDS: Final = m.PEGS[1:]
#: Fields whose presence makes an order more than a simple one.
TERM_FIELDS: Final = frozenset(
    {"expire_at", "post_only_mode", "display_quantity", "min_quantity", *TRIGGER_FIELDS, *PEG_FIELDS}
)

_NO_TERMS: Final = m.OrderTerms()
_NS_PER_MS: Final = 1_000_000
#: An iceberg comes in at most so many parts, as the engine has it.
MAX_PARTS: Final = 100


def contradiction(field: str, reason: str) -> RequestError:
    """INVALID_ORDER: options that do not go together."""
    return RequestError("INVALID_ORDER", {"field": field, "reason": reason})


def read_terms(
    data: Data,
    spec: SymbolSpec,
    *,
    trigger: int,
    time_in_force: int,
    post_only: bool,
    price_ticks: int,
    quantity_lots: int,
    to_limit: bool,
    is_pegged: bool,
) -> m.OrderTerms | None:
    """The options of an order whose simple part has been read; None where there are none.

    Raises INVALID_ORDER, INVALID_EXPIRY, DISPLAY_TOO_SMALL, and the errors of a price. The engine decides
    whether the expiry has passed and the trigger is reached."""
    peg, peg_offset_ticks = _read_peg(data, spec, is_pegged)
    terms = _read_trigger(data, spec, trigger)._replace(
        expire_ns=_read_expiry(data, time_in_force),
        reprice=_read_reprice(data, post_only),
        display_lots=_read_display(data, spec, price_ticks, quantity_lots),
        to_limit=to_limit,
        min_lots=_read_minimum(data, spec, quantity_lots),
        peg=peg,
        peg_offset_ticks=peg_offset_ticks,
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
        raise RequestError("INVALID_EXPIRY", {"field": "expire_at"})
    return expire_ms * _NS_PER_MS


def _read_reprice(data: Data, post_only: bool) -> bool:
    if data.get("post_only_mode") is None:
        return False
    mode = read_choice(data, "post_only_mode", POST_ONLY_MODES, 0)
    if mode and not post_only:
        raise contradiction("post_only_mode", "the order is not post-only")
    return bool(mode)


def _read_display(data: Data, spec: SymbolSpec, price_ticks: int, quantity_lots: int) -> int:
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
    unit_minor = spec.notional_minor(price_ticks, 1)
    least_lots = max(-(-spec.min_notional_minor // unit_minor), -(-quantity_lots // MAX_PARTS))
    if lots < least_lots:
        least_lots += -least_lots % spec.lot_step
        minimum = format_units(least_lots, spec.quantity_scale)
        raise RequestError("DISPLAY_TOO_SMALL", {"field": "display_quantity", "minimum": minimum})
    return lots


def _read_minimum(data: Data, spec: SymbolSpec, quantity_lots: int) -> int:
    """What trades at least as the order enters; 0 where it names nothing."""
    if data.get("min_quantity") is None:
        return 0
    try:
        lots = parse_units(read_number_text(data, "min_quantity"), spec.quantity_scale)
    except TooPreciseError:
        lots = 0
    if not 0 < lots <= quantity_lots:
        raise contradiction("min_quantity", "a whole number of lots above zero, at most the quantity")
    return lots


def _read_peg(data: Data, spec: SymbolSpec, is_pegged: bool) -> tuple[int, int]:
    """What a pegged order follows and how far away from the other side it stays, in ticks."""
    if not is_pegged:
        _refuse(data, PEG_FIELDS, "only a pegged order follows a price")
        return m.NO_PEG, 0
    required(data, "peg")
    peg = m.PEG_PRIMARY + read_choice(data, "peg", PEG_WORDS, 0)
    offset = 0 if data.get("peg_offset") is None else read_distance(data, spec, "peg_offset", least_ticks=0)
    if peg == m.PEG_MARKET and not offset:
        raise contradiction("peg_offset", "above zero: a pegged order never takes")
    return peg, offset


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
