"""Where an auction traded under the rules versions before 4: candidates are the prices of orders alone, and
ties go by the price of the last auction."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.rules.cross import Cross
from tests.exchange.engine.reference_core.state.book import Book, BookSide


def find_old_cross(book: Book) -> Cross | None:
    """The auction of a crossed book; None if no two orders meet. O(levels that cross)."""
    if not book.is_crossed():
        return None
    candidates = _candidates(book)
    most = max(min(demand, supply) for _, demand, supply in candidates)
    candidates = [row for row in candidates if min(row[1], row[2]) == most]
    least = min(abs(demand - supply) for _, demand, supply in candidates)
    candidates = [row for row in candidates if abs(row[1] - row[2]) == least]
    price, demand, supply = _by_pressure(candidates, book.reference_ticks)
    surplus = demand - supply
    side = m.NO_SIDE if not surplus else (m.BUY if surplus > 0 else m.SELL)
    return Cross(price, most, side, abs(surplus))


def _by_pressure(candidates: list[tuple[int, int, int]], reference_ticks: int) -> tuple[int, int, int]:
    """The one of equal volume and surplus; candidates ascend by price."""
    if all(demand > supply for _, demand, supply in candidates):
        return candidates[-1]
    if all(demand < supply for _, demand, supply in candidates) or not reference_ticks:
        return candidates[0]
    return min(candidates, key=lambda row: abs(row[0] - reference_ticks))


def _candidates(book: Book) -> list[tuple[int, int, int]]:
    """(price, bought at it or higher, sold at it or lower) of every price between best ask and best bid
    that an order names, ascending."""
    bid, ask = book.bids.best, book.asks.best
    assert bid is not None and ask is not None
    bids = _crossing(book.bids, ask.price_ticks)
    asks = _crossing(book.asks, bid.price_ticks)
    demand = sum(bids.values())
    supply = 0
    rows = []
    for price in sorted(bids.keys() | asks.keys()):
        supply += asks.get(price, 0)
        rows.append((price, demand, supply))
        demand -= bids.get(price, 0)
    return rows


def _crossing(side: BookSide, limit_ticks: int) -> dict[int, int]:
    """Price -> quantity, hidden parts included, of the levels that meet the other side's best price."""
    found = {}
    for level in side.best_first():
        if level.price_ticks < limit_ticks if side.side == m.BUY else level.price_ticks > limit_ticks:
            break
        found[level.price_ticks] = level.quantity_lots + level.hidden_lots
    return found
