"""How orders enter, what their trades fire, the exits of brackets, and what follows from what."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.engine.naive.auctions import NaiveAuctions
from tests.engine.naive.orders import Order, Place, draft
from tests.engine.naive.rules import MATCHING, Symbol


class NaiveTriggers(NaiveAuctions):
    # --- entering --------------------------------------------------------------------------------

    def begin(self, order: Order) -> None:
        """The order comes to exist; it is told of first."""
        self.orders.append(order)
        self.live = [*self.live, order]
        self.tell(order)

    def enter(self, order: Order) -> None:
        """Wait, match or rest; then what its prices fire and what its fills call for."""
        if order.terms.trigger != m.NO_TRIGGER and not order.triggered_ns:
            self._wait(order)
            return
        order.place = Place.ENTERING
        if self.book_symbols[order.symbol].status not in MATCHING:
            self.rest(order)
            return
        first_deal = len(self.deals)
        self._match_and_end(order)
        self.look_at_deals(order.symbol, first_deal)

    def _match_and_end(self, order: Order) -> None:
        is_fok = order.command.time_in_force == m.FOK
        if is_fok and sum(deal.lots for deal in self.would_do(order)) < order.open:
            self.cancel(order, m.REASON_FOK_UNFILLABLE)
            return
        stopped_by = self.match(order)
        if order.place == Place.GONE:
            return
        if order.may_rest:
            self.rest(order)
        elif stopped_by == m.REASON_VOLATILITY or not order.is_limit:
            self.cancel(order, stopped_by)
        else:
            self.cancel(order, m.REASON_IOC_REMAINDER)

    # --- triggers --------------------------------------------------------------------------------------

    def _wait(self, order: Order) -> None:
        order.place = Place.WAITING
        self.tell(order)
        price = self.watched_price(order)
        if price is not None:
            self._look(order, price)

    def _look(self, order: Order, price: int) -> None:
        order.see(price)
        if order.would_fire(price):
            self._fire(order)

    def _fire(self, order: Order) -> None:
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
            for order in self.waiting(symbol, m.LAST):
                if order.place == Place.WAITING:
                    self._look(order, price)

    def _look_at_quote(self, symbol: str) -> None:
        """S5: the best bid, which sells watch, then the best ask."""
        for side in (m.SELL, m.BUY):
            for order in self.waiting(symbol, m.QUOTE):
                price = self.watched_price(order)
                if order.side == side and order.place == Place.WAITING and price is not None:
                    self._look(order, price)

    def follow_up(self) -> None:
        """S6: what the command's own doing leads to, until it leads to nothing more."""
        for name in sorted(self.book_symbols):
            self._follow_up_in(name)

    def _follow_up_in(self, symbol: str) -> None:
        while True:
            self._enter_exits(symbol)
            self._look_at_quote(symbol)
            fired = self.fired(symbol)
            if not fired:
                return
            self.enter(fired[0])

    # --- exits of brackets -------------------------------------------------------------------------------

    def _enter_exits(self, symbol: str) -> None:
        """L5: for each entry that bought, in the order they did, all that it bought."""
        while fills := [fill for fill in self.bought if self.orders[fill[0] - 1].symbol == symbol]:
            entry_id = fills[0][0]
            lots = sum(lots for bought_by, lots in fills if bought_by == entry_id)
            self.bought = [fill for fill in self.bought if fill[0] != entry_id]
            self._grow_exits(self.orders[entry_id - 1], lots)

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
        """Tell the new status; hold the auction it calls for, and end the day orders it closes on."""
        self.set_status(symbol, status, reason)
        first_deal = len(self.deals)
        if self.uncross(symbol):
            self.look_at_deals(symbol.name, first_deal)
        if status == m.CLOSED:
            for order in list(self.live):
                is_day = order.command.time_in_force == m.DAY and not order.expires_ns
                if order.symbol == symbol.name and order.is_open and is_day:
                    self.end(order, m.EXPIRED, m.REASON_CLOSED)


def link(first: Order, second: Order) -> None:
    """Make the two the legs of a pair; the first keeps the hold."""
    first.linked_id, second.linked_id = second.order_id, first.order_id
    second.keeps_hold = False
