"""The commands of traders.

Each handler checks first and changes state only when nothing can refuse the command any more, so a
rejection leaves the state as it was.
"""

from __future__ import annotations

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    CANCEL_CLIENT_ORDER_ID,
    CANCEL_ORDER_ID,
    ORDER_ACCOUNT,
    PLACE_SYMBOL,
)
from exchange.engine.messages.version_numbers import BOUNDED_RULES, FIRST_RULES, VENUE_RULES
from tests.exchange.engine.reference_core.rules import checks
from tests.exchange.engine.reference_core.rules.effects import Effects, latest_levels
from tests.exchange.engine.reference_core.rules.funding import (
    Details,
    fund,
    required_minor,
    shortfall_details,
)
from tests.exchange.engine.reference_core.rules.market import Market, holder_of
from tests.exchange.engine.reference_core.rules.market_makers import (
    cancel_quotes,
    place_quotes,
    protect_quotes,
)
from tests.exchange.engine.reference_core.rules.matching import level_event, take_from
from tests.exchange.engine.reference_core.rules.money import move
from tests.exchange.engine.reference_core.rules.one_triggers_other import place_oto
from tests.exchange.engine.reference_core.rules.refusal import rejected
from tests.exchange.engine.reference_core.state.book import Book, Order, id_of, is_overdue, options_of
from tests.exchange.engine.reference_core.state.ledger import Account
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import PPM, rated


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
        if tag > m.TICK and self.state.rules_version < VENUE_RULES:
            return rejected(command, codes.INVALID_COMMAND)
        if tag == m.PLACE_OTO:
            return place_oto(self.market, command, account)
        if tag == m.PLACE_QUOTES:
            return place_quotes(self.market, command, account)
        if tag == m.CANCEL_QUOTES:
            return cancel_quotes(self.market, command, account)
        if tag == m.PROTECT_QUOTES:
            return protect_quotes(self.market, command, account)
        if tag == m.MOVE:
            return move(self.state, command, account)
        raise ValueError(f"unknown command tag {tag!r}")

    # --- place -----------------------------------------------------------------------------------

    def place(self, command: m.Command, account: Account) -> list[m.Event]:
        book = self.state.books.get(command[PLACE_SYMBOL])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        value = checks.simple_value(command, account, book, self.state.orders_per_account)
        if value:
            return self._place_simple(command, account, book, value)
        code = checks.entry_code(account, book) or checks.place_code(command, account, book, self.state)
        if code:
            return rejected(command, code, checks.place_details(code, command, book))
        order = self.market.new_order(command, account, book)
        shortfall = fund(self.state, order, required_minor(self.state, order))
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
        return self._begin_order(order, book)

    def _place_simple(self, command: m.Command, account: Account, book: Book, value: int) -> list[m.Event]:
        """Carry out what most commands are, a simple order worth this at its limit, which only the balance
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
        shortfall = fund(state, order, required)
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
        return self._begin_order(order, book)

    def _begin_order(self, order: Order, book: Book) -> list[m.Event]:
        """Enter a funded order, or let it wait, with all that follows."""
        market = self.market
        effects = market.begin()
        event = market.start(effects, order)
        if book.waiting or effects.entries or effects.tripped:
            market.settle(effects, book)
        return market.report(effects, [event])

    def place_oco(self, command: m.Command, account: Account) -> list[m.Event]:
        _, _, _, first, second = command
        book = self.state.books.get(first[PLACE_SYMBOL])
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
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall_details(legs[0], required))
        state.next_order_id += 2
        state.ledger.hold(legs[0].held_in, required)
        holder_of(*legs).held_minor = required
        effects = self.market.begin()
        events = self.market.start_pair(effects, *legs)
        self.market.settle(effects, book)
        return self.market.report(effects, events)

    def place_bracket(self, command: m.Command, account: Account) -> list[m.Event]:
        _, _, _, entry, *exits = command
        book = self.state.books.get(entry[PLACE_SYMBOL])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        code = checks.entry_code(account, book) or checks.bracket_code(command, book)
        code = code or checks.place_code(entry, account, book, self.state)
        if code:
            return rejected(command, code)
        order = self.market.new_order(entry, account, book)
        shortfall = fund(self.state, order, required_minor(self.state, order))
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
        take_profit_ticks, stop_ticks, stop_limit_ticks, source = exits
        options_of(order).exits = (take_profit_ticks, stop_ticks, stop_limit_ticks, source)
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
        if found is not None and found[ORDER_ACCOUNT] == account.number:
            return codes.ORDER_NOT_OPEN
        return codes.ORDER_NOT_FOUND

    def cancel(self, command: m.Command, account: Account) -> list[m.Event]:
        order, code = self._find(account, command[CANCEL_ORDER_ID], command[CANCEL_CLIENT_ORDER_ID])
        if order is None:
            return rejected(command, code)
        book = order.book
        if self.state.is_shut(book.symbol.status):
            return rejected(command, codes.SYMBOL_HALTED)
        market = self.market
        effects = market.begin()
        event = market.withdraw(effects, order, m.CANCELED, m.REASON_USER)
        if book.waiting:
            market.settle(effects, book)
        return market.report(effects, [event])

    def cancel_all(self, command: m.Command, account: Account) -> list[m.Event]:
        _, _, _, name, session = m.CancelAll(*command)
        if name is not None:
            book = self.state.books.get(name)
            if book is None:
                return rejected(command, codes.SYMBOL_NOT_FOUND)
            if self.state.is_shut(book.symbol.status):
                return rejected(command, codes.SYMBOL_HALTED)
        chosen = self._chosen(account, name, session)
        reason = m.REASON_USER if session is None else m.REASON_DISCONNECT
        market = self.market
        effects = market.begin()
        events: list[m.Event] = [(m.EV_CANCELED_ALL, account.number, name, len(chosen))]
        for order in chosen:
            # The other leg of an OCO has ended with the first.
            if order.order_id in self.state.orders.open:
                events.append(market.withdraw(effects, order, m.CANCELED, reason))
        effects.levels = latest_levels(effects.levels, at_first=True)
        for met in sorted({order.book.symbol.name for order in chosen}):
            market.settle(effects, self.state.books[met])
        return market.report(effects, events)

    def _chosen(self, account: Account, name: str | None, session: str | None) -> list[Order]:
        """The account's open orders of one symbol or of all that allow it, of one session or all, by id."""
        chosen = [
            order
            for book in self.state.books.values()
            if not self.state.is_shut(book.symbol.status) and (name is None or book.symbol.name == name)
            for order in book.orders_of(account.number).values()
        ]
        if session is not None:
            chosen = [
                order for order in chosen if order.options is not None and order.options.session == session
            ]
        chosen.sort(key=id_of)
        return chosen

    def cancel_replace(self, command: m.Command, account: Account) -> list[m.Event]:
        _, _, _, order_id, client_order_id, mode, place = command
        if not 0 <= mode <= m.ALLOW_FAILURE:
            return rejected(command, codes.INVALID_ORDER)
        order, code = self._find(account, order_id, client_order_id)
        if order is not None and self.state.is_shut(order.book.symbol.status):
            code = codes.SYMBOL_HALTED
        if code and mode == m.STOP_ON_FAILURE:
            return rejected(command, code)
        market = self.market
        effects = market.begin()
        if order is None or code:
            events = rejected(command, code)
            met = set()
        else:
            events = [market.withdraw(effects, order, m.CANCELED, m.REASON_REPLACED)]
            met = {order.book.symbol.name}
        events.append(self._replacement(effects, command, place, account))
        met.add(place[PLACE_SYMBOL])
        for name in sorted(met):
            if name in self.state.books:
                market.settle(effects, self.state.books[name])
        return market.report(effects, events)

    def _replacement(
        self, effects: Effects, command: m.Command, place: m.Command, account: Account
    ) -> m.Event:
        """Enter the order of a cancel-replace; its OrderEvent, or the refusal as a RejectedEvent."""
        book = self.state.books.get(place[PLACE_SYMBOL])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)[0]
        code = checks.entry_code(account, book) or checks.place_code(place, account, book, self.state)
        if code:
            return rejected(command, code, checks.place_details(code, place, book))[0]
        order = self.market.new_order(place, account, book)
        shortfall = fund(self.state, order, required_minor(self.state, order))
        if shortfall:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)[0]
        # The canceled order and this one may meet the same level.
        effects.repeats = True
        return self.market.start(effects, order)

    def cancel_after(self, command: m.Command, account: Account) -> list[m.Event]:
        after_ms = m.CancelAfter(*command).after_ms
        if after_ms and not checks.MIN_CANCEL_AFTER_MS <= after_ms <= checks.MAX_CANCEL_AFTER_MS:
            return rejected(command, codes.INVALID_CANCEL_AFTER)
        deadline_ns = self.state.now_ns + after_ms * 1_000_000 if after_ms else 0
        self.state.timers.set_switch(account.number, deadline_ns)
        return [(m.EV_CANCEL_AFTER, account.number, deadline_ns)]

    # --- reduce and replace ------------------------------------------------------------------------

    def reduce(self, command: m.Command, account: Account) -> list[m.Event]:
        _, _, _, order_id, quantity_lots = m.ReduceOrder(*command)
        order, code = self._find(account, order_id, None)
        if order is None:
            return rejected(command, code)
        code = checks.reduce_code(order, quantity_lots, self.state.rules_version)
        return rejected(command, code) if code else self._lower(order, quantity_lots)

    def _lower(self, order: Order, quantity_lots: int) -> list[m.Event]:
        """Lower an order's total quantity where it stands; end it if no more than that is filled."""
        effects = self.market.begin()
        if checks.ends_order(order, quantity_lots, self.state.rules_version):
            event = self.market.withdraw(effects, order, m.CANCELED, m.REASON_REDUCED)
            self.market.settle(effects, order.book)
            return self.market.report(effects, [event])
        level = order.level
        open_lots = quantity_lots - checks.done_lots(order)
        if level is None:
            order.quantity_lots = order.filled_lots + open_lots
        else:
            take_from(order, level, order.quantity_lots - order.filled_lots - open_lots)
            if not order.is_unseen():
                effects.levels.append(level_event(order, level))
        order.updated_ns = self.state.now_ns
        self.state.orders.rehold(order)
        return self.market.report(effects, [order.event()])

    def replace(self, command: m.Command, account: Account) -> list[m.Event]:
        asked = m.ReplaceOrder(*command)
        price_ticks, quantity_lots = asked.price_ticks, asked.quantity_lots
        order, code = self._find(account, asked.order_id, None)
        if order is None:
            return rejected(command, code)
        book = order.book
        code = checks.entry_code(account, book)
        if self.state.time_is_strict and is_overdue(order, self.state.now_ns):
            # It has ended but for the tick that says so.
            code = codes.ORDER_NOT_OPEN
        code = code or checks.replace_code(order, asked, self.state.rules_version)
        if code:
            return rejected(command, code)
        open_lots = quantity_lots - checks.done_lots(order)
        if open_lots <= 0 or self._keeps_place(order, price_ticks, open_lots):
            return self._lower(order, quantity_lots)
        details = self._display_details(order, price_ticks, open_lots)
        if details:
            return rejected(command, codes.DISPLAY_TOO_SMALL, details)
        if order.post_only and book.crosses(order.side, price_ticks):
            price_ticks = checks.repriced_ticks(book, order.side)
        symbol = book.symbol
        maker_ppm, taker_ppm = account.fees.get(symbol.name) or symbol.rates
        required = order.hold_for(open_lots, price_ticks, maker_ppm, taker_ppm)
        balance = order.held_in
        if required > balance.available + order.held_minor:
            return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall_details(order, required))
        effects = self.market.begin()
        # It may come back to the level it leaves.
        effects.repeats = True
        waits = order.is_waiting()
        if not waits:
            self.market.matcher.take_off(effects, order)
        order.price_ticks = order.limit_ticks = price_ticks
        order.quantity_lots = order.filled_lots + open_lots
        order.maker_ppm = maker_ppm
        order.taker_ppm = taker_ppm
        order.updated_ns = self.state.now_ns
        self.state.ledger.hold(balance, required - order.held_minor)
        order.held_minor = required
        if waits:
            self._move_trigger(effects, order, asked.trigger_ticks)
            event = order.event()
        elif order.is_unseen():
            # A pegged order: it takes its turn anew.
            options_of(order).changed_ns = self.state.now_ns
            event = self.market.rest_unseen(order)
        else:
            event = self.market.enter(effects, order)
        self.market.settle(effects, book)
        return self.market.report(effects, [event])

    def _display_details(self, order: Order, price_ticks: int, open_lots: int) -> Details:
        """Of an iceberg that would show too little of its new quantity, the details of the refusal."""
        options = order.options
        if options is None or not options.display_lots or self.state.rules_version < BOUNDED_RULES:
            return ()
        symbol = order.book.symbol
        if options.display_lots >= checks.least_display_lots(symbol, price_ticks, open_lots):
            return ()
        return checks.display_details(symbol, price_ticks, open_lots)

    def _keeps_place(self, order: Order, price_ticks: int, open_lots: int) -> bool:
        """Whether a replacement only lowers the quantity of a resting order (rule A2)."""
        if order.level is None or self.state.rules_version == FIRST_RULES:
            return False
        return price_ticks == order.price_ticks and open_lots < order.quantity_lots - order.filled_lots

    def _move_trigger(self, effects: Effects, order: Order, trigger_ticks: int) -> None:
        """Let a waiting order wait for another price (0: for the same), or fire if that is reached."""
        options = options_of(order)
        if options.trigger == m.TRAILING_STOP:
            return
        book = order.book
        feed = self.state.orders.triggers[book.symbol.name].feed(order.side, options.trigger_source)
        feed.remove(order, options)
        if trigger_ticks and trigger_ticks != options.trigger_ticks:
            options.trigger_ticks = trigger_ticks
            if self.state.rules_version >= VENUE_RULES:
                options.changed_ns = self.state.now_ns
        watched = book.watched_ticks(order.side, options.trigger_source)
        if watched and checks.condition_holds(order.side, options.trigger, options.trigger_ticks, watched):
            self.market.queue_up(effects, order, options, watched)
        else:
            feed.add(order, options, 0)
