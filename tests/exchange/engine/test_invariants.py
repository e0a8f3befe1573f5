"""``Engine.check`` notices each way in which a state can be impossible: tampered with, it says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.state.book import options_of
from exchange.engine.state.guards import QuoteGuard
from exchange.engine.state.withdrawals import Withdrawal
from tests.exchange.engine.stage import ALICE, BOB, SYMBOL, Stage, stop


def _stage() -> Stage:
    """Orders on both sides, an iceberg, a pair, and one that waits."""
    stage = Stage()
    stage.buy(ALICE, 5, 90)
    stage.buy(ALICE, 5, 89)
    stage.sell(BOB, 9, 100, terms={"display_lots": 2})
    stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 5, 120),
        stage.order_tuple(ALICE, m.SELL, 5, terms=stop(80)),
    )
    return stage


def _orders(engine: Engine) -> dict[int, Any]:
    return engine._state.orders.open


def money_from_nowhere(engine: Engine) -> None:
    engine._state.ledger.accounts[ALICE].balances["KRW"].available += 1


def an_account_that_owes(engine: Engine) -> None:
    accounts = engine._state.ledger.accounts
    accounts[m.FEE_ACCOUNT].balance("KRW").available -= 1
    accounts[ALICE].balances["KRW"].available += 1


def a_hold_no_order_has(engine: Engine) -> None:
    balance = engine._state.ledger.accounts[BOB].balance("KRW")
    balance.available -= 1
    balance.held += 1


def a_withdrawal_that_nothing_is_held_for(engine: Engine) -> None:
    engine._state.withdrawals.add(BOB, Withdrawal("w", "KRW", 5, 0))


def a_withdrawal_of_nothing(engine: Engine) -> None:
    engine._state.withdrawals.add(BOB, Withdrawal("w", "KRW", 0, 5))


def a_hold_too_large_for_its_order(engine: Engine) -> None:
    order = _orders(engine)[1]
    order.held_minor += 1
    order.held_in.held += 1
    order.held_in.available -= 1


def an_order_that_is_not_open(engine: Engine) -> None:
    order = _orders(engine)[2]
    del _orders(engine)[2]
    order.held_in.available += order.held_minor
    order.held_in.held -= order.held_minor


def an_order_that_waits_and_rests(engine: Engine) -> None:
    _orders(engine)[5].options.waiting = False


def a_leg_whose_other_does_not_know_it(engine: Engine) -> None:
    _orders(engine)[5].options.linked = None


def legs_of_different_quantities(engine: Engine) -> None:
    _orders(engine)[5].quantity_lots -= 1


def legs_that_hold_twice(engine: Engine) -> None:
    first, second = _orders(engine)[4], _orders(engine)[5]
    second.held_minor = 1
    first.held_minor -= 1


def a_best_price_that_is_not(engine: Engine) -> None:
    bids = engine._state.books[SYMBOL].bids
    bids.best = bids.levels[89]


def a_crossed_book(engine: Engine) -> None:
    """The best bid moves to 101 in every place that names its price, over an ask at 100."""
    bids = engine._state.books[SYMBOL].bids
    level = bids.levels[90]
    del bids.levels[90]
    bids._keys.remove(90)
    bids._keys.add(101)
    bids.levels[101] = level
    level.price_ticks = level.head.price_ticks = 101
    level.head.held_minor += 550
    level.head.held_in.held += 550
    level.head.held_in.available -= 550


def a_level_that_counts_wrong(engine: Engine) -> None:
    engine._state.books[SYMBOL].asks.levels[100].hidden_lots += 1


def an_order_at_anothers_price(engine: Engine) -> None:
    _orders(engine)[3].price_ticks = 101


def a_seat_that_counts_too_much(engine: Engine) -> None:
    engine._state.books[SYMBOL].seats[ALICE].open_orders += 1


def an_open_order_without_a_seat(engine: Engine) -> None:
    order = _orders(engine)[3]
    order.seat.remove(order)


def orders_left_over_that_are_not(engine: Engine) -> None:
    engine._state.timers.paused.add(SYMBOL)


def a_quote_that_its_account_does_not_know(engine: Engine) -> None:
    order = next(iter(engine._state.orders.open.values()))
    options_of(order).quote_id = "q"


def a_quote_of_an_order_that_is_gone(engine: Engine) -> None:
    orders = engine._state.orders
    order = next(iter(orders.open.values()))
    quotes = orders.quotes.setdefault(order.account.number, {})
    quotes |= {(SYMBOL, "q", side): order for side in (m.BUY, m.SELL)}


def a_protection_that_counts_too_much(engine: Engine) -> None:
    guard = engine._state.guards[1000] = QuoteGuard(1000, 1, 1, "", 0)
    guard.fills.append((1, 0))


def an_order_with_more_open_than_it_reports(engine: Engine) -> None:
    options_of(_orders(engine)[3]).prevented_lots += 1


def an_order_for_an_auction_while_it_trades(engine: Engine) -> None:
    order = _orders(engine)[3]
    order.book.auction_orders[order.order_id] = order


TAMPERED: list[tuple[Callable[[Engine], None], str]] = [
    (money_from_nowhere, "sums to 1"),
    (an_account_that_owes, "available -1"),
    (a_hold_no_order_has, "orders and withdrawals hold 0"),
    (a_withdrawal_that_nothing_is_held_for, "orders and withdrawals hold 5"),
    (a_withdrawal_of_nothing, "holds ('w', 'KRW', 0, 5)"),
    (a_hold_too_large_for_its_order, "order 1 holds 4501 of 4500"),
    (an_order_that_is_not_open, "are open"),
    (an_order_that_waits_and_rests, "both rests and waits, or neither"),
    (a_leg_whose_other_does_not_know_it, "which is not linked to it"),
    (legs_of_different_quantities, "differ in quantity"),
    (legs_that_hold_twice, "hold twice"),
    (a_best_price_that_is_not, "disagree"),
    (a_crossed_book, "is crossed"),
    (a_level_that_counts_wrong, "hidden"),
    (an_order_at_anothers_price, "does not belong at"),
    (orders_left_over_that_are_not, "left over"),
    (a_quote_that_its_account_does_not_know, "is a quote or is not"),
    (a_quote_of_an_order_that_is_gone, "name orders that are not open"),
    (an_order_with_more_open_than_it_reports, "order 3 reports"),
    (an_order_for_an_auction_while_it_trades, "is for an auction"),
    (a_protection_that_counts_too_much, "counts 1 fills"),
    (a_seat_that_counts_too_much, "has 4 orders, not 5"),
    (an_open_order_without_a_seat, "have a seat"),
]


@pytest.mark.parametrize(("tamper", "said"), TAMPERED)
def test_what_cannot_be_is_found(tamper: Callable[[Engine], None], said: str) -> None:
    engine = _stage().pair.core
    assert engine.check() == []
    tamper(engine)
    problems = engine.check()
    assert any(said in problem for problem in problems), problems
