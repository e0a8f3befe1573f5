"""Edges of the rules that random streams meet too seldom: each case once passed with its rule broken."""

from __future__ import annotations

from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.stage import ALICE, BOB, CAROL, LOTS, MONEY, SYMBOL, Stage
from tests.exchange.engine.venue import opening

HOUR_NS = 3_600 * 10**9


def test_m2_the_walk_ends_with_the_first_level_that_cannot_be_paid(stage: Stage) -> None:
    """What the refusal calls required is what the walk has counted: no level after the first too many."""
    for level in range(12):
        stage.sell(ALICE, 1, 100 + level)
    stage.do(m.withdraw, BOB, "KRW", MONEY - 2_009)
    for lots in range(2, 13):
        (event,) = stage.submit(stage.order_tuple(BOB, m.BUY, lots))
        details = m.RejectedEvent(*event).details
        assert dict(zip(details[::2], details[1::2], strict=True)) == {
            "asset": "KRW",
            "required_minor": 1_000 + 1_010,
            "available_minor": 2_009,
        }


def test_m4_a_rest_worth_less_than_a_lot_step_is_not_held_for_at_a_worse_price() -> None:
    """1,500 is left after two lots at 100: one lot there, half of a lot step, while 100 is not used up."""
    stage = Stage(lot_step=2, min_quantity_lots=2)
    stage.buy(ALICE, 4, 100)
    stage.buy(ALICE, 10, 50)
    stage.do(m.withdraw, BOB, "ABC", LOTS - 2)
    order = stage.sell(BOB, 0, quote_amount_minor=3_500)
    assert (order.filled_lots, stage.trades()) == (2, [(100, 2)])
    assert stage.lots(BOB) == (0, 0)


def test_a_group_is_no_account_even_if_their_numbers_are_the_same(stage: Stage) -> None:
    """Groups are free numbers: one may be the number of somebody else's account, who still trades with it."""
    stage.do(m.set_group, ALICE, BOB)
    stage.do(m.set_group, CAROL, ALICE)
    for seller, buyer in ((BOB, ALICE), (ALICE, BOB), (CAROL, ALICE), (CAROL, BOB)):
        resting = stage.sell(seller, 1, 100)
        assert stage.buy(buyer, 1, 100).filled_lots == 1
        assert stage.state(resting) == "filled"


def test_a_rebate_that_could_not_be_paid_lowers_no_hold(stage: Stage) -> None:
    """The taker pays no fee, so the fee account has nothing: what alice is owed is no money she has."""
    stage.do(m.set_fees, SYMBOL, ALICE, -50_000, 50_000)
    resting = stage.buy(ALICE, 100, 100)
    assert stage.money(ALICE) == (MONEY - 105_000, 105_000)
    stage.sell(BOB, 99, 100)
    # One lot is open, worth 1,000; the rebate owed on 99 is more than the fee on that one.
    assert stage.money(ALICE) == (MONEY - 100_000, 1_000)
    stage.sell(BOB, 1, 100)
    assert stage.money(ALICE) == (MONEY - 100_000, 0)
    assert stage.now(resting).fee_minor == 0


def test_a_command_is_remembered_for_the_whole_time_and_no_longer() -> None:
    limits = Limits()
    engine = Engine(limits)
    for command in (*opening(((0, 0), (0, 0))), m.deposit("d", 1000, "KRW", 10**9)):
        engine.apply(command, START_NS)
    order = m.place_order("once", 1000, "ABC-KRW", m.BUY, price_ticks=10, quantity_lots=5)
    events = engine.apply(order, START_NS)
    engine.apply(m.tick(), START_NS + limits.retention_ns)
    recalled = engine.recall(order)
    assert recalled is not None
    assert [event[1] for event in recalled.events] == [event[1] for event in events if event[0] == m.EV_ORDER]
    engine.apply(m.tick(), START_NS + limits.retention_ns + 1)
    assert engine.recall(order) is None
