"""What the core remembers, oldest first.

A list with a moving head instead of a deque: almost all that happens to it is ``items.append``, which the
interpreter and the compiled core do without calling anything; what has been taken out goes in bulk.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

#: So many taken out are dropped at once, if they are half of the list.
_DROP: Final = 256


class Fifo:
    """First in, first out. To put something in is to append it to ``items``."""

    __slots__ = ("_head", "items")

    def __init__(self) -> None:
        self.items: list[Any] = []
        #: How many at the beginning of ``items`` are out.
        self._head = 0

    def __len__(self) -> int:
        return len(self.items) - self._head

    def first(self) -> Any:
        """The oldest. Raises IndexError if there is none."""
        return self.items[self._head]

    def pop(self) -> Any:
        """Take out the oldest. Raises IndexError if there is none. O(1), seen over many."""
        taken = self.items[self._head]
        self.items[self._head] = None
        self._head += 1
        if self._head >= _DROP and self._head * 2 >= len(self.items):
            del self.items[: self._head]
            self._head = 0
        return taken

    def __iter__(self) -> Iterator[Any]:
        return islice(self.items, self._head, None)

    def newest(self, limit: int) -> list[Any]:
        """The last ``limit``, newest first."""
        start = max(self._head, len(self.items) - limit)
        return self.items[start:][::-1]
