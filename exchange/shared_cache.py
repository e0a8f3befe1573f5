"""The cache that all processes share (Redis with ``REDIS_URL``), for callers that can do without it.

While it is away every call gives None at once: its circuit breaker lets one caller in ``PAUSE_S`` ask whether
it is back, and the others do not wait for it. Nothing is asked twice: a count that was lost on the way back
must not count double.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from django.core.cache import cache
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from exchange import process
from exchange.telemetry.breakers import REDIS, Breaker, DependencyAway, breaker

_T = TypeVar("_T")

#: About how long nothing is asked of a cache that did not answer.
PAUSE_S: Final = 1.0
#: What a Redis that is away, or hangs, raises.
REDIS_TROUBLE: Final = (RedisError, ConnectionInterrupted, OSError)


def redis_breaker() -> Breaker:
    """The breaker of Redis in this process: for the cache and for the channel layer."""
    return breaker(REDIS, REDIS_TROUBLE, failures=1, pause_s=PAUSE_S)


class SharedCache:
    """Django's default cache, guarded. Its methods may be called from any thread."""

    def __init__(self, guard: Breaker | None = None) -> None:
        self._guard = guard or redis_breaker()

    def get(self, key: str) -> Any:
        """What is kept under a key; None where nothing is, or the cache is away."""
        return self._ask(lambda: cache.get(key))

    def set(self, key: str, value: Any, timeout_s: int) -> None:
        """Keep a value, if the cache answers."""
        self._ask(lambda: cache.set(key, value, timeout_s))

    def count(self, key: str, cost: int, timeout_s: int) -> int | None:
        """Add to a counter that starts at 0; its new value. None while the cache is away."""
        counts = self.count_all([(key, cost, timeout_s)])
        return None if counts is None else counts[0]

    def count_all(self, counters: Sequence[tuple[str, int, int]]) -> list[int] | None:
        """Add to many counters in one round trip, each a key, a cost and seconds to keep it; their new
        values. None while the cache is away."""
        return self._ask(lambda: _count_all(counters))

    def answers(self) -> bool:
        """Whether the cache answers now."""
        return self._ask(lambda: cache.get("xtrader") is None) is not None

    def _ask(self, question: Callable[[], _T]) -> _T | None:
        try:
            return self._guard.call(question)
        except (DependencyAway, *REDIS_TROUBLE):
            return None


def _count_all(counters: Sequence[tuple[str, int, int]]) -> list[int]:
    redis = getattr(cache, "client", None)
    if redis is None:
        return [_count(*each) for each in counters]
    pipeline = redis.get_client(write=True).pipeline(transaction=False)
    for key, cost, timeout_s in counters:
        name = cache.make_key(key)
        pipeline.incrby(name, cost)
        pipeline.expire(name, timeout_s)
    return [int(count) for count in pipeline.execute()[::2]]


def _count(key: str, cost: int, timeout_s: int) -> int:
    """Without Redis."""
    cache.add(key, 0, timeout=timeout_s)
    try:
        return int(cache.incr(key, cost))
    except ValueError:
        # Evicted between the two calls: the count starts again.
        cache.set(key, cost, timeout=timeout_s)
        return cost


#: Of this process.
shared_cache: Final = process.shared(SharedCache, lambda: SharedCache())
