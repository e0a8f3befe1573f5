"""Rate limits: how many requests one account or one address may make in a span of time.

Fixed windows counted in Django's cache: one counter per key and window, so a process of the embedded
default counts for itself and processes that share Redis count together. Rates come from
``settings.XTRADER["RATE_LIMITS"]``, as ``"500/s"``, ``"100/min"`` or ``"0"`` for no limit.
"""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

_SPANS_S: Final = {"s": 1, "10s": 10, "min": 60, "h": 3600}


class Rate(NamedTuple):
    """At most ``count`` in ``span_s`` seconds; 0 is no limit."""

    count: int
    span_s: int


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


def charge(scope: str, who: object, cost: int = 1) -> int | None:
    """Count ``cost`` requests of ``who``. None when within the rate, else seconds until it is worth trying."""
    rate = rate_of(scope)
    if not rate.count:
        return None
    now_s = time.time()
    window = int(now_s // rate.span_s)
    if _counted(f"rate:{scope}:{who}:{window}", cost, rate.span_s) <= rate.count:
        return None
    return max(1, round((window + 1) * rate.span_s - now_s))


def _counted(key: str, cost: int, span_s: int) -> int:
    """Add to the counter; its new value."""
    cache.add(key, 0, timeout=span_s * 2)
    try:
        return int(cache.incr(key, cost))
    except ValueError:
        # Evicted between the two calls: the count starts again.
        cache.set(key, cost, timeout=span_s * 2)
        return cost


def address_of(request: HttpRequest) -> str:
    """The client's address. X-Forwarded-For counts only as far as there are proxies of our own
    (``NUM_PROXIES``): whatever is to the left of them was written by the client."""
    direct = str(request.META.get("REMOTE_ADDR") or "local")
    proxies = int(settings.XTRADER["NUM_PROXIES"])
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    return hops[-min(proxies, len(hops))] if proxies and hops else direct
