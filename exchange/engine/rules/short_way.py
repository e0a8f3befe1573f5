"""The short way through the core: simple limit orders and cancels, from record to record.

What most commands are is carried out here on the same state as all the rest, without a tuple. Each handler
first makes sure that nothing but what it knows is met, and says no before it has changed anything where that
is not so; the command then goes the long way, by ``Trading``. Refusals do too.
"""

from __future__ import annotations

from typing import Final

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import FIRST_RULES
from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_reader import record_words
from exchange.engine.records.record_shapes import NO_TEXT, WHOLE
from exchange.engine.records.record_writer import RecordWriter
from exchange.engine.rules.checks import allowed_value
from exchange.engine.rules.hot_records import HotRecords
from exchange.engine.rules.market import Market
from exchange.engine.rules.placements import Placement
from exchange.engine.state.book import Book, BookSide, Level, Order, Seat
from exchange.engine.state.entries import Entry
from exchange.engine.state.ledger import Account
from exchange.engine.state.root import State
from exchange.engine.state.symbols import PPM, rated

_TAG_MASK: Final = 255


class ShortWay:
    """Carries out simple commands on the state; their events go to the row of the batch."""

    __slots__ = ("_asked", "_hot", "_levels", "_market", "_row", "_state", "_writer")

    def __init__(self, state: State, market: Market, writer: RecordWriter) -> None:
        self._state = state
        self._market = market
        self._writer = writer
        self._row = writer.row
        self._hot = HotRecords(writer.row)
        #: The order that the command under way asks for.
        self._asked = Placement()
        #: Levels that the command under way has emptied or lowered.
        self._levels: list[Level] = []

    def apply(self, batch: bytes, at: i64, head: i64, now_ns: int) -> bool:
        """Carry out the command whose record begins here, if it is one of these."""
        state = self._state
        latest: int = state.now_ns
        if (
            head & WHOLE
            or not latest <= now_ns < state.day_ends_ns
            or state.rules_version == FIRST_RULES
            or state.simple_meetings < 0
        ):
            return False
        tag: i64 = head & _TAG_MASK
        if tag == m.PLACE:
            return self._place(batch, at, head, now_ns)
        if tag == m.CANCEL:
            return self._cancel(batch, at, head, now_ns)
        return False

    # --- place -----------------------------------------------------------------------------------

    def _place(self, batch: bytes, at: i64, head: i64, now_ns: int) -> bool:
        asked = self._asked
        if not asked.read(batch, at, head):
            return False
        book = self._state.book_at(batch, at + 8 * places.PLACE_SYMBOL, asked.symbol_end)
        if book is None or not _is_plain(book):
            return False
        seat = book.seats.get(asked.account)
        if (
            seat is None
            or not self._lets_in(seat)
            or self._is_remembered(batch, at, seat.account, asked.id_end)
        ):
            return False
        value = allowed_value(asked.price_ticks, asked.quantity_lots, book)
        opposite = book.asks if asked.side == m.BUY else book.bids
        if value == 0 or not self._meets_plain(opposite, seat.account.owner):
            return False
        order = self._funded(seat, value, now_ns)
        if order is None:
            return False
        start: i64 = self._row.at
        self._enter(order, book, opposite)
        self._finish_command(batch, at, head, book, seat.account, start)
        return True

    def _lets_in(self, seat: Seat) -> bool:
        """Whether nothing about the account refuses the order that is asked for."""
        account = seat.account
        return (
            account.status == m.ACTIVE
            and account.open_orders < self._state.orders_per_account
            and seat.open_orders < seat.book.symbol.max_open_orders
            and (self._asked.client_order_id is None or self._asked.client_order_id not in account.client_ids)
        )

    def _funded(self, seat: Seat, value: int, now_ns: int) -> Order | None:
        """The order that is asked for, worth this at its limit, with what it holds; None, and nothing done,
        if its account cannot pay for it. From here on nothing refuses the command."""
        asked, state, account = self._asked, self._state, seat.account
        symbol = seat.book.symbol
        own = account.fees.get(symbol.name) if account.fees else None
        maker_ppm, taker_ppm = own or symbol.rates
        holder, required = seat.base, asked.quantity_lots * symbol.base_unit_minor
        if asked.side == m.BUY:
            rate = maker_ppm if maker_ppm > taker_ppm else taker_ppm
            holder, required = seat.quote, value - (-rated(rate, value) // PPM)
        if required > holder.available:
            return None
        state.sequence += 1
        state.now_ns = now_ns
        order = Order(
            state.next_order_id,
            seat,
            asked.side,
            m.LIMIT,
            asked.time_in_force,
            False,
            asked.price_ticks,
            asked.quantity_lots,
            0,
            asked.stp,
            asked.client_order_id,
            (maker_ppm, taker_ppm),
            now_ns,
        )
        state.next_order_id += 1
        state.ledger.hold(holder, required)
        order.held_minor = required
        return order

    def _is_remembered(self, batch: bytes, at: i64, account: Account, end: i64) -> bool:
        """Whether the command's id is one that is remembered, or none at all."""
        place: i64 = at + 8 * places.COMMAND_ID
        if read_word(batch, place) == NO_TEXT:
            return True
        return self._state.memory.ids.find_at(account.number, batch, place, end) is not None

    def _meets_plain(self, side: BookSide, owner: int) -> bool:
        """Whether the order that is asked for would meet simple orders of other owners only, and not so many
        that a bound of its trades or of its reply comes near."""
        most = self._state.simple_meetings
        price, lots = self._asked.price_ticks, self._asked.quantity_lots
        level = side.best
        sells = side.side == m.SELL
        met = 0
        prices = None
        while level is not None:
            if level.price_ticks > price if sells else level.price_ticks < price:
                return True
            maker = level.head
            while maker is not None:
                if maker.options is not None or maker.account.owner == owner or met >= most:
                    return False
                met += 1
                lots -= maker.quantity_lots - maker.filled_lots
                if lots <= 0:
                    return True
                maker = maker.next
            if prices is None:
                prices = side.best_first()
                next(prices)
            level = next(prices, None)
        return True

    def _enter(self, order: Order, book: Book, opposite: BookSide) -> None:
        """Match a funded order, then let it rest or end it. Its own record comes first."""
        hot, row = self._hot, self._row
        best = opposite.best
        buys = order.side == m.BUY
        crosses = best is not None and (
            order.limit_ticks >= best.price_ticks if buys else order.limit_ticks <= best.price_ticks
        )
        start: i64 = row.at
        reserved: i64 = 0
        if crosses:
            reserved = hot.order_words(order)
            row.make_room(reserved)
            row.at += reserved
            self._match(order, book, opposite)
        rests = self._conclude(order, book, buys)
        if crosses:
            # Sums that outgrew their words need more room.
            row.open_gap(start + reserved, hot.order_words(order) - reserved)
        end: i64 = row.at
        row.at = start
        hot.order(order)
        if not rests:
            self._state.orders.past.remember(order.account, order.order_id, order.client_order_id, order)
        if crosses:
            row.at = end

    def _conclude(self, order: Order, book: Book, buys: bool) -> bool:
        """The order's state after matching; whether it rests."""
        state = self._state
        if order.filled_lots == order.quantity_lots:
            state.orders.end(order, m.FILLED, m.REASON_NONE, state.now_ns)
            return False
        if order.time_in_force == m.IOC:
            state.orders.end(order, m.CANCELED, m.REASON_IOC_REMAINDER, state.now_ns)
            return False
        if order.filled_lots:
            order.status = m.PARTIALLY_FILLED
            if buys:
                state.orders.rehold(order)
        self._levels.append((book.bids if buys else book.asks).add(order))
        state.orders.add(order)
        return True

    def _match(self, taker: Order, book: Book, side: BookSide) -> None:
        """Trade with simple makers until the taker is filled or nothing crosses it."""
        state, hot, matcher = self._state, self._hot, self._market.matcher
        buys = taker.side == m.BUY
        limit: int = taker.limit_ticks
        wanted: int = taker.quantity_lots
        level = side.best
        while level is not None and wanted:
            price: int = level.price_ticks
            if price > limit if buys else price < limit:
                return
            self._levels.append(level)
            while wanted and (maker := level.head) is not None:
                open_lots = maker.quantity_lots - maker.filled_lots
                lots = wanted if wanted < open_lots else open_lots
                sums = matcher.settle_trade(taker, taker.taker_ppm, maker, price, lots)
                maker.updated_ns = state.now_ns
                if not book.reference_ticks:
                    book.reference_ticks = price
                hot.trade(state.next_trade_id, price, lots, taker, maker, sums)
                state.next_trade_id += 1
                level.quantity_lots -= lots
                wanted -= lots
                if lots == open_lots:
                    side.remove(maker, level)
                    self._end(maker, m.FILLED, m.REASON_NONE)
                else:
                    maker.status = m.PARTIALLY_FILLED
                    if not buys:
                        state.orders.rehold(maker)
                    hot.order(maker)
            level = side.best

    # --- cancel ----------------------------------------------------------------------------------

    def _cancel(self, batch: bytes, at: i64, head: i64, now_ns: int) -> bool:
        order = self._state.orders.open.get(int(read_word(batch, at + 8 * places.CANCEL_ORDER_ID)))
        if order is None or order.options is not None:
            return False
        level, book, account = order.level, order.book, order.account
        if (
            level is None
            or account.number != int(read_word(batch, at + 8 * places.COMMAND_ACCOUNT))
            or self._is_remembered(batch, at, account, at + 8 * places.CANCEL_WORDS)
            or order.order_type != m.LIMIT
            or book.waiting
            or book.symbol.status == m.HALTED
        ):
            return False
        state = self._state
        state.sequence += 1
        state.now_ns = now_ns
        start: i64 = self._row.at
        (book.bids if order.side == m.BUY else book.asks).remove(order, level)
        self._end(order, m.CANCELED, m.REASON_USER)
        self._levels.append(level)
        self._finish_command(batch, at, head, book, account, start)
        return True

    # --- both ------------------------------------------------------------------------------------

    def _end(self, order: Order, status: int, reason: int) -> None:
        """End an order that is off its book, report and remember it."""
        state = self._state
        state.orders.end(order, status, reason, state.now_ns)
        self._hot.order(order)
        state.orders.past.remember(order.account, order.order_id, order.client_order_id, order)

    def _finish_command(
        self, batch: bytes, at: i64, head: i64, book: Book, account: Account, start: i64
    ) -> None:
        """Remember the command with its reply, report levels and balances, end its events."""
        state, row, hot, levels = self._state, self._row, self._hot, self._levels
        reply_end: i64 = row.at
        row.append_words(batch, at, record_words(head))
        entry = Entry(state.sequence, state.now_ns)
        entry.keep_records(row.words[start : row.at], reply_end - start)
        row.at = reply_end
        state.memory.keep_missed(account, entry)
        for level in levels:
            hot.level(book, level)
        levels.clear()
        touched = state.ledger.touched
        for balance in touched:
            balance.touched = False
            hot.balance(balance)
        touched.clear()
        self._writer.end(state.sequence, state.now_ns)


def _is_plain(book: Book) -> bool:
    """Whether orders trade there as they enter, nothing waits to follow them, and no band stops them."""
    symbol = book.symbol
    return symbol.status == m.TRADING and not (book.waiting or book.pegged or symbol.interrupts)
