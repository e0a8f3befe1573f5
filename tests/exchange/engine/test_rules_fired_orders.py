"""docs/orders.md, S6 to S10: what becomes of orders with a trigger once it has fired, or been amended."""

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
    TO_MIDNIGHT_NS,
    Stage,
    extra,
    stop,
    take_profit,
    trailing,
)

QUOTE = {"trigger_source": m.QUOTE}


pytestmark = pytest.mark.usefixtures("last_price_of_100")


def test_s6_fired_orders_enter_in_turn_and_those_they_fire_queue_behind(stage: Stage) -> None:
    """The first fired sells down to 80 and fires the third, which waits for the second's turn."""
    first = stage.sell(ALICE, 2, 1, terms=stop(90))
    second = stage.sell(ALICE, 1, 1, terms=stop(90))
    third = stage.sell(ALICE, 1, 1, terms=stop(80))
    for price, lots in ((90, 1), (85, 1), (80, 1), (75, 1), (70, 1)):
        stage.buy(BOB, lots, price)
    stage.sell(CAROL, 1, 90)
    assert stage.trades() == [(90, 1), (85, 1), (80, 1), (75, 1), (70, 1)]
    sold_for = [stage.now(order).filled_notional_minor for order in (first, second, third)]
    assert sold_for == [1_650, 750, 700]


def test_s6_the_commands_own_order_is_done_with_first(stage: Stage) -> None:
    """The taker's rest stands on the book before the stop that it fired enters, and meets it."""
    fired = stage.sell(ALICE, 5, 1, terms=stop(99))
    stage.sell(BOB, 1, 99)
    taker = stage.buy(CAROL, 4, 99)
    assert stage.trades() == [(99, 1), (99, 3)]
    assert (stage.state(taker), stage.now(fired).filled_lots) == ("filled", 3)


def test_s6_a_chain_of_stops_ends(stage: Stage) -> None:
    orders = [stage.sell(ALICE, 1, 1, terms=stop(100 - n)) for n in range(1, 15)]
    for n in range(1, 17):
        stage.buy(BOB, 1, 100 - n)
    stage.sell(CAROL, 1, 99)
    assert [price for price, _ in stage.trades()] == list(range(99, 84, -1))
    assert {stage.state(order) for order in orders} == {"filled"}


def test_s7_orders_fired_while_the_symbol_does_not_trade_enter_when_it_does(stage: Stage) -> None:
    order = stage.sell(ALICE, 1, 1, terms=stop(90))
    stage.buy(BOB, 1, 70)
    stage.go(m.CLOSING_AUCTION)
    stage.buy(BOB, 1, 85)
    stage.sell(CAROL, 1, 85)
    stage.go(m.CLOSED)
    # The auction at 85 fired it, and it cannot enter.
    assert (stage.trades(), extra(stage.now(order)).triggered_ns) == ([(85, 1)], stage.pair.now_ns)
    assert stage.state(order) == "new"
    stage.go(m.POST_ONLY)
    assert stage.state(order) == "new"
    stage.go(m.TRADING)
    assert (stage.trades(), stage.state(order)) == ([(70, 1)], "filled")


def test_s7_a_fired_order_that_waits_can_be_canceled_and_reduced_not_replaced(stage: Stage) -> None:
    order = stage.sell(ALICE, 5, 1, terms=stop(90))
    stage.go(m.OPENING_AUCTION)
    stage.buy(BOB, 1, 85)
    stage.sell(CAROL, 1, 85)
    stage.go(m.POST_ONLY)
    stage.go(m.OPENING_AUCTION)
    assert extra(stage.now(order)).triggered_ns
    assert stage.do(m.replace_order, ALICE, order.order_id, 1, 4)[0][3] == "INVALID_REPLACE"
    stage.do(m.reduce_order, ALICE, order.order_id, 4)
    assert (stage.now(order).quantity_lots, stage.lots(ALICE)) == (4, (LOTS - 4, 4))
    assert stage.cancel(order).status == m.CANCELED
    stage.go(m.TRADING)
    assert stage.trades() == []


def test_s7_the_quote_of_a_gathering_book_fires_nothing(stage: Stage) -> None:
    order = stage.sell(ALICE, 1, 500, terms=take_profit(150, **QUOTE))
    stage.go(m.PRE_OPEN)
    bid = stage.buy(BOB, 1, 160)
    waits = stage.sell(ALICE, 1, 500, terms=take_profit(150, trigger_now=True, **QUOTE))
    assert stage.refusal(ALICE, m.SELL, 1, terms=trailing(ticks=5, **QUOTE)) == "NO_REFERENCE_PRICE"
    stage.cancel(bid)
    stage.go(m.TRADING)
    assert (extra(stage.now(order)).triggered_ns, extra(stage.now(waits)).triggered_ns) == (0, 0)
    stage.buy(BOB, 1, 160)
    assert extra(stage.now(order)).triggered_ns and extra(stage.now(waits)).triggered_ns


