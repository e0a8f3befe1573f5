"""docs/orders.md, I (icebergs) and A (amending), rule by rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import ALICE, BOB, CAROL, LOTS, MONEY, Stage, extra, refused, stop


def maker_fills(stage: Stage) -> list[tuple[int, int]]:
    """(maker's order id, lots) of the last command's trades."""
    trades = [m.TradeEvent(*event) for event in stage.events_of(m.EV_TRADE)]
    return [(trade.maker_order_id, trade.quantity_lots) for trade in trades]


# --- I: icebergs -----------------------------------------------------------------------------------------


def test_i1_the_book_and_the_feed_show_what_is_displayed_the_owner_sees_all(stage: Stage) -> None:
    order = stage.sell(ALICE, 10, 100, terms={"display_lots": 3})
    assert stage.events_of(m.EV_LEVEL) == [(m.EV_LEVEL, "ABC-KRW", m.SELL, 100, 3)]
    assert stage.asks() == [(100, 3)]
    assert (order.quantity_lots, stage.lots(ALICE)) == (10, (LOTS - 10, 10))
    stage.buy(BOB, 2, 100)
    assert stage.asks() == [(100, 1)]
    assert stage.now(order).filled_lots == 2


@pytest.mark.parametrize(
    ("lots", "terms", "fields"),
    [
        (10, {"display_lots": 10}, {}),
        (10, {"display_lots": -1}, {}),
        (10, {"display_lots": 3}, {}),
        (10, {"display_lots": 2}, {}),
        (10, {"display_lots": 4}, {"time_in_force": m.IOC}),
        (10, {"display_lots": 4}, {"time_in_force": m.FOK}),
        (10, {"display_lots": 4}, {"order_type": m.MARKET}),
    ],
)
def test_i1_what_an_iceberg_may_display(lots: int, terms: dict[str, Any], fields: dict[str, Any]) -> None:
    stage = Stage(lot_step=2, min_quantity_lots=4)
    assert stage.refusal(ALICE, m.SELL, lots, 100, terms=terms, **fields) == "INVALID_ORDER"
    assert stage.sell(ALICE, lots, 100, terms={"display_lots": 4}).status == m.NEW


def test_i1_what_does_not_trade_at_entry_is_displayed_part_by_part(stage: Stage) -> None:
    stage.sell(BOB, 6, 100)
    order = stage.buy(ALICE, 10, 100, terms={"display_lots": 3})
    assert (order.filled_lots, stage.bids()) == (6, [(100, 3)])


@pytest.mark.parametrize(("traded", "shows"), [(1, 2), (3, 3), (5, 1), (6, 3), (9, 1), (0, 3)])
def test_i1_or_what_is_left_of_the_part_it_was_at(stage: Stage, traded: int, shows: int) -> None:
    """Xetra's and CME's way, a symbol's choice."""
    stage.protect(iceberg_continues=True)
    if traded:
        stage.sell(BOB, traded, 100)
    order = stage.buy(ALICE, 10, 100, terms={"display_lots": 3})
    assert (order.filled_lots, stage.bids()) == (traded, [(100, shows)])
    stage.sell(BOB, shows, 100)
    assert stage.bids() == ([(100, min(3, 10 - traded - shows))] if traded + shows < 10 else [])


def test_i1_what_it_traded_before_it_was_replaced_is_no_part_of_it(stage: Stage) -> None:
    stage.protect(iceberg_continues=True)
    order = stage.buy(ALICE, 10, 100, terms={"display_lots": 3})
    stage.sell(BOB, 1, 100)
    stage.do(m.replace_order, ALICE, order.order_id, 99, 10)
    assert stage.bids() == [(99, 3)]


def test_i2_the_next_part_goes_to_the_back_of_the_queue(stage: Stage) -> None:
    iceberg, other = stage.sell(ALICE, 10, 100, terms={"display_lots": 3}), stage.sell(CAROL, 5, 100)
    stage.buy(BOB, 3, 100)
    assert stage.asks() == [(100, 8)]
    stage.buy(BOB, 6, 100)
    assert maker_fills(stage) == [(other.order_id, 5), (iceberg.order_id, 1)]


def test_i2_the_last_part_is_what_is_left(stage: Stage) -> None:
    stage.sell(ALICE, 7, 100, terms={"display_lots": 3})
    stage.buy(BOB, 6, 100)
    assert stage.asks() == [(100, 1)]
    stage.buy(BOB, 1, 100)
    assert stage.asks() == []


def test_i2_in_an_auction_too(stage: Stage) -> None:
    """What the iceberg displays is used up: it stands behind the order that came after it."""
    stage.go(m.OPENING_AUCTION)
    iceberg, other = stage.sell(ALICE, 10, 100, terms={"display_lots": 3}), stage.sell(CAROL, 5, 100)
    stage.buy(BOB, 4, 100)
    stage.go(m.TRADING)
    assert (stage.trades(), stage.now(iceberg).filled_lots, stage.asks()) == ([(100, 4)], 4, [(100, 8)])
    stage.buy(BOB, 6, 100)
    assert maker_fills(stage) == [(other.order_id, 5), (iceberg.order_id, 1)]


def test_i2_part_of_what_is_displayed_keeps_the_place_in_an_auction(stage: Stage) -> None:
    stage.go(m.OPENING_AUCTION)
    iceberg = stage.sell(ALICE, 10, 100, terms={"display_lots": 3})
    stage.sell(CAROL, 5, 100)
    stage.buy(BOB, 2, 100)
    stage.go(m.TRADING)
    stage.buy(BOB, 1, 100)
    assert maker_fills(stage) == [(iceberg.order_id, 1)]


def test_i3_a_sweep_takes_what_is_displayed_first_then_refreshed_parts(stage: Stage) -> None:
    one = stage.sell(ALICE, 7, 100, terms={"display_lots": 3})
    plain = stage.sell(CAROL, 2, 100)
    two = stage.sell(CAROL, 4, 100, terms={"display_lots": 2})
    stage.sell(CAROL, 1, 101)
    stage.buy(BOB, 14, 101)
    ids = (one.order_id, plain.order_id, two.order_id)
    assert maker_fills(stage) == [
        *((ids[0], 3), (ids[1], 2), (ids[2], 2)),
        # What comes after the displayed parts is one trade a maker.
        *((ids[0], 4), (ids[2], 2)),
        (two.order_id + 1, 1),
    ]
    # One OrderEvent an order, however often it was met.
    told = [event[1] for event in stage.events_of(m.EV_ORDER)]
    assert sorted(told) == sorted({*ids, two.order_id + 1, two.order_id + 2})


def test_i4_reducing_takes_the_hidden_part_first_and_keeps_the_place(stage: Stage) -> None:
    iceberg = stage.sell(ALICE, 10, 100, terms={"display_lots": 4})
    stage.sell(CAROL, 5, 100)
    stage.do(m.reduce_order, ALICE, iceberg.order_id, 5)
    assert stage.asks() == [(100, 9)]
    stage.do(m.reduce_order, ALICE, iceberg.order_id, 2)
    assert (stage.asks(), stage.lots(ALICE)) == ([(100, 7)], (LOTS - 2, 2))
    stage.buy(BOB, 2, 100)
    assert maker_fills(stage) == [(iceberg.order_id, 2)]


# --- A: amending -----------------------------------------------------------------------------------------


def test_a1_reduce_lowers_the_total_and_keeps_the_place(stage: Stage) -> None:
    first, second = stage.sell(ALICE, 5, 100), stage.sell(CAROL, 5, 100)
    stage.buy(BOB, 2, 100)
    for wrong in (-1, 0, 5, 6):
        assert refused(stage.do(m.reduce_order, ALICE, first.order_id, wrong)) == "INVALID_REDUCE"
    stage.do(m.reduce_order, ALICE, first.order_id, 3)
    assert (stage.now(first).quantity_lots, stage.lots(ALICE)) == (3, (LOTS - 3, 1))
    stage.buy(BOB, 2, 100)
    assert maker_fills(stage) == [(first.order_id, 1), (second.order_id, 1)]


@pytest.mark.parametrize("lots", [1, 2])
@pytest.mark.parametrize("make", [m.reduce_order, m.replace_order])
def test_a1_a2_lowered_to_what_is_filled_or_below_an_order_ends(
    stage: Stage, make: Callable[..., m.Command], lots: int
) -> None:
    """The fill that came first must not leave the rest on the book, as CME's in-flight mitigation."""
    order = stage.buy(ALICE, 5, 100)
    stage.sell(BOB, 2, 100)
    price = () if make is m.reduce_order else (100,)
    events = stage.do(make, ALICE, order.order_id, *price, lots)
    told = m.OrderEvent(*events[0])
    assert (stage.state(order), told.quantity_lots, told.filled_lots) == ("canceled/reduced", 5, 2)
    assert (stage.bids(), stage.money(ALICE)) == ([], (MONEY - 2_000, 0))


def test_a2_one_that_ends_is_only_tested_for_its_price_and_quantity(stage: Stage) -> None:
    stage.change_symbol(min_notional_minor=1_000)
    order = stage.buy(ALICE, 5, 100)
    stage.sell(BOB, 4, 100)
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 10_001, 4)) == "PRICE_OUT_OF_BOUNDS"
    assert refused(stage.do(m.replace_order, ALICE, order.order_id, 100, 0)) == "INVALID_REPLACE"
    stage.do(m.replace_order, ALICE, order.order_id, 1, 4)
    assert stage.state(order) == "canceled/reduced"


