"""What a web process remembers of orders, so that it need not ask the engine before it changes one."""

from __future__ import annotations

from typing import Final

#: Orders whose symbol and type a process remembers.
MAX_REMEMBERED: Final = 100_000

#: Symbol and order type.
Known = tuple[str, int]


class KnownOrders:
    """A part of the process: symbol and type of open orders, by account and order, so that no account learns
    what another's order trades in.

    Kept in two halves; when the newer one is full, the older one goes at once. (Dropping the oldest entry of
    one dictionary for each new one would cost more than the order: the search for it begins, every time, with
    the places of all that went before.)
    """

    def __init__(self, maximum: int = MAX_REMEMBERED) -> None:
        self._half = maximum // 2
        self._newer: dict[tuple[int, int], Known] = {}
        self._older: dict[tuple[int, int], Known] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def keep(self, account: int, order_id: int, known: Known) -> None:
        if len(self._newer) >= self._half:
            self._newer, self._older = {}, self._newer
        self._newer[account, order_id] = known

    def find(self, account: int, order_id: int) -> Known | None:
        key = account, order_id
        return self._newer.get(key) or self._older.get(key)
