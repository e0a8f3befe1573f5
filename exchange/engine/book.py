"""Price-time priority books: levels sorted by price, the orders of a level in arrival order.

The orders of a level form an intrusive doubly linked list, so that a cancel anywhere costs the same;
its links are cleared on removal, which leaves no reference cycles behind for a collector to find.
Both sides keep their prices so that the best is the last: the side that trades pops from the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from exchange.engine import messages as m
from exchange.engine.boxed import Boxed
from exchange.engine.extras import PLAIN, Extra
from exchange.engine.ledger import Account, Balance
from exchange.engine.prices import SortedPrices
from exchange.engine.symbols import MAX_UNITS, PPM, Symbol, rated

if TYPE_CHECKING:
    from exchange.engine.triggers import Triggers

#: What a market order without any bound would accept.
ANY_PRICE: Final = (MAX_UNITS, 0)


class Order:
    """An order and everything the core knows of it. Open quantity is quantity - filled."""

    __slots__ = (
        "account",
        "base",
        "book",
        "client_order_id",
        "created_ns",
        "extra",
        "fee_accrued",
        "fee_minor",
        "filled_lots",
        "filled_notional_minor",
        "held_in",
        "held_minor",
        "level",
        "limit_ticks",
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
        order_id: Boxed,
        account: Account,
        book: Book,
        command: m.Command,
        rates: tuple[int, int],
        now_ns: Boxed,
    ) -> None:
        """A new order as a PLACE tuple describes it; nothing is held or entered yet."""
        self.order_id: Boxed = order_id
        self.account = account
        self.book = book
        side: int = command[4]
        price_ticks: int = command[8]
        self.side = side
        self.order_type: int = command[5]
        self.time_in_force: int = command[6]
        self.post_only: bool = command[7]
        self.price_ticks = price_ticks
        self.quantity_lots: int = command[9]
        self.quote_amount_minor: int = command[10]
        self.stp: int = command[11]
        self.client_order_id: str | None = command[12]
        self.extra: Extra | None = None
        #: The worst price it trades at: its own, or a market order's bound.
        self.limit_ticks = price_ticks
        self.filled_lots = 0
        self.filled_notional_minor = 0
        #: Fee paid so far, and the sum of rate x notional it is rounded from (in millionths of a minor unit).
        self.fee_minor = 0
        self.fee_accrued = 0
        # Rates as they were at entry.
        self.maker_ppm, self.taker_ppm = rates
        #: What the order holds: base minor units of a sell, quote minor units of a buy.
        self.held_minor = 0
        self.status = m.NEW
        self.reason = m.REASON_NONE
        self.created_ns: Boxed = now_ns
        self.updated_ns: Boxed = now_ns
        #: The account's balances it trades in, and the one of them it holds from.
        base, quote = account.pairs.get(book.symbol.name) or account.pair(book.symbol)
        self.base: Balance = base
        self.quote: Balance = quote
        self.held_in: Balance = quote if side == m.BUY else base
        self.level: Level | None = None
        self.prev: Order | None = None
        self.next: Order | None = None

    def hold_needed_minor(self) -> int:
        """What the open part may cost at worst, in the minor units of ``held_in``: of a linked pair the
        larger of the two needs."""
        extra = self.extra
        if extra is None or extra.linked is None:
            return self.need_minor()
        return max(self.need_minor(), extra.linked.need_minor())

    def need_minor(self) -> int:
        """What the open part of this order alone may cost."""
        if self.quote_amount_minor:
            return self.quote_amount_minor
        open_lots = self.quantity_lots - self.filled_lots
        return self.hold_for(open_lots, self.price_ticks, self.maker_ppm, self.taker_ppm)

    def shown_lots(self) -> int:
        """The part of its open quantity that its level counts."""
        extra = self.extra
        if extra is not None and extra.display_lots:
            return extra.shown_lots
        return self.quantity_lots - self.filled_lots

    def is_waiting(self) -> bool:
        """Whether it waits off the book for its trigger, or for the market to trade."""
        return self.extra is not None and self.extra.waiting

    def hold_for(self, open_lots: int, price_ticks: int, maker_ppm: int, taker_ppm: int) -> int:
        """What these terms would hold: a sell its base; a buy its value at the limit price and the
        larger of the two fees on it, less what rounding up has already collected."""
        symbol = self.book.symbol
        if self.side == m.SELL:
            return open_lots * symbol.base_unit_minor
        value = price_ticks * open_lots * symbol.multiplier
        # Never negative: a rebate on one side is at most the fee on the other.
        rate = maker_ppm if maker_ppm > taker_ppm else taker_ppm
        fee = -(-(self.fee_accrued + rated(rate, value)) // PPM) - self.fee_minor
        return value + fee if fee > 0 else value

    def event(self) -> m.Event:
        """The order as it is now, as an OrderEvent."""
        event = (
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
        if self.extra is None:
            return event
        view = self.extra.view()
        return event if view == PLAIN else (*event, view)


def id_of(order: Order) -> Boxed:
    """What orders are sorted by: their ids, which is the order they were entered in."""
    return order.order_id


class Level:
    """The orders at one price of one side, oldest first, and the open quantity they show together."""

    __slots__ = ("head", "hidden_lots", "price_ticks", "quantity_lots", "tail")

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks = price_ticks
        self.quantity_lots = 0
        #: Open quantity of its icebergs that is not shown.
        self.hidden_lots = 0
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
        self._keys = SortedPrices()

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
        open_lots = order.quantity_lots - order.filled_lots
        extra = order.extra
        if extra is None or not extra.display_lots:
            level.quantity_lots += open_lots
        else:
            extra.shown_lots = min(extra.display_lots, open_lots)
            level.quantity_lots += extra.shown_lots
            level.hidden_lots += open_lots - extra.shown_lots
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
        open_lots = order.quantity_lots - order.filled_lots
        extra = order.extra
        if extra is None or not extra.display_lots:
            level.quantity_lots -= open_lots
        else:
            level.quantity_lots -= extra.shown_lots
            level.hidden_lots -= open_lots - extra.shown_lots
        if level.head is None:
            self._drop_level(level)

    def to_the_back(self, order: Order, level: Level) -> None:
        """Move an iceberg to the end of its queue, with its next part to show."""
        if level.head is level.tail:
            self._show_next(order, level)
            return
        self.remove(order, level)
        self.add(order)

    def _show_next(self, order: Order, level: Level) -> None:
        """Let an iceberg that is the only order of its level show its next part where it stands."""
        extra = order.extra
        assert extra is not None, f"order {order.order_id} is no iceberg"
        shown = min(extra.display_lots, order.quantity_lots - order.filled_lots)
        level.quantity_lots += shown - extra.shown_lots
        level.hidden_lots -= shown - extra.shown_lots
        extra.shown_lots = shown

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
        self._keys.remove(price if self.side == m.BUY else -price)
        if self.best is not level:
            return
        key = self._keys.last()
        self.best = None if key is None else self.levels[key if self.side == m.BUY else -key]


class Book:
    """Both sides of a symbol."""

    __slots__ = (
        "asks",
        "bids",
        "day_orders",
        "fee_balance",
        "fired",
        "last_ticks",
        "reference_ticks",
        "symbol",
        "triggers",
        "waiting",
    )

    def __init__(self, symbol: Symbol, fee_balance: Balance, triggers: Triggers) -> None:
        self.symbol = symbol
        self.bids = BookSide(m.BUY)
        self.asks = BookSide(m.SELL)
        #: The fee account's balance in the quote asset.
        self.fee_balance = fee_balance
        self.triggers = triggers
        #: How many orders wait, those fired included.
        self.waiting = 0
        #: Orders whose trigger has fired and that have not entered yet, in the order they fired.
        self.fired: deque[Order] = deque()
        #: Open DAY orders of a symbol that follows a calendar.
        self.day_orders: dict[int, Order] = {}
        #: Prices of the latest trade and of reference (rule B4); 0: none yet.
        self.last_ticks = 0
        self.reference_ticks = 0

    def side(self, side: int) -> BookSide:
        return self.bids if side == m.BUY else self.asks

    def opposite(self, side: int) -> BookSide:
        return self.asks if side == m.BUY else self.bids

    def watched_ticks(self, side: int, source: int) -> int:
        """The price that a trigger of this side and source watches, 0 if there is none. The quote of a book
        in which orders only gather is nobody's price."""
        if source == m.LAST:
            return self.last_ticks
        if self.symbol.status != m.TRADING:
            return 0
        best = self.opposite(side).best
        return 0 if best is None else best.price_ticks

    def is_crossed(self) -> bool:
        bid, ask = self.bids.best, self.asks.best
        return bid is not None and ask is not None and bid.price_ticks >= ask.price_ticks

    def crosses(self, side: int, price_ticks: int) -> bool:
        """Whether an order of this side and price would meet the best opposite order."""
        best = (self.asks if side == m.BUY else self.bids).best
        if best is None:
            return False
        return price_ticks >= best.price_ticks if side == m.BUY else price_ticks <= best.price_ticks

    def depth(self, side: int, limit: int | None = None) -> list[tuple[int, int]]:
        """(price_ticks, quantity_lots) of a side, best first."""
        levels = islice(self.side(side).best_first(), limit)
        return [(level.price_ticks, level.quantity_lots) for level in levels]
