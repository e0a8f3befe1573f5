"""Custody against the ledger: what agrees, what does not, and who hears of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts.delivery.writing import write
from accounts.models import Letter
from custody.models import CustodyStatement, Deposit, Reconciliation
from custody.reconciliation import reporting
from custody.reconciliation.counting import CannotCountError, Counted, count
from custody.states import DepositState
from exchange.control.dispatcher import Dispatcher
from exchange.control.services import request_change
from exchange.models import ChangeRequest
from ops import health, metrics
from tests.conftest import LiveEngine, Person
from tests.custody import counterparty as bad
from tests.custody.gate import BTC, Gate, send

KRW = 10**8
Kind = ChangeRequest.Kind


def counted(gate: Gate) -> Counted:
    found = count(gate.engine.client.query)
    assert found is not None
    return found


def differences(gate: Gate) -> dict[str, int]:
    return {each.asset: each.difference for each in counted(gate).sums if each.difference}


def deposit(gate: Gate, person: Person, amount: str = "1") -> str:
    reference = gate.party.send_in(gate.address_of(person), "BTC", amount)
    gate.party.end_deposit(gate.party.coming[reference], "final")
    return reference


def by_hand(
    gate: Gate, who: Any, account: int, amount: int, kind: str = Kind.DEPOSIT, asset: str = "KRW"
) -> None:
    """A change request of an operator, or of nobody's."""
    payload = {"account": account, "asset": asset, "amount_minor": amount}
    request_change(kind, payload, who)
    # As approved by another operator.
    ChangeRequest.objects.filter(state="waiting").update(state="pending")
    Dispatcher(gate.engine.client).run_until_empty()


def test_what_was_credited_agrees(gate: Gate, dana: Person) -> None:
    deposit(gate, dana, "1.25")
    gate.run()
    found = counted(gate)
    assert found.agrees and found.sequence == gate.engine.sequence
    (bitcoin,) = (each for each in found.sums if each.asset == "BTC")
    assert (bitcoin.ledger, bitcoin.providers) == (125_000_000, {"gate": 125_000_000})


def test_what_is_final_and_not_credited_is_on_its_way(gate: Gate, dana: Person) -> None:
    deposit(gate, dana)
    gate.party.deliver(send)
    gate.job.parts = []
    from custody.notices import handling

    handling.handle_open()
    found = counted(gate)
    assert found.agrees and next(each.final for each in found.sums if each.asset == "BTC") == BTC


def test_disputed_and_rejected_ones_are_still_with_the_provider(gate: Gate) -> None:
    reference = gate.party.send_in("nobody", "BTC", "3")
    gate.party.end_deposit(gate.party.coming[reference], "final")
    gate.run()
    assert Deposit.objects.get().state == DepositState.DISPUTED
    assert counted(gate).agrees
    Deposit.objects.update(state=DepositState.REJECTED)
    assert counted(gate).agrees
    # Sent back by the provider.
    gate.party.end_deposit(gate.party.coming[reference], "reversed")
    assert counted(gate).agrees


def test_a_deposit_that_nobody_told_of_is_a_difference(gate: Gate, dana: Person) -> None:
    deposit(gate, dana)
    gate.party.notices.clear()
    assert differences(gate) == {"BTC": -BTC}


def test_one_taken_back_after_its_credit_is_a_difference_until_it_is_taken_from_the_account(
    gate: Gate, dana: Person, olga: Person
) -> None:
    reference = deposit(gate, dana)
    gate.run()
    gate.party.end_deposit(gate.party.coming[reference], "reversed")
    gate.run()
    assert differences(gate) == {"BTC": BTC}
    by_hand(gate, olga.user, dana.account, BTC, Kind.WITHDRAW, "BTC")
    assert differences(gate) == {}


def test_money_that_leaves_the_provider_by_another_way_is_a_difference(gate: Gate, dana: Person) -> None:
    deposit(gate, dana)
    gate.run()
    gate.party.held["BTC"] -= Decimal("0.00000001")
    assert differences(gate) == {"BTC": 1}


def test_play_money_is_its_own_line(gate: Gate, dana: Person) -> None:
    by_hand(gate, None, dana.account, 500 * KRW)
    request_change(
        Kind.DEPOSIT, {"account": dana.account, "asset": "KRW", "amount_minor": 7}, dana.user, may_be_own=True
    )
    assert count(gate.engine.client.query) is None, "a request is on its way"
    Dispatcher(gate.engine.client).run_until_empty()
    found = counted(gate)
    (won,) = (each for each in found.sums if each.asset == "KRW")
    assert (won.ledger, won.play, won.providers, found.agrees) == (500 * KRW + 7, 500 * KRW + 7, {}, True)


def test_what_is_kept_by_hand_has_to_be_counted(
    gate: Gate, dana: Person, olga: Person, settings: Any
) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": False}
    by_hand(gate, olga.user, dana.account, 900 * KRW)
    (won,) = counted(gate).sums
    assert (won.difference, won.is_stale) == (0, True), "only the bookings say that it is there"
    CustodyStatement.objects.create(provider="manual", asset="KRW", amount_minor=900 * KRW, by=olga.user)
    assert counted(gate).agrees
    # What is booked from then on is added.
    by_hand(gate, olga.user, dana.account, 50 * KRW)
    by_hand(gate, olga.user, dana.account, 20 * KRW, Kind.WITHDRAW)
    (won,) = counted(gate).sums
    assert (won.providers, won.difference) == ({"manual": 930 * KRW}, 0)
    CustodyStatement.objects.create(provider="manual", asset="KRW", amount_minor=929 * KRW, by=olga.user)
    assert differences(gate) == {"KRW": KRW}
    CustodyStatement.objects.create(provider="manual", asset="KRW", amount_minor=930 * KRW, by=olga.user)
    CustodyStatement.objects.update(at=timezone.now() - timedelta(days=8))
    assert not counted(gate).agrees


