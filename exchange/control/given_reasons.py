"""The words that operators give with what they decide."""

from __future__ import annotations

from typing import Final

from exchange.wire.people_text import checked_text

MAX_REASON: Final = 200


def checked_reason(reason: str) -> str:
    """The reason as it is kept. Raises as ``checked_text`` does."""
    return checked_text(reason, "reason", MAX_REASON)
