"""Any message as a record, by the description. The hot path writes its own records (``record_places``)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from exchange.engine import messages as m
from exchange.engine.records.machine_words import i64
from exchange.engine.records.record_shapes import (
    AT_END,
    COMMAND_SHAPES,
    END_WORDS,
    FLAG,
    LENGTH_AT,
    MAX_WIDE,
    NARROW,
    NESTED,
    NUMBER,
    SMALL,
    SMALLS_AT,
    TEXT,
    WHOLE,
    WIDE,
    Shape,
)
from exchange.engine.records.record_words import WordRow, text_bytes, text_word

#: More words than the fields of any shape take.
_FIELDS_ROOM: Final = 64
#: END | END_WORDS << LENGTH_AT
_END: Final = 1023


class RecordWriter:
    """Writes messages of one kind, commands or events, into a row of words."""

    __slots__ = ("_shapes", "row")

    def __init__(self, shapes: dict[int, Shape], row: WordRow) -> None:
        self._shapes = shapes
        self.row = row

    def write(self, message: tuple[Any, ...]) -> None:
        """Append the record of a message."""
        row = self.row
        start: i64 = row.at
        shape = self._shapes.get(message[0])
        if shape is None or not self._lay_out(shape, message):
            row.at = start
            self._write_whole(message)

    def _lay_out(self, shape: Shape, message: tuple[Any, ...]) -> bool:
        """Write the message as its shape says; False if a value does not fit, and what is written is of no
        use."""
        fields = shape.fields
        missing = len(fields) + 1 - len(message)
        if missing and not (missing == 1 and shape.is_short):
            return False
        if shape.is_short and not missing and message[-1] is None:
            return False
        row = self.row
        row.make_room(_FIELDS_ROOM)
        start: i64 = row.at
        place: i64 = start + 1
        row.at = start + shape.words
        head = shape.tag
        shift = SMALLS_AT
        for index, field in enumerate(fields, 1):
            if index == len(message):
                row.words[place] = 0
                break
            value = message[index]
            if field.kind <= FLAG:
                if (
                    type(value) is not (int if field.kind == SMALL else bool)
                    or value < 0
                    or value >> field.bits
                ):
                    return False
                head |= value << shift
                shift += field.bits
            else:
                if not self._put(field.kind, value, place):
                    return False
                place += 1
        row.words[start] = head | int(row.at - start) << LENGTH_AT
        return True

    def _put(self, kind: int, value: Any, place: i64) -> bool:
        """Write a field's word, and at the record's end what does not fit into it."""
        row = self.row
        if kind == TEXT:
            return self._put_text(value, place)
        if kind == NESTED:
            if value is not None and not isinstance(value, tuple):
                return False
            data = b"" if value is None else _json(value)
            row.words[place] = len(data)
            row.append_bytes(data)
            return True
        if type(value) is not int:
            return False
        if -NARROW <= value <= NARROW:
            row.words[place] = value
            return True
        return False if kind == NUMBER else self._put_wide(value, place)

    def _put_text(self, value: Any, place: i64) -> bool:
        if value is not None and type(value) is not str:
            return False
        text: str | None = value
        word: i64 = text_word(text)
        self.row.words[place] = word
        if text is not None and word & 255 == AT_END:
            self.row.append_bytes(text_bytes(text))
        return True

    def _put_wide(self, value: int, place: i64) -> bool:
        count = (value.bit_length() >> 6) + 1
        if count > MAX_WIDE:
            return False
        self.row.words[place] = WIDE + count
        self.row.append_bytes(value.to_bytes(8 * count, "little", signed=True))
        return True

    def _write_whole(self, message: tuple[Any, ...]) -> None:
        row = self.row
        row.make_room(2)
        data = _json(message)
        start: i64 = row.at
        row.at = start + 2
        row.words[start + 1] = len(data)
        row.append_bytes(data)
        row.words[start] = int(message[0]) | WHOLE | int(row.at - start) << LENGTH_AT

    def end(self, sequence: i64, now_ns: i64) -> None:
        """End the events of one command: its place in the sequence (0: it has none, for its id was another's)
        and its stamp."""
        row = self.row
        row.make_room(END_WORDS)
        at: i64 = row.at
        words = row.words
        words[at] = _END
        words[at + 1] = sequence
        words[at + 2] = now_ns
        row.at = at + END_WORDS


def write_commands(commands: Iterable[m.Command]) -> bytes:
    """A batch of commands as ``Engine.apply_batch`` takes it."""
    row = WordRow()
    writer = RecordWriter(COMMAND_SHAPES, row)
    for command in commands:
        writer.write(command)
    return row.part(0, row.at)


def _json(value: tuple[Any, ...]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