def test_a_provider_that_does_not_say_cannot_be_counted(gate: Gate, dana: Person) -> None:
    deposit(gate, dana)
    gate.run()
    gate.party.manners = {bad.ERROR: 2.0}
    with pytest.raises(CannotCountError, match="gate"):
        count(gate.engine.client.query)


def test_what_moves_meanwhile_is_counted_again(
    gate: Gate, dana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit(gate, dana)
    gate.run()
    answer = gate.party.answer

    def moves(place: str, said: Any) -> Any:
        found = answer(place, said)
        gate.party.held["BTC"] += 1
        return found

    with monkeypatch.context() as patched:
        patched.setattr(gate.party, "answer", moves)
        assert count(gate.engine.client.query) is None
    gate.party.held["BTC"] = Decimal(1)
    assert counted(gate).agrees


# --- reports and the alarm ---------------------------------------------------------------------------------


def reconcile(engine: LiveEngine, settings: Any, *arguments: str) -> int:
    settings.XTRADER = {**settings.XTRADER, "ENGINE_SOCKET": str(engine.socket_path)}
    try:
        call_command("reconcile", *arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_the_command(gate: Gate, dana: Person, settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    deposit(gate, dana)
    gate.run()
    Reconciliation.objects.all().delete()
    assert reconcile(gate.engine, settings) == 0
    assert "agrees" in capsys.readouterr().out
    report = Reconciliation.objects.get()
    assert report.agrees and report.rows[0]["providers"] == {"gate": "1"}
    gate.party.held["BTC"] += 2
    assert reconcile(gate.engine, settings, "--patience=0") == 1
    assert "difference -2" in capsys.readouterr().out
    gate.party.manners = {bad.CUT_AFTER: 2.0}
    with pytest.raises(CommandError, match="gate"):
        reconcile(gate.engine, settings, "--patience=0")
    assert Reconciliation.objects.count() == 2


def test_the_alarm(gate: Gate, dana: Person, admin_person: Person, settings: Any) -> None:
    deposit(gate, dana)
    gate.run()
    assert gate.job.run_once() == 0
    assert reporting.standing() == reporting.Standing(0, True, False)
    gate.party.held["BTC"] -= Decimal("0.5")
    reconcile(gate.engine, settings, "--patience=0")
    reconcile(gate.engine, settings, "--patience=0")
    found = reporting.standing()
    assert found is not None and found.is_alarm and not found.agrees
    # One letter a day, which says what differs.
    letter = Letter.objects.get(kind="custody_alarm")
    mail = write(letter)
    assert mail is not None and letter.recipient == "root@example.com"
    assert "BTC" in str(mail.body) and "0.5" in str(mail.body)
    text = metrics.as_text(health.Report(custody=found, database_ok=True)).decode()
    assert "xtrader_custody_alarm 1.0" in text and "xtrader_custody_agrees 0.0" in text
    said = health.as_json(health.Report(custody=found))["custody"]
    assert said["ok"] is False and said["agrees"] is False
    # All is well again: a letter that was not sent yet has nothing to say.
    gate.party.held["BTC"] += Decimal("0.5")
    reconcile(gate.engine, settings)
    assert reporting.standing() == reporting.Standing(0, True, False)
    assert write(letter) is None


def test_a_report_that_is_too_old_is_an_alarm(gate: Gate, admin_person: Person) -> None:
    gate.job.run_once()
    assert Reconciliation.objects.get().agrees
    Reconciliation.objects.update(at=timezone.now() - timedelta(hours=27))
    found = reporting.standing()
    assert found is not None and found.is_late and found.is_alarm
    gate.party.manners = {bad.ERROR: 2.0}
    gate.job.run_once()
    letter = Letter.objects.get(kind="custody_alarm")
    mail = write(letter)
    assert mail is not None and "more than a day" in str(mail.body)
    gate.party.manners = {}
    gate.job.run_once()
    assert reporting.standing() == reporting.Standing(0, True, False)


def test_a_difference_is_reported_once_it_stands(gate: Gate, dana: Person) -> None:
    now = timezone.now()
    clock = [now]
    daily = reporting.DailyReconciliation(gate.engine.client.query, lambda: clock[0])
    deposit(gate, dana)
    gate.party.notices.clear()

    def pass_at(seconds: int) -> int:
        daily._try_at_s = 0.0
        clock[0] = now + timedelta(seconds=seconds)
        return daily.run_due()

    assert [pass_at(seconds) for seconds in (0, 60, 119, 121, 180)] == [0, 0, 0, 1, 0]
    assert Reconciliation.objects.get().agrees is False
    # An hour later it looks again.
    assert pass_at(3_800) == 0 and daily._differs_since is not None


def test_nothing_to_reconcile_is_no_alarm(db: None, live_engine: LiveEngine) -> None:
    assert reporting.standing() is None
    assert reporting.DailyReconciliation(live_engine.client.query).run_due() == 0
    assert "custody" not in health.as_json(health.Report())
