"""What happens on a symbol's market, whoever set it off: orders enter, wait, fire, rest and end; auctions.

Handlers of commands (``trading``, ``control``) begin a command with ``begin``, act through the methods
here, let the consequences run with ``settle``, and end with ``report``.
"""

from __future__ import annotations

from typing import Final

from exchange.engine import messages as m
from exchange.engine.auction import Cross, find_cross
from exchange.engine.book import ANY_PRICE, Book, BookSide, Order, id_of
from exchange.engine.checks import condition_holds, repriced_ticks
from exchange.engine.extras import Extra, extra_of
from exchange.engine.ledger import Account
from exchange.engine.matching import level_event
from exchange.engine.state import State
from exchange.engine.symbols import PPM
from exchange.engine.timers import next_midnight_ns
from exchange.engine.triggers import Feed, better_ticks, trigger_after

#: A crossed book may not stand in these: an auction takes place first.
UNCROSSED: Final = (m.TRADING, m.POST_ONLY, m.CLOSED)


class Market:
    """Acts on the books of a state."""

    __slots__ = ("matcher", "orders", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self.matcher = state.matcher
        self.orders = state.orders

    def begin(self) -> None:
        """Start collecting what a command does."""
        matcher = self.matcher
        matcher.now_ns = self.state.now_ns
        matcher.events = []
        matcher.levels = []
        matcher.repeats = False

    def report(self, events: list[m.Event]) -> list[m.Event]:
        """Everything the command did: these events first, then what was collected, levels, balances."""
        matcher = self.matcher
        if matcher.events:
            events += matcher.events
        levels = matcher.levels
        if matcher.repeats:
            events = _latest_orders(events)
            levels = _latest_levels(levels)
        return self.state.report(events, levels)

    # --- entering --------------------------------------------------------------------------------

    def new_order(self, command: m.Command, account: Account, book: Book, ahead: int = 0) -> Order:
        """An order as a PLACE tuple describes it, with the next id but ``ahead``; nothing is held yet."""
        symbol = book.symbol
        rates = account.fees.get(symbol.name) or symbol.rates
        state = self.state
        order = Order(state.next_order_id + ahead, account, book, command, rates, state.now_ns)
        if len(command) > 13:
            extra = order.extra = Extra(command[13])
            if extra.reprice and book.crosses(order.side, order.price_ticks):
                order.price_ticks = order.limit_ticks = repriced_ticks(book, order.side)
        if order.time_in_force == m.DAY:
            expire_ns = 0 if symbol.protection.calendar else next_midnight_ns(state.now_ns)
            extra_of(order).expire_ns = expire_ns
        if order.order_type == m.MARKET:
            self.bound(order)
        return order

    def bound(self, order: Order) -> None:
        """Work out the worst price an order may trade at (rules M5 and M6)."""
        if order.order_type != m.MARKET:
            order.limit_ticks = order.price_ticks
            return
        limit = order.price_ticks or ANY_PRICE[order.side]
        best = order.book.opposite(order.side).best
        collar = order.book.symbol.protection.collar_ppm
        if collar and best is not None:
            width = best.price_ticks * collar // PPM
            if order.side == m.BUY:
                limit = min(limit, best.price_ticks + width)
            else:
                limit = max(limit, best.price_ticks - width)
        order.limit_ticks = limit

    def enter(self, order: Order) -> m.Event:
        """Match an order that is funded, then let it rest or end it; its OrderEvent."""
        book = order.book
        status = book.symbol.status
        if status != m.TRADING and status != m.POST_ONLY:
            return self._rest(order)
        # Most orders meet nobody: these have nothing to be matched, or to be concluded from it.
        may_rest = order.order_type == m.LIMIT and order.time_in_force not in (m.IOC, m.FOK)
        if may_rest and not book.crosses(order.side, order.limit_ticks):
            return self._rest(order)
        return self._match(order, book)

    def _match(self, order: Order, book: Book) -> m.Event:
        """Match an order in a market that trades."""
        matcher = self.matcher
        filled_before = order.filled_lots
        if order.time_in_force == m.FOK:
            wanted = order.quantity_lots - filled_before
            if matcher.fillable_lots(order) < wanted:
                return matcher.finish(order, m.CANCELED, m.REASON_FOK_UNFILLABLE)
        matcher.match(order)
        interrupted = matcher.interrupted
        event = self._conclude(order, interrupted)
        if matcher.first_ticks:
            self._after_trades(order, filled_before)
        if interrupted:
            self._interrupt(book)
        return event

    def _after_trades(self, taker: Order, filled_before: int) -> None:
        """What the taker's trades mean for the symbol and for orders linked to it."""
        book = taker.book
        if not book.reference_ticks:
            book.reference_ticks = self.matcher.first_ticks
        if book.waiting and book.triggers.last:
            self._fire(book, book.triggers.last, self.matcher.first_ticks)
            self._fire(book, book.triggers.last, book.last_ticks)
        if taker.extra is not None:
            self.matcher.note_bought(taker, taker.extra, taker.filled_lots - filled_before)

    def _conclude(self, order: Order, interrupted: bool) -> m.Event:
        """The order's state after matching, as its event."""
        matcher = self.matcher
        if order.reason != m.REASON_NONE:
            return matcher.finish(order, m.CANCELED, order.reason)
        if not interrupted and (order.quote_amount_minor or order.filled_lots == order.quantity_lots):
            return matcher.finish(order, m.FILLED, m.REASON_NONE)
        if order.order_type == m.MARKET or order.time_in_force in (m.IOC, m.FOK):
            reason = m.REASON_VOLATILITY if interrupted else m.REASON_IOC_REMAINDER
            return matcher.finish(order, m.CANCELED, reason)
        return self._rest(order)

    def _rest(self, order: Order) -> m.Event:
        if order.extra is not None:
            self.matcher.follow(order)
        if (order.filled_lots and order.side == m.BUY) or order.stp == m.STP_DECREMENT:
            # Lots taken off without a trade, or bought below the limit, still stand in the hold.
            self.orders.rehold(order)
        order.status = m.PARTIALLY_FILLED if order.filled_lots else m.NEW
        order.updated_ns = self.state.now_ns
        book = order.book
        level = (book.bids if order.side == m.BUY else book.asks).add(order)
        self.orders.add(order)
        self.matcher.levels.append(
            (m.EV_LEVEL, book.symbol.name, order.side, level.price_ticks, level.quantity_lots)
        )
        return order.event()

    # --- leaving ---------------------------------------------------------------------------------

    def withdraw(self, order: Order, status: int, reason: int) -> m.Event:
        """Take an open order from where it rests or waits, and end it."""
        self.matcher.take_off(order)
        return self.matcher.finish(order, status, reason)

    # --- triggers --------------------------------------------------------------------------------

    def wait(self, order: Order, extra: Extra, seen_ticks: int = 0) -> m.Event:
        """Let a funded order wait for its trigger, or fire at once where it may; its OrderEvent.
        ``seen_ticks``: the watched price before the first leg of its pair had its turn, if there was one."""
        book = order.book
        self.orders.add(order)
        book.waiting += 1
        watched = book.watched_ticks(order.side, extra.trigger_source)
        if watched:
            seen_ticks = better_ticks(order.side, watched, seen_ticks or watched)
        trigger_ticks = trigger_after(order.side, extra, seen_ticks)
        if watched and condition_holds(order.side, extra.trigger, trigger_ticks, watched):
            extra.trigger_ticks = trigger_ticks
            self._queue_up(order, extra)
        else:
            book.triggers.feed(order.side, extra.trigger_source).add(order, extra, seen_ticks)
        return order.event()

    def _fire(self, book: Book, feed: Feed, price_ticks: int) -> None:
        """The watched price is this now: the orders that it fires queue up (rule S5)."""
        for order in feed.move(price_ticks):
            if order.order_id not in self.orders.open:
                # Its other leg, fired by the same price, came first.
                continue
            self._queue_up(order, extra_of(order))

    def _queue_up(self, order: Order, extra: Extra) -> None:
        """The order's trigger has fired: it enters in its turn, and its other leg ends."""
        extra.triggered_ns = order.updated_ns = self.state.now_ns
        order.book.fired.append(order)
        self.matcher.repeats = True
        self.matcher.events.append(order.event())
        if extra.linked is not None:
            self._leave_pair(order, extra.linked)

    def settle(self, book: Book) -> None:
        """Let the consequences run: exits of what brackets bought, triggers the quote reached, fired orders,
        one after the other, and whatever these bring about. Cheap where nothing waits."""
        if book.waiting or self.matcher.entries:
            self._settle(book)

    def _settle(self, book: Book) -> None:
        matcher = self.matcher
        while True:
            if matcher.entries:
                self._exit(matcher.entries.pop(0))
                continue
            if book.symbol.status != m.TRADING:
                return
            self._look_at_quote(book)
            if not book.fired:
                return
            self._enter_fired(book.fired.popleft())

    def _look_at_quote(self, book: Book) -> None:
        for side, feed in ((book.bids, book.triggers.bids), (book.asks, book.triggers.asks)):
            if feed and side.best is not None:
                self._fire(book, feed, side.best.price_ticks)

    def _enter_fired(self, order: Order) -> None:
        matcher = self.matcher
        extra = extra_of(order)
        extra.waiting = False
        order.book.waiting -= 1
        matcher.repeats = True
        self.bound(order)
        # The events of its trades come first: it may fire others while it is matched.
        matcher.events.append(self.enter(order))

    def _leave_pair(self, order: Order, other: Order) -> None:
        """A leg has fired: the hold becomes its own and the other leg ends."""
        matcher = self.matcher
        extra_of(other).hide_trail()
        order.held_minor += other.held_minor
        other.held_minor = 0
        matcher.unlink(order, other)
        matcher.take_off(other)
        matcher.events.append(self.orders.close(other, m.CANCELED, m.REASON_LINKED, self.state.now_ns))
        self.orders.rehold(order)

    # --- linked orders ---------------------------------------------------------------------------

    def start_pair(self, first: Order, second: Order) -> list[m.Event]:
        """Make two funded orders the legs of one OCO and enter one after the other, the second if the
        first has left it; their events. The hold is with the leg that may trade from the start."""
        seen_ticks = 0
        for order, other in ((first, second), (second, first)):
            extra = extra_of(order)
            extra.linked, extra.linked_order_id = other, other.order_id
        if second.is_waiting():
            seen_ticks = second.book.watched_ticks(second.side, extra_of(second).trigger_source)
        self.matcher.repeats = True
        self.start(first)
        if second.status in m.OPEN_STATUSES:
            self.start(second, seen_ticks)
        return [first.event(), second.event()]

    def start(self, order: Order, seen_ticks: int = 0) -> m.Event:
        """Enter a funded order, or let it wait; its OrderEvent."""
        extra = order.extra
        if extra is not None and extra.waiting:
            return self.wait(order, extra, seen_ticks)
        return self.enter(order)

    def _exit(self, entry: Order) -> None:
        """Offer what a bracket's entry bought through its exits."""
        extra = extra_of(entry)
        lots, extra.to_exit_lots = extra.to_exit_lots, 0
        base_minor = lots * entry.book.symbol.base_unit_minor
        self.state.ledger.hold(entry.base, base_minor)
        self.matcher.repeats = True
        pair = extra.pair
        if pair is not None and all(order.order_id in self.orders.open for order in pair):
            self._enlarge(*pair, lots, base_minor)
        else:
            self._enter_exits(entry, extra, lots, base_minor)

    def _enlarge(self, take_profit: Order, stop: Order, lots: int, base_minor: int) -> None:
        take_profit.held_minor += base_minor
        self.matcher.take_off(take_profit)
        take_profit.quantity_lots += lots
        level = take_profit.book.asks.add(take_profit)
        self.matcher.levels.append(level_event(take_profit, level))
        stop.quantity_lots += lots
        for order in (take_profit, stop):
            order.updated_ns = self.state.now_ns
            self.matcher.events.append(order.event())

    def _enter_exits(self, entry: Order, extra: Extra, lots: int, base_minor: int) -> None:
        assert extra.exits is not None
        take_profit_ticks, stop_ticks, stop_limit_ticks, source = extra.exits
        take_profit = self._new_exit(entry, m.LIMIT, m.GTC, take_profit_ticks, lots, 0, m.OrderTerms())
        terms = m.OrderTerms(
            trigger=m.STOP, trigger_source=source, trigger_ticks=stop_ticks, trigger_now=True
        )
        limited = (m.LIMIT, m.GTC) if stop_limit_ticks else (m.MARKET, m.IOC)
        stop = self._new_exit(entry, *limited, stop_limit_ticks, lots, 1, terms)
        self.state.next_order_id += 2
        extra.pair = (take_profit, stop)
        take_profit.held_minor = base_minor
        self.matcher.events += self.start_pair(take_profit, stop)

    def _new_exit(
        self, entry: Order, order_type: int, tif: int, price: int, lots: int, ahead: int, terms: m.OrderTerms
    ) -> Order:
        account, name = entry.account, entry.book.symbol.name
        plain = (m.PLACE, "", account.number, name, m.SELL, order_type, tif, False, price, lots, 0, entry.stp)
        session = extra_of(entry).session
        command = (*plain, None, tuple(terms._replace(session=session)))
        order = self.new_order(command, account, entry.book, ahead)
        extra_of(order).entry_order_id = entry.order_id
        return order

    # --- states of the market --------------------------------------------------------------------

    def set_status(self, book: Book, status: int, reason: str) -> None:
        """Change a symbol's status, with the auction and the end of DAY orders that this brings."""
        symbol = book.symbol
        symbol.status = status
        symbol.status_reason = reason
        symbol.call_ends_ns = 0
        if status == m.VOLATILITY_AUCTION and symbol.protection.volatility_ns:
            symbol.call_ends_ns = self.state.now_ns + symbol.protection.volatility_ns
        if symbol.is_call():
            self.state.timers.calls[symbol.name] = symbol.call_ends_ns
        else:
            self.state.timers.calls.pop(symbol.name, None)
        self.matcher.events.append(symbol.event())
        if status in UNCROSSED:
            cross = find_cross(book)
            if cross is not None:
                self._auction(book, cross)
        if status == m.CLOSED:
            for order in sorted(book.day_orders.values(), key=id_of):
                if order.order_id in self.orders.open:
                    self.matcher.events.append(self.withdraw(order, m.EXPIRED, m.REASON_CLOSED))
                    self.matcher.repeats = True

    def _interrupt(self, book: Book) -> None:
        """A trade would have left the dynamic band: gather orders for an auction instead (rule K8)."""
        self.matcher.interrupted = False
        self.set_status(book, m.VOLATILITY_AUCTION, "volatility")

    def _auction(self, book: Book, cross: Cross) -> None:
        """Trade at one price what can be traded, by price and time (rule K6)."""
        matcher = self.matcher
        matcher.repeats = True
        left = cross.quantity_lots
        while left:
            bid, ask = book.bids.best, book.asks.best
            assert bid is not None and ask is not None and bid.head is not None and ask.head is not None
            buy, sell = bid.head, ask.head
            lots = min(left, buy.quantity_lots - buy.filled_lots, sell.quantity_lots - sell.filled_lots)
            matcher.trade_at(buy, sell, cross.price_ticks, lots)
            left -= lots
            self._after_auction_fill(buy, lots)
            self._after_auction_fill(sell, lots)
        for side in (book.bids, book.asks):
            self._show_next_part(side)
        book.reference_ticks = cross.price_ticks
        if book.waiting and book.triggers.last:
            self._fire(book, book.triggers.last, cross.price_ticks)

    def _after_auction_fill(self, order: Order, lots: int) -> None:
        matcher = self.matcher
        level = order.level
        assert level is not None
        side = order.book.side(order.side)
        open_lots = order.quantity_lots - order.filled_lots
        extra = order.extra
        if extra is not None and extra.display_lots:
            from_shown = min(extra.shown_lots, lots)
            extra.shown_lots -= from_shown
            level.quantity_lots -= from_shown
            level.hidden_lots -= lots - from_shown
        else:
            level.quantity_lots -= lots
        if open_lots == 0:
            side.remove(order, level)
            event = matcher.finish(order, m.FILLED, m.REASON_NONE)
        else:
            order.status = m.PARTIALLY_FILLED
            matcher.follow(order)
            if order.side == m.BUY:
                self.orders.rehold(order)
            event = order.event()
        matcher.levels.append(level_event(order, level))
        matcher.events.append(event)
        if extra is not None:
            matcher.note_bought(order, extra, lots)

    def _show_next_part(self, side: BookSide) -> None:
        """An iceberg that an auction partly filled stands first in its queue; with what it displayed used up
        it goes to the back with the next part."""
        level = side.best
        order = None if level is None else level.head
        if level is None or order is None or order.shown_lots():
            return
        side.to_the_back(order, level)
        self.matcher.levels.append(level_event(order, level))


def _latest_orders(events: list[m.Event]) -> list[m.Event]:
    """One OrderEvent an order: its last state, where its first stood."""
    latest = {event[1]: event for event in events if event[0] == m.EV_ORDER}
    kept = []
    for event in events:
        if event[0] != m.EV_ORDER:
            kept.append(event)
        elif event[1] in latest:
            kept.append(latest.pop(event[1]))
    return kept


def _latest_levels(levels: list[m.Event]) -> list[m.Event]:
    """One LevelEvent a level: its last state, where that stood."""
    latest: dict[tuple[str, int, int], m.Event] = {}
    for event in levels:
        key = event[1:4]
        latest.pop(key, None)
        latest[key] = event
    return list(latest.values())
