"""Price-time priority books: levels sorted by price, the orders of a level in arrival order.

The orders of a level form an intrusive doubly linked list, so that a cancel anywhere costs the same;
its links are cleared on removal, which leaves no reference cycles behind for a collector to find.
Both sides keep their prices so that the best is the last: the side that trades pops from the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sortedcontainers import SortedList

from exchange.engine import messages as m
from exchange.engine.ledger import Account, Balance
from exchange.engine.symbols import PPM, Symbol


class Order:
    """An order and everything the core knows of it. Open quantity is quantity - filled."""

    __slots__ = (
        "account",
        "base",
        "book",
        "client_order_id",
        "created_ns",
        "fee_accrued",
        "fee_minor",
        "filled_lots",
        "filled_notional_minor",
        "held_in",
        "held_minor",
        "level",
        "maker_ppm",
        "next",
        "order_id",
        "order_type",
        "post_only",
        "prev",
        "price_ticks",
        "quantity_lots",
        "quote",
        "quote_amount_minor",
        "reason",
        "side",
        "status",
        "stp",
        "taker_ppm",
        "time_in_force",
        "updated_ns",
    )

    def __init__(
        self,
        order_id: int,
        account: Account,
        book: Book,
        side: int,
        order_type: int,
        time_in_force: int,
        post_only: bool,
        stp: int,
        price_ticks: int,
        quantity_lots: int,
        quote_amount_minor: int,
        client_order_id: str | None,
        maker_ppm: int,
        taker_ppm: int,
        now_ns: int,
    ) -> None:
        self.order_id = order_id
        self.account = account
        self.client_order_id = client_order_id
        self.book = book
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.stp = stp
        self.price_ticks = price_ticks
        self.quantity_lots = quantity_lots
        self.quote_amount_minor = quote_amount_minor
        self.filled_lots = 0
        self.filled_notional_minor = 0
        #: Fee paid so far, and the sum of rate x notional it is rounded from (in millionths of a minor unit).
        self.fee_minor = 0
        self.fee_accrued = 0
        # Rates as they were at entry.
        self.maker_ppm = maker_ppm
        self.taker_ppm = taker_ppm
        #: What the order holds: base minor units of a sell, quote minor units of a buy.
        self.held_minor = 0
        self.status = m.NEW
        self.reason = m.REASON_NONE
        self.created_ns = now_ns
        self.updated_ns = now_ns
        #: The account's balances it trades in, and the one of them it holds from.
        self.base: Balance = account.balance(book.symbol.base)
        self.quote: Balance = account.balance(book.symbol.quote)
        self.held_in: Balance = self.quote if side == m.BUY else self.base
        self.level: Level | None = None
        self.prev: Order | None = None
        self.next: Order | None = None

    def hold_needed_minor(self) -> int:
        """What the open part may cost at worst, in the minor units of ``held_in``."""
        open_lots = self.quantity_lots - self.filled_lots
        return self.hold_for(open_lots, self.price_ticks, self.maker_ppm, self.taker_ppm)

    def hold_for(self, open_lots: int, price_ticks: int, maker_ppm: int, taker_ppm: int) -> int:
        """What these terms would hold: a sell its base; a buy its value at the limit price and the
        larger of the two fees on it, less what rounding up has already collected."""
        symbol = self.book.symbol
        if self.side == m.SELL:
            return open_lots * symbol.base_unit_minor
        value = price_ticks * open_lots * symbol.multiplier
        rate = max(maker_ppm, taker_ppm, 0)
        fee = -(-(self.fee_accrued + rate * value) // PPM) - self.fee_minor
        return value + fee if fee > 0 else value

    def event(self) -> m.Event:
        """The order as it is now, as an OrderEvent."""
        return (
            m.EV_ORDER,
            self.order_id,
            self.account.number,
            self.client_order_id,
            self.book.symbol.name,
            self.side,
            self.order_type,
            self.time_in_force,
            self.post_only,
            self.stp,
            self.price_ticks,
            self.quantity_lots,
            self.quote_amount_minor,
            self.filled_lots,
            self.filled_notional_minor,
            self.fee_minor,
            self.status,
            self.reason,
            self.created_ns,
            self.updated_ns,
        )


class Level:
    """The orders at one price of one side, oldest first, and their open quantity together."""

    __slots__ = ("head", "price_ticks", "quantity_lots", "tail")

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks = price_ticks
        self.quantity_lots = 0
        self.head: Order | None = None
        self.tail: Order | None = None


class BookSide:
    """The bids or the asks of a symbol. ``best`` is the level that trades first, or None."""

    __slots__ = ("_keys", "best", "levels", "side")

    def __init__(self, side: int) -> None:
        self.side = side
        self.levels: dict[int, Level] = {}
        self.best: Level | None = None
        # Bids as they are, asks negated: the best price is the largest key of either.
        self._keys: SortedList[int] = SortedList()

    def add(self, order: Order) -> Level:
        """Put an order at the back of its price's queue."""
        price = order.price_ticks
        level = self.levels.get(price)
        if level is None:
            level = self._new_level(price)
        tail = level.tail
        if tail is None:
            level.head = order
        else:
            tail.next = order
            order.prev = tail
        level.tail = order
        order.level = level
        level.quantity_lots += order.quantity_lots - order.filled_lots
        return level

    def remove(self, order: Order, level: Level) -> None:
        """Take an order out of its queue; its open quantity leaves the level with it."""
        before = order.prev
        after = order.next
        if before is None:
            level.head = after
        else:
            before.next = after
        if after is None:
            level.tail = before
        else:
            after.prev = before
        order.prev = order.next = None
        order.level = None
        level.quantity_lots -= order.quantity_lots - order.filled_lots
        if level.head is None:
            self._drop_level(level)

    def best_first(self) -> Iterator[Level]:
        """The levels in the order they trade. The side must not change while this runs."""
        for key in reversed(self._keys):
            yield self.levels[key if self.side == m.BUY else -key]

    def _new_level(self, price: int) -> Level:
        level = self.levels[price] = Level(price)
        self._keys.add(price if self.side == m.BUY else -price)
        best = self.best
        if best is None or (price > best.price_ticks if self.side == m.BUY else price < best.price_ticks):
            self.best = level
        return level

    def _drop_level(self, level: Level) -> None:
        price = level.price_ticks
        del self.levels[price]
        if self.best is not level:
            self._keys.remove(price if self.side == m.BUY else -price)
            return
        self._keys.pop()
        if self._keys:
            key = self._keys[-1]
            self.best = self.levels[key if self.side == m.BUY else -key]
        else:
            self.best = None


class Book:
    """Both sides of a symbol."""

    __slots__ = ("asks", "bids", "fee_balance", "symbol")

    def __init__(self, symbol: Symbol, fee_balance: Balance) -> None:
        self.symbol = symbol
        self.bids = BookSide(m.BUY)
        self.asks = BookSide(m.SELL)
        #: The fee account's balance in the quote asset.
        self.fee_balance = fee_balance

    def side(self, side: int) -> BookSide:
        return self.bids if side == m.BUY else self.asks

    def opposite(self, side: int) -> BookSide:
        return self.asks if side == m.BUY else self.bids

    def crosses(self, side: int, price_ticks: int) -> bool:
        """Whether an order of this side and price would meet the best opposite order."""
        best = self.opposite(side).best
        if best is None:
            return False
        return price_ticks >= best.price_ticks if side == m.BUY else price_ticks <= best.price_ticks

    def depth(self, side: int, limit: int | None = None) -> list[tuple[int, int]]:
        """(price_ticks, quantity_lots) of a side, best first."""
        levels = islice(self.side(side).best_first(), limit)
        return [(level.price_ticks, level.quantity_lots) for level in levels]
