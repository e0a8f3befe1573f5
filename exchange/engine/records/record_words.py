"""A growing row of 64-bit words, and what texts and wide numbers are in words."""

from __future__ import annotations

from typing import Final

from exchange.engine.records.machine_words import Words, bytes_of, i64, put_words, read_word, zeros
from exchange.engine.records.record_shapes import AT_END, INLINE, NO_TEXT

_FIRST_ROOM: Final = 4096


class WordRow:
    """Words that are written one after the other. Whoever writes says before how many may come
    (``make_room``)."""

    __slots__ = ("at", "words")

    def __init__(self) -> None:
        self.words: Words = zeros(_FIRST_ROOM)
        #: How many are written.
        self.at: i64 = 0

    def make_room(self, count: i64) -> None:
        """Let so many words more fit."""
        if self.at + count <= i64(len(self.words)):
            return
        longer = zeros(2 * (self.at + count))
        index: i64 = 0
        while index < self.at:
            longer[index] = self.words[index]
            index += 1
        self.words = longer

    def append(self, word: i64) -> None:
        """There is room for it."""
        self.words[self.at] = word
        self.at += 1

    def append_bytes(self, data: bytes) -> None:
        """Whole words of these bytes, the last one filled up with zeros."""
        self.append_words(data + bytes(-len(data) % 8), 0, words_for(len(data)))

    def append_words(self, data: bytes, at: i64, count: i64) -> None:
        """So many words of these bytes, from this byte on."""
        self.make_room(count)
        put_words(self.words, self.at, data, at, count)
        self.at += count

    def append_rest(self, text: TextWords) -> None:
        """What of a name does not fit its field."""
        self.make_room(text.rest_words)
        index: i64 = 0
        while index < text.rest_words:
            self.append(text.rest[index])
            index += 1

    def open_gap(self, place: i64, count: i64) -> None:
        """Move what stands from this place on so many words further."""
        self.make_room(count)
        words = self.words
        index: i64 = self.at - 1
        while index >= place:
            words[index + count] = words[index]
            index -= 1
        self.at += count

    def part(self, start: i64, end: i64) -> bytes:
        """These words as bytes."""
        return bytes_of(self.words, start, end)

    def clear(self) -> None:
        self.at = 0


def text_bytes(text: str) -> bytes:
    """Any string that Python may have, also one that is no Unicode."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def text_word(text: str | None) -> i64:
    """The word of a text; from AT_END on its low byte says that the bytes stand elsewhere."""
    if text is None:
        return NO_TEXT
    data = text_bytes(text)
    size: i64 = len(data)
    if size > INLINE:
        return size << 8 | AT_END
    return read_word(bytes((size,)) + data + bytes(INLINE - size), 0)


def words_for(size: i64) -> i64:
    """How many words so many bytes take."""
    return (size + 7) >> 3


def text_record(text: str) -> bytes:
    """A text's word and what follows it, as if it were all there is."""
    data = text_bytes(text)
    size = len(data)
    if size <= INLINE:
        return bytes((size,)) + data + bytes(INLINE - size)
    return (size << 8 | AT_END).to_bytes(8, "little") + data + bytes(-size % 8)


def rest_bytes(word: i64) -> i64:
    """How many bytes at its record's end a text of this word takes."""
    return 8 * words_for(word >> 8) if word & 255 == AT_END else 0


def text_key(data: bytes, place: i64, end: i64) -> i64:
    """A number that equal texts have in common: that of the text whose word stands at ``place``, and whose
    rest if it has one at ``end``."""
    key: i64 = read_word(data, place)
    stop: i64 = end + rest_bytes(key)
    while end < stop:
        key ^= read_word(data, end)
        end += 8
    return key


class TextWords:
    """A name that is written often, as words: that of its field, and what follows at the record's end."""

    __slots__ = ("key", "rest", "rest_words", "word")

    def __init__(self, text: str) -> None:
        self.word: i64 = text_word(text)
        data = text_bytes(text)
        self.rest_words: i64 = words_for(len(data)) if len(data) > INLINE else 0
        self.rest: Words = zeros(self.rest_words)
        padded = data + bytes(8)
        index: i64 = 0
        while index < self.rest_words:
            self.rest[index] = read_word(padded, 8 * index)
            index += 1
        #: As ``text_key``.
        self.key: i64 = self.word
        index = 0
        while index < self.rest_words:
            self.key ^= self.rest[index]
            index += 1

    def is_at(self, data: bytes, place: i64, end: i64) -> bool:
        """Whether the text whose word stands at ``place``, and whose rest if it has one at ``end``, is
        this."""
        if read_word(data, place) != self.word:
            return False
        index: i64 = 0
        while index < self.rest_words:
            if read_word(data, end + 8 * index) != self.rest[index]:
                return False
            index += 1
        return True
