"""docs/orders.md, K1, K5, K6, K8, K10 and K11, M7, P3, T8: who takes part in auctions, and what starts,
delays and ends them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import ALICE, BOB, CAROL, LOTS, MONEY, SECOND_NS, Stage, refused, stop

CALL_NS = 120 * SECOND_NS


def banded(**rules: Any) -> Stage:
    """A symbol with a band of 30 % around a reference price of 100."""
    stage = Stage(protection=m.Protection(**({"band_ppm": 300_000} | rules)))
    stage.trade_at(100)
    return stage


# --- T8: on open, on close ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [m.PRE_OPEN, m.OPENING_AUCTION])
@pytest.mark.parametrize("price", [0, 105])
def test_t8_on_open_trades_in_the_opening_auction_alone(status: int, price: int) -> None:
    stage = banded()
    stage.go(status)
    order = stage.buy(ALICE, 9, price, time_in_force=m.OPG)
    stage.sell(BOB, 4, 101)
    stage.go(m.TRADING)
    assert stage.trades() == [(105 if price else 101, 4)]
    assert (stage.state(order), stage.now(order).filled_lots) == ("canceled/auction_remainder", 4)
    assert stage.money(ALICE)[1] == 0


@pytest.mark.parametrize(
    "status", [m.TRADING, m.CLOSING_AUCTION, m.VOLATILITY_AUCTION, m.POST_ONLY, m.HALTED, m.CLOSED]
)
def test_t8_on_open_is_refused_once_the_opening_is_over(status: int) -> None:
    stage = banded()
    stage.go(status)
    codes = {m.POST_ONLY: "SYMBOL_POST_ONLY", m.HALTED: "SYMBOL_HALTED", m.CLOSED: "SYMBOL_CLOSED"}
    expected = codes.get(status, "OPENING_OVER")
    assert stage.refusal(ALICE, m.BUY, 9, 100, time_in_force=m.OPG) == expected
    assert stage.refusal(ALICE, m.SELL, 9, time_in_force=m.OPG) == expected


@pytest.mark.parametrize("price", [0, 99])
def test_t8_on_close_waits_unseen_and_enters_the_closing_auction(price: int) -> None:
    stage = banded()
    order = stage.sell(ALICE, 9, price, time_in_force=m.CLS)
    assert (stage.state(order), stage.asks(), stage.lots(ALICE)) == ("new", [], (LOTS - 9, 9))
    assert stage.buy(BOB, 4, 110).filled_lots == 0
    stage.go(m.CLOSING_AUCTION)
    assert stage.asks() == ([(99, 9)] if price else [])
    stage.go(m.CLOSED)
    # Sellers are left over: the lowest price that a limit order names.
    assert stage.trades() == [(99 if price else 110, 4)]
    assert stage.state(order) == "canceled/auction_remainder"


def test_t8_on_close_without_a_closing_auction_ends_with_the_day() -> None:
    stage = banded()
    order = stage.buy(ALICE, 9, time_in_force=m.CLS)
    assert order.price_ticks == 130
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 100, 5)) == "INVALID_REPLACE"
    stage.do(m.reduce_order, ALICE, order.order_id, 5)
    assert stage.money(ALICE) == (MONEY - 6_500, 6_500)
    canceled = stage.buy(ALICE, 1, 90, time_in_force=m.CLS)
    stage.cancel(canceled)
    stage.go(m.OPENING_AUCTION)
    stage.go(m.TRADING)
    assert stage.state(order) == "new"
    stage.go(m.CLOSED)
    assert (stage.state(order), stage.money(ALICE)[1]) == ("expired/closed", 0)


def test_t8_an_on_close_order_of_the_closing_auction_is_replaced_as_any() -> None:
    stage = banded()
    stage.go(m.CLOSING_AUCTION)
    order = stage.buy(ALICE, 9, 100, time_in_force=m.CLS)
    stage.do(m.replace_order, ALICE, order.order_id, 101, 9)
    assert stage.bids() == [(101, 9)]
    stage.go(m.TRADING)
    assert stage.state(order) == "canceled/auction_remainder"


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 100, "post_only": True},
        {"price": 100, "terms": {"display_lots": 2}},
        {"price": 100, "terms": stop(120)},
        {"price": 0, "lots": 0, "quote_amount_minor": 500},
        {"price": 0, "terms": stop(90)},
    ],
)
@pytest.mark.parametrize("time_in_force", [m.OPG, m.CLS])
def test_t8_what_is_for_an_auction_alone_is_nothing_else(time_in_force: int, fields: dict[str, Any]) -> None:
    stage = banded()
    stage.go(m.PRE_OPEN)
    fields = {"lots": 9, "time_in_force": time_in_force} | fields
    assert stage.refusal(ALICE, m.SELL, **fields) == "INVALID_ORDER"


def test_t8_is_no_leg_of_a_pair() -> None:
    stage = banded()
    first = stage.order_tuple(ALICE, m.SELL, 5, 120, time_in_force=m.CLS)
    second = stage.order_tuple(ALICE, m.SELL, 5, 80, terms=stop(90))
    assert refused(stage.do(m.place_oco, ALICE, first, second)) == "INVALID_ORDER"


# --- M7: market orders in auctions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "side", "limit"),
    [
        ({"band_ppm": 300_000}, m.BUY, 130),
        ({"band_ppm": 300_000}, m.SELL, 70),
        ({"band_ppm": 300_000, "collar_ppm": 50_000}, m.BUY, 130),
        ({"collar_ppm": 50_000}, m.BUY, 105),
        ({"collar_ppm": 50_000}, m.SELL, 95),
        ({}, m.SELL, 1),
        ({"band_ppm": 1_000_000}, m.SELL, 1),
    ],
)
def test_m7_its_limit_is_the_edge_of_the_band_or_of_the_collar(
    rules: dict[str, int], side: int, limit: int
) -> None:
    stage = Stage(protection=m.Protection(**rules))
    stage.trade_at(100)
    stage.go(m.OPENING_AUCTION)
    order = stage.place(ALICE, side, 5)
    assert (order.price_ticks, stage.state(order), stage.bids(), stage.asks()) == (limit, "new", [], [])
    held = {m.BUY: (MONEY - 50 * limit, 50 * limit), m.SELL: (MONEY, 0)}
    assert stage.money(ALICE) == held[side]


def test_m7_a_buy_that_nothing_bounds_names_its_own_limit() -> None:
    stage = Stage()
    stage.go(m.OPENING_AUCTION)
    assert stage.refusal(ALICE, m.BUY, 5) == "NO_REFERENCE_PRICE"
    assert stage.buy(ALICE, 5, 120, order_type=m.MARKET).price_ticks == 120
    assert stage.refusal(ALICE, m.BUY, 501, 199, order_type=m.MARKET) == "INSUFFICIENT_BALANCE"


def test_m7_is_canceled_and_reduced_but_not_replaced_and_counts_as_open() -> None:
    stage = banded()
    stage.change_symbol(max_open_orders=1)
    stage.go(m.OPENING_AUCTION)
    order = stage.buy(ALICE, 9)
    assert stage.refusal(ALICE, m.BUY, 1) == "TOO_MANY_OPEN_ORDERS"
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 100, 5)) == "INVALID_REPLACE"
    stage.do(m.reduce_order, ALICE, order.order_id, 5)
    assert (stage.events_of(m.EV_LEVEL), stage.money(ALICE)) == ([], (MONEY - 6_500, 6_500))
    stage.cancel(order)
    assert (stage.events_of(m.EV_LEVEL), stage.money(ALICE)) == ([], (MONEY, 0))


def test_k6_market_orders_trade_before_limit_orders_of_their_price() -> None:
    stage = banded()
    stage.go(m.OPENING_AUCTION)
    best, limited = stage.buy(CAROL, 3, 130), stage.buy(ALICE, 3, 110, order_type=m.MARKET)
    plain = stage.buy(BOB, 3)
    stage.sell(BOB, 8, 100)
    stage.go(m.TRADING)
    trades = [m.TradeEvent(*event) for event in stage.events_of(m.EV_TRADE)]
    assert [trade.taker_order_id for trade in trades] == [plain.order_id, best.order_id, limited.order_id]
    # One of nine is left at every price up to the limit of 110.
    assert (stage.trades()[-1], stage.state(limited)) == ((110, 2), "canceled/auction_remainder")


def test_k5_market_orders_alone_trade_at_the_last_price() -> None:
    stage = banded()
    stage.trade_at(104)
    stage.go(m.OPENING_AUCTION)
    stage.buy(ALICE, 9)
    stage.sell(BOB, 4)
    stage.tick()
    assert stage.events_of(m.EV_INDICATIVE) == [(m.EV_INDICATIVE, "ABC-KRW", 104, 4, m.BUY, 5)]
    stage.go(m.TRADING)
    assert stage.trades() == [(104, 4)]


def test_k5_market_orders_alone_do_not_trade_where_nothing_has_ever_traded() -> None:
    stage = Stage()
    stage.go(m.OPENING_AUCTION)
    order = stage.buy(ALICE, 9, 100, order_type=m.MARKET)
    stage.sell(BOB, 9)
    stage.go(m.TRADING)
    assert (stage.trades(), stage.state(order)) == ([], "canceled/auction_remainder")


def test_k5_a_market_order_reaches_as_deep_as_its_quantity() -> None:
    """Limits do not cross: the market order goes up the asks, and a price nearer to the last is found above
    the last ask it takes."""
    stage = banded()
    stage.trade_at(112)
    stage.go(m.CLOSING_AUCTION)
    for price, lots in ((105, 3), (110, 3), (120, 3), (125, 1)):
        stage.sell(BOB, lots, price)
    stage.buy(CAROL, 5, 104)
    stage.buy(ALICE, 6)
    stage.go(m.TRADING)
    assert set(stage.trades()) == {(112, 3)}
    assert (stage.bids(), stage.asks()) == ([(104, 5)], [(120, 3), (125, 1)])


def test_m7_a_bracket_may_enter_with_an_auction() -> None:
    stage = banded()
    stage.go(m.OPENING_AUCTION)
    stage.bracket(stage.order_tuple(ALICE, m.BUY, 5), 120, 80)
    stage.sell(BOB, 3, 100)
    stage.go(m.TRADING)
    assert (stage.trades(), stage.asks(), stage.lots(ALICE)) == ([(100, 3)], [(120, 3)], (LOTS, 3))


@pytest.mark.parametrize("seed", range(4))
def test_k5_the_price_is_within_the_spread_it_leaves(seed: int) -> None:
    """Of random books, with ticks of several sizes; the naive engine agrees on each."""
    rng = random.Random(seed)
    stage = Stage(tick_bands=((0, 1), (105, 3), (108, 5)), protection=m.Protection(band_ppm=900_000))
    for _ in range(12):
        if rng.random() < 0.4:
            price = rng.choice((100, 101, 104, 105, 110, 115))
            stage.sell(BOB, 1, price)
            stage.buy(CAROL, 1, price)
        stage.go(m.OPENING_AUCTION)
        for _ in range(rng.randrange(2, 9)):
            side, account = rng.choice((m.BUY, m.SELL)), rng.choice((ALICE, BOB))
            price = rng.choice((0, 98, 99, 101, 102, 104, 105, 108, 110, 115))
            order_type = m.LIMIT if price and rng.random() < 0.9 else m.MARKET
            command = stage.order_tuple(account, side, rng.randrange(1, 9), price, order_type=order_type)
            # Before the first trade nothing bounds a market buy.
            stage.submit(command)
        stage.go(m.TRADING)
        for price in {price for price, _ in stage.trades()}:
            assert all(bid <= price for bid, _ in stage.bids())
            assert all(ask >= price for ask, _ in stage.asks())
        for account in (ALICE, BOB, CAROL):
            stage.do(m.cancel_all, account)


# --- K8: what starts an auction, and who joins it -----------------------------------------------------


def test_k8_a_market_order_that_ran_into_the_band_joins_the_auction() -> None:
    stage = banded(volatility_ppm=100_000, volatility_ns=CALL_NS)
    stage.sell(BOB, 2, 105)
    stage.sell(BOB, 9, 111)
    order = stage.buy(ALICE, 5)
    assert (stage.trades(), stage.status(), stage.state(order)) == (
        [(105, 2)],
        "volatility_auction",
        "partially_filled",
    )
    assert (stage.now(order).price_ticks, stage.money(ALICE)[1]) == (130, 3 * 1_300)
    stage.tick(CALL_NS)
    assert (stage.trades(), stage.state(order)) == ([(111, 3)], "filled")


def test_k8_a_sell_joins_too_and_a_fired_stop() -> None:
    stage = banded(volatility_ppm=100_000, volatility_ns=CALL_NS)
    stage.buy(CAROL, 1, 95)
    stage.buy(CAROL, 9, 80)
    order = stage.sell(ALICE, 5, terms=stop(95))
    stage.sell(BOB, 1, 95)
    assert (stage.state(order), stage.now(order).price_ticks) == ("new", 70)
    assert stage.status() == "volatility_auction"
    stage.tick(CALL_NS)
    assert stage.state(order) == "filled"


@pytest.mark.parametrize("rules", [{"band_ppm": 0}, {}])
def test_k8_a_market_order_that_could_not_pay_in_the_auction_ends(rules: dict[str, int]) -> None:
    """Nothing bounds its cost, or its balance is below the bound."""
    stage = banded(volatility_ppm=100_000, volatility_ns=CALL_NS, **rules)
    stage.sell(BOB, 2, 105)
    stage.sell(BOB, 900, 111)
    assert stage.state(stage.buy(ALICE, 900)) == "canceled/volatility"
    assert stage.money(ALICE)[1] == 0


def test_k8_a_static_band_stops_what_the_dynamic_one_lets_by() -> None:
    stage = banded(volatility_ppm=30_000, volatility_ns=CALL_NS, static_ppm=100_000)
    for price in (102, 105, 108, 110):
        stage.trade_at(price)
    assert stage.prices() == (110, 100)
    stage.sell(BOB, 1, 112)
    stage.buy(ALICE, 1, 112)
    assert (stage.trades(), stage.status()) == ([], "volatility_auction")
    stage.tick(CALL_NS)
    # The auction is the new reference.
    assert (stage.trades(), stage.prices()) == ([(112, 1)], (112, 112))


@pytest.mark.parametrize(
    ("reached", "inside", "outside"), [(False, (110, 90), (111, 89)), (True, (109, 91), (110, 90))]
)
@pytest.mark.parametrize("band", ["volatility_ppm", "static_ppm"])
def test_k8_the_edge_of_a_band_belongs_to_it_by_choice(
    band: str, reached: bool, inside: tuple[int, int], outside: tuple[int, int]
) -> None:
    for prices, status in ((inside, "trading"), (outside, "volatility_auction")):
        for price in prices:
            stage = banded(**{band: 100_000, "volatility_ns": CALL_NS, "reached": reached})
            stage.sell(BOB, 1, price)
            stage.buy(ALICE, 1, price)
            assert stage.status() == status


def test_k8_the_edge_between_two_ticks() -> None:
    """3 % of 50 is 1.5: 51 is inside, 52 outside, whether the edge counts or not."""
    for reached in (False, True):
        for price, status in ((51, "trading"), (52, "volatility_auction")):
            stage = Stage(
                protection=m.Protection(volatility_ppm=30_000, volatility_ns=CALL_NS, reached=reached)
            )
            stage.trade_at(50)
            stage.sell(BOB, 1, price)
            stage.buy(ALICE, 1, price)
            assert stage.status() == status


# --- K10: checked results, extended and random ends ---------------------------------------------------


@pytest.mark.parametrize("after", [m.TRADING, m.CLOSED, m.POST_ONLY])
@pytest.mark.parametrize("call", [m.PRE_OPEN, m.OPENING_AUCTION, m.CLOSING_AUCTION])
def test_k10_an_auction_whose_price_is_out_of_the_static_band_is_held_back(call: int, after: int) -> None:
    stage = banded(static_ppm=100_000, volatility_ns=CALL_NS)
    stage.go(call)
    stage.buy(ALICE, 5, 115)
    stage.sell(BOB, 5, 111)
    stage.go(after, reason="as planned")
    assert (stage.trades(), stage.status()) == ([], "volatility_auction")
    stage.tick(CALL_NS)
    assert stage.trades() == [(111, 5)]
    event = m.SymbolEvent(*stage.events_of(m.EV_SYMBOL)[0])
    assert (event.status, event.status_reason) == (after, "as planned")


def test_k10_within_the_static_band_it_takes_place_and_an_operator_may_end_it() -> None:
    stage = banded(static_ppm=100_000, volatility_ns=CALL_NS)
    stage.go(m.OPENING_AUCTION)
    stage.buy(ALICE, 5, 110)
    stage.sell(BOB, 5, 110)
    stage.go(m.TRADING)
    assert stage.trades() == [(110, 5)]
    stage.go(m.VOLATILITY_AUCTION)
    stage.buy(ALICE, 5, 125)
    stage.sell(BOB, 5, 125)
    stage.go(m.TRADING)
    assert stage.trades() == [(125, 5)]


def test_k10_without_a_reference_price_there_is_no_static_band() -> None:
    stage = Stage(protection=m.Protection(static_ppm=1, volatility_ns=CALL_NS))
    stage.go(m.OPENING_AUCTION)
    stage.buy(ALICE, 5, 110)
    stage.sell(BOB, 5, 100)
    stage.go(m.TRADING)
    assert stage.trades() == [(105, 5)]


def test_k10_a_volatility_auction_far_from_the_last_price_is_extended_once() -> None:
    stage = banded(volatility_ppm=50_000, volatility_ns=CALL_NS, extended_ppm=100_000)
    stage.sell(BOB, 5, 120)
    stage.buy(ALICE, 5, 120)
    stage.tick(CALL_NS)
    event = m.SymbolEvent(*stage.events_of(m.EV_SYMBOL)[0])
    assert (event.status, event.status_reason) == (m.VOLATILITY_AUCTION, "extended")
    assert event.call_ends_ns == stage.pair.now_ns + CALL_NS
    stage.tick(CALL_NS - 1)
    assert stage.trades() == []
    stage.tick(1)
    assert (stage.trades(), stage.status()) == ([(120, 5)], "trading")


def test_k10_near_the_last_price_it_is_not_extended() -> None:
    stage = banded(volatility_ppm=50_000, volatility_ns=CALL_NS, extended_ppm=100_000)
    stage.sell(BOB, 5, 110)
    stage.buy(ALICE, 5, 110)
    stage.tick(CALL_NS)
    assert stage.trades() == [(110, 5)]


def test_k11_a_random_end_is_drawn_with_the_first_tick_at_the_end_told() -> None:
    stage = banded(volatility_ppm=50_000, volatility_ns=CALL_NS, random_end_ns=30 * SECOND_NS)
    stage.sell(BOB, 5, 110)
    stage.buy(ALICE, 5, 110)
    told = m.SymbolEvent(*stage.events_of(m.EV_SYMBOL)[0]).call_ends_ns
    stage.tick(CALL_NS, draw_ppm=500_000)
    assert (stage.events_of(m.EV_SYMBOL), stage.status()) == ([], "volatility_auction")
    assert m.SymbolEvent(*stage.pair.core.symbols()[0]).call_ends_ns == told
    # A later draw changes nothing.
    stage.tick(15 * SECOND_NS - 1, draw_ppm=0)
    assert (stage.trades(), stage.pair.core.next_due_ns()) == ([], stage.pair.now_ns + 1)
    stage.tick(1, draw_ppm=900_000)
    assert (stage.trades(), stage.status()) == ([(110, 5)], "trading")


def test_k11_a_draw_of_nothing_ends_it_at_once() -> None:
    stage = banded(volatility_ppm=50_000, volatility_ns=CALL_NS, random_end_ns=30 * SECOND_NS)
    stage.go(m.VOLATILITY_AUCTION)
    stage.tick(CALL_NS)
    assert stage.status() == "trading"


# --- P3: self-trade prevention in auctions ------------------------------------------------------------


@pytest.mark.parametrize("on", [False, True])
def test_p3_the_newer_of_two_orders_of_one_owner_is_canceled_by_choice(on: bool) -> None:
    stage = banded(auction_stp=on)
    stage.go(m.OPENING_AUCTION)
    older, newer = stage.buy(ALICE, 5, 105), stage.sell(ALICE, 5, 103)
    stage.sell(BOB, 2, 104)
    far = stage.sell(ALICE, 5, 106)
    stage.go(m.TRADING)
    assert stage.state(newer) == ("canceled/self_trade" if on else "filled")
    assert stage.now(older).filled_lots == (2 if on else 5)
    assert stage.state(far) == "new"


def test_p3_with_one_side_there_is_nothing_to_prevent() -> None:
    stage = banded(auction_stp=True)
    stage.go(m.OPENING_AUCTION)
    order = stage.buy(ALICE, 5, 105)
    stage.go(m.TRADING)
    assert stage.state(order) == "new"


def test_p3_groups_and_market_orders_are_one_owner_as_well() -> None:
    stage = banded(auction_stp=True)
    for account in (ALICE, CAROL):
        stage.do(m.set_group, account, 7)
    stage.go(m.OPENING_AUCTION)
    older = stage.sell(ALICE, 5)
    newer = [stage.buy(CAROL, 5), stage.buy(ALICE, 5, 90), stage.buy(CAROL, 5, 95, order_type=m.MARKET)]
    stage.buy(BOB, 5, 100)
    stage.go(m.TRADING)
    assert [stage.state(order) for order in newer] == ["canceled/self_trade"] * 3
    assert (stage.trades(), stage.state(older)) == ([(100, 5)], "filled")


# --- K1: halts ----------------------------------------------------------------------------------------


def test_k1_in_a_halt_orders_may_be_canceled_by_every_way_there_is() -> None:
    stage = banded()
    orders = [stage.buy(ALICE, 1, 90 + number, terms={"session": "s"}) for number in range(5)]
    stage.do(m.cancel_after, ALICE, 1_000)
    stage.go(m.HALTED)
    stage.cancel(orders[0])
    place = stage.order_tuple(ALICE, m.BUY, 1, 90)
    stage.do(m.cancel_replace, ALICE, place, order_id=orders[1].order_id)
    assert [event[3] for event in stage.events_of(m.EV_REJECTED)] == ["SYMBOL_HALTED"]
    stage.tick(SECOND_NS)
    assert stage.state(orders[1]) == "canceled/replaced"
    assert {stage.state(order) for order in orders[2:]} == {"canceled/cancel_after"}
    for session in (None, "s"):
        stage.go(m.POST_ONLY)
        stage.buy(ALICE, 1, 90, post_only=True, terms={"session": "s"})
        stage.go(m.HALTED)
        stage.do(m.cancel_all, ALICE, "ABC-KRW", session)
        assert stage.bids() == []


def test_k1_a_halt_ends_with_an_auction_unless_an_operator_says_why_not() -> None:
    stage = banded(volatility_ns=CALL_NS)
    stage.go(m.HALTED)
    assert refused(stage.go(m.TRADING)) == "HALT_ENDS_BY_AUCTION"
    assert refused(stage.go(m.TRADING, reason="it was nothing")) == "HALT_ENDS_BY_AUCTION"
    assert refused(stage.go(m.TRADING, direct=True)) == "HALT_ENDS_BY_AUCTION"
    stage.go(m.VOLATILITY_AUCTION)
    stage.tick(CALL_NS)
    assert stage.status() == "trading"
    stage.go(m.HALTED)
    stage.go(m.TRADING, reason="it was nothing", direct=True)
    assert stage.status() == "trading"


def test_t8_an_order_on_open_is_not_replaced_once_the_opening_is_over(stage: Stage) -> None:
    stage.go(m.PRE_OPEN)
    order = stage.buy(ALICE, 5, 100, time_in_force=m.OPG)
    stage.do(m.replace_order, ALICE, order.order_id, 101, 5)
    stage.go(m.CLOSING_AUCTION)
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 102, 5)) == "OPENING_OVER"
    assert stage.now(order).price_ticks == 101


def test_k11_only_a_random_end_that_is_due_needs_a_draw(stage: Stage) -> None:
    stage.protect(volatility_ns=SECOND_NS, volatility_ppm=100_000, random_end_ns=SECOND_NS)
    core = stage.pair.core
    assert not core.needs_draw(stage.pair.now_ns + 10 * SECOND_NS)
    stage.go(m.VOLATILITY_AUCTION)
    assert not core.needs_draw(stage.pair.now_ns)
    assert core.needs_draw(stage.pair.now_ns + SECOND_NS)
