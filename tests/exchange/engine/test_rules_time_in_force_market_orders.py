"""docs/orders.md, T (time in force) and M (market orders), rule by rule, with sums worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import ALICE, BOB, CAROL, LOTS, MONEY, TO_MIDNIGHT_NS, Stage, extra, stop

# --- T: time in force ----------------------------------------------------------------------------------


def test_t1_gtc_rests_until_it_is_filled_or_canceled(stage: Stage) -> None:
    filled, canceled = stage.buy(ALICE, 5, 100), stage.buy(ALICE, 5, 99)
    stage.tick(after_ns=400 * 24 * 3_600 * 10**9)
    assert (stage.state(filled), stage.state(canceled)) == ("new", "new")
    stage.sell(BOB, 5, 100)
    stage.cancel(canceled)
    assert (stage.state(filled), stage.state(canceled)) == ("filled", "canceled/user")


def test_t2_ioc_trades_what_it_can_and_the_rest_is_canceled(stage: Stage) -> None:
    stage.sell(ALICE, 3, 100)
    order = stage.buy(BOB, 5, 100, time_in_force=m.IOC)
    assert (order.filled_lots, stage.state(order)) == (3, "canceled/ioc_remainder")
    assert stage.money(BOB) == (MONEY - 3_000, 0)
    assert stage.bids() == []


def test_t3_fok_trades_whole_at_once_or_not_at_all(stage: Stage) -> None:
    stage.sell(ALICE, 3, 100)
    stage.sell(ALICE, 3, 101)
    assert stage.state(stage.buy(BOB, 7, 101, time_in_force=m.FOK)) == "canceled/fok_unfillable"
    assert stage.state(stage.buy(BOB, 4, 100, time_in_force=m.FOK)) == "canceled/fok_unfillable"
    assert stage.state(stage.buy(BOB, 6, 101, time_in_force=m.FOK)) == "filled"


def test_t3_fok_counts_hidden_iceberg_quantity(stage: Stage) -> None:
    stage.sell(ALICE, 10, 100, terms={"display_lots": 1})
    assert stage.state(stage.buy(BOB, 10, 100, time_in_force=m.FOK)) == "filled"


@pytest.mark.parametrize("stp", range(4))
def test_t3_fok_does_not_count_what_self_trade_prevention_keeps_from_it(stage: Stage, stp: int) -> None:
    stage.sell(ALICE, 3, 100)
    own = stage.sell(BOB, 5, 100)
    order = stage.buy(BOB, 5, 100, time_in_force=m.FOK, stp=stp)
    assert (order.filled_lots, stage.state(order)) == (0, "canceled/fok_unfillable")
    assert stage.state(own) == "new"


def test_t3_fok_looks_past_its_own_orders_only_where_it_would_clear_them_away(stage: Stage) -> None:
    own = stage.sell(BOB, 5, 100)
    stage.sell(ALICE, 5, 100)
    order = stage.buy(BOB, 5, 100, time_in_force=m.FOK, stp=m.STP_CANCEL_NEWEST)
    assert stage.state(order) == "canceled/fok_unfillable"
    order = stage.buy(BOB, 5, 100, time_in_force=m.FOK, stp=m.STP_CANCEL_OLDEST)
    assert (stage.state(order), stage.state(own)) == ("filled", "canceled/self_trade")


def test_t4_gtd_expires_when_the_clock_reaches_it(stage: Stage) -> None:
    until_ns = stage.pair.now_ns + 50_000
    order = stage.buy(ALICE, 5, 100, time_in_force=m.GTD, terms={"expire_ns": until_ns})
    assert stage.pair.core.next_due_ns() == until_ns
    stage.tick(until_ns - 1 - stage.pair.now_ns)
    assert stage.state(order) == "new"
    stage.tick(after_ns=1)
    assert stage.state(order) == "expired/time"
    assert stage.money(ALICE) == (MONEY, 0)
    assert stage.bids() == []


@pytest.mark.parametrize("after_ns", [1_000, 0, -(10**30)])
def test_t4_gtd_names_a_time_in_the_future(stage: Stage, after_ns: int) -> None:
    """The command is stamped a thousand nanoseconds from now: that is no future either."""
    terms = {"expire_ns": stage.pair.now_ns + after_ns}
    assert stage.refusal(ALICE, m.BUY, 5, 100, time_in_force=m.GTD, terms=terms) == "INVALID_EXPIRY"


def test_t4_gtd_names_a_time_and_nothing_else_does(stage: Stage) -> None:
    assert stage.refusal(ALICE, m.BUY, 5, 100, time_in_force=m.GTD) == "INVALID_EXPIRY"
    later = {"expire_ns": stage.pair.now_ns + 10**12}
    assert stage.refusal(ALICE, m.BUY, 5, 100, terms=later) == "INVALID_ORDER"


def test_t4_gtd_expires_in_a_halted_symbol_too(stage: Stage) -> None:
    until_ns = stage.pair.now_ns + 50_000
    order = stage.buy(ALICE, 5, 100, time_in_force=m.GTD, terms={"expire_ns": until_ns})
    stage.go(m.HALTED)
    stage.tick(after_ns=10**6)
    assert stage.state(order) == "expired/time"


def test_t4_the_earliest_expires_first_of_the_same_time_the_oldest(stage: Stage) -> None:
    at_ns = stage.pair.now_ns + 10**6
    times = [at_ns, at_ns - 1, at_ns]
    orders = [
        stage.buy(ALICE, 5, 100 + n, time_in_force=m.GTD, terms={"expire_ns": time})
        for n, time in enumerate(times)
    ]
    events = stage.tick(after_ns=10**9)
    told = [event[1] for event in events if event[0] == m.EV_ORDER]
    assert told == [orders[1].order_id, orders[0].order_id, orders[2].order_id]


def test_t5_day_expires_at_midnight_utc(stage: Stage) -> None:
    midnight_ns = 1_700_006_400 * 10**9
    order = stage.buy(ALICE, 5, 100, time_in_force=m.DAY)
    assert extra(order).expire_ns == midnight_ns
    stage.tick(midnight_ns - 1 - stage.pair.now_ns)
    assert stage.state(order) == "new"
    stage.tick(after_ns=1)
    assert stage.state(order) == "expired/time"
    # Entered at midnight itself it lives another day.
    order = stage.buy(ALICE, 5, 100, time_in_force=m.DAY)
    assert extra(order).expire_ns == midnight_ns + 24 * 3_600 * 10**9


def test_t5_day_follows_the_closing_of_a_symbol_with_a_calendar(stage: Stage) -> None:
    stage.protect(calendar="XNYS")
    order, gtc = stage.buy(ALICE, 5, 100, time_in_force=m.DAY), stage.buy(ALICE, 5, 99)
    stage.tick(after_ns=2 * TO_MIDNIGHT_NS)
    assert stage.state(order) == "new"
    stage.go(m.CLOSED)
    assert (stage.state(order), stage.state(gtc)) == ("expired/closed", "new")


def test_t5_of_a_pair_that_closes_one_leg_expires_and_the_other_is_linked(stage: Stage) -> None:
    stage.protect(calendar="XNYS")
    legs = [
        stage.order_tuple(ALICE, m.SELL, 5, 110, time_in_force=m.DAY),
        stage.order_tuple(ALICE, m.SELL, 5, time_in_force=m.DAY, terms=stop(90)),
    ]
    first, second = stage.oco(ALICE, *legs)
    stage.go(m.CLOSED)
    assert (stage.state(first), stage.state(second)) == ("expired/closed", "canceled/linked")


def test_t5_without_a_calendar_closing_ends_no_day(stage: Stage) -> None:
    order = stage.buy(ALICE, 5, 100, time_in_force=m.DAY)
    stage.go(m.CLOSED)
    assert stage.state(order) == "new"


def test_t5_which_day_it_is_is_settled_as_the_order_enters(stage: Stage) -> None:
    clock = stage.buy(ALICE, 5, 100, time_in_force=m.DAY)
    stage.protect(calendar="XNYS")
    calendar = stage.buy(ALICE, 5, 99, time_in_force=m.DAY)
    stage.protect()
    stage.go(m.CLOSED)
    assert (stage.state(clock), stage.state(calendar)) == ("new", "expired/closed")
    stage.tick(after_ns=TO_MIDNIGHT_NS)
    assert stage.state(clock) == "expired/time"


def test_t6_post_only_is_refused_where_it_would_take(stage: Stage) -> None:
    stage.sell(ALICE, 5, 100)
    assert stage.refusal(BOB, m.BUY, 1, 100, post_only=True) == "POST_ONLY_WOULD_TAKE"
    assert stage.state(stage.buy(BOB, 1, 99, post_only=True)) == "new"
    assert stage.refusal(CAROL, m.SELL, 1, 99, post_only=True) == "POST_ONLY_WOULD_TAKE"


def test_t6_post_only_moves_one_tick_away_where_it_asks_for_it(stage: Stage) -> None:
    stage.sell(ALICE, 5, 100)
    order = stage.buy(BOB, 1, 105, post_only=True, terms={"reprice": True})
    assert (order.price_ticks, stage.state(order)) == (99, "new")
    # It holds for the price it has, not for the one it named.
    assert stage.money(BOB) == (MONEY - 990, 990)
    order = stage.sell(CAROL, 1, 95, post_only=True, terms={"reprice": True})
    assert (order.price_ticks, stage.state(order)) == (100, "new")
    assert stage.buy(BOB, 1, 80, post_only=True, terms={"reprice": True}).price_ticks == 80


def test_t6_a_tick_away_is_the_next_valid_price_whatever_band_it_is_in() -> None:
    """Steps of 7 up to 100, of 10 from there: 98 is a price, 99 is none, 100 and 110 are."""
    stage = Stage(tick_bands=((0, 7), (100, 10)))
    stage.sell(ALICE, 5, 100)
    assert stage.buy(BOB, 1, 100, post_only=True, terms={"reprice": True}).price_ticks == 98
    assert stage.sell(CAROL, 1, 98, post_only=True, terms={"reprice": True}).price_ticks == 100


def test_t6_a_tick_away_may_be_in_the_next_band() -> None:
    """Steps of 4 up to 10, of 3 from there: 8 and 12 are prices, 9, 10 and 11 are none."""
    stage = Stage(tick_bands=((0, 4), (10, 3)))
    stage.sell(ALICE, 5, 12)
    assert stage.buy(BOB, 1, 12, post_only=True, terms={"reprice": True}).price_ticks == 8
    stage.cancel(stage.now(1))
    assert stage.sell(ALICE, 1, 8, post_only=True, terms={"reprice": True}).price_ticks == 12


def test_t6_without_a_valid_price_left_it_is_refused() -> None:
    stage = Stage(min_price_ticks=100, max_price_ticks=200)
    stage.sell(ALICE, 5, 100)
    terms = {"reprice": True}
    assert stage.refusal(BOB, m.BUY, 1, 100, post_only=True, terms=terms) == "POST_ONLY_WOULD_TAKE"
    stage.buy(BOB, 5, 100)
    stage.buy(BOB, 5, 200)
    assert stage.refusal(ALICE, m.SELL, 1, 200, post_only=True, terms=terms) == "POST_ONLY_WOULD_TAKE"


def test_t6_post_only_is_so_again_when_amended(stage: Stage) -> None:
    stage.sell(ALICE, 5, 100)
    plain = stage.buy(BOB, 1, 90, post_only=True)
    moving = stage.buy(BOB, 1, 91, post_only=True, terms={"reprice": True})
    stage.do(m.replace_order, BOB, plain.order_id, 100, 1)
    assert stage.events[0][3] == "POST_ONLY_WOULD_TAKE"
    stage.do(m.replace_order, BOB, moving.order_id, 100, 1)
    assert (stage.now(plain).price_ticks, stage.now(moving).price_ticks) == (90, 99)


@pytest.mark.parametrize(
    "fields",
    [
        {"time_in_force": m.IOC},
        {"time_in_force": m.FOK},
        {"order_type": m.MARKET},
        {"terms": stop(120)},
        {"terms": {"reprice": True}, "post_only": False},
    ],
)
def test_t6_post_only_goes_with_limit_orders_that_rest_and_have_no_trigger(
    stage: Stage, fields: dict[str, Any]
) -> None:
    assert stage.refusal(ALICE, m.BUY, 1, 100, **({"post_only": True} | fields)) == "INVALID_ORDER"


@pytest.mark.parametrize("tif", [m.GTC, m.GTD, m.DAY])
def test_t7_a_market_order_without_a_trigger_is_ioc_or_fok(stage: Stage, tif: int) -> None:
    terms = {"expire_ns": stage.pair.now_ns + 10**12} if tif == m.GTD else None
    assert stage.refusal(ALICE, m.BUY, 1, time_in_force=tif, terms=terms) == "INVALID_ORDER"


@pytest.mark.parametrize("tif", [m.GTC, m.IOC, m.GTD, m.DAY])
def test_t7_a_market_order_with_a_trigger_waits_as_long_as_it_says(stage: Stage, tif: int) -> None:
    terms = stop(90) | ({"expire_ns": stage.pair.now_ns + 10**6} if tif == m.GTD else {})
    order = stage.sell(ALICE, 5, time_in_force=tif, terms=terms)
    stage.tick(after_ns=TO_MIDNIGHT_NS)
    assert stage.state(order) == ("expired/time" if tif in (m.GTD, m.DAY) else "new")


# --- M: market orders ------------------------------------------------------------------------------------


def test_m1_a_market_order_takes_the_best_prices_and_never_rests(stage: Stage) -> None:
    stage.sell(ALICE, 2, 101)
    stage.sell(ALICE, 3, 100)
    order = stage.buy(BOB, 9)
    assert stage.trades() == [(100, 3), (101, 2)]
    assert (order.filled_lots, stage.state(order)) == (5, "canceled/no_liquidity")
    assert stage.bids() == []


def test_m2_a_buy_that_cannot_be_paid_as_the_book_stands_is_refused_whole(stage: Stage) -> None:
    stage.do(m.withdraw, BOB, "KRW", MONEY - 2_009)
    stage.sell(ALICE, 1, 100)
    stage.sell(ALICE, 1, 101)
    assert stage.refusal(BOB, m.BUY, 2) == "INSUFFICIENT_BALANCE"
    stage.do(m.deposit, BOB, "KRW", 1)
    assert stage.state(stage.buy(BOB, 2)) == "filled"


def test_m3_a_buy_by_amount_spends_it_to_the_last_lot_fee_included() -> None:
    stage = Stage(taker_ppm=10_000)
    stage.sell(ALICE, 2, 100)
    stage.sell(ALICE, 9, 110)
    order = stage.buy(BOB, 0, quote_amount_minor=5_500)
    # 2 x 1,000 + 3 x 1,100 = 5,300 and 53; a fourth lot at 110 does not fit.
    assert (order.filled_lots, order.filled_notional_minor, order.fee_minor) == (5, 5_300, 53)
    assert (stage.state(order), stage.money(BOB)) == ("filled", (MONEY - 5_353, 0))


def test_m3_an_amount_too_small_for_one_lot_is_canceled(stage: Stage) -> None:
    stage.sell(ALICE, 5, 100)
    order = stage.buy(BOB, 0, quote_amount_minor=999)
    assert (stage.state(order), order.filled_lots) == ("canceled/amount_below_lot", 0)
    assert stage.money(BOB) == (MONEY, 0)


def test_m3_what_is_left_of_an_amount_when_the_book_is_empty_comes_back(stage: Stage) -> None:
    stage.sell(ALICE, 2, 100)
    order = stage.buy(BOB, 0, quote_amount_minor=5_000)
    assert (order.filled_lots, stage.state(order)) == (2, "canceled/no_liquidity")
    assert stage.money(BOB) == (MONEY - 2_000, 0)


def test_m4_a_sell_by_amount_sells_whole_lots_worth_at_most_that() -> None:
    stage = Stage(taker_ppm=10_000)
    stage.buy(ALICE, 2, 100)
    stage.buy(ALICE, 9, 90)
    order = stage.sell(BOB, 0, quote_amount_minor=4_300)
    # 2 x 1,000, then two of 900; the fee is not counted in.
    assert (order.filled_lots, order.filled_notional_minor, order.fee_minor) == (4, 3_800, 38)
    assert stage.state(order) == "filled"
    assert stage.money(BOB) == (MONEY + 3_800 - 38, 0)


def test_m4_a_sell_does_not_chase_lower_prices_for_what_is_not_worth_a_lot(stage: Stage) -> None:
    """500 is left after a lot at 100; a lot at 50 would be worth that, and is left alone."""
    stage.buy(ALICE, 5, 100)
    stage.buy(ALICE, 5, 50)
    order = stage.sell(BOB, 0, quote_amount_minor=1_500)
    assert (order.filled_lots, stage.state(order)) == (1, "filled")
    order = stage.sell(BOB, 0, quote_amount_minor=999)
    assert (order.filled_lots, stage.state(order)) == (0, "canceled/amount_below_lot")


def test_m4_a_sell_by_amount_sells_to_the_last_lot_the_amount_allows(stage: Stage) -> None:
    """107 at bids of 36 x 2 and 34 x 29: what two lots leave buys none at 36, and 36 is used up."""
    stage.buy(ALICE, 2, 36)
    stage.buy(ALICE, 29, 34)
    order = stage.sell(BOB, 0, quote_amount_minor=1_070)
    assert (order.filled_lots, stage.trades(), stage.state(order)) == (3, [(36, 2), (34, 1)], "filled")
    assert stage.lots(BOB) == (LOTS - 3, 0)


@pytest.mark.parametrize(
    ("bids", "limit", "sold"),
    [
        # Nothing is left to sell to, or only above what the rest is worth.
        ([(36, 2)], 0, 2),
        ([(36, 2), (35, 9)], 0, 2),
        # The order's own limit, and prices that a lot further down would be worth.
        ([(36, 2), (34, 9)], 35, 2),
        ([(36, 2), (34, 1), (1, 9)], 0, 4),
    ],
)
def test_m4_it_ends_where_the_best_price_left_is_too_high_for_the_rest(
    stage: Stage, bids: list[tuple[int, int]], limit: int, sold: int
) -> None:
    for price, lots in bids:
        stage.buy(ALICE, lots, price)
    order = stage.sell(
        BOB, 0, limit, order_type=m.MARKET, quote_amount_minor=1_069 if limit or sold < 3 else 1_070
    )
    assert (order.filled_lots, stage.state(order)) == (sold, "filled")


def test_m4_after_a_decrement_it_sells_at_the_next_price(stage: Stage) -> None:
    stage.buy(BOB, 1, 100)
    stage.buy(ALICE, 5, 50)
    order = stage.sell(BOB, 0, quote_amount_minor=1_500, stp=m.STP_DECREMENT)
    assert (order.filled_lots, stage.state(order)) == (1, "filled")
    stage.buy(BOB, 1, 100)
    order = stage.sell(BOB, 0, quote_amount_minor=1_400, stp=m.STP_DECREMENT)
    assert (order.filled_lots, stage.state(order)) == (0, "canceled/amount_below_lot")


def test_m4_too_little_base_for_what_it_would_sell_refuses_it_whole(stage: Stage) -> None:
    stage.do(m.withdraw, BOB, "ABC", LOTS - 3)
    stage.buy(ALICE, 2, 100)
    stage.buy(ALICE, 9, 90)
    assert stage.refusal(BOB, m.SELL, 0, quote_amount_minor=3_800) == "INSUFFICIENT_BALANCE"
    assert stage.sell(BOB, 0, quote_amount_minor=3_799).filled_lots == 3
    assert stage.lots(BOB) == (0, 0)


def test_m4_a_sell_by_amount_may_not_be_fok_nor_name_a_quantity(stage: Stage) -> None:
    fok = {"quote_amount_minor": 900, "time_in_force": m.FOK}
    assert stage.refusal(ALICE, m.SELL, 0, **fok) == "INVALID_ORDER"
    assert stage.refusal(ALICE, m.SELL, 1, quote_amount_minor=900) == "INVALID_ORDER"


def test_m5_a_market_order_trades_no_worse_than_its_own_limit(stage: Stage) -> None:
    stage.sell(ALICE, 2, 100)
    stage.sell(ALICE, 2, 102)
    order = stage.buy(BOB, 9, 101, order_type=m.MARKET)
    assert (order.filled_lots, stage.state(order)) == (2, "canceled/price_limit")
    stage.buy(CAROL, 2, 90)
    order = stage.sell(BOB, 5, 95, order_type=m.MARKET)
    assert (order.filled_lots, stage.state(order)) == (0, "canceled/price_limit")
    order = stage.sell(BOB, 5, 90, order_type=m.MARKET)
    assert (order.filled_lots, stage.state(order)) == (2, "canceled/no_liquidity")


def test_m6_the_collar_is_measured_from_the_best_price_met_and_rounded_toward_it(stage: Stage) -> None:
    stage.protect(collar_ppm=15_000)
    for price in (100, 101, 102):
        stage.sell(ALICE, 1, price)
    order = stage.buy(BOB, 9)
    # 1.5 % of 100 is 1.5, so up to 101.
    assert (stage.trades(), stage.state(order)) == ([(100, 1), (101, 1)], "canceled/price_limit")
    for price in (99, 98, 97):
        stage.buy(CAROL, 1, price)
    stage.sell(BOB, 9)
    assert stage.trades() == [(99, 1), (98, 1)]


def test_m6_the_tighter_of_collar_and_own_limit_holds(stage: Stage) -> None:
    stage.protect(collar_ppm=20_000)
    for price in (100, 101, 102, 103):
        stage.sell(ALICE, 1, price)
    assert stage.buy(BOB, 9, 101, order_type=m.MARKET).filled_lots == 2
    assert stage.buy(BOB, 9, 110, order_type=m.MARKET).filled_lots == 2


def test_m6_what_the_collar_leaves_rests_where_the_symbol_has_it_so() -> None:
    """CME's protection limit: a step of two makes it 98 and 102 where 2 % are 98 and 102."""
    stage = Stage(tick_bands=((0, 2),), taker_ppm=10_000)
    stage.protect(collar_ppm=25_000, collar_rests=True)
    for price in (100, 102, 104):
        stage.sell(ALICE, 1, price)
    order = stage.buy(BOB, 9)
    assert (order.order_type, order.time_in_force, order.price_ticks) == (m.LIMIT, m.GTC, 102)
    assert (order.filled_lots, order.status, stage.bids()) == (2, m.PARTIALLY_FILLED, [(102, 7)])
    # 7 x 1,020 and a fee of 1 % on all, less what its trades paid of it.
    assert stage.money(BOB)[1] == 7_140 + 92 - 21
    stage.sell(ALICE, 7, 102)
    for price in (98, 96, 94):
        stage.buy(CAROL, 1, price)
    order = stage.sell(BOB, 3)
    assert (order.price_ticks, order.filled_lots, stage.asks()) == (96, 2, [(96, 1), (104, 1)])


