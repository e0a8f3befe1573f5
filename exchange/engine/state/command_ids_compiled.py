"""What stands in the place of ``command_ids`` in the compiled core: a table by a number made of account and
id.

Two ids may have the number in common; then their entries are twins, which the ids themselves tell apart.
"""

from __future__ import annotations

from typing import Final

import exchange.engine.records.record_places as places
from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_words import rest_bytes, text_record
from exchange.engine.state.by_number import ByNumber
from exchange.engine.state.entries import Entry, rest_at

_M31: Final = (1 << 31) - 1
_SHIFT: Final = 24
#: Nobody outside of this process knows it, so that nobody chooses ids that meet (``by_number_compiled``).
_FACTOR: Final[i64] = hash("ids") & _M31 | 1


class CommandIds:
    """(account, command id) -> its entry."""

    __slots__ = ("_entries", "_missed", "_missed_for", "_missed_id")

    def __init__(self) -> None:
        self._entries: ByNumber[Entry] = ByNumber()
        #: The key that was looked for last, and the account's number in it.
        self._missed: i64 = 0
        self._missed_for: i64 = 0
        #: The id that ``find`` looked for last, which is often the next to be put in.
        self._missed_id: str | None = None

    def find(self, number: i64, command_id: str) -> Entry | None:
        """The entry of the account's command of this id."""
        found = self.find_at(number, text_record(command_id), 0, 8)
        self._missed_id = command_id
        return found

    def find_at(self, number: i64, data: bytes, place: i64, end: i64) -> Entry | None:
        """The same, of the id whose word stands at ``place``, and whose rest if it has one at ``end``."""
        self._missed = _key(number, data, place, end)
        self._missed_id = None
        self._missed_for = number
        entry = self._entries.get(self._missed)
        while entry is not None and not (entry.account == number and entry.has_id(data, place, end)):
            entry = entry.twin
        return entry

    def add(self, number: i64, entry: Entry) -> None:
        """Put in a command whose id is not there."""
        if self._missed_for != number or self._missed_id is not entry.command_id():
            self._missed = self._key_of(number, entry)
        self.add_missed(number, entry)

    def add_missed(self, number: i64, entry: Entry) -> None:
        """Put in the command that was looked for last and was not there."""
        entry.account = number
        entry.key = self._missed
        entry.twin = self._entries.get(entry.key)
        self._entries[entry.key] = entry

    def remove(self, number: i64, entry: Entry) -> None:
        """Take out one that is there."""
        before = self._entries[entry.key]
        if before is not entry:
            while before.twin is not entry:
                assert before.twin is not None, "it is among those found by its number"
                before = before.twin
            before.twin = entry.twin
        elif entry.twin is None:
            del self._entries[entry.key]
        else:
            self._entries[entry.key] = entry.twin

    def _key_of(self, number: i64, entry: Entry) -> i64:
        record = entry.record()
        if record:
            return _key(number, record, 8 * places.COMMAND_ID, rest_at(record))
        return _key(number, text_record(entry.command_id()), 0, 8)


def _key(number: i64, data: bytes, place: i64, end: i64) -> i64:
    word: i64 = read_word(data, place)
    stop: i64 = end + rest_bytes(word)
    key: i64 = _mixed(_mixed(number & _M31, number >> 31), word)
    while end < stop:
        key = _mixed(key, read_word(data, end))
        end += 8
    return key


def _mixed(key: i64, word: i64) -> i64:
    """A number of 62 bits at most of which each depends on both."""
    low: i64 = ((key ^ word) & _M31) * _FACTOR
    high: i64 = ((key >> 31 ^ word >> 31) & _M31 ^ low >> _SHIFT & _M31) * _FACTOR
    return (low >> _SHIFT ^ high) & (1 << 62) - 1
