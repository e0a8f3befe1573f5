"""What stands in the place of ``slots`` in the compiled core: an open-addressing table of machine words. A
look-up makes no object and meets one line of the processor's cache; nothing is allocated when something comes
or goes.

The two factors of its hash differ from process to process, so that nobody chooses prices or ids that collide.
What they are changes no result: nothing is read in the order of the table.
"""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

_M31: Final = (1 << 31) - 1
_FIRST_PLACES: Final = 16
_SHIFT: Final = 20
#: Python gives every process a hash of its own; odd, and below 2**31, so that no product outgrows a word.
_LOW_FACTOR: Final[i64] = hash("low") & _M31 | 1
_HIGH_FACTOR: Final[i64] = hash("high") & _M31 | 1


def _zeros(count: i64) -> vec[i64]:
    return vec[i64]([0] * count)


class Slots:
    """Integers of 62 bits and a sign -> slots, which count from 0."""

    __slots__ = ("_cells", "_count", "_mask")

    def __init__(self) -> None:
        #: Key and slot + 1, alternating; slot 0: nothing here.
        self._cells: vec[i64] = _zeros(2 * _FIRST_PLACES)
        #: Twice the places, less 2: cells are found two by two.
        self._mask: i64 = 2 * _FIRST_PLACES - 2
        self._count: i64 = 0

    def get(self, key: i64) -> i64:
        """The key's slot, -1 if it has none."""
        cells = self._cells
        mask: i64 = self._mask
        place: i64 = ((key & _M31) * _LOW_FACTOR + (key >> 31 & _M31) * _HIGH_FACTOR) >> _SHIFT & mask
        while True:
            slot: i64 = cells[place + 1]
            if slot == 0 or cells[place] == key:
                return slot - 1
            place = (place + 2) & mask

    def put(self, key: i64, slot: i64) -> None:
        """Give a key this slot."""
        self.swap(key, slot)

    def swap(self, key: i64, slot: i64) -> i64:
        """Give a key this slot; the one it had, -1 if it had none."""
        cells = self._cells
        mask: i64 = self._mask
        place: i64 = ((key & _M31) * _LOW_FACTOR + (key >> 31 & _M31) * _HIGH_FACTOR) >> _SHIFT & mask
        while cells[place + 1] != 0:
            if cells[place] == key:
                before: i64 = cells[place + 1] - 1
                cells[place + 1] = slot + 1
                return before
            place = (place + 2) & mask
        cells[place] = key
        cells[place + 1] = slot + 1
        self._count += 1
        if 4 * self._count > mask:
            self._grow()
        return -1

    def remove(self, key: i64) -> i64:
        """Take out a key that is there; its slot. Raises KeyError."""
        cells = self._cells
        mask: i64 = self._mask
        hole: i64 = ((key & _M31) * _LOW_FACTOR + (key >> 31 & _M31) * _HIGH_FACTOR) >> _SHIFT & mask
        while cells[hole + 1] == 0 or cells[hole] != key:
            if cells[hole + 1] == 0:
                raise KeyError(key)
            hole = (hole + 2) & mask
        self._count -= 1
        removed: i64 = cells[hole + 1] - 1
        place: i64 = hole
        while True:
            place = (place + 2) & mask
            if cells[place + 1] == 0:
                break
            other: i64 = cells[place]
            home: i64 = ((other & _M31) * _LOW_FACTOR + (other >> 31 & _M31) * _HIGH_FACTOR) >> _SHIFT & mask
            # It may move into the hole unless its home lies behind the hole.
            if ((place - home) & mask) >= ((place - hole) & mask):
                cells[hole] = other
                cells[hole + 1] = cells[place + 1]
                hole = place
        cells[hole + 1] = 0
        return removed

    def __len__(self) -> int:
        return self._count

    def keys(self) -> list[int]:
        """All of them, in no order."""
        found: list[int] = []
        place: i64 = 0
        while place <= self._mask:
            if self._cells[place + 1]:
                found.append(int(self._cells[place]))
            place += 2
        return found

    def _grow(self) -> None:
        """Four times the places: every cell moves, and this way seldom."""
        old = self._cells
        self._mask = 4 * self._mask + 6
        self._cells = _zeros(self._mask + 2)
        self._count = 0
        place: i64 = 0
        while place < i64(len(old)):
            if old[place + 1] != 0:
                self.put(old[place], old[place + 1] - 1)
            place += 2
