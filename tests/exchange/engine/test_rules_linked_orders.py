"""docs/orders.md, L1 to L4: two orders of which one trades, rule by rule."""

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
    take_profit,
    trailing,
)

pytestmark = pytest.mark.usefixtures("last_price_of_100")


def usual_pair(stage: Stage, lots: int = 10) -> tuple[OrderEvent, OrderEvent]:
    """alice sells at 110, or at whatever there is once the price falls to 90."""
    return stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, lots, 110),
        stage.order_tuple(ALICE, m.SELL, lots, terms=stop(90)),
    )


# --- OCO -------------------------------------------------------------------------------------------------


def test_l1_both_legs_enter_and_name_one_another(stage: Stage) -> None:
    limit, stop_leg = usual_pair(stage)
    assert (extra(limit).linked_order_id, extra(stop_leg).linked_order_id) == (
        stop_leg.order_id,
        limit.order_id,
    )
    assert stage.asks() == [(110, 10)]


@pytest.mark.parametrize(
    "changes",
    [
        {"lots": 9},
        {"side": m.BUY, "price": 120},
        {"terms": None, "price": 120},
        {"price": 85, "time_in_force": m.IOC},
        {"price": 85, "time_in_force": m.FOK},
        {"price": 85, "terms": stop(90, display_lots=2)},
        {"lots": 0, "quote_amount_minor": 900},
        {"terms": {"reprice": True}, "price": 120, "post_only": True},
    ],
)
def test_l1_what_may_not_be_a_leg_of_a_pair(stage: Stage, changes: dict[str, Any]) -> None:
    other = {"side": m.SELL, "lots": 10, "terms": stop(90)} | changes
    first = stage.order_tuple(ALICE, m.SELL, 10, 110)
    for legs in ((first, stage.order_tuple(ALICE, **other)), (stage.order_tuple(ALICE, **other), first)):
        assert refused(stage.do(m.place_oco, ALICE, *legs)) == "INVALID_ORDER"
    assert (stage.lots(ALICE), stage.asks()) == ((LOTS, 0), [])


def test_l1_a_market_order_without_a_trigger_is_no_leg(stage: Stage) -> None:
    legs = (stage.order_tuple(ALICE, m.SELL, 10), stage.order_tuple(ALICE, m.SELL, 10, terms=stop(90)))
    assert refused(stage.do(m.place_oco, ALICE, *legs)) == "INVALID_ORDER"


def test_l1_either_both_enter_or_neither(stage: Stage) -> None:
    good, bad = stage.order_tuple(ALICE, m.SELL, 10, 110), {"terms": stop(100)}
    legs = (good, stage.order_tuple(ALICE, m.SELL, 10, **bad))
    assert refused(stage.do(m.place_oco, ALICE, *legs)) == "TRIGGER_WOULD_FIRE"
    mine = {"client_order_id": "mine"}
    legs = (
        stage.order_tuple(ALICE, m.SELL, 10, 110, **mine),
        stage.order_tuple(ALICE, m.SELL, 10, terms=stop(90), **mine),
    )
    assert refused(stage.do(m.place_oco, ALICE, *legs)) == "CLIENT_ORDER_ID_IN_USE"
    stage.change_symbol(max_open_orders=1)
    legs = (good, stage.order_tuple(ALICE, m.SELL, 10, terms=stop(90)))
    assert refused(stage.do(m.place_oco, ALICE, *legs)) == "TOO_MANY_OPEN_ORDERS"
    assert (stage.lots(ALICE), stage.asks()) == ((LOTS, 0), [])
    assert (
        refused(stage.do(m.place_oco, ALICE, (*good[:3], "NONE", *good[4:]), legs[1])) == "SYMBOL_NOT_FOUND"
    )


def test_l1_where_the_first_fills_at_once_the_second_is_canceled(stage: Stage) -> None:
    stage.buy(BOB, 10, 110)
    limit, stop_leg = usual_pair(stage)
    assert (stage.state(limit), stage.state(stop_leg)) == ("filled", "canceled/linked")
    assert stage.lots(ALICE) == (LOTS - 10, 0)


def test_l1_where_the_first_fires_at_once_the_second_does_not_trade(stage: Stage) -> None:
    stage.buy(BOB, 4, 105)
    first, second = stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 10, 106, terms=stop(100, trigger_now=True)),
        stage.order_tuple(ALICE, m.SELL, 10, 105),
    )
    assert (stage.trades(), stage.state(first), stage.state(second)) == ([], "new", "canceled/linked")
    assert stage.asks() == [(106, 10)]


