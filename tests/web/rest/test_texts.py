"""Texts of people at every door: refused where they cannot be seen, kept in one spelling."""

from __future__ import annotations

import ast
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django import forms

from tests.conftest import PASSWORD, Person

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[3]
APPS = ("exchange", "accounts", "marketdata", "custody", "ops", "web", "xtrader")
#: Besides the one function: what is no text of people, and why it is looked at.
OTHERS = {
    "exchange/wire/people_text.py": "the one function",
    "accounts/identity/challenges.py": "ASCII keys that the exchange made",
    "accounts/identity/log_in_places.py": "names of programs, of which the ASCII is kept",
    "accounts/registration/joining_policy.py": "ASCII codes that the exchange made",
    "custody/providers/webhook.py": "references of a provider, which have to stay byte for byte",
    "custody/notices/receiving.py": "ids of a provider, which have to stay byte for byte",
}


def new_account(person: Person, text: str) -> Any:
    return person.post("/v1/accounts", json.dumps({"name": text}))


def new_key(person: Person, text: str) -> Any:
    body = {"label": text, "scopes": ["read"], "password": PASSWORD}
    return person.post("/api/v1/keys", json.dumps(body))


DOORS = {"name": (new_account, ("account", "name")), "label": (new_key, ("key", "label"))}


@pytest.mark.parametrize("field", DOORS)
def test_what_cannot_be_seen_is_not_taken(alice: Person, field: str) -> None:
    """INVALID_TEXT, and the first such character."""
    for character in ("\u202e", "\u200b", "\u0000", "\ud800", "\u3164", "\U000e0041"):
        reply = DOORS[field][0](alice, f"my{character}bot")
        assert (reply.status_code, reply.json()["error"]) == (400, "INVALID_TEXT")
        assert reply.json()["details"] == {"field": field, "character": f"U+{ord(character):04X}"}


@pytest.mark.parametrize("field", DOORS)
def test_two_spellings_are_one(alice: Person, field: str) -> None:
    enter, (shape, name) = DOORS[field]
    composed, apart = "봇 é", unicodedata.normalize("NFD", "봇 é")
    assert composed != apart
    reply = enter(alice, f" {apart}")
    assert reply.status_code in (200, 201), reply.json()
    assert reply.json()[shape][name] == composed
    if field == "name":
        again = enter(alice, composed)
        assert (again.status_code, again.json()["error"]) == (409, "ACCOUNT_NAME_TAKEN")


def test_no_other_place_judges_texts() -> None:
    judges = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "isprintable"
    }
    assert judges == set(OTHERS)


#: Fields of forms that are no texts: each is read by what knows its shape.
SHAPED = {
    *("password", "password1", "password2", "old_password", "new_password", "new_password1", "new_password2"),
    *("otp", "code", "invitation", "username", "email", "token", "key", "credential", "usable_password"),
    # Choices, which the form makes when it is opened; and a name of the time zones' list.
    *("asset", "provider", "time_zone"),
    # Rates of limits.
    *("orders", "reads", "reports"),
    *("address_pattern", "tick_table", "calendar", "rates", "base", "quote", "addresses"),
}


def test_every_text_of_a_form_is_checked(alice: Person) -> None:
    """A form's plain text field is one of ``PeopleTextField``, or has a shape of its own."""
    from web.console import joining  # noqa: F401  # its forms are found by their class
    from web.console.people_text_field import PeopleTextField
    from web.console.typed_numbers import UnitsField

    alice.get("/admin/")
    plain = {
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in _all_forms(forms.BaseForm)
        if form.__module__.partition(".")[0] in APPS
        for name, field in form.base_fields.items()
        if isinstance(field, forms.CharField)
        and not isinstance(field, PeopleTextField | UnitsField | forms.EmailField)
        and name not in SHAPED
        and not hasattr(form, f"clean_{name}")
    }
    assert plain == set()


def _all_forms(kind: type[Any]) -> set[type[Any]]:
    return {kind, *(each for child in kind.__subclasses__() for each in _all_forms(child))}
