"""A user's accounts as requests name them: by number, or by the name its owner gave.

The main account has no name of its own and is called ``main``. Names never look like numbers, so a text names
one account at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from exchange.errors import RequestError
from exchange.wire.people_text import checked_text, composed

#: What requests and replies call the main account; the database has no name for it.
MAIN: Final = "main"
MAX_NAME_CHARS: Final = 40
_LONGEST_NUMBER: Final = 18
_EXPECTED: Final = f"1 to {MAX_NAME_CHARS} printable characters, not digits alone, and not {MAIN!r}"


class OwnAccount(NamedTuple):
    """An account of the requester. ``name`` is empty for the main one."""

    number: int
    name: str


def find(accounts: Iterable[OwnAccount], wanted: str) -> int | None:
    """The number of the account that ``wanted`` names; None where it is none of these."""
    if is_number(wanted):
        number = int(wanted)
        return next((each.number for each in accounts if each.number == number), None)
    name = _stored(composed(wanted))
    return None if name is None else next((each.number for each in accounts if each.name == name), None)


def is_number(text: str) -> bool:
    """Whether it can be an account's number."""
    return len(text) <= _LONGEST_NUMBER and text.isascii() and text.isdigit()


def shown_name(name: str) -> str:
    """The name as requests and replies have it."""
    return name or MAIN


def checked_name(text: str, field: str = "name") -> str:
    """A name for a sub-account, as it is kept. Raises as ``checked_text`` does, and INVALID_FIELD for what
    names another account."""
    name = checked_text(text, field, MAX_NAME_CHARS)
    if name.casefold() == MAIN or (name.isascii() and name.isdigit()):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": _EXPECTED})
    return name


def _stored(name: str) -> str | None:
    """What the database has for a name; None for the empty text, which names no account."""
    if name == MAIN:
        return ""
    return name or None