@pytest.mark.attack("A23")
def test_a1_what_is_left_open_is_worth_naming(stage: Stage) -> None:
    """A thousand orders reduced to a lot each would be a thousand trades for one taker."""
    stage.change_symbol(min_notional_minor=3_000)
    order = stage.sell(ALICE, 10, 100)
    stage.buy(BOB, 4, 100)
    assert refused(stage.do(m.reduce_order, ALICE, order.order_id, 6)) == "BELOW_MIN_NOTIONAL"
    stage.do(m.reduce_order, ALICE, order.order_id, 7)
    assert stage.asks() == [(100, 3)]
    # To nothing at all it may always be lowered.
    stage.do(m.reduce_order, ALICE, order.order_id, 4)
    assert stage.state(order) == "canceled/reduced"


def test_a1_one_that_ends_moves_the_quote(stage: Stage) -> None:
    stage.buy(BOB, 1, 90)
    order, waits = stage.buy(BOB, 5, 100), stage.sell(ALICE, 1, 80, terms=stop(95, trigger_source=m.QUOTE))
    stage.sell(CAROL, 2, 100)
    stage.do(m.reduce_order, BOB, order.order_id, 1)
    assert stage.state(waits) == "filled"


def test_a1_a2_what_is_prevented_counts_as_done(stage: Stage) -> None:
    """Of 10, 4 prevented: reduced to 7 three are open, and at 4 it ends."""
    order = stage.sell(ALICE, 10, 100)
    stage.buy(ALICE, 4, 100, stp=m.STP_DECREMENT)
    assert refused(stage.do(m.reduce_order, ALICE, order.order_id, 10)) == "INVALID_REDUCE"
    stage.do(m.reduce_order, ALICE, order.order_id, 7)
    assert (stage.asks(), stage.now(order).quantity_lots) == ([(100, 3)], 7)
    stage.do(m.replace_order, ALICE, order.order_id, 101, 8)
    assert (stage.asks(), stage.now(order).quantity_lots) == ([(101, 4)], 8)
    stage.do(m.replace_order, ALICE, order.order_id, 101, 4)
    assert (stage.state(order), stage.lots(ALICE)) == ("canceled/reduced", (LOTS, 0))


