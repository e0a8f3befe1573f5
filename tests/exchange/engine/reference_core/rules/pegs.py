"""Pegged orders: rules PG1 to PG7 of docs/orders.md.

A pegged order is never shown, never takes, and has no price of its own but its limit. Nothing is repriced
when a best price moves: what a pegged order trades at is worked out when an incoming order might meet it. So
moving the best price costs nothing, and an incoming order what the few pegged orders of its symbol cost.
"""

from __future__ import annotations

from typing import Any, Final

from exchange.engine import messages as m
from exchange.engine.messages.places import PLACE_ORDER_TYPE, PLACE_POST_ONLY, PLACE_TIME_IN_FORCE
from tests.exchange.engine.reference_core.state.book import Book, Options, Order, options_of
from tests.exchange.engine.reference_core.state.ledger import Account
from tests.exchange.engine.reference_core.state.memory import Limits
from tests.exchange.engine.reference_core.state.symbols import MAX_UNITS

#: A pegged order that an incoming one reaches: (price, since when it has its turn, order id, order), the
#: price negated where the highest comes first.
PegMet = tuple[Any, ...]
#: Times in force of an order that stays in a book that trades.
STAYS: Final = (m.GTC, m.GTD, m.DAY)
#: Looking at what the pegged orders of a book trade at counts as so many trades (rule PG6).
LOOK_TRADES: Final = 5


# --- what refuses one ----------------------------------------------------------------------------


def peg_well_formed(place: m.Command, terms: m.OrderTerms) -> bool:
    """Whether a peg goes with the rest of the order (rule PG1)."""
    least = 1 if terms.peg == m.PEG_MARKET else 0
    return bool(
        m.PEG_PRIMARY <= terms.peg <= m.PEG_MARKET
        and least <= terms.peg_offset_ticks <= MAX_UNITS
        and place[PLACE_ORDER_TYPE] == m.LIMIT
        and place[PLACE_TIME_IN_FORCE] in STAYS
        and not place[PLACE_POST_ONLY]
        and not terms.display_lots
        and not terms.to_limit
        and not terms.min_lots
        and terms.trigger == m.NO_TRIGGER
    )


def has_peg_room(terms: m.OrderTerms, account: Account, book: Book, limits: Limits) -> bool:
    """Whether the symbol, and the account in it, may have one more order of these terms (rule PG6)."""
    if terms.peg == m.NO_PEG:
        return True
    pegged = [
        order
        for side in (book.pegged_bids, book.pegged_asks)
        for level in side.levels.values()
        for order in level.orders()
    ]
    own = [order for order in pegged if order.account is account]
    return len(pegged) < limits.pegs_per_symbol and len(own) < limits.pegs_per_account


# --- what one trades at --------------------------------------------------------------------------


def may_meet_pegs(taker: Order) -> bool:
    """Whether there are pegged orders that this one might reach: none is at, or beyond, the best price of its
    own side."""
    book = taker.book
    if taker.post_only or not book.has_pegs(taker.side):
        return False
    best = book.side(taker.side).best
    if best is None:
        return True
    limit: int = taker.limit_ticks
    return limit > best.price_ticks if taker.side == m.BUY else limit < best.price_ticks


def met_pegs(taker: Order) -> list[PegMet]:
    """The pegged orders that this one reaches at their prices of now, the first that it meets last."""
    book = taker.book
    buys = taker.side == m.BUY
    side = book.pegged_asks if buys else book.pegged_bids
    bid, ask = book.bids.best, book.asks.best
    bid_ticks = 0 if bid is None else bid.price_ticks
    ask_ticks = 0 if ask is None else ask.price_ticks
    limit = taker.limit_ticks
    sign = 1 if buys else -1
    found: list[PegMet] = []
    for level in side.best_first():
        if level.price_ticks > limit if buys else level.price_ticks < limit:
            break
        order = level.head
        while order is not None:
            options = options_of(order)
            price = peg_ticks(order, options, bid_ticks, ask_ticks)
            if price and (price <= limit if buys else price >= limit):
                since_ns = options.changed_ns or order.created_ns
                found.append((sign * price, since_ns, order.order_id, order))
            order = order.next
    found.sort(reverse=True)
    return found


def price_of(met: PegMet) -> int:
    """What a pegged order trades at."""
    price: int = met[0]
    return abs(price)


def comes_first(side: int, level_ticks: int, peg_ticks: int) -> bool:
    """Whether a level of this side of the book trades before a pegged order: at one price too (rule PG4)."""
    return level_ticks >= peg_ticks if side == m.BUY else level_ticks <= peg_ticks


def peg_ticks(order: Order, options: Options, bid_ticks: int, ask_ticks: int) -> int:
    """What a pegged order trades at with these best prices (0: there is none); 0: it has no price (rule
    PG2)."""
    buys = order.side == m.BUY
    if options.peg == m.PEG_MID:
        doubled = bid_ticks + ask_ticks if bid_ticks and ask_ticks else 0
        reference = doubled // 2 if buys else (doubled + 1) // 2
    else:
        reference = bid_ticks if buys == (options.peg == m.PEG_PRIMARY) else ask_ticks
    if not reference:
        return 0
    symbol = order.book.symbol
    if buys:
        highest = min(reference - options.peg_offset_ticks, symbol.max_price_ticks)
        if highest < symbol.min_price_ticks:
            return 0
        price = min(symbol.price_below(highest + 1), order.price_ticks)
        return price if price >= symbol.min_price_ticks else 0
    lowest = max(reference + options.peg_offset_ticks, symbol.min_price_ticks)
    price = max(symbol.price_above(lowest - 1), order.price_ticks)
    return price if price <= symbol.max_price_ticks else 0
