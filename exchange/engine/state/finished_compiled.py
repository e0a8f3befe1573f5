"""What stands in the place of ``finished`` in the compiled core: a finished order as a row of words. An order
with options, or with an amount beyond a word, is its last OrderEvent beside it."""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from typing import Final

from exchange.engine import messages as m
from exchange.engine.messages.places import ORDER_CLIENT_ORDER_ID, ORDER_ID, ORDER_SYMBOL, ORDER_UPDATED_NS
from exchange.engine.records.machine_words import Words, i64, longer, zeros
from exchange.engine.records.record_shapes import NARROW
from exchange.engine.state.book import Book, Order
from exchange.engine.state.ledger import Account
from exchange.engine.state.slots import Slots

# The places of a row.
_ROW: Final = 16
_ORDER_ID: Final = 0
_ACCOUNT: Final = 1
_UPDATED_NS: Final = 2
#: Slots of the next and the previous one of its account, and of all; -1: none.
_NEXT_OWN: Final = 3
_BEFORE_OWN: Final = 4
_BEFORE: Final = 5
_AFTER: Final = 6
#: ``Order.choices`` and whether it has a client id; or that it is an event, and the rest is not in use.
_CHOICES: Final = 7
_BOOK: Final = 8
_PRICE_TICKS: Final = 9
_QUANTITY_LOTS: Final = 10
_FILLED_LOTS: Final = 11
_NOTIONAL: Final = 12
_FEE: Final = 13
_CREATED_NS: Final = 14
_QUOTE_AMOUNT: Final = 15
_FIRST_ROWS: Final = 16
_CLIENT_ID: Final = 1 << 20
_EVENT: Final = -1


