"""Pegged orders: rules PG1 to PG7 of docs/orders.md."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from exchange.engine.rules.pegs import LOOK_TRADES
from tests.exchange.engine import venue
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    MONEY,
    SECOND_NS,
    TO_MIDNIGHT_NS,
    Stage,
    extra,
    refused,
    stop,
)

#: Beyond every price of a story: the limit says nothing.
FAR_UP, FAR_DOWN = 1_000, 1


def peg(reference: int, offset: int = 0, **terms: Any) -> dict[str, Any]:
    return {"peg": reference, "peg_offset_ticks": offset} | terms


@pytest.fixture
def stage() -> Stage:
    """A book of alice's: 100 bid, 105 asked, ten lots each."""
    stage = Stage()
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 105)
    return stage


def what_a_sale_takes(stage: Stage, lots: int = 1) -> list[tuple[int, int]]:
    """(price, lots) of carol's sale at market."""
    stage.sell(CAROL, lots)
    return stage.trades()


def what_a_purchase_takes(stage: Stage, lots: int = 1) -> list[tuple[int, int]]:
    stage.buy(CAROL, lots, FAR_UP, time_in_force=m.IOC)
    return stage.trades()


# --- PG1: what one is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "fields"),
    [
        (peg(4), {}),
        (peg(-1), {}),
        (peg(m.NO_PEG, 1), {}),
        (peg(m.PEG_MID, -1), {}),
        (peg(m.PEG_MID, 10**18 + 1), {}),
        (peg(m.PEG_MARKET), {}),
        (peg(m.PEG_MID), {"time_in_force": m.IOC}),
        (peg(m.PEG_MID), {"time_in_force": m.FOK}),
        (peg(m.PEG_MID), {"time_in_force": m.CLS}),
        (peg(m.PEG_MID), {"post_only": True}),
        (peg(m.PEG_MID), {"order_type": m.MARKET}),
        (peg(m.PEG_MID, display_lots=1), {}),
        (peg(m.PEG_MID, min_lots=1), {}),
        (peg(m.PEG_MID) | stop(90), {}),
    ],
)
def test_pg1_combinations_that_mean_nothing(
    stage: Stage, terms: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert stage.refusal(BOB, m.BUY, 5, 101, terms=terms, **fields) == "INVALID_ORDER"


def test_pg1_it_names_its_limit(stage: Stage) -> None:
    unpriced = {"order_type": m.LIMIT, "terms": peg(m.PEG_MID)}
    assert stage.refusal(BOB, m.BUY, 5, **unpriced) == "PRICE_OUT_OF_BOUNDS"
    assert stage.refusal(BOB, m.BUY, 5, **(unpriced | {"terms": peg(m.PEG_MID, to_limit=True)})) == (
        "INVALID_ORDER"
    )


def test_pg1_it_is_linked_to_no_other(stage: Stage) -> None:
    pegged = stage.order_tuple(BOB, m.BUY, 5, 101, terms=peg(m.PEG_MID))
    plain = stage.order_tuple(BOB, m.BUY, 5, 90)
    waits = stage.order_tuple(BOB, m.BUY, 5, 110, terms=stop(109))
    assert refused(stage.do(m.place_oco, BOB, pegged, waits)) == "INVALID_ORDER"
    assert refused(stage.do(m.place_bracket, BOB, pegged, 110, 90)) == "INVALID_ORDER"
    assert refused(stage.do(m.place_oto, BOB, pegged, plain)) == "INVALID_ORDER"
    assert refused(stage.do(m.place_oto, BOB, plain, pegged)) == "INVALID_ORDER"
    short = (*plain[:13], tuple(m.OrderTerms(session="s"))[:10])
    assert stage.do(m.place_oto, BOB, short, plain)[0][0] == m.EV_ORDER


def test_pg1_older_rules_do_not_know_it() -> None:
    engine = Engine(rules_version=VENUE_RULES - 1)
    for number, command in enumerate(venue.opening(((0, 0), (0, 0)), 1, None)):
        engine.apply(command, number + 1)
    terms = m.OrderTerms(peg=m.PEG_MID)
    command = m.place_order("o", 1000, "XYZ-KRW", m.BUY, price_ticks=10, quantity_lots=3, terms=terms)
    assert engine.apply(command, 10**9)[0][3] == "INVALID_COMMAND"


def test_pg1_its_event_says_what_it_follows_and_shows_its_limit(stage: Stage) -> None:
    order = stage.buy(BOB, 5, 104, terms=peg(m.PEG_MARKET, 2))
    assert (order.price_ticks, order.status) == (104, m.NEW)
    assert (extra(order).peg, extra(order).peg_offset_ticks) == (m.PEG_MARKET, 2)


# --- PG2: its price ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "offset", "limit", "price"),
    [
        (m.PEG_PRIMARY, 0, FAR_UP, 100),
        (m.PEG_MID, 0, FAR_UP, 102),
        (m.PEG_MID, 1, FAR_UP, 101),
        (m.PEG_MARKET, 1, FAR_UP, 104),
        (m.PEG_MARKET, 3, FAR_UP, 102),
        (m.PEG_MARKET, 1, 103, 103),
    ],
)
def test_pg2_a_buy_is_below_what_it_follows_and_no_higher_than_its_limit(
    stage: Stage, reference: int, offset: int, limit: int, price: int
) -> None:
    stage.buy(BOB, 5, limit, terms=peg(reference, offset))
    # PG4: at the best bid after what the book shows.
    expected = [(100, 10), (100, 1)] if price == 100 else [(price, 1)]
    assert what_a_sale_takes(stage, sum(lots for _, lots in expected)) == expected


