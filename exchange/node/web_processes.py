"""Which web processes are connected, so that orders can end with the one that held their connection.

An order that is to end with its connection carries the name ``<web process>/<connection>``. The web process
cancels it when the connection ends; only when the process itself is gone, and does not come back within
``GRACE_S``, it is the engine that does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

#: How long a web process may be away: longer than it takes to reconnect, and than its commands may wait.
GRACE_S: Final = 5.0


def process_of(session: str) -> str:
    """The web process that holds a connection, from the connection's name."""
    return session.partition("/")[0]


class WebProcesses:
    """Counts connections by the name of the process. Times are of the monotonic clock."""

    def __init__(self, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self._connections: Counter[str] = Counter()
        self._gone: dict[str, float] = {}

    def expect(self, names: Iterable[str], now_s: float) -> None:
        """After a start: processes named by orders that have not connected yet."""
        for name in names:
            if not self._connections[name]:
                self._gone.setdefault(name, now_s + self._grace_s)

    def came(self, name: str) -> None:
        self._connections[name] += 1
        self._gone.pop(name, None)

    def went(self, name: str, now_s: float) -> None:
        """One connection of the process is gone; the process, if it was the last."""
        self._connections[name] -= 1
        if not self._connections[name]:
            del self._connections[name]
            self._gone[name] = now_s + self._grace_s

    def next_due_s(self) -> float | None:
        """When the next process has been away for too long."""
        return min(self._gone.values(), default=None)

    def take_lost(self, now_s: float) -> set[str]:
        """Processes that have been away for too long; each is given once."""
        lost = {name for name, due_s in self._gone.items() if due_s <= now_s}
        for name in lost:
            del self._gone[name]
        return lost
