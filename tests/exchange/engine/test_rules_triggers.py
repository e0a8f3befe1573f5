"""docs/orders.md, S1 to S5: where stops, take-profits and trailing stops fire, rule by rule."""

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
    Stage,
    extra,
    refused,
    stop,
    take_profit,
    trailing,
)

QUOTE = {"trigger_source": m.QUOTE}


pytestmark = pytest.mark.usefixtures("last_price_of_100")


def test_s1_a_waiting_order_is_off_the_book_and_holds_its_funds(stage: Stage) -> None:
    order = stage.sell(ALICE, 5, 80, terms=stop(90))
    assert (stage.state(order), extra(order).triggered_ns) == ("new", 0)
    assert (stage.asks(), stage.events_of(m.EV_LEVEL)) == ([], [])
    assert stage.lots(ALICE) == (LOTS - 5, 5)
    assert stage.now(order) in [m.OrderEvent(*event) for event in stage.pair.core.open_orders(ALICE)]


@pytest.mark.parametrize(
    ("side", "kind", "trigger", "not_yet", "fires"),
    [
        (m.SELL, stop, 90, (91,), 90),
        (m.SELL, stop, 90, (120, 91), 89),
        (m.BUY, stop, 110, (80, 109), 110),
        (m.BUY, stop, 110, (109,), 111),
        (m.SELL, take_profit, 110, (80, 109), 110),
        (m.SELL, take_profit, 110, (109,), 111),
        (m.BUY, take_profit, 90, (120, 91), 90),
        (m.BUY, take_profit, 90, (91,), 89),
    ],
)
def test_s2_where_stops_and_take_profits_fire(
    stage: Stage, side: int, kind: Any, trigger: int, not_yet: tuple[int, ...], fires: int
) -> None:
    """Also the inverted stop: one that fires on the wrong side of its trigger fails here."""
    order = stage.place(ALICE, side, 5, 500 if side == m.SELL else 1, terms=kind(trigger))
    for price in not_yet:
        stage.trade_at(price)
        assert extra(stage.now(order)).triggered_ns == 0
    stage.trade_at(fires)
    assert extra(stage.now(order)).triggered_ns == stage.pair.now_ns
    # Both rest where they were to: fired stop-limit orders.
    assert (stage.asks() if side == m.SELL else stage.bids()) != []


def test_s1_by_choice_a_sell_watches_the_best_bid_and_a_buy_the_best_ask(stage: Stage) -> None:
    """The quote moves and nobody trades: those that watch the last price see nothing."""
    watchers = [
        stage.sell(ALICE, 1, 500, terms=stop(95, **QUOTE)),
        stage.sell(ALICE, 1, 500, terms=stop(95)),
        stage.buy(ALICE, 1, 1, terms=stop(105, **QUOTE)),
        stage.buy(ALICE, 1, 1, terms=stop(105)),
    ]
    stage.buy(BOB, 1, 96)
    stage.sell(BOB, 1, 104)
    assert [extra(stage.now(order)).triggered_ns > 0 for order in watchers] == [False] * 4
    stage.do(m.cancel_all, BOB)
    stage.buy(BOB, 1, 95)
    stage.sell(BOB, 1, 105)
    assert [extra(stage.now(order)).triggered_ns > 0 for order in watchers] == [True, False, True, False]


def test_s3_trailing_sell_follows_the_highest_price(stage: Stage) -> None:
    order = stage.sell(ALICE, 5, terms=trailing(ticks=10))
    assert extra(order).trigger_ticks == 0
    for price in (95, 120, 111, 115):
        stage.trade_at(price)
        assert extra(stage.now(order)).triggered_ns == 0
    stage.trade_at(110)
    assert (extra(stage.now(order)).trigger_ticks, stage.state(order)) == (110, "canceled/no_liquidity")


def test_s3_trailing_buy_follows_the_lowest_price(stage: Stage) -> None:
    order = stage.buy(ALICE, 0, terms=trailing(ticks=10), quote_amount_minor=5_000)
    for price in (105, 80, 89, 85):
        stage.trade_at(price)
        assert extra(stage.now(order)).triggered_ns == 0
    stage.trade_at(91)
    assert (extra(stage.now(order)).trigger_ticks, stage.state(order)) == (90, "canceled/no_liquidity")
    assert stage.money(ALICE) == (MONEY, 0)