class FinishedOrders:
    """Finished orders by id. The oldest are forgotten first."""

    __slots__ = (
        "_accounts",
        "_books",
        "_client_ids",
        "_events",
        "_first",
        "_free",
        "_is_shared",
        "_last",
        "_most",
        "_oldest",
        "_per_account",
        "_rows",
        "_slots",
        "_used",
    )

    def __init__(self, accounts: dict[int, Account], books: list[Book], most: int, per_account: int) -> None:
        """``books``: all of them, each at its number."""
        self._accounts = accounts
        self._books = books
        self._most = most
        self._per_account = per_account
        #: Whether all accounts share one queue, the rule before version 4.
        self._is_shared = True
        #: Heap of (when it finished, account), one for each account that has any: of its oldest, or of one
        #: that its own bound has pushed out since.
        self._oldest: list[tuple[int, int]] = []
        self._slots = Slots()
        self._rows: Words = zeros(_ROW * _FIRST_ROWS)
        #: As they finished: the first and the last.
        self._first: i64 = -1
        self._last: i64 = -1
        #: How many rows were ever in use, and the first of those that are free again, linked by ``_AFTER``.
        self._used: i64 = 0
        self._free: i64 = -1
        #: By slot: the event of one that is no row of words, and the client id of one that is, if it has one.
        self._events: dict[int, m.Event] = {}
        self._client_ids: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def ids(self) -> list[int]:
        """Of all that are remembered, in no order."""
        return self._slots.keys()

    def part(self) -> None:
        """Bound each account by itself from here on."""
        if not self._is_shared:
            return
        self._is_shared = False
        for account in self._accounts.values():
            while account.share.finished_count > self._per_account:
                self._drop(account)
        with_any = [account for account in self._accounts.values() if account.share.finished_count]
        self._oldest = [(self._oldest_ns(account), account.number) for account in with_any]
        heapify(self._oldest)

    def event(self, order_id: int) -> m.Event | None:
        """The last OrderEvent of a remembered order."""
        slot: i64 = self._slots.get(order_id)
        return None if slot < 0 else self._event(slot)

    def newest(self, account: Account, symbol: str | None, limit: int, scanned: int) -> list[m.Event]:
        """The account's last ``limit`` in a symbol (None: in any), newest first, among its last
        ``scanned``."""
        found: list[m.Event] = []
        slot: i64 = account.share.last_finished
        while slot >= 0 and scanned > 0 and len(found) < limit:
            event = self._event(slot)
            if symbol is None or event[ORDER_SYMBOL] == symbol:
                found.append(event)
            slot = self._rows[_ROW * slot + _BEFORE_OWN]
            scanned -= 1
        return found

    # --- keeping ---------------------------------------------------------------------------------

    def remember(self, account: Account, event: m.Event) -> None:
        """Keep a finished order by its last OrderEvent, forgetting the account's oldest, or the oldest of
        all, beyond the bounds."""
        client_order_id: str | None = event[ORDER_CLIENT_ORDER_ID]
        order_id: int = event[ORDER_ID]
        slot: i64 = self._take_slot(account, order_id, event[ORDER_UPDATED_NS])
        self._rows[_ROW * slot + _CHOICES] = _EVENT
        self._events[slot] = event
        if client_order_id is not None:
            account.client_ids[client_order_id] = order_id

    def remember_plain(self, order: Order) -> None:
        """The same, of an order without options, as it is now."""
        account = order.account
        order_id: i64 = order.order_id
        if (
            order.filled_notional_minor > NARROW
            or not -NARROW <= order.fee_minor <= NARROW
            or order.quote_amount_minor > NARROW
        ):
            self.remember(account, order.event())
            return
        slot: i64 = self._take_slot(account, order_id, order.updated_ns)
        rows = self._rows
        at: i64 = _ROW * slot
        choices: i64 = order.choices()
        client_order_id = order.client_order_id
        if client_order_id is not None:
            choices |= _CLIENT_ID
            self._client_ids[slot] = client_order_id
            account.client_ids[client_order_id] = order.order_id
        rows[at + _BOOK] = order.book.number
        rows[at + _CHOICES] = choices
        rows[at + _PRICE_TICKS] = order.price_ticks
        rows[at + _QUANTITY_LOTS] = order.quantity_lots
        rows[at + _FILLED_LOTS] = order.filled_lots
        rows[at + _NOTIONAL] = order.filled_notional_minor
        rows[at + _FEE] = order.fee_minor
        rows[at + _CREATED_NS] = order.created_ns
        rows[at + _QUOTE_AMOUNT] = order.quote_amount_minor

    def _take_slot(self, account: Account, order_id: i64, updated_ns: i64) -> i64:
        """A row of the order's own, within the bounds."""
        if self._is_shared:
            if len(self) >= self._most:
                self._forget_oldest()
        elif account.share.finished_count >= self._per_account:
            self._drop(account)
        else:
            if len(self) >= self._most:
                self._forget_oldest()
            if account.share.finished_count == 0:
                heappush(self._oldest, (updated_ns, account.number))
        slot: i64 = self._free
        if slot < 0:
            slot = self._new_row()
        rows = self._rows
        at: i64 = _ROW * slot
        if slot == self._free:
            self._free = rows[at + _AFTER]
        rows[at + _ORDER_ID] = order_id
        rows[at + _ACCOUNT] = account.number
        rows[at + _UPDATED_NS] = updated_ns
        rows[at + _NEXT_OWN] = -1
        rows[at + _BEFORE_OWN] = -1
        rows[at + _BEFORE] = self._last
        rows[at + _AFTER] = -1
        if self._last < 0:
            self._first = slot
        else:
            rows[_ROW * self._last + _AFTER] = slot
        self._last = slot
        if account.share.finished_count == 0:
            account.share.first_finished = slot
        else:
            rows[_ROW * account.share.last_finished + _NEXT_OWN] = slot
            rows[at + _BEFORE_OWN] = account.share.last_finished
        account.share.last_finished = slot
        account.share.finished_count += 1
        self._slots.put(order_id, slot)
        return slot

    def _new_row(self) -> i64:
        """A row that was never in use."""
        slot: i64 = self._used
        self._used += 1
        if _ROW * self._used > i64(len(self._rows)):
            self._rows = longer(self._rows)
        return slot

    def _event(self, slot: i64) -> m.Event:
        rows = self._rows
        at: i64 = _ROW * slot
        if rows[at + _CHOICES] == _EVENT:
            return self._events[slot]
        choices = int(rows[at + _CHOICES])
        return (
            m.EV_ORDER,
            int(rows[at + _ORDER_ID]),
            int(rows[at + _ACCOUNT]),
            self._client_ids.get(slot),
            self._books[rows[at + _BOOK]].symbol.name,
            choices & 3,
            choices >> 2 & 3,
            choices >> 4 & 7,
            choices >> 7 & 1 == 1,
            choices >> 8 & 3,
            int(rows[at + _PRICE_TICKS]),
            int(rows[at + _QUANTITY_LOTS]),
            int(rows[at + _QUOTE_AMOUNT]),
            int(rows[at + _FILLED_LOTS]),
            int(rows[at + _NOTIONAL]),
            int(rows[at + _FEE]),
            choices >> 10 & 7,
            choices >> 13 & 63,
            int(rows[at + _CREATED_NS]),
            int(rows[at + _UPDATED_NS]),
        )

    def remembered(self) -> list[m.Event]:
        """All of them: oldest first, or account by account where each has its own bound."""
        found: list[m.Event] = []
        if self._is_shared:
            self._collect(found, self._first, _AFTER)
        else:
            for _, account in sorted(self._accounts.items()):
                if account.share.finished_count:
                    self._collect(found, account.share.first_finished, _NEXT_OWN)
        return found

    def _collect(self, found: list[m.Event], slot: i64, link: i64) -> None:
        while slot >= 0:
            found.append(self._event(slot))
            slot = self._rows[_ROW * slot + link]

    # --- forgetting ------------------------------------------------------------------------------

    def forget_before(self, finished_ns: int, most: int) -> bool:
        """Forget orders that finished before this time, at most so many; whether there are more."""
        while len(self) and self._first_ns() < finished_ns:
            if most == 0:
                return True
            most -= 1
            self._forget_oldest()
        return False

    def _oldest_ns(self, account: Account) -> int:
        return self._rows[_ROW * account.share.first_finished + _UPDATED_NS]

    def _first_ns(self) -> int:
        """When the oldest of all finished; its account is the heap's first then."""
        if self._is_shared:
            return self._rows[_ROW * self._first + _UPDATED_NS]
        while True:
            noted_ns, number = self._oldest[0]
            finished_ns = self._oldest_ns(self._accounts[number])
            if noted_ns == finished_ns:
                return finished_ns
            heapreplace(self._oldest, (finished_ns, number))

    def _forget_oldest(self) -> None:
        if self._is_shared:
            # The oldest of all is also the oldest of its account.
            self._drop(self._accounts[self._rows[_ROW * self._first + _ACCOUNT]])
            return
        self._first_ns()
        account = self._accounts[self._oldest[0][1]]
        self._drop(account)
        if account.share.finished_count:
            heapreplace(self._oldest, (self._oldest_ns(account), account.number))
        else:
            heappop(self._oldest)

    def _drop(self, account: Account) -> None:
        """Forget an account's oldest."""
        rows = self._rows
        slot: i64 = account.share.first_finished
        at: i64 = _ROW * slot
        later: i64 = rows[at + _NEXT_OWN]
        account.share.first_finished = later
        account.share.finished_count -= 1
        if later < 0:
            account.share.last_finished = -1
        else:
            rows[_ROW * later + _BEFORE_OWN] = -1
        before: i64 = rows[at + _BEFORE]
        after: i64 = rows[at + _AFTER]
        if before < 0:
            self._first = after
        else:
            rows[_ROW * before + _AFTER] = after
        if after < 0:
            self._last = before
        else:
            rows[_ROW * after + _BEFORE] = before
        order_id: i64 = rows[at + _ORDER_ID]
        self._slots.remove(order_id)
        choices: i64 = rows[at + _CHOICES]
        client_order_id: str | None = None
        if choices == _EVENT:
            client_order_id = self._events.pop(slot)[ORDER_CLIENT_ORDER_ID]
        elif choices & _CLIENT_ID:
            client_order_id = self._client_ids.pop(slot)
        if client_order_id is not None and account.client_ids.get(client_order_id) == order_id:
            del account.client_ids[client_order_id]
        rows[at + _AFTER] = self._free
        self._free = slot
