"""The pages of the terminal that links in letters lead to."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.test import Client

from accounts.identity import roles
from custody import letter_keys
from tests.conftest import make_person

pytestmark = pytest.mark.django_db

PAGES = {
    "/wallet/withdrawals/confirm/": letter_keys.WITHDRAWAL,
    "/wallet/addresses/confirm/": letter_keys.ADDRESS,
}


@pytest.mark.parametrize(("page", "purpose"), PAGES.items())
def test_a_visitor_logs_in_and_comes_back_to_the_same_key(page: str, purpose: str) -> None:
    path = page + letter_keys.key_of(purpose, 1764600000000001)
    location = Client().get(path)["Location"]
    assert location.startswith("/accounts/login/?next=")
    assert unquote(location.removeprefix("/accounts/login/?next=")) == path


@pytest.mark.parametrize(("page", "purpose"), PAGES.items())
def test_a_link_opens_the_terminal_and_no_cache_keeps_it(page: str, purpose: str) -> None:
    """Whatever the key: the page asks the exchange about it."""
    browser = Client()
    browser.force_login(make_person("dora", roles.TRADER).user)
    for key in (letter_keys.key_of(purpose, 1), "nonsense"):
        reply = browser.get(page + key)
        assert reply.status_code == 200
        assert b'id="root"' in reply.content
        assert "no-cache" in reply["Cache-Control"]