def test_s3_a_distance_in_millionths_is_rounded_down_to_a_tick(stage: Stage) -> None:
    """5 % of 119 is 5.95: the trigger is 114."""
    order = stage.sell(ALICE, 5, terms=trailing(ppm=50_000))
    for price in (119, 115):
        stage.trade_at(price)
        assert extra(stage.now(order)).triggered_ns == 0
    stage.trade_at(114)
    assert extra(stage.now(order)).trigger_ticks == 114


def test_s3_trailing_stops_that_entered_at_different_times_remember_different_prices(stage: Stage) -> None:
    first = stage.sell(ALICE, 1, terms=trailing(ticks=10))
    stage.trade_at(130)
    stage.trade_at(125)
    second = stage.sell(ALICE, 1, terms=trailing(ticks=10))
    third = stage.sell(ALICE, 1, terms=trailing(ppm=50_000))
    stage.trade_at(120)
    fired = [extra(stage.now(order)).trigger_ticks for order in (first, second, third)]
    assert fired == [120, 0, 0]
    stage.trade_at(126)
    stage.trade_at(119)
    # The third's 5 % of 126 is 6: it fired at 120; the second trails 126 now as well.
    fired = [extra(stage.now(order)).trigger_ticks for order in (first, second, third)]
    assert fired == [120, 0, 120]
    stage.trade_at(116)
    assert extra(stage.now(second)).trigger_ticks == 116


def test_s3_those_that_have_seen_the_same_best_price_move_together(stage: Stage) -> None:
    """Two from 130, one from 120 in millionths, one from 115: at 140 they all trail the same price."""
    stage.trade_at(130)
    orders = [stage.sell(ALICE, 1, terms=trailing(ticks=20)) for _ in range(2)]
    stage.trade_at(120)
    orders.append(stage.sell(ALICE, 1, terms=trailing(ppm=150_000)))
    stage.trade_at(115)
    orders.append(stage.sell(ALICE, 1, terms=trailing(ticks=20)))
    stage.trade_at(140)
    stage.trade_at(121)
    assert [extra(stage.now(order)).triggered_ns for order in orders] == [0] * 4
    stage.trade_at(119)
    assert [extra(stage.now(order)).trigger_ticks for order in orders] == [120, 120, 119, 120]


def test_s3_a_trailing_stop_on_the_quote_follows_the_quote(stage: Stage) -> None:
    bid = stage.buy(BOB, 5, 90)
    order = stage.sell(ALICE, 2, terms=trailing(ticks=10, **QUOTE))
    better = stage.buy(BOB, 5, 95)
    stage.trade_at(100)
    stage.cancel(better)
    assert extra(stage.now(order)).triggered_ns == 0
    stage.cancel(bid)
    stage.buy(CAROL, 5, 85)
    assert (extra(stage.now(order)).trigger_ticks, stage.state(order)) == (85, "filled")


def test_s3_it_cannot_enter_before_there_is_a_price_to_trail() -> None:
    stage = Stage()
    assert stage.refusal(ALICE, m.SELL, 5, terms=trailing(ticks=1)) == "NO_REFERENCE_PRICE"
    stage.trade_at(100)
    assert stage.refusal(ALICE, m.SELL, 5, terms=trailing(ticks=1, **QUOTE)) == "NO_REFERENCE_PRICE"
    assert stage.state(stage.sell(ALICE, 5, terms=trailing(ticks=1))) == "new"


def test_s3_a_distance_leaves_a_sell_a_positive_trigger_and_is_one(stage: Stage) -> None:
    assert stage.refusal(ALICE, m.SELL, 5, terms=trailing(ticks=100)) == "INVALID_ORDER"
    assert stage.refusal(ALICE, m.SELL, 5, terms=trailing(ppm=1_000_000)) == "INVALID_ORDER"
    assert stage.refusal(ALICE, m.SELL, 5, terms=trailing(ppm=9_999)) == "TRIGGER_WOULD_FIRE"
    assert stage.state(stage.sell(ALICE, 5, terms=trailing(ticks=99))) == "new"
    assert stage.state(stage.buy(ALICE, 5, 300, order_type=m.MARKET, terms=trailing(ticks=900))) == "new"


