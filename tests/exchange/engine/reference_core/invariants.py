"""What must hold after every command, checked by walking the whole state.

Tests check it at every step; in production a follower checks it as it goes."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.state.book import Book, BookSide, Level, Order
from tests.exchange.engine.reference_core.state.root import State


def check(state: State) -> list[str]:
    """Every broken invariant, in words."""
    problems = list(_conservation(state))
    problems += _signs(state)
    problems += _holds(state)
    resting = 0
    for book in state.books.values():
        resting += sum(1 for side in book.sides() for _ in _orders(side))
        problems += _book(book)
    waiting = sum(book.waiting for book in state.books.values())
    if resting + waiting != len(state.orders.open):
        problems.append(f"{resting} orders rest, {waiting} wait, {len(state.orders.open)} are open")
    left_over = {name for name, book in state.books.items() if book.fired and book.symbol.status == m.TRADING}
    if left_over != state.timers.paused:
        problems.append(f"fired orders are left over in {left_over}, noted in {state.timers.paused}")
    problems += _links(state)
    problems += _quotes(state)
    problems += _fees(state)
    return problems


def _fees(state: State) -> Iterator[str]:
    """Every account pays by its plan and its own rates, and those that have own ones are known."""
    plans = state.fee_plans
    for account in state.ledger.accounts.values():
        if account.fees != plans.rates_of(account):
            yield f"account {account.number} does not pay by its plan {account.fee_plan} and its own rates"
        if bool(account.own_fees) != (account.number in plans.own):
            yield f"account {account.number} has rates of its own that are not known, or none and is"


def _quotes(state: State) -> Iterator[str]:
    """Every open side of a quote is found by its name, and nothing else is; no protection counts too many
    fills."""
    named = {id(order) for quotes in state.orders.quotes.values() for order in quotes.values()}
    for order in state.orders.open.values():
        is_quote = order.options is not None and order.options.quote_id is not None
        if is_quote != (id(order) in named):
            yield f"order {order.order_id} is a quote or is not, and its account's quotes say otherwise"
    if len(named) != sum(map(len, state.orders.quotes.values())) or len(named) > len(state.orders.open):
        yield "an account's quotes name orders that are not open"
    for guard in state.guards.values():
        if len(guard.fills) >= guard.max_fills or guard.net_minor != sum([fill[1] for fill in guard.fills]):
            yield f"the protection of account {guard.number} counts {len(guard.fills)} fills"


def _links(state: State) -> Iterator[str]:
    """Legs know one another, have the same open quantity, and one hold."""
    for order in state.orders.open.values():
        yield from _counts(order, state.rules_version)
        if order.is_waiting() != (order.level is None):
            yield f"order {order.order_id} both rests and waits, or neither"
        other = None if order.options is None else order.options.linked
        if other is None:
            continue
        if other.options is None or other.options.linked is not order:
            yield f"order {order.order_id} is linked to {other.order_id}, which is not linked to it"
        if order.quantity_lots - order.filled_lots != other.quantity_lots - other.filled_lots:
            yield f"orders {order.order_id} and {other.order_id} are linked and differ in quantity"
        if order.held_minor and other.held_minor:
            yield f"orders {order.order_id} and {other.order_id} hold twice"


def _counts(order: Order, version: int) -> Iterator[str]:
    """What an order reports adds up: quantity - filled - prevented is open (rule P2)."""
    told = m.OrderEvent(*order.event())
    prevented = 0 if told.extra is None or version < VENUE_RULES else m.OrderExtra(*told.extra).prevented_lots
    reported = told.quantity_lots - told.filled_lots - prevented
    open_lots = order.quantity_lots - order.filled_lots
    if reported != open_lots or (open_lots <= 0 and not order.quote_amount_minor):
        yield f"order {order.order_id} reports {reported} lots open and has {open_lots}"


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
    """Held amounts are exactly what the open orders and withdrawals hold."""
    held: dict[tuple[int, str], int] = {}
    for number in state.ledger.accounts:
        for withdrawal in state.withdrawals.of(number):
            key = (number, withdrawal.asset)
            held[key] = held.get(key, 0) + withdrawal.held_minor
            if withdrawal.amount_minor <= 0 or withdrawal.fee_minor < 0:
                yield f"withdrawal {withdrawal.withdrawal_id} of account {number} holds {withdrawal.row()}"
    for order in state.orders.open.values():
        balance = order.held_in
        key = (balance.account, balance.asset)
        held[key] = held.get(key, 0) + order.held_minor
        needed = order.hold_needed_minor()
        linked = None if order.options is None else order.options.linked
        holds = order.held_minor + (0 if linked is None else linked.held_minor)
        if holds != needed:
            yield f"order {order.order_id} holds {holds} of {needed}"
    for number, account in state.ledger.accounts.items():
        for asset, balance in account.balances.items():
            expected = held.get((number, asset), 0)
            if balance.held != expected:
                yield f"account {number} {asset}: held {balance.held}, orders and withdrawals hold {expected}"


def _book(book: Book) -> Iterator[str]:
    name = book.symbol.name
    for side in book.sides():
        levels = list(side.best_first())
        if len(levels) != len(side.levels) or side.best is not (levels[0] if levels else None):
            yield f"{name}: prices and levels of side {side.side} disagree"
        for level in levels:
            yield from _level(book, side, level)
    bid, ask = book.bids.best, book.asks.best
    apart = bid is None or ask is None or bid.price_ticks < ask.price_ticks
    if not apart and book.symbol.status in (m.TRADING, m.POST_ONLY):
        assert bid is not None and ask is not None
        yield f"{name} is crossed: bid {bid.price_ticks}, ask {ask.price_ticks}"
    if book.symbol.status in (m.TRADING, m.POST_ONLY, m.CLOSED):
        yield from _left_over(book)


def _left_over(book: Book) -> Iterator[str]:
    """No order that is for an auction alone stands in a market that trades."""
    resting = [order for order in book.auction_orders.values() if not order.is_waiting()]
    for side in (book.market_bids, book.market_asks):
        resting += _orders(side)
    for order in resting:
        yield f"{book.symbol.name}: order {order.order_id} is for an auction"


def _level(book: Book, side: BookSide, level: Level) -> Iterator[str]:
    name = book.symbol.name
    total = hidden = 0
    for order in level.orders():
        open_lots = order.quantity_lots - order.filled_lots
        shown = order.shown_lots()
        total += shown
        hidden += open_lots - shown
        if (
            shown <= 0
            or open_lots < shown
            or order.level is not level
            or order.price_ticks != level.price_ticks
            or book.home(order) is not side
        ):
            yield f"{name}: order {order.order_id} does not belong at {level.price_ticks}"
    if (total, hidden) != (level.quantity_lots, level.hidden_lots):
        said = f"{level.quantity_lots} and {level.hidden_lots} hidden"
        yield f"{name}: level {level.price_ticks} says {said}, its orders {total} and {hidden}"


def _orders(side: BookSide) -> Iterator[Order]:
    for level in side.best_first():
        yield from level.orders()
