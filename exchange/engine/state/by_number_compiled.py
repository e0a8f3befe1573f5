"""What stands in the place of ``by_number`` in the compiled core: an open-addressing table of machine words
beside a list. A look-up makes no object and meets one line of the processor's cache; nothing is allocated
when something comes or goes.

The two factors of its hash differ from process to process, so that nobody chooses prices or ids that collide.
What they are changes no result: nothing is read in the order of the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

from librt.vecs import append, vec
from mypy_extensions import i64

T = TypeVar("T")

_M31: Final = (1 << 31) - 1
_FIRST_PLACES: Final = 16
_SHIFT: Final = 20
#: Python gives every process a hash of its own; odd, and below 2**31, so that no product outgrows a word.
_LOW_FACTOR: Final[i64] = hash("low") & _M31 | 1
_HIGH_FACTOR: Final[i64] = hash("high") & _M31 | 1


def _zeros(count: i64) -> vec[i64]:
    return vec[i64]([0] * count)


class ByNumber(Generic[T]):
    """Integers of 62 bits and a sign -> objects, as a dict has them, but in no order."""

    __slots__ = ("_cells", "_count", "_free", "_free_count", "_mask", "_values")

    def __init__(self) -> None:
        #: Key and slot + 1, alternating; slot 0: nothing here.
        self._cells: vec[i64] = _zeros(2 * _FIRST_PLACES)
        self._mask: i64 = _FIRST_PLACES - 1
        self._count: i64 = 0
        #: What is kept, by slot; and the slots, plus 1, that are free again.
        self._values: list[T | None] = []
        self._free: vec[i64] = vec[i64]()
        self._free_count: i64 = 0

    def get(self, key: i64) -> T | None:
        slot: i64 = self._cells[2 * self._find(key) + 1]
        return None if slot == 0 else self._values[slot - 1]

    def __getitem__(self, key: i64) -> T:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: i64) -> bool:
        return self._cells[2 * self._find(key) + 1] != 0

    def __len__(self) -> int:
        return self._count

    def __setitem__(self, key: i64, value: T) -> None:
        place: i64 = self._find(key)
        slot: i64 = self._cells[2 * place + 1]
        if slot:
            self._values[slot - 1] = value
            return
        if self._free_count:
            self._free_count -= 1
            slot = self._free[self._free_count]
            self._values[slot - 1] = value
        else:
            self._values.append(value)
            slot = len(self._values)
        self._cells[2 * place] = key
        self._cells[2 * place + 1] = slot
        self._count += 1
        if 2 * self._count > self._mask:
            self._grow()

    def __delitem__(self, key: i64) -> None:
        cells = self._cells
        mask = self._mask
        hole: i64 = self._find(key)
        slot: i64 = cells[2 * hole + 1]
        if slot == 0:
            raise KeyError(key)
        self._values[slot - 1] = None
        if self._free_count == i64(len(self._free)):
            self._free = append(self._free, slot)
        else:
            self._free[self._free_count] = slot
        self._free_count += 1
        self._count -= 1
        place: i64 = hole
        while True:
            place = (place + 1) & mask
            if cells[2 * place + 1] == 0:
                break
            # It may move into the hole unless its home lies behind the hole.
            if ((place - self._home(cells[2 * place])) & mask) >= ((place - hole) & mask):
                cells[2 * hole] = cells[2 * place]
                cells[2 * hole + 1] = cells[2 * place + 1]
                hole = place
        cells[2 * hole + 1] = 0

    def items(self) -> list[tuple[int, T]]:
        """All of them, in no order."""
        found: list[tuple[int, T]] = []
        place: i64 = 0
        while place <= self._mask:
            slot: i64 = self._cells[2 * place + 1]
            if slot:
                value = self._values[slot - 1]
                assert value is not None, "a slot in use has a value"
                found.append((int(self._cells[2 * place]), value))
            place += 1
        return found

    def values(self) -> list[T]:
        """What is kept, in no order."""
        return [value for _, value in self.items()]

    def __iter__(self) -> Iterator[int]:
        return iter([key for key, _ in self.items()])

    def _home(self, key: i64) -> i64:
        return ((key & _M31) * _LOW_FACTOR + (key >> 31 & _M31) * _HIGH_FACTOR) >> _SHIFT & self._mask

    def _find(self, key: i64) -> i64:
        """The place where the key is, or the empty one where it would go."""
        cells = self._cells
        mask = self._mask
        place: i64 = self._home(key)
        while cells[2 * place + 1] != 0 and cells[2 * place] != key:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        old = self._cells
        self._mask = 2 * self._mask + 1
        self._cells = _zeros(2 * (self._mask + 1))
        index: i64 = 0
        while index < i64(len(old)):
            if old[index + 1] != 0:
                place: i64 = self._find(old[index])
                self._cells[2 * place] = old[index]
                self._cells[2 * place + 1] = old[index + 1]
            index += 2
