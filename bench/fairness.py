"""One account floods at its limit: what another account's orders wait for it.

The flood is 20 connections of one account, each of which sends its batch of 100 at the same moment, once a
second: all that ``RATE_LIMIT_ORDERS`` allows, at once. The orders of every batch find nothing and cost the
engine, the journal and the projection all the same. Meanwhile another account enters an order every 10 ms.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from bench.driving import Shape, connect_websocket, over_websocket
from bench.instance import Instance, running_instance
from bench.load import WebSocketConnection
from bench.measure import Plan, Result

CONNECTIONS, BATCH = 20, 100
LIMIT: Final = CONNECTIONS * BATCH
#: An order every 10 ms, over one connection.
OTHER: Final = Shape(1, paced=100.0)
SECONDS: Final = 10.0
QUIET: Final = "an account's order, quiet"
FLOODED: Final = "an account's order, while another floods"
MOST_TIMES: Final = 3.0


def run(plan: Plan) -> Iterator[Result]:
    seconds = plan.seconds(SECONDS)
    with running_instance(RATE_LIMIT_ORDERS=f"{LIMIT}/s") as instance:
        # The trader of the first token sends what is measured, that of the last floods.
        _measured(instance, plan, "warm-up", 1.0)
        quiet = _measured(instance, plan, QUIET, seconds)
        yield quiet
        flooded = asyncio.run(_beside_flood(instance, plan, seconds))
        times = flooded.p99_ns / max(1, quiet.p99_ns)
        flooded.figures |= {"p99_times_quiet": round(times, 2)}
        flooded.target = f"p99 under {MOST_TIMES:g} × its quiet value"
        flooded.met = times < MOST_TIMES
        yield flooded


def _measured(instance: Instance, plan: Plan, name: str, seconds: float) -> Result:
    return asyncio.run(over_websocket(instance, random.Random(plan.seed), name, OTHER, seconds))


async def _beside_flood(instance: Instance, plan: Plan, seconds: float) -> Result:
    flooding = [await connect_websocket(instance, instance, -1) for _ in range(CONNECTIONS)]
    flood = asyncio.create_task(_flood(flooding))
    await asyncio.sleep(1.0)
    row = await over_websocket(instance, random.Random(plan.seed), FLOODED, OTHER, seconds)
    flood.cancel()
    await asyncio.gather(flood, return_exceptions=True)
    for connection in flooding:
        connection.close()
    return row


async def _flood(connections: Sequence[WebSocketConnection]) -> None:
    loop = asyncio.get_running_loop()
    due, message = loop.time(), msgspec.Raw(msgspec.json.encode(_batch()))
    while True:
        for connection in connections:
            connection.send(message)
        due += 1.0
        await asyncio.sleep(due - loop.time())


def _batch() -> dict[str, Any]:
    """Orders that find nothing: far from the market, immediate or cancel."""
    order = {
        "symbol": "BTC-KRW",
        "side": "buy",
        "order_type": "limit",
        "time_in_force": "ioc",
        "price": "1000000",
        "quantity": "0.01",
    }
    return {"op": "order.batch", "orders": [order] * BATCH}
