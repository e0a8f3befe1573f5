"""The pages of a sign-up and of one's log-in, by a browser without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.identity import emails, roles
from accounts.models import Letter, PendingSignUp, TermsOfService, User
from exchange.models import Account
from tests.accounts.joining import PASSWORD, delivered, link_in
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

FORM = {"username": "dora", "email": "dora@example.com", "password": PASSWORD, "language": "en"}
NEW = "another twelve herons"


@pytest.fixture(autouse=True)
def _open(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "REGISTRATION": "open", "DEMO": True}


def path_of(letter: Any) -> str:
    return "/" + link_in(letter).split("/", 3)[3]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_joining_in_one_browser() -> None:
    browser = Client(enforce_csrf_checks=False)
    sent = browser.post("/signup", FORM)
    assert sent["Location"] == "/signup/sent"
    assert "dora@example.com" in text(browser.get("/signup/sent"))
    (letter,) = delivered()
    path = path_of(letter)
    asks = browser.get(path)
    assert asks.status_code == 200 and "dora" in text(asks)
    assert not User.objects.exists(), "looking at a link confirms nothing"
    done = browser.post(path)
    assert done["Location"] == "/signup/opening"
    user = User.objects.get()
    assert browser.session["_auth_user_id"] == str(user.pk), "the browser that signed up is logged in"
    opening = browser.get("/signup/opening")
    assert 'http-equiv="refresh"' in text(opening) and "look=1" in text(opening)
    last = text(browser.get("/signup/opening?look=30"))
    assert 'http-equiv="refresh"' not in last and "longer" in last
    Account.objects.update(status=1)
    assert "is open" in text(browser.get("/signup/opening"))
    assert browser.post(path).status_code == 400, "once"


def test_the_link_alone_logs_nobody_in() -> None:
    Client().post("/signup", FORM)
    (letter,) = delivered()
    stranger = Client()
    assert stranger.post(path_of(letter))["Location"] == "/signup/opening"
    assert "_auth_user_id" not in stranger.session
    Account.objects.update(status=1)
    assert "/accounts/login/" in text(stranger.get("/signup/opening"))


def test_another_user_stays_logged_in() -> None:
    alice = make_person("alice", roles.TRADER).user
    browser = Client()
    browser.post("/signup", FORM)
    (letter,) = delivered()
    browser.force_login(alice)
    browser.post(path_of(letter))
    assert browser.session["_auth_user_id"] == str(alice.pk)


def test_a_refusal_is_told_at_its_field() -> None:
    make_person("alice", roles.TRADER)
    for changes, field, words in (
        ({"username": "ALICE"}, "username", "taken"),
        ({"username": "admin"}, "username", "3 to 30"),
        ({"password": "short"}, "password", "too short"),
        ({"email": "dora"}, "email", "valid"),
    ):
        page = Client().post("/signup", {**FORM, **changes})
        errors = page.context["form"].errors
        assert list(errors) == [field]
        assert words in str(errors[field]), errors
        assert PASSWORD not in text(page), "no password is sent back"
    assert not PendingSignUp.objects.exists()


def test_a_taken_and_a_free_address_look_the_same() -> None:
    make_person("alice", roles.TRADER)
    User.objects.filter(username="alice").update(email="alice@example.com")
    pages = []
    for name, email in (("erin", "alice@example.com"), ("finn", "finn@example.com")):
        browser = Client()
        answer = browser.post("/signup", {**FORM, "username": name, "email": email})
        page = text(browser.get("/signup/sent")).replace(email, "")
        pages.append((answer.status_code, answer["Location"], re.sub(r'value="[^"]+"', "", page)))
    assert pages[0] == pages[1]


def test_a_forgotten_password_by_pages() -> None:
    user = User.objects.create_user("dora", email="dora@example.com", password=PASSWORD)
    browser = Client()
    known = browser.post("/accounts/password/reset", {"email": "dora@example.com"})
    unknown = browser.post("/accounts/password/reset", {"email": "nobody@example.com"})
    assert text(known).replace("dora@", "nobody@") == text(unknown)
    (letter,) = delivered()
    path = path_of(letter)
    assert 'name="password"' in text(browser.get(path))
    weak = browser.post(path, {"password": "dora"})
    assert weak.status_code == 400 and "too short" in text(weak)
    assert "all log-ins have ended" in text(browser.post(path, {"password": NEW}))
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert browser.get(path).status_code == browser.post(path, {"password": NEW}).status_code == 400


def test_password_and_address_of_the_user_who_is_logged_in() -> None:
    user = User.objects.create_user("dora", email="dora@example.com", password=PASSWORD)
    emails.adopt(user)
    for path in ("/accounts/password", "/accounts/email"):
        assert Client().get(path)["Location"].startswith("/accounts/login/?next=")
    browser = Client()
    browser.force_login(user)
    wrong = browser.post("/accounts/password", {"password": "wrong", "new_password": NEW})
    assert wrong.status_code == 401
    assert "API keys still work" in text(
        browser.post("/accounts/password", {"password": PASSWORD, "new_password": NEW})
    )
    asked = browser.post("/accounts/email", {"email": "new@example.com", "password": NEW})
    assert "new@example.com" in text(asked)
    letters = {letter.to[0]: letter for letter in delivered()}
    path = path_of(letters["new@example.com"])
    assert "dora" in text(Client().get(path))
    assert "new@example.com" in text(Client().post(path))
    user.refresh_from_db()
    assert user.email == "new@example.com"


def test_terms_and_invitation_are_asked_for(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "REGISTRATION": "invitation"}
    TermsOfService.objects.create(version=4, text_en="Rules", text_ko="규칙", effective_at=timezone.now())
    page = text(Client().get("/signup"))
    assert 'name="invitation"' in page and 'name="terms"' in page
    assert 'name="terms_version" value="4"' in page
    refused = Client().post("/signup", FORM)
    assert set(refused.context["form"].errors) == {"invitation", "terms"}
    whole = {**FORM, "invitation": "NONE", "terms": "on", "terms_version": "4"}
    assert list(Client().post("/signup", whole).context["form"].errors) == ["invitation"]


def test_closed_says_so(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "REGISTRATION": "closed"}
    page = Client().get("/signup")
    assert page.status_code == 403 and "no new users" in text(page)
    assert Client().post("/signup", FORM).status_code == 403
    assert "/signup" not in text(Client().get("/accounts/login/"))


def test_too_many_have_to_wait(settings: Any) -> None:
    settings.XTRADER["RATE_LIMITS"] = {**settings.XTRADER["RATE_LIMITS"], "signup": "1/h"}
    Client().post("/signup", FORM)
    late = Client().post("/signup", {**FORM, "username": "erin"})
    assert late.status_code == 429 and int(late["Retry-After"]) > 0
    assert Letter.objects.count() == 1


def test_forms_need_their_token() -> None:
    browser = Client(enforce_csrf_checks=True)
    for path in ("/signup", "/signup/sent", "/accounts/password/reset", "/terms", "/signup/verify/x:y"):
        assert browser.post(path, FORM).status_code == 403, path
    assert not PendingSignUp.objects.exists()


PAGES = ["/signup", "/accounts/password/reset", "/terms", "/signup/verify/x:y", "/accounts/password/reset/x"]


@pytest.mark.parametrize("path", [*PAGES, "/accounts/login/"])
def test_pages_are_korean_without_inline_scripts_and_kept_by_no_cache(path: str) -> None:
    answer = Client().get(path, HTTP_ACCEPT_LANGUAGE="ko")
    page = text(answer)
    title = re.search(r"<title>(.*?)</title>", page)
    assert title is not None and any("가" <= one <= "힣" for one in title[1])
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", page)
    assert "no-store" in answer.get("Cache-Control", "") or "no-cache" in answer.get("Cache-Control", "")
