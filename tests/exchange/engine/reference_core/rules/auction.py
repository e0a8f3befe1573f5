"""Where an auction trades, rule K5 of docs/orders.md: most volume, then smallest surplus, then market
pressure (as at Xetra, Euronext and JPX), then the last traded price.

Every tick of the range is a candidate. Between two prices that orders name nothing changes, so the range is
looked at in pieces: the prices named, and the ticks between two of them taken together.
"""

from __future__ import annotations

from typing import NamedTuple

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.rules.auction_before_4 import find_old_cross
from tests.exchange.engine.reference_core.rules.cross import Cross
from tests.exchange.engine.reference_core.state.book import Book, BookSide, Level
from tests.exchange.engine.reference_core.state.symbols import Symbol

Lots = dict[int, int]


class Piece(NamedTuple):
    """Prices, both ends valid, at which as much is bought and as much is sold."""

    low_ticks: int
    high_ticks: int
    demand_lots: int
    supply_lots: int


def find_cross(book: Book, *, takes_market_orders: bool) -> Cross | None:
    """The auction of a book; None if no two orders meet. O(levels that trade). ``takes_market_orders``: from
    rules version 4 on."""
    if not takes_market_orders:
        return find_old_cross(book)
    market_bids, market_asks = _lots_of(book.market_bids), _lots_of(book.market_asks)
    if not market_bids and not market_asks and not book.is_crossed():
        return None
    pieces = _pieces(book, market_bids, market_asks)
    most = max([min(piece.demand_lots, piece.supply_lots) for piece in pieces], default=0)
    if not most:
        return None
    pieces = [piece for piece in pieces if min(piece.demand_lots, piece.supply_lots) == most]
    least = min([abs(piece.demand_lots - piece.supply_lots) for piece in pieces])
    pieces = [piece for piece in pieces if abs(piece.demand_lots - piece.supply_lots) == least]
    price, piece = _by_pressure(book, pieces)
    surplus = piece.demand_lots - piece.supply_lots
    side = m.NO_SIDE if not surplus else (m.BUY if surplus > 0 else m.SELL)
    return Cross(price, most, side, abs(surplus))


def indication(book: Book, *, takes_market_orders: bool) -> m.Event:
    """The auction as it stands, as an IndicativeEvent."""
    cross = find_cross(book, takes_market_orders=takes_market_orders) or Cross(0, 0, m.NO_SIDE, 0)
    return (m.EV_INDICATIVE, book.symbol.name, *cross)


def _by_pressure(book: Book, pieces: list[Piece]) -> tuple[int, Piece]:
    """The price of equal volume and surplus, and the piece it is in; pieces ascend by price."""
    first, last = pieces[0], pieces[-1]
    if last.demand_lots > last.supply_lots:
        return last.high_ticks, last
    if first.demand_lots < first.supply_lots:
        return first.low_ticks, first
    if first.demand_lots > first.supply_lots:
        # Buyers are left up to a price and sellers from the next one on: it is one of the two.
        buys = [piece for piece in pieces if piece.demand_lots > piece.supply_lots][-1]
        sells = next(piece for piece in pieces if piece.demand_lots < piece.supply_lots)
        ends = [buys._replace(low_ticks=buys.high_ticks), sells._replace(high_ticks=sells.low_ticks)]
    else:
        ends = pieces
    # Twice the reference, for the middle of a range may lie between two ticks.
    doubled = 2 * book.last_ticks or ends[0].low_ticks + ends[-1].high_ticks
    best_price, best_piece, best_key = 0, first, (0, 0)
    for piece in ends:
        price = _nearest(book.symbol, piece, doubled)
        key = (-abs(2 * price - doubled), price)
        if not best_price or key > best_key:
            best_price, best_piece, best_key = price, piece, key
    return best_price, best_piece


def _nearest(symbol: Symbol, piece: Piece, doubled_ticks: int) -> int:
    """The valid price of a piece that is nearest to half of this, of two the higher."""
    if doubled_ticks <= 2 * piece.low_ticks:
        return piece.low_ticks
    if doubled_ticks >= 2 * piece.high_ticks:
        return piece.high_ticks
    at = doubled_ticks // 2
    below, above = symbol.price_below(at + 1), symbol.price_above(at)
    return below if doubled_ticks - 2 * below < 2 * above - doubled_ticks else above


def _pieces(book: Book, market_bids: Lots, market_asks: Lots) -> list[Piece]:
    """The range from the lowest to the highest price of the limit orders, ascending, but for ends at which
    less trades than further in. Without a limit order it is the last price."""
    bids = _steps(book.bids, book.asks.best, sum(market_asks.values()))
    asks = _steps(book.asks, book.bids.best, sum(market_bids.values()))
    if bids or asks:
        low, high = min([*bids, *asks]), max([*bids, *asks])
    else:
        low = high = book.last_ticks
        if not low:
            return []
    bids, asks = _together(bids, market_bids), _together(asks, market_asks)
    points = sorted({low, high, *[price for price in (*bids, *asks) if low <= price <= high]})
    demand = sum([lots for price, lots in bids.items() if price >= low])
    supply = sum([lots for price, lots in asks.items() if price < low])
    pieces = []
    for place, price in enumerate(points):
        supply += asks.get(price, 0)
        pieces.append(Piece(price, price, demand, supply))
        demand -= bids.get(price, 0)
        if price < high:
            between = book.symbol.price_above(price), book.symbol.price_below(points[place + 1])
            if between[0] <= between[1]:
                pieces.append(Piece(*between, demand, supply))
    return pieces


def _steps(side: BookSide, opposite: Level | None, market_lots: int) -> Lots:
    """Price -> quantity, hidden parts included, of the levels of limit orders that meet the other side's best
    price or its market orders, and of the next one."""
    found: Lots = {}
    left = market_lots
    for level in side.best_first():
        found[level.price_ticks] = lots = level.quantity_lots + level.hidden_lots
        meets = opposite is not None and (
            level.price_ticks >= opposite.price_ticks
            if side.side == m.BUY
            else level.price_ticks <= opposite.price_ticks
        )
        if not meets and left <= 0:
            break
        left -= lots
    return found


def _lots_of(side: BookSide) -> Lots:
    return {price: level.quantity_lots for price, level in side.levels.items()}


def _together(one: Lots, other: Lots) -> Lots:
    return {price: one.get(price, 0) + other.get(price, 0) for price in (*one, *other)}
