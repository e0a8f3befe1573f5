"""Texts that people write: names, labels, reasons, notes. One function checks them all, at every door.

What is kept is NFC without spaces around it, so that one text has one spelling. Refused is what a reader
cannot see or what changes how the rest is read: control and format characters (zero-width, direction),
separators other than the plain space, halves of surrogate pairs, private and unassigned code points, letters
that look like nothing, and combining marks in heaps.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from exchange.errors import RequestError

#: Marks on one letter; the languages there are do with three, and what a heap of them covers cannot be read.
MAX_MARKS: Final = 4
#: Printable for Python, and yet without a shape: the joiner of marks, Hangul and Khmer fillers, Mongolian and
#: other variation selectors, the empty Braille cell.
_SHAPELESS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def checked_text(text: str, field: str, most: int, *, least: int = 1) -> str:
    """The text as it is kept. Raises INVALID_TEXT for a character that is not to be seen, INVALID_FIELD where
    it is not of ``least`` to ``most`` characters."""
    # Normalising takes time by the length, and makes a text at most three times as long.
    if len(text) > most * 4:
        raise _wrong_length(field, least, most)
    kept = spelling(text)
    if (character := unseen_in(kept)) is not None:
        raise RequestError("INVALID_TEXT", {"field": field, "character": f"U+{ord(character):04X}"})
    if not least <= len(kept) <= most:
        raise _wrong_length(field, least, most)
    return kept


def checked_lines(text: str, field: str, most: int, *, least: int = 1) -> str:
    """As ``checked_text``, of a text of lines: they end with a line feed, and may have tabs in them."""
    lines = text.replace("\r\n", "\n").replace("\t", "    ").split("\n")
    kept = spelling("\n".join(checked_text(line, field, most, least=0) for line in lines))
    if not least <= len(kept) <= most:
        raise _wrong_length(field, least, most)
    return kept


def spelling(text: str) -> str:
    """A text as it is kept."""
    return composed(text).strip()


def composed(text: str) -> str:
    """A name that is looked for, in the one way that names are spelled."""
    return unicodedata.normalize("NFC", text)


def unseen_in(text: str) -> str | None:
    """The first character that a text of people may not have; None in most."""
    if text.isascii():
        return None if text.isprintable() else next(one for one in text if not one.isprintable())
    marks = MAX_MARKS
    for one in text:
        marks = marks + 1 if unicodedata.combining(one) else 0
        if not one.isprintable() or marks > MAX_MARKS or _SHAPELESS.match(one):
            return one
    return None


def _wrong_length(field: str, least: int, most: int) -> RequestError:
    return RequestError("INVALID_FIELD", {"field": field, "minimum": least, "maximum": most})
