"""FP of docs/orders.md: what an account pays, by its own rates, its plan and the symbol."""

from __future__ import annotations

import pytest

from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from exchange.engine.state.fee_plans import MAX_OWN, MAX_PLAN_RATES, MAX_PLANS
from tests.exchange.engine.pair import START_NS, UNFORGETTING
from tests.exchange.engine.stage import ALICE, BOB, CAROL, SYMBOL, Stage, refused
from tests.exchange.engine.venue import opening

OWN, EVERYWHERE, PLAN, LISTED = (1, 10), (2, 20), (3, 30), (0, 0)
OTHER = "ABD-KRW"


def paid(stage: Stage, account: int = ALICE, symbol: str = SYMBOL) -> tuple[int, int]:
    return stage.pair.core.fees(symbol, account)


def test_fp1_the_nearest_rate_counts() -> None:
    stage = Stage()
    assert paid(stage) == LISTED
    stage.do(m.set_fee_plan, 1, ((SYMBOL, *PLAN),))
    stage.do(m.set_account_plan, ALICE, 1)
    assert paid(stage) == PLAN and paid(stage, BOB) == LISTED
    stage.do(m.set_fees, m.EVERY_SYMBOL, ALICE, *EVERYWHERE)
    assert paid(stage) == EVERYWHERE
    stage.do(m.set_fees, SYMBOL, ALICE, *OWN)
    assert paid(stage) == OWN
    stage.do(m.clear_fees, m.EVERY_SYMBOL, ALICE)
    assert paid(stage) == OWN
    stage.do(m.clear_fees, SYMBOL, ALICE)
    assert paid(stage) == PLAN
    stage.do(m.set_account_plan, ALICE, m.NO_FEE_PLAN)
    assert paid(stage) == LISTED


def test_fp1_an_order_keeps_the_rates_it_entered_with() -> None:
    stage = Stage(maker_ppm=0, taker_ppm=0)
    stage.do(m.set_fee_plan, 7, ((SYMBOL, 10_000, 10_000),))
    stage.do(m.set_account_plan, ALICE, 7)
    before = stage.place(ALICE, m.SELL, 10, 100)
    stage.do(m.set_fee_plan, 7, ((SYMBOL, 50_000, 50_000),))
    after = stage.place(ALICE, m.SELL, 10, 100)
    stage.place(BOB, m.BUY, 20, 100)
    assert (stage.now(before).fee_minor, stage.now(after).fee_minor) == (100, 500)


def test_fp2_rates_on_all_symbols_are_on_those_listed_later() -> None:
    stage = Stage()
    stage.do(m.set_fees, m.EVERY_SYMBOL, ALICE, *EVERYWHERE)
    stage.do(m.set_fees, m.EVERY_SYMBOL, BOB, *OWN)
    stage.do(m.clear_fees, m.EVERY_SYMBOL, BOB)
    stage.do(m.set_asset, "ABD", 0)
    stage.do(m.set_symbol, OTHER, **(stage.symbol_terms | {"base": "ABD"}))
    assert paid(stage, ALICE, OTHER) == EVERYWHERE
    assert paid(stage, BOB, OTHER) == LISTED


def test_fp2_taking_back_what_is_not_there_changes_nothing() -> None:
    stage = Stage()
    assert stage.do(m.clear_fees, SYMBOL, ALICE) == [(m.EV_FEES, SYMBOL, ALICE, 0, 0, True)]
    assert paid(stage) == LISTED


def test_fp3_a_plan_changes_whole_and_for_all_its_accounts() -> None:
    stage = Stage()
    stage.do(m.set_fee_plan, 1, ((SYMBOL, *PLAN),))
    for account in (ALICE, BOB, CAROL):
        stage.do(m.set_account_plan, account, 1)
    stage.do(m.set_fees, m.EVERY_SYMBOL, BOB, *EVERYWHERE)
    stage.do(m.set_fees, SYMBOL, CAROL, *OWN)
    rates = ((SYMBOL, 4, 40),)
    assert stage.do(m.set_fee_plan, 1, rates) == [(m.EV_FEE_PLAN, 1, rates)]
    assert [paid(stage, account) for account in (ALICE, BOB, CAROL)] == [(4, 40), EVERYWHERE, OWN]
    assert stage.pair.core.fee_plans() == [(1, rates)]
    stage.do(m.clear_fees, SYMBOL, CAROL)
    assert paid(stage, CAROL) == (4, 40)
    stage.do(m.set_fee_plan, 1, ())
    assert [paid(stage, account) for account in (ALICE, BOB, CAROL)] == [LISTED, EVERYWHERE, LISTED]


def test_fp3_a_change_of_the_plan_left_does_not_reach_the_account() -> None:
    stage = Stage()
    for plan in (1, 2):
        stage.do(m.set_fee_plan, plan, ((SYMBOL, *PLAN),))
    stage.do(m.set_fees, "ABC-KRW", ALICE, *OWN)
    stage.do(m.set_account_plan, ALICE, 1)
    stage.do(m.set_account_plan, ALICE, 2)
    stage.do(m.clear_fees, "ABC-KRW", ALICE)
    stage.do(m.set_fee_plan, 1, ((SYMBOL, 9, 90),))
    assert paid(stage) == PLAN


