"""docs/orders.md, F4 to F8: money in and out, between accounts, and withdrawals under way."""

from __future__ import annotations

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.stage import ALICE, BOB, CAROL, LOTS, MONEY, Stage, refused
from tests.exchange.engine.test_versions import FirstRules


def transfers(events: list[m.Event]) -> list[m.TransferEvent]:
    return [m.TransferEvent(*event) for event in events if event[0] == m.EV_TRANSFER]


def venue(stage: Stage, account: int, asset: str = "KRW") -> int:
    """What custody or the fee account has."""
    return sum(row[1] for row in stage.pair.core.balances(account) if row[0] == asset)


# --- F4: at once -------------------------------------------------------------------------------------------


def test_f4_a_deposit_comes_from_custody_and_a_withdrawal_goes_to_it(stage: Stage) -> None:
    before = venue(stage, m.CUSTODY_ACCOUNT)
    stage.do(m.deposit, ALICE, "KRW", 70)
    (out,) = transfers(stage.do(m.withdraw, ALICE, "KRW", 50))
    assert (out.kind, out.balance_after_minor) == (m.WITHDRAWN, MONEY + 20)
    assert len(stage.events[0]) == 7, "a plain transfer stays as short as it was"
    assert venue(stage, m.CUSTODY_ACCOUNT) == before - 20


def test_f4_no_more_of_an_asset_comes_in_than_a_column_holds(stage: Stage) -> None:
    stage.do(m.deposit, ALICE, "KRW", 10**36 - 3 * MONEY)
    assert refused(stage.do(m.deposit, BOB, "KRW", 1)) == "INVALID_AMOUNT"
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 5)
    assert refused(stage.do(m.deposit, BOB, "KRW", 1)) == "INVALID_AMOUNT"
    stage.do(m.settle_withdrawal, ALICE, "w")
    assert transfers(stage.do(m.deposit, BOB, "KRW", 5))


# --- F5: from one account to another -----------------------------------------------------------------------


def test_f5_a_move_takes_from_one_account_what_it_gives_to_another(stage: Stage) -> None:
    events = stage.do(m.move, ALICE, BOB, "KRW", 300, "rent")
    command_id = f"c{stage.commands}"
    head_out, head_in = (m.EV_TRANSFER, m.MOVED_OUT, command_id), (m.EV_TRANSFER, m.MOVED_IN, command_id)
    assert events == [
        (*head_out, ALICE, "KRW", 300, MONEY - 300, BOB, "rent"),
        (*head_in, BOB, "KRW", 300, MONEY + 300, ALICE, "rent"),
        (m.EV_BALANCE, ALICE, "KRW", MONEY - 300, 0),
        (m.EV_BALANCE, BOB, "KRW", MONEY + 300, 0),
    ]


def test_f5_held_money_does_not_move(stage: Stage) -> None:
    stage.buy(ALICE, 5, 100)
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 100)
    assert refused(stage.do(m.move, ALICE, BOB, "KRW", MONEY - 5_100 + 1)) == "INSUFFICIENT_BALANCE"
    assert stage.events[0][4] == (
        *("asset", "KRW", "required_minor", MONEY - 5_099),
        *("available_minor", MONEY - 5_100),
    )
    out, in_ = transfers(stage.do(m.move, ALICE, BOB, "KRW", MONEY - 5_100))
    assert (out.balance_after_minor, in_.balance_after_minor) == (5_100, 2 * MONEY - 5_100)
    assert stage.money(ALICE) == (0, 5_100)


@pytest.mark.parametrize(
    ("source", "target", "asset", "amount", "code"),
    [
        (ALICE, ALICE, "KRW", 5, "SAME_ACCOUNT"),
        (ALICE, 1999, "KRW", 5, "ACCOUNT_NOT_FOUND"),
        (1999, ALICE, "KRW", 5, "ACCOUNT_NOT_FOUND"),
        (1999, 1999, "KRW", 5, "ACCOUNT_NOT_FOUND"),
        (ALICE, BOB, "NONE", 5, "ASSET_NOT_FOUND"),
        (ALICE, BOB, "KRW", 0, "INVALID_AMOUNT"),
        (ALICE, BOB, "KRW", -5, "INVALID_AMOUNT"),
        (ALICE, BOB, "KRW", 10**40, "INSUFFICIENT_BALANCE"),
        (CAROL, BOB, "KRW", 5, "ACCOUNT_FROZEN"),
    ],
)
def test_f5_what_does_not_move(
    stage: Stage, source: int, target: int, asset: str, amount: int, code: str
) -> None:
    stage.do(m.set_account, CAROL, m.FROZEN)
    assert refused(stage.do(m.move, source, target, asset, amount)) == code


