"""Four eyes: what two operators can do, and what nobody can do alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.identity import roles
from accounts.models import User
from custody import levels
from custody.models import (
    Withdrawal,
    WithdrawalApproval,
    WithdrawalRules,
    WithdrawalStep,
    WithdrawalVerdict,
)
from custody.states import WithdrawalState
from custody.withdrawals import reviewing
from exchange.errors import ApiError
from exchange.models import Account, AuditRecord
from tests.conftest import Person, make_person
from tests.custody.cast import KRW, Desk, ask, custody_settings

pytestmark = pytest.mark.django_db
State = WithdrawalState


@pytest.fixture(autouse=True)
def _without_letters(settings: Any) -> None:
    custody_settings(settings, MAIL="never", LEVEL=2)


@pytest.fixture
def olga(db: None) -> User:
    return make_person("olga", roles.OPERATOR).user


@pytest.fixture
def otto(db: None) -> User:
    return make_person("otto", roles.OPERATOR).user


@pytest.fixture
def large(desk: Desk, alice: Person) -> Withdrawal:
    row = desk.row(ask(alice, "20000000"))
    assert row.state == State.IN_REVIEW
    return row


def refusal(act: Any, *args: Any) -> str:
    with pytest.raises(ApiError) as caught:
        act(*args)
    return caught.value.code


def test_two_approve_it(desk: Desk, large: Withdrawal, olga: User, otto: User) -> None:
    reviewing.approve(large, olga, "seen")
    assert large.state == State.IN_REVIEW
    desk.run()
    large.refresh_from_db()
    assert large.state == State.IN_REVIEW, "one is not enough"
    reviewing.approve(large, otto, "seen too")
    assert large.state == State.APPROVED
    desk.run()
    large.refresh_from_db()
    assert large.state == State.SENT
    acts = AuditRecord.objects.filter(kind="withdrawal.approved").order_by("id")
    assert [(act.actor, act.reason) for act in acts] == [("olga", "seen"), ("otto", "seen too")]


def test_nobody_approves_twice(large: Withdrawal, olga: User) -> None:
    reviewing.approve(large, olga, "seen")
    assert refusal(reviewing.approve, large, olga, "again") == "ALREADY_APPROVED"
    with pytest.raises(IntegrityError), transaction.atomic():
        WithdrawalApproval.objects.create(withdrawal=large, by=olga, reason="x", user_id=large.user_id)


def test_nobody_approves_their_own(large: Withdrawal, alice: Person, olga: User) -> None:
    alice.user.groups.add(olga.groups.get())
    customer = User.objects.get(pk=alice.user.pk)
    for act in (reviewing.approve, reviewing.decline):
        assert refusal(act, large, customer, "mine") == "OWN_ACCOUNT"
    with pytest.raises(IntegrityError), transaction.atomic():
        WithdrawalApproval.objects.create(withdrawal=large, by=customer, reason="x", user_id=large.user_id)


def test_nor_one_of_an_account_in_the_same_group(large: Withdrawal, alice: Person, olga: User) -> None:
    Account.objects.filter(number=alice.account).update(group=7)
    Account.objects.create(number=2001, user=olga, group=7)
    assert refusal(reviewing.approve, large, olga, "a friend's") == "OWN_ACCOUNT"


def test_a_role_without_the_permission_decides_nothing(large: Withdrawal) -> None:
    for role in (roles.SUPPORT, roles.AUDITOR, roles.TRADER):
        user = make_person(f"the {role}", role).user
        for act in (reviewing.approve, reviewing.decline):
            assert refusal(act, large, user, "x") == "PERMISSION_DENIED"


def test_compliance_reviews_and_does_not_settle(
    large: Withdrawal, olga: User, otto: User, desk: Desk
) -> None:
    clara = make_person("clara", roles.COMPLIANCE).user
    reviewing.approve(large, clara, "known customer")
    reviewing.approve(large, olga, "seen")
    desk.run()
    large.refresh_from_db()
    assert refusal(reviewing.say_paid, large, clara, "tx", "seen") == "PERMISSION_DENIED"


@pytest.mark.parametrize("approvals", [0, 1, 2])
def test_one_decline_ends_it(
    desk: Desk, alice: Person, large: Withdrawal, olga: User, otto: User, approvals: int
) -> None:
    free, held = desk.balance(alice)
    for user in (olga, otto)[:approvals]:
        reviewing.approve(large, user, "seen")
    reviewing.decline(large, otto, "the address is known for fraud")
    for act in (reviewing.approve, reviewing.decline):
        assert refusal(act, large, olga, "after all") == "WITHDRAWAL_STATE"
    desk.run()
    large.refresh_from_db()
    assert (large.state, large.end, large.end_reason) == (
        State.ENDED,
        "declined",
        "the address is known for fraud",
    )
    assert desk.balance(alice) == (free + held, 0)
    shown = alice.get(f"/v1/withdrawals/{large.pk}").json()["withdrawal"]
    assert shown["end_reason"] == "the address is known for fraud"
    assert "otto" not in str(shown), "no operator is named to a customer"


def test_a_reason_is_given(large: Withdrawal, olga: User) -> None:
    for reason, code in (("  ", "MISSING_FIELD"), ("x" * 201, "INVALID_FIELD"), ("a\nb", "INVALID_TEXT")):
        for act in (reviewing.approve, reviewing.decline):
            assert refusal(act, large, olga, reason) == code


def test_an_approval_of_one_that_was_called_back_comes_too_late(
    large: Withdrawal, alice: Person, olga: User
) -> None:
    alice.post(f"/v1/withdrawals/{large.pk}/cancel")
    assert refusal(reviewing.approve, large, olga, "seen") == "WITHDRAWAL_STATE"
    assert not WithdrawalApproval.objects.exists()


# --- paying by hand ----------------------------------------------------------------------------------------


def test_an_operator_pays_by_hand(desk: Desk, alice: Person, olga: User) -> None:
    free, _ = desk.balance(alice)
    row = desk.row(ask(alice))
    assert refusal(reviewing.say_paid, row, olga, "tx", "seen") == "WITHDRAWAL_STATE", "not sent yet"
    desk.run()
    row.refresh_from_db()
    assert refusal(reviewing.say_paid, row, olga, " ", "seen") == "MISSING_FIELD"
    reviewing.say_paid(row, olga, "KB-77", "on the statement")
    assert (row.state, row.transaction) == (State.SETTLING, "KB-77")
    desk.run()
    row.refresh_from_db()
    assert row.state == State.PAID
    assert desk.balance(alice) == (free - 101_000 * KRW, 0)
    assert refusal(reviewing.say_failed, row, olga, "no") == "WITHDRAWAL_STATE"


def test_what_could_not_be_paid_comes_back(desk: Desk, alice: Person, olga: User) -> None:
    free, _ = desk.balance(alice)
    row = desk.row(ask(alice))
    desk.run()
    row.refresh_from_db()
    reviewing.say_failed(row, olga, "the bank knows no such account")
    desk.run()
    row.refresh_from_db()
    assert (row.state, row.end) == (State.ENDED, "failed")
    assert desk.balance(alice) == (free, 0)


def test_nobody_says_that_their_own_was_not_paid(desk: Desk, alice: Person, olga: User) -> None:
    row = desk.row(ask(alice))
    desk.run()
    row.refresh_from_db()
    alice.user.groups.add(olga.groups.get())
    customer = User.objects.get(pk=alice.user.pk)
    assert refusal(reviewing.say_failed, row, customer, "not paid") == "OWN_ACCOUNT"
    assert refusal(reviewing.say_paid, row, customer, "tx", "paid") == "OWN_ACCOUNT"


@pytest.fixture
def unclear(desk: Desk, alice: Person) -> Withdrawal:
    row = desk.row(ask(alice))
    desk.run()
    Withdrawal.objects.filter(pk=row.pk).update(state=State.UNCLEAR)
    WithdrawalStep.objects.create(withdrawal=row, from_state=State.SENT, to_state=State.UNCLEAR)
    row.refresh_from_db()
    return row


def test_two_who_agree_end_an_unclear_one(desk: Desk, unclear: Withdrawal, olga: User, otto: User) -> None:
    reviewing.say_paid(unclear, olga, "KB-77", "the bank's telephone")
    assert unclear.state == State.UNCLEAR
    reviewing.say_paid(unclear, olga, "KB-77", "and its statement")
    assert unclear.state == State.UNCLEAR, "the same person twice is one person"
    reviewing.say_paid(unclear, otto, "KB-78", "the statement")
    assert unclear.state == State.UNCLEAR, "they name different payments"
    reviewing.say_failed(unclear, otto, "it never arrived")
    assert unclear.state == State.UNCLEAR, "they do not agree"
    reviewing.say_paid(unclear, otto, "KB-77", "found it")
    assert unclear.state == State.SETTLING
    desk.run()
    unclear.refresh_from_db()
    assert (unclear.state, unclear.transaction) == (State.PAID, "KB-77")
    assert WithdrawalVerdict.objects.count() == 2


def test_the_table_takes_no_verdict_of_the_customer(unclear: Withdrawal) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        WithdrawalVerdict.objects.create(
            withdrawal=unclear, by=unclear.user, is_paid=False, reason="x", user_id=unclear.user_id
        )


# --- levels ------------------------------------------------------------------------------------------------


def test_a_level_is_given_by_those_who_may(alice: Person, olga: User) -> None:
    clara = make_person("clara", roles.COMPLIANCE).user
    assert refusal(levels.set_level, alice.user, 3, olga, "asked") == "PERMISSION_DENIED"
    assert refusal(levels.set_level, clara, 3, clara, "me") == "OWN_ACCOUNT"
    assert refusal(levels.set_level, alice.user, 9, clara, "no such level") == "INVALID_FIELD"
    levels.set_level(alice.user, 3, clara, "passport seen")
    assert levels.given_level(alice.user) == 3
    levels.set_level(alice.user, None, clara, "passport expired")
    assert WithdrawalRules.objects.get().level is None
    records = AuditRecord.objects.filter(kind="withdrawal.level_set").order_by("id")
    assert [(each.before, each.after) for each in records] == [
        ('{"level":null}', '{"level":3}'),
        ('{"level":3}', '{"level":null}'),
    ]
