"""The prices of one side of a book, sorted.

A list of short sorted lists, as in sortedcontainers, with what a book does made cheap: almost every
price comes and goes near the best one, which is kept last.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Final

#: A part this long is halved: inserting into it moves at most 8 KiB.
MAX_PART: Final = 1024


class SortedPrices:
    """Distinct integers in ascending order."""

    __slots__ = ("_firsts", "_parts")

    def __init__(self) -> None:
        self._parts: list[list[int]] = [[]]
        #: The lowest value of each part but the first, which takes whatever is below.
        self._firsts: list[int] = []

    def add(self, value: int) -> None:
        """Put in a value that is not there. O(log n)."""
        place = bisect_right(self._firsts, value)
        part = self._parts[place]
        insort(part, value)
        if len(part) > MAX_PART:
            half = part[MAX_PART // 2 :]
            del part[MAX_PART // 2 :]
            self._parts.insert(place + 1, half)
            self._firsts.insert(place, half[0])

    def remove(self, value: int) -> None:
        """Take out a value that is there. O(log n)."""
        place = bisect_right(self._firsts, value)
        part = self._parts[place]
        del part[bisect_left(part, value)]
        if not part and self._firsts:
            del self._parts[place]
            # The part after the first one becomes the first.
            del self._firsts[place - 1 if place else 0]

    def last(self) -> int | None:
        """The highest value."""
        part = self._parts[-1]
        return part[-1] if part else None

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __reversed__(self) -> Iterator[int]:
        for part in reversed(self._parts):
            yield from reversed(part)
