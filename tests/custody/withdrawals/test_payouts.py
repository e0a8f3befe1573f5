"""The one order to pay, and each answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from custody.models import AssetTerms, Withdrawal
from custody.providers.interface import (
    Accepted,
    Answer,
    Failed,
    Found,
    IncomingDeposit,
    NeverSeen,
    NotSent,
    Paid,
    Payout,
    Unknown,
)
from custody.providers.registry import Providers
from custody.states import WithdrawalState
from custody.withdrawals import payouts
from custody.withdrawals.steps import MovedOnError
from exchange import process
from exchange.models import Account, FrozenBy
from tests.conftest import Person
from tests.custody.cast import BANK, KRW, Desk, ask, custody_settings

pytestmark = pytest.mark.django_db
State = WithdrawalState
AMOUNT = 100_000 * KRW


@dataclass
class Scripted:
    """Answers as it is told, and remembers what it was asked."""

    answers: list[Any]
    name: str = "bank"
    is_manual: bool = False
    sent: list[Payout] = field(default_factory=list)
    looked_up: list[Payout] = field(default_factory=list)

    def send(self, payout: Payout) -> Answer:
        self.sent.append(payout)
        return self.answers.pop(0)

    def look_up(self, payout: Payout) -> Found:
        self.looked_up.append(payout)
        return self.answers.pop(0)

    def find_deposit(self, reference: str) -> IncomingDeposit | Unknown | NeverSeen:
        return NeverSeen()

    def deposit_address(self, account: int, asset: str) -> tuple[str, str] | None:
        return None

    def holdings(self) -> dict[str, int] | Unknown:
        return {}


@dataclass
class Told:
    desk: Desk
    provider: Scripted
    row: Withdrawal

    def go_on(self) -> Withdrawal:
        """A pass, once everything is due."""
        Withdrawal.objects.filter(pk=self.row.pk, look_at__isnull=False).update(look_at=timezone.now())
        self.desk.job.run_once()
        self.row.refresh_from_db()
        return self.row

    def late(self) -> None:
        Withdrawal.objects.filter(pk=self.row.pk).update(sent_at=timezone.now() - timedelta(hours=2))


Tell = Callable[..., Told]


@pytest.fixture
def tell(desk: Desk, alice: Person, settings: Any) -> Tell:
    def told(*answers: Any) -> Told:
        providers = {"manual": {"kind": "manual"}, "bank": {"kind": "manual"}}
        custody_settings(settings, MAIL="never", LEVEL=2, PROVIDERS=providers)
        provider = Scripted(list(answers))
        process.part(Providers).put(provider)
        AssetTerms.objects.update(provider="bank")
        return Told(desk, provider, desk.row(ask(alice)))

    return told


def test_paid_at_once(tell: Tell, desk: Desk, alice: Person) -> None:
    told = tell(Paid("r-1", "tx-1", AMOUNT))
    row = told.go_on()
    assert (row.state, row.reference, row.transaction) == (State.PAID, "r-1", "tx-1")
    assert told.provider.sent == [Payout(str(row.pk), "KRW", AMOUNT, 8, BANK, "")]
    assert desk.balance(alice)[1] == 0


def test_accepted_then_paid(tell: Tell) -> None:
    told = tell(Accepted("r-1"), Accepted("r-1"), Unknown("away"), Paid("", "tx-1", AMOUNT))
    states = [told.go_on().state for _ in range(4)]
    assert states == [State.SENT, State.SENT, State.SENT, State.PAID]
    assert (told.row.reference, told.row.transaction) == ("r-1", "tx-1")
    assert len(told.provider.sent) == 1 and told.provider.looked_up == 3 * told.provider.sent


def test_an_accepted_one_waits_however_long_the_provider_is_away(tell: Tell) -> None:
    told = tell(Accepted("r-1"), Unknown("away"))
    told.go_on()
    told.late()
    assert told.go_on().state == State.SENT
    assert told.row.trouble == "away"


def test_failed_gives_it_back_and_keeps_the_words_for_operators(
    tell: Tell, desk: Desk, alice: Person
) -> None:
    told = tell(Failed("no such account at the bank"))
    row = told.go_on()
    assert (row.state, row.end) == (State.ENDED, "failed")
    assert desk.balance(alice)[1] == 0
    shown = alice.get(f"/v1/withdrawals/{row.pk}").content.decode()
    assert "no such account" not in shown and "the provider did not pay" in shown


def test_another_amount_is_for_people(tell: Tell) -> None:
    told = tell(Paid("r-1", "tx-1", AMOUNT - 1), Paid("r-1", "tx-1", AMOUNT))
    row = told.go_on()
    assert row.state == State.UNCLEAR
    assert "another amount: 9999999999999 units" in row.trouble
    told.go_on()
    payouts.look_soon(str(row.pk))
    assert told.go_on().state == State.UNCLEAR, "it is not asked again: it contradicts itself"
    assert told.provider.looked_up == []


def test_without_an_answer_it_is_asked_and_never_sent_again(tell: Tell) -> None:
    told = tell(Unknown("no answer"), NeverSeen(), Unknown("away"), NeverSeen(), Accepted("r"))
    assert [told.go_on().state for _ in range(3)] == 3 * [State.SENDING]
    told.late()
    assert told.go_on().state == State.UNCLEAR
    assert told.row.trouble == "the provider knows no such payout"
    assert told.go_on().state == State.SENT, "it had only been slow"
    assert len(told.provider.sent) == 1


def test_after_a_crash_it_is_asked_and_never_sent_again(tell: Tell) -> None:
    class Died(BaseException):
        pass

    told = tell(Paid("", "tx-1", AMOUNT))

    def die(payout: Payout) -> Answer:
        raise Died

    told.provider.send = die  # type: ignore[method-assign]
    with pytest.raises(Died):
        told.desk.job.run_once()
    told.row.refresh_from_db()
    assert (told.row.state, told.row.sent_at is not None) == (State.SENDING, True)
    told.desk.job.run_once()
    assert told.provider.looked_up == [], "another process may be waiting for the answer just now"
    assert told.go_on().state == State.PAID


def test_what_never_left_goes_out_later_and_can_be_called_back(tell: Tell, alice: Person) -> None:
    told = tell(NotSent("refused"), NotSent("refused"), Accepted(""))
    row = told.go_on()
    assert (row.state, row.sent_at, row.trouble) == (State.APPROVED, None, "refused")
    first_pause = row.look_at - timezone.now()
    told.desk.job.run_once()
    assert len(told.provider.sent) == 1, "not before its time"
    row = told.go_on()
    assert row.look_at - timezone.now() > first_pause
    assert alice.post(f"/v1/withdrawals/{row.pk}/cancel").json()["withdrawal"]["state"] == "ended"


def test_one_that_was_called_back_before_is_not_sent(tell: Tell, alice: Person) -> None:
    told = tell()
    stale = Withdrawal.objects.get(pk=told.row.pk)
    alice.post(f"/v1/withdrawals/{told.row.pk}/cancel")
    with pytest.raises(MovedOnError):
        payouts.send(stale)
    assert told.provider.sent == []


@pytest.mark.parametrize("stop", ["account", "user"])
def test_a_frozen_account_and_a_user_who_is_not_active_wait(tell: Tell, alice: Person, stop: str) -> None:
    told = tell(Accepted(""))
    if stop == "account":
        Account.objects.filter(number=alice.account).update(frozen_by=FrozenBy.OPERATOR)
    else:
        alice.user.is_active = False
        alice.user.save()
    assert told.go_on().state == State.APPROVED
    assert told.provider.sent == []
    Account.objects.filter(number=alice.account).update(frozen_by="")
    alice.user.is_active = True
    alice.user.save()
    assert told.go_on().state == State.SENT


def test_a_provider_that_is_gone_keeps_it_waiting(tell: Tell, settings: Any) -> None:
    told = tell(Accepted(""))
    custody_settings(settings, PROVIDERS={"manual": {"kind": "manual"}})
    assert told.go_on().state == State.APPROVED
    assert "no provider 'bank'" in told.row.trouble


def test_one_fault_of_ours_holds_up_no_other(
    tell: Tell, desk: Desk, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tell(Accepted("a"), Accepted("b"))
    second = desk.row(ask(alice))
    true_payout = payouts.payout_of

    def faulty(row: Withdrawal) -> Payout:
        if row.pk == told.row.pk:
            raise ZeroDivisionError
        return true_payout(row)

    monkeypatch.setattr(payouts, "payout_of", faulty)
    desk.job.run_once()
    second.refresh_from_db()
    assert second.state == State.SENT
    told.row.refresh_from_db()
    assert (told.row.state, told.row.trouble) == (State.APPROVED, "a fault: see the log")


def test_an_engine_that_refuses_to_settle_leaves_it_to_people(tell: Tell, desk: Desk, alice: Person) -> None:
    from exchange.engine import messages as m

    told = tell(Paid("", "tx-1", AMOUNT))
    desk.engine.submit(
        m.release_withdrawal(desk.engine.command_id(), alice.account, str(told.row.pk)),
    )
    row = told.go_on()
    assert (row.state, row.trouble) == (State.SETTLING, "the engine refused: WITHDRAWAL_NOT_FOUND")
