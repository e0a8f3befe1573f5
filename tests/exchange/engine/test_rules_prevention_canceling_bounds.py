"""docs/orders.md, P (self-trade prevention), C (canceling many) and B (bounds), rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    LOTS,
    MONEY,
    SECOND_NS,
    TO_MIDNIGHT_NS,
    Stage,
    extra,
    refused,
    stop,
)

# --- P: self-trade prevention ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stp", "incoming", "resting", "prevented"),
    [
        (m.STP_CANCEL_NEWEST, "canceled/self_trade", "new", (5, 0)),
        (m.STP_CANCEL_OLDEST, "new", "canceled/self_trade", (0, 3)),
        (m.STP_CANCEL_BOTH, "canceled/self_trade", "canceled/self_trade", (5, 3)),
        (m.STP_DECREMENT, "new", "canceled/self_trade", (3, 3)),
    ],
)
@pytest.mark.parametrize("other", [ALICE, BOB])
def test_p1_orders_of_an_account_or_of_a_group_never_meet(
    stage: Stage, stp: int, incoming: str, resting: str, prevented: tuple[int, int], other: int
) -> None:
    if other == BOB:
        for account in (ALICE, BOB):
            stage.do(m.set_group, account, 7)
    own = stage.sell(other, 3, 100)
    order = stage.buy(ALICE, 5, 100, stp=stp)
    assert (stage.trades(), stage.state(order), stage.state(own)) == ([], incoming, resting)
    # P2: what each was kept from comes off it, and its quantity is what it was.
    assert (stage.now(order).quantity_lots, stage.now(own).quantity_lots) == (5, 3)
    told = [extra(stage.now(one)).prevented_lots for one in (order, own)]
    assert tuple(told) == prevented


def test_p1_decrement_takes_the_smaller_off_both(stage: Stage) -> None:
    own = stage.sell(ALICE, 5, 100)
    order = stage.buy(ALICE, 3, 100, stp=m.STP_DECREMENT)
    assert (stage.state(order), extra(stage.now(order)).prevented_lots) == ("canceled/self_trade", 3)
    assert (stage.state(own), extra(stage.now(own)).prevented_lots) == ("new", 3)
    assert (stage.now(order).quantity_lots, stage.now(own).quantity_lots) == (3, 5)
    assert (stage.money(ALICE), stage.lots(ALICE)) == ((MONEY, 0), (LOTS - 2, 2))


def test_p1_a_group_ends_when_it_is_left(stage: Stage) -> None:
    for account in (ALICE, BOB):
        stage.do(m.set_group, account, 7)
    stage.do(m.set_group, BOB, 8)
    stage.sell(BOB, 3, 100)
    assert stage.state(stage.buy(ALICE, 1, 100)) == "filled"
    for account in (ALICE, BOB):
        stage.do(m.set_group, account, 0)
    assert stage.state(stage.buy(ALICE, 1, 100)) == "filled"
    assert refused(stage.do(m.set_group, ALICE, -1)) == "INVALID_GROUP"
    assert refused(stage.do(m.set_group, ALICE, 2**31)) == "INVALID_GROUP"
    assert refused(stage.do(m.set_group, 5, 1)) == "ACCOUNT_NOT_FOUND"


def test_p1_what_comes_before_its_own_order_trades(stage: Stage) -> None:
    stage.sell(BOB, 2, 100)
    own = stage.sell(ALICE, 3, 100)
    stage.sell(BOB, 9, 100)
    order = stage.buy(ALICE, 9, 100)
    assert (order.filled_lots, stage.state(order), stage.state(own)) == (2, "canceled/self_trade", "new")


@pytest.mark.parametrize(
    ("stp", "prevented"),
    [
        (m.STP_CANCEL_NEWEST, (4, 0)),
        (m.STP_CANCEL_OLDEST, (0, 3)),
        (m.STP_CANCEL_BOTH, (4, 3)),
        (m.STP_DECREMENT, (3, 3)),
    ],
)
def test_p2_prevented_is_what_was_taken_off(stage: Stage, stp: int, prevented: tuple[int, int]) -> None:
    """Quantity - filled - prevented is what is open, as in Binance's scenarios."""
    stage.sell(BOB, 1, 99)
    own = stage.sell(ALICE, 3, 100, terms={"display_lots": 1})
    order = stage.buy(ALICE, 5, 100, stp=stp)
    told = tuple(extra(stage.now(one)).prevented_lots for one in (order, own))
    assert told == prevented
    # A resting order is told of only if something was taken off it.
    assert (own.order_id in {event[1] for event in stage.events_of(m.EV_ORDER)}) == (prevented[1] > 0)
    assert sum(lots for _, lots in stage.bids()) == (5 - 1 - prevented[0])


