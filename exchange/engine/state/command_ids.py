"""Remembered commands by account and id, as the interpreter keeps them: in a dict. In the compiled core this
module is
``command_ids_compiled``, which does the same without making strings (``tools/compile_core.py``)."""

from __future__ import annotations

from exchange.engine.records.machine_words import i64
from exchange.engine.records.record_reader import read_text
from exchange.engine.state.boxed import Boxed
from exchange.engine.state.entries import Entry


class CommandIds:
    """(account, command id) -> its entry."""

    __slots__ = ("_entries", "_missed")

    def __init__(self) -> None:
        self._entries: dict[tuple[int, str | None], Entry] = {}
        #: What ``find_at`` looked for last.
        self._missed: tuple[int, str | None] = (0, None)

    def find(self, number: Boxed, command_id: str) -> Entry | None:
        """The entry of the account's command of this id."""
        return self._entries.get((number, command_id))

    def find_at(self, number: Boxed, data: bytes, place: i64, end: i64) -> Entry | None:
        """The same, of the id whose word stands at ``place``, and whose rest if it has one at ``end``."""
        key = self._missed = (number, read_text(data, place, end))
        return self._entries.get(key)

    def add(self, number: Boxed, entry: Entry) -> None:
        """Put in a command whose id is not there."""
        self._entries[number, entry.command_id()] = entry

    def add_missed(self, number: Boxed, entry: Entry) -> None:
        """Put in the command that was looked for last and was not there."""
        self._entries[self._missed] = entry

    def remove(self, number: Boxed, entry: Entry) -> None:
        """Take out one that is there."""
        del self._entries[number, entry.command_id()]
