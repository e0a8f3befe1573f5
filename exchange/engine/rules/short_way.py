"""The short way through the core: plain orders and cancels, from record to record.

What most commands are is carried out here on the same state as all the rest, without a tuple. Each handler
first makes sure that nothing but what it knows is met, and says no before it has changed anything where that
is not so; the command then goes the long way, by ``Trading``. Refusals do too.
"""

from __future__ import annotations

from typing import Final

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.places import CANCEL_ORDER_ID, PLACE_SYMBOL
from exchange.engine.messages.version_numbers import FIRST_RULES
from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_reader import record_words
from exchange.engine.records.record_shapes import NO_TEXT, WHOLE
from exchange.engine.records.record_writer import RecordWriter
from exchange.engine.rules.checks import allowed_value
from exchange.engine.rules.hot_records import HotRecords
from exchange.engine.rules.market import Market
from exchange.engine.rules.placements import Placement
from exchange.engine.rules.plain_events import PlainEvents, TupleEvents
from exchange.engine.state.book import Book, BookSide, Level, Order, Seat, first_fee
from exchange.engine.state.ledger import Account
from exchange.engine.state.root import State

_TAG_MASK: Final = 255
#: More words than a command that makes no trade writes, but for texts.
_ROOM: Final = 256
#: The product of two up to here is a machine word.
_HALF: Final = (1 << 31) - 1


