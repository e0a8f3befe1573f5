"""What a trader does, as services: terms in, the real outcome out as a wire dictionary.

Each function submits to the engine and returns after the journal has the command and matching is done.
A refusal raises ``RefusedError``; an engine that cannot be asked raises the worker's ``EngineError``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from asgiref.sync import async_to_sync

from exchange.engine.messages import EV_CANCELED_ALL, EV_ORDER, Command, Event, OrderEvent
from exchange.errors import ApiError, EngineTroubleError, InputError, RefusedError
from exchange.symbols import SymbolSpec, symbols
from exchange.validation import CancelAllTerms, OrderName, OrderTerms, ReduceTerms, ReplaceTerms
from exchange.wire import Json, order_dict, order_reply, raise_if_rejected
from exchange.worker import gateway
from exchange.worker.errors import EngineError
from exchange.worker.protocol import Outcome


def place(account: int, terms: OrderTerms) -> Json:
    """Enter one order."""
    return order_reply(*gateway.submit(terms.command(account)), terms.spec)


async def aplace(account: int, terms: OrderTerms) -> Json:
    """Enter one order, from a coroutine."""
    return order_reply(*await gateway.asubmit(terms.command(account)), terms.spec)


def place_many(account: int, orders: Sequence[OrderTerms | InputError]) -> list[Json | ApiError]:
    """Enter several orders in their order; each stands for itself, a bad one stops none after it."""
    return async_to_sync(aplace_many)(account, orders)


async def aplace_many(account: int, orders: Sequence[OrderTerms | InputError]) -> list[Json | ApiError]:
    """Enter several orders, from a coroutine."""
    commands = [terms.command(account) for terms in orders if isinstance(terms, OrderTerms)]
    outcomes = iter(await _submit_together(commands))
    return [
        terms if isinstance(terms, InputError) else _reply_or_error(next(outcomes), terms.spec)
        for terms in orders
    ]


async def _submit_together(commands: Sequence[Command]) -> list[Outcome | EngineError]:
    """Submit all in one turn of the loop, so that they leave in one frame and share one journal sync."""
    outcomes = await asyncio.gather(*map(gateway.asubmit, commands), return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, EngineError):
            raise outcome
    return cast("list[Outcome | EngineError]", outcomes)


def _reply_or_error(outcome: Outcome | EngineError, spec: SymbolSpec) -> Json | ApiError:
    if isinstance(outcome, EngineError):
        return EngineTroubleError(outcome.code)
    try:
        return order_reply(*outcome, spec)
    except RefusedError as refusal:
        return refusal


def cancel(account: int, name: OrderName) -> Json:
    """Cancel one open order."""
    return _changed(gateway.submit(name.cancel_command(account)))


async def acancel(account: int, name: OrderName) -> Json:
    """Cancel one open order, from a coroutine."""
    return _changed(await gateway.asubmit(name.cancel_command(account)))


def cancel_all(account: int, terms: CancelAllTerms) -> Json:
    """Cancel every open order of the account, or those of one symbol."""
    sequence, _, events = gateway.submit(terms.command(account))
    raise_if_rejected(events)
    count = next(event for event in events if event[0] == EV_CANCELED_ALL)[3]
    orders = [_rendered(event) for event in events if event[0] == EV_ORDER]
    return {"canceled": count, "orders": orders, "sequence": sequence}


def reduce(account: int, terms: ReduceTerms) -> Json:
    """Lower an open order's total quantity; it keeps its place in the queue."""
    order, spec = find_order(account, terms.name)
    return _changed(gateway.submit(terms.command(account, order.order_id, spec)), spec)


def replace(account: int, terms: ReplaceTerms) -> Json:
    """Give an open order a new price and total quantity; it may trade at once."""
    order, spec = find_order(account, terms.name)
    return order_reply(*gateway.submit(terms.command(account, order.order_id, spec)), spec)


def find_order(account: int, name: OrderName) -> tuple[OrderEvent, SymbolSpec]:
    """The account's order as the engine has it, with its symbol. Raises ORDER_NOT_FOUND."""
    _, event = gateway.query("order", account, name.order_id, name.client_order_id)
    if event is None:
        raise RefusedError("ORDER_NOT_FOUND", order_name_details(name))
    order = OrderEvent(*event)
    return order, symbols.get(order.symbol)


def order_name_details(name: OrderName) -> dict[str, Any]:
    """Which order was asked for, for the details of an error."""
    if name.client_order_id is not None:
        return {"field": "client_order_id", "client_order_id": name.client_order_id}
    return {"field": "order_id", "order_id": str(name.order_id)}


def _changed(outcome: Outcome, spec: SymbolSpec | None = None) -> Json:
    """The reply to a command that changed one order. Raises the engine's refusal."""
    raise_if_rejected(outcome.events, spec)
    order = next(event for event in outcome.events if event[0] == EV_ORDER)
    return {"order": _rendered(order), "sequence": outcome.sequence}


def _rendered(event: Event) -> Json:
    return order_dict(event, symbols.known(OrderEvent(*event).symbol))
