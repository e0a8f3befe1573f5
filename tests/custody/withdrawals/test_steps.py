"""The table of steps, and the one function that takes them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from custody.models import Withdrawal, WithdrawalStep
from custody.states import CANCELABLE, COUNTED, ENDS, OPEN_STATES, STEPS, WithdrawalState
from custody.withdrawals.steps import MovedOnError, step
from tests.conftest import Person
from tests.custody.cast import Desk, ask, custody_settings

State = WithdrawalState
ROOT = Path(__file__).resolve().parents[3]


def reachable(start: str) -> set[str]:
    found, ahead = set(), [start]
    while ahead:
        state = ahead.pop()
        if state not in found:
            found.add(state)
            ahead.extend(STEPS[state])
    return found


def test_every_state_is_reached_and_every_way_ends() -> None:
    assert reachable(State.REQUESTED) == set(STEPS) == set(State)
    for state in STEPS:
        assert reachable(state) & ENDS


def test_what_is_paid_is_never_given_back_and_the_other_way_round() -> None:
    assert reachable(State.SETTLING) == {State.SETTLING, State.PAID}
    assert reachable(State.RELEASING) == {State.RELEASING, State.ENDED}


def test_no_money_leaves_without_the_state_that_is_written_before() -> None:
    before_settling = {state for state, after in STEPS.items() if State.SETTLING in after}
    assert before_settling == {State.SENDING, State.SENT, State.UNCLEAR}
    assert {state for state, after in STEPS.items() if State.SENDING in after} == {State.APPROVED}
    assert CANCELABLE.isdisjoint({State.SENDING, *before_settling})
    assert OPEN_STATES - {State.RELEASING} <= COUNTED and State.PAID in COUNTED


def test_nothing_else_changes_a_state() -> None:
    """No other module of the house updates the state of a withdrawal, or saves one."""
    pattern = re.compile(
        r"Withdrawal\.objects[^\n]*(?:\n\s+\.[^\n]*)*update\([^)]*\bstate=|withdrawal\.save\(|row\.save\("
    )
    found = [
        str(path.relative_to(ROOT))
        for room in ("custody", "web", "ops", "xtrader")
        for path in (ROOT / room).rglob("*.py")
        if path.name != "steps.py" and "Withdrawal" in path.read_text() and pattern.search(path.read_text())
    ]
    assert found == []


@pytest.fixture
def row(desk: Desk, alice: Person, settings: Any) -> Withdrawal:
    custody_settings(settings, MAIL="never", LEVEL=2)
    return desk.row(ask(alice))


@pytest.mark.django_db
def test_of_two_who_read_the_same_state_one_takes_the_step(row: Withdrawal, alice: Person) -> None:
    other = Withdrawal.objects.get(pk=row.pk)
    step(row, State.SENDING, sent_at=timezone.now())
    steps = WithdrawalStep.objects.count()
    with pytest.raises(MovedOnError):
        step(other, State.RELEASING, by=alice.user, end="canceled")
    assert (other.state, other.end) == (State.APPROVED, ""), "what was read stays as it was read"
    assert WithdrawalStep.objects.count() == steps
    assert Withdrawal.objects.get(pk=row.pk).state == State.SENDING


@pytest.mark.django_db
def test_there_is_no_step_that_is_not_in_the_table(row: Withdrawal) -> None:
    for state in set(STEPS) - STEPS[row.state]:
        with pytest.raises(ValueError, match="no step leads"):
            step(row, state)


@pytest.mark.django_db
def test_the_table_keeps_what_was_sent_from_being_called_back(row: Withdrawal) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Withdrawal.objects.filter(pk=row.pk).update(sent_at=timezone.now())
