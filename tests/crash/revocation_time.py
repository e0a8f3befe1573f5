"""How long a revoked API key lives in another web process: ``python -m tests.crash.revocation_time 50``.

Each key is well known to both web processes and has an open WebSocket in each. It is revoked at the first,
at any moment of the time between two looks into the database; the time runs from the acknowledgement of the
revocation until both sockets are closed. Then both processes refuse a request with the key. Without a Redis,
and with the one that ``TEST_REDIS_URL`` names.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

import django

django.setup()

from tests.web.stream.test_ends_at_once import REDIS_URL, TwoProcesses, has_redis  # noqa: E402
from tests.web.stream.test_keys_at_work import log_in, new_key, post  # noqa: E402
from tests.web.stream.test_revocation import closed_with  # noqa: E402

#: The processes look into the database this often.
_LOOKS_EVERY_S = 0.5


async def lives_on(two: TwoProcesses, key: dict[str, Any], revoke: Any) -> tuple[float, float]:
    """Seconds from the acknowledgement of the key's end until the process that revoked it, and the other,
    had closed its socket; 0 for one that was quicker than the acknowledgement."""
    async with two.venue.raw() as here:
        two._at(1)
        async with two.venue.raw() as there:
            two._at(0)
            for socket in (here, there):
                assert (await log_in(socket, key))["ok"]
                await asyncio.sleep(0.002)
            ends = [asyncio.create_task(_end_of(socket)) for socket in (here, there)]
            await asyncio.to_thread(revoke)
            acknowledged = time.monotonic()
            first, second = await asyncio.gather(*ends)
    for at in (0, 1):
        assert (await asyncio.to_thread(post, two, key, at))[1]["error"] == "INVALID_KEY"
    return max(0.0, first - acknowledged), max(0.0, second - acknowledged)


async def _end_of(socket: Any) -> float:
    assert await closed_with(socket) == 4001
    return time.monotonic()


def measure(keys: int, **environment: str) -> list[float]:
    """How long each of so many keys lived in the other process, seconds."""
    two, luck = TwoProcesses(**environment), random.Random(1)
    try:
        token = two.log_in("bob")["access"]
        times = []
        for _ in range(keys):
            key = new_key(two, "bob")
            time.sleep(luck.uniform(0, _LOOKS_EVERY_S))
            times.append(asyncio.run(lives_on(two, key, lambda key=key: _revoke(two, key, token)))[1])
        return times
    finally:
        two.close()


def _revoke(two: TwoProcesses, key: dict[str, Any], token: str) -> None:
    url = f"http://127.0.0.1:{two.ports[0]}/api/v1/keys/{key['key']}"
    asking = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"}, method="DELETE")
    urllib.request.urlopen(asking, timeout=20).close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("keys", nargs="?", type=int, default=50)
    keys = parser.parse_args().keys
    ways: dict[str, dict[str, str]] = {"without Redis": {}}
    if has_redis():
        ways["with Redis"] = {"REDIS_URL": REDIS_URL}
    for name, environment in ways.items():
        times_ms = [each * 1000 for each in measure(keys, **environment)]
        load = os.getloadavg()[0]
        print(
            f"{name}: {keys} keys, in the other process median {statistics.median(times_ms):.0f} ms, "
            f"max {max(times_ms):.0f} ms after the acknowledgement (load {load:.1f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
