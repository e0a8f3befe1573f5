"""How orders enter, what their trades fire, the exits of brackets, and what follows from what."""

from __future__ import annotations

import copy

from exchange.engine import messages as m
from tests.exchange.engine.naive.auctions import NaiveAuctions
from tests.exchange.engine.naive.orders import Order, Place, draft
from tests.exchange.engine.naive.rules import MATCHING, UNCROSSED, Symbol


class NaiveTriggers(NaiveAuctions):
    # --- entering --------------------------------------------------------------------------------

    def begin(self, order: Order) -> None:
        """The order comes to exist; it is told of first."""
        self.orders.append(order)
        self.live = [*self.live, order]
        self.tell(order)

    def enter(self, order: Order) -> None:
        """Wait, match or rest; then what its prices fire and what its fills call for."""
        if order.second:
            self._enter_second(order)
            return
        if order.terms.trigger != m.NO_TRIGGER and not order.triggered_ns:
            self._wait(order)
            return
        status = self.book_symbols[order.symbol].status
        if order.command.time_in_force == m.CLS and status != m.CLOSING_AUCTION:
            order.place = Place.FOR_CLOSE
            return
        if order.terms.peg:
            order.place, order.arrival = Place.PEGGED, self.next_arrival()
            return
        order.place = Place.ENTERING
        if self.book_symbols[order.symbol].status not in MATCHING:
            self.rest(order)
            return
        first_deal = len(self.deals)
        self._match_and_end(order, self._collar(order))
        self.look_at_deals(order.symbol, first_deal)

    def _match_and_end(self, order: Order, collar: int | None) -> None:
        least = 0 if order.has_rested else order.terms.min_lots
        if least and sum(deal.lots for deal in self.would_do(order)) < least:
            self.cancel(order, m.REASON_MIN_QUANTITY)
            return
        is_fok = order.command.time_in_force == m.FOK
        if is_fok and sum(deal.lots for deal in self.would_do(order)) < order.open:
            self.cancel(order, m.REASON_FOK_UNFILLABLE)
            return
        filled = order.filled
        stopped_by = self.match(order)
        if order.place == Place.GONE:
            return
        if order.may_rest or (stopped_by == m.REASON_VOLATILITY and self._can_join_auction(order)):
            self.rest(order, order.filled - filled)
        elif stopped_by == m.REASON_PRICE_LIMIT and self.becomes_limit(order, collar):
            self.rest(order)
        elif stopped_by == m.REASON_VOLATILITY or not order.is_limit:
            self.cancel(order, stopped_by)
        else:
            self.cancel(order, m.REASON_IOC_REMAINDER)

    def _can_join_auction(self, order: Order) -> bool:
        """K8: a market order by quantity that ran into a band gathers, if the account can pay for it."""
        if order.is_limit or order.by_amount:
            return False
        price = order.price or self.auction_limit(order)
        if price is None:
            return False
        gathering = copy.copy(order)
        gathering.price = price
        asset, needed = self.hold(gathering)
        if needed > self.available(order.account, asset):
            return False
        order.price = price
        return True

    def auction_limit(self, order: Order) -> int | None:
        return self.book_symbols[order.symbol].auction_limit(order.side, self.reference_price(order.symbol))

    def to_hold(self, order: Order, available: int) -> int:
        """What an order that begins has to hold; ``checks`` knows."""
        raise NotImplementedError

    def _enter_second(self, order: Order) -> None:
        """L9: it is funded now, or ends."""
        other = self.other_leg(order)
        asset, _ = self.hold(order)
        available = self.available(order.account, asset)
        required = self.to_hold(order, available)
        if other is not None:
            required = max(required, self.need(other))
        if required > available:
            self.cancel(order, m.REASON_BALANCE)
            return
        pair = [order] if other is None else [order, other]
        for each in pair:
            each.second, each.place = m.NOT_SECOND, Place.ENTERING
            each.trigger_since_ns = self.now_ns
            if each.is_trailing:
                each.best_seen = self.last_price(each.symbol) or 0
            self.tell(each)
        if other is None:
            self.enter(order)
        else:
            link(order, other)
            self.enter_pair(order, other)

    # --- triggers --------------------------------------------------------------------------------------

    def _wait(self, order: Order) -> None:
        order.place = Place.WAITING
        self.tell(order)
        price = self.watched_price(order)
        if price is not None:
            order.see(price)
            if order.would_fire(price):
                self.fire(order, price)

    def _look(self, orders: list[Order], price: int) -> None:
        """S5: those that fire at this price do so by their triggers, the furthest one first, then by time."""
        for order in orders:
            order.see(price)
        firing = [order for order in orders if order.would_fire(price)]
        for order in sorted(
            firing, key=lambda o: (-abs(o.trigger_ticks - price), o.trigger_since_ns, o.order_id)
        ):
            if order.place == Place.WAITING and self.is_overdue(order):
                self.end(order, m.EXPIRED, m.REASON_TIME)
            elif order.place == Place.WAITING:
                self.fire(order, order.trigger_ticks)

    def fire(self, order: Order, collar_from: int) -> None:
        """M6: its collar will count from this price."""
        order.collar_from = collar_from
        order.place, order.arrival = Place.FIRED, self.next_arrival()
        order.triggered_ns = self.now_ns
        self.tell(order)
        other = self.other_leg(order)
        if other is not None:
            self.cancel_alone(other, m.REASON_LINKED)

    def cancel_alone(self, order: Order, reason: int) -> None:
        """Cancel a leg and leave the other."""
        order.place, order.status, order.reason = Place.GONE, m.CANCELED, reason
        self.tell(order)

    def look_at_deals(self, symbol: str, first_deal: int) -> None:
        """S5: the first price of an order's trades, then the last."""
        prices = [deal.price for deal in self.deals[first_deal:]]
        for price in (*prices[:1], *prices[-1:]):
            self._look(self.waiting(symbol, m.LAST), price)

    def _look_at_quote(self, symbol: str) -> None:
        """S5: the best bid, which sells watch, then the best ask."""
        for side in (m.SELL, m.BUY):
            price = self.best(symbol, 1 - side)
            if price is not None and self.book_symbols[symbol].status == m.TRADING:
                self._look([order for order in self.waiting(symbol, m.QUOTE) if order.side == side], price)

    def follow_up(self) -> None:
        """S6: what the command's own doing leads to, until it leads to nothing more."""
        for name in sorted(self.book_symbols):
            if name not in self.others:
                self._follow_up_in(name)

    def follow_up_others(self) -> None:
        """MM5: where quotes were canceled because of trades in another symbol."""
        while self.others:
            name = min(self.others)
            self.others.discard(name)
            self._follow_up_in(name)

    def _cancel_tripped(self, symbol: str) -> None:
        """MM5: the quotes of those whose protection has tripped here."""
        accounts = [account for name, account in self.tripped if name == symbol]
        self.tripped = [each for each in self.tripped if each[0] != symbol]
        for account in accounts:
            self.log.append(self.guard_event(account))
            for order in self.quotes(account):
                self.cancel(order, m.REASON_PROTECTION)
                self.others |= {order.symbol} - {symbol}

    def _follow_up_in(self, symbol: str) -> None:
        if not self.fired(symbol):
            self.paused.discard(symbol)
        while True:
            self._cancel_tripped(symbol)
            self._enter_exits(symbol)
            if symbol in self.paused:
                return
            self._look_at_quote(symbol)
            fired = self.fired(symbol)
            if not fired:
                return
            if self.meetings + self.entered >= self.trades_per_order:
                self.paused.add(symbol)
                return
            self.entered += 1
            self.last_meeting = self.meetings + self.trades_per_order
            if self.is_overdue(fired[0]):
                self.end(fired[0], m.EXPIRED, m.REASON_TIME)
            else:
                self.enter(fired[0])

    # --- exits of brackets -------------------------------------------------------------------------------

    def _enter_exits(self, symbol: str) -> None:
        """L5: for each entry that bought, in the order they did, all that it bought."""
        while fills := [fill for fill in self.bought if self.orders[fill[0] - 1].symbol == symbol]:
            entry_id = fills[0][0]
            lots = sum(lots for bought_by, lots in fills if bought_by == entry_id)
            self.bought = [fill for fill in self.bought if fill[0] != entry_id]
            self._grow_exits(self.orders[entry_id - 1], lots)
            # MM5: before anything else follows from what the exits traded.
            self._cancel_tripped(symbol)

    def _grow_exits(self, entry: Order, lots: int) -> None:
        pair = [o for o in self.live if o.order_id in entry.exit_ids and o.is_open]
        if len(pair) == 2:
            for exit_order in pair:
                exit_order.quantity += lots
                self.tell(exit_order)
            take_profit = pair[0]
            take_profit.arrival = self.next_arrival()
            return
        take_profit, stop = self._exits_of(entry, lots)
        entry.exit_ids = (take_profit.order_id, stop.order_id)
        link(take_profit, stop)
        for exit_order in (take_profit, stop):
            exit_order.entry_id = entry.order_id
            self.begin(exit_order)
        self.enter_pair(take_profit, stop)

    def enter_pair(self, first: Order, second: Order) -> None:
        """L1: what becomes of the first leg comes before the second's turn."""
        self.enter(first)
        if second.place == Place.ENTERING:
            self.enter(second)

    def _exits_of(self, entry: Order, lots: int) -> tuple[Order, Order]:
        assert entry.exits is not None
        take_profit_ticks, stop_ticks, stop_limit_ticks, source = entry.exits
        plain = entry.command._replace(side=m.SELL, post_only=False, client_order_id=None, quantity_lots=lots)
        session = entry.terms.session
        take_profit = plain._replace(
            order_type=m.LIMIT,
            time_in_force=m.GTC,
            price_ticks=take_profit_ticks,
            terms=m.OrderTerms(session=session),
        )
        stop = plain._replace(
            order_type=m.LIMIT if stop_limit_ticks else m.MARKET,
            time_in_force=m.GTC if stop_limit_ticks else m.IOC,
            price_ticks=stop_limit_ticks,
            terms=m.OrderTerms(
                trigger=m.STOP,
                trigger_source=source,
                trigger_ticks=stop_ticks,
                trigger_now=True,
                session=session,
            ),
        )
        first_id = len(self.orders) + 1
        return self.new_order(take_profit, first_id), self.new_order(stop, first_id + 1)

    def new_order(self, command: m.PlaceOrder, order_id: int) -> Order:
        symbol = self.book_symbols[command.symbol]
        return draft(command, symbol, self.fees(command.symbol, command.account), self.now_ns, order_id)

    # --- market states ---------------------------------------------------------------------------------

    def change_status(self, symbol: Symbol, status: int, reason: str) -> None:
        """Tell the new status; hold the auction it calls for, and end the orders that do not outlast it."""
        if symbol.status == m.CLOSED:
            self.end_days(symbol.name, len(self.live))
        self.set_status(symbol, status, reason)
        if status in UNCROSSED:
            for order in self.overdue():
                if order.symbol == symbol.name and order.is_open:
                    self.end(order, m.EXPIRED, m.REASON_TIME)
            if symbol.protection.auction_stp:
                self.prevent_in_auction(symbol)
            first_deal = len(self.deals)
            if self.uncross(symbol):
                self.look_at_deals(symbol.name, first_deal)
            self.end_auction_orders(symbol)
        own = [order for order in self.live if order.symbol == symbol.name and order.is_open]
        if status == m.CLOSING_AUCTION:
            for order in own:
                if order.place == Place.FOR_CLOSE:
                    self.enter(order)
        if status == m.CLOSED:
            self.end_days(symbol.name, self.ends_per_command)
            for order in own:
                if order.is_open and order.place == Place.FOR_CLOSE:
                    self.end(order, m.EXPIRED, m.REASON_CLOSED)

    def end_days(self, symbol: str, most: int) -> int:
        """X6: so many of them; how many that were."""
        due = self.days_to_end(symbol)[:most]
        for order in due:
            if order.is_open:
                self.end(order, m.EXPIRED, m.REASON_CLOSED)
        return len(due)


def link(first: Order, second: Order) -> None:
    """Make the two the legs of a pair; the first keeps the hold."""
    first.linked_id, second.linked_id = second.order_id, first.order_id
    second.keeps_hold = False
