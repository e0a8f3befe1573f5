"""Texts of people: one spelling, and nothing that cannot be seen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import ApiError, RequestError
from exchange.wire.people_text import checked_lines, checked_text, unseen_in

MOST = 40

#: What a reader does not see, or what turns the rest around, each by its code point's name.
UNSEEN = [
    *("\0", "\t", "\n", "\x1b", "\x7f", "\x85"),
    *("\u00a0", "\u2003", "\u3000", "\u2028", "\u2029"),
    *("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"),
    *("\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069", "\u061c"),
    *("\u034f", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180e", "\u2800", "\u3164", "\ufe0f", "\uffa0"),
    *("\U000e0020", "\U000e0100", "\ue000", "\uffff", "\ud800", "\udc00", "\U0003ffff"),
]


@pytest.mark.parametrize("character", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
def test_what_cannot_be_seen_is_refused_and_named(character: str) -> None:
    with pytest.raises(RequestError) as refused:
        checked_text(f"be{character}fore", "label", MOST)
    assert refused.value.code == "INVALID_TEXT"
    assert refused.value.details == {"field": "label", "character": f"U+{ord(character):04X}"}


@pytest.mark.parametrize(
    "text", ["Ledger", "내 지갑", "Ví tiền", "กระเป๋า", "हिन्दी", "محفظة", "👍", "e-mail: a@b.c", "１２３"]
)
def test_what_people_write_is_taken(text: str) -> None:
    assert checked_text(text, "label", MOST) == text


def test_a_heap_of_marks_is_refused() -> None:
    assert checked_text("x" + "\u0323\u0331\u0324\u0325", "label", MOST)
    with pytest.raises(RequestError, match="INVALID_TEXT"):
        checked_text("x" + "\u0323\u0331\u0324\u0325\u032d", "label", MOST)


@given(st.text(max_size=60))
def test_what_is_kept_has_one_spelling_whatever_was_written(text: str) -> None:
    answers = set()
    for form in ("NFC", "NFD"):
        try:
            answers.add(checked_text(unicodedata.normalize(form, text), "label", MOST))
        except ApiError as error:
            answers.add(error.code)
    assert len(answers) == 1
    [kept] = answers
    if kept not in ("MISSING_FIELD", "INVALID_FIELD", "INVALID_TEXT"):
        assert checked_text(kept, "label", MOST) == kept, "what is kept is kept as it is"
        assert 1 <= len(kept) <= MOST
        assert unseen_in(kept) is None
        assert kept.encode(), "any database and any page can have it"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "INVALID_FIELD"),
        ("  \u3000 ", "INVALID_FIELD"),
        ("x" * 41, "INVALID_FIELD"),
        ("x" * 10**6, "INVALID_FIELD"),
    ],
)
def test_lengths(text: str, code: str) -> None:
    with pytest.raises(RequestError, match=code):
        checked_text(text, "label", MOST)
    assert len(checked_text(f" {'x' * 40} ", "label", MOST)) == 40


def test_a_text_of_lines() -> None:
    assert checked_lines(" one\r\n\n\ttwo \n", "text", MOST) == "one\n\ntwo"
    with pytest.raises(RequestError, match="INVALID_TEXT"):
        checked_lines("one\ntw\u202eo", "text", MOST)
    with pytest.raises(RequestError, match="INVALID_FIELD"):
        checked_lines("line\n" * 10, "text", MOST)
