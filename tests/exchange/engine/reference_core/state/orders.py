"""Where the core keeps orders: the open ones by id, account and client id, and a bounded memory of finished
ones (``finished``)."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.state.book import Options, Order, options_of
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.finished import FinishedOrders
from tests.exchange.engine.reference_core.state.ledger import Account, Ledger
from tests.exchange.engine.reference_core.state.timers import Timers
from tests.exchange.engine.reference_core.state.triggers import Triggers

#: (symbol, quote id, side)
QuoteKey = tuple[str, str, int]


class Orders:
    """Open orders, and where the finished ones go."""

    __slots__ = ("finished", "ledger", "open", "past", "quotes", "sessions", "timers", "triggers")

    def __init__(self, ledger: Ledger, timers: Timers, past: FinishedOrders) -> None:
        self.ledger = ledger
        self.timers = timers
        #: symbol -> its orders that wait for a price
        self.triggers: dict[str, Triggers] = {}
        #: (account, session) -> how many open orders were placed under it
        self.sessions: dict[tuple[int, str], int] = {}
        #: account -> (symbol, quote id, side) -> the order of that side of a quote
        self.quotes: dict[int, dict[QuoteKey, Order]] = {}
        self.open: dict[int, Order] = {}
        self.past = past
        #: order id -> its last OrderEvent, of those that ``past`` remembers
        self.finished = past.events

    def client_id_open(self, account: Account, client_order_id: str) -> bool:
        """Whether an open order of the account carries this client id."""
        return account.client_ids.get(client_order_id, 0) in self.open

    def add(self, order: Order) -> None:
        """Index an order that now rests on its book or waits; one that did before is indexed already."""
        order_id = order.order_id
        if order_id in self.open:
            return
        account = order.account
        account.open_orders += 1
        self.open[order_id] = order
        order.seat.orders[order_id] = order
        if order.client_order_id is not None:
            account.client_ids[order.client_order_id] = order_id
        if order.options is not None:
            self._watch(order, order.options)

    def _watch(self, order: Order, options: Options) -> None:
        """Note what may end an order other than trades and its owner."""
        if options.expire_ns:
            self.timers.expiries.add((options.expire_ns, order.order_id))
        elif order.time_in_force == m.DAY:
            order.book.day_orders[order.order_id] = order
        elif order.time_in_force >= m.OPG:
            order.book.auction_orders[order.order_id] = order
        if options.session is not None:
            key = (order.account.number, options.session)
            self.sessions[key] = self.sessions.get(key, 0) + 1
        if options.quote_id is not None:
            quotes = self.quotes.setdefault(order.account.number, {})
            quotes[order.book.symbol.name, options.quote_id, order.side] = order

    def _unwatch(self, order: Order, options: Options) -> None:
        if options.expire_ns:
            self.timers.expiries.remove((options.expire_ns, order.order_id))
        elif order.time_in_force == m.DAY:
            del order.book.day_orders[order.order_id]
        elif order.time_in_force >= m.OPG:
            del order.book.auction_orders[order.order_id]
        if options.session is not None:
            key = (order.account.number, options.session)
            self.sessions[key] -= 1
            if not self.sessions[key]:
                del self.sessions[key]
        if options.quote_id is not None:
            del self.quotes[order.account.number][order.book.symbol.name, options.quote_id, order.side]

    def quotes_of(self, number: int) -> dict[QuoteKey, Order]:
        """The open orders of the account's quotes."""
        return self.quotes.get(number, {})

    def drop(self, order: Order) -> None:
        """Forget a second as an open order."""
        del self.open[order.order_id]
        order.account.open_orders -= 1
        del order.seat.orders[order.order_id]
        self._unwatch(order, options_of(order))

    def close(self, order: Order, status: int, reason: int, now_ns: Boxed) -> m.Event:
        """End an order that is off its book: release its hold, forget it as open, remember it as
        finished. Returns its last OrderEvent."""
        if order.held_minor:
            self.ledger.release(order.held_in, order.held_minor)
            order.held_minor = 0
        order.status = status
        order.reason = reason
        order.updated_ns = now_ns
        account = order.account
        order_id = order.order_id
        if order_id in self.open:
            # As ``drop``, in place: this is done for every order.
            del self.open[order_id]
            account.open_orders -= 1
            del order.seat.orders[order_id]
            if order.options is not None:
                self._unwatch(order, order.options)
        event = order.event()
        self.past.remember(account, order_id, event)
        return event

    def rehold(self, order: Order) -> None:
        """Lower an order's hold to what its open part needs."""
        needed = order.hold_needed_minor()
        self.ledger.release(order.held_in, order.held_minor - needed)
        order.held_minor = needed