@pytest.mark.parametrize(
    ("reference", "offset", "limit", "price"),
    [
        (m.PEG_MID, 0, FAR_DOWN, 103),
        (m.PEG_MID, 1, FAR_DOWN, 104),
        (m.PEG_MARKET, 1, FAR_DOWN, 101),
        (m.PEG_MARKET, 1, 104, 104),
    ],
)
def test_pg2_a_sell_is_above_what_it_follows_and_no_lower_than_its_limit(
    stage: Stage, reference: int, offset: int, limit: int, price: int
) -> None:
    stage.sell(BOB, 5, limit, terms=peg(reference, offset))
    assert what_a_purchase_takes(stage) == [(price, 1)]


def test_pg2_it_follows_both_ways(stage: Stage) -> None:
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID))
    assert what_a_sale_takes(stage) == [(102, 1)]
    bid = stage.buy(ALICE, 10, 103)
    assert what_a_sale_takes(stage) == [(104, 1)]
    stage.cancel(bid)
    assert what_a_sale_takes(stage) == [(102, 1)]


def test_pg2_nobody_is_told_when_the_price_moves(stage: Stage) -> None:
    order = stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID))
    stage.buy(ALICE, 10, 103)
    assert [event[1] for event in stage.events_of(m.EV_ORDER)] == [order.order_id + 1]
    assert stage.now(order) == order


def test_pg2_rounded_to_a_valid_price_away_from_the_other_side() -> None:
    stage = Stage(tick_bands=((0, 5),))
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 115)
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    stage.sell(BOB, 5, 5, terms=peg(m.PEG_MID, 1))
    assert what_a_sale_takes(stage) == [(110, 1)]
    assert what_a_purchase_takes(stage) == [(110, 1)]


@pytest.mark.parametrize("reference", [m.PEG_PRIMARY, m.PEG_MID])
def test_pg2_without_what_it_follows_it_waits(reference: int) -> None:
    stage = Stage()
    order = stage.buy(BOB, 5, FAR_UP, terms=peg(reference))
    assert stage.state(stage.sell(CAROL, 1)) == "canceled/no_liquidity"
    resting = stage.sell(CAROL, 1, 90)
    assert (stage.state(resting), stage.state(order)) == ("new", "new")


def test_pg2_one_side_of_the_book_is_enough_for_one_that_follows_it() -> None:
    stage = Stage()
    stage.sell(ALICE, 10, 105)
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID))
    assert what_a_sale_takes(stage, 6) == [(104, 5)]