@pytest.mark.parametrize("account", [m.CUSTODY_ACCOUNT, m.FEE_ACCOUNT])
def test_f5_the_venues_own_accounts_are_neither_source_nor_target(stage: Stage, account: int) -> None:
    stage.change_symbol(taker_ppm=100_000)
    stage.trade_at(100)
    assert venue(stage, m.FEE_ACCOUNT) > 5
    assert refused(stage.do(m.move, account, ALICE, "KRW", 5)) == "ACCOUNT_NOT_FOUND"
    assert refused(stage.do(m.move, ALICE, account, "KRW", 5)) == "ACCOUNT_NOT_FOUND"
    assert refused(stage.do(m.pay_from_fees, account, "KRW", 5)) == "ACCOUNT_NOT_FOUND"


def test_f5_a_frozen_account_receives(stage: Stage) -> None:
    stage.do(m.set_account, BOB, m.FROZEN)
    stage.do(m.move, ALICE, BOB, "ABC", 4)
    assert stage.lots(BOB) == (LOTS + 4, 0)


def test_f5_a_move_is_remembered_by_its_sender(stage: Stage) -> None:
    command = m.move("once", ALICE, BOB, "KRW", 5)
    first, again = stage.submit(command)[:2], stage.submit(command)
    assert again == first
    assert stage.money(BOB) == (MONEY + 5, 0)
    assert refused(stage.submit(m.move("once", ALICE, BOB, "KRW", 6))) == "DUPLICATE_ID"
    # The receiver's ids are the receiver's.
    assert transfers(stage.submit(m.move("once", BOB, ALICE, "KRW", 5)))
    assert stage.money(ALICE) == stage.money(BOB) == (MONEY, 0)


# --- F6: held ----------------------------------------------------------------------------------------------


def test_f6_a_withdrawal_and_its_fee_are_held_from_its_request_on(stage: Stage) -> None:
    (held,) = transfers(stage.do(m.hold_withdrawal, ALICE, "w1", "KRW", 100, 7))
    assert held == m.TransferEvent(
        *(m.EV_TRANSFER, m.WITHDRAWAL_HELD, f"c{stage.commands}", ALICE, "KRW", 100, MONEY, 0, "", "w1", 7)
    )
    assert stage.money(ALICE) == (MONEY - 107, 107)
    assert stage.pair.core.withdrawals(ALICE) == [("w1", "KRW", 100, 7)]


@pytest.mark.parametrize(
    ("account", "name", "asset", "amount", "fee", "code"),
    [
        (1999, "w2", "KRW", 5, 0, "ACCOUNT_NOT_FOUND"),
        (m.FEE_ACCOUNT, "w2", "KRW", 5, 0, "ACCOUNT_NOT_FOUND"),
        (ALICE, "w2", "NONE", 5, 0, "ASSET_NOT_FOUND"),
        (ALICE, "w2", "KRW", 0, 5, "INVALID_AMOUNT"),
        (ALICE, "w2", "KRW", -5, 0, "INVALID_AMOUNT"),
        (ALICE, "w2", "KRW", 5, -1, "INVALID_AMOUNT"),
        (ALICE, "w1", "KRW", 5, 0, "WITHDRAWAL_ID_IN_USE"),
        (ALICE, "w2", "KRW", MONEY - 10, 1, "INSUFFICIENT_BALANCE"),
        (CAROL, "w2", "KRW", 5, 0, "ACCOUNT_FROZEN"),
    ],
)
def test_f6_what_is_not_held(
    stage: Stage, account: int, name: str, asset: str, amount: int, fee: int, code: str
) -> None:
    stage.do(m.set_account, CAROL, m.FROZEN)
    stage.do(m.hold_withdrawal, ALICE, "w1", "KRW", 10)
    assert refused(stage.do(m.hold_withdrawal, account, name, asset, amount, fee)) == code


def test_f6_an_account_has_only_so_many_open() -> None:
    stage = Stage(limits={"withdrawals_per_account": 2})
    for name in ("w1", "w2"):
        stage.do(m.hold_withdrawal, ALICE, name, "KRW", 5)
    assert refused(stage.do(m.hold_withdrawal, ALICE, "w3", "KRW", 5)) == "TOO_MANY_WITHDRAWALS"
    stage.do(m.hold_withdrawal, BOB, "w3", "KRW", 5)
    stage.do(m.release_withdrawal, ALICE, "w1")
    assert transfers(stage.do(m.hold_withdrawal, ALICE, "w3", "KRW", 5))


