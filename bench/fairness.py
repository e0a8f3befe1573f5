"""One account floods at its limit: what another account's orders wait for it.

The flood is 20 connections of one account, each of which sends its batch of 100 at the same moment, once a
second: all that ``RATE_LIMIT_ORDERS`` allows, at once. The orders of every batch find nothing and cost the
engine, the journal and the projection all the same. Meanwhile another account enters an order every 10 ms
from a process of its own (``bench.trader_run``), so that the flood's sender is not part of what it waits for;
the processors it shares with it and with the whole exchange.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from bench.driving import connect_websocket, meter_of
from bench.instance import ROOT, Instance, running_instance
from bench.load import WebSocketConnection
from bench.measure import Plan, Result, histogram, percentile, result

CONNECTIONS, BATCH = 20, 100
LIMIT: Final = CONNECTIONS * BATCH
#: Of the other account's orders, over one connection.
PER_SECOND: Final = 100.0
SECONDS: Final = 20.0
QUIET: Final = "an account's order, quiet"
FLOODED: Final = "an account's order, while another floods"
MOST_TIMES: Final = 3.0


def run(plan: Plan) -> Iterator[Result]:
    seconds = plan.seconds(SECONDS)
    with running_instance(RATE_LIMIT_ORDERS=f"{LIMIT}/s") as instance:
        # The trader of the first token sends what is measured, that of the last floods.
        asyncio.run(_measured(instance, plan, "warm-up", 1.0))
        quiet = asyncio.run(_measured(instance, plan, QUIET, seconds))
        yield quiet
        flooded = asyncio.run(_beside_flood(instance, plan, seconds))
        times = flooded.p99_ns / max(1, quiet.p99_ns)
        flooded.figures |= {"p99_times_quiet": round(times, 2)}
        flooded.target = f"p99 under {MOST_TIMES:g} × its quiet value"
        flooded.met = times < MOST_TIMES
        yield flooded


async def _measured(instance: Instance, plan: Plan, name: str, seconds: float) -> Result:
    """The orders of the first trader. Raises RuntimeError if its process fails."""
    command = [sys.executable, "-m", "bench.trader_run", instance.host, str(instance.port)]
    command += map(str, (PER_SECOND, seconds, plan.seed))
    meter = meter_of(instance)
    trader = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await trader.communicate(f"{instance.tokens[0]}\n".encode())
    if trader.returncode:
        raise RuntimeError(f"the trader's process ended with {trader.returncode}")
    found = json.loads(told)
    latencies_ns, late_ns = found["latencies_ns"], sorted(found["late_ns"])
    row = result(name, latencies_ns, seconds, cpu_us=meter.per_operation_us(len(late_ns)))
    row.notes["histogram"] = histogram(latencies_ns)
    if found["errors"]:
        row.notes["errors"] = found["errors"]
    row.figures["own_delay_p99_ms"] = round(percentile(late_ns, 99) / 1e6, 2)
    row.figures["load"] = round(os.getloadavg()[0], 1)
    return row


async def _beside_flood(instance: Instance, plan: Plan, seconds: float) -> Result:
    flooding = [await connect_websocket(instance, instance, -1) for _ in range(CONNECTIONS)]
    flood = asyncio.create_task(_flood(flooding))
    await asyncio.sleep(1.0)
    row = await _measured(instance, plan, FLOODED, seconds)
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
