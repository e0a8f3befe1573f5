"""What a trader does, as services: terms in, the real outcome out as a wire dictionary.

Each function submits to the engine and returns after the journal has the command and matching is done.
A refusal raises ``RefusedError``; an engine that cannot be asked raises the worker's ``EngineError``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from asgiref.sync import async_to_sync

from exchange import replies
from exchange.engine.messages import OrderEvent
from exchange.errors import ApiError, EngineTroubleError, InputError, RefusedError
from exchange.symbols import SymbolSpec, symbols
from exchange.validation import (
    BracketTerms,
    CancelAfterTerms,
    CancelAllTerms,
    CancelReplaceTerms,
    OcoTerms,
    OrderName,
    OrderRequest,
    ReduceTerms,
    ReplaceTerms,
)
from exchange.wire import Json, order_reply, shaped_reply
from exchange.worker import gateway
from exchange.worker.errors import EngineError
from exchange.worker.protocol import Outcome

#: An outcome as the reply it gets: of ``exchange.wire``.
Reply = Callable[..., Json]


def place(account: int, terms: OrderRequest) -> Json:
    """Enter one order."""
    return order_reply(*gateway.submit(terms.command(account)), terms.spec)


async def aplace(account: int, terms: OrderRequest) -> Json:
    """Enter one order, from a coroutine. The reply is for msgspec's encoder, with shapes in it."""
    return shaped_reply(*await gateway.asubmit(terms.command(account)), terms.spec)


def place_many(account: int, orders: Sequence[OrderRequest | InputError]) -> list[Json | ApiError]:
    """Enter several orders in their order; each stands for itself, a bad one stops none after it."""
    return async_to_sync(aplace_many)(account, orders)


async def aplace_many(
    account: int, orders: Sequence[OrderRequest | InputError], reply: Reply = order_reply
) -> list[Json | ApiError]:
    """Enter several orders, from a coroutine. ``reply`` words each outcome."""
    commands = [terms.command(account) for terms in orders if isinstance(terms, OrderRequest)]
    outcomes = iter(await gateway.asubmit_all(commands) if commands else ())
    return [
        terms if isinstance(terms, InputError) else _reply_or_error(next(outcomes), terms.spec, reply)
        for terms in orders
    ]


def _reply_or_error(outcome: Outcome | EngineError, spec: SymbolSpec, reply: Reply) -> Json | ApiError:
    if isinstance(outcome, EngineError):
        return EngineTroubleError(outcome.code)
    try:
        return reply(*outcome, spec)
    except RefusedError as refusal:
        return refusal


def cancel(account: int, name: OrderName) -> Json:
    """Cancel one open order."""
    return replies.changed(gateway.submit(name.cancel_command(account)), symbols.known)


async def acancel(account: int, name: OrderName) -> Json:
    """Cancel one open order, from a coroutine."""
    return replies.changed(await gateway.asubmit(name.cancel_command(account)), symbols.known)


def cancel_all(account: int, terms: CancelAllTerms) -> Json:
    """Cancel every open order of the account, or those of one symbol."""
    return replies.canceled_all(gateway.submit(terms.command(account)), symbols.known)


def cancel_after(account: int, terms: CancelAfterTerms) -> Json:
    """Cancel everything later, unless it is said again before."""
    return replies.cancel_after(gateway.submit(terms.command(account)))


def reduce(account: int, terms: ReduceTerms) -> Json:
    """Lower an open order's total quantity; it keeps its place in the queue."""
    order, spec = find_order(account, terms.name)
    return replies.changed(gateway.submit(terms.command(account, order.order_id, spec)), symbols.known)


def replace(account: int, terms: ReplaceTerms) -> Json:
    """Give an open order a new price and total quantity; it may trade at once."""
    order, spec = find_order(account, terms.name)
    command = terms.command(account, order.order_id, order.order_type, spec)
    return order_reply(*gateway.submit(command), spec)


def place_oco(account: int, terms: OcoTerms) -> Json:
    """Enter two orders of which one is to trade."""
    return replies.oco(gateway.submit(terms.command(account)), terms.first.spec)


def place_bracket(account: int, terms: BracketTerms) -> Json:
    """Enter a buy with two exits."""
    return replies.bracket(gateway.submit(terms.command(account)), terms.entry.spec)


def cancel_replace(account: int, terms: CancelReplaceTerms) -> Json:
    """Cancel one order and enter another in one step. Members of the reply may be errors."""
    return replies.cancel_replace(gateway.submit(terms.command(account)), terms, symbols.known)


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
