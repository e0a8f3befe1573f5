"""Price-time priority books: levels sorted by price, the orders of a level in arrival order.

The orders of a level form an intrusive doubly linked list, so that a cancel anywhere costs the same;
its links are cleared on removal, which leaves no reference cycles behind for a collector to find.
Both sides keep their prices so that the best is the last: the side that trades pops from the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_CLIENT_ORDER_ID,
    PLACE_ORDER_TYPE,
    PLACE_POST_ONLY,
    PLACE_PRICE_TICKS,
    PLACE_QUANTITY_LOTS,
    PLACE_QUOTE_AMOUNT_MINOR,
    PLACE_SIDE,
    PLACE_STP,
    PLACE_TIME_IN_FORCE,
)
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.ledger import Account, Balance
from tests.exchange.engine.reference_core.state.prices import SortedPrices
from tests.exchange.engine.reference_core.state.symbols import MAX_UNITS, PPM, Symbol, rated
from tests.exchange.engine.reference_core.state.trails import TrailGroup

#: What a market order without any bound would accept.
ANY_PRICE: Final = (MAX_UNITS, 0)


class Order:
    """An order and everything the core knows of it. Open quantity is quantity - filled: the quantity is
    without what self-trade prevention took off it (``Options.taken_lots``), which its events count."""

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
        "limit_ticks",
        "maker_ppm",
        "next",
        "options",
        "order_id",
        "order_type",
        "post_only",
        "prev",
        "price_ticks",
        "quantity_lots",
        "quote",
        "quote_amount_minor",
        "reason",
        "seat",
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
        side: int = command[PLACE_SIDE]
        price_ticks: int = command[PLACE_PRICE_TICKS]
        self.side = side
        self.order_type: int = command[PLACE_ORDER_TYPE]
        self.time_in_force: int = command[PLACE_TIME_IN_FORCE]
        self.post_only: bool = command[PLACE_POST_ONLY]
        self.price_ticks = price_ticks
        self.quantity_lots: int = command[PLACE_QUANTITY_LOTS]
        self.quote_amount_minor: int = command[PLACE_QUOTE_AMOUNT_MINOR]
        self.stp: int = command[PLACE_STP]
        self.client_order_id: str | None = command[PLACE_CLIENT_ORDER_ID]
        self.options: Options | None = None
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
        seat = book.seats.get(account.number) or book.seat(account)
        self.seat: Seat = seat
        #: The account's balances it trades in, and the one of them it holds from.
        self.base: Balance = seat.base
        self.quote: Balance = seat.quote
        self.held_in: Balance = seat.quote if side == m.BUY else seat.base
        self.level: Level | None = None
        self.prev: Order | None = None
        self.next: Order | None = None

    def hold_needed_minor(self) -> int:
        """What the open part may cost at worst, in the minor units of ``held_in``: of a linked pair the
        larger of the two needs."""
        options = self.options
        if options is None:
            return self.need_minor()
        if options.second:
            # It is funded when its working order is filled (rule L9).
            return 0
        if options.linked is None:
            return self.need_minor()
        return max(self.need_minor(), options.linked.need_minor())

    def need_minor(self) -> int:
        """What the open part of this order alone may cost."""
        if self.quote_amount_minor:
            return self.quote_amount_minor
        open_lots = self.quantity_lots - self.filled_lots
        return self.hold_for(open_lots, self.price_ticks, self.maker_ppm, self.taker_ppm)

    def shown_lots(self) -> int:
        """The part of its open quantity that its level counts."""
        options = self.options
        if options is not None and options.display_lots:
            return options.shown_lots
        return self.quantity_lots - self.filled_lots

    def is_unseen(self) -> bool:
        """Whether neither the book nor the feed shows it where it rests."""
        return self.order_type == m.MARKET or (self.options is not None and self.options.peg != m.NO_PEG)

    def is_waiting(self) -> bool:
        """Whether it waits off the book for its trigger, or for the market to trade."""
        return self.options is not None and self.options.waiting

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
        options = self.options
        quantity_lots = self.quantity_lots
        if options is not None:
            quantity_lots += options.taken_lots
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
            quantity_lots,
            self.quote_amount_minor,
            self.filled_lots,
            self.filled_notional_minor,
            self.fee_minor,
            self.status,
            self.reason,
            self.created_ns,
            self.updated_ns,
        )
        if options is None:
            return event
        view = options.view()
        return event if view == PLAIN else (*event, view)


class Options:
    """The fields of OrderTerms and OrderExtra by their names, and how the order stands with them."""

    __slots__ = (
        "changed_ns",
        "collar_from_ticks",
        "display_lots",
        "entry_order_id",
        "exits",
        "expire_ns",
        "linked",
        "linked_order_id",
        "min_lots",
        "pair",
        "peg",
        "peg_offset_ticks",
        "prevented_lots",
        "prevented_minor",
        "quote_id",
        "reprice",
        "second",
        "seconds",
        "session",
        "shown_lots",
        "taken_lots",
        "to_exit_lots",
        "to_limit",
        "trail_group",
        "trail_ppm",
        "trail_ticks",
        "trigger",
        "trigger_now",
        "trigger_source",
        "trigger_ticks",
        "triggered_ns",
        "waiting",
    )

    def __init__(self, terms: tuple[Any, ...] = m.OrderTerms()) -> None:
        named = m.OrderTerms(*terms)
        self.expire_ns: int = named.expire_ns
        self.reprice: bool = named.reprice
        self.display_lots: int = named.display_lots
        self.trigger: int = named.trigger
        self.trigger_source: int = named.trigger_source
        self.trigger_ticks: int = named.trigger_ticks
        self.trail_ticks: int = named.trail_ticks
        self.trail_ppm: int = named.trail_ppm
        self.trigger_now: bool = named.trigger_now
        self.session: str | None = named.session
        self.to_limit: bool = named.to_limit
        self.min_lots: int = named.min_lots
        self.peg: int = named.peg
        self.peg_offset_ticks: int = named.peg_offset_ticks
        #: Off the book until its trigger has fired and the symbol trades.
        self.waiting = self.trigger != m.NO_TRIGGER
        self.triggered_ns = 0
        #: Of an iceberg on the book: the part of its open quantity that the level counts.
        self.shown_lots = 0
        self.prevented_lots = 0
        #: The part of ``prevented_lots`` that is gone from the order's quantity but counted in its events.
        self.taken_lots = 0
        #: When its trigger price, or of a pegged order any of its terms, was last changed; 0: never.
        self.changed_ns: Boxed = 0
        #: The price that the collar of a fired order counts from; 0: the best opposite one.
        self.collar_from_ticks = 0
        #: Value that self-trade prevention took off a quote-amount sell.
        self.prevented_minor = 0
        #: The other leg of an OCO; None once either has ended. Its id stays.
        self.linked: Order | None = None
        self.linked_order_id = 0
        self.entry_order_id = 0
        #: Of a bracket's entry: the terms of its exits, the exits entered, and lots bought but not in them
        #: yet.
        self.exits: tuple[int, int, int, int] | None = None
        self.pair: tuple[Order, Order] | None = None
        self.to_exit_lots = 0
        #: Of an order that another triggers: how it stands. Of one that triggers others: those, while it
        #: is open.
        self.second: int = m.NOT_SECOND
        self.seconds: tuple[Order, ...] = ()
        #: Of a side of a quote: the quote's name.
        self.quote_id: str | None = None
        #: Of a waiting trailing stop: those it moves together with.
        self.trail_group: TrailGroup | None = None

    def hide_trail(self) -> None:
        """Hide the trigger price of a trailing stop that has not fired."""
        if self.trigger == m.TRAILING_STOP:
            self.trigger_ticks = 0

    def view(self) -> tuple[Any, ...]:
        """As an OrderExtra; without the fields that have been appended to it where they say nothing."""
        view = (
            self.expire_ns,
            self.reprice,
            self.display_lots,
            self.trigger,
            self.trigger_source,
            self.trigger_ticks,
            self.trail_ticks,
            self.trail_ppm,
            self.trigger_now,
            self.session,
            self.triggered_ns,
            self.prevented_lots,
            self.linked_order_id,
            self.entry_order_id,
            self.exits,
        )
        if not (self.to_limit or self.min_lots or self.second or self.quote_id is not None or self.peg):
            return view
        later = (self.to_limit, self.min_lots, self.second, self.quote_id)
        return (*view, *later, self.peg, self.peg_offset_ticks) if self.peg else (*view, *later)


#: The view of an order that has nothing beyond a simple one.
PLAIN: tuple[Any, ...] = Options().view()


def options_of(order: Order) -> Options:
    """The order's options, made at first use."""
    found = order.options
    if found is None:
        found = order.options = Options()
    return found


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

    def orders(self) -> Iterator[Order]:
        """In the order of the queue, which must not change while this runs."""
        order = self.head
        while order is not None:
            yield order
            order = order.next


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
        options = order.options
        if options is None or not options.display_lots:
            level.quantity_lots += open_lots
        else:
            options.shown_lots = min(options.display_lots, open_lots)
            level.quantity_lots += options.shown_lots
            level.hidden_lots += open_lots - options.shown_lots
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
        options = order.options
        if options is None or not options.display_lots:
            level.quantity_lots -= open_lots
        else:
            level.quantity_lots -= options.shown_lots
            level.hidden_lots -= open_lots - options.shown_lots
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
        options = order.options
        assert options is not None, f"order {order.order_id} is no iceberg"
        shown = min(options.display_lots, order.quantity_lots - order.filled_lots)
        level.quantity_lots += shown - options.shown_lots
        level.hidden_lots -= shown - options.shown_lots
        options.shown_lots = shown

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


