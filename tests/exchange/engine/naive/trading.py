"""The commands of traders in the naive engine."""

from __future__ import annotations

import copy

from exchange.engine import messages as m
from tests.exchange.engine.naive.checks import NaiveChecks
from tests.exchange.engine.naive.orders import Order, Place, terms_of
from tests.exchange.engine.naive.rules import Refusal, Symbol, refuse_if
from tests.exchange.engine.naive.shapes import is_bracket, is_pair, may_be_second
from tests.exchange.engine.naive.triggers import link

SECOND_MS = 1_000
DAY_MS = 24 * 3_600 * SECOND_MS


class NaiveTrading(NaiveChecks):
    # --- entering ----------------------------------------------------------------------------------

    def place(self, c: m.PlaceOrder) -> None:
        order = self.check_new(c)
        self.check_funds_to_place(order)
        self._begin_own(order)
        self.enter(order)

    def place_oco(self, c: m.PlaceOco) -> None:
        legs = [m.PlaceOrder(*leg)._replace(account=c.account) for leg in (c.first, c.second)]
        self.symbol_for_entry(c.account, legs[0].symbol)
        refuse_if(not is_pair(*legs), "INVALID_ORDER")
        ids = [leg.client_order_id for leg in legs]
        refuse_if(ids[0] is not None and ids[0] == ids[1], "CLIENT_ORDER_ID_IN_USE")
        first, second = (self.check_new(leg, together=2) for leg in legs)
        spec = self.book_symbols[first.symbol].spec
        asset = spec.quote if first.is_buy else spec.base
        self.check_covers(first.account, asset, max(self.need(first), self.need(second)), 0)
        self._begin_own(first)
        self._begin_own(second)
        link(first, second)
        self.enter_pair(first, second)

    def place_bracket(self, c: m.PlaceBracket) -> None:
        entry = m.PlaceOrder(*c.entry)._replace(account=c.account)
        symbol = self.symbol_for_entry(c.account, entry.symbol)
        refuse_if(not is_bracket(c, entry), "INVALID_ORDER")
        limits = [c.take_profit_ticks, *([c.stop_limit_ticks] if c.stop_limit_ticks else [])]
        for price in (c.take_profit_ticks, c.stop_ticks, *limits[1:]):
            self.check_price(symbol, price)
        for price in limits:
            self.check_band(symbol, price)
        order = self.check_new(entry)
        self.check_funds_to_place(order)
        order.exits = (c.take_profit_ticks, c.stop_ticks, c.stop_limit_ticks, c.trigger_source)
        self._begin_own(order)
        self.enter(order)

    def place_oto(self, c: m.PlaceOto) -> None:
        working = m.PlaceOrder(*c.working)._replace(account=c.account)
        seconds = [m.PlaceOrder(*each)._replace(account=c.account) for each in c.seconds]
        symbol = self.symbol_for_entry(c.account, working.symbol)
        refuse_if(not 1 <= len(seconds) <= 2, "INVALID_ORDER")
        refuse_if(not all(may_be_second(each, working) for each in seconds), "INVALID_ORDER")
        refuse_if(len(seconds) == 2 and not is_pair(*seconds), "INVALID_ORDER")
        names = [each.client_order_id for each in (working, *seconds) if each.client_order_id is not None]
        refuse_if(len(set(names)) < len(names), "CLIENT_ORDER_ID_IN_USE")
        count = 1 + len(seconds)
        order = self.check_new(working, together=count)
        for each in seconds:
            self.check_new(_as_if_now(each), together=count)
        open_orders = len(self.open_orders(c.account, working.symbol)) + count
        refuse_if(open_orders > symbol.spec.max_open_orders, "TOO_MANY_OPEN_ORDERS")
        in_all = len(self.open_orders(c.account)) + count
        refuse_if(in_all > self.orders_per_account, "TOO_MANY_OPEN_ORDERS")
        self.check_funds_to_place(order)
        self._begin_own(order)
        followers = [self.new_order(each, 0) for each in seconds]
        for follower in followers:
            follower.place, follower.second = Place.SECOND, m.SECOND_WAITS
            follower.entry_id = order.order_id
            self._begin_own(follower)
        if len(followers) == 2:
            link(*followers)
        self.enter(order)

    def _begin_own(self, order: Order) -> None:
        order.order_id = len(self.orders) + 1
        self.own.append(order)
        self.begin(order)

    # --- canceling -----------------------------------------------------------------------------------

    def cancel_one(self, c: m.CancelOrder) -> None:
        self._cancel_named(c.account, c.order_id, c.client_order_id, m.REASON_USER)

    def _cancel_named(self, account: int, order_id: int, client_order_id: str | None, reason: int) -> None:
        order = self.open_order(account, order_id, client_order_id)
        self.own.append(order)
        self.cancel(order, reason)

    def cancel_all(self, c: m.CancelAll) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        if c.symbol is not None:
            refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        reason = m.REASON_USER if c.session is None else m.REASON_DISCONNECT
        chosen = [
            order
            for order in self.open_orders(c.account, c.symbol)
            if c.session in (None, order.terms.session)
        ]
        self.own.append((m.EV_CANCELED_ALL, c.account, c.symbol, len(chosen)))
        self.cancel_each(chosen, reason)

    def cancel_each(self, orders: list[Order], reason: int) -> None:
        """C1: those that did not end with the other leg of theirs."""
        for order in orders:
            if order.is_open:
                self.cancel(order, reason)

    def cancel_after(self, c: m.CancelAfter) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        allowed = c.after_ms == 0 or SECOND_MS <= c.after_ms <= DAY_MS
        refuse_if(not allowed, "INVALID_CANCEL_AFTER")
        deadline = self.now_ns + c.after_ms * 10**6 if c.after_ms else 0
        self.deadlines[c.account] = deadline
        self.log.append((m.EV_CANCEL_AFTER, c.account, deadline))

    def cancel_replace(self, c: m.CancelReplace) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.mode not in (m.STOP_ON_FAILURE, m.ALLOW_FAILURE), "INVALID_ORDER")
        try:
            self._cancel_named(c.account, c.order_id, c.client_order_id, m.REASON_REPLACED)
        except Refusal as refusal:
            if c.mode == m.STOP_ON_FAILURE:
                raise
            self.own.append(rejected(c, refusal))
        try:
            self.place(m.PlaceOrder(*c.place)._replace(account=c.account))
        except Refusal as refusal:
            self.own.append(rejected(c, refusal))

    # --- amending --------------------------------------------------------------------------------------

    def reduce(self, c: m.ReduceOrder) -> None:
        order = self.open_order(c.account, c.order_id)
        symbol = self.book_symbols[order.symbol]
        refuse_if(symbol.status == m.HALTED, "SYMBOL_HALTED")
        refuse_if(symbol.status == m.CLOSED, "SYMBOL_CLOSED")
        refuse_if(self.other_leg(order) is not None or order.second != m.NOT_SECOND, "INVALID_REDUCE")
        refuse_if(not 0 < c.quantity_lots < order.quantity, "INVALID_REDUCE")
        refuse_if(c.quantity_lots % symbol.spec.lot_step != 0, "QUANTITY_OFF_LOT")
        left = c.quantity_lots - order.filled - order.prevented_lots
        too_small = left > 0 and symbol.notional(order.price, left) < symbol.spec.min_notional_minor
        refuse_if(order.is_limit and too_small, "BELOW_MIN_NOTIONAL")
        self.own.append(order)
        self._lower(order, c.quantity_lots)

    def _lower(self, order: Order, quantity: int) -> None:
        """I4: the hidden part goes first. A1: an order that has no more than this done ends."""
        if quantity <= order.filled + order.prevented_lots:
            self.cancel(order, m.REASON_REDUCED)
            return
        order.quantity = quantity
        order.shown = min(order.shown, order.open)
        self.tell(order)

    def replace(self, c: m.ReplaceOrder) -> None:
        order = self.open_order(c.account, c.order_id)
        refuse_if(self.is_overdue(order), "ORDER_NOT_OPEN")
        symbol = self.symbol_for_entry(c.account, order.symbol)
        waits_for_price = order.place == Place.WAITING and not order.is_trailing
        refuse_if(self.other_leg(order) is not None or order.by_amount, "INVALID_REPLACE")
        refuse_if(order.second != m.NOT_SECOND, "INVALID_REPLACE")
        gathers = order.place == Place.FOR_CLOSE or (order.place == Place.RESTING and not order.is_limit)
        refuse_if(gathers, "INVALID_REPLACE")
        refuse_if(order.place == Place.FIRED or c.quantity_lots <= 0, "INVALID_REPLACE")
        names_trigger = c.trigger_ticks > 0 or c.trigger_now
        refuse_if(c.trigger_ticks < 0 or (names_trigger and not waits_for_price), "INVALID_REPLACE")
        self.check_state_suits(order.command)
        replacement = copy.copy(order)
        replacement.price, replacement.quantity = c.price_ticks, c.quantity_lots
        replacement.trigger_ticks = c.trigger_ticks or order.trigger_ticks
        self._check_replacement(symbol, replacement, c)
        self.own.append(order)
        if replacement.open <= 0 or self._keeps_place(order, replacement):
            self._lower(order, c.quantity_lots)
        else:
            self.check_display(symbol, replacement)
            replacement.price = self.post_only_price(order, c.price_ticks)
            replacement.maker_ppm, replacement.taker_ppm = self.fees(order.symbol, order.account)
            self._replace_with(order, replacement)

    def _check_replacement(self, symbol: Symbol, order: Order, c: m.ReplaceOrder) -> None:
        if order.is_limit or order.price:
            self.check_price(symbol, order.price)
        else:
            refuse_if(order.is_buy, "INVALID_REPLACE")
        if c.trigger_ticks:
            self.check_price(symbol, c.trigger_ticks)
        self.check_quantity(symbol, order.quantity)
        if order.open <= 0:
            return
        self.check_value(symbol, order, order.price, order.open)
        if order.is_limit:
            self.check_band(symbol, order.price)
        if order.place == Place.WAITING and not order.is_trailing:
            watched = self.watched_price(order)
            fires = watched is not None and order.would_fire(watched)
            refuse_if(fires and not c.trigger_now, "TRIGGER_WOULD_FIRE")

    def _keeps_place(self, order: Order, replacement: Order) -> bool:
        """A2: only its quantity changes, and falls."""
        falls = replacement.quantity < order.quantity
        rests = order.place in (Place.RESTING, Place.PEGGED)
        return rests and replacement.price == order.price and falls

    def _replace_with(self, order: Order, replacement: Order) -> None:
        asset, freed = self.hold(order)
        self.check_covers(order.account, asset, self.need(replacement), freed)
        order.price, order.quantity = replacement.price, replacement.quantity
        if order.trigger_ticks != replacement.trigger_ticks:
            order.trigger_ticks, order.trigger_since_ns = replacement.trigger_ticks, self.now_ns
        order.maker_ppm, order.taker_ppm = replacement.maker_ppm, replacement.taker_ppm
        self.tell(order)
        if order.place in (Place.RESTING, Place.PEGGED):
            self.enter(order)
        else:
            self._fire_if_reached(order)

    def _fire_if_reached(self, order: Order) -> None:
        """S10: a replacement that chose so fires at once."""
        watched = self.watched_price(order)
        if watched is not None and not order.is_trailing and order.would_fire(watched):
            self.fire(order, watched)


def _as_if_now(second: m.PlaceOrder) -> m.PlaceOrder:
    """L7: that the trigger of a second order is reached now says nothing."""
    terms = terms_of(second)
    if terms.trigger not in (m.STOP, m.TAKE_PROFIT):
        return second
    return second._replace(terms=terms._replace(trigger_now=True))


def rejected(c: m.CancelReplace, refusal: Refusal) -> m.Event:
    return (m.EV_REJECTED, c.command_id, c.account, refusal.code, refusal.details)
