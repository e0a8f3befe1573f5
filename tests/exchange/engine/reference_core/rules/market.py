"""What happens on a symbol's market, for every command: orders enter, wait, fire, rest and end; auctions.

Handlers of commands (``traders``, ``operators``) begin a command with ``begin``, act through the methods
here, let the consequences run with ``settle``, and end with ``report``.
"""

from __future__ import annotations

from typing import Final

from exchange.engine import messages as m
from exchange.engine.messages.places import PLACE_TERMS
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.rules.auctioneer import Auctioneer
from tests.exchange.engine.reference_core.rules.checks import condition_holds, has_room, repriced_ticks
from tests.exchange.engine.reference_core.rules.effects import Effects, latest_levels, latest_orders
from tests.exchange.engine.reference_core.rules.funding import required_minor
from tests.exchange.engine.reference_core.rules.gathering import (
    auction_limit_ticks,
    for_auction_alone,
    gathers,
)
from tests.exchange.engine.reference_core.rules.looking_ahead import fillable_lots
from tests.exchange.engine.reference_core.rules.matching import Matcher, level_event
from tests.exchange.engine.reference_core.state.book import (
    ANY_PRICE,
    Book,
    Level,
    Options,
    Order,
    id_of,
    is_overdue,
    options_of,
)
from tests.exchange.engine.reference_core.state.guards import QuoteGuard
from tests.exchange.engine.reference_core.state.ledger import Account
from tests.exchange.engine.reference_core.state.root import UNBOUNDED, State
from tests.exchange.engine.reference_core.state.symbols import NEXT_TRADING, PPM
from tests.exchange.engine.reference_core.state.timers import next_midnight_ns
from tests.exchange.engine.reference_core.state.triggers import Feed, better_ticks, trigger_after

#: A crossed book may not stand in these: an auction takes place first.
UNCROSSED: Final = (m.TRADING, m.POST_ONLY, m.CLOSED)


