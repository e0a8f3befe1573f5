"""What a rate limit costs: ``python -m bench.limits_run COUNT``. Prints, as JSON, nanoseconds of the
processor for each way to charge; with ``REDIS_URL`` those of the shared counter too, with the waiting.

``one window`` and ``two windows`` are what an order over the WebSocket pays; ``request`` is what one over
REST pays, in two limits, and ``fields`` what its answer's fields cost. ``settled`` counts here and shares
later; ``round trip`` asks Redis each time, and ``waited`` is the time until it has answered.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402

from accounts.identity.identities import Identity  # noqa: E402
from accounts.identity.scopes import ALL_SCOPES  # noqa: E402
from web.access.limiter import ORDERS, Counters, Limiter  # noqa: E402
from web.access.rate_fields import fields_of  # noqa: E402
from web.access.shared_counts import SharedCounts  # noqa: E402

ALICE = Identity(1, "alice", 1001, frozenset({"trader"}), ALL_SCOPES, "en", "token", None, None, None)
_ROUNDS = 7


def main() -> None:
    count = int(sys.argv[1])
    redis_url, settings.REDIS_URL = settings.REDIS_URL, ""
    limits = {**settings.XTRADER["RATE_LIMITS"], "orders": "1000000000/s", "address": "1000000000/s"}
    found = {}
    for name, orders in (("one window", "1000000000/s"), ("two windows", "1000000000/s 900000000000/day")):
        settings.XTRADER["RATE_LIMITS"] = {**limits, "orders": orders}
        meter = Limiter().meter(ORDERS, ALICE)
        found[name] = nanoseconds(meter.charge, count)
    settings.XTRADER["RATE_LIMITS"] = limits
    limiter = Limiter()
    charged = limiter.charged_request("192.0.2.1", ORDERS, ALICE)
    found["request"] = nanoseconds(lambda: limiter.charged_request("192.0.2.1", ORDERS, ALICE), count)
    found["fields"] = nanoseconds(lambda: fields_of(charged.standings), count)
    if redis_url:
        settings.REDIS_URL = redis_url
        shared = SharedCounts(Counters().add)
        now_s = time.time()
        found["settled"] = nanoseconds(lambda: shared.add_later("bench", 1, 3600, now_s), count)
        few = count // 100
        found["round trip"] = nanoseconds(lambda: shared.add_now("bench", 1, 3600, now_s), few)
        found["waited"] = nanoseconds(
            lambda: shared.add_now("bench", 1, 3600, now_s), few, time.perf_counter_ns
        )
    print(json.dumps(found))


def nanoseconds(work: Callable[[], Any], count: int, clock: Callable[[], int] = time.thread_time_ns) -> int:
    """Of one call: the median of some rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        begun = clock()
        for _ in range(count):
            work()
        rounds.append((clock() - begun) // count)
    return int(statistics.median(rounds))


if __name__ == "__main__":
    main()
