"""The commands of traders.

Each handler checks first and changes state only when nothing can refuse the command any more, so a
rejection leaves the state as it was.
"""

from __future__ import annotations

from typing import Any

from exchange.engine import checks, codes
from exchange.engine import messages as m
from exchange.engine.book import Book, Order, id_of
from exchange.engine.extras import extra_of
from exchange.engine.ledger import Account
from exchange.engine.market import Market
from exchange.engine.matching import level_event, take_from
from exchange.engine.rules import FIRST_RULES
from exchange.engine.state import State, rejected
from exchange.engine.symbols import PPM, rated

Details = tuple[Any, ...]


class Trading:
    """Carries out traders' commands on the state."""

    __slots__ = ("market", "state")

    def __init__(self, state: State, market: Market) -> None:
        self.state = state
        self.market = market

    def apply(self, tag: int, command: m.Command, account: Account) -> list[m.Event]:
        """Carry out a command other than the two most frequent. Raises ValueError for a tag the core does
        not know."""
        if tag == m.CANCEL_ALL:
            return self.cancel_all(command, account)
        if tag == m.REDUCE:
            return self.reduce(command, account)
        if tag == m.REPLACE:
            return self.replace(command, account)
        if tag == m.PLACE_OCO:
            return self.place_oco(command, account)
        if tag == m.PLACE_BRACKET:
            return self.place_bracket(command, account)
        if tag == m.CANCEL_REPLACE:
            return self.cancel_replace(command, account)
        if tag == m.CANCEL_AFTER:
            return self.cancel_after(command, account)
        raise ValueError(f"unknown command tag {tag!r}")

    # --- place -----------------------------------------------------------------------------------

    def place(self, command: m.Command, account: Account) -> list[m.Event]:
        book = self.state.books.get(command[3])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        value = checks.plain_value(command, account, book)
        if value:
            return self._place_plain(command, account, book, value)
        code = checks.entry_code(account, book) or checks.place_code(command, account, book, self.state)
        if code:
            return rejected(command, code)
        order = self.market.new_order(command, account, book)
        shortfall = self._fund(order, self._required_minor(order))
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
        return self._begin_order(order, book)

    def _place_plain(self, command: m.Command, account: Account, book: Book, value: int) -> list[m.Event]:
        """Carry out what most commands are, a plain order worth this at its limit, which only the balance
        can refuse. The same as the long way round, in fewer steps."""
        state = self.state
        symbol = book.symbol
        rates = account.fees.get(symbol.name) or symbol.rates
        order = Order(state.next_order_id, account, book, command, rates, state.now_ns)
        if order.side == m.SELL:
            required = order.quantity_lots * symbol.base_unit_minor
        else:
            rate = order.maker_ppm if order.maker_ppm > order.taker_ppm else order.taker_ppm
            required = value - (-rated(rate, value) // PPM)
        shortfall = self._fund(order, required)
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
        return self._begin_order(order, book)

    def _fund(self, order: Order, required: int) -> Details:
        """Hold this for a new order and let it have its id; the details of the shortfall if it cannot be."""
        balance = order.held_in
        if required > balance.available:
            return _shortfall(order, required)
        state = self.state
        state.next_order_id += 1
        balance.available -= required
        balance.held += required
        if not balance.touched:
            balance.touched = True
            state.ledger.touched.append(balance)
        order.held_minor = required
        return ()

    def _required_minor(self, order: Order) -> int:
        """What a new order holds while it is matched, or waits."""
        if order.order_type == m.MARKET and (order.extra is None or not order.extra.waiting):
            if order.quote_amount_minor and order.side == m.SELL:
                return self.state.matcher.market_sale_minor(order)
            if not order.quote_amount_minor and order.side == m.BUY:
                return self.state.matcher.market_buy_cost_minor(order)
        return order.need_minor()

    def _begin_order(self, order: Order, book: Book) -> list[m.Event]:
        """Enter a funded order, or let it wait, with all that follows."""
        market = self.market
        market.begin()
        event = market.start(order)
        if book.waiting or market.matcher.entries:
            market.settle(book)
        return market.report([event])

    def place_oco(self, command: m.Command, account: Account) -> list[m.Event]:
        first: m.Command = command[3]
        second: m.Command = command[4]
        book = self.state.books.get(first[3])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        state = self.state
        code = checks.entry_code(account, book) or checks.oco_code(first, second)
        for leg in (first, second):
            code = code or checks.place_code(leg, account, book, state, orders=2)
        if code:
            return rejected(command, code)
        legs = (self.market.new_order(first, account, book), self.market.new_order(second, account, book, 1))
        required = max(leg.need_minor() for leg in legs)
        if required > legs[0].held_in.available:
            return rejected(command, codes.INSUFFICIENT_BALANCE, _shortfall(legs[0], required))
        state.next_order_id += 2
        # Whichever may trade from the start pays from the hold; of two that wait, the first.
        holder = legs[1] if legs[0].is_waiting() and not legs[1].is_waiting() else legs[0]
        state.ledger.hold(holder.held_in, required)
        holder.held_minor = required
        self.market.begin()
        events = self.market.start_pair(*legs)
        self.market.settle(book)
        return self.market.report(events)

    def place_bracket(self, command: m.Command, account: Account) -> list[m.Event]:
        entry: m.Command = command[3]
        book = self.state.books.get(entry[3])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        code = checks.entry_code(account, book) or checks.bracket_code(command, book)
        code = code or checks.place_code(entry, account, book, self.state)
        if code:
            return rejected(command, code)
        order = self.market.new_order(entry, account, book)
        shortfall = self._fund(order, self._required_minor(order))
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
        extra_of(order).exits = command[4:8]
        return self._begin_order(order, book)

    # --- cancel ----------------------------------------------------------------------------------

    def _find(self, account: Account, order_id: int, client_order_id: str | None) -> tuple[Order | None, str]:
        """The account's open order of this id or client id, or the code that says why there is none."""
        if not order_id and client_order_id is not None:
            order_id = account.client_ids.get(client_order_id, 0)
        order = self.state.orders.open.get(order_id)
        if order is None or order.account is not account:
            return None, self._missing_code(account, order_id)
        return order, ""

    def _missing_code(self, account: Account, order_id: int) -> str:
        """Why an id names no open order of the account; another's order is as unknown as none."""
        found = self.state.orders.finished.get(order_id)
        if found is not None and found[2] == account.number:
            return codes.ORDER_NOT_OPEN
        return codes.ORDER_NOT_FOUND

    def cancel(self, command: m.Command, account: Account) -> list[m.Event]:
        order, code = self._find(account, command[3], command[4])
        if order is None:
            return rejected(command, code)
        book = order.book
        if book.symbol.status == m.HALTED:
            return rejected(command, codes.SYMBOL_HALTED)
        market = self.market
        market.begin()
        event = market.withdraw(order, m.CANCELED, m.REASON_USER)
        if book.waiting:
            market.settle(book)
        return market.report([event])

    def cancel_all(self, command: m.Command, account: Account) -> list[m.Event]:
        name: str | None = command[3]
        session: str | None = command[4] if len(command) > 4 else None
        if name is not None:
            book = self.state.books.get(name)
            if book is None:
                return rejected(command, codes.SYMBOL_NOT_FOUND)
            if book.symbol.status == m.HALTED:
                return rejected(command, codes.SYMBOL_HALTED)
        chosen = self._chosen(account, name, session)
        reason = m.REASON_USER if session is None else m.REASON_DISCONNECT
        market = self.market
        market.begin()
        events: list[m.Event] = [(m.EV_CANCELED_ALL, account.number, name, len(chosen))]
        for order in chosen:
            # The other leg of an OCO has ended with the first.
            if order.order_id in self.state.orders.open:
                events.append(market.withdraw(order, m.CANCELED, reason))
        market.matcher.levels = _first_place(market.matcher.levels)
        for met in sorted({order.book.symbol.name for order in chosen}):
            market.settle(self.state.books[met])
        return market.report(events)

    def _chosen(self, account: Account, name: str | None, session: str | None) -> list[Order]:
        """The account's open orders of one symbol or of all that allow it, of one session or all, by id."""
        chosen = [
            order
            for symbol, orders in account.open_orders.items()
            if name is None or symbol == name
            for order in orders.values()
            if order.book.symbol.status != m.HALTED
        ]
        if session is not None:
            chosen = [order for order in chosen if order.extra is not None and order.extra.session == session]
        chosen.sort(key=id_of)
        return chosen

    def cancel_replace(self, command: m.Command, account: Account) -> list[m.Event]:
        mode: int = command[5]
        if not 0 <= mode <= m.ALLOW_FAILURE:
            return rejected(command, codes.INVALID_ORDER)
        order, code = self._find(account, command[3], command[4])
        if order is not None and order.book.symbol.status == m.HALTED:
            code = codes.SYMBOL_HALTED
        if code and mode == m.STOP_ON_FAILURE:
            return rejected(command, code)
        market = self.market
        market.begin()
        if order is None or code:
            events = rejected(command, code)
            met = set()
        else:
            events = [market.withdraw(order, m.CANCELED, m.REASON_REPLACED)]
            met = {order.book.symbol.name}
        events.append(self._replacement(command, account))
        met.add(command[6][3])
        for name in sorted(met):
            if name in self.state.books:
                market.settle(self.state.books[name])
        return market.report(events)

    def _replacement(self, command: m.Command, account: Account) -> m.Event:
        """Enter the order of a cancel-replace; its OrderEvent, or the refusal as a RejectedEvent."""
        place: m.Command = command[6]
        book = self.state.books.get(place[3])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)[0]
        code = checks.entry_code(account, book) or checks.place_code(place, account, book, self.state)
        if code:
            return rejected(command, code)[0]
        order = self.market.new_order(place, account, book)
        shortfall = self._fund(order, self._required_minor(order))
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)[0]
        # The canceled order and this one may meet the same level.
        self.market.matcher.repeats = True
        return self.market.start(order)

    def cancel_after(self, command: m.Command, account: Account) -> list[m.Event]:
        after_ms: int = command[3]
        if after_ms and not checks.MIN_CANCEL_AFTER_MS <= after_ms <= checks.MAX_CANCEL_AFTER_MS:
            return rejected(command, codes.INVALID_CANCEL_AFTER)
        deadline_ns = self.state.now_ns + after_ms * 1_000_000 if after_ms else 0
        self.state.timers.set_switch(account.number, deadline_ns)
        return [(m.EV_CANCEL_AFTER, account.number, deadline_ns)]

    # --- reduce and replace ------------------------------------------------------------------------

    def reduce(self, command: m.Command, account: Account) -> list[m.Event]:
        quantity_lots: int = command[4]
        order, code = self._find(account, command[3], None)
        if order is None:
            return rejected(command, code)
        code = checks.reduce_code(order, quantity_lots)
        return rejected(command, code) if code else self._lower(order, quantity_lots)

    def _lower(self, order: Order, quantity_lots: int) -> list[m.Event]:
        """Lower an order's quantity where it stands."""
        self.market.begin()
        level = order.level
        if level is None:
            order.quantity_lots = quantity_lots
        else:
            take_from(order, level, order.quantity_lots - quantity_lots)
            self.market.matcher.levels.append(level_event(order, level))
        order.updated_ns = self.state.now_ns
        self.state.orders.rehold(order)
        return self.market.report([order.event()])

    def replace(self, command: m.Command, account: Account) -> list[m.Event]:
        price_ticks: int = command[4]
        quantity_lots: int = command[5]
        trigger_ticks: int = command[6] if len(command) > 6 else 0
        order, code = self._find(account, command[3], None)
        if order is None:
            return rejected(command, code)
        book = order.book
        code = checks.entry_code(account, book)
        code = code or checks.replace_code(order, price_ticks, quantity_lots, trigger_ticks)
        if code:
            return rejected(command, code)
        if self._keeps_place(order, price_ticks, quantity_lots):
            return self._lower(order, quantity_lots)
        if order.post_only and book.crosses(order.side, price_ticks):
            price_ticks = checks.repriced_ticks(book, order.side)
        symbol = book.symbol
        maker_ppm, taker_ppm = account.fees.get(symbol.name) or symbol.rates
        open_lots = quantity_lots - order.filled_lots
        required = order.hold_for(open_lots, price_ticks, maker_ppm, taker_ppm)
        balance = order.held_in
        if required > balance.available + order.held_minor:
            return rejected(command, codes.INSUFFICIENT_BALANCE, _shortfall(order, required))
        self.market.begin()
        # It may come back to the level it leaves.
        self.market.matcher.repeats = True
        extra = order.extra
        waits = extra is not None and extra.waiting
        if waits:
            self._move_trigger(order, trigger_ticks)
        else:
            self.market.matcher.take_off(order)
        order.price_ticks = order.limit_ticks = price_ticks
        order.quantity_lots = quantity_lots
        order.maker_ppm = maker_ppm
        order.taker_ppm = taker_ppm
        order.updated_ns = self.state.now_ns
        self.state.ledger.hold(balance, required - order.held_minor)
        order.held_minor = required
        event = order.event() if waits else self.market.enter(order)
        self.market.settle(book)
        return self.market.report([event])

    def _keeps_place(self, order: Order, price_ticks: int, quantity_lots: int) -> bool:
        """Whether a replacement only lowers the quantity of a resting order (rule A2)."""
        if order.level is None or self.state.rules_version == FIRST_RULES:
            return False
        return price_ticks == order.price_ticks and quantity_lots < order.quantity_lots

    def _move_trigger(self, order: Order, trigger_ticks: int) -> None:
        """Let a waiting order wait for another price; 0: for the same."""
        extra = extra_of(order)
        if trigger_ticks:
            feed = order.book.triggers.feed(order.side, extra.trigger_source)
            feed.remove(order, extra)
            extra.trigger_ticks = trigger_ticks
            feed.add(order, extra, 0)


def _shortfall(order: Order, required_minor: int) -> Details:
    balance = order.held_in
    available = balance.available + order.held_minor
    return ("asset", balance.asset, "required_minor", required_minor, "available_minor", available)


def _first_place(levels: list[m.Event]) -> list[m.Event]:
    """One LevelEvent a level: its last state, where its first stood."""
    latest: dict[m.Event, m.Event] = {}
    for event in levels:
        latest[event[1:4]] = event
    return list(latest.values())
