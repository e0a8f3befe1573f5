"""Query parameters, strictly: what is not understood is refused, never ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exchange.errors import InputError

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1_000
#: The last millisecond whose nanoseconds fit 64 bits, rounded down: year 2255.
MAX_TIME_MS: Final = 9_000_000_000_000
MAX_ID: Final = 2**63 - 1

#: Chosen by the browsable API, not by the reader.
_FORMAT: Final = "format"


def refuse_unknown(query: Mapping[str, str], *known: str) -> None:
    """Raises UNKNOWN_FIELD for a parameter that is not known here."""
    for name in query:
        if name not in known and name != _FORMAT:
            raise InputError("UNKNOWN_FIELD", {"field": name[:40], "known": sorted(known)})


def read_limit(query: Mapping[str, str]) -> int:
    """``limit``: 1 to 1,000, else INVALID_FIELD with the bounds."""
    limit = read_integer(query, "limit", 1, MAX_LIMIT)
    return DEFAULT_LIMIT if limit is None else limit


def read_integer(query: Mapping[str, str], name: str, minimum: int, maximum: int) -> int | None:
    """A whole number within bounds; None when it is not given. Raises INVALID_FIELD."""
    text = query.get(name)
    if text is None:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= 19
    if not is_number or not minimum <= int(text) <= maximum:
        raise InputError("INVALID_FIELD", {"field": name, "minimum": minimum, "maximum": maximum})
    return int(text)