def test_m6_an_order_that_came_to_rest_is_amended_as_any(stage: Stage) -> None:
    stage.protect(collar_ppm=20_000, collar_rests=True)
    stage.sell(ALICE, 1, 100)
    stage.sell(ALICE, 1, 110)
    order = stage.buy(BOB, 5, client_order_id="mine")
    stage.do(m.replace_order, BOB, order.order_id, 101, 5)
    assert (stage.bids(), stage.state(order)) == ([(101, 4)], "partially_filled")


@pytest.mark.parametrize(
    ("lots", "price", "fields"),
    [
        # Its own limit is as tight, an amount has no quantity to rest, FOK trades whole or not at all.
        (9, 101, {}),
        (0, 0, {"quote_amount_minor": 9_000}),
    ],
)
def test_m6_what_does_not_rest_all_the_same(
    stage: Stage, lots: int, price: int, fields: dict[str, Any]
) -> None:
    stage.protect(collar_ppm=15_000, collar_rests=True)
    for each in (100, 101, 102):
        stage.sell(ALICE, 1, each)
    order = stage.buy(BOB, lots, price, order_type=m.MARKET, **fields)
    assert (order.filled_lots, stage.state(order)) == (2, "canceled/price_limit")


@pytest.mark.parametrize(
    "terms", [{"max_open_orders": 1}, {"max_price_ticks": 100, "tick_bands": ((0, 100),)}, {}]
)
def test_m6_it_rests_only_where_it_may(stage: Stage, terms: dict[str, Any]) -> None:
    """Not with too many open orders, at no price that is none, or without the money."""
    stage.protect(collar_ppm=15_000, collar_rests=True)
    for each in (200, 300):
        stage.sell(ALICE, 1, each)
    stage.buy(BOB, 1, 50)
    stage.change_symbol(**terms)
    if not terms:
        stage.do(m.withdraw, BOB, "KRW", MONEY - 2_500 - 4_000)
    order = stage.buy(BOB, 3)
    assert (order.filled_lots, stage.state(order)) == (1, "canceled/price_limit")


