"""The list of a user's open log-ins, in browsers and by token, and their ends."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.identity import changes
from accounts.identity.identities import identify_session, identify_token
from accounts.identity.log_in_places import agent_in_short
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import LogIn, User
from exchange.errors import RefusedError
from tests.accounts.security_cast import FIREFOX, Browser, Program, error, trader

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db: None) -> User:
    return trader("alice", 1001)


@pytest.fixture
def browser(alice: User) -> Browser:
    found = Browser(FIREFOX, "203.0.113.77")
    found.log_in("alice")
    return found


def holds(access: str) -> bool:
    try:
        identify_token(access.encode(), "en")
    except RefusedError:
        return False
    return True


def test_the_list(browser: Browser, alice: User) -> None:
    program = Program("alice", address="2001:db8:1:2::9")
    trader("bob", 1002)
    Program("bob")
    listed = browser.sessions()
    assert [(each["kind"], each["network"], each["agent"], each["is_this"]) for each in listed] == [
        ("token", "2001:db8:1::/48", None, False),
        ("browser", "203.0.113.0/24", "Firefox on Linux", True),
    ]
    assert [each["is_this"] for each in program.sessions()] == [True, False]
    now_ms = timezone.now().timestamp() * 1000
    assert all(0 <= now_ms - each["began_at"] < 60_000 for each in listed)
    # Nothing in it lets anybody in.
    assert browser.client.session.session_key not in str(listed)


def test_a_revoked_session_is_out(browser: Browser, alice: User) -> None:
    other = Browser()
    other.log_in("alice")
    reader = changes.Reader()
    found = next(each for each in browser.sessions() if not each["is_this"])
    assert browser.delete(f"/api/v1/sessions/{found['id']}").json() == {"revoked": True}
    assert reader.read() == {alice.pk}
    assert error(other.get("/api/v1/sessions")) == "NOT_AUTHENTICATED"
    assert [each["is_this"] for each in browser.sessions()] == [True]
    assert error(browser.delete(f"/api/v1/sessions/{found['id']}")) == "SESSION_NOT_FOUND"


def test_a_revoked_token_log_in_is_out(browser: Browser, alice: User) -> None:
    program, other = Program("alice"), Program("alice")
    own = next(each for each in program.sessions() if each["is_this"])
    browser.delete(f"/api/v1/sessions/{own['id']}")
    assert [holds(each.pair["access"]) for each in (program, other)] == [False, True]
    refreshed = program.api.post("/api/v1/token/refresh", {"refresh": program.pair["refresh"]}, format="json")
    assert error(refreshed) == "INVALID_TOKEN"


def test_everywhere_else(browser: Browser, alice: User) -> None:
    trader("bob", 1002)
    others = [Browser(), Browser(), Program("alice"), Program("bob")]
    for each in others[:2]:
        each.log_in("alice")  # type: ignore[union-attr]
    assert len(browser.sessions()) == 4
    assert browser.post("/api/v1/sessions/revoke-others").json() == {"revoked": 3}
    verified_tokens.forget()
    out = [error(each.get("/api/v1/sessions")) for each in others]
    assert out == ["NOT_AUTHENTICATED", "NOT_AUTHENTICATED", "INVALID_TOKEN", None]
    assert [each["is_this"] for each in browser.sessions()] == [True]
    assert browser.post("/api/v1/sessions/revoke-others").json() == {"revoked": 0}


def test_one_may_end_the_own(browser: Browser) -> None:
    browser.delete(f"/api/v1/sessions/{browser.sessions()[0]['id']}")
    assert error(browser.get("/api/v1/sessions")) == "NOT_AUTHENTICATED"


@pytest.mark.parametrize("session_id", ["x", "0" * 32, "f" * 33, "é" * 32, "%00" * 32])
def test_there_is_no_such_session(browser: Browser, session_id: str) -> None:
    assert error(browser.delete(f"/api/v1/sessions/{session_id}")) == "SESSION_NOT_FOUND"


def test_nobody_ends_anothers(browser: Browser) -> None:
    trader("bob", 1002)
    bob = Program("bob")
    assert error(bob.delete(f"/api/v1/sessions/{browser.sessions()[0]['id']}")) == "SESSION_NOT_FOUND"
    assert browser.sessions()


def test_what_is_over_is_not_listed(browser: Browser, alice: User) -> None:
    gone, expired, program = Browser(), Browser(), Program("alice")
    for each in (gone, expired):
        each.log_in("alice")
    gone.client.post("/accounts/logout/", secure=True)
    Session.objects.filter(session_key=expired.client.session.session_key).update(expire_date=timezone.now())
    LogIn.objects.filter(session_key="").update(expires_at=timezone.now())
    assert len(browser.sessions()) == 1 and program.pair
    again = Browser()
    again.log_in("alice")
    keys = set(LogIn.objects.exclude(session_key="").values_list("session_key", flat=True))
    assert gone.client.session.session_key not in keys, "and its row is gone at the next log-in"


def test_a_new_password_ends_the_others(browser: Browser, alice: User) -> None:
    Program("alice")
    alice.set_password("another horse")
    alice.save()
    anew = Browser()
    anew.log_in("alice", "another horse")
    assert [each["is_this"] for each in anew.sessions()] == [True]


def test_a_log_in_in_the_same_browser_is_one(browser: Browser) -> None:
    browser.client.get("/accounts/login/", secure=True)
    browser.log_in("alice")
    assert len(browser.sessions()) == 1


def test_last_seen_is_written_once_a_minute(
    browser: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program("alice")
    for each in (browser, program):
        each.get("/api/v1/sessions")
    ago = timezone.now() - timedelta(minutes=5)
    LogIn.objects.update(last_seen_at=ago)
    browser.get("/api/v1/mfa")
    program.get("/api/v1/mfa")
    assert set(LogIn.objects.values_list("last_seen_at", flat=True)) == {ago}, "written a moment ago"
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 61)
    browser.get("/api/v1/mfa")
    program.get("/api/v1/mfa")
    assert all(each > ago for each in LogIn.objects.values_list("last_seen_at", flat=True))


def test_a_session_that_ends_is_no_identity(browser: Browser) -> None:
    key = browser.client.session.session_key
    assert identify_session(key, "en") is not None
    browser.delete(f"/api/v1/sessions/{browser.sessions()[0]['id']}")
    assert identify_session(key, "en") is None


@pytest.mark.parametrize(
    ("given", "short"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 "
            "Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile "
            "Safari/537.36",
            "Chrome on Android",
        ),
        ("python-httpx/0.28.1", "python-httpx"),
        ("", ""),
        ("\x00\x07<script>", "<script>"),
        ("x" * 5_000, "x" * 32),
    ],
)
def test_a_device_in_short(given: str, short: str) -> None:
    assert agent_in_short(given) == short


def test_a_key_sees_no_sessions(browser: Browser, alice: User, settings: Any) -> None:
    assert error(Program().get("/api/v1/sessions")) == "NOT_AUTHENTICATED"
