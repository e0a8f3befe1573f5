"""The book's checksum, against those an exchange sent with its own book."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.wire.checksum import book_checksum

RECORDING = Path("checksums") / "cryptofeed_KRAKEN.ws.50.0.gz"
RECORDED_CHECKSUMS = 4_269


def test_a_book_by_hand() -> None:
    import zlib

    asks, bids = [["0.05", "10"]], [["0.04", "0.5"], ["0.039", "20.5"]]
    assert book_checksum(asks, bids) == zlib.crc32(b"510" + b"45" + b"39205")


def test_only_the_top_ten_count() -> None:
    asks = [[str(price), "1"] for price in range(100, 120)]
    assert book_checksum(asks, []) == book_checksum(asks[:10], [])
    assert book_checksum([], []) == 0


@pytest.fixture(scope="module")
def frames() -> Iterator[Any]:
    folder = os.environ.get("XTRADER_DATA")
    if not folder:
        pytest.skip("XTRADER_DATA is not set: it names the folder of real recordings")
    path = Path(folder) / RECORDING
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with gzip.open(path, "rt") as lines:
        yield (json.loads(line.partition(": ")[2]) for line in lines if ": [" in line)


def test_every_recorded_checksum_is_reproduced(frames: Iterator[Any]) -> None:
    books: dict[str, dict[str, dict[str, str]]] = {}
    compared = 0
    for frame in frames:
        book = books.setdefault(frame[-1], {"a": {}, "b": {}})
        for part in frame[1:-2]:
            compared += _take(part, book)
    assert compared == RECORDED_CHECKSUMS


def _take(part: dict[str, Any], book: dict[str, dict[str, str]]) -> int:
    """Bring one message into the book; 1 if it carried a checksum, which must agree."""
    for name, levels in part.items():
        if name == "c":
            continue
        side = name[0]
        if name.endswith("s"):
            book[side].clear()
        for price, volume, *_ in levels:
            if float(volume) == 0:
                book[side].pop(price, None)
            else:
                book[side][price] = volume
    if "c" not in part:
        return 0
    asks = sorted(book["a"].items(), key=lambda level: float(level[0]))
    bids = sorted(book["b"].items(), key=lambda level: float(level[0]), reverse=True)
    assert book_checksum(asks, bids) == int(part["c"])
    return 1
