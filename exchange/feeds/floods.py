"""Token buckets: a sustained rate with bursts."""

from __future__ import annotations

from collections.abc import Callable


class Bucket:
    """Holds up to ``burst`` tokens and gains ``per_s`` a second. Starts full."""

    __slots__ = ("_burst", "_clock", "_filled_at", "_per_s", "_tokens")

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock()

    def take(self, count: int = 1) -> bool:
        """Take tokens; False (and none taken) when there are not enough."""
        if self._tokens < count:
            self._fill()
            if self._tokens < count:
                return False
        self._tokens -= count
        return True

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_s)
        self._filled_at = now
