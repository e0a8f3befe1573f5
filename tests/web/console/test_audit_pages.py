"""The audit log on the operator pages: found by who, about what, kind, time and address, and exported as
listed. And what acts leave in it, through every way in."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.adoption import adopt_log_entries
from accounts.identity import roles, second_factor
from accounts.models import User
from exchange import audit
from exchange.audit import heads
from exchange.audit.chain import COLUMNS
from exchange.audit.provenance import Source, coming_from
from exchange.control import approvals
from exchange.models import AuditRecord, ChangeRequest
from tests.accounts.test_second_factor import Telephone
from tests.conftest import PASSWORD, LiveEngine, Person, make_person
from tests.web.console.conftest import Dispatch, Staff, approvals_of
from tests.web.console.test_pages import text_of
from web.pages import log_in_records
from web.pages.log_in_records import FailureLog

pytestmark = pytest.mark.django_db

PAGE = "/admin/exchange/auditrecord/"


@pytest.fixture(autouse=True)
def _own_keys(settings: Any, tmp_path: Path) -> None:
    secrets = {"KEYS_SECRET": "", "KEYS_SECRET_FILE": str(tmp_path / "keys_secret")}
    settings.XTRADER = {**settings.XTRADER, **secrets}


def body_of(response: Any) -> str:
    """All of an export, gathered in this thread, which has the test's connection."""

    async def gather() -> list[bytes]:
        return [part async for part in response.streaming_content]

    return b"".join(async_to_sync(gather)()).decode()


def listed(browser: Client, query: str) -> list[int]:
    """The ids that a list exports, by JSON lines."""
    text = body_of(browser.get(f"{PAGE}export/jsonl/?{query}"))
    return [json.loads(line)["id"] for line in text.splitlines()]


def test_it_is_searched(staff: Staff, alice: Person) -> None:
    root = make_person("root", roles.ADMINISTRATOR).user
    with coming_from(Source("192.0.2.7")):
        one = audit.record("user.changed", root, alice.user, {"email": ""}, {"email": "a@example.com"}).pk
    two = audit.record("key.revoked", alice.user, audit.Target("key", "f" * 32, "alice")).pk
    three = audit.record("change.requested", root, audit.Target("account", "1001"), None, {"status": 1}).pk
    browser = staff["auditor"]
    finds = {
        "by=root": {one, three},
        "about=1001": {three},
        "about=alice": {one, two},
        "kind=key.revoked": {two},
        "from=192.0.2.7": {one},
        "q=root": {one, three},
        f"q={two}": {two},
        "by=root&kind=user.changed": {one},
        "by=nobody": set(),
    }
    for query, ids in finds.items():
        assert ids <= set(listed(browser, query)), query
        assert set(listed(browser, query)) & {one, two, three} == ids, query
        assert browser.get(f"{PAGE}?{query}").status_code == 200
    today = f"{timezone.now():%Y-%m-%d}"
    later = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}"
    assert one in listed(browser, f"at_to_0={later}&at_to_1=00:00:00")
    assert one not in listed(browser, f"at_from_0={later}&at_from_1=00:00:00")
    assert one in listed(browser, f"at_from_0={today}&at_to_0={today}&at_from_1=&at_to_1=")
    assert listed(browser, "at_from_0=yesterday") == []
    assert "email: → a@example.com" in text_of(browser.get(f"{PAGE}?by=root"))
    row = text_of(browser.get(f"{PAGE}{one}/change/"))
    assert "192.0.2.7" in row and "a@example.com" in row
    assert "export/csv/?by=root" in browser.get(f"{PAGE}?by=root").content.decode()


@pytest.mark.parametrize("language, words", [("en", "changed a user"), ("ko", "사용자 변경")])
def test_it_speaks_both_languages(staff: Staff, language: str, words: str) -> None:
    audit.record("user.changed")
    page = staff["compliance"].get(PAGE, headers={"Accept-Language": language})
    assert words in text_of(page)


