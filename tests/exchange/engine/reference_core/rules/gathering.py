"""What gathers for an auction, and at what price a market order does: rules K3, K6, K8 of docs/orders.md."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.state.book import Book, BookSide, Order, id_of
from tests.exchange.engine.reference_core.state.symbols import MAX_UNITS, PPM


def gathers(order: Order) -> bool:
    """Whether a market order that is about to enter waits for an auction."""
    options = order.options
    if options is not None and options.trigger != m.NO_TRIGGER and not options.triggered_ns:
        return False
    return order.time_in_force >= m.OPG or order.book.symbol.is_call()


def auction_limit_ticks(book: Book, side: int) -> int:
    """The worst price at which a market order without a limit of its own trades in an auction: the edge of
    the band, or without one of the collar, around the reference price. Without either it is the lowest price
    there is for a sell, and 0 for a buy: nobody knows what it might cost."""
    symbol = book.symbol
    reference = book.reference_ticks
    ppm = symbol.band_ppm or symbol.protection.collar_ppm
    lowest = symbol.price_above(symbol.min_price_ticks - 1)
    if not ppm or not reference:
        return 0 if side == m.BUY else lowest
    width = reference * ppm // PPM
    if side == m.SELL:
        return max(lowest, symbol.price_above(reference - width - 1) if reference > width else lowest)
    return symbol.price_below(min(reference + width, symbol.max_price_ticks) + 1)


def is_far(book: Book, center_ticks: int, ppm: int, price_ticks: int) -> bool:
    """Whether an auction's price is outside a band of this width around a price; 0: there is no such rule, or
    no such price."""
    if not ppm or not center_ticks:
        return False
    low, high = book.symbol.allowed_ticks(center_ticks, ppm)
    return not low <= price_ticks <= high


def newer_of_one_owner(book: Book) -> list[Order]:
    """Of the orders that gather, those that could trade with an older one of their owner that stays: the
    newer of each pair. By id; O(orders that could trade)."""
    orders = [*_reaching(book, m.BUY), *_reaching(book, m.SELL)]
    orders.sort(key=id_of)
    #: owner -> the highest price its buys pay, the lowest its sells take
    best: dict[int, list[int]] = {}
    newer = []
    for order in orders:
        prices = best.setdefault(order.account.owner, [0, MAX_UNITS + 1])
        price = order.price_ticks
        if order.side == m.BUY:
            if prices[m.SELL] <= price:
                newer.append(order)
            else:
                prices[m.BUY] = max(prices[m.BUY], price)
        elif prices[m.BUY] >= price:
            newer.append(order)
        else:
            prices[m.SELL] = min(prices[m.SELL], price)
    return newer


def _reaching(book: Book, side: int) -> list[Order]:
    """The orders of a side that reach the best price of the other."""
    buys = side == m.BUY
    others = [book.asks, book.market_asks] if buys else [book.bids, book.market_bids]
    best = [other.best.price_ticks for other in others if other.best is not None]
    if not best:
        return []
    nearest = min(best) if buys else max(best)
    sides = (book.bids, book.market_bids) if buys else (book.asks, book.market_asks)
    return [order for one in sides for order in _up_to(one, nearest)]


def for_auction_alone(book: Book) -> list[Order]:
    """The orders on the book that do not stay once the auction is over."""
    found = [order for order in book.auction_orders.values() if not order.is_waiting()]
    for side in (book.market_bids, book.market_asks):
        for level in side.levels.values():
            found += [order for order in level.orders() if order.time_in_force < m.OPG]
    return found


def _up_to(side: BookSide, price_ticks: int) -> list[Order]:
    """The orders of a side down to a price, or up to it."""
    found: list[Order] = []
    for level in side.best_first():
        if level.price_ticks < price_ticks if side.side == m.BUY else level.price_ticks > price_ticks:
            break
        found += level.orders()
    return found
