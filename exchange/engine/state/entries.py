"""What is remembered of a command."""

from __future__ import annotations

from typing import Any, Final

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ID
from exchange.engine.records.machine_words import Words, bytes_of, i64, no_words, read_word
from exchange.engine.records.record_reader import read_message, read_messages, read_text
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.records.record_words import rest_bytes
from exchange.engine.state.boxed import Boxed

_NO_WORDS: Final[Words] = no_words()


class Entry:
    """A command that is remembered, and its reply. Both are tuples or, of one that went the short way,
    records."""

    __slots__ = (
        "_command",
        "_events",
        "_record",
        "_words",
        "account",
        "key",
        "newer",
        "now_ns",
        "sequence",
        "twin",
    )

    def __init__(self, sequence: int, now_ns: Boxed) -> None:
        self.sequence = sequence
        self.now_ns: Boxed = now_ns
        self._command: m.Command | None = None
        self._events: tuple[m.Event, ...] = ()
        self._record = b""
        self._words: Words = _NO_WORDS
        #: The next one that its account sent.
        self.newer: Entry | None = None
        #: Whose it is; how ``CommandIds`` finds it, and the next one that is found by the same.
        self.account: i64 = 0
        self.key: i64 = 0
        self.twin: Entry | None = None

    def keep_tuples(self, command: m.Command, events: tuple[m.Event, ...]) -> None:
        self._command = command
        self._events = events

    def keep_records(self, command: bytes, events: Words) -> None:
        self._record = command
        self._words = events

    def record(self) -> bytes:
        """The command's record; empty if it is a tuple."""
        return self._record

    def command(self) -> m.Command:
        return read_message(self._record, 0, COMMAND_SHAPES) if self._command is None else self._command

    def command_id(self) -> str:
        if self._command is not None:
            command_id: str = self._command[COMMAND_ID]
            return command_id
        named = read_text(self._record, 8 * places.COMMAND_ID, self.rest_at())
        assert named is not None, "no command is remembered without an id"
        return named

    def has_id(self, data: bytes, place: i64, end: i64) -> bool:
        """Whether its id is the text whose word stands at ``place``, and whose rest if it has one at
        ``end``."""
        if self._command is not None:
            return self.command_id() == read_text(data, place, end)
        word: i64 = read_word(data, place)
        if read_word(self._record, 8 * places.COMMAND_ID) != word:
            return False
        at: i64 = self.rest_at()
        stop: i64 = end + rest_bytes(word)
        while end < stop:
            if read_word(self._record, at) != read_word(data, end):
                return False
            at += 8
            end += 8
        return True

    def rest_at(self) -> i64:
        """Where the rest of its id would begin in its record: it is the first text."""
        shape = COMMAND_SHAPES[int(read_word(self._record, 0) & 255)]
        return 8 * shape.words

    def events(self) -> tuple[m.Event, ...]:
        """The events of its reply."""
        if self._command is not None:
            return self._events
        return tuple(read_messages(bytes_of(self._words, 0, len(self._words)), EVENT_SHAPES))

    def row(self) -> tuple[Any, ...]:
        """(command, sequence, now_ns, reply events)"""
        return (self.command(), self.sequence, self.now_ns, self.events())


def entry_of(command: m.Command, sequence: int, now_ns: Boxed, events: tuple[m.Event, ...]) -> Entry:
    """What is remembered of a command as a tuple."""
    entry = Entry(sequence, now_ns)
    entry.keep_tuples(command, events)
    return entry