@pytest.mark.parametrize(("side", "offset"), [(m.BUY, 100), (m.SELL, 9_900)])
def test_pg2_an_offset_that_leaves_no_valid_price(stage: Stage, side: int, offset: int) -> None:
    limit = FAR_UP if side == m.BUY else FAR_DOWN
    order = stage.place(BOB, side, 5, limit, terms=peg(m.PEG_PRIMARY, offset))
    stage.sell(CAROL, 12) if side == m.BUY else what_a_purchase_takes(stage, 12)
    assert stage.state(order) == "new"


def test_pg2_a_limit_that_is_no_valid_price_any_more() -> None:
    stage = Stage()
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 105)
    low = stage.buy(BOB, 5, 50, terms=peg(m.PEG_MID))
    high = stage.sell(BOB, 5, 900, terms=peg(m.PEG_MID))
    stage.change_symbol(min_price_ticks=60, max_price_ticks=800)
    stage.sell(CAROL, 2)
    stage.buy(CAROL, 2, 800)
    assert [stage.state(order) for order in (low, high)] == ["new", "new"]


def test_pg2_within_bounds_that_the_best_price_has_left() -> None:
    stage = Stage()
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 105)
    stage.buy(BOB, 1, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    stage.change_symbol(max_price_ticks=102)
    assert what_a_sale_takes(stage) == [(102, 1)]
    stage.sell(BOB, 1, FAR_DOWN, terms=peg(m.PEG_MARKET, 1))
    stage.change_symbol(min_price_ticks=103, max_price_ticks=200)
    stage.buy(CAROL, 1, 200)
    assert stage.trades() == [(103, 1)]


# --- PG3: what it follows ------------------------------------------------------------------------------


def test_pg3_pegged_orders_are_no_reference_for_others(stage: Stage) -> None:
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_PRIMARY))
    assert stage.bids() == [(100, 10)]
    assert what_a_sale_takes(stage, 20) == [(104, 5), (100, 10), (100, 5)]


def test_pg3_the_price_is_that_before_the_incoming_order_took_anything(stage: Stage) -> None:
    stage.sell(ALICE, 10, 110)
    stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_PRIMARY))
    stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_PRIMARY, 3))
    assert what_a_purchase_takes(stage, 30) == [(105, 10), (105, 5), (108, 5), (110, 10)]


def test_pg3_each_of_several_fired_orders_meets_it_at_the_price_of_its_own_turn(stage: Stage) -> None:
    stage.buy(ALICE, 10, 90)
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_PRIMARY, 1))
    stage.sell(CAROL, 3, terms=stop(100), order_type=m.MARKET)
    stage.sell(CAROL, 10, 100)
    assert stage.trades() == [(100, 10), (90, 3)]
    assert what_a_sale_takes(stage, 9) == [(90, 7), (89, 2)]


# --- PG4: its place in the queue -----------------------------------------------------------------------


def test_pg4_after_all_that_the_book_has_at_the_price(stage: Stage) -> None:
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_PRIMARY))
    stage.buy(ALICE, 6, 100, terms={"display_lots": 2})
    assert what_a_sale_takes(stage, 18) == [(100, 10), (100, 6), (100, 2)]


def test_pg4_among_themselves_the_older_first_whatever_they_follow(stage: Stage) -> None:
    first = stage.buy(BOB, 2, 500, terms=peg(m.PEG_MID))
    second = stage.buy(ALICE, 2, 900, terms=peg(m.PEG_MARKET, 3), stp=m.STP_DECREMENT)
    third = stage.buy(BOB, 2, 102, terms=peg(m.PEG_MARKET, 1))
    what_a_sale_takes(stage, 3)
    assert [stage.now(order).filled_lots for order in (first, second, third)] == [2, 1, 0]