def test_p2_an_order_that_lost_nothing_reports_nothing(stage: Stage) -> None:
    own = stage.sell(ALICE, 10, 100)
    for _ in range(3):
        stage.buy(ALICE, 10, 100)
    assert (extra(stage.now(own)).prevented_lots, stage.asks()) == (0, [(100, 10)])


def test_p2_it_adds_up(stage: Stage) -> None:
    own = stage.sell(ALICE, 9, 100)
    for lots in (2, 3):
        stage.buy(ALICE, lots, 100, stp=m.STP_DECREMENT)
    now = stage.now(own)
    assert (now.quantity_lots, extra(now).prevented_lots, stage.asks()) == (9, 5, [(100, 4)])
    stage.cancel(own)
    order = stage.buy(ALICE, 0, quote_amount_minor=5_000, stp=m.STP_DECREMENT)
    assert extra(order).prevented_lots == 0


def test_p2_of_an_amount_the_lots_it_would_have_been(stage: Stage) -> None:
    own = stage.sell(ALICE, 2, 100)
    stage.sell(BOB, 9, 100)
    order = stage.buy(ALICE, 0, quote_amount_minor=5_500, stp=m.STP_DECREMENT)
    # 2 of the 5 lots it is worth met alice's own; the value of those is used up too.
    assert (extra(order).prevented_lots, order.filled_lots, stage.state(own)) == (2, 3, "canceled/self_trade")
    assert stage.money(ALICE) == (MONEY - 3_000, 0)


def test_p2_of_an_amount_that_is_canceled_the_lots_its_rest_was_worth(stage: Stage) -> None:
    stage.sell(BOB, 1, 100)
    stage.sell(ALICE, 2, 100)
    order = stage.buy(ALICE, 0, quote_amount_minor=5_500)
    assert (extra(order).prevented_lots, order.filled_lots) == (4, 1)
    assert stage.state(order) == "canceled/self_trade"


