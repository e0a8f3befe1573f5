"""Where the core keeps orders: the open ones by id, account and client id, and a bounded memory of
finished ones, so that a trader who asks for an order he just placed finds it."""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.engine.book import Order
from exchange.engine.boxed import Boxed
from exchange.engine.extras import Extra
from exchange.engine.fifo import Fifo
from exchange.engine.ledger import Account, Ledger
from exchange.engine.timers import Timers


class Orders:
    """Open orders and the remembered finished ones, oldest forgotten first."""

    __slots__ = ("_queue", "finished", "ledger", "max_finished", "open", "sessions", "timers")

    def __init__(self, ledger: Ledger, timers: Timers, max_finished: int) -> None:
        self.ledger = ledger
        self.timers = timers
        #: (account, session) -> how many open orders were placed under it
        self.sessions: dict[tuple[int, str], int] = {}
        self.max_finished = max_finished
        self.open: dict[int, Order] = {}
        #: order id -> its last OrderEvent
        self.finished: dict[int, m.Event] = {}
        self._queue = Fifo()

    def client_id_open(self, account: Account, client_order_id: str) -> bool:
        """Whether an open order of the account carries this client id."""
        return account.client_ids.get(client_order_id, 0) in self.open

    def add(self, order: Order) -> None:
        """Index an order that now rests on its book or waits; one that did before is indexed already."""
        order_id = order.order_id
        if order_id in self.open:
            return
        account = order.account
        self.open[order_id] = order
        symbol = order.book.symbol.name
        orders = account.open_orders.get(symbol)
        if orders is None:
            orders = account.open_orders[symbol] = {}
        orders[order_id] = order
        if order.client_order_id is not None:
            account.client_ids[order.client_order_id] = order_id
        if order.extra is not None:
            self._watch(order, order.extra)

    def _watch(self, order: Order, extra: Extra) -> None:
        """Note what may end an order other than trades and its owner."""
        if extra.expire_ns:
            self.timers.expiries.add((extra.expire_ns, order.order_id))
        elif order.time_in_force == m.DAY:
            order.book.day_orders[order.order_id] = order
        if extra.session is not None:
            key = (order.account.number, extra.session)
            self.sessions[key] = self.sessions.get(key, 0) + 1

    def _unwatch(self, order: Order, extra: Extra) -> None:
        if extra.expire_ns:
            self.timers.expiries.remove((extra.expire_ns, order.order_id))
        elif order.time_in_force == m.DAY:
            del order.book.day_orders[order.order_id]
        if extra.session is not None:
            key = (order.account.number, extra.session)
            self.sessions[key] -= 1
            if not self.sessions[key]:
                del self.sessions[key]

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
            del self.open[order_id]
            del account.open_orders[order.book.symbol.name][order_id]
            if order.extra is not None:
                self._unwatch(order, order.extra)
        event = order.event()
        self.remember(account, order_id, event)
        return event

    def rehold(self, order: Order) -> None:
        """Lower an order's hold to what its open part needs."""
        needed = order.hold_needed_minor()
        self.ledger.release(order.held_in, order.held_minor - needed)
        order.held_minor = needed

    def remember(self, account: Account, order_id: Boxed, event: m.Event) -> None:
        """Keep a finished order, forgetting the oldest one beyond the bound."""
        if len(self.finished) >= self.max_finished:
            self._forget_oldest()
        self.finished[order_id] = event
        self._queue.items.append(order_id)
        account.finished.items.append(order_id)
        client_order_id: str | None = event[3]
        if client_order_id is not None:
            account.client_ids[client_order_id] = order_id

    def forget_before(self, finished_ns: int) -> None:
        """Forget orders that finished before this time."""
        while self._queue and self.finished[self._queue.first()][m.UPDATED_NS] < finished_ns:
            self._forget_oldest()

    def remembered(self) -> list[m.Event]:
        """The finished orders still remembered, oldest first."""
        return [self.finished[order_id] for order_id in self._queue]

    def _forget_oldest(self) -> None:
        order_id = self._queue.pop()
        event = self.finished.pop(order_id)
        account = self.ledger.accounts[event[2]]
        # The oldest of all is also the oldest of its account.
        account.finished.pop()
        if account.client_ids.get(event[3]) == order_id:
            del account.client_ids[event[3]]
