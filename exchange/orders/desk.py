"""The desk: the one way by which orders are entered and changed, whatever lane they come by.

A lane decodes what was sent, calls the method of the operation, sends what that returns, and renders the
reply:

    entry = desk.place(account, sent)       reads and checks; raises RequestError
    entry.wait()                            a thread; raises ApiError
    await entry.reply()                     a coroutine; raises ApiError
    entry.send(client, done)                a connection that goes on reading: ``done`` takes the reply or the
                                            error

The reply comes after the journal has the command and matching is done. Orders and fills in it are structures
of ``exchange.wire.shapes``, as msgspec's encoder takes them; errors of single orders in it are ApiErrors
until the lane has them written out with ``with_errors``.

What is sent is the mapping that the strict reader gives, or one of the structures of the usual requests
(``SimpleOrder``, ``SimpleCancel``), which cost a fraction of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from exchange import process
from exchange.engine.messages import EV_ORDER, OPEN_STATUSES, Command, OrderEvent, cancel_all
from exchange.errors import RefusedError, RequestError, order_not_found
from exchange.link.protocol import Outcome
from exchange.listing.symbol_table import SymbolSpec, SymbolTable, symbols
from exchange.orders import replies
from exchange.orders.known import KnownOrders
from exchange.orders.parsing import (
    MAX_BATCH,
    MAX_CANCEL_AFTER_MS,
    MAX_FILLS,
    MAX_QUOTES,
    MAX_WINDOW_MS,
    POST_ONLY_MODES,
    REST,
    SOCKET,
    TRIGGER_IF_MET,
    OrderName,
    OrderRequest,
    OtoTerms,
    SimpleCancel,
    SimpleOrder,
    new_command_id,
    order_count,
    parse_bracket,
    parse_cancel_after,
    parse_cancel_all,
    parse_cancel_quotes,
    parse_cancel_replace,
    parse_oco,
    parse_oto,
    parse_otoco,
    parse_protection,
    parse_quotes,
    parse_reduce,
    parse_replace,
    read_cancel,
    read_order,
    read_orders,
)
from exchange.orders.replies import with_errors
from exchange.orders.submission import BatchSubmission, Done, Entry, Lookup, Render, Submission
from exchange.wire.field_readers import Data
from exchange.wire.rendering import Json, shaped_reply

__all__ = [
    "MAX_BATCH",
    "MAX_CANCEL_AFTER_MS",
    "MAX_FILLS",
    "MAX_QUOTES",
    "MAX_WINDOW_MS",
    "POST_ONLY_MODES",
    "TRIGGER_IF_MET",
    "Done",
    "Entry",
    "OrderDesk",
    "SimpleCancel",
    "SimpleOrder",
    "Submission",
    "order_count",
    "rest_desk",
    "with_errors",
]

#: Where an OrderEvent has what is remembered of it.
_ORDER_ID, _ACCOUNT, _ORDER_TYPE, _STATUS = map(
    OrderEvent._fields.index, ("order_id", "account", "order_type", "status")
)


class EntryTerms(Protocol):
    """Terms of a request that enters orders."""

    def command(self, account: int, session: str | None = None) -> Command: ...


class OrderDesk:
    """Order entry for REST, or for one connection. Every operation takes the account and what was sent, and
    raises RequestError for a request that is malformed or against the symbol's rules."""

    def __init__(self, symbols: SymbolTable, connection: str | None = None) -> None:
        """``connection``: the name that orders carry which are to end with the connection; None for REST,
        which has no connection that an order could end with."""
        self._symbols = symbols
        self._known = process.part(KnownOrders)
        self._connection = connection
        self._origin = REST if connection is None else SOCKET
        #: Accounts with orders that end with the connection.
        self._bound: set[int] = set()

    # --- what ends with the connection -------------------------------------------------------------------

    @property
    def cancels_on_disconnect(self) -> bool:
        """Whether orders that do not say otherwise end with the connection."""
        return self._origin.cancel_on_disconnect

    def cancel_on_disconnect(self, is_wanted: bool) -> None:
        """What orders of this connection do from now on that do not say themselves."""
        self._origin = self._origin._replace(cancel_on_disconnect=is_wanted)

    def end(self) -> list[tuple[int, Submission]]:
        """The connection has ended: for each account with orders that end with it, what cancels them."""
        bound, self._bound = self._bound, set()
        return [(account, self._end_of(account)) for account in bound]

    def _end_of(self, account: int) -> Submission:
        command = cancel_all(new_command_id(), account, None, self._connection)
        return Submission(command, replies.accepted)

    # --- entering orders ---------------------------------------------------------------------------------

    def place(self, account: int, sent: SimpleOrder | Data) -> Submission:
        """Enter one order."""
        order = read_order(sent, self._symbols, self._origin)
        return Submission(self._entering(account, order, order), partial(self._placed, order.spec))

    def place_many(self, account: int, sent: Sequence[SimpleOrder] | Data) -> BatchSubmission:
        """Enter up to 100 orders in their order. Each stands for itself: a bad one stops none after it."""
        orders = read_orders(sent, self._symbols, self._origin)
        return BatchSubmission(
            [
                order
                if isinstance(order, RequestError)
                else (self._entering(account, order, order), partial(self._placed, order.spec))
                for order in orders
            ]
        )

    def place_oco(self, account: int, sent: Data) -> Submission:
        """Enter two orders of which one is to trade."""
        terms = parse_oco(sent, self._symbols, self._origin)
        command = self._entering(account, terms, *terms)
        return Submission(command, lambda outcome: replies.oco(outcome, terms.first.spec))

    def place_oto(self, account: int, sent: Data) -> Submission:
        """Enter an order that triggers another."""
        return self._oto(account, parse_oto(sent, self._symbols, self._origin))

    def place_otoco(self, account: int, sent: Data) -> Submission:
        """Enter an order that triggers two of which one is to trade."""
        return self._oto(account, parse_otoco(sent, self._symbols, self._origin))

    def _oto(self, account: int, terms: OtoTerms) -> Submission:
        command = self._entering(account, terms, terms.working, *terms.seconds)
        count = 1 + len(terms.seconds)
        return Submission(command, lambda outcome: replies.oto(outcome, terms.working.spec, count))

    def place_bracket(self, account: int, sent: Data) -> Submission:
        """Enter a buy with two exits."""
        terms = parse_bracket(sent, self._symbols, self._origin)
        command = self._entering(account, terms, terms.entry)
        return Submission(command, lambda outcome: replies.bracket(outcome, terms.entry.spec))

    def cancel_replace(self, account: int, sent: Data) -> Submission:
        """Cancel one order and enter another in one step. Members of the reply may be errors."""
        terms = parse_cancel_replace(sent, self._symbols, self._origin)
        command = self._entering(account, terms, terms.order)
        return Submission(
            command, lambda outcome: replies.cancel_replace(outcome, terms, self._symbols.known)
        )

    # --- quotes of market makers -------------------------------------------------------------------------

    def place_quotes(self, account: int, sent: Data) -> Submission:
        """Replace up to 50 quotes in one step. Sides of the reply may have codes that refused them."""
        terms = parse_quotes(sent, self._symbols, self._origin)
        if terms.is_bound:
            self._bound.add(account)
        command = terms.command(account, self._connection)
        return Submission(command, lambda outcome: replies.quotes(outcome, terms, self._symbols.known))

    def cancel_quotes(self, account: int, sent: Data) -> Submission:
        """Cancel the account's quotes, of a symbol or name or all."""
        command = parse_cancel_quotes(sent, self._symbols).command(account)
        return Submission(command, partial(replies.canceled_all, spec_of=self._symbols.known))

    def protect_quotes(self, account: int, sent: Data) -> Submission:
        """Set the protection of the account's quotes anew, or take it back."""
        command = parse_protection(sent, self._symbols).command(account)
        return Submission(command, partial(replies.quote_protection, scale_of=self._symbols.asset_scale))

    def _entering(self, account: int, terms: EntryTerms, *orders: OrderRequest) -> Command:
        """The command that enters these orders."""
        for order in orders:
            if order.cancel_on_disconnect:
                self._bound.add(account)
        return terms.command(account, self._connection)

    # --- canceling and changing them ---------------------------------------------------------------------

    def cancel(self, account: int, sent: SimpleCancel | Data) -> Submission:
        """Cancel one open order."""
        return Submission(read_cancel(sent).cancel_command(account), self._changed)

    def cancel_all(self, account: int, sent: Data) -> Submission:
        """Cancel every open order of the account, or those of one symbol."""
        command = parse_cancel_all(sent, self._symbols).command(account)
        return Submission(command, partial(replies.canceled_all, spec_of=self._symbols.known))

    def cancel_after(self, account: int, sent: Data) -> Submission:
        """Cancel everything later, unless it is asked again before."""
        return Submission(parse_cancel_after(sent).command(account), replies.cancel_after)

    def reduce(self, account: int, sent: Data) -> Entry:
        """Lower an open order's total quantity; it keeps its place in the queue."""
        terms = parse_reduce(sent)

        def change(found: Found) -> Submission:
            command = terms.command(account, found.order_id, found.spec)
            return Submission(command, partial(_of_order, terms.name, self._changed))

        return self._change(account, terms.name, change)

    def replace(self, account: int, sent: Data) -> Entry:
        """Give an open order a new price and total quantity; it may trade at once."""
        terms = parse_replace(sent)

        def change(found: Found) -> Submission:
            command = terms.command(account, found.order_id, found.order_type, found.spec)
            return Submission(command, partial(_of_order, terms.name, partial(self._placed, found.spec)))

        return self._change(account, terms.name, change)

    def _change(self, account: int, name: OrderName, change: Callable[[Found], Submission]) -> Entry:
        """Change an order once its symbol and type are known."""
        known = self._known.find(account, name.order_id)
        if known is not None:
            symbol, order_type = known
            return change(Found(name.order_id, order_type, self._symbols.known(symbol)))

        def then(event: Sequence[Any] | None) -> Submission:
            if event is None:
                raise order_not_found(*name)
            order = OrderEvent(*event)
            return change(Found(order.order_id, order.order_type, self._symbols.known(order.symbol)))

        return Lookup(("order", account, *name), then)

    def _changed(self, outcome: Outcome) -> Json:
        """Reply to a cancel or reduce."""
        return replies.changed(outcome, self._symbols.known)

    def _placed(self, spec: SymbolSpec, outcome: Outcome) -> Json:
        """Reply to a placement or replacement."""
        reply = shaped_reply(outcome.sequence, outcome.now_ns, outcome.events, spec)
        order = outcome.events[0]
        if order[0] == EV_ORDER and order[_STATUS] in OPEN_STATUSES:
            self._known.keep(order[_ACCOUNT], order[_ORDER_ID], (spec.name, order[_ORDER_TYPE]))
        return reply


#: The desk of REST, whose requests have no connection: a part of the process.
rest_desk = process.shared(OrderDesk, lambda: OrderDesk(symbols))


class Found(NamedTuple):
    """An order that is to be changed."""

    order_id: int
    order_type: int
    spec: SymbolSpec


def _of_order(name: OrderName, render: Render, outcome: Outcome) -> Json:
    """Reply to a change of an order. One that the engine no longer has is refused as one it never had."""
    try:
        return render(outcome)
    except RefusedError as refusal:
        if refusal.code == "ORDER_NOT_FOUND":
            raise order_not_found(*name) from None
        raise
