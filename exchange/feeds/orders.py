"""Order entry over a socket: requests become commands at once, replies follow when the journal has them.

Nothing is awaited between two requests (but to look up the symbol of an order named for the first time),
so a client's commands reach the engine in the order it sent them, however many are on their way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol, cast

from exchange import replies
from exchange.engine.messages import OPEN_STATUSES, Command, OrderEvent
from exchange.errors import ApiError, EngineTroubleError, InputError, RefusedError
from exchange.feeds.hub import Hub
from exchange.feeds.known import KnownOrders
from exchange.feeds.requests import Fields
from exchange.symbols import SymbolSpec
from exchange.validation import (
    SOCKET,
    OrderName,
    OrderRequest,
    PlainOrder,
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
    plain_order,
)
from exchange.wire import shaped_reply
from exchange.worker.errors import EngineError
from exchange.worker.pending import Result
from exchange.worker.protocol import Outcome

logger = logging.getLogger(__name__)

#: Orders whose symbol and type a process remembers, so that changing them needs no question first.
MAX_REMEMBERED: Final = 100_000

Json = dict[str, Any]
Render = Callable[[Outcome], Json]
#: Takes the body of a successful reply, or the error.
Done = Callable[[Json | ApiError], None]

#: Where an OrderEvent says what is remembered of it.
_ORDER_ID, _ACCOUNT, _ORDER_TYPE, _STATUS = map(
    OrderEvent._fields.index, ("order_id", "account", "order_type", "status")
)

_known_orders: Final = KnownOrders(MAX_REMEMBERED)


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

    # --- plain orders, as nearly all are -------------------------------------------------------------

    def plain_order(self, sent: PlainOrder) -> OrderRequest | None:
        """What is asked for; None where ``place`` is to read it."""
        return plain_order(sent, self._hub.symbols, self._origin)

    def plain_orders(self, sent: Sequence[PlainOrder]) -> list[OrderRequest] | None:
        """The same of a batch; None where ``batch`` is to read it."""
        orders = [plain_order(each, self._hub.symbols, self._origin) for each in sent]
        return cast("list[OrderRequest]", orders) if None not in orders else None

    def enter(self, account: int, order: OrderRequest, done: Done) -> None:
        self._submit(self._entered(account, order, order), partial(_placed, order.spec), done)

    def enter_all(self, account: int, orders: Sequence[OrderRequest | InputError], done: Done) -> None:
        """Up to 100 orders; each stands for itself. One reply when all are known."""
        good = [order for order in orders if isinstance(order, OrderRequest)]
        commands = [self._entered(account, order, order) for order in good]

        def finish(outcomes: Sequence[Result]) -> None:
            entered = iter(outcomes)
            results = [
                order
                if isinstance(order, InputError)
                else _result_of(partial(_placed, order.spec), next(entered))
                for order in orders
            ]
            done({"results": [self._written(result) for result in results]})

        if commands:
            self._client.send(commands, finish)
        else:
            finish(())

    def cancel_named(self, account: int, name: OrderName, done: Done) -> None:
        self._submit(name.cancel_command(account), self._changed, done)

    def _written(self, result: Json | ApiError) -> Json:
        return error_body(result, self._language) if isinstance(result, ApiError) else result

    # --- whatever is asked ---------------------------------------------------------------------------

    def place(self, account: int, fields: Fields, done: Done) -> None:
        self.enter(account, parse_order(fields, self._hub.symbols, self._origin), done)

    def batch(self, account: int, fields: Fields, done: Done) -> None:
        self.enter_all(account, parse_orders(fields, self._hub.symbols, self._origin), done)

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
        self.cancel_named(account, parse_cancel(fields), done)

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
        known = _known_orders.find(account, name.order_id)
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
        for order in orders:
            if order.cancel_on_disconnect:
                self._bound.add(account)
        return terms.command(account, self._session)

    def _submit(self, command: Command, render: Render, done: Done) -> None:
        self._client.send((command,), partial(_finish, render, done))

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
    reply = shaped_reply(outcome.sequence, outcome.now_ns, outcome.events, spec)
    order = outcome.events[0]
    if order[_STATUS] in OPEN_STATUSES:
        _known_orders.keep(order[_ACCOUNT], order[_ORDER_ID], (spec.name, order[_ORDER_TYPE]))
    return reply


def _finish(render: Render, done: Done, results: Sequence[Result]) -> None:
    """The engine answered, or the answer will not come."""
    done(_result_of(render, results[0]))


def _result_of(render: Render, result: Result) -> Json | ApiError:
    if isinstance(result, EngineError):
        return EngineTroubleError(result.code)
    try:
        return render(result)
    except ApiError as error:
        return error
    except Exception:
        logger.exception("a reply could not be written")
        return ApiError("INTERNAL")


def error_body(error: ApiError, language: str) -> Json:
    """An error as replies and batch results carry it, with the HTTP status REST would have."""
    return {**error.body(language), "status": error.status}