def test_a2_the_same_price_and_a_lower_quantity_keeps_the_place(stage: Stage) -> None:
    first = stage.sell(ALICE, 5, 100)
    stage.sell(CAROL, 5, 100)
    stage.do(m.replace_order, ALICE, first.order_id, 100, 4)
    stage.buy(BOB, 1, 100)
    assert maker_fills(stage) == [(first.order_id, 1)]


@pytest.mark.parametrize(("price", "lots"), [(100, 5), (100, 6)])
def test_a2_any_other_replacement_goes_to_the_back(stage: Stage, price: int, lots: int) -> None:
    first, second = stage.sell(ALICE, 5, 100), stage.sell(CAROL, 5, 100)
    stage.do(m.replace_order, ALICE, first.order_id, price, lots)
    stage.buy(BOB, 6, 100)
    assert maker_fills(stage) == [(second.order_id, 5), (first.order_id, 1)]


def test_a2_away_and_back_is_to_the_back(stage: Stage) -> None:
    first, second = stage.sell(ALICE, 5, 100), stage.sell(CAROL, 5, 100)
    stage.do(m.replace_order, ALICE, first.order_id, 101, 4)
    stage.do(m.replace_order, ALICE, first.order_id, 100, 4)
    stage.buy(BOB, 1, 100)
    assert maker_fills(stage) == [(second.order_id, 1)]


