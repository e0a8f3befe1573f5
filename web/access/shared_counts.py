"""Counters that all web processes share, in the cache of ``REDIS_URL``.

``add_now`` asks the cache, and so may wait for it. ``add_later`` never waits: it counts here at once, and a
thread adds it to the shared counter and brings back the sum of all. What is counted in two processes within
``SHARE_EVERY_S`` is therefore known to both only after it. While the cache is away each process counts for
itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from exchange.shared_cache import shared_cache

#: How often what was counted here is added to the shared counters.
SHARE_EVERY_S: Final = 0.05
#: Sums kept of the shared counters; beyond it all are forgotten and asked for again.
MAX_SUMS: Final = 20_000

Add = Callable[[str, int, int, float], int]
#: Name, window, cost, span in seconds.
Counter = tuple[str, int, int, int]


class SharedCounts:
    """``here``: counts in this process, for when the cache is away."""

    def __init__(self, here: Add) -> None:
        self._here = here
        #: Whether the cache did not answer when it was last asked: counts are this process' alone then.
        self.is_away = False
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        #: By name and window: what was counted here and is not shared yet, and its span.
        self._owed: dict[tuple[str, int], tuple[int, int]] = {}
        #: The shared sum of a name in a window, with what is owed.
        self._sums: dict[str, tuple[int, int]] = {}

    def add_now(self, name: str, cost: int, span_s: int, now_s: float) -> int:
        """Add to the shared counter; its new value."""
        shared = self._ask([(name, int(now_s // span_s), cost, span_s)])
        return self._here(name, cost, span_s, now_s) if shared is None else shared[0]

    def add_later(self, name: str, cost: int, span_s: int, now_s: float) -> int:
        """Add to the counter as known here; its new value."""
        window = int(now_s // span_s)
        with self._lock:
            at, total = self._sums.get(name, (window, 0))
            total = total + cost if at == window else cost
            if not cost:
                return total
            if len(self._sums) >= MAX_SUMS:
                self._sums.clear()
            self._sums[name] = window, total
            self._owed[name, window] = self._owed.get((name, window), (0, 0))[0] + cost, span_s
            if self._thread is None:
                self._thread = threading.Thread(target=self._share_on, name="shared counts", daemon=True)
                self._thread.start()
        self._wake.set()
        return total

    def _share_on(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            self.share()
            time.sleep(SHARE_EVERY_S)

    def share(self) -> None:
        """Add what is owed to the shared counters, and learn their sums."""
        with self._lock:
            owed, self._owed = self._owed, {}
        asked = [(name, window, cost, span_s) for (name, window), (cost, span_s) in owed.items()]
        shared = self._ask(asked) if asked else []
        for (name, window, _, _), count in zip(asked, shared or (), strict=False):
            self._learn(name, window, count)

    def _ask(self, counters: Sequence[Counter]) -> list[int] | None:
        shared = _add_all(counters)
        self.is_away = shared is None
        return shared

    def _learn(self, name: str, window: int, shared: int) -> None:
        with self._lock:
            at, _ = self._sums.get(name, (window, 0))
            if at == window:
                self._sums[name] = window, shared + self._owed.get((name, window), (0, 0))[0]


def _add_all(counters: Sequence[Counter]) -> list[int] | None:
    """Add to counters in the cache, in one round trip; their new values, None while the cache is away."""
    return shared_cache.count_all(
        [(f"{name}:{window}", cost, span_s * 2) for name, window, cost, span_s in counters]
    )