def test_pg4_replaced_it_goes_to_the_back_and_lowered_it_stays(stage: Stage) -> None:
    first, second = (stage.buy(BOB, 4, 500, terms=peg(m.PEG_MID)) for _ in range(2))
    stage.do(m.reduce_order, BOB, first.order_id, 3)
    stage.do(m.replace_order, BOB, first.order_id, 500, 2)
    assert stage.events_of(m.EV_LEVEL) == []
    what_a_sale_takes(stage, 3)
    assert [stage.now(order).filled_lots for order in (first, second)] == [2, 1]
    third = stage.buy(BOB, 4, 500, terms=peg(m.PEG_MID))
    stage.do(m.replace_order, BOB, second.order_id, 400, 4)
    assert stage.events_of(m.EV_LEVEL) == []
    what_a_sale_takes(stage, 5)
    assert [stage.now(order).filled_lots for order in (second, third)] == [2, 4]


# --- PG5: it never takes -------------------------------------------------------------------------------


def test_pg5_two_pegged_orders_never_meet(stage: Stage) -> None:
    buy = stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    sell = stage.sell(CAROL, 5, FAR_DOWN, terms=peg(m.PEG_MARKET, 1))
    assert [stage.state(order) for order in (buy, sell)] == ["new", "new"]
    assert what_a_sale_takes(stage, 2) == [(104, 2)]
    assert stage.state(sell) == "new"


def test_pg5_they_are_neither_in_the_book_nor_on_the_feed(stage: Stage) -> None:
    order = stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID))
    assert stage.events_of(m.EV_LEVEL) == []
    assert stage.bids() == [(100, 10)]
    what_a_sale_takes(stage, 2)
    assert stage.events_of(m.EV_LEVEL) == []
    stage.cancel(order)
    assert stage.events_of(m.EV_LEVEL) == []


def test_pg5_a_post_only_order_passes_them(stage: Stage) -> None:
    sell = stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_MARKET, 1))
    assert stage.state(stage.buy(CAROL, 5, 104, post_only=True)) == "new"
    assert stage.state(sell) == "new"
    assert what_a_purchase_takes(stage) == [(105, 1)]


def test_pg5_it_pays_the_maker_rate() -> None:
    stage = Stage(maker_ppm=-100_000, taker_ppm=100_000)
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 106)
    order = stage.buy(BOB, 5, 200, terms=peg(m.PEG_MID))
    what_a_sale_takes(stage, 5)
    assert stage.now(order).fee_minor == -515


def test_pg5_an_order_that_reaches_none_rests(stage: Stage) -> None:
    stage.sell(BOB, 5, 104, terms=peg(m.PEG_MID))
    for price in (99, 103):
        order = stage.buy(CAROL, 1, price)
        assert stage.state(order) == "new"
    stage.cancel(order)
    stage.buy(BOB, 5, 101, terms=peg(m.PEG_MID))
    for price in (102, 106):
        assert stage.state(stage.sell(CAROL, 1, price)) == "new"


# --- how it meets what else there is --------------------------------------------------------------------


def test_a_better_price_than_the_book_and_then_the_book(stage: Stage) -> None:
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID))
    order = stage.sell(CAROL, 20, 99)
    assert stage.trades() == [(102, 5), (100, 10)]
    assert (stage.state(order), stage.asks()) == ("partially_filled", [(99, 5), (105, 10)])


def test_t3_fok_counts_it(stage: Stage) -> None:
    stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_MID))
    stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_PRIMARY, 1))
    assert stage.state(stage.buy(CAROL, 21, 110, time_in_force=m.FOK)) == "canceled/fok_unfillable"
    assert stage.state(stage.buy(CAROL, 16, 105, time_in_force=m.FOK)) == "canceled/fok_unfillable"
    assert stage.state(stage.buy(CAROL, 20, 106, time_in_force=m.FOK)) == "filled"


