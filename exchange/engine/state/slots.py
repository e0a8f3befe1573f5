"""Numbers by a number, as the interpreter keeps them: in a dict. In the compiled core this module is
``slots_compiled``, which does the same without a Python integer for either (``tools/compile_core.py``)."""

from __future__ import annotations

from exchange.engine.records.machine_words import i64


class Slots:
    """Integers -> slots, which count from 0."""

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}

    def get(self, key: i64) -> i64:
        """The key's slot, -1 if it has none."""
        return self._slots.get(key, -1)

    def put(self, key: i64, slot: i64) -> None:
        """Give a key this slot."""
        self._slots[key] = slot

    def swap(self, key: i64, slot: i64) -> i64:
        """Give a key this slot; the one it had, -1 if it had none."""
        before = self._slots.get(key, -1)
        self._slots[key] = slot
        return before

    def remove(self, key: i64) -> i64:
        """Take out a key that is there; its slot. Raises KeyError."""
        return self._slots.pop(key)

    def __len__(self) -> int:
        return len(self._slots)

    def keys(self) -> list[int]:
        """All of them, in no order."""
        return list(self._slots)