def test_l1_the_first_trades_before_the_second_fires(stage: Stage) -> None:
    stage.buy(BOB, 4, 105)
    stage.buy(BOB, 9, 50)
    first, second = stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 10, 105),
        stage.order_tuple(ALICE, m.SELL, 10, terms=take_profit(100, trigger_now=True)),
    )
    assert stage.trades() == [(105, 4), (50, 6)]
    assert (stage.state(first), stage.state(second)) == ("canceled/linked", "filled")
    assert stage.now(second).quantity_lots == 6


def test_l1_what_the_first_trades_may_fire_the_second(stage: Stage) -> None:
    """The first sells down to 95 and leaves something: the second's 96 is reached as it enters."""
    stage.buy(BOB, 2, 95)
    first, second = stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 10, 95),
        stage.order_tuple(ALICE, m.SELL, 10, 94, terms=stop(96)),
    )
    assert (stage.state(first), stage.now(first).filled_lots) == ("canceled/linked", 2)
    assert (extra(second).triggered_ns, stage.asks()) == (stage.pair.now_ns, [(94, 8)])


def test_l1_a_trailing_second_leg_trails_from_where_the_pair_entered(stage: Stage) -> None:
    """The first leg takes the only bid: what is left of the quote is what it was."""
    stage.buy(BOB, 2, 95)
    quote = {"trigger_source": m.QUOTE}
    _, second = stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 10, 95),
        stage.order_tuple(ALICE, m.SELL, 10, terms=trailing(ticks=5, **quote)),
    )
    assert (extra(second).triggered_ns, stage.now(second).quantity_lots) == (0, 8)
    stage.buy(CAROL, 1, 90)
    assert extra(stage.now(second)).trigger_ticks == 90


def test_l2_they_have_one_hold_the_larger_of_the_two(stage: Stage) -> None:
    for prices in ((90, 120), (120, 90)):
        legs = [stage.order_tuple(ALICE, m.BUY, 10, price, terms=stop(130)) for price in prices]
        stage.oco(ALICE, *legs)
        assert stage.money(ALICE) == (MONEY - 12_000, 12_000)
        stage.do(m.cancel_all, ALICE)
        assert stage.money(ALICE) == (MONEY, 0)
    stage.do(m.withdraw, ALICE, "KRW", MONEY - 11_999)
    assert refused(stage.do(m.place_oco, ALICE, *legs)) == "INSUFFICIENT_BALANCE"
    stage.do(m.deposit, ALICE, "KRW", 1)
    stage.oco(ALICE, *legs)
    assert stage.money(ALICE) == (0, 12_000)


def test_l2_the_hold_falls_to_what_the_leg_that_is_left_needs(stage: Stage) -> None:
    limit = stage.order_tuple(ALICE, m.BUY, 10, 90)
    first, second = stage.oco(ALICE, limit, stage.order_tuple(ALICE, m.BUY, 10, 120, terms=stop(110)))
    assert stage.money(ALICE) == (MONEY - 12_000, 12_000)
    stage.sell(BOB, 4, 90)
    # 4 x 90 paid; 6 x 120 held, although the limit leg alone would need 6 x 90.
    assert stage.money(ALICE) == (MONEY - 10_800, 7_200)
    stage.trade_at(111)
    assert (stage.state(first), stage.bids()) == ("canceled/linked", [(120, 6)])
    assert stage.now(second).quantity_lots == 6


def test_l3_when_a_leg_trades_the_others_quantity_falls_by_as_much(stage: Stage) -> None:
    limit, stop_leg = usual_pair(stage)
    stage.buy(BOB, 3, 110)
    assert (stage.now(limit).filled_lots, stage.now(stop_leg).quantity_lots) == (3, 7)
    assert stage.lots(ALICE) == (LOTS - 10, 7)
    stage.buy(BOB, 7, 110)
    assert (stage.state(limit), stage.state(stop_leg)) == ("filled", "canceled/linked")
    assert stage.lots(ALICE) == (LOTS - 10, 0)


def test_l3_in_an_auction_too(stage: Stage) -> None:
    limit, stop_leg = usual_pair(stage)
    stage.go(m.OPENING_AUCTION)
    stage.buy(BOB, 3, 110)
    stage.go(m.TRADING)
    assert (stage.now(limit).filled_lots, stage.now(stop_leg).quantity_lots) == (3, 7)


