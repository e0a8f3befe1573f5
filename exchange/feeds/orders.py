"""Order entry over a socket: requests become commands at once, replies follow when the journal has them.

Nothing is awaited between two requests (but to look up the symbol of an order named for the first time),
so a client's commands reach the engine in the order it sent them, however many are on their way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from exchange.engine.messages import EV_CANCELED_ALL, EV_ORDER, OrderEvent
from exchange.errors import ApiError, EngineTroubleError, RefusedError
from exchange.feeds.hub import Hub
from exchange.feeds.requests import Fields
from exchange.symbols import SymbolSpec
from exchange.validation import (
    OrderName,
    OrderTerms,
    parse_cancel,
    parse_cancel_all,
    parse_order,
    parse_orders,
    parse_reduce,
    parse_replace,
)
from exchange.wire import order_dict, order_reply, raise_if_rejected
from exchange.worker.errors import EngineError
from exchange.worker.protocol import Outcome

logger = logging.getLogger(__name__)

#: Orders whose symbol a process remembers, so that changing them needs no question first.
MAX_REMEMBERED: Final = 100_000

Json = dict[str, Any]
Render = Callable[[Outcome], Json]
#: Takes the body of a successful reply, or the error.
Done = Callable[[Json | ApiError], None]

#: By account and order: what another account's order trades in is nobody's business.
_symbol_of_order: dict[tuple[int, int], str] = {}


class OrderDesk:
    """Order entry of one connection. Each operation calls its ``done`` exactly once, now or later; it
    raises InputError and RefusedError instead when nothing was submitted."""

    def __init__(self, hub: Hub, language: str) -> None:
        self._hub = hub
        self._client = hub.client
        self._language = language

    def place(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_order(fields, self._hub.symbols)
        self._submit(terms.command(account), partial(_placed, terms.spec), done)

    def batch(self, account: int, fields: Fields, done: Done) -> None:
        """Up to 100 orders; each stands for itself. One reply when all are known."""
        orders = parse_orders(fields, self._hub.symbols)
        results: list[Json | None] = [None] * len(orders)
        left = len(orders)

        def one_done(index: int, result: Json | ApiError) -> None:
            nonlocal left
            results[index] = error_body(result, self._language) if isinstance(result, ApiError) else result
            left -= 1
            if not left:
                done({"results": results})

        for index, terms in enumerate(orders):
            if isinstance(terms, OrderTerms):
                render = partial(_placed, terms.spec)
                self._submit(terms.command(account), render, partial(one_done, index))
            else:
                one_done(index, terms)

    def cancel(self, account: int, fields: Fields, done: Done) -> None:
        self._submit(parse_cancel(fields).cancel_command(account), self._changed, done)

    def cancel_all(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_cancel_all(fields, self._hub.symbols)
        self._submit(terms.command(account), self._canceled_all, done)

    async def reduce(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_reduce(fields)
        order_id, spec = await self._find(account, terms.name)
        self._submit(terms.command(account, order_id, spec), self._changed, done)

    async def replace(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_replace(fields)
        order_id, spec = await self._find(account, terms.name)
        self._submit(terms.command(account, order_id, spec), partial(_placed, spec), done)

    async def _find(self, account: int, name: OrderName) -> tuple[int, SymbolSpec]:
        """The order's number and symbol. Raises ORDER_NOT_FOUND, EngineTroubleError."""
        symbol = _symbol_of_order.get((account, name.order_id))
        if symbol is not None:
            return name.order_id, self._hub.symbols.get(symbol)
        try:
            answer = await self._client.query("order", account, name.order_id, name.client_order_id)
        except EngineError as error:
            raise EngineTroubleError(error.code) from error
        if answer.value is None:
            raise RefusedError("ORDER_NOT_FOUND")
        order = OrderEvent(*answer.value)
        return order.order_id, self._hub.symbols.get(order.symbol)

    def _submit(self, command: Any, render: Render, done: Done) -> None:
        future = self._client.submit(command)
        future.add_done_callback(partial(_finish, render, done))

    def _changed(self, outcome: Outcome) -> Json:
        """Reply to a cancel or reduce."""
        raise_if_rejected(outcome.events)
        order = next(event for event in outcome.events if event[0] == EV_ORDER)
        return {"order": self._order_dict(order), "sequence": outcome.sequence}

    def _canceled_all(self, outcome: Outcome) -> Json:
        raise_if_rejected(outcome.events)
        count = next(event for event in outcome.events if event[0] == EV_CANCELED_ALL)[3]
        orders = [self._order_dict(event) for event in outcome.events if event[0] == EV_ORDER]
        return {"canceled": count, "orders": orders, "sequence": outcome.sequence}

    def _order_dict(self, event: Sequence[Any]) -> Json:
        return order_dict(event, self._hub.symbols.get(event[4]))


def _placed(spec: SymbolSpec, outcome: Outcome) -> Json:
    """Reply to a placement or replacement."""
    reply = order_reply(outcome.sequence, outcome.now_ns, outcome.events, spec)
    _remember(outcome.events[0], spec.name)
    return reply


def _remember(order: Sequence[Any], symbol: str) -> None:
    if len(_symbol_of_order) >= MAX_REMEMBERED:
        del _symbol_of_order[next(iter(_symbol_of_order))]
    _symbol_of_order[(order[2], order[1])] = symbol


def _finish(render: Render, done: Done, future: asyncio.Future[Outcome]) -> None:
    """The engine answered, or the answer will not come."""
    done(_result_of(render, future))


def _result_of(render: Render, future: asyncio.Future[Outcome]) -> Json | ApiError:
    try:
        return render(future.result())
    except ApiError as error:
        return error
    except EngineError as error:
        return EngineTroubleError(error.code)
    except asyncio.CancelledError:
        return EngineTroubleError("OUTCOME_UNKNOWN")
    except Exception:
        logger.exception("a reply could not be written")
        return ApiError("INTERNAL")


def error_body(error: ApiError, language: str) -> Json:
    """An error as replies and batch results carry it, with the HTTP status REST would have."""
    return {**error.body(language), "status": error.status}
