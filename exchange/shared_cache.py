"""The cache that all processes share (Redis with ``REDIS_URL``), for callers that can do without it.

While it is away every call gives None at once: one caller in ``PAUSE_S`` asks whether it is back, the others
do not wait for it. The log gets a line a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.core.cache import cache
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from exchange import process
from exchange.scarce_log import ScarceLog
from exchange.telemetry.logs import get_logger

_T = TypeVar("_T")

#: How long nothing is asked of a cache that did not answer.
PAUSE_S: Final = 1.0
_AWAY: Final = (RedisError, ConnectionInterrupted, OSError)


class SharedCache:
    """Django's default cache, guarded. Its methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        #: When the cache is asked again; None while it answers.
        self._ask_at_s: float | None = None
        self._log = ScarceLog(get_logger(__name__))

    def get(self, key: str) -> Any:
        """What is kept under a key; None where nothing is, or the cache is away."""
        return self._ask(lambda: cache.get(key))

    def set(self, key: str, value: Any, timeout_s: int) -> None:
        """Keep a value, if the cache answers."""
        self._ask(lambda: cache.set(key, value, timeout_s))

    def count(self, key: str, cost: int, timeout_s: int) -> int | None:
        """Add to a counter that starts at 0; its new value. None while the cache is away."""
        return self._ask(lambda: _count(key, cost, timeout_s))

    def answers(self) -> bool:
        """Whether the cache answers now."""
        return self._ask(lambda: cache.get("xtrader") is None) is not None

    def _ask(self, question: Callable[[], _T]) -> _T | None:
        if not self._may_ask():
            return None
        try:
            answer = question()
        except _AWAY as error:
            self._ask_at_s = self._clock() + PAUSE_S
            # Rate limits count in each process meanwhile.
            self._log.error("shared_cache_does_not_answer", error=type(error).__name__)
            return None
        self._ask_at_s = None
        return answer

    def _may_ask(self) -> bool:
        """True while the cache answers, and to one caller in ``PAUSE_S`` while it does not."""
        if self._ask_at_s is None:
            return True
        with self._lock:
            now_s = self._clock()
            if self._ask_at_s is not None and now_s < self._ask_at_s:
                return False
            self._ask_at_s = now_s + PAUSE_S
            return True


def _count(key: str, cost: int, timeout_s: int) -> int:
    cache.add(key, 0, timeout=timeout_s)
    try:
        return int(cache.incr(key, cost))
    except ValueError:
        # Evicted between the two calls: the count starts again.
        cache.set(key, cost, timeout=timeout_s)
        return cost


#: Of this process.
shared_cache: Final = process.shared(SharedCache, lambda: SharedCache())
