"""What must hold after every command, checked by walking the whole state.

Tests check it at every step; in production a follower checks it as it goes."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine import messages as m
from exchange.engine.book import Book, BookSide, Level, Order
from exchange.engine.state import State


def check(state: State) -> list[str]:
    """Every broken invariant, in words."""
    problems = list(_conservation(state))
    problems += _signs(state)
    problems += _holds(state)
    resting = 0
    for book in state.books.values():
        resting += sum(1 for side in (book.bids, book.asks) for _ in _orders(side))
        problems += _book(book)
    waiting = sum(book.waiting for book in state.books.values())
    if resting + waiting != len(state.orders.open):
        problems.append(f"{resting} orders rest, {waiting} wait, {len(state.orders.open)} are open")
    problems += _links(state)
    return problems


def _links(state: State) -> Iterator[str]:
    """Legs know one another, have the same open quantity, and one hold."""
    for order in state.orders.open.values():
        if order.is_waiting() != (order.level is None):
            yield f"order {order.order_id} both rests and waits, or neither"
        other = None if order.extra is None else order.extra.linked
        if other is None:
            continue
        if other.extra is None or other.extra.linked is not order:
            yield f"order {order.order_id} is linked to {other.order_id}, which is not linked to it"
        if order.quantity_lots - order.filled_lots != other.quantity_lots - other.filled_lots:
            yield f"orders {order.order_id} and {other.order_id} are linked and differ in quantity"
        if order.held_minor and other.held_minor:
            yield f"orders {order.order_id} and {other.order_id} hold twice"


def _conservation(state: State) -> Iterator[str]:
    sums: dict[str, int] = {}
    for account in state.ledger.accounts.values():
        for asset, balance in account.balances.items():
            sums[asset] = sums.get(asset, 0) + balance.available + balance.held
    for asset, total in sums.items():
        if total:
            yield f"{asset} sums to {total} over all accounts"


def _signs(state: State) -> Iterator[str]:
    for number, account in state.ledger.accounts.items():
        for asset, balance in account.balances.items():
            if balance.held < 0 or (balance.available < 0 and number != m.CUSTODY_ACCOUNT):
                yield f"account {number} {asset}: available {balance.available}, held {balance.held}"


def _holds(state: State) -> Iterator[str]:
    """Held amounts are exactly what the open orders hold."""
    held: dict[tuple[int, str], int] = {}
    for order in state.orders.open.values():
        balance = order.held_in
        key = (balance.account, balance.asset)
        held[key] = held.get(key, 0) + order.held_minor
        needed = order.hold_needed_minor()
        linked = None if order.extra is None else order.extra.linked
        holds = order.held_minor + (0 if linked is None else linked.held_minor)
        if holds != needed:
            yield f"order {order.order_id} holds {holds} of {needed}"
    for number, account in state.ledger.accounts.items():
        for asset, balance in account.balances.items():
            expected = held.get((number, asset), 0)
            if balance.held != expected:
                yield f"account {number} {asset}: held {balance.held}, orders hold {expected}"


def _book(book: Book) -> Iterator[str]:
    name = book.symbol.name
    for side in (book.bids, book.asks):
        levels = list(side.best_first())
        if len(levels) != len(side.levels) or side.best is not (levels[0] if levels else None):
            yield f"{name}: prices and levels of side {side.side} disagree"
        for level in levels:
            yield from _level(name, level)
    bid, ask = book.bids.best, book.asks.best
    apart = bid is None or ask is None or bid.price_ticks < ask.price_ticks
    if not apart and book.symbol.status in (m.TRADING, m.POST_ONLY):
        assert bid is not None and ask is not None
        yield f"{name} is crossed: bid {bid.price_ticks}, ask {ask.price_ticks}"


def _level(name: str, level: Level) -> Iterator[str]:
    total = hidden = 0
    order = level.head
    while order is not None:
        open_lots = order.quantity_lots - order.filled_lots
        shown = order.shown_lots()
        total += shown
        hidden += open_lots - shown
        if (
            shown <= 0
            or open_lots < shown
            or order.level is not level
            or order.price_ticks != level.price_ticks
        ):
            yield f"{name}: order {order.order_id} does not belong at {level.price_ticks}"
        order = order.next
    if (total, hidden) != (level.quantity_lots, level.hidden_lots):
        said = f"{level.quantity_lots} and {level.hidden_lots} hidden"
        yield f"{name}: level {level.price_ticks} says {said}, its orders {total} and {hidden}"


def _orders(side: BookSide) -> Iterator[Order]:
    for level in side.best_first():
        order = level.head
        while order is not None:
            yield order
            order = order.next