class ShortWay:
    """Carries out plain commands on the state; their events go to the row of the batch."""

    __slots__ = (
        "_asked",
        "_book",
        "_events",
        "_first_changed",
        "_free",
        "_hot",
        "_last_changed",
        "_market",
        "_row",
        "_state",
        "_tuples",
        "_writer",
        "carried",
    )

    def __init__(self, state: State, market: Market, writer: RecordWriter) -> None:
        self._state = state
        self._market = market
        self._writer = writer
        self._row = writer.row
        self._hot = HotRecords(writer.row)
        self._tuples = TupleEvents()
        #: Which of the two the command under way reports to.
        self._events: PlainEvents = self._hot
        #: The order that the command under way asks for.
        self._asked = Placement()
        #: The book that the last command was about.
        self._book: Book | None = None
        #: Levels that the command under way has changed: the first and the last, linked by ``next_changed``.
        self._first_changed: Level | None = None
        self._last_changed: Level | None = None
        #: Orders that have ended here and may be used again, linked by ``next``. Nothing else knows them.
        self._free: Order | None = None
        #: How many commands it has carried out.
        self.carried: i64 = 0

    def apply(self, batch: bytes, at: i64, head: i64, now_ns: int) -> bool:
        """Carry out the command whose record begins here, if it is one of these."""
        state = self._state
        if (
            head & WHOLE != 0
            or now_ns < state.now_ns
            or now_ns >= state.day_ends_ns
            or state.rules_version == FIRST_RULES
            or state.simple_meetings < 0
        ):
            return False
        tag: i64 = head & _TAG_MASK
        if tag == m.PLACE:
            return self._place(batch, at, head, now_ns)
        return tag == m.CANCEL and self._cancel(batch, at, head, now_ns)

    def apply_tuple(self, tag: int, command: m.Command, account: Account) -> list[m.Event] | None:
        """The same of a command as a tuple, which has its place in the sequence; its events, or None."""
        state = self._state
        if (
            (tag != m.PLACE and tag != m.CANCEL)
            or state.rules_version == FIRST_RULES
            or state.simple_meetings < 0
        ):
            return None
        if tag == m.PLACE:
            book = state.books.get(command[PLACE_SYMBOL])
            if book is None or not _is_plain(book) or not self._asked.take(command):
                return None
            seat = book.seats.get(account.number) or book.seat(account)
            self._events = self._tuples
            if not self._carries_out(seat, state.now_ns):
                return None
        else:
            book = self._cancels(command, account)
            if book is None:
                return None
        events = self._tuples.events
        state.note_reply(events)
        self._report(book)
        self._tuples.events = []
        return events

    def _cancels(self, command: m.Command, account: Account) -> Book | None:
        """Carry out a cancel as a tuple; the book it was in, None if it goes the long way."""
        order_id: int = command[CANCEL_ORDER_ID]
        order = self._state.orders.open.get(order_id)
        if order is None or order.account is not account or not _is_plain_rest(order):
            return None
        book = order.book
        self._events = self._tuples
        self._take_out(order)
        return book

    # --- place -----------------------------------------------------------------------------------

    def _place(self, batch: bytes, at: i64, head: i64, now_ns: int) -> bool:
        asked = self._asked
        if not asked.read(batch, at, head) or asked.order_type != m.LIMIT or asked.time_in_force == m.FOK:
            return False
        book = self._book
        name_at: i64 = at + 8 * places.PLACE_SYMBOL
        if book is None or not book.name.is_at(batch, name_at, asked.symbol_end):
            book = self._state.book_at(batch, name_at, asked.symbol_end)
            if book is None:
                return False
            self._book = book
        if not _is_plain(book):
            return False
        seat = book.seats.get(asked.account)
        if seat is None:
            trader = self._state.trader(asked.account)
            if trader is None:
                return False
            seat = book.seat(trader)
        account = seat.account
        if self._state.memory.knows(account, batch, at + 8 * places.COMMAND_ID, asked.id_end):
            return False
        start: i64 = self._row.at
        self._events = self._hot
        state = self._state
        state.sequence += 1
        before, state.now_ns = state.now_ns, now_ns
        if not self._carries_out(seat, now_ns):
            state.sequence -= 1
            state.now_ns = before
            return False
        self._finish_command(batch, at, head, book, account, start)
        return True

    def _carries_out(self, seat: Seat, now_ns: int) -> bool:
        """Carry out the order that is asked for, unless it meets what the short way does not know."""
        asked, book = self._asked, seat.book
        if not self._lets_in(seat):
            return False
        value = _allowed_value(book, asked.price_ticks, asked.quantity_lots)
        if value == 0:
            return False
        opposite = book.asks if asked.side == m.BUY else book.bids
        crosses = book.crosses(asked.side, asked.price_ticks)
        if crosses and (asked.post_only or not self._meets_plain(opposite, seat.account.owner)):
            return False
        order = self._funded(seat, value, now_ns)
        if order is None:
            return False
        self._enter(order, book, opposite, crosses)
        return True

    def _lets_in(self, seat: Seat) -> bool:
        """Whether nothing about the account refuses the order that is asked for."""
        account = seat.account
        client_order_id = self._asked.client_order_id
        return (
            account.status == m.ACTIVE
            and account.open_orders < self._state.orders_per_account
            and seat.open_orders < seat.book.symbol.max_open_orders
            and (client_order_id is None or client_order_id not in account.client_ids)
        )

    def _funded(self, seat: Seat, value: int, now_ns: int) -> Order | None:
        """The order that is asked for, worth this at its limit, with what it holds; None, and nothing done,
        if its account cannot pay for it. From here on nothing refuses the command."""
        asked, state = self._asked, self._state
        symbol = seat.book.symbol
        maker_ppm = symbol.maker_ppm
        taker_ppm = symbol.taker_ppm
        if seat.account.fees:
            own = seat.account.fees.get(symbol.name)
            if own is not None:
                maker_ppm, taker_ppm = own
        if asked.side == m.BUY:
            holder = seat.quote
            required = value + first_fee(maker_ppm if maker_ppm > taker_ppm else taker_ppm, value)
        else:
            holder = seat.base
            required = int(asked.quantity_lots) * symbol.base_unit_minor
        if required > holder.available:
            return None
        order = self._new_order(seat, maker_ppm, taker_ppm, now_ns)
        state.next_order_id += 1
        self.carried += 1
        holder.available -= required
        holder.held += required
        state.ledger.touch(holder)
        order.held_minor = required
        return order

    def _new_order(self, seat: Seat, maker_ppm: int, taker_ppm: int, now_ns: int) -> Order:
        """The order that is asked for, with the next id; nothing is held or entered yet."""
        asked = self._asked
        order = self._free
        if order is None:
            return Order(
                self._state.next_order_id,
                seat,
                asked.side,
                asked.order_type,
                asked.time_in_force,
                asked.post_only,
                asked.price_ticks,
                asked.quantity_lots,
                0,
                asked.stp,
                asked.client_order_id,
                maker_ppm,
                taker_ppm,
                now_ns,
            )
        self._free = order.next
        order.next = None
        order.renew(
            self._state.next_order_id,
            seat,
            asked.side,
            asked.order_type,
            asked.time_in_force,
            asked.post_only,
            asked.price_ticks,
            asked.quantity_lots,
            asked.stp,
            asked.client_order_id,
            maker_ppm,
            taker_ppm,
            now_ns,
        )
        return order

    def _meets_plain(self, side: BookSide, owner: int) -> bool:
        """Whether the order that is asked for would meet plain orders of other owners only, and not so many
        that a bound of its trades or of its reply comes near."""
        most: i64 = self._state.simple_meetings
        price: i64 = self._asked.price_ticks
        lots: i64 = self._asked.quantity_lots
        level = side.best
        sells = side.side == m.SELL
        while level is not None:
            level_price: i64 = level.price_ticks
            if level_price > price if sells else level_price < price:
                return True
            maker = level.head
            while maker is not None:
                if maker.options is not None or maker.account.owner == owner or most <= 0:
                    return False
                most -= 1
                open_lots: i64 = maker.quantity_lots - maker.filled_lots
                lots -= open_lots
                if lots <= 0:
                    return True
                maker = maker.next
            level = side.worse_than(level)
        return True

    def _enter(self, order: Order, book: Book, opposite: BookSide, crosses: bool) -> None:
        """Match a funded order, then let it rest or end it. Its own event comes first."""
        events = self._events
        self._row.make_room(_ROOM)
        if crosses:
            events.reserve(order)
            self._match(order, book, opposite)
        rests = self._rests(order, book)
        if crosses:
            self._row.make_room(_ROOM)
            events.fill(order)
        else:
            events.order(order)
        if not rests:
            self._forget(order)

    def _rests(self, order: Order, book: Book) -> bool:
        """Put what is left of an order after matching on its book, or end it; whether it rests."""
        state = self._state
        if order.filled_lots == order.quantity_lots:
            state.orders.end(order, m.FILLED, m.REASON_NONE, state.now_ns)
            return False
        if order.time_in_force == m.IOC:
            state.orders.end(order, m.CANCELED, m.REASON_IOC_REMAINDER, state.now_ns)
            return False
        if order.filled_lots:
            order.status = m.PARTIALLY_FILLED
            if order.side == m.BUY:
                state.orders.rehold(order)
        self._note((book.bids if order.side == m.BUY else book.asks).add(order))
        state.orders.add(order)
        return True

    def _match(self, taker: Order, book: Book, side: BookSide) -> None:
        """Trade with plain makers until the taker is filled or nothing crosses it."""
        state, events, row, matcher = self._state, self._events, self._row, self._market.matcher
        buys = taker.side == m.BUY
        limit: i64 = taker.limit_ticks
        wanted: i64 = taker.quantity_lots
        taker_ppm = taker.taker_ppm
        level = side.best
        while level is not None and wanted > 0:
            price: i64 = level.price_ticks
            if price > limit if buys else price < limit:
                return
            self._note(level)
            while wanted > 0:
                maker = level.head
                if maker is None:
                    break
                row.make_room(_ROOM)
                open_lots: i64 = maker.quantity_lots - maker.filled_lots
                lots: i64 = wanted if wanted < open_lots else open_lots
                sums = matcher.settle_trade(taker, taker_ppm, maker, price, lots)
                maker.updated_ns = state.now_ns
                if not book.reference_ticks:
                    book.reference_ticks = price
                events.trade(state.next_trade_id, price, lots, taker, maker, sums)
                state.next_trade_id += 1
                level.quantity_lots -= int(lots)
                wanted -= lots
                if lots == open_lots:
                    side.remove(maker, level)
                    state.orders.end(maker, m.FILLED, m.REASON_NONE, state.now_ns)
                    events.order(maker)
                    self._forget(maker)
                else:
                    maker.status = m.PARTIALLY_FILLED
                    if not buys:
                        state.orders.rehold(maker)
                    events.order(maker)
            level = side.best

    # --- cancel ----------------------------------------------------------------------------------

    def _cancel(self, batch: bytes, at: i64, head: i64, now_ns: int) -> bool:
        state = self._state
        order = state.orders.open.get(read_word(batch, at + 8 * places.CANCEL_ORDER_ID))
        if order is None:
            return False
        book, account = order.book, order.account
        id_at: i64 = at + 8 * places.COMMAND_ID
        if (
            account.number != read_word(batch, at + 8 * places.COMMAND_ACCOUNT)
            or read_word(batch, id_at) == NO_TEXT
            or state.memory.knows(account, batch, id_at, at + 8 * places.CANCEL_WORDS)
            or not _is_plain_rest(order)
        ):
            return False
        state.sequence += 1
        state.now_ns = now_ns
        start: i64 = self._row.at
        self._row.make_room(_ROOM)
        self._events = self._hot
        self._take_out(order)
        self._finish_command(batch, at, head, book, account, start)
        return True

    def _take_out(self, order: Order) -> None:
        """Cancel an order that rests."""
        level, book = order.level, order.book
        assert level is not None, f"order {order.order_id} does not rest"
        self.carried += 1
        (book.bids if order.side == m.BUY else book.asks).remove(order, level)
        self._state.orders.end(order, m.CANCELED, m.REASON_USER, self._state.now_ns)
        self._events.order(order)
        self._forget(order)
        self._note(level)

    # --- both ------------------------------------------------------------------------------------

    def _forget(self, order: Order) -> None:
        """Remember an order that has ended, and keep it to be used again."""
        self._state.orders.past.remember_plain(order)
        order.next = self._free
        self._free = order

    def _note(self, level: Level) -> None:
        """Note that the command changes this level, so that it is reported at its end."""
        last = self._last_changed
        if last is None:
            self._first_changed = level
        else:
            last.next_changed = level
        self._last_changed = level

    def _finish_command(
        self, batch: bytes, at: i64, head: i64, book: Book, account: Account, start: i64
    ) -> None:
        """Remember the command with its reply, report levels and balances, end its events."""
        state, row = self._state, self._row
        count: i64 = record_words(head)
        state.memory.keep_words(
            account, state.sequence, state.now_ns, row.words, start, row.at, batch, at, count
        )
        self._report(book)
        self._writer.end(state.sequence, state.now_ns)

    def _report(self, book: Book) -> None:
        """Report the levels and balances that the command has changed."""
        row, events = self._row, self._events
        level = self._first_changed
        while level is not None:
            row.make_room(_ROOM)
            events.level(book, level)
            after = level.next_changed
            level.next_changed = None
            level = after
        self._first_changed = self._last_changed = None
        ledger = self._state.ledger
        balance = ledger.first_touched
        while balance is not None:
            row.make_room(_ROOM)
            events.balance(balance)
            balance = ledger.next_touched(balance)


