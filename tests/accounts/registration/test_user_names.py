"""Which names a person may take."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User, name_key
from accounts.registration import user_names
from exchange.errors import RequestError


@pytest.mark.parametrize("name", ["bob", "dora_7", "a-b-c", "김철수", "철수_77", "Ünal", "Ольга", "x" * 30])
def test_people_keep_their_names(name: str) -> None:
    assert user_names.read_name(name) == name


@pytest.mark.parametrize(
    "name, reason",
    [
        ("ab", "length"),
        ("x" * 31, "length"),
        ("x" * 10_000, "length"),
        ("", "length"),
        ("a b c", "characters"),
        ("dora@example.com", "characters"),
        ("evil.example", "characters"),
        ("a\u202eb\u200bc", "characters"),
        ("<b>x</b>", "characters"),
        ("_dora", "characters"),
        ("dora-", "characters"),
        ("аlice", "scripts"),
        ("αlpha", "scripts"),
        ("admin", "reserved"),
        ("ADMIN", "reserved"),
        ("Admin7", "reserved"),
        ("ａｄｍｉｎ", "reserved"),
        ("adm1n", "reserved"),
        ("admln", "reserved"),
        ("a-d-m-i-n", "reserved"),
        ("ádmin", "reserved"),
        ("xTrader_2", "reserved"),
        ("supp0rt", "reserved"),
        ("운영자", "reserved"),
    ],
)
def test_others_may_not_be_taken(name: str, reason: str) -> None:
    with pytest.raises(RequestError) as refused:
        user_names.read_name(name)
    assert (refused.value.code, refused.value.details["reason"]) == ("USERNAME_NOT_ALLOWED", reason)


def test_a_whole_name_in_letters_that_look_like_others_is_reserved() -> None:
    """All Cyrillic, so of one script."""
    assert user_names.is_reserved("ѕуѕтем")
    assert user_names.is_reserved("воt")


@given(st.text(min_size=1, max_size=40))
def test_what_is_kept_reads_as_itself(text: str) -> None:
    """A name that is taken is normal, of bounded length, and the same when it is read again."""
    try:
        name = user_names.read_name(text)
    except RequestError:
        return
    assert name == unicodedata.normalize("NFKC", name) == user_names.read_name(name)
    assert 3 <= len(name) <= 30
    assert name_key(name) == name_key(name.swapcase().casefold())
    assert len(name_key(name)) <= 300


@pytest.mark.django_db
def test_who_logs_in_under_what() -> None:
    """The exact name comes first, then the address, then the name in other letters."""
    User.objects.create_user("alice", email="Alice@Example.com")
    User.objects.create_user("bob@example.com")
    User.objects.create_user("bob", email="bob@example.com")
    assert user_names.name_of("alice") == "alice"
    assert user_names.name_of("ALICE@example.COM") == "alice"
    assert user_names.name_of("ALICE") == "alice"
    assert user_names.name_of("bob@example.com") == "bob@example.com"
    assert user_names.name_of("nobody") == "nobody"
    assert user_names.name_of("") == ""