@pytest.mark.parametrize("trades", [1, 2, 3])
def test_x1_it_counts_as_a_trade(trades: int) -> None:
    stage = Stage(trades=LOOK_TRADES + trades)
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 106)
    for _ in range(2):
        stage.sell(BOB, 1, FAR_DOWN, terms=peg(m.PEG_MID))
    for lots in (3, 12):
        fok = stage.buy(CAROL, lots, 106, time_in_force=m.FOK)
        filled = "filled" if trades == 3 and lots == 3 else "canceled/fok_unfillable"
        assert stage.state(fok) == filled
    if trades < 3:
        order = stage.buy(CAROL, 12, 106)
        assert len(stage.trades()) == trades
        assert stage.state(order) == "canceled/trade_limit"


def test_pg6_who_has_too_few_trades_left_to_look_passes_it() -> None:
    stage = Stage(trades=LOOK_TRADES - 1)
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 106)
    stage.sell(BOB, 1, FAR_DOWN, terms=peg(m.PEG_MID))
    assert stage.state(stage.buy(CAROL, 11, 106, time_in_force=m.FOK)) == "canceled/fok_unfillable"
    stage.buy(CAROL, 2, 106)
    assert stage.trades() == [(106, 2)]


def test_pg6_looking_counts_where_orders_fire() -> None:
    stage = Stage(trades=2 * LOOK_TRADES)
    stage.buy(ALICE, 10, 100)
    stage.buy(BOB, 5, 50, terms=peg(m.PEG_PRIMARY))
    stops = [stage.sell(CAROL, 1, 110 - number, terms=stop(101)) for number in range(3)]
    stage.sell(CAROL, 1, 100)
    # The command's own order looked, and with the first that fired there is no trade left.
    entered = [stage.state(order) for order in stops]
    assert [extra(stage.now(order)).triggered_ns > 0 for order in stops] == [True] * 3
    assert entered == ["new"] * 3
    assert [price for price, _ in stage.asks()] == [110]
    stage.tick()
    assert [price for price, _ in stage.asks()] == [108, 109, 110]


def test_m2_its_price_counts_in_what_a_purchase_costs(stage: Stage) -> None:
    stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_MARKET, 1))
    stage.do(m.withdraw, CAROL, "KRW", MONEY - 5 * 101 * 10)
    assert stage.refusal(CAROL, m.BUY, 6) == "INSUFFICIENT_BALANCE"
    assert stage.state(stage.buy(CAROL, 5)) == "filled"


@pytest.mark.parametrize(("amount", "trades"), [(1_030, [(102, 1)]), (2_030, [(102, 1), (100, 1)])])
def test_m4_a_sale_by_amount_meets_it(stage: Stage, amount: int, trades: list[tuple[int, int]]) -> None:
    stage.buy(BOB, 1, FAR_UP, terms=peg(m.PEG_MID))
    fields = {"order_type": m.MARKET, "time_in_force": m.IOC, "quote_amount_minor": amount}
    stage.place(CAROL, m.SELL, 0, 0, **fields)
    assert stage.trades() == trades


