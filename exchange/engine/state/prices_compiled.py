"""What stands in the place of ``prices`` in the compiled core: the sorted prices of a side as machine words.

Parts of at most ``MAX_PART`` lie one behind the other in a row of words. Adding or removing moves at most one
part's words and, once in many times, one word a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

MAX_PART: Final = 64


def _zeros(count: i64) -> vec[i64]:
    return vec[i64]([0] * count)


class SortedPrices:
    """Distinct integers of a word in ascending order."""

    __slots__ = ("_counts", "_firsts", "_free", "_parts", "_values")

    def __init__(self) -> None:
        #: Part p has its values from MAX_PART * p on, and this many.
        self._values: vec[i64] = _zeros(MAX_PART)
        self._counts: vec[i64] = _zeros(1)
        #: The parts in ascending order, and the lowest value of each; the first one takes whatever is below.
        self._parts: vec[i64] = _zeros(1)
        self._firsts: vec[i64] = _zeros(1)
        #: Parts that are empty and in no order.
        self._free: list[int] = []

    def add(self, value: i64) -> None:
        """Put in a value that is not there. O(log n)."""
        at: i64 = self._at(value)
        part: i64 = self._parts[at]
        count: i64 = self._counts[part]
        if count == MAX_PART:
            self._split(at)
            at = self._at(value)
            part = self._parts[at]
            count = self._counts[part]
        values = self._values
        start: i64 = MAX_PART * part
        place: i64 = start + count
        while place > start and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
        self._counts[part] = count + 1
        if place == start:
            self._firsts[at] = value

    def remove(self, value: i64) -> None:
        """Take out a value that is there. O(log n)."""
        at: i64 = self._at(value)
        part: i64 = self._parts[at]
        values = self._values
        start: i64 = MAX_PART * part
        end: i64 = start + self._counts[part] - 1
        place: i64 = end
        while values[place] != value:
            place -= 1
        while place < end:
            values[place] = values[place + 1]
            place += 1
        self._counts[part] = end - start
        if end > start:
            self._firsts[at] = values[start]
        elif len(self._parts) > 1:
            self._free.append(part)
            self._parts = _without(self._parts, at)
            self._firsts = _without(self._firsts, at)

    def last(self) -> i64:
        """The highest value, of those that there are."""
        part: i64 = self._parts[len(self._parts) - 1]
        return self._values[MAX_PART * part + self._counts[part] - 1]

    def below(self, value: i64) -> int | None:
        """The highest value below this one."""
        at: i64 = self._at(value)
        while at >= 0:
            part: i64 = self._parts[at]
            start: i64 = MAX_PART * part
            place: i64 = start + self._counts[part]
            while place > start:
                place -= 1
                if self._values[place] < value:
                    return int(self._values[place])
            at -= 1
        return None

    def __len__(self) -> int:
        total: i64 = 0
        for part in self._parts:
            total += self._counts[part]
        return total

    def __reversed__(self) -> Iterator[int]:
        found: list[int] = []
        at: i64 = i64(len(self._parts)) - 1
        while at >= 0:
            start: i64 = MAX_PART * self._parts[at]
            place: i64 = start + self._counts[self._parts[at]] - 1
            while place >= start:
                found.append(int(self._values[place]))
                place -= 1
            at -= 1
        return iter(found)

    def _at(self, value: i64) -> i64:
        """Where the part stands that the value is in or belongs in: the last that does not begin above it, or
        the first."""
        firsts = self._firsts
        high: i64 = i64(len(firsts)) - 1
        # Almost always the last one: that is where orders come and go.
        if high == 0 or firsts[high] <= value:
            return high
        low: i64 = 0
        while low < high:
            middle: i64 = (low + high + 1) >> 1
            if firsts[middle] <= value:
                low = middle
            else:
                high = middle - 1
        return low

    def _split(self, at: i64) -> None:
        """Let the upper half of a full part be one of its own after it."""
        part: i64 = self._parts[at]
        other: i64
        if self._free:
            other = self._free.pop()
        else:
            other = len(self._counts)
            self._counts = append(self._counts, i64(0))
            longer = _zeros(MAX_PART * (other + 1))
            place: i64 = 0
            while place < MAX_PART * other:
                longer[place] = self._values[place]
                place += 1
            self._values = longer
        half: i64 = MAX_PART // 2
        values = self._values
        index: i64 = 0
        while index < half:
            values[MAX_PART * other + index] = values[MAX_PART * part + half + index]
            index += 1
        self._counts[part] = half
        self._counts[other] = MAX_PART - half
        self._parts = _with(self._parts, at + 1, other)
        self._firsts = _with(self._firsts, at + 1, values[MAX_PART * other])


def _with(row: vec[i64], at: i64, word: i64) -> vec[i64]:
    """A row with a word put in there."""
    longer = append(row, word)
    place: i64 = i64(len(longer)) - 1
    while place > at:
        longer[place] = longer[place - 1]
        place -= 1
    longer[at] = word
    return longer


def _without(row: vec[i64], at: i64) -> vec[i64]:
    """A row without the word there."""
    shorter = row[: len(row) - 1]
    while at < i64(len(shorter)):
        shorter[at] = row[at + 1]
        at += 1
    return shorter