def test_f6_ids_are_the_accounts_own(stage: Stage) -> None:
    for account, amount in ((ALICE, 5), (BOB, 6)):
        stage.do(m.hold_withdrawal, account, "w", "KRW", amount)
    stage.do(m.settle_withdrawal, BOB, "w")
    assert (stage.money(ALICE), stage.money(BOB)) == ((MONEY - 5, 5), (MONEY - 6, 0))


def test_f6_nothing_but_its_end_frees_what_is_held(stage: Stage) -> None:
    stage.buy(ALICE, 5, 100)
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 100)
    stage.do(m.cancel_after, ALICE, 1_000)
    stage.do(m.cancel_all, ALICE)
    stage.do(m.set_account, ALICE, m.FROZEN)
    stage.tick(after_ns=3 * 24 * 3_600 * 10**9)
    assert stage.money(ALICE) == (MONEY - 100, 100)


# --- F7: settled or released -------------------------------------------------------------------------------


def test_f7_a_settled_withdrawal_leaves_and_its_fee_is_earned(stage: Stage) -> None:
    custody, fees = venue(stage, m.CUSTODY_ACCOUNT), venue(stage, m.FEE_ACCOUNT)
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 100, 7)
    (paid,) = transfers(stage.do(m.settle_withdrawal, ALICE, "w"))
    after = MONEY - 107
    assert paid == m.TransferEvent(
        *(m.EV_TRANSFER, m.WITHDRAWN, f"c{stage.commands}", ALICE, "KRW", 100, after, 0, "", "w", 7)
    )
    assert stage.money(ALICE) == (after, 0)
    assert (venue(stage, m.CUSTODY_ACCOUNT) - custody, venue(stage, m.FEE_ACCOUNT) - fees) == (100, 7)


def test_f7_a_released_withdrawal_is_available_again(stage: Stage) -> None:
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 100, 7)
    (back,) = transfers(stage.do(m.release_withdrawal, ALICE, "w"))
    assert (back.kind, back.amount_minor, back.fee_minor) == (m.WITHDRAWAL_RELEASED, 100, 7)
    assert (back.withdrawal_id, back.balance_after_minor, stage.money(ALICE)) == ("w", MONEY, (MONEY, 0))
    assert stage.pair.core.withdrawals(ALICE) == []


@pytest.mark.parametrize("end", [m.settle_withdrawal, m.release_withdrawal])
@pytest.mark.parametrize("again", [m.settle_withdrawal, m.release_withdrawal])
def test_f7_it_ends_once(stage: Stage, end: object, again: object) -> None:
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 100)
    first = stage.do(end, ALICE, "w")
    assert refused(stage.do(again, ALICE, "w")) == "WITHDRAWAL_NOT_FOUND"
    assert refused(stage.do(again, 1999, "w")) == "ACCOUNT_NOT_FOUND"
    command = m.settle_withdrawal("c-again", ALICE, "w2")
    stage.do(m.hold_withdrawal, ALICE, "w2", "KRW", 3)
    told = [event for event in stage.submit(command) if event[0] == m.EV_TRANSFER]
    assert stage.submit(command) == told, "the first answer again"
    assert first[0][0] == m.EV_TRANSFER


@pytest.mark.parametrize(("end", "left"), [(m.settle_withdrawal, MONEY - 5), (m.release_withdrawal, MONEY)])
def test_f7_a_frozen_accounts_too(stage: Stage, end: object, left: int) -> None:
    stage.do(m.hold_withdrawal, ALICE, "w", "KRW", 5)
    stage.do(m.set_account, ALICE, m.FROZEN)
    stage.do(end, ALICE, "w")
    assert stage.money(ALICE) == (left, 0)


def test_f7_their_ids_are_never_forgotten() -> None:
    engine = Engine()
    commands = [
        m.set_asset("a", "KRW", 0),
        m.set_account("b", ALICE),
        m.deposit("c", ALICE, "KRW", 10),
        m.hold_withdrawal("hold", ALICE, "w", "KRW", 4),
        m.settle_withdrawal("settle", ALICE, "w"),
    ]
    for command in commands:
        engine.apply(command, START_NS)
    for days in range(1, 9):
        engine.apply(m.tick(), START_NS + days * 24 * 3_600 * 10**9)
    assert all(engine.recall(command) for command in commands)


