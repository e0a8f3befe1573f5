"""One trader in a process of its own: ``python -m bench.trader_run HOST PORT PER_SECOND SECONDS SEED``, with
the trader's token as the first line of its input. Prints, as JSON, the nanoseconds of each of its orders.

Whatever else drives the exchange meanwhile has another process and another loop, so its delay is not measured
here. A latency begins when the order is handed to the socket and ends when its reply has been read, by this
process' clock. How late each order was handed over stands beside it: this process waited for a processor
then, and the exchange had no part in that.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from array import array
from typing import Any

import msgspec

from bench.load import WebSocketConnection, ws_frame
from bench.orders import order

#: Different requests; more than may be unanswered.
REQUESTS = 2_000


def main() -> None:
    host, port, per_second, seconds, seed = sys.argv[1:]
    token = sys.stdin.readline().strip()
    found = asyncio.run(trade(host, int(port), token, float(per_second), float(seconds), int(seed)))
    print(json.dumps(found))


async def trade(
    host: str, port: int, token: str, per_second: float, seconds: float, seed: int
) -> dict[str, Any]:
    """Enter orders at an even pace, whether or not replies come. Raises RuntimeError if some never do."""
    _, connection = await asyncio.get_running_loop().create_connection(_Trader, host, port)
    await connection.open(host, port, token)
    rng = random.Random(seed)
    bodies = [{"op": "order.place", "id": number, **order(rng)} for number in range(REQUESTS)]
    requests = [ws_frame(msgspec.json.encode(body)) for body in bodies]
    await connection.run_paced(requests, per_second, seconds, 0.0)
    connection.close()
    return {
        "latencies_ns": list(connection.latencies_ns),
        "late_ns": list(connection.late_ns),
        "errors": dict(connection.failed),
    }


class _Trader(WebSocketConnection):
    """Counts from when an order was sent, and keeps apart how long after its time that was."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ns = array("q")

    def _sent(self, at: int, count: int, now_ns: int) -> None:
        sent_ns = time.perf_counter_ns()
        self.late_ns.append(sent_ns - now_ns)
        super()._sent(at, count, sent_ns)


if __name__ == "__main__":
    main()
