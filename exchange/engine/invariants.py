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
    if resting != len(state.orders.open):
        problems.append(f"{resting} orders rest on books, {len(state.orders.open)} are open")
    return problems


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
        if order.held_minor != order.hold_needed_minor():
            yield f"order {order.order_id} holds {order.held_minor} of {order.hold_needed_minor()}"
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
    if bid is not None and ask is not None and bid.price_ticks >= ask.price_ticks:
        yield f"{name} is crossed: bid {bid.price_ticks}, ask {ask.price_ticks}"


def _level(name: str, level: Level) -> Iterator[str]:
    total = 0
    order = level.head
    while order is not None:
        open_lots = order.quantity_lots - order.filled_lots
        total += open_lots
        if open_lots <= 0 or order.level is not level or order.price_ticks != level.price_ticks:
            yield f"{name}: order {order.order_id} does not belong at {level.price_ticks}"
        order = order.next
    if total != level.quantity_lots:
        yield f"{name}: level {level.price_ticks} says {level.quantity_lots}, its orders {total}"


def _orders(side: BookSide) -> Iterator[Order]:
    for level in side.best_first():
        order = level.head
        while order is not None:
            yield order
            order = order.next
