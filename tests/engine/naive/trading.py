"""The commands of traders in the naive engine."""

from __future__ import annotations

import copy

from exchange.engine import messages as m
from tests.engine.naive.checks import NaiveChecks
from tests.engine.naive.orders import Order, Place
from tests.engine.naive.rules import Refusal, Symbol, refuse_if
from tests.engine.naive.shapes import is_bracket, is_pair
from tests.engine.naive.triggers import link

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

    def _begin_own(self, order: Order) -> None:
        order.order_id = len(self.orders) + 1
        self.own.append(order)
        self.begin(order)

    # --- canceling -----------------------------------------------------------------------------------

    def cancel_one(self, c: m.CancelOrder) -> None:
        self._cancel_named(c.account, c.order_id, c.client_order_id, m.REASON_USER)

    def _cancel_named(self, account: int, order_id: int, client_order_id: str | None, reason: int) -> None:
        order = self.open_order(account, order_id, client_order_id)
        self.check_lets_out(order.symbol)
        self.own.append(order)
        self.cancel(order, reason)

    def cancel_all(self, c: m.CancelAll) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        if c.symbol is not None:
            refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
            self.check_lets_out(c.symbol)
        reason = m.REASON_USER if c.session is None else m.REASON_DISCONNECT
        chosen = [
            order
            for order in self.open_orders(c.account, c.symbol)
            if c.session in (None, order.terms.session) and not self.is_halted(order.symbol)
        ]
        self.own.append((m.EV_CANCELED_ALL, c.account, c.symbol, len(chosen)))
        self.cancel_each(chosen, reason)

    def is_halted(self, symbol: str) -> bool:
        return self.book_symbols[symbol].status == m.HALTED

    def cancel_each(self, orders: list[Order], reason: int) -> None:
        """C1, C4: those that a halted symbol does not keep."""
        for order in orders:
            if order.is_open and not self.is_halted(order.symbol):
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
        self.check_lets_out(order.symbol)
        symbol = self.book_symbols[order.symbol]
        refuse_if(symbol.status == m.CLOSED, "SYMBOL_CLOSED")
        refuse_if(self.other_leg(order) is not None, "INVALID_REDUCE")
        refuse_if(not order.filled < c.quantity_lots < order.quantity, "INVALID_REDUCE")
        refuse_if(c.quantity_lots % symbol.spec.lot_step != 0, "QUANTITY_OFF_LOT")
        self.own.append(order)
        self._lower(order, c.quantity_lots)

    def _lower(self, order: Order, quantity: int) -> None:
        """I4: the hidden part goes first."""
        order.quantity = quantity
        order.shown = min(order.shown, order.open)
        self.tell(order)

    def replace(self, c: m.ReplaceOrder) -> None:
        order = self.open_order(c.account, c.order_id)
        symbol = self.symbol_for_entry(c.account, order.symbol)
        waits_for_price = order.place == Place.WAITING and not order.is_trailing
        refuse_if(self.other_leg(order) is not None or order.by_amount, "INVALID_REPLACE")
        refuse_if(order.place == Place.FIRED or c.quantity_lots <= order.filled, "INVALID_REPLACE")
        refuse_if(c.trigger_ticks < 0 or (c.trigger_ticks > 0 and not waits_for_price), "INVALID_REPLACE")
        self.check_state_suits(order.command)
        replacement = copy.copy(order)
        replacement.price, replacement.quantity = c.price_ticks, c.quantity_lots
        replacement.trigger_ticks = c.trigger_ticks or order.trigger_ticks
        self._check_replacement(symbol, replacement, c.trigger_ticks)
        self.own.append(order)
        if self._keeps_place(order, replacement):
            self._lower(order, c.quantity_lots)
        else:
            replacement.price = self.post_only_price(order, c.price_ticks)
            replacement.maker_ppm, replacement.taker_ppm = self.fees(order.symbol, order.account)
            self._replace_with(order, replacement)

    def _check_replacement(self, symbol: Symbol, order: Order, named_trigger: int) -> None:
        if order.is_limit or order.price:
            self.check_price(symbol, order.price)
        else:
            refuse_if(order.is_buy, "INVALID_REPLACE")
        if named_trigger:
            self.check_price(symbol, named_trigger)
        self.check_quantity(symbol, order.quantity)
        self.check_value(symbol, order, order.price, order.open)
        if order.is_limit:
            self.check_band(symbol, order.price)
        if order.place == Place.WAITING and not order.is_trailing:
            watched = self.watched_price(order)
            refuse_if(watched is not None and order.would_fire(watched), "TRIGGER_WOULD_FIRE")

    def _keeps_place(self, order: Order, replacement: Order) -> bool:
        """A2: only its quantity changes, and falls."""
        falls = replacement.quantity < order.quantity
        return order.place == Place.RESTING and replacement.price == order.price and falls

    def _replace_with(self, order: Order, replacement: Order) -> None:
        asset, freed = self.hold(order)
        self.check_covers(order.account, asset, self.need(replacement), freed)
        order.price, order.quantity = replacement.price, replacement.quantity
        order.trigger_ticks = replacement.trigger_ticks
        order.maker_ppm, order.taker_ppm = replacement.maker_ppm, replacement.taker_ppm
        self.tell(order)
        if order.place == Place.RESTING:
            self.enter(order)


def rejected(c: m.CancelReplace, refusal: Refusal) -> m.Event:
    return (m.EV_REJECTED, c.command_id, c.account, refusal.code, refusal.details)