def test_p3_in_auctions_there_is_none(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    own, order = stage.sell(ALICE, 3, 100), stage.buy(ALICE, 5, 100)
    stage.go(m.TRADING)
    assert (stage.trades(), stage.state(own), stage.now(order).filled_lots) == ([(100, 3)], "filled", 3)


# --- C: canceling many -----------------------------------------------------------------------------------


def test_c1_cancel_all_takes_every_open_order_waiting_ones_too(stage: Stage) -> None:
    orders = [
        stage.buy(ALICE, 5, 90),
        stage.sell(ALICE, 5, 110, terms={"display_lots": 2}),
        stage.sell(ALICE, 5, 50, terms=stop(60)),
        *stage.oco(
            ALICE,
            stage.order_tuple(ALICE, m.SELL, 5, 120),
            stage.order_tuple(ALICE, m.SELL, 5, terms=stop(60)),
        ),
    ]
    others = stage.buy(BOB, 5, 90)
    assert stage.do(m.cancel_all, ALICE)[0] == (m.EV_CANCELED_ALL, ALICE, None, 5)
    states = [stage.state(order) for order in orders]
    assert states == [*["canceled/user"] * 4, "canceled/linked"]
    assert (stage.money(ALICE), stage.lots(ALICE)) == ((MONEY, 0), (LOTS, 0))
    assert stage.state(others) == "new"


def test_c1_of_one_symbol_or_of_all_the_halted_too(stage: Stage) -> None:
    stage.do(m.set_symbol, "ABC-X", **stage.symbol_terms)
    here = stage.buy(ALICE, 5, 90)
    place = stage.order_tuple(ALICE, m.BUY, 5, 90)
    there = m.OrderEvent(*stage.submit((*place[:3], "ABC-X", *place[4:]))[0])
    assert refused(stage.do(m.cancel_all, ALICE, "NONE")) == "SYMBOL_NOT_FOUND"
    stage.go(m.HALTED)
    assert stage.do(m.cancel_all, ALICE, "ABC-KRW")[0][3] == 1
    assert (stage.state(here), stage.state(there)) == ("canceled/user", "new")
    assert stage.do(m.cancel_all, ALICE)[0][3] == 1


def test_c2_orders_of_a_session_go_when_it_ends(stage: Stage) -> None:
    phone = stage.buy(ALICE, 5, 90, terms={"session": "phone"})
    bot, plain = stage.buy(ALICE, 5, 91, terms={"session": "bot"}), stage.buy(ALICE, 5, 92)
    others = stage.buy(BOB, 5, 90, terms={"session": "phone"})
    assert stage.pair.core.sessions() == [(ALICE, "bot"), (ALICE, "phone"), (BOB, "phone")]
    stage.do(m.cancel_all, ALICE, None, "phone")
    assert stage.events[0][3] == 1
    assert stage.state(phone) == "canceled/disconnect"
    assert {stage.state(order) for order in (bot, plain, others)} == {"new"}
    assert stage.pair.core.sessions() == [(ALICE, "bot"), (BOB, "phone")]


def test_c2_the_other_leg_goes_with_it_whatever_its_session(stage: Stage) -> None:
    first, second = stage.oco(
        ALICE,
        stage.order_tuple(ALICE, m.SELL, 5, 120, terms={"session": "phone"}),
        stage.order_tuple(ALICE, m.SELL, 5, terms=stop(60)),
    )
    assert stage.do(m.cancel_all, ALICE, None, "phone")[0][3] == 1
    assert (stage.state(first), stage.state(second)) == ("canceled/disconnect", "canceled/linked")


@pytest.mark.parametrize("session", ["", "x" * 65])
def test_c2_a_session_has_a_name_of_at_most_64_characters(stage: Stage, session: str) -> None:
    assert stage.refusal(ALICE, m.BUY, 5, 90, terms={"session": session}) == "INVALID_ORDER"


def test_c3_all_orders_go_when_the_time_passes_without_the_command_being_said_again(stage: Stage) -> None:
    orders = [stage.buy(ALICE, 5, 90), stage.sell(ALICE, 5, 50, terms=stop(60))]
    others = stage.buy(BOB, 5, 90)
    events = stage.do(m.cancel_after, ALICE, 2_000)
    assert events == [(m.EV_CANCEL_AFTER, ALICE, stage.pair.now_ns + 2 * SECOND_NS)]
    stage.tick(after_ns=SECOND_NS)
    stage.do(m.cancel_after, ALICE, 2_000)
    stage.tick(after_ns=2 * SECOND_NS - 1)
    assert {stage.state(order) for order in orders} == {"new"}
    stage.tick(after_ns=1)
    assert {stage.state(order) for order in orders} == {"canceled/cancel_after"}
    assert (stage.state(others), stage.pair.naive.deadlines[ALICE]) == ("new", 0)
    # It goes off once.
    again = stage.buy(ALICE, 5, 90)
    stage.tick(after_ns=10 * SECOND_NS)
    assert stage.state(again) == "new"


def test_c3_zero_takes_it_back(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 90)
    stage.do(m.cancel_after, ALICE, 1_000)
    assert stage.do(m.cancel_after, ALICE, 0) == [(m.EV_CANCEL_AFTER, ALICE, 0)]
    stage.tick(after_ns=10 * SECOND_NS)
    assert stage.state(order) == "new"


@pytest.mark.parametrize("after_ms", [-1, 1, 999, 24 * 3_600_000 + 1])
def test_c3_from_a_second_to_a_day(stage: Stage, after_ms: int) -> None:
    assert refused(stage.do(m.cancel_after, ALICE, after_ms)) == "INVALID_CANCEL_AFTER"


def test_c3_the_earliest_deadline_first_then_the_lower_account(stage: Stage) -> None:
    orders = [stage.buy(account, 5, 90) for account in (CAROL, BOB, ALICE)]
    for account, after_ms in ((CAROL, 1_000), (BOB, 3_000), (ALICE, 3_000)):
        stage.do(m.cancel_after, account, after_ms)
    events = stage.tick(after_ns=10 * SECOND_NS)
    told = [event[1] for event in events if event[0] == m.EV_ORDER]
    # bob's was said a moment before alice's.
    assert told == [order.order_id for order in orders]


def test_c4_a_halt_keeps_no_orders(stage: Stage) -> None:
    bound, order = stage.buy(ALICE, 5, 90, terms={"session": "phone"}), stage.buy(ALICE, 5, 91)
    stage.do(m.cancel_after, ALICE, 1_000)
    stage.go(m.HALTED)
    assert stage.do(m.cancel_all, ALICE, None, "phone")[0][3] == 1
    stage.tick(after_ns=10 * SECOND_NS)
    assert (stage.state(bound), stage.state(order)) == ("canceled/disconnect", "canceled/cancel_after")


# --- B: bounds -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (0, "PRICE_OUT_OF_BOUNDS"),
        (-10, "PRICE_OUT_OF_BOUNDS"),
        (8, "PRICE_OUT_OF_BOUNDS"),
        (210, "PRICE_OUT_OF_BOUNDS"),
        (95, "PRICE_OFF_TICK"),
        (105, "PRICE_OFF_TICK"),
    ],
)
def test_b1_prices_and_triggers_are_within_bounds_and_on_a_tick(price: int, code: str) -> None:
    stage = Stage(tick_bands=((0, 2), (100, 10)), min_price_ticks=10, max_price_ticks=200)
    limit = {"order_type": m.LIMIT, "time_in_force": m.GTC}
    assert stage.refusal(ALICE, m.BUY, 5, price, **limit) == code
    if price:
        assert stage.refusal(ALICE, m.BUY, 5, price, order_type=m.MARKET) == code
    trigger_code = "INVALID_ORDER" if price <= 0 else code
    assert stage.refusal(ALICE, m.SELL, 5, terms=stop(price)) == trigger_code
    assert stage.buy(ALICE, 5, 98).status == m.NEW


