"""An operator ends a user's log-ins: all of them, nobody else's, and without reading the others' sessions."""

from __future__ import annotations

import json
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.identity import open_log_ins
from accounts.identity.ending_log_ins import end_all
from accounts.identity.identities import identify_session
from accounts.identity.session_store import SessionStore
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import LogIn, User
from exchange.models import AuditRecord
from tests.accounts.security_cast import FIREFOX, Browser, Program, error, trader

pytestmark = pytest.mark.django_db

give_rows = import_module("accounts.migrations.0011_sessions_have_rows").give_rows


@pytest.fixture
def alice(db: None) -> User:
    return trader("alice", 1001)


@pytest.fixture
def bob(db: None) -> User:
    return trader("bob", 1002)


def logged_in(name: str) -> tuple[Browser, Program]:
    browser = Browser(FIREFOX)
    browser.log_in(name)
    return browser, Program(name)


def old_session(user: User | None, **more: Any) -> str:
    """The key of a session as it was before the list of log-ins: without a row."""
    session = SessionStore()
    if user is not None:
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(more)
    session.create()
    return str(session.session_key)


def upgrade() -> None:
    give_rows(apps, None)


def test_all_of_one_end_and_none_of_another(alice: User, bob: User) -> None:
    hers, his = logged_in("alice"), logged_in("bob")
    end_all(alice, bob, "a stolen telephone")
    verified_tokens.forget()
    assert [error(each.get("/api/v1/sessions")) for each in hers] == ["NOT_AUTHENTICATED", "INVALID_TOKEN"]
    assert [error(each.get("/api/v1/sessions")) for each in his] == [None, None]
    [record] = AuditRecord.objects.filter(kind="log_in.all_ended")
    assert (record.target_name, record.reason) == ("alice", "a stolen telephone")
    assert json.loads(record.before) == {"sessions": 1, "api_log_ins": 1}


def test_what_is_over_is_not_counted(alice: User, bob: User) -> None:
    browser, _ = logged_in("alice")
    ago = timezone.now() - timedelta(days=1)
    Session.objects.filter(session_key=browser.client.session.session_key).update(expire_date=ago)
    end_all(alice, bob, "tidy")
    [record] = AuditRecord.objects.filter(kind="log_in.all_ended")
    assert json.loads(record.before) == {"sessions": 0, "api_log_ins": 1}


def test_sessions_from_before_the_list_end_as_well(alice: User, bob: User) -> None:
    hers, his = old_session(alice), old_session(bob)
    upgrade()
    assert identify_session(hers, "en") is not None
    end_all(alice, bob, "stolen")
    assert identify_session(hers, "en") is None
    assert identify_session(his, "en") is not None


def test_the_upgrade_gives_a_row_to_each_session_of_a_user_and_to_no_other(alice: User, bob: User) -> None:
    browser, _ = logged_in("bob")
    hers = [old_session(alice) for _ in range(3)]
    old_session(None, account_login="half way through a log-in")
    old_session(None, **{SESSION_KEY: "987654"})
    Session.objects.create(session_key="broken", session_data="x", expire_date=timezone.now() + timedelta(1))
    expired = old_session(alice)
    Session.objects.filter(session_key=expired).update(expire_date=timezone.now())
    before = LogIn.objects.count()
    for _ in range(2):
        upgrade()
        assert LogIn.objects.count() == before + 3
    rows = LogIn.objects.filter(user=alice)
    assert sorted(row.session_key for row in rows) == sorted(hers)
    assert all(row.proved_at is None and row.ended_at is None for row in rows)
    assert {row.key for row in open_log_ins.going_on(alice)} == {row.key for row in rows}
    assert LogIn.objects.filter(session_key=browser.client.session.session_key).count() == 1


def test_the_upgrade_goes_on_over_many_lots(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(give_rows.__globals__, "LOT", 2)
    hers = {old_session(alice) for _ in range(7)}
    upgrade()
    assert set(LogIn.objects.values_list("session_key", flat=True)) == hers


def test_no_session_of_others_is_read(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many statements with many sessions as with few, and only those of the user are decoded."""
    real, decoded = Session.get_decoded, set[str]()

    def noted(session: Session) -> dict[str, Any]:
        found = real(session)
        decoded.add(found[SESSION_KEY])
        return found

    def end(name: str) -> int:
        logged_in(name)
        with CaptureQueriesContext(connection) as queries:
            end_all(User.objects.get(username=name), bob, "a reason")
        return len(queries)

    monkeypatch.setattr(Session, "get_decoded", noted)
    few = end("alice")
    for _ in range(50):
        old_session(bob)
    assert end("alice") == few
    assert decoded == {str(alice.pk)}