def test_a2_a_replacement_may_trade_at_once(stage: Stage) -> None:
    bid = stage.buy(BOB, 5, 90)
    stage.sell(ALICE, 2, 100)
    stage.do(m.replace_order, BOB, bid.order_id, 100, 5)
    assert (stage.trades(), stage.state(bid), stage.bids()) == ([(100, 2)], "partially_filled", [(100, 3)])
    assert stage.money(BOB) == (MONEY - 5_000, 3_000)


def test_a2_if_the_new_terms_are_refused_the_old_order_stands(stage: Stage) -> None:
    bid = stage.buy(BOB, 5, 90, client_order_id="mine")
    for price, lots, code in (
        (0, 5, "PRICE_OUT_OF_BOUNDS"),
        (20_000, 5, "PRICE_OUT_OF_BOUNDS"),
        (90, 2_000, "QUANTITY_OUT_OF_BOUNDS"),
        (10_000, 1_000, "INSUFFICIENT_BALANCE"),
        (90, 0, "INVALID_REPLACE"),
    ):
        assert refused(stage.do(m.replace_order, BOB, bid.order_id, price, lots)) == code
        assert stage.now(bid) == bid
    assert (stage.bids(), stage.money(BOB)) == ([(90, 5)], (MONEY - 4_500, 4_500))


def test_a2_an_order_that_keeps_its_place_keeps_its_rates_any_other_takes_todays(stage: Stage) -> None:
    kept, moved = stage.sell(ALICE, 5, 100), stage.sell(ALICE, 5, 101)
    stage.do(m.set_fees, "ABC-KRW", ALICE, 10_000, 10_000)
    stage.do(m.replace_order, ALICE, kept.order_id, 100, 4)
    stage.do(m.replace_order, ALICE, moved.order_id, 101, 5)
    stage.buy(BOB, 9, 101)
    assert (stage.now(kept).fee_minor, stage.now(moved).fee_minor) == (0, 51)


def test_a3_cancel_replace_cancels_one_and_enters_another_of_any_kind(stage: Stage) -> None:
    old = stage.buy(BOB, 5, 90, client_order_id="mine")
    place = stage.order_tuple(BOB, m.SELL, 3, 80, terms=stop(85), client_order_id="mine")
    events = stage.do(m.cancel_replace, BOB, place, client_order_id="mine")
    canceled, entered = m.OrderEvent(*events[0]), m.OrderEvent(*events[1])
    assert (canceled.order_id, stage.state(old)) == (old.order_id, "canceled/replaced")
    assert (entered.client_order_id, extra(entered).trigger_ticks) == ("mine", 85)
    assert (stage.money(BOB), stage.lots(BOB)) == ((MONEY, 0), (LOTS - 3, 3))