class Market:
    """Acts on the books of a state."""

    __slots__ = ("auctioneer", "matcher", "orders", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self.matcher = Matcher(state)
        self.auctioneer = Auctioneer(state, self.matcher)
        self.orders = state.orders

    def begin(self) -> Effects:
        """What a command does, to be noted from here on."""
        state = self.state
        return Effects(state.now_ns, state.next_trade_id + state.trade_bound)

    def report(self, effects: Effects, events: list[m.Event]) -> list[m.Event]:
        """Everything the command did: these events first, then what was noted, levels, balances."""
        if effects.repeats:
            if effects.others:
                self.settle_others(effects)
            events = latest_orders(events + effects.events)
            return self.state.report(events, latest_levels(effects.levels))
        if effects.events:
            events += effects.events
        return self.state.report(events, effects.levels)

    # --- entering --------------------------------------------------------------------------------

    def new_order(self, command: m.Command, account: Account, book: Book, ahead: int = 0) -> Order:
        """An order as a PLACE tuple describes it, with the next id but ``ahead``; nothing is held yet."""
        symbol = book.symbol
        rates = account.fees.get(symbol.name) or symbol.rates
        state = self.state
        order = Order(state.next_order_id + ahead, account, book, command, rates, state.now_ns)
        if len(command) > PLACE_TERMS:
            options = order.options = Options(command[PLACE_TERMS])
            if options.reprice and book.crosses(order.side, order.price_ticks):
                order.price_ticks = order.limit_ticks = repriced_ticks(book, order.side)
            if options.to_limit:
                best = book.opposite(order.side).best
                assert best is not None, "refused where there is no price to take"
                order.price_ticks = order.limit_ticks = best.price_ticks
        if order.time_in_force == m.DAY:
            expire_ns = 0 if symbol.protection.calendar else next_midnight_ns(state.now_ns)
            options_of(order).expire_ns = expire_ns
        elif order.time_in_force >= m.OPG:
            options_of(order)
        if order.order_type == m.MARKET:
            self.bound(order)
        return order

    def bound(self, order: Order) -> None:
        """Work out the worst price an order may trade at (rules M5 and M6)."""
        if order.order_type != m.MARKET:
            order.limit_ticks = order.price_ticks
            return
        if gathers(order):
            # What it may cost has to be known before the auction: its limit is its price from now on.
            order.price_ticks = order.price_ticks or auction_limit_ticks(order.book, order.side)
            order.limit_ticks = order.price_ticks
            return
        limit = order.price_ticks or ANY_PRICE[order.side]
        collar = order.book.symbol.protection.collar_ppm
        from_ticks = _collar_from(order) if collar else 0
        if from_ticks:
            width = from_ticks * collar // PPM
            buys = order.side == m.BUY
            limit = min(limit, from_ticks + width) if buys else max(limit, from_ticks - width)
        order.limit_ticks = limit

    def enter(self, effects: Effects, order: Order) -> m.Event:
        """Match an order that is funded, then let it rest or end it; its OrderEvent."""
        book = order.book
        status = book.symbol.status
        if status != m.TRADING and status != m.POST_ONLY:
            if order.order_type == m.MARKET:
                return self.rest_unseen(order)
            return self._rest(effects, order)
        # Most orders meet no other: these have nothing to be matched, or to be concluded from it.
        may_rest = order.order_type == m.LIMIT and order.time_in_force not in (m.IOC, m.FOK)
        if may_rest and not book.crosses(order.side, order.limit_ticks):
            if not book.pegged or not book.has_pegs(order.side):
                return self._rest(effects, order)
        return self._match(effects, order, book)

    def enter_first(self, effects: Effects, order: Order, options: Options) -> m.Event:
        """Enter an order for the first time: where it names a minimum, only if it trades that at once."""
        least = options.min_lots
        if least and fillable_lots(self.state, effects, order, least) < least:
            return self.matcher.finish(effects, order, m.CANCELED, m.REASON_MIN_QUANTITY)
        return self.enter(effects, order)

    def _match(self, effects: Effects, order: Order, book: Book) -> m.Event:
        """Match an order in a market that trades."""
        matcher = self.matcher
        filled_before = order.filled_lots
        if order.time_in_force == m.FOK:
            wanted = order.quantity_lots - filled_before
            if fillable_lots(self.state, effects, order, wanted) < wanted:
                return matcher.finish(effects, order, m.CANCELED, m.REASON_FOK_UNFILLABLE)
        matcher.match(effects, order)
        interrupted = effects.interrupted
        event = self._conclude(effects, order, interrupted, order.filled_lots - filled_before)
        if effects.first_ticks:
            self._after_trades(effects, order, filled_before)
        if interrupted:
            self._interrupt(effects, book)
        return event

    def _after_trades(self, effects: Effects, taker: Order, filled_before: int) -> None:
        """What the taker's trades mean for the symbol and for orders linked to it."""
        book = taker.book
        if not book.reference_ticks:
            book.reference_ticks = effects.first_ticks
        if book.waiting:
            last = self.orders.triggers[book.symbol.name].last
            self._fire(effects, book, last, effects.first_ticks)
            self._fire(effects, book, last, book.last_ticks)
        if taker.options is not None:
            self.matcher.note_bought(effects, taker, taker.options, taker.filled_lots - filled_before)

    def _conclude(self, effects: Effects, order: Order, interrupted: bool, traded_lots: int) -> m.Event:
        """The order's state after matching, as its event."""
        matcher = self.matcher
        if order.reason == m.REASON_PRICE_LIMIT and self._turn_to_limit(order):
            return self._rest(effects, order)
        if order.reason != m.REASON_NONE:
            return matcher.finish(effects, order, m.CANCELED, order.reason)
        if not interrupted and (order.quote_amount_minor or order.filled_lots == order.quantity_lots):
            return matcher.finish(effects, order, m.FILLED, m.REASON_NONE)
        if interrupted and self._joins_auction(order):
            return self.rest_unseen(order)
        if order.order_type == m.MARKET or order.time_in_force in (m.IOC, m.FOK):
            reason = m.REASON_VOLATILITY if interrupted else m.REASON_IOC_REMAINDER
            return matcher.finish(effects, order, m.CANCELED, reason)
        return self._rest(effects, order, traded_lots)

    def _turn_to_limit(self, order: Order) -> bool:
        """Make a market order that its collar stopped a limit order at the collar, where the symbol has it so
        and nothing forbids it to rest there (rule M6)."""
        symbol = order.book.symbol
        if not symbol.protection.collar_rests or self.state.rules_version < VENUE_RULES:
            return False
        # Its own limit stands for itself.
        if order.quote_amount_minor or order.limit_ticks == order.price_ticks:
            return False
        limit = order.limit_ticks
        price = symbol.price_below(limit + 1) if order.side == m.BUY else symbol.price_above(limit - 1)
        more_orders = 0 if order.order_id in self.orders.open else 1
        if symbol.check_price(price) or not has_room(order.account, order.book, self.state, more_orders):
            return False
        if not self._take_price(order, price):
            return False
        order.order_type, order.time_in_force = m.LIMIT, m.GTC
        order.reason = m.REASON_NONE
        return True

    def _take_price(self, order: Order, price: int) -> bool:
        """Give a market order this limit, and let it hold what it may then cost; whether its account can pay
        that."""
        open_lots = order.quantity_lots - order.filled_lots
        more = order.hold_for(open_lots, price, order.maker_ppm, order.taker_ppm) - order.held_minor
        if more > order.held_in.available:
            return False
        self.state.ledger.hold(order.held_in, more)
        order.held_minor += more
        order.price_ticks = order.limit_ticks = price
        return True

    def _rest(self, effects: Effects, order: Order, traded_lots: int = 0) -> m.Event:
        """Put an order on its book; ``traded_lots``: what of it traded just before."""
        if order.options is not None:
            self.matcher.follow(effects, order)
        if (order.filled_lots and order.side == m.BUY) or order.stp == m.STP_DECREMENT:
            # Lots taken off without a trade, or bought below the limit, still stand in the hold.
            self.orders.rehold(order)
        order.status = m.PARTIALLY_FILLED if order.filled_lots else m.NEW
        order.updated_ns = self.state.now_ns
        book = order.book
        level = (book.bids if order.side == m.BUY else book.asks).add(order)
        if traded_lots and order.options is not None:
            self._continue_part(order.options, level, traded_lots, book)
        self.orders.add(order)
        effects.levels.append(
            (m.EV_LEVEL, book.symbol.name, order.side, level.price_ticks, level.quantity_lots)
        )
        return order.event()

    def _continue_part(self, options: Options, level: Level, traded_lots: int, book: Book) -> None:
        """Let an iceberg that traded on entry show what is left of the part it was at, where the symbol has
        it so (rule I1)."""
        display_lots = options.display_lots
        continues = book.symbol.protection.iceberg_continues and self.state.rules_version >= VENUE_RULES
        if not display_lots or not continues:
            return
        hidden_lots = options.shown_lots - min(options.shown_lots, display_lots - traded_lots % display_lots)
        options.shown_lots -= hidden_lots
        level.quantity_lots -= hidden_lots
        level.hidden_lots += hidden_lots

    def _joins_auction(self, order: Order) -> bool:
        """Whether what is left of an order that ran into a band waits for the auction: a market order by
        quantity does if its account can pay for it there. Holds what it then needs."""
        if order.order_type != m.MARKET or order.quote_amount_minor:
            return False
        if self.state.rules_version < VENUE_RULES:
            return False
        price = order.price_ticks or auction_limit_ticks(order.book, order.side)
        return bool(price) and self._take_price(order, price)

    def rest_unseen(self, order: Order) -> m.Event:
        """Let a market order wait for the auction, or a pegged order for those that meet it."""
        order.status = m.PARTIALLY_FILLED if order.filled_lots else m.NEW
        order.updated_ns = self.state.now_ns
        order.book.home(order).add(order)
        self.orders.add(order)
        return order.event()

    # --- leaving ---------------------------------------------------------------------------------

    def withdraw(self, effects: Effects, order: Order, status: int, reason: int) -> m.Event:
        """Take an open order from where it rests or waits, and end it."""
        self.matcher.take_off(effects, order)
        return self.matcher.finish(effects, order, status, reason)

    # --- triggers --------------------------------------------------------------------------------

    def wait(self, effects: Effects, order: Order, options: Options, seen_ticks: int = 0) -> m.Event:
        """Let a funded order wait for its trigger, or fire at once where it may; its OrderEvent.
        ``seen_ticks``: the watched price before the first leg of its pair had its turn, if there was one."""
        book = order.book
        self.orders.add(order)
        book.waiting += 1
        watched = book.watched_ticks(order.side, options.trigger_source)
        if watched:
            seen_ticks = better_ticks(order.side, watched, seen_ticks or watched)
        trigger_ticks = trigger_after(order.side, options, seen_ticks)
        if watched and condition_holds(order.side, options.trigger, trigger_ticks, watched):
            options.trigger_ticks = trigger_ticks
            self.queue_up(effects, order, options, watched)
        else:
            self.orders.triggers[book.symbol.name].feed(order.side, options.trigger_source).add(
                order, options, seen_ticks
            )
        return order.event()

    def _fire(self, effects: Effects, book: Book, feed: Feed, price_ticks: int) -> None:
        """The watched price is this now: the orders that it fires queue up (rule S5)."""
        for order in feed.move(price_ticks, by_trigger=self.state.rules_version >= VENUE_RULES):
            if order.order_id not in self.orders.open:
                # Its other leg, fired by the same price, came first.
                continue
            if self.state.time_is_strict and is_overdue(order, effects.now_ns):
                options_of(order).hide_trail()
                effects.repeats = True
                effects.events.append(self.withdraw(effects, order, m.EXPIRED, m.REASON_TIME))
                continue
            options = options_of(order)
            self.queue_up(effects, order, options, options.trigger_ticks)

    def queue_up(self, effects: Effects, order: Order, options: Options, from_ticks: int) -> None:
        """The order's trigger has fired: it enters in its turn, and its other leg ends. Its collar counts
        from this price (rule M6): its trigger, or the watched price if that was past it at once."""
        if self.state.rules_version >= VENUE_RULES:
            options.collar_from_ticks = from_ticks
        options.triggered_ns = order.updated_ns = self.state.now_ns
        order.book.fired.append(order)
        effects.repeats = True
        effects.events.append(order.event())
        if options.linked is not None:
            self._leave_pair(effects, order, options.linked)

    def settle(self, effects: Effects, book: Book) -> None:
        """Let the consequences run: exits of what brackets bought, triggers the quote reached, fired orders,
        one after the other, and whatever these bring about. Cheap where nothing waits.

        Once the command has made all the trades it may, the fired orders that are left wait for the next
        tick, and those that fire in the meantime queue behind them (rule X2)."""
        if effects.others and book.symbol.name in effects.others:
            # It is settled at the command's end, as all whose quotes were canceled.
            return
        if book.waiting or effects.entries or effects.tripped:
            self._settle(effects, book)

    def _settle(self, effects: Effects, book: Book) -> None:
        while True:
            if effects.tripped and book.symbol.name in effects.tripped:
                self._cancel_quotes(effects, effects.tripped.pop(book.symbol.name), book)
                continue
            if effects.entries:
                self._exit(effects, effects.entries.pop(0))
                continue
            paused = self.state.timers.paused
            if book.symbol.status != m.TRADING or book.symbol.name in paused:
                return
            self._look_at_quote(effects, book)
            if not book.fired:
                return
            if self.state.next_trade_id >= effects.command_end:
                paused.add(book.symbol.name)
                return
            self._enter_fired(effects, book.fired.popleft())

    def _look_at_quote(self, effects: Effects, book: Book) -> None:
        triggers = self.orders.triggers[book.symbol.name]
        for side, feed in ((book.bids, triggers.bids), (book.asks, triggers.asks)):
            if feed and side.best is not None:
                self._fire(effects, book, feed, side.best.price_ticks)

    def _enter_fired(self, effects: Effects, order: Order) -> None:
        options = options_of(order)
        effects.repeats = True
        effects.command_end -= 1
        effects.order_end = self.state.next_trade_id + self.state.trade_bound
        if self.state.time_is_strict and is_overdue(order, effects.now_ns):
            effects.events.append(self.withdraw(effects, order, m.EXPIRED, m.REASON_TIME))
            return
        if options.second:
            self._enter_second(effects, order)
            return
        options.waiting = False
        order.book.waiting -= 1
        self.bound(order)
        # The events of its trades come first: it may fire others while it is matched.
        effects.events.append(self.enter_first(effects, order, options))

    def settle_others(self, effects: Effects) -> None:
        """Let the consequences run where quotes were canceled because of trades in another symbol."""
        while effects.others:
            name = min(effects.others)
            effects.others.discard(name)
            self.settle(effects, self.state.books[name])

    def _cancel_quotes(self, effects: Effects, guards: list[QuoteGuard], book: Book) -> None:
        """Cancel all quotes of accounts whose protection has tripped in this book (rule MM5)."""
        effects.repeats = True
        others = set() if effects.others is None else effects.others
        for guard in guards:
            effects.events.append(guard.event())
            for order in sorted(self.orders.quotes_of(guard.number).values(), key=id_of):
                effects.events.append(self.withdraw(effects, order, m.CANCELED, m.REASON_PROTECTION))
                if order.book is not book:
                    others.add(order.book.symbol.name)
        effects.others = others

    def _enter_second(self, effects: Effects, order: Order) -> None:
        """A second, or the first leg of two, has its turn: it is funded and begins as a new order does. One
        that cannot be funded ends (rule L9)."""
        other = options_of(order).linked
        orders = [order] if other is None else [order, other]
        for each in orders:
            self.bound(each)
        required = required_minor(self.state, order)
        if other is not None:
            required = max(required, other.need_minor())
        if required > order.held_in.available:
            effects.events.append(self.withdraw(effects, order, m.CANCELED, m.REASON_BALANCE))
            return
        for each in orders:
            self._leave_waiting(each)
        self.state.ledger.hold(order.held_in, required)
        if other is None:
            order.held_minor = required
            effects.events.append(self.start(effects, order))
            return
        holder_of(order, other).held_minor = required
        effects.events += self.start_pair(effects, order, other)

    def _leave_waiting(self, order: Order) -> None:
        """It has waited for its working order and is from here on as one that has yet to enter."""
        options = options_of(order)
        options.second = m.NOT_SECOND
        options.waiting = options.trigger != m.NO_TRIGGER
        if options.waiting:
            # It waits for its trigger from now on.
            options.changed_ns = self.state.now_ns
        order.updated_ns = self.state.now_ns
        order.book.waiting -= 1
        self.orders.drop(order)

    def _leave_pair(self, effects: Effects, order: Order, other: Order) -> None:
        """A leg has fired: the hold becomes its own and the other leg ends."""
        matcher = self.matcher
        options_of(other).hide_trail()
        order.held_minor += other.held_minor
        other.held_minor = 0
        matcher.unlink(order, other)
        matcher.take_off(effects, other)
        effects.events.append(self.orders.close(other, m.CANCELED, m.REASON_LINKED, self.state.now_ns))
        self.orders.rehold(order)

    # --- linked orders ---------------------------------------------------------------------------

    def start_pair(self, effects: Effects, first: Order, second: Order) -> list[m.Event]:
        """Make two funded orders the legs of one OCO and enter one after the other, the second if the
        first has left it; their events. The hold is with the leg that may trade from the start."""
        seen_ticks = 0
        self.link(first, second)
        if second.is_waiting():
            seen_ticks = second.book.watched_ticks(second.side, options_of(second).trigger_source)
        effects.repeats = True
        self.start(effects, first)
        if second.status in m.OPEN_STATUSES:
            self.start(effects, second, seen_ticks)
        return [first.event(), second.event()]

    def link(self, first: Order, second: Order) -> None:
        """Make two orders the legs of one OCO."""
        for order, other in ((first, second), (second, first)):
            options = options_of(order)
            options.linked, options.linked_order_id = other, other.order_id

    def start(self, effects: Effects, order: Order, seen_ticks: int = 0) -> m.Event:
        """Enter a funded order, or let it wait; its OrderEvent."""
        options = order.options
        if options is None:
            return self.enter(effects, order)
        if options.waiting:
            return self.wait(effects, order, options, seen_ticks)
        if order.time_in_force == m.CLS and order.book.symbol.status != m.CLOSING_AUCTION:
            options.waiting = True
            order.book.waiting += 1
            self.orders.add(order)
            return order.event()
        if options.peg:
            return self.rest_unseen(order)
        return self.enter_first(effects, order, options)

    def _exit(self, effects: Effects, entry: Order) -> None:
        """Offer what a bracket's entry bought through its exits."""
        options = options_of(entry)
        lots, options.to_exit_lots = options.to_exit_lots, 0
        base_minor = lots * entry.book.symbol.base_unit_minor
        self.state.ledger.hold(entry.base, base_minor)
        effects.repeats = True
        pair = options.pair
        if pair is not None and all(order.order_id in self.orders.open for order in pair):
            self._enlarge(effects, *pair, lots, base_minor)
        else:
            self._enter_exits(effects, entry, options, lots, base_minor)

    def _enlarge(self, effects: Effects, take_profit: Order, stop: Order, lots: int, base_minor: int) -> None:
        take_profit.held_minor += base_minor
        self.matcher.take_off(effects, take_profit)
        take_profit.quantity_lots += lots
        level = take_profit.book.asks.add(take_profit)
        effects.levels.append(level_event(take_profit, level))
        stop.quantity_lots += lots
        for order in (take_profit, stop):
            order.updated_ns = self.state.now_ns
            effects.events.append(order.event())

    def _enter_exits(
        self, effects: Effects, entry: Order, options: Options, lots: int, base_minor: int
    ) -> None:
        assert options.exits is not None
        take_profit_ticks, stop_ticks, stop_limit_ticks, source = options.exits
        take_profit = self._new_exit(entry, m.LIMIT, m.GTC, take_profit_ticks, lots, 0, m.OrderTerms())
        terms = m.OrderTerms(
            trigger=m.STOP, trigger_source=source, trigger_ticks=stop_ticks, trigger_now=True
        )
        limited = (m.LIMIT, m.GTC) if stop_limit_ticks else (m.MARKET, m.IOC)
        stop = self._new_exit(entry, *limited, stop_limit_ticks, lots, 1, terms)
        self.state.next_order_id += 2
        options.pair = (take_profit, stop)
        take_profit.held_minor = base_minor
        effects.events += self.start_pair(effects, take_profit, stop)

    def _new_exit(
        self, entry: Order, order_type: int, tif: int, price: int, lots: int, ahead: int, terms: m.OrderTerms
    ) -> Order:
        account, name = entry.account, entry.book.symbol.name
        plain = (m.PLACE, "", account.number, name, m.SELL, order_type, tif, False, price, lots, 0, entry.stp)
        session = options_of(entry).session
        command = (*plain, None, tuple(terms._replace(session=session)))
        order = self.new_order(command, account, entry.book, ahead)
        options_of(order).entry_order_id = entry.order_id
        return order

    # --- states of the market --------------------------------------------------------------------

    def change_status(self, effects: Effects, book: Book, status: int, reason: str) -> None:
        """What an operator or a calendar asks for. Where it ends an opening or a closing auction whose price
        would be out of the static band, a volatility auction comes first."""
        symbol = book.symbol
        checks = symbol.is_call() and symbol.status != m.VOLATILITY_AUCTION and status in UNCROSSED
        if checks and self.auctioneer.would_be_far(book, book.reference_ticks, symbol.protection.static_ppm):
            self.set_status(effects, book, m.VOLATILITY_AUCTION, "volatility")
            symbol.call_next = (status, reason)
        else:
            self.set_status(effects, book, status, reason)

    def end_call(self, effects: Effects, book: Book, draw_ppm: int) -> None:
        """The time of a volatility auction is up: hold it, unless it ends at random and later, or is extended
        because its price lies too far from the last one."""
        symbol = book.symbol
        protection = symbol.protection
        follows, is_first = symbol.call_next, not symbol.call_is_extended
        if protection.random_end_ns and not symbol.call_drawn_ns:
            ends_ns = symbol.call_ends_ns + protection.random_end_ns * draw_ppm // PPM
            symbol.call_drawn_ns = self.state.timers.calls[symbol.name] = ends_ns
            now_ns: int = self.state.now_ns
            if ends_ns > now_ns:
                return
        if is_first and self.auctioneer.would_be_far(book, book.last_ticks, protection.extended_ppm):
            self.set_status(effects, book, m.VOLATILITY_AUCTION, "extended")
            symbol.call_next, symbol.call_is_extended = follows, True
        else:
            self.set_status(effects, book, *follows)

    def set_status(self, effects: Effects, book: Book, status: int, reason: str) -> None:
        """Change a symbol's status, with the auction and the end of orders that this brings."""
        symbol = book.symbol
        if symbol.name in self.state.timers.ending:
            self.end_days(effects, book, UNBOUNDED)
        symbol.status = status
        symbol.status_reason = reason
        symbol.call_ends_ns = symbol.call_drawn_ns = 0
        symbol.call_next, symbol.call_is_extended = NEXT_TRADING, False
        self.state.timers.paused.discard(symbol.name)
        if status == m.VOLATILITY_AUCTION and symbol.protection.volatility_ns:
            symbol.call_ends_ns = self.state.now_ns + symbol.protection.volatility_ns
        if symbol.is_call():
            self.state.timers.calls[symbol.name] = symbol.call_ends_ns
        else:
            self.state.timers.calls.pop(symbol.name, None)
        effects.events.append(symbol.event())
        if status in UNCROSSED:
            if self.state.time_is_strict:
                self._expire_in(effects, book)
            self._uncross(effects, book)
        elif status == m.CLOSING_AUCTION:
            self._enter_on_close(effects, book)
        if status == m.CLOSED:
            self.end_days(effects, book, self.state.ends_per_command)
            for_auction = sorted(book.auction_orders.values(), key=id_of)
            self._end_each(effects, for_auction, m.EXPIRED, m.REASON_CLOSED)

    def end_days(self, effects: Effects, book: Book, most: int) -> int:
        """End DAY orders of a closed symbol, the oldest first, at most so many; how many were looked at. The
        others end with the next ticks (rule X6)."""
        due = sorted(book.day_orders.values(), key=id_of)[:most]
        self._end_each(effects, due, m.EXPIRED, m.REASON_CLOSED)
        if book.day_orders:
            self.state.timers.ending.add(book.symbol.name)
        else:
            self.state.timers.ending.discard(book.symbol.name)
        return len(due)

    def _expire_in(self, effects: Effects, book: Book) -> None:
        """End every order of a symbol whose time is up, before an auction would trade it."""
        due = [
            self.orders.open[order_id] for order_id in self.state.timers.due_orders(effects.now_ns, UNBOUNDED)
        ]
        here = [order for order in due if order.book is book]
        self._end_each(effects, here, m.EXPIRED, m.REASON_TIME)

    def _enter_on_close(self, effects: Effects, book: Book) -> None:
        """The closing auction begins: the orders for it enter, the oldest first."""
        waiting = [order for order in book.auction_orders.values() if order.is_waiting()]
        for order in sorted(waiting, key=id_of):
            options_of(order).waiting = False
            book.waiting -= 1
            effects.repeats = True
            effects.events.append(self.enter(effects, order))

    def _uncross(self, effects: Effects, book: Book) -> None:
        """Hold the auction that the book calls for, and end what was for an auction alone."""
        if self.auctioneer.hold(effects, book) and book.waiting:
            last = self.orders.triggers[book.symbol.name].last
            self._fire(effects, book, last, book.reference_ticks)
        left_over = sorted(for_auction_alone(book), key=id_of)
        self._end_each(effects, left_over, m.CANCELED, m.REASON_AUCTION)

    def _end_each(self, effects: Effects, orders: list[Order], status: int, reason: int) -> None:
        """End these open orders, one after the other; one linked to another of them may end with it."""
        for order in orders:
            if order.order_id in self.orders.open:
                effects.events.append(self.withdraw(effects, order, status, reason))
                effects.repeats = True

    def _interrupt(self, effects: Effects, book: Book) -> None:
        """A trade would have left a band: gather orders for an auction instead (rule K8)."""
        effects.interrupted = False
        self.set_status(effects, book, m.VOLATILITY_AUCTION, "volatility")


def _collar_from(order: Order) -> int:
    """The price that a market order's collar counts from; 0: there is none."""
    if order.options is not None and order.options.collar_from_ticks:
        return order.options.collar_from_ticks
    best = order.book.opposite(order.side).best
    return 0 if best is None else best.price_ticks


def holder_of(first: Order, second: Order) -> Order:
    """The leg that keeps the hold of both: whichever may trade from the start; of two that wait the first."""
    return second if first.is_waiting() and not second.is_waiting() else first
