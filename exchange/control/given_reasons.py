"""The words that operators give with what they decide."""

from __future__ import annotations

from typing import Final

from exchange.errors import RequestError
from exchange.wire.people_text import checked_text

MAX_REASON: Final = 200


def checked_reason(reason: str) -> str:
    """``checked_words`` of a reason."""
    return checked_words(reason, "reason", MAX_REASON)


def checked_words(text: str, field: str, most: int) -> str:
    """The words as they are kept. Raises MISSING_FIELD where there are none, and as ``checked_text``."""
    kept = checked_text(text, field, most, least=0)
    if not kept:
        raise RequestError("MISSING_FIELD", {"field": field})
    return kept
