"""Integers of 64 bits and rows of them, as the interpreter has them: ints and lists. In the compiled core
this module is ``machine_words_compiled``, which has the same names for machine words
(``tools/compile_core.py``)."""

from __future__ import annotations

from struct import Struct, pack, unpack_from
from typing import Final

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

#: Which of the two modules this is.
IS_COMPILED: Final = False
#: A signed integer of 64 bits.
i64 = int
#: A row of them.
Words = list[int]
#: Rows of a length of their own, one after the other.
WordRows = list[list[int]]

_WORD: Final = Struct("<q")


def zeros(count: i64) -> Words:
    return [0] * count


def longer(words: Words) -> Words:
    """Longer by a good piece of anything; the given ones are not to be used any more."""
    return words + words


def part_of(words: Words, start: i64, end: i64) -> Words:
    """These words as a row of their own."""
    return words[start:end]


def no_rows() -> WordRows:
    return []


def add_row(rows: WordRows, words: Words) -> WordRows:
    """The rows with one more; the given ones are not to be used any longer."""
    rows.append(words)
    return rows


def no_words() -> Words:
    """What may be kept where there are none; nobody adds to it."""
    return []


def read_word(data: bytes, at: i64) -> i64:
    """The word at this byte, little-endian."""
    word: int = _WORD.unpack_from(data, at)[0]
    return word


def bytes_of(words: Words, start: i64, end: i64) -> bytes:
    """These words, little-endian."""
    return pack(f"<{end - start}q", *words[start:end])


def put_words(words: Words, place: i64, data: bytes, at: i64, count: i64) -> None:
    """Write so many words of these bytes, from this byte on, into a row from this place on."""
    words[place : place + count] = unpack_from(f"<{count}q", data, at)