# --- F8: out of the fees -----------------------------------------------------------------------------------


def test_f8_a_share_of_fees_is_paid_out_of_the_fee_account(stage: Stage) -> None:
    stage.change_symbol(taker_ppm=100_000)
    stage.trade_at(100)
    assert venue(stage, m.FEE_ACCOUNT) == 100
    events = stage.do(m.pay_from_fees, ALICE, "KRW", 40, "share")
    head = (m.EV_TRANSFER, m.MOVED_IN, f"c{stage.commands}")
    assert events == [
        (*head, ALICE, "KRW", 40, MONEY + 40, m.FEE_ACCOUNT, "share"),
        (m.EV_BALANCE, ALICE, "KRW", MONEY + 40, 0),
    ]
    assert venue(stage, m.FEE_ACCOUNT) == 60
    assert refused(stage.do(m.pay_from_fees, ALICE, "KRW", 61)) == "INSUFFICIENT_BALANCE"
    stage.do(m.set_account, ALICE, m.FROZEN)
    assert transfers(stage.do(m.pay_from_fees, ALICE, "KRW", 60))


@pytest.mark.parametrize(
    ("account", "asset", "amount", "code"),
    [
        (1999, "KRW", 5, "ACCOUNT_NOT_FOUND"),
        (ALICE, "NONE", 5, "ASSET_NOT_FOUND"),
        (ALICE, "KRW", 0, "INVALID_AMOUNT"),
        (ALICE, "KRW", 1, "INSUFFICIENT_BALANCE"),
    ],
)
def test_f8_what_is_not_paid(stage: Stage, account: int, asset: str, amount: int, code: str) -> None:
    assert refused(stage.do(m.pay_from_fees, account, asset, amount)) == code


# --- before version 4 --------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    "command",
    [
        m.move("c", ALICE, BOB, "KRW", 5),
        m.pay_from_fees("c", ALICE, "KRW", 5),
        m.hold_withdrawal("c", ALICE, "w", "KRW", 5),
        m.settle_withdrawal("c", ALICE, "w"),
        m.release_withdrawal("c", ALICE, "w"),
    ],
    ids=lambda command: str(command[0]),
)
def test_earlier_versions_do_not_know_these(version: int, command: m.Command) -> None:
    assert refused(FirstRules(version).apply(command)) == "INVALID_COMMAND"


def test_a_snapshot_without_withdrawals_opens_as_one_that_has_none() -> None:
    engine = Engine()
    for number, command in enumerate(
        [m.set_asset("a", "KRW", 0), m.set_account("b", ALICE), m.deposit("c", ALICE, "KRW", 10)]
    ):
        engine.apply(command, START_NS + number)
    before = engine.dump()
    assert b'[1000,0,[["KRW",10,0]],[],0,0]' in before
    engine.apply(m.hold_withdrawal("d", ALICE, "w", "KRW", 4), START_NS + 9)
    assert b'[1000,0,[["KRW",6,4]],[],0,0,[["w","KRW",4,0]]]' in engine.dump()
    assert Engine.load(before).withdrawals(ALICE) == []
    assert Engine.load(engine.dump()).withdrawals(ALICE) == [("w", "KRW", 4, 0)]


def test_what_a_transfer_says_it_did_to_the_total_is_what_it_did(stage: Stage) -> None:
    stage.change_symbol(taker_ppm=100_000)
    stage.trade_at(100)
    totals = {account: sum(stage.money(account)) for account in (ALICE, BOB)}
    told = []
    for command in (
        m.deposit("1", ALICE, "KRW", 70),
        m.withdraw("2", ALICE, "KRW", 50),
        m.move("3", ALICE, BOB, "KRW", 30),
        m.pay_from_fees("4", BOB, "KRW", 20),
        m.hold_withdrawal("5", ALICE, "w1", "KRW", 40, 6),
        m.hold_withdrawal("6", ALICE, "w2", "KRW", 40, 6),
        m.settle_withdrawal("7", ALICE, "w1"),
        m.release_withdrawal("8", ALICE, "w2"),
    ):
        for transfer in transfers(stage.submit(command)):
            change = m.transfer_change(transfer.kind, transfer.amount_minor, transfer.fee_minor)
            totals[transfer.account] += change
            assert totals[transfer.account] == transfer.balance_after_minor
            assert totals[transfer.account] == sum(stage.money(transfer.account))
            told.append(change)
    assert told == [70, -50, -30, 30, 20, 0, 0, -46, 0]
