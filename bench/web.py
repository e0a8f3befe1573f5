"""Orders over HTTP and over the WebSocket, from the client's request to its reply with the outcome, on a
whole exchange with its projection in PostgreSQL, beside a bare server that only answers.

Every reply comes after journal and match. The generator shares the machine with the exchange, so the
figures are what both together reach. At the end engine, database and client must agree to the last unit.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator

from bench import targets
from bench.driving import Shape, bare_echo, bare_http, over_http, over_websocket
from bench.instance import Instance, LagWatch, Server, floor_server, running_instance
from bench.measure import Plan, Result

BATCH = 100
ALONE, HTTP_BUSY, HTTP_BATCHES = Shape(1), Shape(16), Shape(8, batch=BATCH)
WS_BUSY, WS_BATCHES = Shape(16, 64), Shape(4, 4, BATCH)
#: Of the curve: unanswered orders in all.
CURVE = (1, 4, 16, 64, 256, 1_024, 2_048)
SECONDS, CURVE_S, MINUTE_S = 6.0, 3.0, 60.0
#: What a reply to a batch has in bytes.
BATCH_REPLY_BYTES = 45_000
HTTP_FLOOR, HTTP_BATCH_FLOOR = "bare ASGI responder, 16 connections", "bare ASGI responder, batches"
ECHO_FLOOR, ECHO_BATCH_FLOOR = "bare echo, 1,024 in flight", "bare echo, batches of 100"
ECHO_PACED = "bare echo, at the pace of a third of capacity"
TWO_WEBS = "WebSocket, 1,024 in flight, two web processes"
FLOORS = {
    targets.REST: HTTP_FLOOR,
    targets.REST_BATCHES: HTTP_BATCH_FLOOR,
    targets.WS: ECHO_FLOOR,
    TWO_WEBS: ECHO_FLOOR,
    targets.WS_BATCHES: ECHO_BATCH_FLOOR,
}


def run(plan: Plan) -> Iterator[Result]:
    floors = list(_floors(plan))
    by_name = {row.name: row for row in floors}
    yield from floors
    with running_instance() as instance:
        for row in _rows(instance, plan):
            floor = FLOORS.get(row.name)
            yield row.against(by_name[floor]) if floor else row
        yield _agreement(instance)


def _floors(plan: Plan) -> Iterator[Result]:
    seconds = plan.seconds(4.0)
    with floor_server() as server:
        yield asyncio.run(bare_http(server, HTTP_FLOOR, HTTP_BUSY, seconds))
        yield asyncio.run(bare_http(server, HTTP_BATCH_FLOOR, HTTP_BATCHES, seconds, BATCH_REPLY_BYTES))
        yield asyncio.run(bare_echo(server, ECHO_FLOOR, WS_BUSY, seconds))
        yield asyncio.run(bare_echo(server, ECHO_BATCH_FLOOR, WS_BATCHES, seconds))


def _rows(instance: Instance, plan: Plan) -> Iterator[Result]:
    rng, seconds = random.Random(plan.seed), plan.seconds(SECONDS)

    def http(name: str, shape: Shape) -> Result:
        return _settled(instance, asyncio.run(over_http(instance, rng, name, shape, seconds)))

    def websocket(name: str, shape: Shape, *others: Server) -> Result:
        return _settled(instance, asyncio.run(over_websocket(instance, rng, name, shape, seconds, others)))

    asyncio.run(over_http(instance, rng, "warm-up", Shape(8), 1))
    yield http("REST, one at a time", ALONE)
    yield http(targets.REST, HTTP_BUSY)
    yield http(targets.REST_BATCHES, HTTP_BATCHES)
    yield websocket("WebSocket, one at a time", ALONE)
    yield websocket(targets.WS_BATCHES, WS_BATCHES)
    busy = _sustained(instance, rng, plan)
    yield busy
    # Else a third of capacity is measured while the database clears up after a million orders at full
    # capacity.
    instance.tidy_database()
    yield from _third(websocket, Shape(16, paced=max(1.0, busy.value / 3)), seconds)
    yield _curve(instance, rng, plan)
    with instance.second_web() as other:
        yield websocket(TWO_WEBS, WS_BUSY, other)


def _third(websocket: Callable[..., Result], shape: Shape, seconds: float) -> Iterator[Result]:
    """Paced, beside an echo at the same pace: what this machine's scheduling alone does to latency."""
    row = websocket(targets.WS_THIRD, shape)
    with floor_server() as server:
        echo = asyncio.run(bare_echo(server, ECHO_PACED, shape, seconds))
    row.figures["p99 x echo"] = row.p99_ns / echo.p99_ns if echo.p99_ns else 0.0
    yield from (echo, row)


def _settled(instance: Instance, row: Result) -> Result:
    """The row, and how long the database needed afterwards; the next measurement starts even."""
    row.figures["drain_s"] = instance.catch_up()
    return row


def _sustained(instance: Instance, rng: random.Random, plan: Plan) -> Result:
    """A minute, with the projection watched all along."""
    with LagWatch(instance) as watch:
        row = asyncio.run(over_websocket(instance, rng, targets.WS, WS_BUSY, plan.seconds(MINUTE_S)))
    row.figures |= {"lag_s": watch.seconds, "lag_commands": watch.commands}
    return _settled(instance, row)


def _curve(instance: Instance, rng: random.Random, plan: Plan) -> Result:
    """Rate against latency as more and more orders are unanswered."""
    points = []
    for in_flight in CURVE:
        connections = min(16, in_flight)
        shape = Shape(connections, in_flight // connections)
        row = asyncio.run(over_websocket(instance, rng, "", shape, plan.seconds(CURVE_S)))
        points.append({"in_flight": in_flight, "rate": row.value, "p50_ns": row.p50_ns, "p99_ns": row.p99_ns})
        instance.catch_up()
    best = max(points, key=lambda point: point["rate"])
    row = Result("WebSocket, best of the curve", best["rate"], "orders/s", notes={"curve": points})
    row.p50_ns, row.p99_ns = int(best["p50_ns"]), int(best["p99_ns"])
    row.figures["in_flight"] = best["in_flight"]
    return row


def _agreement(instance: Instance) -> Result:
    agreed = instance.disagreements()
    row = Result("engine = database = client", instance.tally.orders, "orders")
    row.figures["disagreements"] = len(agreed)
    row.notes = {"said": "; ".join(agreed[:5]) or "to the last unit", "errors": dict(instance.tally.errors)}
    return row
