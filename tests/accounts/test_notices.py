"""Acts of security: on the user's page, and by mail in the user's language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.delivery.postman import Postman
from accounts.identity import notice_texts, notices
from accounts.identity.log_in_places import Place
from accounts.models import KnownPlace, SecurityAct, User
from tests.accounts.security_cast import Browser, Program, token, trader
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOCALES = Path(__file__).resolve().parents[2] / "frontend/src/locales"


@pytest.fixture(autouse=True)
def _no_rate(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**settings.XTRADER["RATE_LIMITS"], "login": "0"}}


@pytest.fixture
def alice(db: None) -> User:
    return trader("alice", 1001, "alice@example.com")


@pytest.fixture
def browser(alice: User) -> Browser:
    found = Browser()
    found.log_in("alice")
    return found


@pytest.fixture
def sent(mailoutbox: list[Any]) -> Callable[[Callable[[], Any]], list[Any]]:
    """What is mailed by doing something."""

    def by(act: Callable[[], Any]) -> list[Any]:
        Postman().run_once()
        mailoutbox.clear()
        act()
        Postman().run_once()
        return list(mailoutbox)

    return by


Sent = Callable[[Callable[[], Any]], list[Any]]


def test_every_act_is_told_and_kept(browser: Browser, alice: User, sent: Sent) -> None:
    codes: list[str] = []
    key: dict[str, str] = {}

    def use_a_code() -> None:
        codes.extend(browser.post("/api/v1/mfa/recovery-codes").json()["recovery_codes"])
        token("alice", otp=codes[0])

    def make_a_key() -> None:
        body = {"label": "my bot", "scopes": ["read"]}
        key.update(browser.post("/api/v1/keys", body).json()["key"])

    def new_password() -> None:
        alice.refresh_from_db()
        alice.set_password("another horse")
        alice.save()

    acts: list[tuple[Callable[[], Any], list[str]]] = [
        (browser.with_app, ["totp_added"]),
        (browser.with_passkey, ["passkey_added"]),
        (use_a_code, ["recovery_codes_renewed", "recovery_code_used", "new_place"]),
        (make_a_key, ["key_created"]),
        (lambda: browser.delete(f"/api/v1/keys/{key['key_id']}"), ["key_revoked"]),
        (lambda: browser.post("/api/v1/sessions/revoke-others"), ["others_revoked"]),
        (lambda: browser.delete("/api/v1/mfa/totp"), ["totp_removed"]),
        (
            lambda: browser.delete(
                f"/api/v1/mfa/passkeys/{browser.get('/api/v1/mfa').json()['passkeys'][0]['passkey_id']}"
            ),
            ["passkey_removed"],
        ),
        (lambda: browser.delete(f"/api/v1/sessions/{browser.sessions()[0]['id']}"), ["session_revoked"]),
        (new_password, ["password_changed"]),
    ]
    told: list[str] = []
    for act, kinds in acts:
        mails = sent(act)
        told += kinds
        assert [each.to for each in mails] == [["alice@example.com"]] * len(kinds), kinds
        subjects = [f"xTrader: {notice_texts.KINDS[kind].en.rstrip('.')}" for kind in kinds]
        assert [each.subject for each in mails] == subjects
        assert all("alice" in each.body and "UTC" in each.body for each in mails)
        assert not any(secret in each.body for each in mails for secret in (PASSWORD, *codes[:1]))
    assert [act.kind for act in reversed(notices.recent(alice, 50))] == told


def test_in_the_users_language_with_what_is_known(alice: User, sent: Sent) -> None:
    alice.language = "ko"
    facts = notices.facts_of(Place("203.0.113.0/24", "Firefox on Linux"), label="my bot")
    [found] = sent(lambda: notices.tell(alice, notice_texts.KEY_CREATED, facts))
    assert found.subject == "xTrader: API 키를 만들었습니다"
    assert "이름: my bot" in found.body and "네트워크: 203.0.113.0/24" in found.body
    assert "기기: Firefox on Linux" in found.body


def test_who_has_no_address_gets_no_mail(sent: Sent) -> None:
    bob = trader("bob")
    assert sent(lambda: notices.tell(bob, notice_texts.APP_ADDED, {})) == []
    assert SecurityAct.objects.get().kind == "totp_added"


def test_a_new_address_is_told_to_the_old_one(alice: User, sent: Sent) -> None:
    def change() -> None:
        alice.email = "mallory@example.com"
        alice.save()

    [found] = sent(change)
    assert found.to == ["alice@example.com"] and "mallory@example.com" in found.body
    assert sent(alice.save) == [], "saved again without a change"


def test_the_first_password_of_a_user_is_no_change(sent: Sent) -> None:
    user = User.objects.create(username="new", email="new@example.com")
    user.set_password("a first one")
    assert sent(user.save) == []


def test_a_password_hashed_anew_is_no_new_password(alice: User, sent: Sent, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    before = alice.password
    assert sent(lambda: token("alice")) == []
    alice.refresh_from_db()
    assert alice.password != before


def test_a_log_in_from_a_new_place_is_told(alice: User, sent: Sent) -> None:
    home = ("Firefox/1.0 Linux", "203.0.113.7")
    assert sent(lambda: Browser(*home).log_in("alice")) == [], "the first of all"
    assert sent(lambda: Browser("Firefox/2.0 Linux", "203.0.113.200").log_in("alice")) == [], "a known one"
    [found] = sent(lambda: Browser(home[0], "198.51.100.7").log_in("alice"))
    assert "198.51.100.0/24" in found.body
    [found] = sent(lambda: Browser("Chrome/1.0 Windows", home[1]).log_in("alice"))
    assert "Chrome on Windows" in found.body
    assert sent(lambda: Browser("Chrome/1.0 Windows", "198.51.100.9").log_in("alice")) == []
    assert len(sent(lambda: Program("alice", address="192.0.2.1"))) == 1


def test_places_are_forgotten(alice: User, sent: Sent) -> None:
    for number in range(notices.MOST_PLACES + 5):
        notices.note_log_in(alice, Place(f"10.0.{number}.0/24", "Firefox"))
    assert KnownPlace.objects.filter(user=alice).count() == notices.MOST_PLACES
    KnownPlace.objects.update(last_at=timezone.now() - notices.KEEP_PLACES - timedelta(days=1))
    notices.note_log_in(alice, Place("10.9.9.0/24", "Firefox"))
    assert KnownPlace.objects.get().network == "10.9.9.0/24"


def test_acts_are_bounded(alice: User) -> None:
    for _ in range(notices.MOST_ACTS + 5):
        notices.tell(alice, notice_texts.SESSION_ENDED, {})
    assert SecurityAct.objects.count() == notices.MOST_ACTS
    SecurityAct.objects.update(at=timezone.now() - notices.KEEP_ACTS - timedelta(days=1))
    notices.tell(alice, notice_texts.SESSION_ENDED, {"label": "x" * 500})
    assert len(SecurityAct.objects.get().facts["label"]) == 120


def test_several_wrong_codes_are_told_once(browser: Browser, alice: User, sent: Sent) -> None:
    browser.with_app()
    mails = sent(lambda: [token("alice", otp="000000") for _ in range(8)])
    assert [each.subject for each in mails] == [
        f"xTrader: {notice_texts.KINDS['second_factor_guessed'].en[:-1]}"
    ]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_has_a_text_for_every_kind(language: str) -> None:
    texts = json.loads((LOCALES / language / "security.json").read_text())
    assert list(texts["acts"]["kinds"]) == list(notice_texts.KINDS)


def test_the_texts_are_in_both_languages() -> None:
    for texts in (*notice_texts.KINDS.values(), *notice_texts.FACTS.values()):
        assert re.search("[가-힣]", texts.ko) and not re.search("[가-힣]", texts.en)