@pytest.mark.parametrize(
    ("lots", "code"),
    [
        (0, "QUANTITY_OUT_OF_BOUNDS"),
        (-4, "QUANTITY_OUT_OF_BOUNDS"),
        (2, "QUANTITY_OUT_OF_BOUNDS"),
        (22, "QUANTITY_OUT_OF_BOUNDS"),
        (10**30, "QUANTITY_OUT_OF_BOUNDS"),
        (5, "QUANTITY_OFF_LOT"),
    ],
)
def test_b2_quantities_are_within_bounds_and_whole_lots(lots: int, code: str) -> None:
    stage = Stage(lot_step=2, min_quantity_lots=4, max_quantity_lots=20)
    stage.sell(BOB, 20, 200)
    assert stage.refusal(ALICE, m.BUY, lots, 100) == code
    assert stage.refusal(ALICE, m.BUY, lots) == code
    order = stage.buy(ALICE, 8, 100)
    assert stage.do(m.replace_order, ALICE, order.order_id, 100, lots)[0][3] in (code, "INVALID_REPLACE")


def test_b3_an_order_is_worth_at_least_and_at_most() -> None:
    stage = Stage(min_notional_minor=1_000, protection=m.Protection(max_notional_minor=9_000))
    for _ in range(2):
        stage.sell(BOB, 8, 100)
    for price, lots, code in ((99, 1, "BELOW_MIN_NOTIONAL"), (90, 11, "ABOVE_MAX_NOTIONAL")):
        assert stage.refusal(ALICE, m.BUY, lots, price) == code
        assert stage.refusal(ALICE, m.BUY, lots, price, order_type=m.MARKET) == code
        assert stage.refusal(ALICE, m.BUY, 0, quote_amount_minor=price * lots * 10) == code
    for price, lots in ((50, 2), (90, 10)):
        assert stage.buy(ALICE, lots, price).status == m.NEW
    # A market order that names neither price nor amount is worth what it finds.
    assert stage.buy(ALICE, 10).filled_notional_minor == 10_000


def test_b3_of_a_replacement_what_is_left_counts() -> None:
    stage = Stage(min_notional_minor=1_000, protection=m.Protection(max_notional_minor=9_000))
    order = stage.buy(ALICE, 9, 100)
    stage.sell(BOB, 8, 100)
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 99, 9)) == "BELOW_MIN_NOTIONAL"
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 101, 17)) == "ABOVE_MAX_NOTIONAL"
    stage.do(m.replace_order, ALICE, order.order_id, 100, 17)
    assert stage.bids() == [(100, 9)]


def test_b4_limit_prices_stay_near_the_reference_price_both_ends_included(stage: Stage) -> None:
    stage.protect(band_ppm=100_000)
    assert stage.cancel(stage.buy(ALICE, 1, 5_000)).status == m.CANCELED
    stage.trade_at(100)
    for price in (89, 111):
        assert stage.refusal(ALICE, m.BUY, 1, price) == "PRICE_OUT_OF_BAND"
        assert stage.refusal(ALICE, m.SELL, 1, price, terms=stop(99)) == "PRICE_OUT_OF_BAND"
    order = stage.buy(ALICE, 1, 90)
    assert stage.sell(BOB, 1, 110).status == m.NEW
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 89, 1)) == "PRICE_OUT_OF_BAND"
    # Neither a trigger nor a market order's own limit is a limit order's price.
    assert stage.sell(ALICE, 1, 95, terms=stop(10)).status == m.NEW
    assert stage.sell(CAROL, 1, 1, order_type=m.MARKET).status == m.FILLED


