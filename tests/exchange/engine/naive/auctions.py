"""The call auction: its price, and the trades at it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from exchange.engine import messages as m
from tests.exchange.engine.naive.matching import NaiveMatching
from tests.exchange.engine.naive.orders import Order, Place
from tests.exchange.engine.naive.rules import Symbol, crosses


class Outcome(NamedTuple):
    """What an auction at ``price`` would trade, and what of the one side it would leave over."""

    price: int
    lots: int
    #: Buys less sells.
    surplus: int


class NaiveAuctions(NaiveMatching):
    def outcome_at(self, symbol: str, price: int) -> Outcome:
        buys = sum(o.open for o in self.all_resting(symbol, m.BUY) if o.price >= price)
        sells = sum(o.open for o in self.all_resting(symbol, m.SELL) if o.price <= price)
        return Outcome(price, min(buys, sells), buys - sells)

    def auction(self, symbol: str) -> Outcome | None:
        """K5: the price an auction would take now, and what it would do. None if nothing would trade."""
        sides = [self.all_resting(symbol, side) for side in (m.BUY, m.SELL)]
        if not any(buy.price >= sell.price for buy in sides[0] for sell in sides[1]):
            return None
        found = [self.outcome_at(symbol, price) for price in self._candidates(symbol)]
        found = [one for one in found if one.lots and one.lots == max(each.lots for each in found)]
        if not found:
            return None
        found = [one for one in found if abs(one.surplus) == min(abs(each.surplus) for each in found)]
        for_sale = [one for one in found if one.surplus < 0]
        wanted = [one for one in found if one.surplus > 0]
        if wanted and not for_sale:
            return wanted[-1]
        if for_sale and not wanted:
            return for_sale[0]
        if wanted:
            # Between the two surpluses.
            found = [wanted[-1], for_sale[0]]
        last = self.last_price(symbol)
        doubled = found[0].price + found[-1].price if last is None else 2 * last
        return min(found, key=lambda one: (abs(2 * one.price - doubled), -one.price))

    def _candidates(self, symbol: str) -> list[int]:
        """Every price on a tick, and those of orders, between the lowest and the highest of limit orders;
        without these the last price."""
        limits = [o.price for side in (m.BUY, m.SELL) for o in self.book(symbol, side)]
        last = self.last_price(symbol)
        if not limits:
            return [] if last is None else [last]
        named = {o.price for side in (m.BUY, m.SELL) for o in self.all_resting(symbol, side)}
        tick_at = self.book_symbols[symbol].tick_at
        prices = range(min(limits), max(limits) + 1)
        return [price for price in prices if price in named or price % tick_at(price) == 0]

    def is_far(self, symbol: Symbol, center: int | None, ppm: int) -> bool:
        """Whether the auction would now take a price out of a band."""
        outcome = self.auction(symbol.name)
        if not ppm or center is None or outcome is None:
            return False
        return not symbol.is_calm(outcome.price, center, ppm)

    def prevent_in_auction(self, symbol: Symbol) -> None:
        """P3: the newer of two orders of one owner that could trade with one another goes."""
        resting = [o for side in (m.BUY, m.SELL) for o in self.all_resting(symbol.name, side)]
        stay: list[Order] = []
        for order in sorted(resting, key=lambda o: o.order_id):
            own = [o for o in stay if o.side != order.side and self.are_one(o.account, order.account)]
            if any(crosses(order.side, order.price, other.price) for other in own):
                self._prevented(order, order.open)
            else:
                stay.append(order)

    def uncross(self, symbol: Symbol) -> bool:
        """K4, K6: hold the auction if the symbol's state does not bear a crossed book. Whether it traded."""
        outcome = self.auction(symbol.name)
        if outcome is None:
            return False
        left, taken = outcome.lots, Counter[int]()
        while left:
            buy, sell = (self._first(symbol.name, side) for side in (m.BUY, m.SELL))
            lots = min(buy.open, sell.open)
            self.deal(buy, sell, outcome.price, lots, m.NO_SIDE, buy.maker_ppm, sell.maker_ppm)
            left -= lots
            self.meetings += 1
            for order in (buy, sell):
                taken[order.order_id] += lots
                self.after_fill(order)
        for order in self.live:
            if order.place == Place.RESTING and order.terms.display_lots and taken[order.order_id]:
                self.take_shown(order, taken[order.order_id])
        return True

    def _first(self, symbol: str, side: int) -> Order:
        """K6: the best price, of one price a market order, then the oldest."""
        resting = self.all_resting(symbol, side)
        return next((o for o in resting if o.price == resting[0].price and not o.is_limit), resting[0])

    def end_auction_orders(self, symbol: Symbol) -> None:
        """M7, T8: what is left of market orders, and of orders for an auction alone, does not stay."""
        resting = [o for side in (m.BUY, m.SELL) for o in self.all_resting(symbol.name, side)]
        for order in sorted(resting, key=lambda o: o.order_id):
            if not order.is_limit or order.command.time_in_force in (m.OPG, m.CLS):
                self.cancel(order, m.REASON_AUCTION)