def test_l3_what_a_leg_is_decremented_by_falls_off_the_other(stage: Stage) -> None:
    limit, stop_leg = usual_pair(stage)
    stage.buy(ALICE, 3, 110, stp=m.STP_DECREMENT)
    assert (stage.now(limit).quantity_lots, stage.now(stop_leg).quantity_lots) == (10, 7)
    assert (extra(stage.now(limit)).prevented_lots, stage.asks()) == (3, [(110, 7)])
    stage.buy(ALICE, 7, 110, stp=m.STP_DECREMENT)
    assert (stage.state(limit), stage.state(stop_leg)) == ("canceled/self_trade", "canceled/linked")


@pytest.mark.parametrize("leg", [0, 1])
def test_l3_when_a_leg_is_canceled_so_is_the_other(stage: Stage, leg: int) -> None:
    pair = usual_pair(stage)
    stage.cancel(pair[leg])
    assert stage.state(pair[1 - leg]) == "canceled/linked"
    assert (stage.lots(ALICE), stage.asks()) == ((LOTS, 0), [])


def test_l3_when_a_leg_expires_the_other_is_canceled(stage: Stage) -> None:
    soon_ns = stage.pair.now_ns + 10**6
    legs = [
        stage.order_tuple(ALICE, m.SELL, 10, 110, time_in_force=m.GTD, terms={"expire_ns": soon_ns}),
        stage.order_tuple(ALICE, m.SELL, 10, time_in_force=m.GTD, terms=stop(90, expire_ns=soon_ns)),
    ]
    first, second = stage.oco(ALICE, *legs)
    stage.tick(after_ns=10**9)
    assert (stage.state(first), stage.state(second)) == ("expired/time", "canceled/linked")


def test_l3_when_a_trigger_fires_the_other_leg_is_canceled_before_it_enters(stage: Stage) -> None:
    """Nor does the limit leg trade with what is on its way in: the symbol does not even trade."""
    limit, stop_leg = usual_pair(stage)
    stage.go(m.CLOSING_AUCTION)
    stage.buy(BOB, 1, 85)
    stage.sell(CAROL, 1, 85)
    stage.go(m.POST_ONLY)
    assert extra(stage.now(stop_leg)).triggered_ns == stage.pair.now_ns
    assert (stage.state(limit), stage.asks()) == ("canceled/linked", [])
    stage.buy(BOB, 10, 80, post_only=True)
    stage.go(m.TRADING)
    assert (stage.state(stop_leg), stage.lots(ALICE)) == ("filled", (LOTS - 10, 0))


def test_l3_of_two_legs_that_one_price_fires_the_one_it_reached_first_enters(stage: Stage) -> None:
    legs = [stage.order_tuple(ALICE, m.SELL, 10, 200, terms=terms) for terms in (stop(97), stop(95))]
    first, second = stage.oco(ALICE, *legs)
    stage.trade_at(95)
    assert (stage.state(first), stage.state(second)) == ("new", "canceled/linked")
    trails = [stage.order_tuple(ALICE, m.SELL, 10, terms=trailing(ticks=ticks)) for ticks in (4, 5)]
    first, second = stage.oco(ALICE, *trails)
    stage.trade_at(90)
    assert (stage.state(first), stage.state(second)) == ("canceled/no_liquidity", "canceled/linked")
    assert extra(stage.now(second)).triggered_ns == 0


def test_l4_legs_are_canceled_not_reduced_or_replaced(stage: Stage) -> None:
    for order in usual_pair(stage):
        assert refused(stage.do(m.reduce_order, ALICE, order.order_id, 5)) == "INVALID_REDUCE"
        code = refused(stage.do(m.replace_order, ALICE, order.order_id, order.price_ticks, 5))
        assert code == "INVALID_REPLACE"


def test_l4_what_is_left_of_a_pair_is_an_order_like_any_other_and_names_the_other(stage: Stage) -> None:
    limit, stop_leg = stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 10, 110),
        stage.order_tuple(ALICE, m.SELL, 10, 120, terms=stop(90)),
    )
    stage.trade_at(90)
    assert extra(stage.now(stop_leg)).linked_order_id == limit.order_id
    assert extra(stage.now(limit)).linked_order_id == stop_leg.order_id
    stage.do(m.reduce_order, ALICE, stop_leg.order_id, 9)
    stage.do(m.replace_order, ALICE, stop_leg.order_id, 115, 8)
    assert stage.asks() == [(115, 8)]
