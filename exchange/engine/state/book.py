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
from exchange.engine.records.machine_words import i64
from exchange.engine.records.record_shapes import NARROW
from exchange.engine.records.record_words import TextWords
from exchange.engine.state.by_number import ByNumber
from exchange.engine.state.ledger import Account, Balance
from exchange.engine.state.prices import SortedPrices
from exchange.engine.state.symbols import MAX_UNITS, PPM, Symbol
from exchange.engine.state.trails import TrailGroup

#: What a market order without any bound would accept.
ANY_PRICE: Final = (MAX_UNITS, 0)


class Order:
    """An order and everything the core knows of it. Open quantity is quantity - filled: the quantity is
    without what self-trade prevention took off it (``Options.taken_lots``), which its events count."""

    __slots__ = (
        "account",
        "base",
        "book",
        "client",
        "client_order_id",
        "created_ns",
        "fee_minor",
        "fee_part",
        "fee_whole",
        "filled_lots",
        "filled_notional_minor",
        "held_in",
        "held_minor",
        "is_open",
        "kind",
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
        "seat_next",
        "seat_prev",
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
        seat: Seat,
        side: int,
        order_type: int,
        time_in_force: int,
        post_only: bool,
        price_ticks: int,
        quantity_lots: int,
        quote_amount_minor: int,
        stp: int,
        client_order_id: str | None,
        maker_ppm: int,
        taker_ppm: int,
        now_ns: int,
    ) -> None:
        """A new order; nothing is held or entered yet. Rates are in ppm, as they are now."""
        self.order_id = order_id
        self.account: Account = seat.account
        self.book: Book = seat.book
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.price_ticks = price_ticks
        self.quantity_lots = quantity_lots
        self.quote_amount_minor = quote_amount_minor
        self.stp = stp
        #: The choices that most orders keep, all in one word (``choices``).
        self.kind: i64 = kind_of(side, order_type, time_in_force, post_only, stp)
        self.client_order_id: str | None = client_order_id
        #: The same as records have it, once one was written.
        self.client: TextWords | None = None
        self.options: Options | None = None
        #: The worst price it trades at: its own, or a market order's bound.
        self.limit_ticks = price_ticks
        self.filled_lots = 0
        self.filled_notional_minor = 0
        #: Fee paid so far, and the sum of rate x notional it is rounded up from: whole minor units, and
        #: millionths of one.
        self.fee_minor = 0
        self.fee_whole = 0
        self.fee_part: i64 = 0
        self.maker_ppm = maker_ppm
        self.taker_ppm = taker_ppm
        #: What the order holds: base minor units of a sell, quote minor units of a buy.
        self.held_minor = 0
        #: Whether it is among the open ones (``Orders.add``).
        self.is_open = False
        self.status: int = m.NEW
        self.reason: int = m.REASON_NONE
        self.created_ns = now_ns
        self.updated_ns = now_ns
        self.seat: Seat = seat
        #: The account's balances it trades in, and the one of them it holds from.
        self.base: Balance = seat.base
        self.quote: Balance = seat.quote
        self.held_in: Balance = seat.quote if side == m.BUY else seat.base
        self.level: Level | None = None
        self.prev: Order | None = None
        self.next: Order | None = None
        #: Its neighbours among the open orders of its seat.
        self.seat_prev: Order | None = None
        self.seat_next: Order | None = None

    def renew(
        self,
        order_id: int,
        seat: Seat,
        side: int,
        order_type: int,
        time_in_force: int,
        post_only: bool,
        price_ticks: int,
        quantity_lots: int,
        stp: int,
        client_order_id: str | None,
        maker_ppm: int,
        taker_ppm: int,
        now_ns: int,
    ) -> None:
        """Let a plain order that has ended be a new one, as ``__init__`` makes it. It has neither neighbours
        nor level nor hold left."""
        self.order_id = order_id
        self.account = seat.account
        self.book = seat.book
        self.side = side
        self.order_type = order_type
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.price_ticks = price_ticks
        self.quantity_lots = quantity_lots
        self.quote_amount_minor = 0
        self.stp = stp
        self.kind = kind_of(side, order_type, time_in_force, post_only, stp)
        self.client_order_id = client_order_id
        self.client = None
        self.limit_ticks = price_ticks
        self.filled_lots = 0
        self.filled_notional_minor = 0
        self.fee_minor = 0
        self.fee_whole = 0
        self.fee_part = 0
        self.maker_ppm = maker_ppm
        self.taker_ppm = taker_ppm
        self.status = m.NEW
        self.reason = m.REASON_NONE
        self.created_ns = now_ns
        self.updated_ns = now_ns
        self.seat = seat
        self.base = seat.base
        self.quote = seat.quote
        self.held_in = seat.quote if side == m.BUY else seat.base

    def client_words(self) -> TextWords:
        """Its client id as records have it."""
        words = self.client
        if words is None:
            assert self.client_order_id is not None, f"order {self.order_id} has no client id"
            words = self.client = TextWords(self.client_order_id)
        return words

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
        fee = self.fee_due(rate, value) - self.fee_minor
        return value + fee if fee > 0 else value

    def fee_due(self, rate_ppm: int, value_minor: int) -> int:
        """What the fees of all its fills come to, rounded up, with one more worth this."""
        if value_minor > NARROW:
            return -(-(self.fee_accrued() + rate_ppm * value_minor) // PPM)
        rate: i64 = rate_ppm
        value: i64 = value_minor
        whole: i64 = value // PPM
        part: i64 = rate * (value - whole * PPM) + self.fee_part
        return self.fee_whole + int(rate * whole - -part // PPM)

    def accrue(self, rate_ppm: int, value_minor: int) -> int:
        """Add a fill worth this at this rate; what the fees of all come to, rounded up."""
        if value_minor > NARROW:
            self.start_accrual(self.fee_accrued() + rate_ppm * value_minor)
            return self.fee_whole + (1 if self.fee_part else 0)
        rate: i64 = rate_ppm
        value: i64 = value_minor
        whole: i64 = value // PPM
        part: i64 = rate * (value - whole * PPM) + self.fee_part
        more: i64 = part // PPM
        part -= more * PPM
        self.fee_part = part
        sum_minor = self.fee_whole + int(rate * whole + more)
        self.fee_whole = sum_minor
        return sum_minor + 1 if part else sum_minor

    def fee_accrued(self) -> int:
        """The sum of rate x notional, in millionths of a minor unit."""
        return self.fee_whole * PPM + int(self.fee_part)

    def start_accrual(self, accrued: int) -> None:
        """Let the sum of rate x notional be this."""
        self.fee_whole = accrued // PPM
        self.fee_part = accrued % PPM

    def choices(self) -> i64:
        """What it is and how it stands, all in one word: side, type, time in force, post-only, self-trade
        prevention, status, reason, from the lowest bit on."""
        status: i64 = self.status
        reason: i64 = self.reason
        return self.kind | status << 10 | reason << 13

    def turn_to_limit(self) -> None:
        """Be a limit order that stays, instead of a market order."""
        self.order_type, self.time_in_force = m.LIMIT, m.GTC
        self.kind = kind_of(self.side, m.LIMIT, m.GTC, self.post_only, self.stp)

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


def first_fee(rate_ppm: int, value_minor: int) -> int:
    """The fee of a fill worth this that is an order's only one."""
    if value_minor > NARROW:
        return -(-rate_ppm * value_minor // PPM)
    rate: i64 = rate_ppm
    value: i64 = value_minor
    whole: i64 = value // PPM
    return rate * whole - -rate * (value - whole * PPM) // PPM


def kind_of(side: i64, order_type: i64, time_in_force: i64, post_only: bool, stp: i64) -> i64:
    """The lowest bits of ``Order.choices``."""
    kind: i64 = side | order_type << 2 | time_in_force << 4 | stp << 8
    return kind | 128 if post_only else kind


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
        self.changed_ns: int = 0
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


def id_of(order: Order) -> int:
    """What orders are sorted by: their ids, which is the order they were entered in."""
    return order.order_id


class Level:
    """The orders at one price of one side, oldest first, and the open quantity they show together."""

    __slots__ = ("head", "hidden_lots", "next_changed", "price_ticks", "quantity_lots", "side", "tail")

    def __init__(self, side: int, price_ticks: int) -> None:
        self.side = side
        self.price_ticks = price_ticks
        self.quantity_lots = 0
        #: Open quantity of its icebergs that is not shown.
        self.hidden_lots = 0
        self.head: Order | None = None
        self.tail: Order | None = None
        #: The level that the command under way has changed after this one (``short_way``).
        self.next_changed: Level | None = None

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
        self.levels: ByNumber[Level] = ByNumber()
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

    def worse_than(self, level: Level) -> Level | None:
        """The level that trades after this one."""
        price = level.price_ticks
        key = self._keys.below(price if self.side == m.BUY else -price)
        return None if key is None else self.levels[key if self.side == m.BUY else -key]

    def _new_level(self, price: int) -> Level:
        level = self.levels[price] = Level(self.side, price)
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
        if not len(self.levels):
            self.best = None
            return
        key = self._keys.last()
        self.best = self.levels[key if self.side == m.BUY else -key]


class Seat:
    """An account in a symbol: its balances in base and quote, and its open orders."""

    __slots__ = ("_first", "_last", "account", "base", "book", "open_orders", "quote")

    def __init__(self, account: Account, book: Book) -> None:
        symbol = book.symbol
        self.account = account
        self.book = book
        self.base: Balance = account.balance(symbol.base)
        self.quote: Balance = account.balance(symbol.quote)
        #: Its open orders, linked from the first to the last, and how many they are.
        self._first: Order | None = None
        self._last: Order | None = None
        self.open_orders = 0

    def add(self, order: Order) -> None:
        """Note an order that is open from now on."""
        last = self._last
        if last is None:
            self._first = order
        else:
            last.seat_next = order
            order.seat_prev = last
        self._last = order
        self.open_orders += 1

    def remove(self, order: Order) -> None:
        """Note that an order is not open any more."""
        before, after = order.seat_prev, order.seat_next
        if before is None:
            self._first = after
        else:
            before.seat_next = after
            order.seat_prev = None
        if after is None:
            self._last = before
        else:
            after.seat_prev = before
            order.seat_next = None
        self.open_orders -= 1

    def orders(self) -> list[Order]:
        """Its open orders, as they became that."""
        found: list[Order] = []
        order = self._first
        while order is not None:
            found.append(order)
            order = order.seat_next
        return found


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
        "name",
        "number",
        "pegged",
        "pegged_asks",
        "pegged_bids",
        "reference_ticks",
        "seats",
        "symbol",
        "waiting",
    )

    def __init__(self, symbol: Symbol, fee_balance: Balance, number: int) -> None:
        self.symbol = symbol
        #: Its place among all books.
        self.number: int = number
        #: The symbol's name as records have it.
        self.name = TextWords(symbol.name)
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
        self.seats: ByNumber[Seat] = ByNumber()
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
        seat = self.seats[account.number] = Seat(account, self)
        return seat

    def orders_of(self, number: int) -> list[Order]:
        """The account's open orders."""
        seat = self.seats.get(number)
        return [] if seat is None else seat.orders()

    def open_orders_of(self, number: int) -> int:
        """How many they are."""
        seat = self.seats.get(number)
        return 0 if seat is None else seat.open_orders

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
