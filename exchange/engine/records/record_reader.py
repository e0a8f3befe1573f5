"""Records back to messages, by the description."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from exchange.engine import messages as m
from exchange.engine.records.machine_words import i64, read_word
from exchange.engine.records.record_shapes import (
    AT_END,
    END,
    EVENT_SHAPES,
    FLAG,
    LENGTH_AT,
    LENGTH_MASK,
    NARROW,
    NESTED,
    NO_TEXT,
    SMALL,
    SMALLS_AT,
    TEXT,
    WHOLE,
    WIDE,
    Shape,
)
from exchange.engine.records.record_words import text_of, words_for

_TAG_MASK: Final = 255


class Answer(NamedTuple):
    """What came of one command: its place in the sequence (0: it has none), its stamp, its events."""

    sequence: int
    now_ns: int
    events: list[m.Event]


def read_messages(data: bytes, shapes: dict[int, Shape]) -> list[tuple[Any, ...]]:
    """All messages of some records; those of tags without a layout are stepped over."""
    found: list[tuple[Any, ...]] = []
    at: i64 = 0
    while at < i64(len(data)):
        head: i64 = read_word(data, at)
        end: i64 = next_record(data, at)
        if is_known(head, shapes):
            found.append(read_message(data, at, shapes))
        at = end
    return found


def read_answers(data: bytes) -> list[Answer]:
    """What ``Engine.apply_batch`` gave back, command by command."""
    found: list[Answer] = []
    events: list[m.Event] = []
    at: i64 = 0
    while at < i64(len(data)):
        head: i64 = read_word(data, at)
        end: i64 = next_record(data, at)
        if head & _TAG_MASK == END:
            found.append(Answer(read_word(data, at + 8), read_word(data, at + 16), events))
            events = []
        elif is_known(head, EVENT_SHAPES):
            events.append(read_message(data, at, EVENT_SHAPES))
        at = end
    return found


def record_words(head: i64) -> i64:
    """The length of a record that begins so, in words."""
    return head >> LENGTH_AT & LENGTH_MASK


def next_record(data: bytes, at: i64) -> i64:
    """Where the record that begins at this byte ends. Raises ValueError if it is none or is cut off."""
    count: i64 = record_words(read_word(data, at))
    end: i64 = at + 8 * count
    if count == 0 or end > len(data):
        raise ValueError(f"no whole record begins at byte {at}")
    return end


def is_known(head: i64, shapes: dict[int, Shape]) -> bool:
    """Whether a record that begins so can be read."""
    return head & WHOLE != 0 or int(head & _TAG_MASK) in shapes


def read_message(data: bytes, at: i64, shapes: dict[int, Shape]) -> tuple[Any, ...]:
    """The message whose record begins at this byte. Raises ValueError if it cannot be read."""
    head: i64 = read_word(data, at)
    if head & WHOLE:
        size: i64 = read_word(data, at + 8)
        return _nested(data, at + 16, size)
    tag = int(head & _TAG_MASK)
    shape = shapes.get(tag)
    if shape is None:
        raise ValueError(f"no record of tag {tag} has a layout")
    values: list[Any] = [tag]
    smalls = int(head >> SMALLS_AT)
    place: i64 = at + 8
    end: i64 = at + 8 * shape.words
    for field in shape.fields:
        kind = field.kind
        if kind <= FLAG:
            small = smalls & (1 << field.bits) - 1
            # Not in one expression: compiled code would make an int of either.
            if kind == SMALL:
                values.append(small)
            else:
                values.append(small != 0)
            smalls >>= field.bits
            continue
        word: i64 = read_word(data, place)
        place += 8
        if kind == TEXT:
            values.append(read_text(data, place - 8, end))
            if word & 255 == AT_END:
                end += 8 * words_for(word >> 8)
        elif kind == NESTED:
            values.append(None if word == 0 else _nested(data, end, word))
            end += 8 * words_for(word)
        elif word >= -NARROW:
            values.append(int(word))
        else:
            wide: i64 = 8 * (word - WIDE)
            values.append(int.from_bytes(data[end : end + wide], "little", signed=True))
            end += wide
    if shape.is_short and values[-1] is None:
        values.pop()
    return tuple(values)


def read_text(data: bytes, place: i64, end: i64) -> str | None:
    """The text whose word stands at ``place``; ``end``: where its bytes are if they do not fit in there."""
    word: i64 = read_word(data, place)
    size: i64 = word & 255
    if size == NO_TEXT:
        return None
    if size == AT_END:
        return text_of(data[end : end + (word >> 8)])
    return text_of(data[place + 1 : place + 1 + size])


def _nested(data: bytes, at: i64, size: i64) -> tuple[Any, ...]:
    return _tuples(json.loads(data[at : at + size]))


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    """JSON arrays back to the tuples they were, all the way down."""
    return tuple([_tuples(item) if type(item) is list else item for item in value])
