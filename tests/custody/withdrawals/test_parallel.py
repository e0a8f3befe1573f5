"""Requests at the same time: together they keep to the limits, and the same request is one withdrawal. On
PostgreSQL by threads (``tests/exchange/models/test_on_postgresql.py``); SQLite has one writer, so one after
the other says the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections

from accounts.identity import roles
from accounts.models import User
from custody.models import Withdrawal
from custody.states import WithdrawalState
from custody.withdrawals import asking, reviewing, withdrawal_limits
from custody.withdrawals.asking import Asker
from exchange.errors import ApiError
from exchange.models import Account
from tests.conftest import FUNDS, LiveEngine, Person, make_person
from tests.custody.cast import BANK, KRW, custody_settings, open_desk

pytestmark = pytest.mark.django_db(transaction=True)
State = WithdrawalState
THREADS = 8


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """What becomes of each: empty, or the code of its refusal."""

    def run(act: Callable[[], Any]) -> str:
        try:
            act()
        except ApiError as error:
            return error.code
        finally:
            if connection.vendor == "postgresql":
                connections.close_all()
        return ""

    if connection.vendor != "postgresql":
        return [run(act) for act in acts]
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def owner(live_engine: LiveEngine, settings: Any) -> Person:
    """A user with two accounts."""
    person = make_person("alice", roles.TRADER, 1001)
    Account.objects.create(number=1002, user=person.user, name="second")
    for account in (1001, 1002):
        live_engine.open_account(account, FUNDS)
    custody_settings(settings, MAIL="never", LEVEL=1)
    open_desk(live_engine)
    return person


def wish(engine: LiveEngine, user: User, account: int, amount: str, **more: Any) -> Callable[[], Any]:
    def act() -> Any:
        body = {"asset": "KRW", "amount": amount, "address": BANK, **more}
        asker = Asker(user, account, "", "en")
        return asking.ask(asking.parse(body, user), asker, engine.client.submit)

    return act


def test_together_they_keep_to_the_limit(live_engine: LiveEngine, owner: Person) -> None:
    acts = [wish(live_engine, owner.user, 1001 + n % 2, "600000") for n in range(24)]
    codes = at_once(acts)
    assert codes.count("") == 8, "eight of 601,000 won fit into five million"
    assert codes.count("WITHDRAWAL_LIMIT") == 16
    standing = withdrawal_limits.standing_of(owner.user.pk)
    assert standing.day.used_minor == 8 * 601_000 * KRW
    held = [
        sum(row[2] for row in live_engine.client.query("balances", n).value if row[0] == "KRW")
        for n in (1001, 1002)
    ]
    assert sum(held) == 8 * 601_000 * KRW


def test_the_same_request_is_one_withdrawal(live_engine: LiveEngine, owner: Person) -> None:
    acts = [wish(live_engine, owner.user, 1001, "10000", client_withdrawal_id="w") for _ in range(16)]
    assert at_once(acts) == 16 * [""]
    [row] = Withdrawal.objects.all()
    assert row.state == State.APPROVED
    assert row.steps.count() == 2


def test_approvals_at_once_are_counted_one_by_one(
    live_engine: LiveEngine, owner: Person, settings: Any
) -> None:
    """Four operators, two of whom decide twice: two approvals count, and none of the rest does."""
    custody_settings(settings, LEVEL=2)
    wish(live_engine, owner.user, 1001, "20000000")()
    operators = [make_person(f"operator {n}", roles.OPERATOR).user for n in range(4)]
    deciders = [*operators, *operators[:2]]
    row = Withdrawal.objects.get()

    def act(by: User) -> Callable[[], None]:
        return lambda: reviewing.approve(
            Withdrawal.objects.get(pk=row.pk), User.objects.get(pk=by.pk), "seen"
        )

    codes = at_once([act(by) for by in deciders])
    assert codes.count("") == 2
    assert set(codes) <= {"", "ALREADY_APPROVED", "WITHDRAWAL_STATE"}
    row.refresh_from_db()
    assert row.state == State.APPROVED
    assert row.approvals.values("by").distinct().count() == row.approvals.count() == 2


def test_a_decline_and_approvals_at_once_end_in_one_of_both(
    live_engine: LiveEngine, owner: Person, settings: Any
) -> None:
    custody_settings(settings, LEVEL=2)
    operators = [make_person(f"operator {n}", roles.OPERATOR).user for n in range(3)]
    for _ in range(6):
        wish(live_engine, owner.user, 1001, "10000000")()
        row = Withdrawal.objects.latest("id")

        def decide(act: Any, by: User, pk: int = row.pk) -> Callable[[], None]:
            return lambda: act(Withdrawal.objects.get(pk=pk), User.objects.get(pk=by.pk), "seen")

        at_once(
            [
                decide(reviewing.approve, operators[0]),
                decide(reviewing.decline, operators[2]),
                decide(reviewing.approve, operators[1]),
            ]
        )
        row.refresh_from_db()
        # A decline ends an approved one, too, as long as nothing has gone out.
        assert (row.state, row.end) == (State.RELEASING, "declined")
        Withdrawal.objects.filter(pk=row.pk).update(value_minor=0)
