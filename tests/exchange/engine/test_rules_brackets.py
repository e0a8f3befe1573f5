"""docs/orders.md, L5 and L6: brackets, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from exchange.engine.messages import OrderEvent
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    LOTS,
    MONEY,
    Stage,
    extra,
    refused,
    stop,
)

pytestmark = pytest.mark.usefixtures("last_price_of_100")


def exits(stage: Stage, entry: OrderEvent) -> list[OrderEvent]:
    """The open exits of an entry, take-profit first."""
    orders = [OrderEvent(*event) for event in stage.pair.core.open_orders(entry.account)]
    return [order for order in orders if extra(order).entry_order_id == entry.order_id]


def test_l5_each_fill_of_the_entry_is_sold_again_by_a_linked_pair(stage: Stage) -> None:
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 10, 100, stp=m.STP_CANCEL_OLDEST), 120, 80)
    assert (extra(entry).exits, exits(stage, entry)) == ((120, 80, 0, m.LAST), [])
    stage.sell(BOB, 4, 100)
    target, protection = exits(stage, entry)
    assert (target.order_type, target.time_in_force, target.price_ticks) == (m.LIMIT, m.GTC, 120)
    assert (protection.order_type, protection.time_in_force) == (m.MARKET, m.IOC)
    assert (extra(protection).trigger, extra(protection).trigger_ticks) == (m.STOP, 80)
    assert extra(target).linked_order_id == protection.order_id
    assert {order.quantity_lots for order in (target, protection)} == {4}
    assert {order.stp for order in (target, protection)} == {m.STP_CANCEL_OLDEST}
    assert (stage.asks(), stage.lots(ALICE)) == ([(120, 4)], (LOTS, 4))


def test_l5_a_later_fill_enlarges_the_pair_and_sends_the_take_profit_to_the_back(stage: Stage) -> None:
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 10, 100), 120, 80, 75)
    stage.sell(BOB, 4, 100)
    stage.sell(CAROL, 1, 120)
    stage.sell(BOB, 2, 100)
    target, protection = exits(stage, entry)
    assert (target.quantity_lots, protection.quantity_lots, protection.price_ticks) == (6, 6, 75)
    assert stage.lots(ALICE) == (LOTS, 6)
    stage.buy(BOB, 1, 120)
    assert stage.now(target).filled_lots == 0


def test_l5_the_fills_of_one_step_are_one_pair(stage: Stage) -> None:
    for price in (99, 100):
        stage.sell(BOB, 2, price)
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 5), 120, 80)
    assert stage.state(entry) == "canceled/no_liquidity"
    assert [order.quantity_lots for order in exits(stage, entry)] == [4, 4]
    # Both exist from this command on: each is told once.
    told = [event[1] for event in stage.events_of(m.EV_ORDER)]
    assert len(told) == len(set(told)) == 5


def test_l5_an_entry_with_a_trigger_has_its_exits_when_it_has_bought(stage: Stage) -> None:
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 5, 105, terms=stop(103)), 120, 80)
    stage.sell(BOB, 3, 104)
    stage.trade_at(103)
    assert stage.now(entry).filled_lots == 3
    assert [order.quantity_lots for order in exits(stage, entry)] == [3, 3]


def test_l5_in_an_auction_exits_follow_it(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 5, 105), 120, 80)
    stage.sell(BOB, 3, 100)
    stage.go(m.CLOSED)
    assert [order.quantity_lots for order in exits(stage, entry)] == [3, 3]
    assert stage.asks() == [(120, 3)]


def test_l5_what_an_entry_buys_from_several_in_an_auction_is_one_pair(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 5, 105), 120, 80)
    stage.sell(BOB, 3, 100)
    stage.sell(CAROL, 2, 100)
    stage.go(m.TRADING)
    assert [order.quantity_lots for order in exits(stage, entry)] == [5, 5]
    assert stage.asks() == [(120, 5)]


@pytest.mark.parametrize(
    ("prices", "code"),
    [
        ((80, 80), "INVALID_ORDER"),
        ((79, 80), "INVALID_ORDER"),
        ((120, 80, -1), "INVALID_ORDER"),
        ((120, 80, 0, 2), "INVALID_ORDER"),
        ((120, 0), "PRICE_OUT_OF_BOUNDS"),
        ((20_000, 80), "PRICE_OUT_OF_BOUNDS"),
        ((121, 80), "PRICE_OFF_TICK"),
        ((120, 81), "PRICE_OFF_TICK"),
        ((120, 80, 75), "PRICE_OFF_TICK"),
    ],
)
def test_l5_the_exits_prices_are_tested_with_the_entry(prices: tuple[int, ...], code: str) -> None:
    stage = Stage(tick_bands=((0, 2),))
    entry = stage.order_tuple(ALICE, m.BUY, 5, 100)
    assert refused(stage.do(m.place_bracket, ALICE, entry, *prices)) == code
    assert stage.money(ALICE) == (MONEY, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"side": m.SELL, "lots": 5, "price": 100},
        {"side": m.BUY, "lots": 5, "price": 100, "terms": {"display_lots": 2}},
        {"side": m.BUY, "lots": 0, "quote_amount_minor": 5_000},
    ],
)
def test_l5_what_may_not_be_an_entry(stage: Stage, fields: dict[str, Any]) -> None:
    entry = stage.order_tuple(ALICE, **fields)
    assert refused(stage.do(m.place_bracket, ALICE, entry, 120, 80)) == "INVALID_ORDER"
    assert (
        refused(stage.do(m.place_bracket, ALICE, (*entry[:3], "NONE", *entry[4:]), 1, 1))
        == "SYMBOL_NOT_FOUND"
    )


def test_l5_an_exit_that_finds_its_moment_at_once_takes_it(stage: Stage) -> None:
    """Bought at 100 with a take-profit below the best bid, then with a stop above the last price."""
    stage.buy(CAROL, 2, 90)
    stage.sell(BOB, 2, 100)
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 2), 90, 70)
    assert (stage.trades(), exits(stage, entry)) == ([(100, 2), (90, 2)], [])
    stage.buy(CAROL, 2, 85)
    stage.sell(BOB, 2, 100)
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 2), 140, 130)
    assert (stage.trades(), exits(stage, entry)) == ([(100, 2), (85, 2)], [])
    assert stage.lots(ALICE) == (LOTS, 0)


def test_l5_exits_go_with_the_session_of_the_entry(stage: Stage) -> None:
    stage.bracket(stage.order_tuple(ALICE, m.BUY, 2, 100, terms={"session": "phone"}), 120, 80)
    stage.sell(BOB, 1, 100)
    assert stage.do(m.cancel_all, ALICE, None, "phone")[0][3] == 3
    assert (stage.money(ALICE)[1], stage.lots(ALICE)) == (0, (LOTS + 1, 0))


def test_l5_exits_do_not_count_against_what_may_be_open_at_entry() -> None:
    stage = Stage(max_open_orders=1)
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 5, 100), 120, 80)
    stage.sell(BOB, 2, 100)
    assert len(exits(stage, entry)) == 2
    assert stage.refusal(ALICE, m.BUY, 1, 90) == "TOO_MANY_OPEN_ORDERS"


def test_l6_canceling_the_entry_leaves_the_exits_of_what_it_bought(stage: Stage) -> None:
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 10, 100), 120, 80)
    stage.sell(BOB, 4, 100)
    stage.cancel(entry)
    assert [order.quantity_lots for order in exits(stage, entry)] == [4, 4]


@pytest.mark.parametrize("how", ["canceled", "filled"])
def test_l6_an_exit_that_ended_is_not_enlarged_again(stage: Stage, how: str) -> None:
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 10, 100), 120, 80)
    stage.sell(BOB, 4, 100)
    target, protection = exits(stage, entry)
    if how == "canceled":
        stage.cancel(protection)
    else:
        stage.buy(BOB, 4, 120)
    stage.sell(BOB, 3, 100)
    again = exits(stage, entry)
    assert [order.quantity_lots for order in again] == [3, 3]
    assert again[0].order_id > protection.order_id
    assert stage.now(target).quantity_lots == 4


def test_l6_nor_is_a_pair_whose_stop_has_fired(stage: Stage) -> None:
    """The stop of the first four rests as a limit order at 79; the three bought at 78 get a pair of their
    own, whose stop fires at once."""
    entry = stage.bracket(stage.order_tuple(ALICE, m.BUY, 10, 100), 120, 80, 79)
    stage.sell(BOB, 4, 100)
    target, protection = exits(stage, entry)
    stage.do(m.replace_order, ALICE, entry.order_id, 70, 10)
    stage.trade_at(80)
    assert (stage.state(target), stage.asks()) == ("canceled/linked", [(79, 4)])
    stage.do(m.replace_order, ALICE, entry.order_id, 78, 10)
    stage.sell(BOB, 3, 78)
    assert [order.quantity_lots for order in exits(stage, entry)] == [4, 3]
    assert (stage.now(protection).quantity_lots, stage.asks()) == (4, [(79, 7)])
