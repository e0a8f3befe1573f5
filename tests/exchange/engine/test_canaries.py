"""Canaries: with a fault put into the core on purpose, the tests of this folder do fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.rules.matching import Matcher
from exchange.engine.state.book import BookSide
from exchange.engine.state.orders import Orders
from tests.exchange.engine.pair import Pair
from tests.exchange.engine.test_fuzz import run
from tests.exchange.engine.venue import opening

Fault = Callable[[pytest.MonkeyPatch], None]


def fees_are_rounded_down(patch: pytest.MonkeyPatch) -> None:
    def charge(self: Matcher, order: Any, rate_ppm: int, notional: int, fees: Any) -> int:
        order.accrue(rate_ppm, notional)
        fee: int = order.fee_whole - order.fee_minor
        fee = max(fee, -fees.available)
        order.fee_minor += fee
        fees.available += fee
        return fee

    patch.setattr(Matcher, "_charge", charge)


def rebates_are_paid_from_nothing(patch: pytest.MonkeyPatch) -> None:
    def charge(self: Matcher, order: Any, rate_ppm: int, notional: int, fees: Any) -> int:
        fee: int = order.accrue(rate_ppm, notional) - order.fee_minor
        order.fee_minor += fee
        fees.available += max(fee, -fees.available)
        return fee

    patch.setattr(Matcher, "_charge", charge)


def holds_are_never_lowered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Orders, "rehold", lambda self, order: None)


def self_trades_are_allowed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Matcher, "_prevent", lambda self, *meeting: True)


def the_newest_order_goes_first(patch: pytest.MonkeyPatch) -> None:
    add = BookSide.add

    def add_in_front(self: BookSide, order: Any) -> Any:
        level = add(self, order)
        if level.head is not order:
            before = order.prev
            before.next, level.tail = None, before
            order.prev, order.next = None, level.head
            level.head.prev, level.head = order, order
        return level

    patch.setattr(BookSide, "add", add_in_front)


@pytest.mark.python_core
@pytest.mark.parametrize(
    "fault",
    [
        fees_are_rounded_down,
        rebates_are_paid_from_nothing,
        holds_are_never_lowered,
        self_trades_are_allowed,
        the_newest_order_goes_first,
    ],
)
def test_a_fault_in_the_core_is_found(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    run(0)
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        for seed in range(20):
            run(seed)


def _funded() -> Engine:
    pair = Pair()
    for command in opening():
        pair.submit(command)
    for account in (1000, 1001):
        pair.submit(m.deposit(f"k{account}", account, "KRW", 10**6))
        pair.submit(m.deposit(f"a{account}", account, "ABC", 10**6))
    pair.submit(m.place_order("p1", 1000, "ABC-KRW", m.BUY, price_ticks=10, quantity_lots=5))
    assert pair.core.check() == []
    return pair.core


def test_check_finds_money_from_nowhere() -> None:
    engine = _funded()
    engine._state.ledger.accounts[1000].balances["KRW"].available += 1
    assert engine.check() != []


def test_check_finds_a_hold_that_belongs_to_no_order() -> None:
    engine = _funded()
    balance = engine._state.ledger.accounts[1000].balances["KRW"]
    balance.available -= 1
    balance.held += 1
    assert engine.check() != []


def test_check_finds_a_level_that_is_not_the_sum_of_its_orders() -> None:
    engine = _funded()
    best = engine._state.books["ABC-KRW"].bids.best
    assert best is not None
    best.quantity_lots += 1
    assert engine.check() != []
