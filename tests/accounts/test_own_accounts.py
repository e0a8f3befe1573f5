"""Names of accounts: one text names one account at most, and what is kept is what is found."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.identity.own_accounts import (
    MAIN,
    MAX_NAME_CHARS,
    OwnAccount,
    checked_name,
    find,
    is_number,
    shown_name,
)
from exchange.errors import RequestError

OWN = (OwnAccount(1001, ""), OwnAccount(1010, "bot"), OwnAccount(1011, "café"))


@pytest.mark.parametrize(
    "wanted, number",
    [
        ("1001", 1001),
        ("main", 1001),
        ("1010", 1010),
        ("01010", 1010),
        ("bot", 1010),
        ("café", 1011),
        # The same letters, composed otherwise.
        ("cafe\u0301", 1011),
        ("1002", None),
        ("BOT", None),
        ("Main", None),
        (" bot", None),
        ("", None),
        ("-1001", None),
        ("１００１", None),
        ("9" * 400, None),
        ("\ud800", None),
        ("bot\x00", None),
    ],
)
def test_an_account_is_found_by_number_or_name(wanted: str, number: int | None) -> None:
    assert find(OWN, wanted) == number


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "12345",
        "main",
        "MAIN",
        "a" * 41,
        "a\nb",
        "a\u0000b",
        "a\u200bb",
        "a\u202eb",
        "\ud800",
        "a\u00a0b",
    ],
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(RequestError) as caught:
        checked_name(name)
    code = "INVALID_FIELD" if name.isprintable() else "INVALID_TEXT"
    assert (caught.value.code, caught.value.details["field"]) == (code, "name")


@given(st.text(max_size=MAX_NAME_CHARS + 4))
def test_a_name_that_is_kept_is_found_and_kept_again_the_same(text: str) -> None:
    try:
        name = checked_name(text)
    except RequestError:
        return
    assert 1 <= len(name) <= MAX_NAME_CHARS and name.isprintable() and name == name.strip()
    assert checked_name(name) == name == unicodedata.normalize("NFC", name)
    # It is no other account's number or name, however the requester composes it.
    accounts = (OwnAccount(1001, ""), OwnAccount(7, name))
    assert not is_number(name) and shown_name(name) == name != MAIN
    for form in ("NFC", "NFD"):
        assert find(accounts, unicodedata.normalize(form, name)) == 7
    assert find(accounts[:1], name) is None