def test_an_export_is_whole_and_recorded(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange.audit.reading.CHUNK", 4)
    for number in range(21):
        audit.record("user.changed", reason=f"=SUM({number})")
    table = list(
        csv.reader(io.StringIO(body_of(staff["auditor"].get(f"{PAGE}export/csv/?kind=user.changed"))))
    )
    assert table[0] == list(COLUMNS)
    assert [row[COLUMNS.index("reason")] for row in table[1:]] == [f"'=SUM({number})" for number in range(21)]
    act = AuditRecord.objects.get(kind="audit.exported")
    assert act.actor == "the auditor"
    assert json.loads(act.after) == {"filters": {"kind": "user.changed"}, "format": "csv"}
    assert staff["auditor"].get(f"{PAGE}export/xml/").status_code == 404


def test_a_change_of_a_market_is_recorded_from_the_question_to_the_answer(
    staff: Staff, dispatch: Dispatch, live_engine: LiveEngine, settings: Any
) -> None:
    live_engine.project()
    approvals_of(settings, "*=0")
    staff["operator"].post("/admin/exchange/symbol/BTC-KRW/halt/", {"reason": "news"})
    dispatch()
    asked, applied = AuditRecord.objects.filter(target="BTC-KRW").order_by("id")
    assert (asked.kind, asked.actor, applied.kind, applied.actor) == (
        *("change.requested", "the operator"),
        *("change.applied", ""),
    )
    assert json.loads(asked.before) == {"status": 0, "status_reason": ""}
    assert json.loads(asked.after)["status"] == 1
    assert json.loads(applied.after)["sequence"] > 0


def test_two_operators_are_recorded(
    staff: Staff, dispatch: Dispatch, live_engine: LiveEngine, alice: Person, settings: Any
) -> None:
    approvals_of(settings, "*=0")
    live_engine.project()
    page = f"/admin/exchange/account/{alice.account}/deposit/"
    for _ in range(3):
        staff["operator"].post(page, {"asset": "KRW", "amount": "1", "why": "a bonus"})
    first, second, third = ChangeRequest.objects.order_by("id")
    olga = make_person("olga", roles.OPERATOR).user
    approvals.approve(first, olga, "agreed")
    approvals.decline(second, olga, "no such bonus")
    ChangeRequest.objects.filter(pk=third.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert approvals.expire_waiting() == 1
    assert approvals.expire_waiting() == 0
    dispatch()
    acts = AuditRecord.objects.filter(target=str(alice.account)).order_by("id")
    assert [(act.kind, act.actor, act.reason) for act in acts] == [
        *[("change.requested", "the operator", "a bonus")] * 3,
        ("change.approved", "olga", "agreed"),
        ("change.declined", "olga", "no such bonus"),
        ("change.expired", "", ""),
        ("change.applied", "", ""),
    ]
    assert heads.verify().broken is None


def test_the_projector_writes_the_answer_where_the_dispatcher_did_not(
    live_engine: LiveEngine, alice: Person, staff: Staff
) -> None:
    """It died between the engine's answer and its own note."""
    from exchange.control.kinds import command_of

    live_engine.project()
    staff["operator"].post(f"/admin/exchange/account/{alice.account}/freeze/", {})
    [request] = ChangeRequest.objects.all()
    live_engine.submit(command_of(request))
    live_engine.project()
    request.refresh_from_db()
    assert request.state == ChangeRequest.State.APPLIED
    assert AuditRecord.objects.filter(kind="change.applied").count() == 1
    live_engine.project()
    assert AuditRecord.objects.filter(kind="change.applied").count() == 1


def test_failed_log_ins_are_one_record_a_user_and_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    log = FailureLog(lambda _delay_s, _run: None)
    monkeypatch.setattr(log_in_records, "failure_log", log)
    make_person("alice", roles.TRADER)
    for address, name in (("192.0.2.7", "alice"), ("192.0.2.8", "alice"), ("192.0.2.9", "hunter2")):
        Client(REMOTE_ADDR=address).post("/accounts/login/", {"username": name, "password": "wrong-one"})
    assert not AuditRecord.objects.filter(kind="log_in.failed").exists()
    log.write()
    log.write()
    acts = {
        act.target_name: json.loads(act.after) for act in AuditRecord.objects.filter(kind="log_in.failed")
    }
    assert acts == {
        "alice": {"count": 2, "addresses": ["192.0.2.7", "192.0.2.8"]},
        "": {"count": 1, "addresses": ["192.0.2.9"]},
    }


def test_no_secret_is_in_it(staff: Staff, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known secrets, through every way in that records anything."""
    log = FailureLog(lambda _delay_s, _run: None)
    monkeypatch.setattr(log_in_records, "failure_log", log)
    secrets = {PASSWORD, "a wrong password", "typed-into-the-name", "another passphrase", "123456"}
    api, browser = APIClient(), Client()
    # Log-ins: right, wrong, a password for a name; log-out; tokens refreshed, used again and revoked.
    for name, password in (("alice", "a wrong password"), ("typed-into-the-name", "x"), ("alice", PASSWORD)):
        browser.post("/accounts/login/", {"username": name, "password": password})
        api.post("/api/v1/token", {"username": name, "password": password, "otp": "123456"}, format="json")
    secrets.add(browser.session.session_key)
    browser.post("/accounts/logout/")
    pairs = [api.post("/api/v1/token", {"username": "alice", "password": PASSWORD}, format="json").json()]
    pairs.append(api.post("/api/v1/token/refresh", {"refresh": pairs[0]["refresh"]}, format="json").json())
    api.post("/api/v1/token/revoke", {"refresh": pairs[1]["refresh"]}, format="json")
    secrets |= {pair[name] for pair in pairs for name in ("access", "refresh")}
    # Keys of both kinds.
    made = alice.post("/api/v1/keys", {"label": "bot", "scopes": ["read"], "password": PASSWORD}).json()
    secrets.add(made["secret"])
    alice.api.delete(f"/api/v1/keys/{made['key']['key_id']}")
    # The second factor, its recovery codes, and its reset; users and passwords by an administrator.
    secret = second_factor.new_secret()
    code = Telephone(secret).code()
    secrets |= {secret, code, *(second_factor.set_up(alice.user, secret, code) or ())}
    page = f"/admin/accounts/user/{alice.user.pk}"
    root = staff["administrator"]
    root.post(f"{page}/reset-second-factor/", {"reason": "lost"})
    phrase = {"password1": "another passphrase", "password2": "another passphrase"}
    root.post(
        "/admin/accounts/user/add/",
        {"username": "dave", "role": "trader", "usable_password": "true", **phrase},
    )
    root.post(f"{page}/password/", phrase)
    secrets |= {each.password for each in User.objects.all() if each.password}
    log.write()
    kinds = set(AuditRecord.objects.values_list("kind", flat=True))
    assert kinds >= {
        *("log_in.succeeded", "log_in.failed", "log_in.ended", "log_in.revoked", "key.made", "key.revoked"),
        *("second_factor.set_up", "second_factor.reset", "user.created", "user.password_changed"),
    }
    text = "\n".join(json.dumps([str(value) for value in row]) for row in AuditRecord.objects.values_list())
    plain = AuditRecord.objects.values_list(
        "before", "after", "reason", "agent", "target", "target_name", "actor"
    )
    text += "\n".join(str(value) for row in plain for value in row)
    assert [each for each in secrets if each in text] == []
    assert heads.verify().broken is None


def test_a_refresh_token_that_comes_again_is_recorded(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    api = APIClient()
    pair = api.post("/api/v1/token", {"username": "alice", "password": PASSWORD}, format="json").json()
    monkeypatch.setattr("accounts.identity.tokens.REPEAT_FOR", timedelta(0))
    assert api.post("/api/v1/token/refresh", {"refresh": pair["refresh"]}, format="json").status_code == 200
    assert api.post("/api/v1/token/refresh", {"refresh": pair["refresh"]}, format="json").status_code == 401
    assert AuditRecord.objects.get(kind="log_in.token_reused").target_name == "alice"


def test_what_django_had_logged_moves_here(staff: Staff, alice: Person) -> None:
    root = User.objects.get(username="the administrator")
    LogEntry.objects.create(
        user=root,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(alice.user.pk),
        object_repr="alice",
        action_flag=CHANGE,
        change_message='[{"changed": {"fields": ["Email address"]}}]',
    )
    assert adopt_log_entries() == 1
    assert adopt_log_entries() == 0
    row = AuditRecord.objects.get(kind="user.earlier")
    assert (row.actor, row.target_name) == ("the administrator", "alice")
    assert json.loads(row.after)["change"] == "Changed Email address."
    staff["administrator"].post(f"/admin/accounts/user/{alice.user.pk}/change/", {"username": "alice"})
    assert not LogEntry.objects.exists()
