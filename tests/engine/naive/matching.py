"""How orders meet in continuous trading, what a trade moves, and how an order ends."""

from __future__ import annotations

import copy

from exchange.engine import messages as m
from tests.engine.naive.orders import Order, Place
from tests.engine.naive.rules import MILLION, Symbol, ceil_ppm, crosses, is_within
from tests.engine.naive.state import Deal, NaiveState


class NaiveMatching(NaiveState):
    # --- how an order ends -----------------------------------------------------------------------

    def end(self, order: Order, status: int, reason: int = m.REASON_NONE) -> None:
        """The order is over, and with it the other leg (L3)."""
        order.place, order.status, order.reason = Place.GONE, status, reason
        self.tell(order)
        other = self.other_leg(order)
        if other is not None:
            self.end(other, m.CANCELED, m.REASON_LINKED)

    def cancel(self, order: Order, reason: int) -> None:
        self.end(order, m.CANCELED, reason)

    def rest(self, order: Order) -> None:
        order.place, order.arrival = Place.RESTING, self.next_arrival()
        order.status = m.PARTIALLY_FILLED if order.filled else m.NEW
        order.show_next_part()
        self.tell(order)
        self.lower_other_leg(order)

    # --- matching ------------------------------------------------------------------------------------

    def match(self, order: Order) -> int:
        """Let the order meet what it crosses until it is done or gone; why it stopped short of that."""
        limit = self._limit(order)
        before = self.last_price(order.symbol)
        while order.place == Place.ENTERING:
            opposite = self.book(order.symbol, 1 - order.side)
            if not opposite:
                return m.REASON_NO_LIQUIDITY
            maker = opposite[0]
            if limit is not None and not crosses(order.side, limit, maker.price):
                return m.REASON_PRICE_LIMIT
            wanted = self._wanted(order, maker.price)
            if wanted and self.are_one(order.account, maker.account):
                self._prevent(order, maker, min(wanted, maker.open))
            elif wanted and not self._is_calm(order.symbol, maker.price, before):
                self._interrupt(self.book_symbols[order.symbol])
                return m.REASON_VOLATILITY
            elif wanted:
                self._trade(order, maker, min(wanted, maker.displayed))
            if order.place == Place.ENTERING and not self._wanted(order, maker.price):
                self._end_whole(order)
        return m.REASON_NONE

    def would_do(self, order: Order) -> list[Deal]:
        """The trades the order would make if it entered now."""
        dry, twin = self.dry(), copy.copy(order)
        dry.live = [*(o for o in dry.live if o.order_id != order.order_id), twin]
        twin.place = Place.ENTERING
        dry.match(twin)
        return dry.deals[len(self.deals) :]

    def _limit(self, order: Order) -> int | None:
        """The worst price the order may trade at, if there is one: its own, or the collar's if tighter."""
        own = order.price or None
        best = self.best(order.symbol, 1 - order.side)
        ppm = self.book_symbols[order.symbol].protection.collar_ppm
        if order.is_limit or not ppm or best is None:
            return own
        reach = best * ppm // MILLION
        collar = best + reach if order.is_buy else best - reach
        if own is None:
            return collar
        return min(own, collar) if order.is_buy else max(own, collar)

    def _wanted(self, order: Order, price: int) -> int:
        """How many lots the order still takes at ``price``."""
        if not order.by_amount:
            return order.open
        symbol = self.book_symbols[order.symbol]
        left = order.command.quote_amount_minor - order.filled_notional - order.prevented_notional
        if order.is_buy:
            # A rebate may not be payable, so an amount is never spent in the hope of one.
            rate, accrued = max(0, order.taker_ppm), max(0, order.accrued)
            lots = (MILLION * left - accrued) // (symbol.notional(price, 1) * (MILLION + rate))
        else:
            lots = left // symbol.notional(price, 1)
        return lots - lots % symbol.spec.lot_step

    def _end_whole(self, order: Order) -> None:
        """Nothing more is wanted: all of it traded, or what is left of its amount is not worth one lot step
        at the best (or last) price."""
        if order.filled:
            self.end(order, m.FILLED)
        else:
            self.cancel(order, m.REASON_AMOUNT_BELOW_LOT)

    def _is_calm(self, symbol: str, price: int, before: int | None) -> bool:
        """K8: whether a trade at ``price`` is near enough to the last price ``before`` the order."""
        ppm = self.book_symbols[symbol].protection.volatility_ppm
        return not ppm or before is None or is_within(price, before, ppm)

    def _interrupt(self, symbol: Symbol) -> None:
        self.set_status(symbol, m.VOLATILITY_AUCTION, "volatility")

    def set_status(self, symbol: Symbol, status: int, reason: str) -> None:
        """The symbol's new state; a volatility auction has an end where the symbol gives it one."""
        symbol.status, symbol.status_reason, symbol.call_ends_ns = status, reason, 0
        if status == m.VOLATILITY_AUCTION and symbol.protection.volatility_ns:
            symbol.call_ends_ns = self.now_ns + symbol.protection.volatility_ns
        self.log.append(symbol.event())

    def _prevent(self, order: Order, maker: Order, lots: int) -> None:
        """Self-trade prevention, in the incoming order's mode."""
        stp = order.command.stp
        for one in (order, maker):
            one.prevented_lots += lots
            self.tell(one)
        if stp == m.STP_DECREMENT:
            if order.by_amount:
                symbol = self.book_symbols[order.symbol]
                order.prevented_notional += symbol.notional(maker.price, lots)
            else:
                self._decrement(order, lots)
            self._decrement(maker, lots)
        if stp in (m.STP_CANCEL_NEWEST, m.STP_CANCEL_BOTH):
            self.cancel(order, m.REASON_SELF_TRADE)
        if stp in (m.STP_CANCEL_OLDEST, m.STP_CANCEL_BOTH):
            self.cancel(maker, m.REASON_SELF_TRADE)

    def _decrement(self, order: Order, lots: int) -> None:
        order.quantity -= lots
        order.shown = min(order.shown, order.open)
        if not order.open:
            self.cancel(order, m.REASON_SELF_TRADE)
        elif order.place == Place.RESTING:
            self.lower_other_leg(order)

    def lower_other_leg(self, order: Order) -> None:
        """L3: both legs have the same left."""
        other = self.other_leg(order)
        if other is not None and other.open != order.open:
            other.quantity = other.filled + order.open
            self.tell(other)

    # --- trades ----------------------------------------------------------------------------------------

    def _trade(self, taker: Order, maker: Order, lots: int) -> None:
        """The incoming order and a resting one; the maker's next part follows, or its end."""
        self.deal(taker, maker, maker.price, lots, taker.side, taker.taker_ppm, maker.maker_ppm)
        self.after_fill(maker)
        if maker.place == Place.RESTING and maker.terms.display_lots:
            self.take_shown(maker, lots)

    def after_fill(self, order: Order) -> None:
        """A resting order that traded is over, or its other leg falls with it (L3)."""
        if order.open:
            self.lower_other_leg(order)
        else:
            self.end(order, m.FILLED)

    def take_shown(self, order: Order, lots: int) -> None:
        """So much of a resting iceberg's displayed part is gone; with the last of it the next one comes."""
        order.shown -= min(order.shown, lots)
        if not order.shown:
            order.show_next_part()
            order.arrival = self.next_arrival()

    def deal(
        self,
        one: Order,
        other: Order,
        price: int,
        lots: int,
        taker_side: int,
        one_ppm: int,
        other_ppm: int,
    ) -> None:
        """Settle a trade and tell it: ``one`` stands in the taker's fields."""
        symbol = self.book_symbols[one.symbol]
        notional = symbol.notional(price, lots)
        self.deals.append(Deal(self.now_ns, one.symbol, price, lots, taker_side == m.NO_SIDE))
        one_fee = self._settle(one, one_ppm, lots, notional)
        other_fee = self._settle(other, other_ppm, lots, notional)
        base, quote = symbol.spec.base, symbol.spec.quote
        trade = m.TradeEvent(
            m.EV_TRADE,
            len(self.deals),
            one.symbol,
            price,
            lots,
            taker_side,
            notional,
            one.order_id,
            one.account,
            one_fee,
            self.total(one.account, base),
            self.total(one.account, quote),
            other.order_id,
            other.account,
            other_fee,
            self.total(other.account, base),
            self.total(other.account, quote),
        )
        self.log.append(tuple(trade))
        for order in (one, other):
            if order.place == Place.RESTING:
                order.status = m.PARTIALLY_FILLED
            self.tell(order)
            if order.exits is not None:
                self.bought.append((order.order_id, lots))

    def _settle(self, order: Order, rate_ppm: int, lots: int, notional: int) -> int:
        """Move base, quote and fee for one side of a trade. The fee it paid (negative: a rebate)."""
        symbol = self.book_symbols[order.symbol]
        direction = 1 if order.is_buy else -1
        order.filled += lots
        order.filled_notional += notional
        order.accrued += rate_ppm * notional
        self.add(order.account, symbol.spec.base, direction * lots * symbol.base_per_lot)
        self.add(order.account, symbol.spec.quote, -direction * notional)
        fee = ceil_ppm(order.accrued) - order.fee
        if fee < 0:
            fee = -min(-fee, self.total(m.FEE_ACCOUNT, symbol.spec.quote))
        order.fee += fee
        self.add(order.account, symbol.spec.quote, -fee)
        self.add(m.FEE_ACCOUNT, symbol.spec.quote, fee)
        return fee
