"""Orders that another triggers: rules L7 to L10."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from tests.exchange.engine import venue
from tests.exchange.engine.pair import Pair

A, B, C = venue.ACCOUNTS[:3]
SYMBOL = "XYZ-KRW"


def place(side: int, price: int, lots: int, account: int = A, **fields: Any) -> m.Command:
    return m.place_order("", account, SYMBOL, side, price_ticks=price, quantity_lots=lots, **fields)


STOP_LEG = place(m.SELL, 0, 4, order_type=m.MARKET, time_in_force=m.IOC,
                 terms=m.OrderTerms(trigger=m.STOP, trigger_ticks=8))  # fmt: skip


class Stage:
    """Both engines, with money for A and goods for B."""

    def __init__(self, **limits: int) -> None:
        self.pair = Pair(**limits)
        self.number = 0
        for command in venue.opening(((0, 0), (0, 0)), 1, None):
            self.pair.submit(command)
        for account, asset in ((A, "KRW"), (B, "KRW"), (B, "XYZ"), (C, "KRW"), (C, "XYZ")):
            self.do(m.deposit, account, asset, 10**5)

    def do(self, make: Any, *args: Any, **fields: Any) -> list[m.Event]:
        self.number += 1
        events = self.pair.submit(make(f"t{self.number}", *args, **fields))
        self.pair.check_state()
        self.pair.check_invariants()
        self.pair.round_trip()
        return events

    def enter(self, account: int, side: int, price: int, lots: int) -> m.OrderEvent:
        return m.OrderEvent(
            *self.do(m.place_order, account, SYMBOL, side, price_ticks=price, quantity_lots=lots)[0]
        )

    def oto(self, *places: m.Command) -> list[m.OrderEvent]:
        events = self.do(m.place_oto, A, *places)
        return [m.OrderEvent(*event) for event in events[: len(places)]]

    def order(self, order_id: int) -> tuple[str, str, int]:
        event = self.pair.core.order(order_id)
        assert event is not None
        order = m.OrderEvent(*event)
        second = m.OrderExtra(*order.extra).second if order.extra else 0
        return m.ORDER_STATUSES[order.status], m.REASONS[order.reason], second


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_l8_the_second_enters_when_the_first_is_filled(stage: Stage) -> None:
    working, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    assert stage.order(second.order_id) == ("new", "", m.SECOND_WAITS)
    stage.enter(B, m.SELL, 10, 3)
    assert stage.order(second.order_id) == ("new", "", m.SECOND_WAITS), "partly filled is not filled"
    stage.enter(B, m.SELL, 10, 1)
    assert stage.order(working.order_id)[0] == "filled"
    assert stage.order(second.order_id) == ("new", "", m.NOT_SECOND)
    assert stage.pair.core.depth(SYMBOL) == ([], [(12, 4)])


def test_l8_filled_at_once_the_second_is_in_the_same_reply(stage: Stage) -> None:
    stage.enter(B, m.SELL, 10, 4)
    working, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    assert (working.status, second.status) == (m.FILLED, m.NEW)
    assert stage.pair.core.depth(SYMBOL) == ([], [(12, 4)])


def test_l8_with_the_working_order_the_second_ends(stage: Stage) -> None:
    working, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    stage.enter(B, m.SELL, 10, 3)
    stage.do(m.cancel_order, A, working.order_id)
    assert stage.order(second.order_id) == ("canceled", "linked", m.SECOND_WAITS)


def test_l9_it_is_funded_when_its_turn_comes_or_ends(stage: Stage) -> None:
    working, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 5))
    stage.enter(B, m.SELL, 10, 4)
    assert stage.order(working.order_id)[0] == "filled"
    assert stage.order(second.order_id)[:2] == ("canceled", "insufficient_balance")


def test_l7_a_pair_enters_as_an_oco(stage: Stage) -> None:
    _, profit, stop = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4), STOP_LEG)
    stage.enter(B, m.SELL, 10, 4)
    assert stage.pair.core.depth(SYMBOL) == ([], [(12, 4)])
    stage.enter(C, m.BUY, 12, 4)
    assert stage.order(profit.order_id)[0] == "filled"
    assert stage.order(stop.order_id)[:2] == ("canceled", "linked")


def test_l9_a_pair_that_cannot_be_funded_ends_whole(stage: Stage) -> None:
    _, profit, stop = stage.oto(place(m.BUY, 10, 3), place(m.SELL, 12, 4), STOP_LEG)
    stage.enter(B, m.SELL, 10, 3)
    assert stage.order(profit.order_id)[:2] == ("canceled", "insufficient_balance")
    assert stage.order(stop.order_id)[:2] == ("canceled", "linked")


def test_l10_a_second_is_canceled_and_not_changed(stage: Stage) -> None:
    working, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    assert stage.do(m.reduce_order, A, second.order_id, 2)[0][3] == "INVALID_REDUCE"
    assert stage.do(m.replace_order, A, second.order_id, 14, 4)[0][3] == "INVALID_REPLACE"
    stage.do(m.cancel_order, A, second.order_id)
    assert stage.order(working.order_id)[0] == "new"


def test_l8_in_an_auction_they_wait_for_the_market_to_trade(stage: Stage) -> None:
    stage.do(m.set_symbol_status, SYMBOL, m.OPENING_AUCTION, "")
    _, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    stage.enter(B, m.SELL, 10, 4)
    stage.do(m.set_symbol_status, SYMBOL, m.CLOSED, "")
    assert stage.order(second.order_id) == ("new", "", m.SECOND_RELEASED)
    stage.do(m.set_symbol_status, SYMBOL, m.TRADING, "")
    assert stage.pair.core.depth(SYMBOL) == ([], [(12, 4)])


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        ([], "INVALID_ORDER"),
        ([place(m.SELL, 12, 4, post_only=True)], "INVALID_ORDER"),
        ([place(m.SELL, 0, 4, terms=m.OrderTerms(to_limit=True))], "INVALID_ORDER"),
        ([place(m.SELL, 12, 4), place(m.SELL, 14, 4)], "INVALID_ORDER"),
        ([place(m.SELL, 12, 4, client_order_id="w")], "CLIENT_ORDER_ID_IN_USE"),
        ([place(m.SELL, 11, 4)], "PRICE_OFF_TICK"),
    ],
)
def test_l7_what_may_not_follow_refuses_all(stage: Stage, seconds: list[m.Command], code: str) -> None:
    working = place(m.BUY, 10, 4, client_order_id="w")
    assert stage.do(m.place_oto, A, working, *seconds)[0][3] == code
    assert stage.pair.core.open_orders(A) == []


def test_a_snapshot_keeps_what_waits_for_what(stage: Stage) -> None:
    stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4), STOP_LEG)
    loaded = Engine.load(stage.pair.core.dump())
    assert loaded.state_hash() == stage.pair.core.state_hash()


def test_l8_a_second_that_was_canceled_does_not_enter(stage: Stage) -> None:
    _, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    stage.do(m.cancel_order, A, second.order_id)
    stage.enter(B, m.SELL, 10, 4)
    assert stage.pair.core.depth(SYMBOL) == ([], [])
    working, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    stage.do(m.cancel_order, A, second.order_id)
    stage.do(m.cancel_order, A, working.order_id)
    assert stage.order(second.order_id)[1] == "user"


def test_l7_symbol_funds_and_open_orders_refuse_all(stage: Stage) -> None:
    def elsewhere(side: int) -> m.Command:
        return m.place_order("", A, "NONE", side, price_ticks=10, quantity_lots=4)

    assert stage.do(m.place_oto, A, elsewhere(m.BUY), elsewhere(m.SELL))[0][3] == "SYMBOL_NOT_FOUND"
    poor = stage.do(m.place_oto, A, place(m.SELL, 10, 4), place(m.BUY, 9, 4))
    assert poor[0][3] == "INSUFFICIENT_BALANCE"
    for _ in range(5):
        stage.enter(A, m.BUY, 8, 1)
    now = {"time_in_force": m.IOC}
    events = stage.do(m.place_oto, A, place(m.BUY, 10, 1, **now), place(m.SELL, 12, 1, **now))
    assert events[0][0] == m.EV_ORDER
    three = stage.do(m.place_oto, A, place(m.BUY, 10, 4, **now), place(m.SELL, 12, 4), STOP_LEG)
    assert three[0][3] == "TOO_MANY_OPEN_ORDERS"
    stage.enter(A, m.BUY, 8, 1)
    two = stage.do(m.place_oto, A, place(m.BUY, 10, 1, **now), place(m.SELL, 12, 1, **now))
    assert two[0][3] == "TOO_MANY_OPEN_ORDERS"


def test_l9_a_market_second_and_one_with_options_enter_as_such(stage: Stage) -> None:
    stage.enter(C, m.BUY, 8, 9)
    market = {"order_type": m.MARKET, "time_in_force": m.IOC}
    _, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 0, 4, **market))
    stage.enter(B, m.SELL, 10, 4)
    assert stage.order(second.order_id)[0] == "filled"
    _, least = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 8, 4, terms=m.OrderTerms(min_lots=4)))
    stage.enter(B, m.SELL, 10, 4)
    assert stage.order(least.order_id)[0] == "filled"


def test_l10_a_released_pair_is_canceled_by_either_leg(stage: Stage) -> None:
    stage.do(m.set_symbol_status, SYMBOL, m.OPENING_AUCTION, "")
    _, first, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4), STOP_LEG)
    stage.enter(B, m.SELL, 10, 4)
    stage.do(m.set_symbol_status, SYMBOL, m.CLOSED, "")
    stage.do(m.cancel_order, A, second.order_id)
    assert stage.order(first.order_id)[:2] == ("canceled", "linked")
    stage.do(m.set_symbol_status, SYMBOL, m.TRADING, "")
    assert stage.pair.core.depth(SYMBOL) == ([], [])


def test_an_oto_asked_for_again_over_another_connection_is_the_same(stage: Stage) -> None:
    def over(session: str) -> m.Command:
        bound = {"terms": m.OrderTerms(session=session)}
        return m.place_oto("again", A, place(m.BUY, 10, 4, **bound), place(m.SELL, 12, 4, **bound))

    stage.pair.submit(over("one"))
    recalled = stage.pair.core.recall(over("two"))
    assert recalled is not None and recalled.sequence == stage.pair.core.sequence


def test_l8_the_same_without_a_snapshot_between(stage: Stage) -> None:
    events = stage.pair.submit(m.place_oto("one", A, place(m.BUY, 10, 4), place(m.SELL, 12, 4)))
    stage.pair.submit(m.cancel_order("two", A, events[1][1]))
    sell = m.place_order("three", B, SYMBOL, m.SELL, price_ticks=10, quantity_lots=4)
    stage.pair.submit(sell)
    assert stage.pair.core.depth(SYMBOL) == ([], [])
    stage.pair.check_invariants()


def test_l9_a_market_second_placed_in_an_auction_has_no_limit_of_one(stage: Stage) -> None:
    """It enters where the market trades: its price is not the one at which it would have gathered (M7)."""
    stage.do(m.set_symbol_status, SYMBOL, m.OPENING_AUCTION, "")
    market = place(m.SELL, 0, 4, order_type=m.MARKET, time_in_force=m.IOC)
    _, second = stage.oto(place(m.BUY, 10, 4), market)
    assert second.price_ticks == 0
    stage.enter(B, m.SELL, 10, 4)
    stage.enter(C, m.BUY, 8, 4)
    stage.do(m.set_symbol_status, SYMBOL, m.TRADING, "")
    assert stage.order(second.order_id) == ("filled", "", m.NOT_SECOND)


def test_l8_a_working_order_that_gathers_at_market_triggers_after_the_auction(stage: Stage) -> None:
    stage.do(m.set_symbol_status, SYMBOL, m.OPENING_AUCTION, "")
    market = place(m.BUY, 12, 4, order_type=m.MARKET, time_in_force=m.IOC)
    working, second = stage.oto(market, place(m.SELL, 14, 4))
    stage.enter(B, m.SELL, 10, 4)
    stage.do(m.set_symbol_status, SYMBOL, m.TRADING, "")
    assert stage.order(working.order_id)[0] == "filled"
    assert stage.pair.core.depth(SYMBOL) == ([], [(14, 4)])
    assert stage.order(second.order_id) == ("new", "", m.NOT_SECOND)


@pytest.mark.parametrize("time_in_force", [m.OPG, m.CLS])
def test_l7_no_order_of_an_oto_is_for_an_auction_alone(stage: Stage, time_in_force: int) -> None:
    stage.do(m.set_symbol_status, SYMBOL, m.OPENING_AUCTION, "")
    for fields in (({"time_in_force": time_in_force}, {}), ({}, {"time_in_force": time_in_force})):
        orders = (place(m.BUY, 10, 4, **fields[0]), place(m.SELL, 12, 4, **fields[1]))
        assert stage.do(m.place_oto, A, *orders)[0][3] == "INVALID_ORDER"


def test_b7_seconds_count_among_all_orders_of_an_account() -> None:
    stage = Stage(orders_per_account=3)
    orders = (place(m.BUY, 10, 4), place(m.SELL, 12, 4))
    working, _ = stage.oto(*orders)
    now = place(m.BUY, 9, 4, time_in_force=m.IOC)
    assert stage.do(m.place_oto, A, now, orders[1])[0][3] == "TOO_MANY_OPEN_ORDERS"
    # One that enters is counted once.
    stage.enter(B, m.SELL, 10, 4)
    assert stage.order(working.order_id)[0] == "filled"
    assert stage.oto(*orders)[0].status == m.NEW
    assert stage.do(m.place_oto, A, *orders)[0][3] == "TOO_MANY_OPEN_ORDERS"


def test_t4_a_second_whose_time_was_up_before_its_turn_expires(stage: Stage) -> None:
    ends = stage.pair.now_ns + 10**9
    gtd = {"time_in_force": m.GTD, "terms": m.OrderTerms(expire_ns=ends)}
    _, second = stage.oto(place(m.BUY, 10, 4), place(m.SELL, 12, 4, **gtd))
    sell = m.place_order("late", B, SYMBOL, m.SELL, price_ticks=10, quantity_lots=4)
    stage.pair.submit(sell, after_ns=2 * 10**9)
    stage.pair.check_state()
    stage.pair.check_invariants()
    stage.pair.round_trip()
    assert stage.order(second.order_id)[:2] == ("expired", "time")


def test_s5_a_second_waits_for_its_trigger_from_its_turn_on(stage: Stage) -> None:
    """Of two with the same trigger the one placed later has waited for it longer."""
    stop = {"price_ticks": 7, "quantity_lots": 1, "terms": m.OrderTerms(trigger=m.STOP, trigger_ticks=8)}
    _, second = stage.oto(place(m.BUY, 10, 1), m.place_order("", A, SYMBOL, m.SELL, **stop))
    other = stage.do(m.place_order, C, SYMBOL, m.SELL, **stop)[0][1]
    stage.enter(B, m.SELL, 10, 1)
    stage.enter(B, m.BUY, 7, 2)
    stage.enter(B, m.BUY, 8, 1)
    events = stage.do(m.place_order, C, SYMBOL, m.SELL, price_ticks=8, quantity_lots=1)
    takers = [m.TradeEvent(*event).taker_order_id for event in events if event[0] == m.EV_TRADE]
    assert takers[1:] == [other, second.order_id]