def test_m4_the_rest_of_an_amount_is_worth_a_lot_at_a_lower_pegged_price(stage: Stage) -> None:
    stage.buy(BOB, 1, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    stage.buy(BOB, 1, FAR_UP, terms=peg(m.PEG_MARKET, 3))
    fields = {"order_type": m.MARKET, "time_in_force": m.IOC}
    stage.place(CAROL, m.SELL, 0, 0, quote_amount_minor=1_040 + 1_025, **fields)
    assert stage.trades() == [(104, 1), (102, 1)]
    assert stage.state(stage.place(CAROL, m.SELL, 0, 0, quote_amount_minor=9, **fields)) == (
        "canceled/amount_below_lot"
    )
    stage.buy(BOB, 1, 50, terms=peg(m.PEG_PRIMARY))
    stage.place(CAROL, m.SELL, 0, 0, quote_amount_minor=10 * 1_000 + 505, **fields)
    assert stage.trades() == [(100, 10), (50, 1)]


def test_m3_a_purchase_by_amount_meets_it(stage: Stage) -> None:
    stage.sell(BOB, 1, FAR_DOWN, terms=peg(m.PEG_MARKET, 1))
    fields = {"order_type": m.MARKET, "time_in_force": m.IOC, "quote_amount_minor": 1_009}
    assert stage.state(stage.place(CAROL, m.BUY, 0, 0, **fields)) == "canceled/amount_below_lot"
    stage.place(CAROL, m.BUY, 0, 0, **(fields | {"quote_amount_minor": 1_010 + 2_100}))
    assert stage.trades() == [(101, 1), (105, 2)]


@pytest.mark.parametrize(
    ("mode", "taker", "maker"),
    [
        (m.STP_CANCEL_NEWEST, "canceled/self_trade", "new"),
        (m.STP_CANCEL_OLDEST, "partially_filled", "canceled/self_trade"),
        (m.STP_CANCEL_BOTH, "canceled/self_trade", "canceled/self_trade"),
        (m.STP_DECREMENT, "filled", "canceled/self_trade"),
    ],
)
def test_p1_self_trade_prevention(stage: Stage, mode: int, taker: str, maker: str) -> None:
    own = stage.buy(CAROL, 5, FAR_UP, terms=peg(m.PEG_MID))
    order = stage.sell(CAROL, 15, 100, stp=mode)
    assert (stage.state(order), stage.state(own)) == (taker, maker)


def test_p1_decrementing_a_larger_one_takes_from_it(stage: Stage) -> None:
    own = stage.buy(CAROL, 5, FAR_UP, terms=peg(m.PEG_MID))
    assert stage.state(stage.sell(CAROL, 2, 100, stp=m.STP_DECREMENT)) == "canceled/self_trade"
    assert extra(stage.now(own)).prevented_lots == 2
    fields = {"order_type": m.MARKET, "time_in_force": m.IOC, "quote_amount_minor": 1_020}
    stage.place(CAROL, m.SELL, 0, 0, stp=m.STP_DECREMENT, **fields)
    assert extra(stage.now(own)).prevented_lots == 3


def test_t4_one_whose_time_is_up_is_not_met(stage: Stage) -> None:
    terms = peg(m.PEG_MID, expire_ns=stage.pair.now_ns + SECOND_NS)
    order = stage.buy(BOB, 5, FAR_UP, terms=terms, time_in_force=m.GTD)
    fok = stage.order_tuple(CAROL, m.SELL, 11, 90, time_in_force=m.FOK)
    assert stage.state(m.OrderEvent(*stage.submit(fok, 2 * SECOND_NS)[0])) == "canceled/fok_unfillable"
    assert stage.state(order) == "new"
    assert what_a_sale_takes(stage) == [(100, 1)]
    assert stage.state(order) == "expired/time"


def test_t5_a_day_order_ends_at_midnight(stage: Stage) -> None:
    order = stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID), time_in_force=m.DAY)
    stage.tick(TO_MIDNIGHT_NS)
    assert stage.state(order) == "expired/time"


def test_k8_a_pegged_price_out_of_the_band_interrupts() -> None:
    stage = Stage()
    stage.trade_at(100)
    stage.protect(volatility_ppm=50_000, volatility_ns=SECOND_NS)
    stage.buy(ALICE, 10, 100)
    stage.sell(ALICE, 10, 130)
    stage.sell(BOB, 5, FAR_DOWN, terms=peg(m.PEG_MID))
    fok = stage.buy(CAROL, 5, 130, time_in_force=m.FOK)
    assert stage.state(fok) == "canceled/fok_unfillable"
    stage.buy(CAROL, 5, 130)
    assert (stage.trades(), stage.status()) == ([], "volatility_auction")


def test_s1_triggers_watch_what_it_trades_at_but_not_its_quote(stage: Stage) -> None:
    on_last = stage.sell(CAROL, 1, 90, terms=stop(102))
    on_quote = stage.sell(CAROL, 1, 90, terms=stop(99, trigger_source=m.QUOTE))
    stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MID))
    stage.sell(ALICE, 1, 102)
    assert [stage.state(order) for order in (on_last, on_quote)] == ["filled", "new"]


# --- PG6: how many -------------------------------------------------------------------------------------


