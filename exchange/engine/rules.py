"""Which rules version a command needs. A journal is folded by the version it was written under, so what
came later is refused until the journal itself says that it holds."""

from __future__ import annotations

from typing import Final

from exchange.engine import codes
from exchange.engine import messages as m

#: A journal that says nothing was written under these.
FIRST_RULES: Final = 1
#: The newest rules this code can fold.
RULES_VERSION: Final = 2
#: Lengths of the tuples that version 1 knew, of the commands that have grown since.
_FIRST_LENGTHS: Final = {m.PLACE: 13, m.CANCEL_ALL: 4, m.REPLACE: 6, m.SET_SYMBOL: 17}
_FIRST_TAGS: Final = frozenset(
    (m.PLACE, m.CANCEL, m.CANCEL_ALL, m.REDUCE, m.REPLACE, m.TICK, *range(m.SET_ASSET, m.SET_RULES + 1))
)


def refusal_of_version_1(command: m.Command) -> str:
    """The code with which rules version 1 answers a command that it cannot know, or an empty string."""
    tag: int = command[0]
    if tag not in _FIRST_TAGS or len(command) > _FIRST_LENGTHS.get(tag, len(command)):
        return codes.INVALID_COMMAND
    if tag == m.PLACE:
        return codes.INVALID_ORDER if _needs_more(command) else ""
    return codes.INVALID_STATUS if tag == m.SET_SYMBOL_STATUS and command[3] > m.CANCEL_ONLY else ""


def _needs_more(place: m.Command) -> bool:
    """Version 1 knew neither GTD and DAY, nor a market order's own limit, nor quote-amount sells."""
    if place[6] > m.FOK:
        return True
    return bool(place[5] == m.MARKET and (place[8] or (place[10] and place[4] == m.SELL)))