def test_m6_neither_cost_nor_base_is_counted_beyond_the_limits(stage: Stage) -> None:
    stage.do(m.withdraw, BOB, "KRW", MONEY - 1_000)
    stage.do(m.withdraw, BOB, "ABC", LOTS - 1)
    for price in (100, 200):
        stage.sell(ALICE, 1, price)
    for price in (90, 50):
        stage.buy(CAROL, 1, price)
    assert stage.refusal(BOB, m.BUY, 2) == "INSUFFICIENT_BALANCE"
    assert stage.refusal(BOB, m.SELL, 0, quote_amount_minor=1_800) == "INSUFFICIENT_BALANCE"
    stage.protect(collar_ppm=100_000)
    assert stage.sell(BOB, 0, quote_amount_minor=1_800).filled_lots == 1
    assert stage.buy(BOB, 2).filled_lots == 1


def test_m6_nor_beyond_the_dynamic_band(stage: Stage) -> None:
    stage.do(m.withdraw, BOB, "KRW", MONEY - 1_000)
    stage.trade_at(100)
    stage.do(m.withdraw, BOB, "ABC", LOTS - 2)
    for price in (100, 50):
        stage.buy(CAROL, 1, price)
    for price in (101, 200):
        stage.sell(ALICE, 1, price)
    assert stage.refusal(BOB, m.SELL, 0, quote_amount_minor=2_000) == "INSUFFICIENT_BALANCE"
    assert stage.refusal(BOB, m.BUY, 2) == "INSUFFICIENT_BALANCE"
    stage.protect(volatility_ppm=100_000, volatility_ns=10**9)
    order = stage.sell(BOB, 0, quote_amount_minor=2_000)
    assert (order.filled_lots, stage.state(order)) == (1, "canceled/volatility")
    stage.tick(after_ns=10**9)
    assert stage.status() == "trading"
    order = stage.buy(BOB, 2)
    assert (order.filled_lots, stage.state(order)) == (1, "canceled/volatility")
