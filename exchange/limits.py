"""Rate limits: how many requests one account or one address may make in a span of time.

Fixed windows: one counter per key and window. In the embedded default each process counts for itself, in
memory; with ``REDIS_URL`` all processes count together in the shared cache. Rates come from
``settings.XTRADER["RATE_LIMITS"]``, as ``"500/s"``, ``"100/min"`` or ``"0"`` for no limit.
"""

from __future__ import annotations

import functools
import threading
import time
from typing import Final, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

#: Counters one process keeps; an attacker with many addresses gains a fresh count, never our memory.
MAX_COUNTERS: Final = 100_000
_SPANS_S: Final = {"s": 1, "10s": 10, "min": 60, "h": 3600}


class Rate(NamedTuple):
    """At most ``maximum`` in ``span_s`` seconds; 0 is no limit."""

    maximum: int
    span_s: int


@functools.cache
def parse_rate(text: str) -> Rate:
    """A rate from its setting. Raises ``ValueError`` when it is not ``<count>/<s|10s|min|h>``."""
    count, _, span = text.strip().partition("/")
    if int(count) == 0:
        return Rate(0, 1)
    if int(count) < 0 or span not in _SPANS_S:
        raise ValueError(f"not a rate: {text!r}")
    return Rate(int(count), _SPANS_S[span])


def rate_of(scope: str) -> Rate:
    """The rate that the settings give to a scope."""
    return parse_rate(settings.XTRADER["RATE_LIMITS"][scope])


def charge_request(address: str, scope: str, who: object, cost: int = 1) -> int | None:
    """Count a request for its address, and in the scope it belongs to for ``who`` asks. None when both are within
    their rates, else seconds until it is worth trying."""
    return charge("address", address, cost) or charge(scope, who, cost)


def charge(scope: str, who: object, cost: int = 1) -> int | None:
    """Count ``cost`` requests of ``who``. None when within the rate, else seconds until it is worth trying."""
    rate = rate_of(scope)
    if not rate.maximum:
        return None
    now_s = time.time()
    window = int(now_s // rate.span_s)
    count = _shared_count if settings.REDIS_URL else _own_counters.add
    if count(f"rate:{scope}:{who}", window, cost, rate.span_s) <= rate.maximum:
        return None
    return max(1, round((window + 1) * rate.span_s - now_s))


def _shared_count(name: str, window: int, cost: int, span_s: int) -> int:
    """Add to the counter in the cache that all processes share; its new value."""
    key = f"{name}:{window}"
    cache.add(key, 0, timeout=span_s * 2)
    try:
        return int(cache.incr(key, cost))
    except ValueError:
        # Evicted between the two calls: the count starts again.
        cache.set(key, cost, timeout=span_s * 2)
        return cost


class OwnCounters:
    """Counters of this process alone. At most ``MAX_COUNTERS``; when full all start again."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, window: int, cost: int, span_s: int) -> int:
        """Add to the counter of a name, which starts at 0 in each window; its new value."""
        with self._lock:
            if len(self._counts) >= MAX_COUNTERS:
                self._counts.clear()
            last_window, count = self._counts.get(name, (window, 0))
            count = cost + (count if last_window == window else 0)
            self._counts[name] = window, count
            return count

    def clear(self) -> None:
        """Start all again."""
        with self._lock:
            self._counts.clear()


_own_counters = OwnCounters()
#: Forget every count of this process.
reset = _own_counters.clear


async def acharge_request(address: str, scope: str, who: object, cost: int = 1) -> int | None:
    """``charge_request`` from a coroutine: at once when the counters are in this process, else off the loop."""
    if not settings.REDIS_URL:
        return charge_request(address, scope, who, cost)
    return await sync_to_async(charge_request, thread_sensitive=False)(address, scope, who, cost)


def address_of(request: HttpRequest) -> str:
    """The client's address of a Django request."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(str(request.META.get("REMOTE_ADDR") or "local"), forwarded)


def client_address(peer: str, forwarded: str) -> str:
    """The client's address. X-Forwarded-For counts only as far as there are proxies of our own
    (``NUM_PROXIES``): whatever is to the left of them was written by the client."""
    proxies = int(settings.XTRADER["NUM_PROXIES"])
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    return hops[-min(proxies, len(hops))] if proxies and hops else peer