def _allowed_value(book: Book, price: i64, lots: i64) -> int:
    """As ``checks.allowed_value``, in machine words where they are enough."""
    symbol = book.symbol
    if (
        price > _HALF
        or lots > _HALF
        or symbol.lot_step != 1
        or symbol.multiplier != 1
        or symbol.band_ppm
        or symbol.max_notional_minor
    ):
        return allowed_value(price, lots, book)
    value: i64 = price * lots
    if (
        price < symbol.min_price_ticks
        or price > symbol.max_price_ticks
        or lots < symbol.min_quantity_lots
        or lots > symbol.max_quantity_lots
        or int(value) < symbol.min_notional_minor
    ):
        return 0
    step: i64 = symbol.common_step
    return value if step == 1 or price % step == 0 else 0


def _is_plain_rest(order: Order) -> bool:
    """Whether an open order rests, and nothing but its account, its level and its hold know of it."""
    return (
        order.options is None
        and order.level is not None
        and order.order_type == m.LIMIT
        and not order.book.waiting
        and order.book.symbol.status != m.HALTED
    )


def _is_plain(book: Book) -> bool:
    """Whether orders trade there as they enter, nothing waits to follow them, and no band stops them."""
    symbol = book.symbol
    return symbol.status == m.TRADING and not (book.waiting or book.pegged or symbol.interrupts)
