"""Replies to commands about several orders, for REST and the WebSocket alike.

Each takes the engine's outcome and a way to a symbol's spec by name, and raises the engine's refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from exchange.engine.messages import (
    CANCELED,
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
    legs = sorted(_own_orders(outcome.events)[:2], key=_order_id)
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
    events, spec = outcome.events, terms.order.spec
    canceled, entered = _split(_own_orders(events), terms)
    refusals = [event for event in events if event[0] == EV_REJECTED]
    if canceled is None and entered is None:
        # Of two refusals the last is that of the order, whose cancel was allowed to fail.
        raise refusal(refusals[-1], spec)
    return {
        "canceled": refusal(refusals[0]) if canceled is None else _rendered(canceled, spec_of),
        "order": refusal(refusals[-1], spec) if entered is None else order_dict(entered, spec),
        "fills": [] if entered is None else _fills(outcome, spec, [entered]),
        "sequence": outcome.sequence,
    }


def with_errors(reply: Json, write: Callable[[ApiError], Json]) -> Json:
    """A reply whose members may be errors, with each written out."""
    return {name: write(value) if isinstance(value, ApiError) else value for name, value in reply.items()}


def _split(orders: Sequence[Event], terms: CancelReplaceTerms) -> tuple[Event | None, Event | None]:
    """The order that was canceled and the one that was entered, of the events of the submitter's orders."""
    canceled = next((event for event in orders if _is_canceled(event, terms)), None)
    return canceled, next((event for event in orders if event is not canceled), None)


def _is_canceled(event: Event, terms: CancelReplaceTerms) -> bool:
    order = OrderEvent(*event)
    by_id = order.order_id == terms.name.order_id
    by_name = terms.name.client_order_id is not None and order.client_order_id == terms.name.client_order_id
    return (by_id or by_name) and order.status == CANCELED


def _own_orders(events: Iterable[Event]) -> list[Event]:
    """The orders of the account that submitted; its own come first."""
    orders = [event for event in events if event[0] == EV_ORDER]
    return [event for event in orders if event[2] == orders[0][2]]


def _fills(outcome: Outcome, spec: SymbolSpec, orders: Iterable[Event]) -> list[Json]:
    return own_fills(outcome.events, spec, {_order_id(order) for order in orders}, outcome.now_ns)


def _order_id(event: Event) -> int:
    return OrderEvent(*event).order_id


def _entry_of(event: Event) -> int:
    extra = OrderEvent(*event).extra
    return 0 if extra is None else OrderExtra(*extra).entry_order_id


def _rendered(event: Event, spec_of: SpecOf) -> Json:
    return order_dict(event, spec_of(OrderEvent(*event).symbol))
