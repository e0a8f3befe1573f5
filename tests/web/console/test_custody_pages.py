"""Operators' pages of deposits, notices and reconciliation, as people use them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.identity import roles
from custody.models import CustodyStatement, Deposit, DepositRuling, Reconciliation
from custody.reconciliation import reporting
from custody.reconciliation.counting import count
from exchange.errors import message_of
from exchange.models import AuditRecord
from tests.conftest import LiveEngine, Person, make_person
from tests.custody.gate import BTC, Gate, open_gate, trader


@pytest.fixture
def gate(db: None, live_engine: LiveEngine, settings: Any, tmp_path: Path) -> Iterator[Gate]:
    with open_gate(live_engine, settings, tmp_path) as gate:
        yield gate


@pytest.fixture
def dana(gate: Gate) -> Person:
    return trader(gate.engine, "dana", 1011)


def browser(name: str, role: str = roles.OPERATOR) -> Client:
    client = Client()
    client.force_login(make_person(name, role).user)
    return client


def disputed(gate: Gate) -> Deposit:
    """To nobody's address."""
    reference = gate.party.send_in("whose?", "BTC", "1.5")
    gate.party.end_deposit(gate.party.coming[reference], "final")
    gate.run()
    gate.engine.project()
    return Deposit.objects.get(reference=reference)


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_a_disputed_deposit_is_credited_by_two(gate: Gate, dana: Person) -> None:
    deposit = disputed(gate)
    oscar, olga = browser("oscar"), browser("olga")
    home = page(oscar, "/admin/")
    assert "Deposits that wait for people: 1" in home and "its address is nobody" in home
    at = f"/admin/custody/deposit/{deposit.pk}"
    assert f"{at}/credit" in page(oscar, f"{at}/change/")
    form = page(oscar, f"{at}/credit/")
    assert 'value="1.5"' in form and "whose?" in form
    given = {"account": "1011", "amount": "1.25", "reason": "she sent the slip"}
    assert (
        "Too many decimals"
        in oscar.post(f"{at}/credit/", {**given, "amount": "1.123456789"}).content.decode()
    )
    assert oscar.post(f"{at}/credit/", {**given, "account": "77"}).status_code == 200
    assert oscar.post(f"{at}/credit/", given).status_code == 302
    # The one who asked cannot approve, by page or by address.
    assert f"{at}/approve" not in page(oscar, f"{at}/change/")
    assert oscar.post(f"{at}/approve/", {"reason": "me"}).status_code == 403
    shown = page(olga, f"{at}/change/")
    assert f"{at}/approve" in shown and "she sent the slip" in shown and f"{at}/credit" not in shown
    assert olga.post(f"{at}/approve/", {"reason": "seen it"}).status_code == 302
    gate.run()
    assert gate.available(dana) == BTC * 5 // 4
    assert "seen it" in page(oscar, f"{at}/change/")
    assert "Deposits that wait" not in page(oscar, "/admin/")


def test_a_ruling_is_declined_and_another_rejects(gate: Gate, dana: Person) -> None:
    at = f"/admin/custody/deposit/{disputed(gate).pk}"
    oscar, olga = browser("oscar"), browser("olga")
    oscar.post(f"{at}/credit/", {"account": "1011", "amount": "1", "reason": "hers"})
    assert olga.post(f"{at}/decline/", {"reason": "no slip"}).status_code == 302
    assert olga.post(f"{at}/reject/", {"reason": "nobody asks for it"}).status_code == 302
    assert oscar.post(f"{at}/approve/", {"reason": "sent back"}).status_code == 302
    assert Deposit.objects.get().state == "rejected" and DepositRuling.objects.count() == 2
    assert gate.available(dana) == 0


def test_what_waits_for_a_decision_is_not_ruled_on_again(gate: Gate, dana: Person) -> None:
    at, oscar = f"/admin/custody/deposit/{disputed(gate).pk}", browser("oscar")
    given = {"account": "1011", "amount": "1", "reason": "hers"}
    assert oscar.post(f"{at}/credit/", given).status_code == 302
    assert message_of("REQUEST_NOT_WAITING") in oscar.post(f"{at}/credit/", given).content.decode()


def test_lists_and_notices(gate: Gate, dana: Person) -> None:
    deposit = disputed(gate)
    clara = browser("clara", roles.COMPLIANCE)
    for chosen in ("disputed", "trouble", "open"):
        shown = page(clara, f"/admin/custody/deposit/?list={chosen}")
        assert (str(deposit.pk) in shown) == (chosen != "trouble")
    for term in (str(deposit.pk), deposit.reference, "whose?"):
        assert str(deposit.pk) in page(clara, f"/admin/custody/deposit/?q={term}")
    notices = page(clara, "/admin/custody/providernotice/")
    assert "deposit.final" in notices
    assert clara.post(f"/admin/custody/deposit/{deposit.pk}/reject/", {"reason": "x"}).status_code == 403


def test_reports_and_what_is_counted(gate: Gate, dana: Person) -> None:
    gate.engine.project()
    oscar, audrey = browser("oscar"), browser("audrey", roles.AUDITOR)
    address = "/admin/custody/custodystatement/count/"
    given = {"provider": "manual", "asset": "KRW", "amount": "1,500.5", "reason": "the bank's page"}
    assert oscar.get(address).status_code == 200 and audrey.get(address).status_code == 403
    assert oscar.post(address, {**given, "amount": "-1"}).status_code == 200
    assert oscar.post(address, given).status_code == 302
    assert CustodyStatement.objects.get().amount_minor == 150_050_000_000
    counted = count(gate.engine.client.query)
    assert counted is not None
    report = reporting.save(counted)
    at = f"/admin/custody/reconciliation/{report.pk}"
    shown = page(audrey, f"{at}/change/")
    assert "manual 1,500.5" in shown and "-1,500.5" in shown
    rows = list(csv.reader(io.StringIO(page(audrey, f"{at}/csv/"))))
    assert rows[0][:3] == ["sequence", "asset", "ledger"]
    assert rows[1][:4] == [str(report.sequence), "KRW", "0", "manual 1,500.5"]
    assert audrey.post(f"{at}/explain/", {"reason": "x"}).status_code == 403
    assert oscar.post(f"{at}/explain/", {"reason": "counted before it was booked"}).status_code == 302
    assert Reconciliation.objects.get().explanation == "counted before it was booked"
    assert "counted before it was booked" in page(audrey, "/admin/custody/reconciliation/")
    kinds = AuditRecord.objects.filter(kind__startswith="custody.").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == ["custody.counted", "custody.explained"]
