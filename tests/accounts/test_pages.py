"""Log-in of people: the page and the session."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    User.objects.create_user("alice", password=PASSWORD)
    return Client()


def test_log_in_and_out(browser: Client) -> None:
    page = browser.get("/accounts/login/?next=/v1/orders")
    assert page.status_code == 200
    entered = browser.post(
        "/accounts/login/", {"username": "alice", "password": PASSWORD, "next": "/v1/orders"}
    )
    assert (entered.status_code, entered["Location"]) == (302, "/v1/orders")
    assert "_auth_user_id" in browser.session
    assert browser.get("/accounts/logout/").status_code == 405, "a link must not log anybody out"
    browser.post("/accounts/logout/")
    assert "_auth_user_id" not in browser.session


def test_a_wrong_password_and_an_unknown_user_look_the_same(browser: Client) -> None:
    answers = [
        browser.post("/accounts/login/", {"username": name, "password": "wrong"})
        for name in ("alice", "nobody")
    ]
    texts = [list(answer.context["form"].non_field_errors()) for answer in answers]
    assert texts[0] == texts[1]
    assert len(texts[0]) == 1
    assert "_auth_user_id" not in browser.session


def test_nobody_is_sent_to_another_site(browser: Client) -> None:
    entered = browser.post(
        "/accounts/login/", {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert entered["Location"] == "/"


def test_the_page_speaks_korean(browser: Client) -> None:
    page = browser.get("/accounts/login/", HTTP_ACCEPT_LANGUAGE="ko")
    assert "로그인" in page.content.decode()


def test_the_page_loads_nothing_from_elsewhere(browser: Client) -> None:
    assert "//" not in browser.get("/accounts/login/").content.decode().replace("<!doctype html>", "")
