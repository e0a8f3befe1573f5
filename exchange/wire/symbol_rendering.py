"""A symbol as the public sees it: its terms, by the table of terms, and its state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from exchange.engine.messages import SYMBOL_STATUSES
from exchange.listing.symbol_table import SymbolSpec
from exchange.listing.terms import Term, Unit
from exchange.units.decimals import format_units
from exchange.wire.market_shapes import NAME_TERMS, OTHER_TERMS
from exchange.wire.number_rendering import fee_rate, percent, time_or_none
from exchange.wire.shape_parts import Json

_NS_PER_S: Final = 1_000_000_000


def render_symbol(spec: SymbolSpec) -> Json:
    """A symbol with everything a client needs to send orders that pass."""
    return {
        **_terms(NAME_TERMS, spec),
        "status": SYMBOL_STATUSES[spec.status],
        "status_reason": spec.status_reason or None,
        "base_scale": spec.base_scale,
        "quote_scale": spec.quote_scale,
        **_terms(OTHER_TERMS, spec),
        "call_ends_at": time_or_none(spec.call_ends_ns),
    }


def _terms(terms: Iterable[Term], spec: SymbolSpec) -> Json:
    return {term.reply.name: _term(term, getattr(spec, term.name), spec) for term in terms}


def _term(term: Term, value: Any, spec: SymbolSpec) -> Any:
    """A term as the wire writes its unit; null for a protection that is off."""
    if term.unit is Unit.SWITCH:
        return bool(value)
    if term.is_protection and not value:
        return None
    match term.unit:
        case Unit.PRICE_TICKS:
            return format_units(value, spec.price_scale)
        case Unit.QUANTITY_LOTS:
            return format_units(value, spec.quantity_scale)
        case Unit.QUOTE_MINOR:
            return format_units(value, spec.quote_scale)
        case Unit.FEE_PPM:
            return fee_rate(value)
        case Unit.BAND_PPM:
            return percent(value)
        case Unit.SPAN_NS:
            return value // _NS_PER_S
        case Unit.TICK_BANDS:
            return [_tick_band(start, step, spec) for start, step in value]
    return value


def _tick_band(start_ticks: int, step_ticks: int, spec: SymbolSpec) -> Json:
    return {
        "from_price": format_units(start_ticks, spec.price_scale),
        "tick_size": format_units(step_ticks, spec.price_scale),
    }
