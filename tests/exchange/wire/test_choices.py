"""Words of a request in any case of letters, and letters of other alphabets that only look like them."""

from __future__ import annotations

import sys
from functools import cache

import pytest

from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.orders import parsing
from exchange.wire.field_readers import choice_of

CHOICES = {
    "order_type": parsing.ORDER_KIND_WORDS,
    "stp": m.STP_MODES,
    "trigger_source": m.TRIGGER_SOURCES,
    "post_only_mode": parsing.POST_ONLY_MODES,
}


@cache
def lookalikes() -> dict[str, list[str]]:
    """ASCII letter → characters that are not ASCII and become it by some change of case."""
    found: dict[str, list[str]] = {}
    for number in range(128, sys.maxunicode + 1):
        character = chr(number)
        for changed in {character.lower(), character.upper(), character.casefold()}:
            if changed.isascii():
                found.setdefault(changed.lower(), []).append(character)
    return found


def test_python_has_such_letters() -> None:
    """The Kelvin sign and the long s among them."""
    assert "\u212a" in lookalikes()["k"] and "\u017f" in lookalikes()["s"]


@pytest.mark.parametrize("field", CHOICES)
def test_case_does_not_matter_and_alphabet_does(field: str) -> None:
    choices = CHOICES[field]
    for number, word in enumerate(choices):
        for sent in (word, word.upper(), word.title()):
            assert choice_of(field, sent, choices) == number
        for place, letter in enumerate(word):
            for character in lookalikes().get(letter, ()):
                with pytest.raises(RequestError):
                    choice_of(field, word[:place] + character + word[place + 1 :], choices)
