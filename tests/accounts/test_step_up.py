"""Acts that need a recent proof: which log-in proved it, by what, and for how long."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.identity import roles
from accounts.models import LogIn, User
from tests.accounts.security_cast import Browser, Caller, Program, error, token, trader
from tests.conftest import PASSWORD, make_person

pytestmark = pytest.mark.django_db

ACTS = [
    ("POST", "/api/v1/keys", {"label": "bot", "scopes": ["read"]}),
    ("DELETE", f"/api/v1/keys/{'0' * 32}", None),
    ("POST", "/api/v1/mfa/totp", {}),
    ("DELETE", "/api/v1/mfa/totp", None),
    ("POST", "/api/v1/mfa/recovery-codes", {}),
    ("POST", "/api/v1/mfa/passkeys/options", {}),
    ("DELETE", "/api/v1/mfa/passkeys/1", None),
]


@pytest.fixture(autouse=True)
def _no_rate(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**settings.XTRADER["RATE_LIMITS"], "login": "0"}}


@pytest.fixture
def alice(db: None) -> User:
    return trader("alice", 1001)


@pytest.fixture
def browser(alice: User) -> Browser:
    found = Browser()
    found.log_in("alice")
    return found


def grow_old(minutes: float = 6) -> None:
    """All proofs were given a while ago."""
    LogIn.objects.update(proved_at=timezone.now() - timedelta(minutes=minutes))


@pytest.mark.parametrize(("method", "path", "body"), ACTS)
@pytest.mark.parametrize("kind", [Browser, Program])
def test_an_old_proof_does_not_do(alice: User, kind: type[Caller], method: str, path: str, body: Any) -> None:
    caller = Program("alice") if kind is Program else Browser()
    if isinstance(caller, Browser):
        caller.log_in("alice")
    assert error(caller.send(method, path, body)) != "STEP_UP_REQUIRED", "logging in is a proof"
    grow_old()
    refused = caller.send(method, path, body)
    assert (refused.status_code, error(refused)) == (403, "STEP_UP_REQUIRED")
    assert refused.json()["details"] == {"ways": [["password"]], "max_age_s": 300}
    assert caller.prove(password="wrong").status_code == 401
    assert error(caller.send(method, path, body)) == "STEP_UP_REQUIRED"
    proved = caller.prove()
    assert abs(proved.json()["proved_until"] / 1000 - time.time() - 300) < 60
    assert error(caller.send(method, path, body)) != "STEP_UP_REQUIRED"


def test_a_proof_is_of_one_log_in(browser: Browser, alice: User) -> None:
    others = [Browser(), Program("alice")]
    others[0].log_in("alice")  # type: ignore[union-attr]
    grow_old()
    assert browser.prove().status_code == 200
    for other in others:
        assert error(other.post("/api/v1/mfa/totp")) == "STEP_UP_REQUIRED"
    assert browser.post("/api/v1/mfa/totp").status_code == 200


def test_the_age_is_a_setting(browser: Browser, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "STEP_UP_MAX_AGE_S": 3600}
    grow_old(59)
    assert browser.post("/api/v1/mfa/totp").status_code == 200
    grow_old(61)
    refused = browser.post("/api/v1/mfa/totp")
    assert refused.json()["details"]["max_age_s"] == 3600


def test_another_users_password_proves_nothing(browser: Browser) -> None:
    make_person("bob", roles.TRADER).user.set_password("bob's own horse")
    grow_old()
    assert error(browser.prove(password="bob's own horse")) == "INVALID_CREDENTIALS"
    assert error(browser.post("/api/v1/mfa/totp")) == "STEP_UP_REQUIRED"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"otp": "123456"}, "MISSING_FIELD"),
        ({"password": 5}, "INVALID_FIELD"),
        ({"password": PASSWORD, "code": "1"}, "UNKNOWN_FIELD"),
        ({"passkey": "x"}, "INVALID_FIELD"),
        ({"passkey": {}}, "INVALID_PASSKEY"),
        ({"password": "\x00"}, "INVALID_CREDENTIALS"),
    ],
)
def test_what_is_no_proof(browser: Browser, fields: dict[str, Any], code: str) -> None:
    grow_old()
    assert error(browser.prove(**fields)) == code
    assert error(browser.post("/api/v1/mfa/totp")) == "STEP_UP_REQUIRED"


def test_with_a_second_factor_the_password_alone_does_not_do(browser: Browser) -> None:
    telephone, _ = browser.with_app()
    grow_old()
    refused = browser.post("/api/v1/mfa/recovery-codes")
    assert refused.json()["details"]["ways"] == [["password", "otp"]]
    assert error(browser.prove()) == "MFA_REQUIRED"
    assert error(browser.prove(password=PASSWORD, otp="000000")) == "INVALID_CREDENTIALS"
    assert error(browser.post("/api/v1/mfa/recovery-codes")) == "STEP_UP_REQUIRED"
    assert browser.prove(password=PASSWORD, otp=telephone.code()).status_code == 200
    assert len(browser.post("/api/v1/mfa/recovery-codes").json()["recovery_codes"]) == 10
    # The code was used up by the proof.
    assert error(browser.prove(password=PASSWORD, otp=telephone.code())) == "INVALID_CREDENTIALS"
    assert error(token("alice", otp=telephone.code())) == "INVALID_CREDENTIALS"


def test_a_passkey_is_a_whole_proof_for_the_log_in_that_asked(browser: Browser, alice: User) -> None:
    passkey = browser.with_passkey()
    other = Browser()
    other.log_in("alice")
    other.form("/accounts/second-factor/", passkey=other.signs(passkey, **{"second-step": "1"}))
    assert other.is_logged_in
    grow_old()
    assert browser.post("/api/v1/mfa/totp").json()["details"]["ways"] == [["passkey"], ["password", "otp"]]
    options = browser.post("/api/v1/step-up/options").json()["public_key"]
    answer = passkey.sign(options)
    assert error(other.prove(passkey=answer)) == "INVALID_PASSKEY", "the challenge was another log-in's"
    assert browser.prove(passkey=answer).status_code == 200
    assert browser.post("/api/v1/mfa/totp").status_code == 200
    grow_old()
    assert error(browser.prove(passkey=answer)) == "INVALID_PASSKEY", "a challenge is answered once"
    assert error(other.post("/api/v1/mfa/totp")) == "STEP_UP_REQUIRED"


def guesses_of_a_password(browser: Browser, _: list[str]) -> Any:
    return browser.prove(password="wrong")


def guesses_of_a_code(browser: Browser, _: list[str]) -> Any:
    return browser.prove(password=PASSWORD, otp="000000")


@pytest.mark.parametrize("guess", [guesses_of_a_password, guesses_of_a_code])
def test_guesses_slow_down(browser: Browser, guess: Callable[[Browser, list[str]], Any]) -> None:
    _, codes = browser.with_app()
    answers = [guess(browser, codes).status_code for _ in range(12)]
    assert answers[0] == 401 and answers[-1] == 429
    # Not even the right one is looked at meanwhile, nor a recovery code.
    right = browser.prove(password=PASSWORD, otp=codes[0])
    assert (right.status_code, error(right)) == (429, "RATE_LIMITED")
    assert int(right["Retry-After"]) > 0


def test_a_session_from_before_rows_proves_itself(browser: Browser, alice: User) -> None:
    LogIn.objects.all().delete()
    assert error(browser.post("/api/v1/mfa/totp")) == "STEP_UP_REQUIRED"
    assert browser.prove().status_code == 200
    assert browser.post("/api/v1/mfa/totp").status_code == 200
    assert [each["is_this"] for each in browser.sessions()] == [True]


def test_a_new_key_of_the_session_keeps_the_proof(browser: Browser, alice: User) -> None:
    """As after a new password that the user has set in this browser."""
    session = browser.client.session
    session.cycle_key()
    browser.client.cookies["sessionid"] = session.session_key
    assert browser.post("/api/v1/mfa/totp").status_code == 200
    assert len(browser.sessions()) == 1


def test_keys_take_the_password_along(browser: Browser, alice: User) -> None:
    grow_old()
    body = {"label": "bot", "scopes": ["read"]}
    assert error(browser.post("/api/v1/keys", body)) == "STEP_UP_REQUIRED"
    assert error(browser.post("/api/v1/keys", {**body, "password": "wrong"})) == "INVALID_CREDENTIALS"
    made = browser.post("/api/v1/keys", {**body, "password": PASSWORD})
    assert made.status_code == 200
    assert browser.delete(f"/api/v1/keys/{made.json()['key']['key_id']}").status_code == 200
