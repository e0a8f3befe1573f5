"""Replies to commands about several orders, for REST and the WebSocket alike.

Each takes the engine's outcome and a way to a symbol's spec by name, and raises the engine's refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from exchange.engine.messages import (
    EV_CANCEL_AFTER,
    EV_CANCELED_ALL,
    EV_ORDER,
    EV_REJECTED,
    OrderEvent,
    OrderExtra,
)
from exchange.errors import ApiError
from exchange.symbols import SymbolSpec
from exchange.validation import CancelReplaceTerms
from exchange.wire import Json, milliseconds, order_dict, own_fills, raise_if_rejected, refusal
from exchange.wiretypes import as_json
from exchange.worker.protocol import Outcome

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
    count = next(event for event in events if event[0] == EV_CANCELED_ALL)[3]
    orders = [_rendered(event, spec_of) for event in events if event[0] == EV_ORDER]
    return {"canceled": count, "orders": orders, "sequence": outcome.sequence}


def cancel_after(outcome: Outcome) -> Json:
    """To cancel-after: when it will happen, null when not any more."""
    raise_if_rejected(outcome.events)
    event = next(event for event in outcome.events if event[0] == EV_CANCEL_AFTER)
    deadline_ns = event[2]
    cancel_at = milliseconds(deadline_ns) if deadline_ns else None
    return {"cancel_at": cancel_at, "sequence": outcome.sequence}


def oco(outcome: Outcome, spec: SymbolSpec) -> Json:
    """To an OCO: both legs as they are now."""
    raise_if_rejected(outcome.events, spec)
    legs = outcome.events[:2]
    return {
        "orders": [order_dict(leg, spec) for leg in legs],
        "fills": _fills(outcome, spec, legs),
        "sequence": outcome.sequence,
    }


def bracket(outcome: Outcome, spec: SymbolSpec) -> Json:
    """To a bracket: its entry, and the exits of what it bought at once."""
    raise_if_rejected(outcome.events, spec)
    entry, *others = _own_orders(outcome.events)
    exits = [event for event in others if _entry_of(event) == _order_id(entry)]
    return {
        "order": order_dict(entry, spec),
        "exits": [order_dict(event, spec) for event in exits],
        "fills": _fills(outcome, spec, [entry, *exits]),
        "sequence": outcome.sequence,
    }


def cancel_replace(outcome: Outcome, terms: CancelReplaceTerms, spec_of: SpecOf) -> Json:
    """To a cancel-replace: what became of the cancel and of the new order, each an order or (yet to be written
    out) an error. Raises where nothing came of either."""
    spec = terms.order.spec
    # The first event is about the cancel, the second about the new order; what they set off comes after.
    canceled, entered = outcome.events[0], outcome.events[1] if len(outcome.events) > 1 else None
    if canceled[0] == EV_REJECTED and (entered is None or entered[0] == EV_REJECTED):
        raise refusal(entered or canceled, spec)
    assert entered is not None, "one that was not refused whole says what became of the order"
    return {
        "canceled": refusal(canceled) if canceled[0] == EV_REJECTED else _rendered(canceled, spec_of),
        "order": refusal(entered, spec) if entered[0] == EV_REJECTED else order_dict(entered, spec),
        "fills": [] if entered[0] == EV_REJECTED else _fills(outcome, spec, [entered]),
        "sequence": outcome.sequence,
    }


def with_errors(reply: Json, write: Callable[[ApiError], Json]) -> Json:
    """A reply whose members may be errors, with each written out."""
    return {name: write(value) if isinstance(value, ApiError) else value for name, value in reply.items()}


def _own_orders(events: Iterable[Event]) -> list[Event]:
    """The orders of the account that submitted; its own come first."""
    orders = [event for event in events if event[0] == EV_ORDER]
    return [event for event in orders if event[2] == orders[0][2]]


def _fills(outcome: Outcome, spec: SymbolSpec, orders: Iterable[Event]) -> list[Json]:
    fills = own_fills(outcome.events, spec, {_order_id(order) for order in orders}, outcome.now_ns)
    return [as_json(fill) for fill in fills]


def _order_id(event: Event) -> int:
    return OrderEvent(*event).order_id


def _entry_of(event: Event) -> int:
    extra = OrderEvent(*event).extra
    return 0 if extra is None else OrderExtra(*extra).entry_order_id


def _rendered(event: Event, spec_of: SpecOf) -> Json:
    return order_dict(event, spec_of(OrderEvent(*event).symbol))
