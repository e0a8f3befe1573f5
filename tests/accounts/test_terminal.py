"""The terminal's addresses: one document, and who is asked to log in first."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Person

pytestmark = pytest.mark.django_db


def page_facts(response: Any) -> dict[str, Any]:
    """What the document tells the front end."""
    found = re.search(r'<script id="page" type="application/json">(.*?)</script>', response.content.decode())
    assert found is not None
    facts: dict[str, Any] = json.loads(found[1])
    return facts


@pytest.mark.parametrize("path", ["/", "/trade/BTC-KRW", "/trade/BTC-KRW/", "/markets", "/markets/"])
def test_anybody_may_look(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 200
    assert page_facts(response)["username"] == ""
    assert response["Cache-Control"] == "private, no-cache"
    assert not response.cookies, "a visitor who only looks gets no cookie"


@pytest.mark.parametrize("path", ["/portfolio", "/wallet", "/account", "/wallet/"])
def test_ones_own_pages_ask_for_the_log_in_and_come_back(path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")


def test_the_document_says_who_is_there(alice: Person, oscar: Person, settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "DEMO": True}
    client = Client()
    client.force_login(alice.user)
    facts = page_facts(client.get("/wallet"))
    assert (facts["username"], facts["account"], facts["isDemo"]) == ("alice", "1001", True)
    assert facts["csrfToken"]
    client.force_login(oscar.user)
    assert page_facts(client.get("/account"))["account"] == "", "an operator has no account"


def test_an_unknown_page_is_not_found_and_nothing_is_changed_by_reading() -> None:
    assert Client().get("/nowhere").status_code == 404
    assert Client().post("/markets").status_code == 405
