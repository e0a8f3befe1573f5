"""Rows of histories as they go over the wire, kept by what names their content.

A row once written is the same for ever (a fill, a ledger entry, an order as it stood after a sequence), and
people and programs read the newest ones again and again. Fetching the names of a page's rows and looking up
their bytes costs a fraction of fetching, rendering and encoding them. A name has the engine's time beside the
id: after a restore to an earlier point the same id belongs to another time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final, TypeVar

from exchange import process
from exchange.wire.shape_parts import Encoded

#: Of the rows that one process keeps.
MAX_KEPT_BYTES: Final = 48 * 1024 * 1024
#: What a row takes beside its own bytes: its name, and its place in the dictionary.
_OVERHEAD_BYTES: Final = 300

_Name = TypeVar("_Name", bound=Hashable)


class EncodedRows:
    """Rows by name. When they have grown to half of ``maximum_bytes`` they become the old half; the old half
    before is forgotten, but for what was read again meanwhile."""

    def __init__(self, maximum_bytes: int = MAX_KEPT_BYTES) -> None:
        self._half_bytes = maximum_bytes // 2
        self._young: dict[Hashable, Encoded] = {}
        self._old: dict[Hashable, Encoded] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, name: Hashable) -> Encoded | None:
        row = self._young.get(name)
        if row is None:
            row = self._old.get(name)
            if row is not None:
                self.put(name, row)
        return row

    def put(self, name: Hashable, row: Encoded) -> None:
        with self._lock:
            self._bytes += len(row) + _OVERHEAD_BYTES
            if self._bytes > self._half_bytes:
                self._old, self._young = self._young, {}
                self._bytes = len(row) + _OVERHEAD_BYTES
            self._young[name] = row

    def of(
        self, names: Sequence[_Name], read: Callable[[list[_Name]], Iterable[tuple[_Name, Encoded]]]
    ) -> list[Encoded]:
        """The rows of the names in their order; ``read`` gives those that are not kept. A row that is gone
        or another by then is left out."""
        found = {name: self.get(name) for name in names}
        missing = [name for name, row in found.items() if row is None]
        if missing:
            for name, row in read(missing):
                found[name] = row
                self.put(name, row)
        return [row for row in found.values() if row is not None]


#: Of this process.
encoded_rows: Final = process.shared(EncodedRows, lambda: EncodedRows())
