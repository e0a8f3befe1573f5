"""Rules T4, B7 and X6 of docs/orders.md: what ends by time ends part by part, and trades no more."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    LOTS,
    SECOND_NS,
    SYMBOL,
    TO_MIDNIGHT_NS,
    Stage,
    extra,
    refused,
    stop,
    trailing,
)


def expiring(stage: Stage, after_ns: int = SECOND_NS) -> dict[str, Any]:
    """The fields of an order that ends so much later."""
    return {"time_in_force": m.GTD, "terms": {"expire_ns": stage.pair.now_ns + after_ns}}


@pytest.fixture
def stage() -> Stage:
    return Stage()


# --- an order whose time is up -------------------------------------------------------------------------


@pytest.mark.parametrize("fok", [False, True])
def test_t4_an_order_past_its_time_ends_when_it_is_met(stage: Stage, fok: bool) -> None:
    """No tick has come since; a taker ends it and trades with the next."""
    late = stage.sell(ALICE, 5, 100, **expiring(stage))
    stage.sell(BOB, 5, 100)
    order = stage.order_tuple(CAROL, m.BUY, 5, 100, time_in_force=m.FOK if fok else m.GTC)
    events = stage.submit(order, after_ns=2 * SECOND_NS)
    assert stage.state(m.OrderEvent(*events[0])) == "filled"
    assert stage.trades() == [(100, 5)]
    assert (stage.state(late), stage.lots(ALICE)) == ("expired/time", (LOTS, 0))


def test_t4_a_fok_order_does_not_count_on_one(stage: Stage) -> None:
    late = stage.sell(ALICE, 5, 100, **expiring(stage))
    order = stage.order_tuple(CAROL, m.BUY, 5, 100, time_in_force=m.FOK)
    events = stage.submit(order, after_ns=2 * SECOND_NS)
    assert stage.state(m.OrderEvent(*events[0])) == "canceled/fok_unfillable"
    assert stage.state(late) == "new"


def test_t4_up_to_its_time_it_trades(stage: Stage) -> None:
    late = stage.sell(ALICE, 5, 100, **expiring(stage))
    stage.submit(stage.order_tuple(CAROL, m.BUY, 5, 100), after_ns=SECOND_NS - 2_000)
    assert stage.state(late) == "filled"


def test_t4_an_auction_ends_it_first(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    late = stage.sell(ALICE, 5, 100, **expiring(stage))
    stage.buy(BOB, 5, 100)
    stage.pair.now_ns += 2 * SECOND_NS
    stage.go(m.TRADING)
    assert (stage.trades(), stage.state(late), stage.bids()) == ([], "expired/time", [(100, 5)])


@pytest.mark.parametrize("terms", [stop(95), trailing(ticks=5)])
def test_t4_one_that_waits_does_not_fire(stage: Stage, terms: dict[str, Any]) -> None:
    stage.trade_at(100)
    expires = {"expire_ns": stage.pair.now_ns + SECOND_NS}
    late = stage.sell(ALICE, 5, time_in_force=m.GTD, terms=terms | expires)
    stage.buy(CAROL, 1, 90)
    stage.pair.now_ns += 2 * SECOND_NS
    stage.sell(BOB, 1, 90)
    assert (stage.state(late), extra(stage.now(late)).triggered_ns) == ("expired/time", 0)
    assert extra(stage.now(late)).trigger_ticks == terms.get("trigger_ticks", 0)


def test_t4_one_that_fired_and_could_not_enter_ends_instead(stage: Stage) -> None:
    stage = Stage(trades=1)
    stage.buy(BOB, 5, 80)
    expires = {"expire_ns": stage.pair.now_ns + SECOND_NS}
    orders = [stage.sell(ALICE, 1, 80, time_in_force=m.GTD, terms=stop(90) | expires) for _ in range(3)]
    stage.trade_at(90)
    assert [extra(stage.now(order)).triggered_ns > 0 for order in orders] == [True] * 3
    waiting = [order for order in orders if stage.state(order) == "new"]
    assert waiting
    # Another order of the symbol comes before the tick.
    stage.pair.now_ns += 2 * SECOND_NS
    stage.go(m.TRADING)
    assert {stage.state(order) for order in waiting} <= {"expired/time", "new"}
    stage.tick()
    assert {stage.state(order) for order in waiting} == {"expired/time"}


def test_t4_its_owner_may_cancel_it_but_not_replace_it(stage: Stage) -> None:
    late = stage.sell(ALICE, 5, 100, **expiring(stage))
    stage.pair.now_ns += 2 * SECOND_NS
    assert refused(stage.do(m.replace_order, ALICE, late.order_id, 90, 5)) == "ORDER_NOT_OPEN"
    assert stage.state(stage.cancel(late)) == "canceled/user"


# --- so many at a time ---------------------------------------------------------------------------------


def test_x6_a_tick_ends_so_many_and_the_next_is_due_at_once() -> None:
    stage = Stage(limits={"ends_per_command": 2})
    orders = [stage.sell(ALICE, 1, 100, **expiring(stage)) for _ in range(5)]
    left = []
    stage.pair.now_ns += 2 * SECOND_NS
    while stage.pair.core.open_orders(ALICE):
        stage.tick()
        left.append(len(stage.pair.core.open_orders(ALICE)))
        if left[-1]:
            assert stage.pair.core.next_due_ns() == stage.pair.core.now_ns
    assert left == [3, 1, 0]
    assert {stage.state(order) for order in orders} == {"expired/time"}


def test_x6_accounts_whose_switch_went_off_are_taken_whole() -> None:
    stage = Stage(limits={"ends_per_command": 2})
    for account in (ALICE, BOB, CAROL):
        for _ in range(3):
            stage.buy(account, 1, 50)
        stage.do(m.cancel_after, account, 1_000)
    stage.tick(after_ns=2 * SECOND_NS)
    assert [len(stage.pair.core.open_orders(account)) for account in (ALICE, BOB, CAROL)] == [0, 3, 3]
    for _ in range(2):
        stage.tick()
    assert stage.bids() == []


def test_x6_the_close_ends_so_many_day_orders_and_ticks_the_rest() -> None:
    stage = Stage(limits={"ends_per_command": 2})
    stage.protect(calendar="XNYS")
    orders = [stage.buy(ALICE, 1, 50, time_in_force=m.DAY) for _ in range(5)]
    stage.go(m.CLOSED)
    states = [stage.state(order) for order in orders]
    assert states == ["expired/closed"] * 2 + ["new"] * 3
    stage.tick()
    assert [stage.state(order) for order in orders].count("new") == 1
    # Whatever comes next finds none of them.
    stage.go(m.TRADING)
    assert (stage.bids(), stage.state(orders[-1])) == ([], "expired/closed")
    assert stage.pair.core.next_due_ns() != stage.pair.core.now_ns


def test_x6_midnight_is_a_time_like_any() -> None:
    stage = Stage(limits={"ends_per_command": 2})
    for _ in range(3):
        stage.buy(ALICE, 1, 50, time_in_force=m.DAY)
    stage.tick(after_ns=TO_MIDNIGHT_NS)
    assert stage.bids() == [(50, 1)]
    stage.sell(BOB, 1, 50)
    assert (stage.trades(), stage.bids()) == ([], [])


# --- open orders of an account -------------------------------------------------------------------------


def test_b7_an_account_has_so_many_open_orders_in_all_symbols() -> None:
    stage = Stage(limits={"orders_per_account": 2})
    stage.do(m.set_symbol, "ABC-TWO", **(stage.symbol_terms | {"quote": "KRW"}))
    stage.buy(ALICE, 1, 50)
    other = m.place_order("other", ALICE, "ABC-TWO", m.BUY, price_ticks=50, quantity_lots=1)
    stage.submit(other)
    assert stage.refusal(ALICE, m.BUY, 1, 50) == "TOO_MANY_OPEN_ORDERS"
    assert stage.refusal(ALICE, m.BUY, 1, 50, terms=stop(60)) == "TOO_MANY_OPEN_ORDERS"
    # What does not rest is not counted, and another account has its own.
    assert stage.buy(ALICE, 1, 50, time_in_force=m.IOC).reason == m.REASON_IOC_REMAINDER
    assert stage.buy(BOB, 1, 50).status == m.NEW
    stage.do(m.cancel_all, ALICE, SYMBOL)
    assert stage.buy(ALICE, 1, 50).status == m.NEW


def test_b7_what_a_collar_leaves_does_not_rest_beyond_it() -> None:
    stage = Stage(limits={"orders_per_account": 1})
    stage.protect(collar_ppm=10_000, collar_rests=True)
    stage.buy(BOB, 1, 50)
    for price in (100, 200):
        stage.sell(CAROL if price == 100 else ALICE, 1, price)
    assert stage.state(stage.buy(BOB, 2)) == "canceled/price_limit"


def test_x6_what_is_due_comes_before_the_days_that_are_over() -> None:
    stage = Stage(limits={"ends_per_command": 1})
    stage.protect(calendar="XNYS")
    days = [stage.buy(ALICE, 1, 100, time_in_force=m.DAY) for _ in range(3)]
    late = stage.buy(BOB, 1, 100, **expiring(stage))
    stage.go(m.CLOSED)
    stage.tick(after_ns=2 * SECOND_NS)
    assert [stage.state(order) for order in (late, *days)] == ["expired/time", "expired/closed", "new", "new"]
    for _ in range(2):
        stage.tick()
    assert {stage.state(order) for order in days} == {"expired/closed"}
