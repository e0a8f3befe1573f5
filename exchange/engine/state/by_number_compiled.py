"""What stands in the place of ``by_number`` in the compiled core: a table of machine words
(``slots_compiled``) beside a list, so that no Python integer is made for a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from librt.vecs import append, vec
from mypy_extensions import i64

from exchange.engine.state.slots import Slots

T = TypeVar("T")


class ByNumber(Generic[T]):
    """Integers of 62 bits and a sign -> objects, as a dict has them, but in no order."""

    __slots__ = ("_free", "_free_count", "_slots", "_values")

    def __init__(self) -> None:
        self._slots = Slots()
        #: What is kept, by slot; and the slots that are free again.
        self._values: list[T | None] = []
        self._free: vec[i64] = vec[i64]()
        self._free_count: i64 = 0

    def get(self, key: i64) -> T | None:
        slot: i64 = self._slots.get(key)
        return None if slot < 0 else self._values[slot]

    def __getitem__(self, key: i64) -> T:
        found = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: i64) -> bool:
        return self._slots.get(key) >= 0

    def __len__(self) -> int:
        return len(self._slots)

    def __setitem__(self, key: i64, value: T) -> None:
        slot: i64 = self._free[self._free_count - 1] if self._free_count else len(self._values)
        before: i64 = self._slots.swap(key, slot)
        if before >= 0:
            self._slots.put(key, before)
            slot = before
        elif self._free_count:
            self._free_count -= 1
        else:
            self._values.append(value)
            return
        self._values[slot] = value

    def __delitem__(self, key: i64) -> None:
        slot: i64 = self._slots.remove(key)
        self._values[slot] = None
        if self._free_count == i64(len(self._free)):
            self._free = append(self._free, slot)
        else:
            self._free[self._free_count] = slot
        self._free_count += 1

    def items(self) -> list[tuple[int, T]]:
        """All of them, in no order."""
        return [(key, self[key]) for key in self._slots.keys()]  # noqa: SIM118  no dict

    def values(self) -> list[T]:
        """What is kept, in no order."""
        return [value for _, value in self.items()]

    def __iter__(self) -> Iterator[int]:
        return iter(self._slots.keys())
