"""Orders over HTTP and over the WebSocket, from the client's request to its reply with the outcome, on a whole
exchange with its projection in PostgreSQL, beside a bare server that only answers.

Every reply comes after journal and match. The generator shares the machine with the exchange, so the
figures are what both together reach. At the end engine, database and client must agree to the last unit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

from bench import targets
from bench.driving import Shape, bare_echo, bare_http, over_http, over_websocket
from bench.instance import Instance, LagWatch, floor_server, running_instance
from bench.measure import Plan, Result

BATCH = 100
ALONE, HTTP_BUSY, HTTP_BATCHES = Shape(1), Shape(16), Shape(8, batch=BATCH)
WS_BUSY, WS_BATCHES = Shape(16, 64), Shape(4, 4, BATCH)
#: Of the curve: unanswered orders in all.
CURVE = (1, 4, 16, 64, 256, 1_024, 2_048)
SECONDS, CURVE_S, MINUTE_S = 6.0, 3.0, 60.0
#: What a reply to a batch has in bytes.
BATCH_REPLY_BYTES = 45_000


def run(plan: Plan) -> Iterator[Result]:
    floors = list(_floors(plan))
    by_name = {row.name: row for row in floors}
    yield from floors
    with running_instance() as instance:
        rows = asyncio.run(_collect(instance, plan))
        agreed = instance.disagreements()
    for row in rows:
        floor = _floor_of(row.name)
        if floor:
            row.against(by_name[floor])
    yield from rows
    yield Result(
        "engine = database = client",
        instance.tally.orders,
        "orders",
        figures={"disagreements": len(agreed)},
        notes={"said": "; ".join(agreed[:5]) or "to the last unit", "errors": dict(instance.tally.errors)},
    )


HTTP_FLOOR, HTTP_BATCH_FLOOR = "bare ASGI responder, 16 connections", "bare ASGI responder, batches"
ECHO_FLOOR, ECHO_BATCH_FLOOR = "bare echo, 1,024 in flight", "bare echo, batches of 100"


def _floor_of(row: str) -> str:
    return {
        targets.REST: HTTP_FLOOR,
        targets.REST_BATCHES: HTTP_BATCH_FLOOR,
        targets.WS: ECHO_FLOOR,
        TWO_WEBS: ECHO_FLOOR,
        targets.WS_BATCHES: ECHO_BATCH_FLOOR,
    }.get(row, "")


TWO_WEBS = "WebSocket, 1,024 in flight, two web processes"


def _floors(plan: Plan) -> Iterator[Result]:
    seconds = plan.seconds(4.0)
    with floor_server() as server:
        yield asyncio.run(bare_http(server, HTTP_FLOOR, HTTP_BUSY, seconds))
        yield asyncio.run(bare_http(server, HTTP_BATCH_FLOOR, HTTP_BATCHES, seconds, BATCH_REPLY_BYTES))
        yield asyncio.run(bare_echo(server, ECHO_FLOOR, WS_BUSY, seconds))
        yield asyncio.run(bare_echo(server, ECHO_BATCH_FLOOR, WS_BATCHES, seconds))


async def _collect(instance: Instance, plan: Plan) -> list[Result]:
    return [row async for row in _rows(instance, plan)]


async def _rows(instance: Instance, plan: Plan) -> AsyncIterator[Result]:
    rng, seconds = random.Random(plan.seed), plan.seconds(SECONDS)
    await over_http(instance, rng, "warm-up", Shape(8), 1)
    yield await _settled(over_http(instance, rng, "REST, one at a time", ALONE, seconds), instance)
    yield await _settled(over_http(instance, rng, targets.REST, HTTP_BUSY, seconds), instance)
    yield await _settled(over_http(instance, rng, targets.REST_BATCHES, HTTP_BATCHES, seconds), instance)
    yield await _settled(over_websocket(instance, rng, "WebSocket, one at a time", ALONE, seconds), instance)
    batches = await _settled(over_websocket(instance, rng, targets.WS_BATCHES, WS_BATCHES, seconds), instance)
    yield batches
    busy = await _sustained(instance, rng, plan)
    yield busy
    third = Shape(16, paced=busy.value / 3)
    yield await _settled(over_websocket(instance, rng, targets.WS_THIRD, third, seconds), instance)
    yield await _curve(instance, rng, plan)
    with instance.second_web() as other:
        yield await _settled(over_websocket(instance, rng, TWO_WEBS, WS_BUSY, seconds, [other]), instance)


async def _settled(measuring: object, instance: Instance) -> Result:
    """The row, and how long the database needed afterwards; the next measurement starts even."""
    row: Result = await measuring  # type: ignore[misc]
    row.figures["drain_s"] = await asyncio.to_thread(instance.catch_up)
    return row


async def _sustained(instance: Instance, rng: random.Random, plan: Plan) -> Result:
    """A minute, with the projection watched all along."""
    with LagWatch(instance) as watch:
        row = await over_websocket(instance, rng, targets.WS, WS_BUSY, plan.seconds(MINUTE_S))
    row.figures |= {"lag_s": watch.seconds, "lag_commands": watch.commands}
    row.figures["drain_s"] = await asyncio.to_thread(instance.catch_up)
    return row


async def _curve(instance: Instance, rng: random.Random, plan: Plan) -> Result:
    """Rate against latency as more and more orders are unanswered."""
    points = []
    for in_flight in CURVE:
        connections = min(16, in_flight)
        shape = Shape(connections, in_flight // connections)
        row = await over_websocket(instance, rng, "", shape, plan.seconds(CURVE_S))
        points.append({"in_flight": in_flight, "rate": row.value, "p50_ns": row.p50_ns, "p99_ns": row.p99_ns})
        await asyncio.to_thread(instance.catch_up)
    best = max(points, key=lambda point: point["rate"])
    figures = {"in_flight": best["in_flight"]}
    name = "WebSocket, best of the curve"
    return Result(
        name, best["rate"], "orders/s", p50_ns=int(best["p50_ns"]), p99_ns=int(best["p99_ns"]), figures=figures,
        notes={"curve": points},
    )  # fmt: skip