@pytest.mark.parametrize(
    ("plan", "rates", "code"),
    [
        (0, (), "INVALID_FEE_PLAN"),
        (MAX_PLANS + 1, (), "INVALID_FEE_PLAN"),
        (1, ((SYMBOL, 0, 0),) * 2, "INVALID_FEE_PLAN"),
        (1, ((SYMBOL, 0, 0),) * (MAX_PLAN_RATES + 1), "INVALID_FEE_PLAN"),
        (1, (("NONE", 0, 0),), "SYMBOL_NOT_FOUND"),
        (1, ((m.EVERY_SYMBOL, 0, 0),), "SYMBOL_NOT_FOUND"),
        (1, ((SYMBOL, 1, -2),), "INVALID_FEES"),
        (1, ((SYMBOL, 100_001, 0),), "INVALID_FEES"),
    ],
)
def test_fp3_a_plan_out_of_bounds_is_refused_and_changes_nothing(
    plan: int, rates: tuple[tuple[str, int, int], ...], code: str
) -> None:
    stage = Stage()
    stage.do(m.set_fee_plan, 1, ((SYMBOL, *PLAN),))
    stage.do(m.set_account_plan, ALICE, 1)
    assert refused(stage.do(m.set_fee_plan, plan, rates)) == code
    assert paid(stage) == PLAN


def test_fp4_an_account_is_put_on_a_plan_that_there_is() -> None:
    stage = Stage()
    assert refused(stage.do(m.set_account_plan, ALICE, 1)) == "INVALID_FEE_PLAN"
    stage.do(m.set_fee_plan, MAX_PLANS, ())
    assert stage.do(m.set_account_plan, ALICE, MAX_PLANS) == [(m.EV_ACCOUNT, ALICE, m.ACTIVE, 0, MAX_PLANS)]
    stage.do(m.set_group, ALICE, 7)
    assert stage.events == [(m.EV_ACCOUNT, ALICE, m.ACTIVE, 7, MAX_PLANS)]
    assert stage.do(m.set_account_plan, ALICE, 0) == [(m.EV_ACCOUNT, ALICE, m.ACTIVE, 7)]
    assert refused(stage.do(m.set_account_plan, 5, 0)) == "ACCOUNT_NOT_FOUND"
    assert refused(stage.do(m.set_account_plan, m.FEE_ACCOUNT, 0)) == "ACCOUNT_NOT_FOUND"


def test_there_are_no_plans_before_the_rules_that_have_them() -> None:
    engine = Engine(Limits(), VENUE_RULES - 1)
    for number, command in enumerate(opening(((0, 0), (0, 0)))):
        engine.apply(command, START_NS + number)
    assert refused(engine.apply(m.set_fee_plan("p", 1, ()), START_NS + 100)) == "INVALID_COMMAND"
    assert refused(engine.apply(m.set_account_plan("a", ALICE, 1), START_NS + 101)) == "INVALID_FEE_PLAN"
    everywhere = m.set_fees("f", m.EVERY_SYMBOL, ALICE, 0, 0)
    assert refused(engine.apply(everywhere, START_NS + 102)) == "SYMBOL_NOT_FOUND"
    assert Engine.load(engine.dump()).dump() == engine.dump()


def test_the_walk_notices_rates_that_do_not_follow_from_the_plan() -> None:
    stage = Stage()
    engine = stage.pair.core
    account = engine._accounts[ALICE]
    account.own_fees[m.EVERY_SYMBOL] = OWN
    assert len(engine.check()) == 2


def test_fp2_so_many_accounts_have_rates_of_their_own_and_no_more() -> None:
    engine = Engine(UNFORGETTING)
    commands = [*opening(((0, 0), (0, 0)))]
    accounts = range(10_000, 10_000 + MAX_OWN + 1)
    commands += [m.set_account(f"a{account}", account) for account in accounts]
    commands += [m.set_fees(f"f{account}", m.EVERY_SYMBOL, account, *OWN) for account in accounts[:-1]]
    for command in commands:
        assert engine.apply(command, START_NS)[0][0] != m.EV_REJECTED
    assert refused(engine.apply(m.set_fees("no", SYMBOL, accounts[-1], *OWN), START_NS)) == "INVALID_FEES"
    assert engine.apply(m.set_fees("more", SYMBOL, accounts[0], *OWN), START_NS)[0][0] == m.EV_FEES
    engine.apply(m.clear_fees("c", m.EVERY_SYMBOL, accounts[1]), START_NS)
    assert engine.apply(m.set_fees("now", SYMBOL, accounts[-1], *OWN), START_NS)[0][0] == m.EV_FEES
    assert engine.check() == []


def test_fp3_a_change_of_the_plan_reaches_symbols_beside_the_own_rate() -> None:
    stage = Stage()
    for account in (ALICE, CAROL):
        stage.do(m.set_fees, SYMBOL, account, *OWN)
    stage.do(m.set_asset, "ABD", 0)
    stage.do(m.set_symbol, OTHER, **(stage.symbol_terms | {"base": "ABD"}))
    for plan, account in ((1, CAROL), (2, ALICE)):
        stage.do(m.set_fee_plan, plan, ((SYMBOL, *PLAN), (OTHER, *PLAN)))
        stage.do(m.set_account_plan, account, plan)
    stage.do(m.set_fee_plan, 1, ((OTHER, 4, 40),))
    assert (paid(stage, CAROL), paid(stage, CAROL, OTHER)) == (OWN, (4, 40))
    assert (paid(stage, ALICE), paid(stage, ALICE, OTHER)) == (OWN, PLAN)
