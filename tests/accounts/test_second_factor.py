"""Staff prove who they are twice: oscar by password and by the code of his telephone, wherever he logs in."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.test import Client
from rest_framework.test import APIClient

from accounts.identity import roles, second_factor
from accounts.models import User
from tests.accounts import security_cast
from tests.accounts.security_cast import Browser, error, trader
from tests.accounts.telephone import Telephone
from tests.conftest import PASSWORD, make_person
from tests.web.console.test_pages import text_of
from web.access import second_step

pytestmark = pytest.mark.django_db

PAGE = "/accounts/second-factor/"
LOG_IN_PAGES = ("/accounts/login/", "/admin/login/")


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "login": "0"}
    settings.XTRADER = {**settings.XTRADER, "STAFF_SECOND_FACTOR": True, "RATE_LIMITS": limits}


@pytest.fixture
def oscar() -> User:
    return make_person("oscar", roles.OPERATOR).user


@pytest.fixture
def telephone(oscar: User) -> Telephone:
    """Oscar has set it up, by the code of the step before."""
    found = Telephone(second_factor.new_secret())
    assert second_factor.set_up(oscar, found.secret, found.code(-1))
    return found


def password_step(browser: Client, page: str = LOG_IN_PAGES[0], next_url: str = "/admin/") -> Any:
    return browser.post(page, {"username": "oscar", "password": PASSWORD, "next": next_url})


def is_logged_in(browser: Client) -> bool:
    return "_auth_user_id" in browser.session


def token(**fields: str) -> Any:
    return APIClient().post(
        "/api/v1/token", {"username": "oscar", "password": PASSWORD, **fields}, format="json"
    )


@pytest.mark.parametrize("page", LOG_IN_PAGES)
def test_the_first_log_in_sets_it_up(oscar: User, page: str) -> None:
    browser = Client()
    assert password_step(browser, page)["Location"] == PAGE
    assert not is_logged_in(browser)
    shown = browser.get(PAGE)
    assert "<svg" in shown.content.decode()
    found = re.search(r'id="totp-secret">([A-Z2-7]{32})<', shown.content.decode())
    assert found is not None
    done = browser.post(PAGE, {"code": Telephone(found[1]).code()})
    codes = re.findall(r"<code>(\d{8})</code>", done.content.decode())
    assert len(set(codes)) == 10
    assert 'href="/admin/"' in done.content.decode()
    assert is_logged_in(browser)
    assert browser.get("/admin/").status_code == 200
    assert not any(code in browser.get("/admin/").content.decode() for code in codes)


@pytest.mark.parametrize("page", LOG_IN_PAGES)
def test_later_ones_ask_for_the_code(telephone: Telephone, page: str) -> None:
    browser = Client()
    password_step(browser, page, "/admin/engine/")
    assert not is_logged_in(browser)
    assert browser.get("/admin/").status_code == 302
    assert "totp-secret" not in browser.get(PAGE).content.decode(), "the secret is shown at set-up alone"
    assert browser.post(PAGE, {"code": telephone.code()})["Location"] == "/admin/engine/"
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("language, words", [("en", "Enter the code"), ("ko", "인증 앱의 코드")])
def test_the_page_speaks_both_languages(telephone: Telephone, language: str, words: str) -> None:
    browser = Client(headers={"accept-language": language})
    password_step(browser)
    assert words in text_of(browser.get(PAGE))


def test_a_code_counts_once(telephone: Telephone) -> None:
    code = telephone.code()
    for expected in (True, False):
        browser = Client()
        password_step(browser)
        browser.post(PAGE, {"code": code})
        assert is_logged_in(browser) is expected
    assert token(otp=code).json()["error"] == "INVALID_CREDENTIALS"
    assert token(otp=telephone.code(-1)).status_code == 401, "nor does the one before it any more"
    assert token(otp=telephone.code(1)).status_code == 200, "a clock half a minute ahead is no reason"
    assert token(otp=telephone.code(2)).status_code == 401


def test_a_recovery_code_counts_once(oscar: User) -> None:
    secret = second_factor.new_secret()
    codes = second_factor.set_up(oscar, secret, Telephone(secret).code())
    assert codes is not None
    assert token(otp=codes[3]).status_code == 200
    assert token(otp=codes[3]).status_code == 401
    browser = Client()
    password_step(browser)
    browser.post(PAGE, {"code": codes[9]})
    assert is_logged_in(browser)


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６", "1" * 33, "\x00" * 6])
def test_what_is_no_code_is_refused(telephone: Telephone, code: str) -> None:
    browser = Client()
    password_step(browser)
    response = browser.post(PAGE, {"code": code})
    assert response.status_code == 200
    assert "The code is wrong" in text_of(response)
    assert token(otp=code).status_code in (400, 401)


def test_five_wrong_codes_start_the_log_in_again(telephone: Telephone) -> None:
    browser = Client()
    password_step(browser)
    for _ in range(second_step.TRIES - 1):
        assert browser.post(PAGE, {"code": "000000"}).status_code == 200
    assert browser.post(PAGE, {"code": "000000"})["Location"] == "/accounts/login/"
    assert browser.post(PAGE, {"code": telephone.code()})["Location"] == "/accounts/login/"
    password_step(browser)
    refused = browser.post(PAGE, {"code": telephone.code()})
    assert refused.status_code == 429, "a sixth guess from there waits, though the password is right"
    assert int(refused["Retry-After"]) > 0
    limited = token(otp=telephone.code())
    assert (limited.status_code, limited.json()["error"]) == (429, "RATE_LIMITED")


def test_the_second_step_does_not_wait_for_ever(
    telephone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    password_step(browser)
    now = time.time()
    monkeypatch.setattr(second_step.time, "time", lambda: now + second_step.PATIENCE_S + 1)
    assert browser.get(PAGE)["Location"] == "/accounts/login/"
    assert browser.post(PAGE, {"code": telephone.code()})["Location"] == "/accounts/login/"


@pytest.mark.parametrize("change", ["password", "is_active"])
def test_a_user_changed_between_the_steps_starts_again(
    telephone: Telephone, oscar: User, change: str
) -> None:
    browser = Client()
    password_step(browser)
    if change == "password":
        oscar.set_password("another correct horse")
    else:
        oscar.is_active = False
    oscar.save()
    assert browser.post(PAGE, {"code": telephone.code()})["Location"] == "/accounts/login/"
    assert not is_logged_in(browser)


def test_without_a_first_step_there_is_no_second() -> None:
    assert Client().get(PAGE)["Location"] == "/accounts/login/"
    assert Client().post(PAGE, {"code": "123456"})["Location"] == "/accounts/login/"


def test_a_token_needs_the_code(telephone: Telephone) -> None:
    refused = token()
    assert (refused.status_code, refused.json()["error"]) == (401, "MFA_REQUIRED")
    assert refused.json()["details"] == {"field": "otp", "is_set_up": True}
    assert token(password="wrong").json()["error"] == "INVALID_CREDENTIALS", "not told to a guesser"
    assert "access" in token(otp=telephone.code()).json()


def test_a_token_before_it_is_set_up(oscar: User) -> None:
    refused = token(otp="123456")
    assert (refused.status_code, refused.json()["error"]) == (401, "MFA_REQUIRED")
    assert refused.json()["details"]["is_set_up"] is False


def test_traders_log_in_as_before() -> None:
    make_person("alice", roles.TRADER)
    body = {"username": "alice", "password": PASSWORD}
    assert APIClient().post("/api/v1/token", body, format="json").status_code == 200
    browser = Client()
    assert browser.post("/accounts/login/", {**body, "next": "/markets"})["Location"] == "/markets"
    assert is_logged_in(browser)


def test_a_session_from_before_it_was_required_ends_at_the_operator_pages(oscar: User) -> None:
    browser = Client()
    browser.force_login(oscar)
    response = browser.get("/admin/")
    assert response["Location"] == "/admin/login/?next=/admin/"
    assert browser.get(response["Location"]).status_code == 200


def test_the_database_alone_gives_no_codes(telephone: Telephone, settings: Any) -> None:
    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert telephone.secret not in str(kept.data)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key" * 8
    with pytest.raises(InvalidToken):
        second_factor.get_adapter().decrypt(kept.data["secret"])
    settings.SECRET_KEY_FALLBACKS = [before]
    assert second_factor.get_adapter().decrypt(kept.data["secret"]) == telephone.secret


def test_an_administrator_resets_a_lost_one(telephone: Telephone, oscar: User) -> None:
    root = make_person("root", roles.ADMINISTRATOR).user
    secret = second_factor.new_secret()
    second_factor.set_up(root, secret, Telephone(secret).code())
    browser = Client()
    browser.post("/admin/login/", {"username": "root", "password": PASSWORD})
    browser.post(PAGE, {"code": Telephone(secret).code(1)})
    path = f"/admin/accounts/user/{oscar.pk}/reset-second-factor/"
    assert path in browser.get(f"/admin/accounts/user/{oscar.pk}/change/").content.decode()
    assert browser.get(path).status_code == 200
    assert second_factor.is_set_up(oscar), "looking changes nothing"
    assert browser.post(path).status_code == 200, "it asks for a reason"
    assert second_factor.is_set_up(oscar)
    assert browser.post(path, {"reason": "lost his telephone"}).status_code == 302
    assert not second_factor.is_set_up(oscar)
    own = browser.post(f"/admin/accounts/user/{root.pk}/reset-second-factor/", {"reason": "mine"})
    assert own.status_code == 403
    assert second_factor.is_set_up(root)
    assert "reset a second factor" in text_of(browser.get("/admin/exchange/auditrecord/?about=oscar"))


# --- of traders, by choice ---------------------------------------------------------------------------------


@pytest.fixture
def browser() -> Browser:
    """Alice, in a browser that has just logged in."""
    trader("alice", 1001)
    found = Browser()
    found.log_in("alice")
    return found


def test_a_trader_sets_up_an_app_and_logs_in_with_it(browser: Browser) -> None:
    state = browser.get("/api/v1/mfa").json()
    assert state == {
        "is_on": False,
        "is_required": False,
        "totp": None,
        "recovery_codes": None,
        "passkeys": [],
    }
    telephone, codes = browser.with_app()
    assert len(set(codes)) == 10 and all(re.fullmatch("[0-9]{8}", code) for code in codes)
    state = browser.get("/api/v1/mfa").json()
    assert state["is_on"] and state["totp"]["last_used_at"] is None and state["recovery_codes"]["left"] == 10
    assert telephone.secret not in str(state) and not any(code in str(state) for code in codes)
    fresh = Browser()
    assert fresh.log_in("alice")["Location"] == PAGE and not fresh.is_logged_in
    assert "by-passkey" not in fresh.client.get(PAGE, secure=True).content.decode()
    assert fresh.form(PAGE, code=telephone.code())["Location"] == "/security" and fresh.is_logged_in
    assert error(security_cast.token("alice")) == "MFA_REQUIRED"
    assert security_cast.token("alice", otp=codes[0]).status_code == 200
    assert browser.get("/api/v1/mfa").json()["recovery_codes"]["left"] == 9


def test_the_secret_waits_for_its_first_code(browser: Browser) -> None:
    begun = browser.post("/api/v1/mfa/totp").json()
    assert begun["url"].startswith("otpauth://totp/") and begun["secret"] in begun["url"]
    assert "<svg" in begun["image"]
    assert not browser.get("/api/v1/mfa").json()["is_on"]
    wrong = browser.post("/api/v1/mfa/totp/confirm", {"code": "000000"})
    assert (wrong.status_code, error(wrong)) == (401, "INVALID_CREDENTIALS")
    other = Browser()
    other.log_in("alice")
    code = {"code": Telephone(begun["secret"]).code()}
    assert error(other.post("/api/v1/mfa/totp/confirm", code)) == "FACTOR_NOT_FOUND", "it has asked for none"
    assert browser.post("/api/v1/mfa/totp/confirm", code).status_code == 200
    assert error(browser.post("/api/v1/mfa/totp/confirm", code)) == "FACTOR_NOT_FOUND"
    assert error(browser.post("/api/v1/mfa/totp")) == "FACTOR_IN_USE"


def test_of_two_that_set_it_up_one_has_it(browser: Browser) -> None:
    other = Browser()
    other.log_in("alice")
    secrets = [each.post("/api/v1/mfa/totp").json()["secret"] for each in (browser, other)]
    answers = [
        each.post("/api/v1/mfa/totp/confirm", {"code": Telephone(secret).code()})
        for each, secret in zip((browser, other), secrets, strict=True)
    ]
    assert [error(each) for each in answers] == [None, "FACTOR_IN_USE"]


def test_the_code_of_another_user_is_wrong(browser: Browser) -> None:
    trader("bob", 1002)
    bob = Browser()
    bob.log_in("bob")
    (_, mine), (hers, codes) = bob.with_app(), browser.with_app()
    assert error(security_cast.token("bob", otp=hers.code())) == "INVALID_CREDENTIALS"
    assert error(security_cast.token("bob", otp=codes[0])) == "INVALID_CREDENTIALS"
    assert security_cast.token("bob", otp=mine[0]).status_code == 200


def test_new_recovery_codes_void_the_old(browser: Browser) -> None:
    assert error(browser.post("/api/v1/mfa/recovery-codes")) == "FACTOR_NOT_FOUND"
    _, old = browser.with_app()
    new = browser.post("/api/v1/mfa/recovery-codes").json()["recovery_codes"]
    assert len(set(new)) == 10
    assert error(security_cast.token("alice", otp=old[0])) == "INVALID_CREDENTIALS"
    assert security_cast.token("alice", otp=new[0]).status_code == 200


def test_the_recovery_codes_go_with_the_last_factor(browser: Browser) -> None:
    _, codes = browser.with_app()
    browser.with_passkey()
    assert browser.delete("/api/v1/mfa/totp").json() == {"removed": True}
    state = browser.get("/api/v1/mfa").json()
    assert state["is_on"] and state["totp"] is None and state["recovery_codes"]["left"] == 10
    browser.delete(f"/api/v1/mfa/passkeys/{state['passkeys'][0]['passkey_id']}")
    assert not Authenticator.objects.exists()
    assert security_cast.token("alice").status_code == 200
    again = browser.with_app()[1]
    assert not set(again) & set(codes)
    assert error(browser.delete("/api/v1/mfa/totp")) is None
    assert error(browser.delete("/api/v1/mfa/totp")) == "FACTOR_NOT_FOUND"


def test_guesses_at_a_name_do_not_slow_down_a_code(browser: Browser) -> None:
    """The count of a second factor has a name that nobody can type."""
    telephone, _ = browser.with_app()
    user = User.objects.get(username="alice")
    for name in (f"second factor of {user.pk}", f"\0second factor of {user.pk}"):
        for number in range(40):
            security_cast.token(name, f"10.0.{number}.1", password="guess")
    from_elsewhere = security_cast.token("alice", "192.0.2.9", otp=telephone.code())
    assert from_elsewhere.status_code == 200


@pytest.mark.parametrize("body", [{}, {"code": 5}, {"code": "1", "more": 1}])
def test_what_confirms_nothing(browser: Browser, body: Any) -> None:
    browser.post("/api/v1/mfa/totp")
    assert browser.post("/api/v1/mfa/totp/confirm", body).status_code == 400


def test_nobody_sees_anything_here() -> None:
    for method, path in (
        ("GET", "/api/v1/mfa"),
        ("GET", "/api/v1/sessions"),
        ("GET", "/api/v1/security-acts"),
        ("POST", "/api/v1/step-up"),
        ("POST", "/api/v1/mfa/totp"),
    ):
        refused = APIClient().generic(method, path, b"{}", content_type="application/json")
        assert (refused.status_code, error(refused)) == (401, "NOT_AUTHENTICATED"), path
