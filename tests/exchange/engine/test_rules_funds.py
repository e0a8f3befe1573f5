"""docs/orders.md, F (funds), and the mistakes other engines have shipped, each as the story that shows it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    LOTS,
    MONEY,
    SECOND_NS,
    Stage,
    extra,
    refused,
    stop,
    take_profit,
    trailing,
)

# --- F: funds --------------------------------------------------------------------------------------------


def test_f1_a_sell_holds_its_base_a_buy_its_worth_with_the_larger_fee_rounded_up() -> None:
    stage = Stage(maker_ppm=333, taker_ppm=7_777)
    stage.sell(ALICE, 7, 100)
    stage.buy(BOB, 3, 99)
    # 2,970 and 0.7777 % of it: 23.097.
    assert (stage.lots(ALICE), stage.money(BOB)) == ((LOTS - 7, 7), (MONEY - 2_994, 2_994))


def test_f1_what_an_order_no_longer_needs_is_released_in_the_same_step() -> None:
    stage = Stage(maker_ppm=0, taker_ppm=10_000)
    stage.sell(ALICE, 2, 90)
    order = stage.buy(BOB, 5, 100)
    # 1,800 and 18 paid; 3,000 held for the rest, with what the fee of the whole may still come to: 48 - 18.
    assert stage.money(BOB) == (MONEY - 1_818 - 3_030, 3_030)
    stage.do(m.reduce_order, BOB, order.order_id, 3)
    assert stage.money(BOB)[1] == 1_010
    stage.cancel(order)
    assert stage.money(BOB) == (MONEY - 1_818, 0)


@pytest.mark.parametrize("maker_ppm", [0, 1, 999, 9_999, 100_000])
def test_f2_fees_are_cumulative_per_order(maker_ppm: int) -> None:
    """After each fill of one lot at 3 the fee paid is that of everything so far, rounded up once."""
    stage = Stage(maker_ppm=maker_ppm, taker_ppm=100_000)
    order = stage.sell(ALICE, 9, 3)
    for lots in range(1, 10):
        stage.buy(BOB, 1, 3)
        assert stage.now(order).fee_minor == -(-maker_ppm * 30 * lots // 1_000_000)


def test_f2_rates_are_those_at_entry_of_waiting_orders_too(stage: Stage) -> None:
    stage.trade_at(100)
    waiting, resting = stage.sell(ALICE, 1, 1, terms=stop(90)), stage.sell(ALICE, 1, 150)
    stage.do(m.set_fees, "ABC-KRW", ALICE, 10_000, 10_000)
    stage.buy(CAROL, 2, 90)
    stage.sell(BOB, 1, 90)
    stage.buy(CAROL, 1, 150)
    assert (stage.now(waiting).fee_minor, stage.now(resting).fee_minor) == (0, 0)
    later = stage.sell(ALICE, 1, 80)
    stage.buy(CAROL, 1, 80)
    assert stage.now(later).fee_minor == 8


def test_f3_orders_over_the_balance_at_once(stage: Stage) -> None:
    """A hundred orders for a third of the money each, in one instant: three enter."""
    codes = []
    for number in range(100):
        place = stage.order_tuple(ALICE, m.BUY, 333, 100, client_order_id=f"n{number}")
        events = stage.pair.submit(place, after_ns=0)
        codes.append("" if events[0][0] == m.EV_ORDER else events[0][3])
    assert codes == [""] * 3 + ["INSUFFICIENT_BALANCE"] * 97
    assert stage.money(ALICE) == (MONEY - 999_000, 999_000)


def test_f3_every_kind_of_order_holds_before_it_waits_or_trades(stage: Stage) -> None:
    """Two of each kind for more than half of what there is: the second is refused."""
    stage.trade_at(100)
    money = [
        {"lots": 600, "price": 100},
        {"lots": 600, "price": 100, "terms": stop(110)},
        {"lots": 600, "price": 100, "terms": {"display_lots": 6}},
        {"lots": 600, "price": 100, "order_type": m.MARKET, "terms": take_profit(90)},
        {"lots": 0, "quote_amount_minor": 600_000, "terms": trailing(ticks=5)},
    ]
    lots = [
        {"lots": 600, "price": 500},
        {"lots": 600, "terms": stop(90)},
        {"lots": 600, "terms": trailing(ppm=50_000)},
    ]
    for side, kinds in ((m.BUY, money), (m.SELL, lots)):
        for fields in kinds:
            held = stage.place(ALICE, side, **fields)
            for other in kinds:
                assert stage.refusal(ALICE, side, **other) == "INSUFFICIENT_BALANCE"
            stage.cancel(held)


# --- what others shipped ---------------------------------------------------------------------------------


@pytest.mark.parametrize("price", [0, -1, -(10**30)])
def test_price_zero_is_no_price(stage: Stage, price: int) -> None:
    limit = {"order_type": m.LIMIT, "time_in_force": m.GTC}
    for side in (m.BUY, m.SELL):
        assert stage.refusal(ALICE, side, 5, price, **limit) == "PRICE_OUT_OF_BOUNDS"
    order = stage.buy(ALICE, 5, 100)
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, price, 5)) == "PRICE_OUT_OF_BOUNDS"


def test_no_trade_of_nothing(stage: Stage) -> None:
    """An order that is used up is not filled a second time with zero."""
    stage.sell(ALICE, 5, 100)
    stage.sell(ALICE, 5, 101, terms={"display_lots": 1})
    for lots in (5, 5):
        stage.buy(BOB, lots, 101)
        assert all(quantity > 0 for _, quantity in stage.trades())
    assert stage.buy(BOB, 1, 101).filled_lots == 0
    assert stage.trades() == []


def test_no_trade_through_a_limit(stage: Stage) -> None:
    """However it came to trade: as taker, fired, amended, in an auction, as an exit."""
    stage.trade_at(100)
    for price in (95, 100, 105):
        stage.sell(BOB, 3, price + 1)
        stage.buy(CAROL, 3, price - 6)
    stage.buy(ALICE, 9, 101)
    fired = stage.buy(ALICE, 9, 104, terms=stop(101, trigger_now=True))
    stage.do(m.replace_order, ALICE, fired.order_id, 103, 9)
    stage.bracket(stage.order_tuple(ALICE, m.BUY, 2, 106), 107, 90, 89)
    stage.go(m.CLOSING_AUCTION)
    stage.sell(BOB, 20, 88)
    stage.go(m.TRADING)
    orders = {
        event[1]: m.OrderEvent(*event)
        for _, _, events in stage.pair.replies.values()
        for event in events
        if event[0] == m.EV_ORDER
    }
    trades = [
        m.TradeEvent(*event)
        for _, _, events in stage.pair.replies.values()
        for event in events
        if event[0] == m.EV_TRADE
    ]
    assert len(trades) > 8
    for trade in trades:
        for order in (orders[trade.taker_order_id], orders[trade.maker_order_id]):
            buys = order.side == m.BUY
            assert trade.price_ticks <= order.price_ticks if buys else trade.price_ticks >= order.price_ticks


def test_no_crossed_book_while_it_trades(stage: Stage) -> None:
    """A busy minute, and at no moment of it a bid at or above an ask."""
    for number in range(60):
        side, price = (m.BUY, 100 + number % 7) if number % 2 else (m.SELL, 103 - number % 5)
        stage.place((ALICE, BOB, CAROL)[number % 3], side, 1 + number % 4, price, stp=number % 4)
        bids, asks = stage.bids(), stage.asks()
        assert not bids or not asks or bids[0][0] < asks[0][0]
        assert all(a[0] > b[0] for a, b in pairwise(bids)) and all(a[0] < b[0] for a, b in pairwise(asks))


def test_an_order_never_meets_one_that_has_expired(stage: Stage) -> None:
    until_ns = stage.pair.now_ns + SECOND_NS
    old = stage.buy(ALICE, 5, 100, time_in_force=m.GTD, terms={"expire_ns": until_ns})
    stage.tick(after_ns=SECOND_NS)
    assert (stage.sell(BOB, 5, 100).filled_lots, stage.state(old)) == (0, "expired/time")


def test_a_stop_fires_once(stage: Stage) -> None:
    stage.trade_at(100)
    order = stage.sell(ALICE, 5, 120, terms=stop(90))
    stage.trade_at(90)
    fired_ns = extra(stage.now(order)).triggered_ns
    stage.trade_at(95)
    stage.trade_at(90)
    assert (extra(stage.now(order)).triggered_ns, stage.asks()) == (fired_ns, [(120, 5)])


def test_an_own_id_is_free_again_when_its_order_is_over(stage: Stage) -> None:
    first = stage.buy(ALICE, 5, 90, client_order_id="mine")
    assert stage.refusal(ALICE, m.BUY, 5, 90, client_order_id="mine") == "CLIENT_ORDER_ID_IN_USE"
    assert stage.buy(BOB, 5, 90, client_order_id="mine").status == m.NEW
    stage.cancel(first)
    assert stage.buy(ALICE, 5, 90, client_order_id="mine").status == m.NEW