def test_b4_exits_of_brackets_are_tested_at_entry(stage: Stage) -> None:
    stage.protect(band_ppm=100_000)
    stage.trade_at(100)
    entry = stage.order_tuple(ALICE, m.BUY, 1, 100)
    assert refused(stage.do(m.place_bracket, ALICE, entry, 111, 50)) == "PRICE_OUT_OF_BAND"
    assert refused(stage.do(m.place_bracket, ALICE, entry, 110, 50, 89)) == "PRICE_OUT_OF_BAND"
    assert stage.bracket(entry, 110, 50).status == m.NEW


def test_b4_what_waits_is_not_tested_again(stage: Stage) -> None:
    stage.protect(band_ppm=100_000)
    stage.trade_at(100)
    waiting = stage.sell(ALICE, 1, 91, terms=stop(92))
    stage.go(m.CLOSING_AUCTION)
    stage.buy(BOB, 1, 110)
    stage.sell(CAROL, 1, 110)
    stage.go(m.TRADING)
    assert stage.prices() == (110, 110)
    stage.protect()
    stage.trade_at(92)
    stage.protect(band_ppm=100_000)
    assert (stage.state(waiting), stage.asks()) == ("new", [(91, 1)])


def test_b4_the_reference_is_the_first_trade_then_yesterdays_last_or_an_auctions(stage: Stage) -> None:
    assert stage.prices() == (0, 0)
    for price in (100, 105):
        stage.trade_at(price)
    assert stage.prices() == (105, 100)
    stage.tick(after_ns=TO_MIDNIGHT_NS)
    assert stage.prices() == (105, 105)
    stage.trade_at(107)
    assert stage.prices() == (107, 105)
    stage.go(m.CLOSING_AUCTION)
    stage.buy(BOB, 1, 110)
    stage.sell(CAROL, 1, 110)
    stage.go(m.TRADING)
    stage.trade_at(111)
    assert stage.prices() == (111, 110)
    stage.tick(after_ns=3 * 24 * 3_600 * SECOND_NS)
    assert stage.prices() == (111, 111)


def test_b5_so_many_open_orders_waiting_ones_counted() -> None:
    stage = Stage(max_open_orders=3)
    stage.sell(BOB, 100, 200)
    stage.buy(ALICE, 1, 90)
    stage.sell(ALICE, 1, terms=stop(50))
    pair = (
        stage.order_tuple(ALICE, m.SELL, 1, 120),
        stage.order_tuple(ALICE, m.SELL, 1, terms=stop(50)),
    )
    assert refused(stage.do(m.place_oco, ALICE, *pair)) == "TOO_MANY_OPEN_ORDERS"
    stage.sell(ALICE, 1, 1, time_in_force=m.IOC, terms=stop(50))
    for fields in ({"price": 90}, {"price": 90, "post_only": True}, {"terms": stop(50), "side": m.SELL}):
        arguments: dict[str, Any] = {"side": m.BUY, "lots": 1} | fields
        assert stage.refusal(ALICE, **arguments) == "TOO_MANY_OPEN_ORDERS"
    # What does not stay is not counted.
    assert stage.buy(ALICE, 1).status == m.FILLED
    assert stage.buy(ALICE, 1, 200, time_in_force=m.IOC).status == m.FILLED


def test_b6_a_frozen_account_enters_nothing_and_may_cancel(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 90)
    stage.do(m.set_account, ALICE, m.FROZEN)
    entry = stage.order_tuple(ALICE, m.BUY, 5, 90)
    waits = stage.order_tuple(ALICE, m.BUY, 5, 120, terms=stop(110))
    for make, arguments in (
        (m.place_oco, (entry, waits)),
        (m.place_bracket, (entry, 120, 80)),
        (m.replace_order, (order.order_id, 91, 5)),
    ):
        assert refused(stage.do(make, ALICE, *arguments)) == "ACCOUNT_FROZEN"
    assert refused(stage.submit(entry)) == "ACCOUNT_FROZEN"
    events = stage.do(m.cancel_replace, ALICE, waits, order_id=order.order_id)
    assert (stage.state(order), events[1][3]) == ("canceled/replaced", "ACCOUNT_FROZEN")
