"""The call auction: its price, and the trades at it."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from exchange.engine import messages as m
from tests.engine.naive.matching import NaiveMatching
from tests.engine.naive.orders import Place
from tests.engine.naive.rules import UNCROSSED, Symbol


class Outcome(NamedTuple):
    """What an auction at ``price`` would trade, and what of the one side it would leave over."""

    price: int
    lots: int
    #: Buys less sells.
    surplus: int


class NaiveAuctions(NaiveMatching):
    def outcome_at(self, symbol: str, price: int) -> Outcome:
        buys = sum(o.open for o in self.book(symbol, m.BUY) if o.price >= price)
        sells = sum(o.open for o in self.book(symbol, m.SELL) if o.price <= price)
        return Outcome(price, min(buys, sells), buys - sells)

    def auction(self, symbol: str) -> Outcome | None:
        """K5: the price an auction would take now, and what it would do. None if nothing is crossed."""
        bid, ask = self.best(symbol, m.BUY), self.best(symbol, m.SELL)
        if bid is None or ask is None or bid < ask:
            return None
        prices = {o.price for side in (m.BUY, m.SELL) for o in self.book(symbol, side)}
        found = [self.outcome_at(symbol, price) for price in sorted(prices) if ask <= price <= bid]
        found = [one for one in found if one.lots == max(each.lots for each in found)]
        found = [one for one in found if abs(one.surplus) == min(abs(each.surplus) for each in found)]
        if all(one.surplus > 0 for one in found):
            return found[-1]
        reference = self.reference_price(symbol)
        if reference is None or all(one.surplus < 0 for one in found):
            return found[0]
        return min(found, key=lambda one: (abs(one.price - reference), one.price))

    def uncross(self, symbol: Symbol) -> bool:
        """K4, K6: hold the auction if the symbol's state does not bear a crossed book. Whether it traded."""
        outcome = self.auction(symbol.name) if symbol.status in UNCROSSED else None
        if outcome is None:
            return False
        left, taken = outcome.lots, Counter[int]()
        while left:
            buy, sell = self.book(symbol.name, m.BUY)[0], self.book(symbol.name, m.SELL)[0]
            lots = min(buy.open, sell.open)
            self.deal(buy, sell, outcome.price, lots, m.NO_SIDE, buy.maker_ppm, sell.maker_ppm)
            left -= lots
            for order in (buy, sell):
                taken[order.order_id] += lots
                self.after_fill(order)
        for order in self.live:
            if order.place == Place.RESTING and order.terms.display_lots and taken[order.order_id]:
                self.take_shown(order, taken[order.order_id])
        return True
