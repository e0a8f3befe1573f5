"""The words that operators give with what they decide."""

from __future__ import annotations

from typing import Final

from exchange.errors import RequestError

MAX_REASON: Final = 200


def checked_reason(reason: str) -> str:
    """``checked_text`` of a reason."""
    return checked_text(reason, "reason", MAX_REASON)


def checked_text(text: str, field: str, most: int) -> str:
    """Without the blanks around it. Raises MISSING_FIELD where nothing is left, INVALID_FIELD beyond ``most``
    characters and for one that cannot be printed."""
    stripped = text.strip()
    if not stripped:
        raise RequestError("MISSING_FIELD", {"field": field})
    if len(stripped) > most or not stripped.isprintable():
        raise RequestError("INVALID_FIELD", {"field": field, "maximum": most})
    return stripped
