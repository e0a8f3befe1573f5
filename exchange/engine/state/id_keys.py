"""What stands in the place of ``id_keys`` in the compiled core: numbers made of the words of an id.

Nobody outside of this process knows its factor, so that nobody chooses ids that meet."""

from __future__ import annotations

from typing import Final

from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_shapes import AT_END
from exchange.engine.records.record_words import rest_bytes, text_record

_M31: Final = (1 << 31) - 1
_SHIFT: Final = 24
_FACTOR: Final[i64] = hash("ids") & _M31 | 1


def key_of(account: i64, command_id: str) -> i64:
    """The number of an account's id."""
    return key_at(account, text_record(command_id), 0, 8)


def key_at(account: i64, data: bytes, place: i64, end: i64) -> i64:
    """The same, of the id whose word stands at ``place``, and whose rest if it has one at ``end``."""
    word: i64 = read_word(data, place)
    key: i64 = _mixed(_mixed(account & _M31, account >> 31), word)
    if word & 255 == AT_END:
        stop: i64 = end + rest_bytes(word)
        while end < stop:
            key = _mixed(key, read_word(data, end))
            end += 8
    return key


def _mixed(key: i64, word: i64) -> i64:
    """A number of 62 bits at most of which each depends on both."""
    low: i64 = ((key ^ word) & _M31) * _FACTOR
    high: i64 = ((key >> 31 ^ word >> 31) & _M31 ^ low >> _SHIFT & _M31) * _FACTOR
    return (low >> _SHIFT ^ high) & (1 << 62) - 1