def test_pg6_of_an_account_and_of_a_symbol() -> None:
    stage = Stage(limits={"pegs_per_symbol": 3, "pegs_per_account": 2})
    pegged = [stage.buy(BOB, 1, 100, terms=peg(m.PEG_MID)), stage.sell(BOB, 1, 100, terms=peg(m.PEG_MID))]
    assert stage.refusal(BOB, m.BUY, 1, 100, terms=peg(m.PEG_MID)) == "TOO_MANY_OPEN_ORDERS"
    stage.buy(CAROL, 1, 100, terms=peg(m.PEG_MID))
    assert stage.refusal(ALICE, m.BUY, 1, 100, terms=peg(m.PEG_MID)) == "TOO_MANY_OPEN_ORDERS"
    stage.cancel(pegged[0])
    assert stage.state(stage.buy(ALICE, 1, 100, terms=peg(m.PEG_MID))) == "new"


# --- PG7: states of the market, money ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [*((status, "SYMBOL_IN_AUCTION") for status in m.CALL_STATUSES), (m.POST_ONLY, "SYMBOL_POST_ONLY")],
)
def test_pg7_it_enters_only_where_orders_trade(stage: Stage, status: int, code: str) -> None:
    order = stage.buy(BOB, 5, 104, terms=peg(m.PEG_MID))
    stage.go(status)
    assert stage.refusal(BOB, m.BUY, 5, 101, terms=peg(m.PEG_MID)) == code
    assert refused(stage.do(m.replace_order, BOB, order.order_id, 103, 5)) == code
    stage.do(m.reduce_order, BOB, order.order_id, 4)
    assert stage.now(order).quantity_lots == 4


def test_pg7_it_takes_no_part_in_an_auction(stage: Stage) -> None:
    order = stage.buy(BOB, 5, FAR_UP, terms=peg(m.PEG_MARKET, 1))
    stage.go(m.OPENING_AUCTION)
    stage.sell(CAROL, 12, 100)
    stage.go(m.TRADING)
    assert (stage.trades(), stage.state(order)) == ([(100, 10)], "new")
    # The ask is carol's now, and the bid is gone.
    assert stage.asks() == [(100, 2), (105, 10)]
    assert what_a_sale_takes(stage) == [(99, 1)]


def test_pg7_it_is_canceled_in_a_halt_and_with_all_others(stage: Stage) -> None:
    orders = [stage.buy(BOB, 5, 104, terms=peg(m.PEG_MID)) for _ in range(2)]
    stage.go(m.HALTED)
    stage.cancel(orders[0])
    stage.do(m.cancel_all, BOB)
    assert [stage.state(order) for order in orders] == ["canceled/user"] * 2


def test_pg7_it_holds_what_it_may_cost_at_its_limit(stage: Stage) -> None:
    order = stage.buy(BOB, 5, 200, terms=peg(m.PEG_MID))
    assert stage.money(BOB) == (MONEY - 10_000, 10_000)
    what_a_sale_takes(stage, 2)
    assert stage.money(BOB) == (MONEY - 2 * 1_020 - 6_000, 6_000)
    stage.do(m.replace_order, BOB, order.order_id, 110, 4)
    assert stage.money(BOB) == (MONEY - 2 * 1_020 - 2_200, 2_200)


def test_pg7_its_limit_is_within_the_band(stage: Stage) -> None:
    stage.trade_at(102)
    stage.protect(band_ppm=100_000)
    assert stage.refusal(BOB, m.BUY, 5, 200, terms=peg(m.PEG_MID)) == "PRICE_OUT_OF_BAND"


def test_cancel_replace_enters_one(stage: Stage) -> None:
    order = stage.buy(BOB, 5, 104, terms=peg(m.PEG_MID))
    place = stage.order_tuple(BOB, m.BUY, 3, 103, terms=peg(m.PEG_MARKET, 2))
    events = stage.do(m.cancel_replace, BOB, place, order_id=order.order_id)
    assert [m.OrderEvent(*event).status for event in events[:2]] == [m.CANCELED, m.NEW]
    assert what_a_sale_takes(stage, 4) == [(103, 3), (100, 1)]
