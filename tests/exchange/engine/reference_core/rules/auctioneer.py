"""Holding an auction: rules K5, K6, K10 and P3 of docs/orders.md. What it brings about (orders that it fires,
states that follow) is the market's matter."""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.rules.auction import find_cross
from tests.exchange.engine.reference_core.rules.cross import Cross
from tests.exchange.engine.reference_core.rules.effects import Effects
from tests.exchange.engine.reference_core.rules.gathering import is_far, newer_of_one_owner
from tests.exchange.engine.reference_core.rules.matching import Matcher, level_event, take_rest
from tests.exchange.engine.reference_core.state.book import Book, BookSide, Order
from tests.exchange.engine.reference_core.state.root import State


class Auctioneer:
    """Trades what has gathered."""

    __slots__ = ("matcher", "state")

    def __init__(self, state: State, matcher: Matcher) -> None:
        self.state = state
        self.matcher = matcher

    def hold(self, effects: Effects, book: Book) -> bool:
        """Hold the auction that the book calls for; whether anything traded."""
        if book.symbol.protection.auction_stp:
            self._prevent(effects, book)
        cross = self._cross(book)
        if cross is None:
            return False
        self._trade(effects, book, cross)
        return True

    def _prevent(self, effects: Effects, book: Book) -> None:
        """Cancel the newer of two orders of one owner that could trade with one another (rule P3)."""
        for order in newer_of_one_owner(book):
            effects.repeats = True
            self.matcher.take_off(effects, order)
            take_rest(order)
            effects.events.append(self.matcher.finish(effects, order, m.CANCELED, m.REASON_SELF_TRADE))

    def would_be_far(self, book: Book, center_ticks: int, ppm: int) -> bool:
        """Whether the auction would now trade out of a band of this width around a price."""
        if not ppm:
            return False
        cross = self._cross(book)
        return cross is not None and is_far(book, center_ticks, ppm, cross.price_ticks)

    def _cross(self, book: Book) -> Cross | None:
        return find_cross(book, takes_market_orders=self.state.rules_version >= VENUE_RULES)

    def _trade(self, effects: Effects, book: Book, cross: Cross) -> None:
        """Trade at one price what can be traded, by price, kind and time (rule K6)."""
        matcher = self.matcher
        effects.repeats = True
        price = cross.price_ticks
        left = cross.quantity_lots
        while left:
            buy = _first(book.market_bids, book.bids)
            sell = _first(book.market_asks, book.asks)
            lots = min(left, buy.quantity_lots - buy.filled_lots, sell.quantity_lots - sell.filled_lots)
            matcher.trade_at(effects, buy, sell, price, lots)
            left -= lots
            self._after_fill(effects, buy, lots)
            self._after_fill(effects, sell, lots)
        for side in (book.bids, book.asks):
            self._show_next_part(effects, side)
        book.reference_ticks = price

    def _after_fill(self, effects: Effects, order: Order, lots: int) -> None:
        matcher = self.matcher
        level = order.level
        assert level is not None
        side = order.book.home(order)
        open_lots = order.quantity_lots - order.filled_lots
        options = order.options
        if options is not None and options.display_lots:
            from_shown = min(options.shown_lots, lots)
            options.shown_lots -= from_shown
            level.quantity_lots -= from_shown
            level.hidden_lots -= lots - from_shown
        else:
            level.quantity_lots -= lots
        if open_lots == 0:
            side.remove(order, level)
            event = matcher.finish(effects, order, m.FILLED, m.REASON_NONE)
        else:
            order.status = m.PARTIALLY_FILLED
            matcher.follow(effects, order)
            if order.side == m.BUY:
                self.state.orders.rehold(order)
            event = order.event()
        if order.order_type != m.MARKET:
            effects.levels.append(level_event(order, level))
        effects.events.append(event)
        if options is not None:
            matcher.note_bought(effects, order, options, lots)

    def _show_next_part(self, effects: Effects, side: BookSide) -> None:
        """An iceberg that an auction partly filled stands first in its queue; with what it displayed used up
        it goes to the back with the next part."""
        level = side.best
        order = None if level is None else level.head
        if level is None or order is None or order.shown_lots():
            return
        side.to_the_back(order, level)
        effects.levels.append(level_event(order, level))


def _first(market_orders: BookSide, limit_orders: BookSide) -> Order:
    """The order of a side that trades first in an auction: the best price, of one price a market order."""
    level, other = market_orders.best, limit_orders.best
    if level is None or (
        other is not None
        and (
            other.price_ticks > level.price_ticks
            if market_orders.side == m.BUY
            else other.price_ticks < level.price_ticks
        )
    ):
        level = other
    assert level is not None and level.head is not None, "more is to trade than there is"
    return level.head