def test_a3_the_new_order_may_use_what_the_old_one_held(stage: Stage) -> None:
    old = stage.buy(BOB, 1_000, 100)
    place = stage.order_tuple(BOB, m.BUY, 500, 200)
    stage.do(m.cancel_replace, BOB, place, order_id=old.order_id)
    assert stage.bids() == [(200, 500)]
    assert stage.money(BOB) == (0, MONEY)


def test_a3_if_the_cancel_fails_stop_on_failure_refuses_the_whole(stage: Stage) -> None:
    place = stage.order_tuple(BOB, m.BUY, 5, 90)
    assert refused(stage.do(m.cancel_replace, BOB, place, order_id=77)) == "ORDER_NOT_FOUND"
    gone = stage.cancel(stage.buy(BOB, 5, 90))
    assert refused(stage.do(m.cancel_replace, BOB, place, order_id=gone.order_id)) == "ORDER_NOT_OPEN"


def test_a3_allow_failure_enters_the_new_order_all_the_same(stage: Stage) -> None:
    place = stage.order_tuple(BOB, m.BUY, 5, 90)
    events = stage.do(m.cancel_replace, BOB, place, order_id=77, mode=m.ALLOW_FAILURE)
    assert m.RejectedEvent(*events[0]).code == "ORDER_NOT_FOUND"
    assert (m.OrderEvent(*events[1]).status, stage.bids()) == (m.NEW, [(90, 5)])
    events = stage.do(
        m.cancel_replace, BOB, stage.order_tuple(BOB, m.BUY, 0, 90), order_id=77, mode=m.ALLOW_FAILURE
    )
    codes = [m.RejectedEvent(*event).code for event in events]
    assert codes == ["ORDER_NOT_FOUND", "QUANTITY_OUT_OF_BOUNDS"]
    assert refused(stage.do(m.cancel_replace, BOB, place, order_id=77, mode=2)) == "INVALID_ORDER"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"price": 0}, ""),
        ({"price": 20_000}, "PRICE_OUT_OF_BOUNDS"),
        ({"price": 9_999}, "INSUFFICIENT_BALANCE"),
        ({"price": 100, "post_only": True}, "POST_ONLY_WOULD_TAKE"),
    ],
)
def test_a3_if_the_new_order_is_refused_the_cancel_stands_and_the_reply_says_both(
    stage: Stage, fields: dict[str, Any], code: str
) -> None:
    stage.sell(ALICE, 1, 100)
    old = stage.buy(BOB, 5, 90)
    events = stage.do(
        m.cancel_replace, BOB, stage.order_tuple(BOB, m.BUY, 200, **fields), order_id=old.order_id
    )
    assert stage.state(old) == "canceled/replaced"
    assert (events[1][3] if events[1][0] == m.EV_REJECTED else "") == code
    assert stage.bids() == []


def test_a3_a_symbol_that_is_not_there_refuses_the_new_order_only(stage: Stage) -> None:
    old = stage.buy(BOB, 5, 90)
    place = stage.order_tuple(BOB, m.BUY, 5, 90)
    events = stage.do(m.cancel_replace, BOB, (*place[:3], "NONE", *place[4:]), order_id=old.order_id)
    assert m.RejectedEvent(*events[1]).code == "SYMBOL_NOT_FOUND"
    assert stage.state(old) == "canceled/replaced"


def test_a3_what_the_cancel_fires_enters_after_the_new_order(stage: Stage) -> None:
    """The best bid goes and fires alice's stop; bob's new bid is there before it."""
    order = stage.sell(ALICE, 1, 1, terms=stop(95, trigger_source=m.QUOTE))
    old = stage.buy(BOB, 5, 99)
    stage.buy(CAROL, 5, 80)
    stage.do(m.cancel_replace, BOB, stage.order_tuple(BOB, m.BUY, 5, 94), order_id=old.order_id)
    assert (stage.trades(), stage.state(order)) == ([(94, 1)], "filled")