@pytest.mark.parametrize(
    ("fields", "state", "filled"),
    [
        ({"price": 90}, "partially_filled", 2),
        ({"price": 90, "time_in_force": m.IOC}, "canceled/ioc_remainder", 2),
        ({"price": 90, "time_in_force": m.FOK}, "canceled/fok_unfillable", 0),
        ({}, "canceled/no_liquidity", 2),
        ({"price": 95, "order_type": m.MARKET}, "canceled/price_limit", 0),
    ],
)
def test_s8_a_fired_order_enters_as_if_just_placed(
    stage: Stage, fields: dict[str, Any], state: str, filled: int
) -> None:
    order = stage.sell(ALICE, 5, terms=stop(92), **fields)
    stage.buy(BOB, 2, 91)
    stage.trade_at(92)
    assert (stage.state(order), stage.now(order).filled_lots) == (state, filled)


def test_s8_a_fired_gtd_or_day_order_ends_when_it_said(stage: Stage) -> None:
    until_ns = stage.pair.now_ns + TO_MIDNIGHT_NS // 2
    gtd = stage.sell(ALICE, 5, 92, time_in_force=m.GTD, terms=stop(92, expire_ns=until_ns))
    day = stage.sell(ALICE, 5, 93, time_in_force=m.DAY, terms=stop(92))
    stage.trade_at(92)
    assert stage.asks() == [(92, 5), (93, 5)]
    stage.tick(after_ns=TO_MIDNIGHT_NS // 2)
    assert (stage.state(gtd), stage.state(day)) == ("expired/time", "new")
    stage.tick(after_ns=TO_MIDNIGHT_NS)
    assert stage.state(day) == "expired/time"


def test_s8_m6_the_collar_of_a_fired_order_counts_from_its_trigger(stage: Stage) -> None:
    """The quote after a crash says nothing: 10 % below 90 is 81, whatever the best bid is."""
    stage.protect(collar_ppm=100_000)
    order = stage.sell(ALICE, 5, terms=stop(90))
    for price in (85, 81, 80):
        stage.buy(BOB, 1, price)
    stage.trade_at(88)
    assert (stage.now(order).filled_lots, stage.state(order)) == (2, "canceled/price_limit")
    far = stage.sell(ALICE, 5, terms=stop(50))
    stage.cancel(OrderEvent(*stage.pair.core.open_orders(BOB)[0]))
    stage.buy(BOB, 1, 20)
    stage.trade_at(48)
    assert (stage.now(far).filled_lots, stage.state(far)) == (0, "canceled/price_limit")


def test_s8_m6_of_one_that_fires_as_it_enters_the_collar_counts_from_the_price_it_watched(
    stage: Stage,
) -> None:
    """Its trigger, long passed, says as little as the quote."""
    stage.protect(collar_ppm=100_000)
    stage.trade_at(60)
    for price in (58, 54, 53):
        stage.buy(BOB, 1, price)
    order = stage.sell(ALICE, 5, terms=stop(90, trigger_now=True))
    assert (order.filled_lots, stage.state(order)) == (2, "canceled/price_limit")


def test_m6_what_the_collar_leaves_of_a_fired_order_rests(stage: Stage) -> None:
    stage.protect(collar_ppm=100_000, collar_rests=True)
    order = stage.sell(ALICE, 5, terms=stop(90))
    for price in (85, 80):
        stage.buy(BOB, 1, price)
    stage.trade_at(88)
    now = stage.now(order)
    assert (now.order_type, now.time_in_force, now.price_ticks) == (m.LIMIT, m.GTC, 81)
    assert (now.filled_lots, stage.state(order), stage.asks()) == (1, "partially_filled", [(81, 4)])
    assert extra(now).triggered_ns
    assert stage.buy(BOB, 4, 81).filled_lots == 4


def test_s9_a_market_buy_that_waits_says_what_it_may_cost(stage: Stage) -> None:
    assert stage.refusal(ALICE, m.BUY, 5, terms=stop(110)) == "INVALID_ORDER"
    assert stage.refusal(ALICE, m.BUY, 5, terms=trailing(ticks=10)) == "INVALID_ORDER"
    stage.do(m.set_fees, "ABC-KRW", ALICE, 1_000, 10_000)
    stage.buy(ALICE, 0, terms=stop(110), quote_amount_minor=3_000)
    assert stage.money(ALICE) == (MONEY - 3_000, 3_000)
    capped = stage.buy(ALICE, 5, 120, order_type=m.MARKET, terms=stop(110))
    # And 5 x 120 x 10 with 1 %.
    assert stage.money(ALICE) == (MONEY - 9_060, 9_060)
    stage.sell(BOB, 9, 111)
    stage.do(m.cancel_order, ALICE, capped.order_id)
    assert stage.money(ALICE) == (MONEY - 3_000, 3_000)


def test_s9_a_market_sell_that_waits_names_a_quantity(stage: Stage) -> None:
    assert stage.refusal(ALICE, m.SELL, 0, terms=stop(90), quote_amount_minor=3_000) == "INVALID_ORDER"
    fok = {"time_in_force": m.FOK}
    assert stage.refusal(ALICE, m.SELL, 5, terms=stop(90), **fok) == "INVALID_ORDER"


def test_s9_what_a_capped_stop_does_not_need_comes_back(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 120, order_type=m.MARKET, terms=stop(110))
    stage.sell(BOB, 3, 112)
    stage.trade_at(110)
    assert (stage.now(order).filled_lots, stage.state(order)) == (3, "canceled/no_liquidity")
    assert stage.money(ALICE) == (MONEY - 3_360, 0)


def test_s10_an_untriggered_stop_can_be_canceled(stage: Stage) -> None:
    order = stage.sell(ALICE, 5, 80, terms=stop(90), client_order_id="mine")
    assert m.OrderEvent(*stage.do(m.cancel_order, ALICE, 0, "mine")[0]).status == m.CANCELED
    assert stage.lots(ALICE) == (LOTS, 0)
    stage.trade_at(90)
    assert stage.state(order) == "canceled/user"


def test_s10_a_waiting_order_is_reduced_and_replaced(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 120, terms=stop(110))
    stage.do(m.reduce_order, ALICE, order.order_id, 4)
    assert stage.money(ALICE) == (MONEY - 4_800, 4_800)
    stage.do(m.replace_order, ALICE, order.order_id, 130, 6, 125)
    assert stage.money(ALICE) == (MONEY - 7_800, 7_800)
    stage.trade_at(111)
    assert extra(stage.now(order)).triggered_ns == 0
    stage.do(m.replace_order, ALICE, order.order_id, 131, 6)
    assert extra(stage.now(order)).trigger_ticks == 125
    stage.trade_at(125)
    assert stage.bids() == [(131, 6)]


def test_s10_a_replacement_whose_condition_holds_is_refused_never_fired(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 120, terms=stop(110, trigger_now=True))
    assert stage.do(m.replace_order, ALICE, order.order_id, 120, 5, 100)[0][3] == "TRIGGER_WOULD_FIRE"
    assert extra(stage.now(order)).trigger_ticks == 110
    for trigger, code in ((20_000, "PRICE_OUT_OF_BOUNDS"), (-1, "INVALID_REPLACE")):
        assert stage.do(m.replace_order, ALICE, order.order_id, 120, 5, trigger)[0][3] == code


def test_s10_only_a_stop_or_take_profit_that_has_not_fired_names_a_trigger(stage: Stage) -> None:
    plain, trails = stage.buy(ALICE, 5, 90), stage.sell(ALICE, 5, terms=trailing(ticks=10))
    for order in (plain, trails):
        code = stage.do(m.replace_order, ALICE, order.order_id, order.price_ticks, 4, 95)[0][3]
        assert code == "INVALID_REPLACE"
    stage.cancel(plain)
    stage.do(m.replace_order, ALICE, trails.order_id, 0, 7)
    assert (stage.now(trails).quantity_lots, stage.lots(ALICE)) == (7, (LOTS - 7, 7))
    # It still trails what it saw.
    stage.trade_at(90)
    assert extra(stage.now(trails)).trigger_ticks == 90


def test_s10_an_order_by_quote_amount_is_neither_reduced_nor_replaced(stage: Stage) -> None:
    order = stage.buy(ALICE, 0, terms=stop(110), quote_amount_minor=3_000)
    assert stage.do(m.replace_order, ALICE, order.order_id, 120, 5)[0][3] == "INVALID_REPLACE"
    assert stage.do(m.reduce_order, ALICE, order.order_id, 1)[0][3] == "INVALID_REDUCE"
    capped = stage.buy(ALICE, 5, 120, order_type=m.MARKET, terms=stop(110))
    assert stage.do(m.replace_order, ALICE, capped.order_id, 0, 5)[0][3] == "INVALID_REPLACE"
