"""Order entry over a socket: requests become commands at once, replies follow when the journal has them.

Nothing is awaited between two requests (but to look up the symbol of an order named for the first time),
so a client's commands reach the engine in the order it sent them, however many are on their way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from exchange import replies
from exchange.engine.messages import Command, OrderEvent
from exchange.errors import ApiError, EngineTroubleError, RefusedError
from exchange.feeds.hub import Hub
from exchange.feeds.requests import Fields
from exchange.symbols import SymbolSpec
from exchange.validation import (
    SOCKET,
    OrderName,
    OrderRequest,
    parse_bracket,
    parse_cancel,
    parse_cancel_after,
    parse_cancel_all,
    parse_cancel_replace,
    parse_oco,
    parse_order,
    parse_orders,
    parse_reduce,
    parse_replace,
)
from exchange.wire import order_reply
from exchange.worker.errors import EngineError
from exchange.worker.protocol import Outcome

logger = logging.getLogger(__name__)

#: Orders whose symbol and type a process remembers, so that changing them needs no question first.
MAX_REMEMBERED: Final = 100_000

Json = dict[str, Any]
Render = Callable[[Outcome], Json]
#: Takes the body of a successful reply, or the error.
Done = Callable[[Json | ApiError], None]

#: By account and order: what another account's order trades in is nobody's business.
_known_orders: dict[tuple[int, int], tuple[str, int]] = {}


class Enters(Protocol):
    """Terms of a request that enters orders."""

    def command(self, account: int, session: str | None = None) -> Command: ...


class OrderDesk:
    """Order entry of one connection. Each operation calls its ``done`` exactly once, now or later; it
    raises InputError and RefusedError instead when nothing was submitted."""

    def __init__(self, hub: Hub, language: str, session: str) -> None:
        """``session``: the name that orders carry which are to end with the connection."""
        self._hub = hub
        self._client = hub.client
        self._language = language
        self._session = session
        self._origin = SOCKET
        #: Accounts with orders that end with the connection.
        self._bound: set[int] = set()

    @property
    def cancels_on_disconnect(self) -> bool:
        """Whether orders that do not say otherwise end with the connection."""
        return self._origin.cancel_on_disconnect

    def cancel_on_disconnect(self, is_wanted: bool) -> None:
        """What orders of this connection do from now on that do not say themselves."""
        self._origin = SOCKET._replace(cancel_on_disconnect=is_wanted)

    def end(self) -> None:
        """The connection has ended, and with it the orders that were to."""
        for account in self._bound:
            self._hub.endings.add(account, self._session)
        self._bound.clear()

    def place(self, account: int, fields: Fields, done: Done) -> None:
        order = parse_order(fields, self._hub.symbols, self._origin)
        self._submit(self._entered(account, order, order), partial(_placed, order.spec), done)

    def batch(self, account: int, fields: Fields, done: Done) -> None:
        """Up to 100 orders; each stands for itself. One reply when all are known."""
        orders = parse_orders(fields, self._hub.symbols, self._origin)
        results: list[Json | None] = [None] * len(orders)
        left = len(orders)

        def one_done(index: int, result: Json | ApiError) -> None:
            nonlocal left
            results[index] = error_body(result, self._language) if isinstance(result, ApiError) else result
            left -= 1
            if not left:
                done({"results": results})

        for index, order in enumerate(orders):
            if isinstance(order, OrderRequest):
                render = partial(_placed, order.spec)
                self._submit(self._entered(account, order, order), render, partial(one_done, index))
            else:
                one_done(index, order)

    def oco(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_oco(fields, self._hub.symbols, self._origin)
        command = self._entered(account, terms, *terms)
        self._submit(command, lambda outcome: replies.oco(outcome, terms.first.spec), done)

    def bracket(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_bracket(fields, self._hub.symbols, self._origin)
        command = self._entered(account, terms, terms.entry)
        self._submit(command, lambda outcome: replies.bracket(outcome, terms.entry.spec), done)

    def cancel_replace(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_cancel_replace(fields, self._hub.symbols, self._origin)

        def render(outcome: Outcome) -> Json:
            reply = replies.cancel_replace(outcome, terms, self._hub.symbols.get)
            return replies.with_errors(reply, partial(error_body, language=self._language))

        self._submit(self._entered(account, terms, terms.order), render, done)

    def cancel(self, account: int, fields: Fields, done: Done) -> None:
        self._submit(parse_cancel(fields).cancel_command(account), self._changed, done)

    def cancel_all(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_cancel_all(fields, self._hub.symbols)
        render = partial(replies.canceled_all, spec_of=self._hub.symbols.get)
        self._submit(terms.command(account), render, done)

    def cancel_after(self, account: int, fields: Fields, done: Done) -> None:
        self._submit(parse_cancel_after(fields).command(account), replies.cancel_after, done)

    async def reduce(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_reduce(fields)
        found = await self._find(account, terms.name)
        self._submit(terms.command(account, found.order_id, found.spec), self._changed, done)

    async def replace(self, account: int, fields: Fields, done: Done) -> None:
        terms = parse_replace(fields)
        found = await self._find(account, terms.name)
        command = terms.command(account, found.order_id, found.order_type, found.spec)
        self._submit(command, partial(_placed, found.spec), done)

    async def _find(self, account: int, name: OrderName) -> _Found:
        """What changing an order takes to know. Raises ORDER_NOT_FOUND, EngineTroubleError."""
        known = _known_orders.get((account, name.order_id))
        if known is not None:
            symbol, order_type = known
            return _Found(name.order_id, order_type, self._hub.symbols.get(symbol))
        try:
            answer = await self._client.query("order", account, name.order_id, name.client_order_id)
        except EngineError as error:
            raise EngineTroubleError(error.code) from error
        if answer.value is None:
            raise RefusedError("ORDER_NOT_FOUND")
        order = OrderEvent(*answer.value)
        return _Found(order.order_id, order.order_type, self._hub.symbols.get(order.symbol))

    def _entered(self, account: int, terms: Enters, *orders: OrderRequest) -> Command:
        """The command that enters these orders."""
        if any(order.cancel_on_disconnect for order in orders):
            self._bound.add(account)
        return terms.command(account, self._session)

    def _submit(self, command: Command, render: Render, done: Done) -> None:
        future = self._client.submit(command)
        future.add_done_callback(partial(_finish, render, done))

    def _changed(self, outcome: Outcome) -> Json:
        """Reply to a cancel or reduce."""
        return replies.changed(outcome, self._hub.symbols.get)


class _Found(NamedTuple):
    """An order that is to be changed."""

    order_id: int
    order_type: int
    spec: SymbolSpec


def _placed(spec: SymbolSpec, outcome: Outcome) -> Json:
    """Reply to a placement or replacement."""
    reply = order_reply(outcome.sequence, outcome.now_ns, outcome.events, spec)
    _remember(outcome.events[0], spec.name)
    return reply


def _remember(order: Sequence[Any], symbol: str) -> None:
    if len(_known_orders) >= MAX_REMEMBERED:
        del _known_orders[next(iter(_known_orders))]
    _known_orders[(order[2], order[1])] = symbol, order[6]


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