@pytest.mark.parametrize(
    ("price", "terms"),
    [
        (90, trailing(ticks=5)),
        (0, trailing(ticks=5, ppm=5_000)),
        (0, trailing()),
        (0, trailing(ticks=-1)),
        (0, trailing(ticks=5, trigger_ticks=90)),
        (0, trailing(ticks=5, trigger_now=True)),
        (0, stop(90, trail_ticks=5)),
        (0, stop(0)),
        (0, stop(90, trigger_source=2)),
        (0, {"trigger": 4, "trigger_ticks": 90}),
        (90, {"trigger_ticks": 90}),
        (90, {"trigger_now": True}),
    ],
)
def test_s3_a_trigger_is_one_thing_and_a_trailing_stop_a_market_order(
    stage: Stage, price: int, terms: dict[str, Any]
) -> None:
    assert stage.refusal(ALICE, m.SELL, 5, price, terms=terms) == "INVALID_ORDER"


@pytest.mark.parametrize(
    ("side", "terms"),
    [(m.SELL, stop(100)), (m.BUY, stop(100)), (m.SELL, take_profit(100)), (m.BUY, take_profit(100))],
)
def test_s4_a_condition_that_holds_at_entry_is_refused_or_fires_at_once(
    stage: Stage, side: int, terms: dict[str, Any]
) -> None:
    price = 500 if side == m.SELL else 1
    assert stage.refusal(ALICE, side, 5, price, terms=terms) == "TRIGGER_WOULD_FIRE"
    order = stage.place(ALICE, side, 5, price, terms=terms | {"trigger_now": True})
    assert extra(order).triggered_ns == stage.pair.now_ns
    assert (stage.asks(), stage.bids()) in (([(500, 5)], []), ([], [(1, 5)]))


def test_s4_without_a_price_to_watch_it_waits() -> None:
    stage = Stage()
    last = stage.sell(ALICE, 5, 500, terms=stop(9_000))
    quote = stage.sell(ALICE, 5, 500, terms=stop(9_000, trigger_now=True, **QUOTE))
    assert (extra(last).triggered_ns, extra(quote).triggered_ns) == (0, 0)
    stage.buy(BOB, 1, 100)
    assert (extra(stage.now(last)).triggered_ns, extra(stage.now(quote)).triggered_ns != 0) == (0, True)
    stage.sell(CAROL, 1, 100)
    assert extra(stage.now(last)).triggered_ns != 0


def test_s5_what_the_first_price_fires_comes_before_what_the_last_fires(stage: Stage) -> None:
    """A sweep from 99 down to 90: the younger order fires at 99, the older at 90."""
    older = stage.sell(ALICE, 1, 1, terms=stop(95))
    younger = stage.sell(ALICE, 1, 1, terms=stop(99))
    for price in (99, 90, 80, 70):
        stage.buy(BOB, 1, price)
    stage.sell(CAROL, 2, 90)
    assert stage.trades() == [(99, 1), (90, 1), (80, 1), (70, 1)]
    assert stage.now(younger).filled_notional_minor == 800
    assert stage.now(older).filled_notional_minor == 700


def test_s5_of_those_fired_by_one_price_the_trigger_it_reached_first_comes_first(stage: Stage) -> None:
    orders = [stage.sell(ALICE, 1, 1, terms=stop(trigger)) for trigger in (91, 95, 93, 93)]
    for price in (90, 80, 70, 60, 50):
        stage.buy(BOB, 1, price)
    stage.sell(CAROL, 1, 90)
    assert [stage.now(order).filled_notional_minor for order in orders] == [500, 800, 700, 600]


def test_s5_rising_the_lowest_comes_first(stage: Stage) -> None:
    """One order sweeps 101, 105 and 110: the stop at 105 enters before the older one at 110."""
    late, early = (stage.buy(ALICE, 1, 200, terms=stop(trigger)) for trigger in (110, 105))
    for price in (101, 105, 110, 111, 150):
        stage.sell(BOB, 1, price)
    stage.buy(CAROL, 3, 110)
    assert [stage.now(order).filled_notional_minor for order in (late, early)] == [1_500, 1_110]


