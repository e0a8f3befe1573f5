"""Keys of the links in letters: they name a row and prove that the letter was read. Made when a letter is
sent and checked when its link is opened; no table holds them."""

from __future__ import annotations

from typing import Final

from django.core import signing

from exchange.errors import RequestError

WITHDRAWAL: Final = "withdrawal"
ADDRESS: Final = "withdrawal address"
LONGEST_KEY: Final = 200


def key_of(purpose: str, row_id: int) -> str:
    """``<id>:<signature>``, good for one purpose alone."""
    return _signer(purpose).sign(str(row_id))


def check(purpose: str, row_id: int, key: str) -> None:
    """Raises INVALID_LINK for a key of another row or purpose, or of nobody's."""
    try:
        named = _signer(purpose).unsign(key) if len(key) <= LONGEST_KEY else ""
    except signing.BadSignature:
        named = ""
    if named != str(row_id):
        raise RequestError("INVALID_LINK", {"field": "key"})


def _signer(purpose: str) -> signing.Signer:
    return signing.Signer(salt=f"custody: {purpose}")
