"""Finished orders that the core remembers, so that a trader who asks for one he just placed finds it.

Rules versions before 4 kept one queue for all accounts, so that a busy account pushed out what others
remembered. From version 4 on an account has a bound of its own beside the one for all.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace

from exchange.engine import messages as m
from exchange.engine.messages.places import ORDER_ACCOUNT, ORDER_CLIENT_ORDER_ID, ORDER_UPDATED_NS
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.fifo import Fifo
from tests.exchange.engine.reference_core.state.ledger import Account


class FinishedOrders:
    """Order id -> its last OrderEvent. The oldest are forgotten first."""

    __slots__ = ("_accounts", "_is_shared", "_most", "_oldest", "_per_account", "_queue", "events")

    def __init__(self, accounts: dict[int, Account], most: int, per_account: int) -> None:
        self._accounts = accounts
        self._most = most
        self._per_account = per_account
        self.events: dict[int, m.Event] = {}
        #: Whether all accounts share one queue, the rule before version 4.
        self._is_shared = True
        self._queue = Fifo()
        #: Heap of (when it finished, account), one for each account that has any: of its oldest, or of one
        #: that its own bound has pushed out since.
        self._oldest: list[tuple[int, int]] = []

    def part(self) -> None:
        """Bound each account by itself from here on."""
        if not self._is_shared:
            return
        self._is_shared = False
        self._queue = Fifo()
        for account in self._accounts.values():
            while len(account.finished) > self._per_account:
                self._drop(account)
        with_any = [account for account in self._accounts.values() if account.finished]
        self._oldest = [(self._oldest_ns(account), account.number) for account in with_any]
        heapify(self._oldest)

    def remember(self, account: Account, order_id: Boxed, event: m.Event) -> None:
        """Keep a finished order, forgetting the account's oldest, or the oldest of all, beyond the bounds."""
        mine = account.finished
        if self._is_shared:
            if len(self.events) >= self._most:
                self._forget_oldest()
            self._queue.items.append(order_id)
        else:
            if len(mine) >= self._per_account:
                self._drop(account)
            else:
                if len(self.events) >= self._most:
                    self._forget_oldest()
                if not mine:
                    heappush(self._oldest, (event[ORDER_UPDATED_NS], account.number))
        self.events[order_id] = event
        mine.items.append(order_id)
        client_order_id: str | None = event[ORDER_CLIENT_ORDER_ID]
        if client_order_id is not None:
            account.client_ids[client_order_id] = order_id

    def forget_before(self, finished_ns: int, most: int) -> bool:
        """Forget orders that finished before this time, at most so many; whether there are more."""
        while self.events and self._first_ns() < finished_ns:
            if most == 0:
                return True
            most -= 1
            self._forget_oldest()
        return False

    def remembered(self) -> list[m.Event]:
        """All of them: oldest first, or account by account where each has its own bound."""
        if self._is_shared:
            return [self.events[order_id] for order_id in self._queue]
        by_number = sorted(self._accounts.items())
        return [self.events[order_id] for _, account in by_number for order_id in account.finished]

    def _oldest_ns(self, account: Account) -> int:
        finished_ns: int = self.events[account.finished.first()][ORDER_UPDATED_NS]
        return finished_ns

    def _first_ns(self) -> int:
        """When the oldest of all finished; its account is the heap's first then."""
        if self._is_shared:
            first_ns: int = self.events[self._queue.first()][ORDER_UPDATED_NS]
            return first_ns
        while True:
            noted_ns, number = self._oldest[0]
            finished_ns = self._oldest_ns(self._accounts[number])
            if noted_ns == finished_ns:
                return finished_ns
            heapreplace(self._oldest, (finished_ns, number))

    def _forget_oldest(self) -> None:
        if self._is_shared:
            # The oldest of all is also the oldest of its account.
            self._drop(self._accounts[self.events[self._queue.pop()][ORDER_ACCOUNT]])
            return
        self._first_ns()
        account = self._accounts[self._oldest[0][1]]
        self._drop(account)
        if account.finished:
            heapreplace(self._oldest, (self._oldest_ns(account), account.number))
        else:
            heappop(self._oldest)

    def _drop(self, account: Account) -> None:
        """Forget an account's oldest."""
        order_id = account.finished.pop()
        client_order_id = self.events.pop(order_id)[ORDER_CLIENT_ORDER_ID]
        if account.client_ids.get(client_order_id) == order_id:
            del account.client_ids[client_order_id]
