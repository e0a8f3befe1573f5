"""What stands in the place of ``machine_words`` in the compiled core: integers and rows of them without
objects."""

from __future__ import annotations

from typing import Final, TypeAlias

from librt.strings import read_i64_le as read_word
from librt.vecs import append, extend, vec
from mypy_extensions import i64

__all__ = [
    "IS_COMPILED",
    "WordRows",
    "Words",
    "add_row",
    "bytes_of",
    "i64",
    "longer",
    "no_rows",
    "no_words",
    "part_of",
    "put_words",
    "read_word",
    "zeros",
]

#: In quotes, for nothing may look a row of words up by its type when this runs.
Words: TypeAlias = "vec[i64]"
WordRows: TypeAlias = "vec[vec[i64]]"


IS_COMPILED: Final = True
_PIECE: Final = 4096


def zeros(count: i64) -> vec[i64]:
    return vec[i64]([0] * count)


def longer(words: vec[i64]) -> vec[i64]:
    # Room is taken in larger and larger pieces in there, which are not copied where that can be helped.
    return extend(words, words[: min(len(words), _PIECE)])


def part_of(words: vec[i64], start: i64, end: i64) -> vec[i64]:
    return words[start:end]


def no_rows() -> vec[vec[i64]]:
    return vec[vec[i64]]()


def add_row(rows: vec[vec[i64]], words: vec[i64]) -> vec[vec[i64]]:
    return append(rows, words)


def no_words() -> vec[i64]:
    return vec[i64]()


def bytes_of(words: vec[i64], start: i64, end: i64) -> bytes:
    """The machines that the core is compiled for are little-endian."""
    return bytes(memoryview(words).cast("B")[8 * start : 8 * end])


def put_words(words: vec[i64], place: i64, data: bytes, at: i64, count: i64) -> None:
    end: i64 = place + count
    while place < end:
        words[place] = read_word(data, at)
        place += 1
        at += 8
