"""Everything that refuses a trader's command."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.naive.orders import Order, terms_of
from tests.exchange.engine.naive.rules import RESTING_TIMES, Symbol, ceil_ppm, crosses, is_within, refuse_if
from tests.exchange.engine.naive.shapes import is_well_formed
from tests.exchange.engine.naive.triggers import NaiveTriggers


class NaiveChecks(NaiveTriggers):
    # --- who may, and where ----------------------------------------------------------------------

    def symbol_for_entry(self, account: int, name: str) -> Symbol:
        """The symbol, if the account and the symbol's state let anything in."""
        refuse_if(account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(name not in self.book_symbols, "SYMBOL_NOT_FOUND")
        symbol = self.book_symbols[name]
        refuse_if(self.statuses[account] == m.FROZEN, "ACCOUNT_FROZEN")
        refuse_if(symbol.status == m.HALTED, "SYMBOL_HALTED")
        refuse_if(symbol.status == m.CANCEL_ONLY, "SYMBOL_CANCEL_ONLY")
        refuse_if(symbol.status == m.CLOSED, "SYMBOL_CLOSED")
        return symbol

    def check_state_suits(self, c: m.PlaceOrder) -> None:
        """K2, K3: a post-only book takes post-only orders, an auction those that can gather."""
        status, triggered = self.book_symbols[c.symbol].status, terms_of(c).trigger != m.NO_TRIGGER
        lasts = c.time_in_force in (*RESTING_TIMES, m.OPG, m.CLS)
        gathers = c.order_type == m.LIMIT and lasts and not c.post_only and not terms_of(c).peg
        gathers = gathers or (
            c.order_type == m.MARKET and c.time_in_force != m.FOK and not c.quote_amount_minor
        )
        refuse_if(status in m.CALL_STATUSES and not (triggered or gathers), "SYMBOL_IN_AUCTION")
        refuse_if(status == m.POST_ONLY and not c.post_only, "SYMBOL_POST_ONLY")
        opens = status in (m.PRE_OPEN, m.OPENING_AUCTION)
        refuse_if(c.time_in_force == m.OPG and not opens, "OPENING_OVER")

    # --- a new order -----------------------------------------------------------------------------------

    def check_new(self, c: m.PlaceOrder, together: int = 1) -> Order:
        """The order that ``c`` asks for, all tested but the balance; ``together``: how many will be open."""
        symbol = self.symbol_for_entry(c.account, c.symbol)
        in_use = [o.command.client_order_id for o in self.open_orders(c.account)]
        refuse_if(c.client_order_id is not None and c.client_order_id in in_use, "CLIENT_ORDER_ID_IN_USE")
        refuse_if(not is_well_formed(c, symbol), "INVALID_ORDER")
        refuse_if(together > 1 and c.time_in_force in (m.OPG, m.CLS), "INVALID_ORDER")
        order = self.new_order(c, 0)
        refuse_if(c.time_in_force == m.GTD and order.expires_ns <= self.now_ns, "INVALID_EXPIRY")
        self.check_state_suits(c)
        if order.terms.trigger in (m.STOP, m.TAKE_PROFIT):
            self.check_price(symbol, order.trigger_ticks)
        self._take_kind(order)
        if order.is_limit or order.price:
            self.check_price(symbol, order.price)
        if not order.by_amount:
            self.check_quantity(symbol, order.quantity)
        self.check_value(symbol, order, order.price, order.quantity)
        if order.is_limit:
            self.check_band(symbol, order.price)
        self.check_display(symbol, order)
        if order.may_be_open or self.will_gather(order):
            open_orders = len(self.open_orders(c.account, c.symbol)) + together
            refuse_if(open_orders > symbol.spec.max_open_orders, "TOO_MANY_OPEN_ORDERS")
            in_all = len(self.open_orders(c.account)) + together
            refuse_if(in_all > self.orders_per_account, "TOO_MANY_OPEN_ORDERS")
        if order.terms.peg:
            pegged = [*self.pegged(c.symbol, m.BUY), *self.pegged(c.symbol, m.SELL)]
            refuse_if(len(pegged) >= self.pegs_per_symbol, "TOO_MANY_OPEN_ORDERS")
            own = [o for o in pegged if o.account == c.account]
            refuse_if(len(own) >= self.pegs_per_account, "TOO_MANY_OPEN_ORDERS")
        self._check_trigger(order)
        if self.will_gather(order):
            limit = order.price or self.auction_limit(order)
            refuse_if(limit is None, "NO_REFERENCE_PRICE")
            order.price = limit or 0
        order.price = self.post_only_price(order, order.price)
        return order

    def will_gather(self, order: Order) -> bool:
        """Whether it is a market order that waits for an auction (K3, T8)."""
        if order.is_limit or order.terms.trigger != m.NO_TRIGGER:
            return False
        is_call = self.book_symbols[order.symbol].status in m.CALL_STATUSES
        return is_call or order.command.time_in_force in (m.OPG, m.CLS)

    def _take_kind(self, order: Order) -> None:
        """M8, Q1: neither enters where orders gather; a market-to-limit order takes the best price."""
        terms = order.terms
        gathers = self.book_symbols[order.symbol].status in m.CALL_STATUSES
        special = terms.to_limit or (terms.min_lots and terms.trigger == m.NO_TRIGGER)
        refuse_if(bool(special) and gathers, "SYMBOL_IN_AUCTION")
        if terms.to_limit:
            best = self.best(order.symbol, 1 - order.side)
            refuse_if(best is None, "NO_REFERENCE_PRICE")
            order.price = best or 0

    def check_price(self, symbol: Symbol, price: int) -> None:
        spec = symbol.spec
        inside = price > 0 and spec.min_price_ticks <= price <= spec.max_price_ticks
        refuse_if(not inside, "PRICE_OUT_OF_BOUNDS")
        refuse_if(price % symbol.tick_at(price) != 0, "PRICE_OFF_TICK")

    def check_quantity(self, symbol: Symbol, lots: int) -> None:
        spec = symbol.spec
        refuse_if(not spec.min_quantity_lots <= lots <= spec.max_quantity_lots, "QUANTITY_OUT_OF_BOUNDS")
        refuse_if(lots % spec.lot_step != 0, "QUANTITY_OFF_LOT")

    def check_value(self, symbol: Symbol, order: Order, price: int, lots: int) -> None:
        """B3: the quote amount, or price x quantity where there is a price."""
        if not order.by_amount and not price:
            return
        value = order.command.quote_amount_minor or symbol.notional(price, lots)
        refuse_if(value < symbol.spec.min_notional_minor, "BELOW_MIN_NOTIONAL")
        most = symbol.protection.max_notional_minor
        refuse_if(most > 0 and value > most, "ABOVE_MAX_NOTIONAL")

    def check_display(self, symbol: Symbol, order: Order) -> None:
        """I1: what an iceberg shows at a time is worth the minimum, and a hundredth of it all."""
        shown = order.terms.display_lots
        too_small = symbol.notional(order.price, shown) < symbol.spec.min_notional_minor
        refuse_if(shown > 0 and (too_small or shown * 100 < order.open), "DISPLAY_TOO_SMALL")

    def check_band(self, symbol: Symbol, price: int) -> None:
        ppm, reference = symbol.protection.band_ppm, self.reference_price(symbol.name)
        outside = ppm > 0 and reference is not None and not is_within(price, reference, ppm)
        refuse_if(outside, "PRICE_OUT_OF_BAND")

    def _check_trigger(self, order: Order) -> None:
        if order.terms.trigger == m.NO_TRIGGER:
            return
        price = self.watched_price(order)
        if order.is_trailing:
            refuse_if(price is None, "NO_REFERENCE_PRICE")
            order.best_seen = price or 0
            order.trigger_ticks = order.trailed()
            refuse_if(order.trigger_ticks <= 0, "INVALID_ORDER")
        fires = price is not None and order.would_fire(price)
        refuse_if(fires and not order.terms.trigger_now, "TRIGGER_WOULD_FIRE")

    def post_only_price(self, order: Order, price: int) -> int:
        """T6: the price at which the order, if it is post-only, may enter without taking."""
        best = self.best(order.symbol, 1 - order.side)
        if not order.command.post_only or best is None or not crosses(order.side, price, best):
            return price
        nearest = self.book_symbols[order.symbol].next_valid_price(best, order.side)
        refuse_if(nearest is None or not order.terms.reprice, "POST_ONLY_WOULD_TAKE")
        return nearest or 0

    # --- balances --------------------------------------------------------------------------------------

    def check_funds_to_place(self, order: Order) -> None:
        spec = self.book_symbols[order.symbol].spec
        asset = spec.quote if order.is_buy else spec.base
        self.check_covers(order.account, asset, self.to_hold(order, self.available(order.account, asset)), 0)

    def to_hold(self, order: Order, available: int) -> int:
        """What the order needs; of a market order that has no figure of its own, as the book stands."""
        waits = order.terms.trigger != m.NO_TRIGGER
        if order.is_limit or waits or order.by_amount == order.is_buy or self.will_gather(order):
            return self.need(order)
        deals = self.would_do(order)
        symbol = self.book_symbols[order.symbol]
        if not order.is_buy:
            return sum(deal.lots for deal in deals) * symbol.base_per_lot
        # A rebate is not counted on. The walk ends with the trade the account cannot pay any more.
        cost, notional = 0, 0
        for deal in deals:
            notional += symbol.notional(deal.price, deal.lots)
            cost = notional + max(0, ceil_ppm(order.taker_ppm * notional))
            if cost > available:
                break
        return cost

    def check_covers(self, account: int, asset: str, required: int, freed: int) -> None:
        available = self.available(account, asset) + freed
        refuse_if(
            required > available,
            "INSUFFICIENT_BALANCE",
            *("asset", asset, "required_minor", required, "available_minor", available),
        )

    # --- open orders -----------------------------------------------------------------------------------

    def open_order(self, account: int, order_id: int, client_order_id: str | None = None) -> Order:
        refuse_if(account not in self.statuses, "ACCOUNT_NOT_FOUND")
        if order_id:
            named = [o for o in self.orders if o.order_id == order_id]
        else:
            named = [
                o for o in self.orders if client_order_id and o.command.client_order_id == client_order_id
            ]
        own = [o for o in named if o.account == account]
        refuse_if(not own, "ORDER_NOT_FOUND")
        order = own[-1]
        refuse_if(not order.is_open, "ORDER_NOT_OPEN")
        return order
