"""What a record holds: who, what, from where, to what, before and after; and never a secret."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.identity import roles
from exchange import audit
from exchange.audit import heads, recording
from exchange.audit.chain import follow
from exchange.audit.provenance import Source, coming_from
from exchange.audit.reading import every
from exchange.models import AuditRecord
from tests.conftest import PASSWORD, make_person

pytestmark = pytest.mark.django_db


def test_all_of_an_act_is_kept() -> None:
    root, alice = make_person("root", roles.ADMINISTRATOR).user, make_person("alice", roles.TRADER).user
    before_us = AuditRecord.objects.count()
    with coming_from(Source("192.0.2.7", "curl/8")):
        row = audit.record("user.changed", root, alice, {"email": ""}, {"email": "a@example.com"}, "asked")
    kept = AuditRecord.objects.get(pk=row.pk)
    assert kept.pk == before_us + 1
    assert (kept.kind, kept.actor_id, kept.actor, kept.actor_role) == (
        *("user.changed", root.pk, "root"),
        "administrator",
    )
    assert (kept.target_kind, kept.target, kept.target_name) == ("user", str(alice.pk), "alice")
    assert (json.loads(kept.before), json.loads(kept.after)) == ({"email": ""}, {"email": "a@example.com"})
    assert (kept.reason, kept.address, kept.agent) == ("asked", "192.0.2.7", "curl/8")
    assert heads.verify().broken is None


def test_what_json_has_not_becomes_text() -> None:
    row = audit.record(
        "audit.exported", after={"at": timezone.now(), "amount": Decimal("1.50"), "big": 10**30}
    )
    kept = json.loads(AuditRecord.objects.get(pk=row.pk).after)
    assert kept["amount"] == "1.50" and kept["big"] == 10**30
    assert heads.verify().broken is None


def test_an_unknown_kind_is_a_mistake_of_the_code() -> None:
    with pytest.raises(ValueError, match="knows no act"):
        audit.record("user.renamed_by_magic")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x" * 500, "앨리스\u2028"])
def test_any_text_is_kept_as_databases_can(text: str) -> None:
    with coming_from(Source(text, text)):
        row = audit.record("audit.exported", None, audit.Target("user", text, text), None, {"a": text}, text)
    assert len(AuditRecord.objects.get(pk=row.pk).reason) <= 200
    assert heads.verify().broken is None


def test_a_value_with_the_name_of_a_secret_is_not_kept() -> None:
    fields = {"password": "hunter2", "deep": [{"api_secret": "hunter2", "otp": "123456"}], "label": "bot"}
    row = audit.record("key.made", after=fields)
    assert "hunter2" not in row.after and "123456" not in row.after
    assert json.loads(row.after)["label"] == "bot"


def test_a_long_one_is_left_out() -> None:
    row = audit.record("user.changed", after={"x": "y" * recording.MAX_JSON_CHARS})
    assert json.loads(row.after) == {"too_long_chars": recording.MAX_JSON_CHARS + 8}


def test_it_goes_with_the_act_that_is_rolled_back() -> None:
    first = audit.record("user.changed")
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record("user.changed")
        raise RuntimeError
    assert audit.record("user.changed").pk == first.pk + 1
    assert heads.verify().broken is None


def test_the_address_is_that_of_the_request(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "NUM_PROXIES": 1}
    make_person("alice", roles.TRADER)
    browser = Client(HTTP_X_FORWARDED_FOR="198.51.100.1, 2001:db8::7", HTTP_USER_AGENT="Firefox/140")
    assert browser.post("/accounts/login/", {"username": "alice", "password": PASSWORD}).status_code == 302
    row = AuditRecord.objects.get(kind="log_in.succeeded")
    assert (row.actor, row.address, row.agent) == ("alice", "2001:db8::7", "Firefox/140")
    assert audit.record("user.changed").address == "", "the request is over"
    browser.post("/accounts/logout/")
    assert AuditRecord.objects.get(kind="log_in.ended").actor == "alice"


def test_every_kind_has_its_words() -> None:
    for kind, act in audit.ACTS.items():
        assert len(kind) <= 40 and act.en and act.ko, kind


def test_reading_goes_through_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.audit.reading.CHUNK", 3)
    ids = [audit.record("user.changed").pk for _ in range(10)]
    assert [row["id"] for row in every()][-10:] == ids
    assert follow(every()).broken is None
