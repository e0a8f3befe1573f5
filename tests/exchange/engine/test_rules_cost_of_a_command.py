"""Rules X1 to X4 and I1, I3 of docs/orders.md: what one command may do, and what an iceberg may make it
do."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import ALICE, BOB, CAROL, LOTS, SECOND_NS, SYMBOL, Stage, refused, stop


def sells(stage: Stage, *lots: int, account: int = ALICE, price: int = 100) -> list[m.OrderEvent]:
    return [stage.sell(account, each, price) for each in lots]


def fills(stage: Stage) -> list[tuple[int, int]]:
    """(maker, lots) of what the last command traded."""
    trades = [m.TradeEvent(*event) for event in stage.events_of(m.EV_TRADE)]
    return [(trade.maker_order_id, trade.quantity_lots) for trade in trades]


# --- X1: trades of an order ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"lots": 5, "price": 100},
        {"lots": 5, "price": 101, "time_in_force": m.GTC},
        {"lots": 5, "price": 100, "time_in_force": m.IOC},
        {"lots": 5},
        {"lots": 0, "quote_amount_minor": 6_000},
    ],
)
def test_x1_the_rest_of_an_order_that_made_as_many_trades_as_it_may_is_canceled(
    fields: dict[str, Any],
) -> None:
    stage = Stage(trades=3)
    sells(stage, 1, 1, 1, 1, 1)
    taker = stage.buy(BOB, **fields)
    assert (stage.state(taker), taker.filled_lots, len(stage.trades())) == ("canceled/trade_limit", 3, 3)
    assert (stage.asks(), stage.bids()) == ([(100, 2)], [])
    assert stage.money(BOB)[1] == 0


def test_x1_an_order_that_meets_nobody_else_with_its_last_trade_rests() -> None:
    stage = Stage(trades=3)
    sells(stage, 1, 1, 1)
    stage.sell(ALICE, 1, 101)
    assert stage.state(stage.buy(BOB, 5, 100)) == "partially_filled"
    assert stage.bids() == [(100, 2)]


def test_x1_at_the_next_price_too() -> None:
    stage = Stage(trades=2)
    sells(stage, 1, 1)
    stage.sell(ALICE, 1, 101)
    assert stage.state(stage.buy(BOB, 3, 101)) == "canceled/trade_limit"
    assert stage.asks() == [(101, 1)]


def test_x1_fok_needs_no_more_trades_than_an_order_may_make() -> None:
    stage = Stage(trades=3)
    sells(stage, 1, 1, 1, 1)
    assert stage.state(stage.buy(BOB, 4, 100, time_in_force=m.FOK)) == "canceled/fok_unfillable"
    assert stage.state(stage.buy(BOB, 3, 100, time_in_force=m.FOK)) == "filled"


@pytest.mark.parametrize(
    ("displays", "lots", "outcome"),
    [
        # One alone is one trade, whatever it hides.
        ((1,), 9, "filled"),
        # The displayed parts are a trade each, and what comes after them one more of each.
        ((1, 1), 4, "filled"),
        ((1, 1), 3, "filled"),
        # Four trades were left for the parts after the displayed ones, or three, or two: these are single
        # parts.
        ((1, 1, 1), 5, "canceled/fok_unfillable"),
        ((1, 1, 1), 4, "filled"),
    ],
)
def test_x1_fok_counts_the_trades_with_icebergs(displays: tuple[int, ...], lots: int, outcome: str) -> None:
    stage = Stage(trades=4)
    for display in displays:
        stage.sell(ALICE, 9, 100, terms={"display_lots": display})
    assert stage.state(stage.buy(BOB, lots, 100, time_in_force=m.FOK)) == outcome


@pytest.mark.parametrize("stp", [m.STP_CANCEL_OLDEST, m.STP_DECREMENT])
def test_x1_what_self_trade_prevention_meets_counts(stp: int) -> None:
    stage = Stage(trades=3)
    sells(stage, 1, 1, account=BOB)
    sells(stage, 1, 1)
    taker = stage.buy(BOB, 5, 100, stp=stp)
    assert (stage.state(taker), taker.filled_lots) == ("canceled/trade_limit", 1)
    assert stage.asks() == [(100, 1)]


def test_x1_a_market_order_holds_for_the_trades_it_may_make() -> None:
    stage = Stage(trades=2)
    sells(stage, 300, 300, 300)
    # 900 lots would be 900,000: more than 2 x 300 lots cost, which carol has.
    stage.do(m.withdraw, CAROL, "KRW", 390_000)
    taker = stage.buy(CAROL, 900)
    assert (stage.state(taker), taker.filled_lots, stage.money(CAROL)) == (
        "canceled/trade_limit",
        600,
        (10_000, 0),
    )


def test_x1_more_icebergs_than_trades_left_give_a_part_each() -> None:
    stage = Stage(trades=5)
    first, second, third = (stage.sell(ALICE, 9, 100, terms={"display_lots": 2}) for _ in range(3))
    ids = first.order_id, second.order_id, third.order_id
    taker = stage.buy(BOB, 20, 100)
    assert fills(stage) == [(ids[0], 2), (ids[1], 2), (ids[2], 2), (ids[0], 2), (ids[1], 2)]
    assert stage.state(taker) == "canceled/trade_limit"


# --- X2: fired orders ----------------------------------------------------------------------------------


def cascade() -> tuple[Stage, list[m.OrderEvent]]:
    """Three stops that one trade fires, where a command may make two trades; asks for all of them."""
    stage = Stage(trades=2)
    sells(stage, 1, 1, 1, 1, 1, 1, price=110)
    stops = [stage.buy(CAROL, 1, 120, terms=stop(105)) for _ in range(3)]
    stage.buy(BOB, 1, 110)
    return stage, stops


def test_x2_fired_orders_beyond_the_bound_wait_for_the_next_tick_which_is_due_at_once() -> None:
    stage, stops = cascade()
    # The command's own trade and one entering order (which counts, as its trade does) are the bound.
    assert [stage.state(each) for each in stops] == ["filled", "new", "new"]
    assert [m.OrderExtra(*(stage.now(each).extra or ())).triggered_ns > 0 for each in stops] == [True] * 3
    assert stage.pair.core.next_due_ns() == stage.pair.now_ns
    stage.tick()
    assert [stage.state(each) for each in stops] == ["filled", "filled", "new"]
    stage.tick()
    assert [stage.state(each) for each in stops] == ["filled"] * 3
    assert (stage.pair.core.next_due_ns() or 0) > stage.pair.now_ns


def test_x2_other_commands_go_on_and_what_they_fire_queues_behind() -> None:
    stage, stops = cascade()
    late = stage.buy(CAROL, 1, 120, terms=stop(109, trigger_now=True))
    assert stage.state(late) == "new"
    assert stage.state(stage.buy(BOB, 1, 110)) == "filled"
    assert stage.state(stops[1]) == "new"
    for _ in range(3):
        stage.tick()
    assert [stage.state(each) for each in (*stops, late)] == ["filled"] * 4


def test_x2_what_is_left_over_may_be_canceled() -> None:
    stage, stops = cascade()
    assert refused(stage.do(m.replace_order, CAROL, stops[1].order_id, 121, 1)) == "INVALID_REPLACE"
    assert stage.cancel(stops[1]).status == m.CANCELED
    assert stage.pair.core.next_due_ns() == stage.pair.now_ns
    assert stage.cancel(stops[2]).status == m.CANCELED
    assert (stage.pair.core.next_due_ns() or 0) > stage.pair.now_ns


def test_x2_an_order_fires_at_once_when_all_that_was_left_over_is_gone() -> None:
    stage, stops = cascade()
    quoted = stage.buy(CAROL, 1, 120, terms=stop(110, trigger_source=m.QUOTE, trigger_now=True))
    assert stage.state(quoted) == "new"
    stage.cancel(stops[1])
    stage.cancel(stops[2])
    stage.tick()
    assert stage.state(quoted) == "filled"


def test_x2_a_change_of_status_ends_the_wait() -> None:
    stage, stops = cascade()
    stage.go(m.HALTED)
    assert (stage.pair.core.next_due_ns() or 0) > stage.pair.now_ns
    stage.tick()
    assert stage.state(stops[1]) == "new"
    stage.go(m.TRADING, reason="it was nothing", direct=True)
    assert [stage.state(each) for each in stops] == ["filled", "filled", "new"]


def test_x2_each_fired_order_may_trade_as_if_just_placed() -> None:
    stage = Stage(trades=3)
    sells(stage, 1, 1, 1, 1, 1, 1, price=110)
    held = stage.buy(CAROL, 5, 120, terms=stop(105))
    stage.buy(BOB, 1, 110)
    assert (stage.state(held), stage.now(held).filled_lots) == ("canceled/trade_limit", 3)


def test_x2_an_auction_counts() -> None:
    stage = Stage(trades=2)
    stops = [stage.buy(CAROL, 1, 120, terms=stop(105)) for _ in range(2)]
    stage.go(m.OPENING_AUCTION)
    sells(stage, 1, 1, 1, 1, price=110)
    for _ in range(2):
        stage.buy(BOB, 1, 110)
    stage.go(m.TRADING)
    assert [stage.state(each) for each in stops] == ["new", "new"]
    stage.tick(SECOND_NS)
    assert [stage.state(each) for each in stops] == ["filled", "new"]


# --- X3: exits -----------------------------------------------------------------------------------------


def test_x3_exits_share_the_trades_of_the_order_that_filled_their_entry() -> None:
    stage = Stage(trades=2)
    entry = stage.order_tuple(CAROL, m.BUY, 1, 100)
    # Its take-profit is below what it buys at, so it sells at once where somebody buys.
    bought = stage.bracket(entry, 90, 80)
    stage.buy(ALICE, 2, 95)
    stage.sell(BOB, 1, 100)
    # Alice's and Bob's orders have the two ids between.
    assert [stage.state(bought.order_id + number) for number in (3, 4)] == ["filled", "canceled/linked"]
    assert stage.trades() == [(100, 1), (95, 1)]


def test_x3_with_no_trade_left_one_that_would_trade_is_canceled_with_its_stop() -> None:
    stage = Stage(trades=1)
    bought = stage.bracket(stage.order_tuple(CAROL, m.BUY, 1, 100), 90, 80)
    stage.buy(ALICE, 2, 95)
    stage.sell(BOB, 1, 100)
    take_profit, stop_order = (bought.order_id + number for number in (3, 4))
    assert (stage.state(take_profit), stage.state(stop_order)) == ("canceled/trade_limit", "canceled/linked")
    assert stage.lots(CAROL) == (LOTS + 1, 0)


# --- I1 and I3 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lots", "display", "least"), [(400, 3, 4), (401, 4, 5), (100, 2, 3), (100, 1, 3)])
def test_i1_the_displayed_part_is_worth_naming(lots: int, display: int, least: int) -> None:
    """A hundredth of the quantity, and the minimum notional: 2,500 is two and a half lots at 100."""
    stage = Stage(min_notional_minor=2_500)
    terms = {"display_lots": display}
    assert stage.refusal(ALICE, m.SELL, lots, 100, terms=terms) == "DISPLAY_TOO_SMALL"
    assert stage.events[0][4] == ("field", "display_quantity", "minimum_lots", least)
    stage.sell(ALICE, lots, 100, terms={"display_lots": least})


def test_i1_the_least_that_is_told_is_a_quantity_that_is_taken() -> None:
    stage = Stage(min_notional_minor=2_500, lot_step=2, min_quantity_lots=6)
    assert stage.refusal(ALICE, m.SELL, 1_000, 100, terms={"display_lots": 8}) == "DISPLAY_TOO_SMALL"
    assert stage.events[0][4][-1] == 10
    stage = Stage(min_notional_minor=7_500, lot_step=2, min_quantity_lots=6)
    assert stage.refusal(ALICE, m.SELL, 100, 100, terms={"display_lots": 6}) == "DISPLAY_TOO_SMALL"
    assert stage.events[0][4][-1] == 8


def test_i1_in_a_cancel_replace_too() -> None:
    stage = Stage(min_notional_minor=2_500)
    old = stage.sell(ALICE, 10, 100)
    new = stage.order_tuple(ALICE, m.SELL, 10, 100, terms={"display_lots": 1})
    events = stage.do(m.cancel_replace, ALICE, new, order_id=old.order_id)
    assert (events[0][0], events[1][3], events[1][4][-1]) == (m.EV_ORDER, "DISPLAY_TOO_SMALL", 3)


def test_i1_an_amendment_keeps_to_it_unless_it_keeps_its_place() -> None:
    stage = Stage()
    iceberg = stage.sell(ALICE, 100, 100, terms={"display_lots": 2})
    plain = stage.sell(ALICE, 100, 101)
    replace = m.replace_order
    assert refused(stage.do(replace, ALICE, iceberg.order_id, 100, 201)) == "DISPLAY_TOO_SMALL"
    assert stage.events[0][4] == ("field", "display_quantity", "minimum_lots", 3)
    stage.do(replace, ALICE, plain.order_id, 100, 201)
    stage.do(replace, ALICE, iceberg.order_id, 100, 200)
    stage.change_symbol(min_notional_minor=5_000)
    assert refused(stage.do(replace, ALICE, iceberg.order_id, 101, 200)) == "DISPLAY_TOO_SMALL"
    stage.do(replace, ALICE, iceberg.order_id, 100, 150)
    assert stage.now(iceberg).quantity_lots == 150


def test_i3_one_alone_gives_all_it_has_in_one_trade() -> None:
    stage = Stage()
    iceberg = stage.sell(ALICE, 10, 100, terms={"display_lots": 3})
    stage.buy(BOB, 2, 100)
    stage.buy(BOB, 6, 100)
    assert (fills(stage), stage.asks()) == ([(iceberg.order_id, 6)], [(100, 1)])
    stage.buy(BOB, 5, 100)
    assert (fills(stage), stage.asks(), stage.bids()) == ([(iceberg.order_id, 2)], [], [(100, 3)])


def test_i3_several_take_turns_and_one_trade_each_tells_what_they_gave() -> None:
    stage = Stage()
    first = stage.buy(ALICE, 10, 100, terms={"display_lots": 2})
    second = stage.buy(CAROL, 30, 100, terms={"display_lots": 3})
    ids = first.order_id, second.order_id
    # 2, 3 | 2, 3, 2, 3, 2 and 1 of the next part.
    stage.sell(BOB, 18, 100)
    assert fills(stage) == [(ids[0], 2), (ids[1], 3), (ids[0], 6), (ids[1], 7)]
    assert stage.bids() == [(100, 2 + 2)]
    stage.sell(BOB, 2, 100)
    assert fills(stage) == [(ids[1], 2)]
    stage.sell(BOB, 30, 100)
    assert fills(stage) == [(ids[0], 2), (ids[1], 18)]


def test_i3_by_amount_too() -> None:
    stage = Stage(lot_step=2)
    first = stage.sell(ALICE, 10, 100, terms={"display_lots": 2})
    second = stage.sell(CAROL, 30, 100, terms={"display_lots": 4})
    stage.buy(BOB, 0, quote_amount_minor=19_500)
    # What it takes after the displayed parts: 2, 4, 2, 4 and no half of a lot step.
    assert fills(stage) == [
        (first.order_id, 2),
        (second.order_id, 4),
        (first.order_id, 4),
        (second.order_id, 8),
    ]


@pytest.mark.attack("A23")
def test_the_trades_of_many_makers_end_at_a_thousand() -> None:
    """The bound a venue has, once with its real figure, without the naive engine's patience."""
    from exchange.engine import Engine

    engine, now = Engine(), 10**18
    terms = Stage().symbol_terms | {"max_open_orders": 2_000, "max_quantity_lots": 10**6}
    commands = [m.set_asset("a", "KRW", 1), m.set_asset("b", "ABC", 0), m.set_symbol("s", SYMBOL, **terms)]
    commands += [m.set_account(f"u{account}", account) for account in (ALICE, BOB)]
    commands += [m.deposit("d", ALICE, "ABC", 2_000), m.deposit("e", BOB, "KRW", 10**9)]
    commands += [
        m.place_order(f"{n}", ALICE, SYMBOL, m.SELL, price_ticks=100, quantity_lots=1) for n in range(1_500)
    ]
    for command in commands:
        engine.apply(command, now)
    taker = m.place_order("t", BOB, SYMBOL, m.BUY, price_ticks=100, quantity_lots=1_500)
    events = engine.apply(taker, now)
    assert (m.OrderEvent(*events[0]).filled_lots, m.OrderEvent(*events[0]).reason) == (
        1_000,
        m.REASON_TRADE_LIMIT,
    )
    recalled = engine.recall(taker)
    assert recalled is not None
    # X4: what is remembered is about the one who asked, and bounded.
    assert recalled.events == [
        event for event in events if event[0] == m.EV_TRADE or event[:3] == (m.EV_ORDER, 1_501, BOB)
    ]
    assert engine.check() == []
