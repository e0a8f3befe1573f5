"""Which rules version a command needs. A journal is folded by the version it was written under, so what
came later is refused until a command of the journal puts it into force."""

from __future__ import annotations

from typing import Final

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_ORDER_TYPE,
    PLACE_PRICE_TICKS,
    PLACE_QUOTE_AMOUNT_MINOR,
    PLACE_SIDE,
    PLACE_TIME_IN_FORCE,
)

#: Lengths of the tuples that version 1 knew, of the commands that have grown since.
_FIRST_LENGTHS: Final = {m.PLACE: 13, m.CANCEL_ALL: 4, m.REPLACE: 6, m.SET_SYMBOL: 17, m.SET_FEES: 6}
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
    return (
        codes.INVALID_STATUS
        if tag == m.SET_SYMBOL_STATUS and m.SetSymbolStatus(*command).status > m.CANCEL_ONLY
        else ""
    )


def _needs_more(place: m.Command) -> bool:
    """Version 1 knew neither GTD and DAY, nor a market order's own limit, nor quote-amount sells."""
    if place[PLACE_TIME_IN_FORCE] > m.FOK:
        return True
    return bool(
        place[PLACE_ORDER_TYPE] == m.MARKET
        and (place[PLACE_PRICE_TICKS] or (place[PLACE_QUOTE_AMOUNT_MINOR] and place[PLACE_SIDE] == m.SELL))
    )