class Seat:
    """An account in a symbol: its balances in base and quote, and its open orders by id."""

    __slots__ = ("base", "orders", "quote")

    def __init__(self, base: Balance, quote: Balance) -> None:
        self.base = base
        self.quote = quote
        self.orders: dict[int, Order] = {}


class Book:
    """Both sides of a symbol, and the accounts that have a seat there."""

    __slots__ = (
        "asks",
        "auction_orders",
        "bids",
        "day_orders",
        "fee_balance",
        "fired",
        "last_ticks",
        "market_asks",
        "market_bids",
        "pegged",
        "pegged_asks",
        "pegged_bids",
        "reference_ticks",
        "seats",
        "symbol",
        "waiting",
    )

    def __init__(self, symbol: Symbol, fee_balance: Balance) -> None:
        self.symbol = symbol
        self.bids = BookSide(m.BUY)
        self.asks = BookSide(m.SELL)
        #: Market orders that gather for an auction, at the worst price each may trade at. No one sees them.
        self.market_bids = BookSide(m.BUY)
        self.market_asks = BookSide(m.SELL)
        #: Pegged orders, at the worst price each may trade at. No one sees them.
        self.pegged_bids = BookSide(m.BUY)
        self.pegged_asks = BookSide(m.SELL)
        #: Whether there may be any: where it says no, nobody has to look.
        self.pegged = False
        #: The fee account's balance in the quote asset.
        self.fee_balance = fee_balance
        #: account -> its seat, once it has placed an order here
        self.seats: dict[int, Seat] = {}
        #: How many orders wait, those fired included.
        self.waiting = 0
        #: Orders whose trigger has fired and that have not entered yet, in the order they fired.
        self.fired: deque[Order] = deque()
        #: Open DAY orders of a symbol that follows a calendar.
        self.day_orders: dict[int, Order] = {}
        #: Open orders for the opening or the closing auction alone.
        self.auction_orders: dict[int, Order] = {}
        #: Prices of the latest trade and of reference (rule B4); 0: none yet.
        self.last_ticks = 0
        self.reference_ticks = 0

    def seat(self, account: Account) -> Seat:
        """The account's seat, made for its first order."""
        symbol = self.symbol
        seat = self.seats[account.number] = Seat(account.balance(symbol.base), account.balance(symbol.quote))
        return seat

    def orders_of(self, number: int) -> dict[int, Order]:
        """The account's open orders by id."""
        seat = self.seats.get(number)
        return {} if seat is None else seat.orders

    def sides(self) -> tuple[BookSide, ...]:
        """All that orders rest on."""
        unseen = (self.market_bids, self.market_asks, self.pegged_bids, self.pegged_asks)
        return (self.bids, self.asks, *unseen)

    def side(self, side: int) -> BookSide:
        return self.bids if side == m.BUY else self.asks

    def home(self, order: Order) -> BookSide:
        """Where an order rests, or would."""
        if order.order_type == m.MARKET:
            return self.market_bids if order.side == m.BUY else self.market_asks
        if order.is_unseen():
            self.pegged = True
            return self.pegged_bids if order.side == m.BUY else self.pegged_asks
        return self.bids if order.side == m.BUY else self.asks

    def opposite(self, side: int) -> BookSide:
        return self.asks if side == m.BUY else self.bids

    def has_pegs(self, side: int) -> bool:
        """Whether there are pegged orders that an order of this side might meet."""
        return (self.pegged_asks if side == m.BUY else self.pegged_bids).best is not None

    def watched_ticks(self, side: int, source: int) -> int:
        """The price that a trigger of this side and source watches, 0 if there is none. The quote of a book
        in which orders only gather does not count."""
        if source == m.LAST:
            return self.last_ticks
        if self.symbol.status != m.TRADING:
            return 0
        best = self.opposite(side).best
        return 0 if best is None else best.price_ticks

    def is_crossed(self) -> bool:
        """Whether two limit orders could trade with one another."""
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


def has_days_to_end(book: Book) -> bool:
    """Whether DAY orders have outlived the close of their symbol: none enters while it is closed."""
    return book.symbol.status == m.CLOSED and bool(book.day_orders)


def is_overdue(order: Order, now_ns: int) -> bool:
    """Whether the order's time is up."""
    return order.options is not None and 0 < order.options.expire_ns <= now_ns
