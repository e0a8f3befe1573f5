"""Replies to commands, for msgspec's encoder: orders and fills in them are structures.

Each takes the engine's outcome and a way to a symbol's spec by name, and raises the engine's refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from exchange.engine.messages import (
    EV_CANCEL_AFTER,
    EV_CANCELED_ALL,
    EV_ORDER,
    EV_QUOTE_PROTECTION,
    EV_QUOTES,
    EV_REJECTED,
    CancelAfterEvent,
    CanceledAllEvent,
    OrderEvent,
    OrderExtra,
    Quote,
    QuoteProtectionEvent,
    QuotesEvent,
)
from exchange.engine.messages.places import ORDER_ACCOUNT
from exchange.errors import ApiError
from exchange.link.protocol import Outcome
from exchange.listing.symbol_table import SymbolSpec
from exchange.orders.parsing import CancelReplaceTerms, QuotesTerms
from exchange.units.decimals import format_units
from exchange.wire.rendering import Json, milliseconds, order_shape, own_fills, raise_if_rejected, refusal
from exchange.wire.shapes import Fill, SimpleOrder

Event = Sequence[Any]
SpecOf = Callable[[str], SymbolSpec]


def changed(outcome: Outcome, spec_of: SpecOf) -> Json:
    """To a command that changed one order and cannot trade."""
    events = outcome.events
    raise_if_rejected(events)
    order = next(event for event in events if event[0] == EV_ORDER)
    return {"order": _rendered(order, spec_of), "sequence": outcome.sequence}


def canceled_all(outcome: Outcome, spec_of: SpecOf) -> Json:
    """To cancel-all: how many, and the orders."""
    events = outcome.events
    raise_if_rejected(events)
    count = CanceledAllEvent(*next(event for event in events if event[0] == EV_CANCELED_ALL)).canceled_count
    orders = [_rendered(event, spec_of) for event in events if event[0] == EV_ORDER]
    return {"canceled": count, "orders": orders, "sequence": outcome.sequence}


def quotes(outcome: Outcome, terms: QuotesTerms, spec_of: SpecOf) -> Json:
    """To quotes: what came of either side of each, and the orders that changed."""
    raise_if_rejected(outcome.events)
    event = QuotesEvent(*next(event for event in outcome.events if event[0] == EV_QUOTES))
    sides = zip(terms.quotes, event.results, strict=True)
    orders = [each for each in outcome.events if each[0] == EV_ORDER and each[ORDER_ACCOUNT] == event.account]
    return {
        "quotes": [_quote_result(quote, *result) for quote, result in sides],
        "orders": [_rendered(order, spec_of) for order in orders],
        "sequence": outcome.sequence,
    }


def _quote_result(quote: Quote, bid_id: int, bid_code: str, ask_id: int, ask_code: str) -> Json:
    return {
        "symbol": quote.symbol,
        "quote_id": quote.quote_id,
        "bid_order_id": str(bid_id) if bid_id else None,
        "bid_error": bid_code or None,
        "ask_order_id": str(ask_id) if ask_id else None,
        "ask_error": ask_code or None,
    }


def quote_protection(outcome: Outcome, scale_of: Callable[[str], int]) -> Json:
    """To a protection of quotes: how it stands now."""
    raise_if_rejected(outcome.events)
    event = QuoteProtectionEvent(*next(one for one in outcome.events if one[0] == EV_QUOTE_PROTECTION))
    return {
        "window_ms": event.window_ms,
        "max_fills": event.max_fills,
        "asset": event.asset or None,
        "max_net": format_units(event.max_net_minor, scale_of(event.asset)) if event.asset else None,
        "sequence": outcome.sequence,
    }


def cancel_after(outcome: Outcome) -> Json:
    """To cancel-after: when it will happen, null when not any more."""
    raise_if_rejected(outcome.events)
    event = next(event for event in outcome.events if event[0] == EV_CANCEL_AFTER)
    deadline_ns = CancelAfterEvent(*event).deadline_ns
    cancel_at = milliseconds(deadline_ns) if deadline_ns else None
    return {"cancel_at": cancel_at, "sequence": outcome.sequence}


def oco(outcome: Outcome, spec: SymbolSpec) -> Json:
    """To an OCO: both legs as they are now."""
    raise_if_rejected(outcome.events, spec)
    legs = outcome.events[:2]
    return {
        "orders": [order_shape(leg, spec) for leg in legs],
        "fills": _fills(outcome, spec, legs),
        "sequence": outcome.sequence,
    }


def oto(outcome: Outcome, spec: SymbolSpec, count: int) -> Json:
    """To an OTO or OTOCO: the working order and what it triggers, as they are now."""
    raise_if_rejected(outcome.events, spec)
    orders = outcome.events[:count]
    return {
        "orders": [order_shape(order, spec) for order in orders],
        "fills": _fills(outcome, spec, orders),
        "sequence": outcome.sequence,
    }


def bracket(outcome: Outcome, spec: SymbolSpec) -> Json:
    """To a bracket: its entry, and the exits of what it bought at once."""
    raise_if_rejected(outcome.events, spec)
    entry, *others = _own_orders(outcome.events)
    exits = [event for event in others if _entry_of(event) == _order_id(entry)]
    return {
        "order": order_shape(entry, spec),
        "exits": [order_shape(event, spec) for event in exits],
        "fills": _fills(outcome, spec, [entry, *exits]),
        "sequence": outcome.sequence,
    }


def cancel_replace(outcome: Outcome, terms: CancelReplaceTerms, spec_of: SpecOf) -> Json:
    """To a cancel-replace: what became of the cancel and of the new order, each an order or (yet to be
    written out) an error. Raises where nothing came of either."""
    spec = terms.order.spec
    # The first event is about the cancel, the second about the new order; what they set off comes after.
    canceled, entered, *_ = *outcome.events, None
    if canceled[0] == EV_REJECTED and (entered is None or entered[0] == EV_REJECTED):
        raise refusal(entered or canceled, spec)
    assert entered is not None, "one that was not refused whole says what became of the order"
    return {
        "canceled": refusal(canceled) if canceled[0] == EV_REJECTED else _rendered(canceled, spec_of),
        "order": refusal(entered, spec) if entered[0] == EV_REJECTED else order_shape(entered, spec),
        "fills": [] if entered[0] == EV_REJECTED else _fills(outcome, spec, [entered]),
        "sequence": outcome.sequence,
    }


def accepted(outcome: Outcome) -> Json:
    """To a command that has no reader of its reply."""
    raise_if_rejected(outcome.events)
    return {}


def with_errors(reply: Json, write: Callable[[ApiError], Json]) -> Json:
    """The reply with each error in it, of an order of a batch or of one half of a cancel-replace, written
    out."""
    if "results" in reply:
        return {"results": [write(item) if isinstance(item, ApiError) else item for item in reply["results"]]}
    if "canceled" in reply:
        return {name: write(value) if isinstance(value, ApiError) else value for name, value in reply.items()}
    return reply


def _own_orders(events: Iterable[Event]) -> list[Event]:
    """The orders of the account that submitted; its own come first."""
    orders = [event for event in events if event[0] == EV_ORDER]
    return [event for event in orders if event[ORDER_ACCOUNT] == orders[0][ORDER_ACCOUNT]]


def _fills(outcome: Outcome, spec: SymbolSpec, orders: Iterable[Event]) -> list[Fill]:
    return own_fills(outcome.events, spec, {_order_id(order) for order in orders}, outcome.now_ns)


def _order_id(event: Event) -> int:
    return OrderEvent(*event).order_id


def _entry_of(event: Event) -> int:
    extra = OrderEvent(*event).extra
    return 0 if extra is None else OrderExtra(*extra).entry_order_id


def _rendered(event: Event, spec_of: SpecOf) -> SimpleOrder:
    return order_shape(event, spec_of(OrderEvent(*event).symbol))
