"""The checksum of an order book: CRC32 over its top ten levels, by the Kraken v1 algorithm.

Asks from low to high, then bids from high to low; of each level the price text, then the quantity text,
both without the dot and without leading zeros; all joined, CRC32 (zlib) of the ASCII bytes. A client that
keeps its own book from snapshot and deltas computes the same over the texts it was sent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

#: Levels of each side that count.
DEPTH: Final = 10


def book_checksum(asks: Iterable[Sequence[str]], bids: Iterable[Sequence[str]]) -> int:
    """CRC32 of a book given as ``(price, quantity)`` texts, best level first on both sides."""
    text = "".join(_level_text(level) for side in (asks, bids) for level in islice(side, DEPTH))
    return zlib.crc32(text.encode("ascii"))


def _level_text(level: Sequence[str]) -> str:
    return _digits(level[0]) + _digits(level[1])


def _digits(number: str) -> str:
    return number.replace(".", "").lstrip("0")