def test_s5_a_changed_trigger_is_a_new_time(stage: Stage) -> None:
    orders = [stage.sell(ALICE, 1, 1, terms=stop(93)) for _ in range(3)]
    stage.do(m.replace_order, ALICE, orders[0].order_id, 1, 1, 92)
    stage.do(m.replace_order, ALICE, orders[0].order_id, 1, 1, 93)
    # The same trigger again is no change.
    stage.do(m.replace_order, ALICE, orders[1].order_id, 2, 1, 93)
    for price in (90, 80, 70, 60):
        stage.buy(BOB, 1, price)
    stage.sell(CAROL, 1, 90)
    assert [stage.now(order).filled_notional_minor for order in orders] == [600, 800, 700]


@pytest.mark.parametrize("trigger", [105, 0])
def test_s10_a_replacement_may_choose_to_fire_at_once(stage: Stage, trigger: int) -> None:
    stage.trade_at(100)
    order = stage.sell(ALICE, 2, 90, terms=stop(95))
    if not trigger:
        # A watched quote in a market that only gathers tests nothing; it holds once that trades.
        order = stage.sell(ALICE, 2, 90, terms=stop(96, trigger_source=m.QUOTE))
        stage.buy(BOB, 2, 97)
        assert stage.state(order) == "new"
    stage.buy(BOB, 2, 98)
    if trigger:
        refusal = refused(stage.do(m.replace_order, ALICE, order.order_id, 90, 2, trigger))
        assert refusal == "TRIGGER_WOULD_FIRE"
    stage.do(m.replace_order, ALICE, order.order_id, 90, 2, trigger or 99, trigger_now=True)
    assert (stage.state(order), extra(stage.now(order)).trigger_ticks) == ("filled", trigger or 99)


def test_s10_one_whose_trigger_is_not_reached_goes_on_waiting(stage: Stage) -> None:
    stage.trade_at(100)
    order = stage.sell(ALICE, 2, 90, terms=stop(95))
    stage.do(m.replace_order, ALICE, order.order_id, 90, 2, 97, trigger_now=True)
    assert (stage.state(order), extra(stage.now(order)).triggered_ns) == ("new", 0)


def test_s10_only_one_that_waits_for_a_fixed_price_may_choose_so(stage: Stage) -> None:
    stage.trade_at(100)
    for order in (stage.sell(ALICE, 2, 110), stage.sell(ALICE, 2, terms=trailing(ticks=5))):
        asked = (ALICE, order.order_id, order.price_ticks, 1)
        assert refused(stage.do(m.replace_order, *asked, trigger_now=True)) == "INVALID_REPLACE"


def test_s5_a_trailing_stop_sees_the_first_price_of_a_sweep(stage: Stage) -> None:
    """Up from 100 to 110, then one sweep from 120 down to 109: 11 below the highest price seen."""
    order = stage.sell(ALICE, 1, terms=trailing(ticks=11))
    for price in (120, 109, 50):
        stage.buy(BOB, 1, price)
    stage.sell(CAROL, 2, 109)
    assert (extra(stage.now(order)).trigger_ticks, stage.now(order).filled_notional_minor) == (109, 500)


def test_s5_the_quote_is_looked_at_after_the_commands_own_order(stage: Stage) -> None:
    """The best bid falls because the only one is taken: the stop finds the next."""
    order = stage.sell(ALICE, 1, 1, terms=stop(95, **QUOTE))
    stage.buy(BOB, 2, 99)
    stage.buy(BOB, 2, 90)
    stage.sell(CAROL, 2, 99)
    assert stage.trades() == [(99, 2), (90, 1)]
    assert stage.state(order) == "filled"


def test_s5_a_quote_that_is_gone_is_no_price(stage: Stage) -> None:
    order = stage.sell(ALICE, 1, 500, terms=stop(95, **QUOTE))
    stage.cancel(stage.buy(BOB, 2, 99))
    assert extra(stage.now(order)).triggered_ns == 0
