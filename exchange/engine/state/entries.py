"""What is remembered of a command."""

from __future__ import annotations

from typing import Any, Final

import exchange.engine.records.record_places as places
from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ID
from exchange.engine.records.machine_words import Words, bytes_of, i64, no_words, read_word
from exchange.engine.records.record_reader import read_message, read_messages, read_text
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.records.record_words import same_text
from exchange.engine.state.boxed import Boxed

_NO_WORDS: Final[Words] = no_words()


class Entry:
    """A command that is remembered, and its reply. Both are tuples or, of one that went the short way,
    records."""

    __slots__ = (
        "_command",
        "_events",
        "_reply_words",
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
        #: The records of the reply, then that of the command; and how many words the reply has.
        self._words: Words = _NO_WORDS
        self._reply_words: i64 = 0
        #: The next one that its account sent.
        self.newer: Entry | None = None
        #: Whose it is; how ``CommandIds`` finds it, and the next one that is found by the same.
        self.account: i64 = 0
        self.key: i64 = 0
        self.twin: Entry | None = None

    def keep_tuples(self, command: m.Command, events: tuple[m.Event, ...]) -> None:
        self._command = command
        self._events = events

    def keep_records(self, words: Words, reply_words: i64) -> None:
        """``words``: the records of the reply, which has so many, then that of the command."""
        self._words = words
        self._reply_words = reply_words

    def record(self) -> bytes:
        """The command's record; empty if it is a tuple."""
        return bytes_of(self._words, self._reply_words, len(self._words))

    def command(self) -> m.Command:
        return read_message(self.record(), 0, COMMAND_SHAPES) if self._command is None else self._command

    def command_id(self) -> str:
        if self._command is not None:
            command_id: str = self._command[COMMAND_ID]
            return command_id
        record = self.record()
        named = read_text(record, 8 * places.COMMAND_ID, rest_at(record))
        assert named is not None, "no command is remembered without an id"
        return named

    def has_id(self, data: bytes, place: i64, end: i64) -> bool:
        """Whether its id is the text whose word stands at ``place``, and whose rest if it has one at
        ``end``."""
        if self._command is not None:
            return self.command_id() == read_text(data, place, end)
        record = self.record()
        return same_text(record, 8 * places.COMMAND_ID, rest_at(record), data, place, end)

    def events(self) -> tuple[m.Event, ...]:
        """The events of its reply."""
        if self._command is not None:
            return self._events
        return tuple(read_messages(bytes_of(self._words, 0, self._reply_words), EVENT_SHAPES))

    def row(self) -> tuple[Any, ...]:
        """(command, sequence, now_ns, reply events)"""
        return (self.command(), self.sequence, self.now_ns, self.events())


def entry_of(command: m.Command, sequence: int, now_ns: Boxed, events: tuple[m.Event, ...]) -> Entry:
    """What is remembered of a command as a tuple."""
    entry = Entry(sequence, now_ns)
    entry.keep_tuples(command, events)
    return entry


def rest_at(record: bytes) -> i64:
    """Where the rest of a command's id begins in its record, if it has one: it is the first text."""
    return 8 * COMMAND_SHAPES[int(read_word(record, 0) & 255)].words
