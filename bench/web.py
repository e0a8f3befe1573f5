"""Orders over HTTP and over the WebSocket, from the client's request to its reply with the outcome.

Every reply comes after journal and match. The generator shares the machine with the exchange, so the
figures are what both together reach.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from bench.cpu import CpuMeter
from bench.instance import Instance, running_instance
from bench.load import HttpConnection, Load, WebSocketConnection, http_request, ws_frame
from bench.measure import Result, result
from bench.orders import order, orders

BATCH = 100
#: (most requests in all, connections, unanswered requests a connection)
REST_ALONE, REST_BUSY, REST_BATCHES = (4_000, 1, 1), (20_000, 16, 1), (1_000, 8, 1)
WS_ALONE, WS_BUSY, WS_BATCHES = (8_000, 1, 1), (120_000, 4, 256), (3_000, 4, 4)
#: No measurement sends longer than this.
SECONDS = 8.0
#: Between two measurements: the follower that writes the database catches up.
PAUSE_S = 2.0

Shape = tuple[int, int, int]


def run(seed: int) -> list[Result]:
    with running_instance() as instance:
        return asyncio.run(_all(instance, random.Random(seed)))


async def _all(instance: Instance, rng: random.Random) -> list[Result]:
    await _http(instance, rng, "warm-up", (100, 4, 1), 1)
    lines = []
    for measure, name, shape, size in (
        (_http, "REST, one at a time", REST_ALONE, 1),
        (_http, "REST, 16 connections", REST_BUSY, 1),
        (_http, f"REST, batches of {BATCH}", REST_BATCHES, BATCH),
        (_websocket, "WebSocket, one at a time", WS_ALONE, 1),
        (_websocket, "WebSocket, 4 x 256 in flight", WS_BUSY, 1),
        (_websocket, f"WebSocket, batches of {BATCH}", WS_BATCHES, BATCH),
    ):
        await asyncio.sleep(PAUSE_S)
        lines.append(await measure(instance, rng, name, shape, size))
    return lines


async def _http(instance: Instance, rng: random.Random, name: str, shape: Shape, size: int) -> Result:
    """POST /v1/order, or /v1/orders with ``size`` orders each."""
    count, connections, in_flight = shape
    loop = asyncio.get_running_loop()
    loads, requests = [], []
    for index in range(connections):
        _, connection = await loop.create_connection(HttpConnection, instance.host, instance.port)
        loads.append(connection)
        token = instance.tokens[index % len(instance.tokens)]
        bodies = [_http_body(rng, size) for _ in range(count // connections)]
        requests.append([http_request(_path(size), token, body) for body in bodies])
    return await _timed(name, loads, requests, in_flight, size, _meter(instance))


def _path(size: int) -> str:
    return "/v1/order" if size == 1 else "/v1/orders"


def _http_body(rng: random.Random, size: int) -> bytes:
    body: dict[str, Any] = order(rng) if size == 1 else {"orders": orders(rng, size)}
    return msgspec.json.encode(body)


async def _websocket(instance: Instance, rng: random.Random, name: str, shape: Shape, size: int) -> Result:
    """``order.place``, or ``order.batch`` with ``size`` orders each."""
    count, connections, in_flight = shape
    loop = asyncio.get_running_loop()
    loads, requests = [], []
    for index in range(connections):
        _, connection = await loop.create_connection(WebSocketConnection, instance.host, instance.port)
        await connection.open(instance.host, instance.port, instance.tokens[index % len(instance.tokens)])
        loads.append(connection)
        requests.append([_ws_request(rng, number, size) for number in range(count // connections)])
    return await _timed(name, loads, requests, in_flight, size, _meter(instance))


def _meter(instance: Instance) -> CpuMeter:
    return CpuMeter(instance.processes | {"load": os.getpid()})


def _ws_request(rng: random.Random, number: int, size: int) -> bytes:
    if size == 1:
        return ws_frame(msgspec.json.encode({"op": "order.place", "id": number, **order(rng)}))
    return ws_frame(msgspec.json.encode({"op": "order.batch", "id": number, "orders": orders(rng, size)}))


async def _timed(
    name: str,
    loads: Sequence[Load],
    requests: list[list[bytes]],
    in_flight: int,
    size: int,
    meter: CpuMeter,
) -> Result:
    """All connections at once, from the first request to the last reply."""
    meter.reset()
    began = time.perf_counter()
    await asyncio.gather(
        *(load.run(own, in_flight, SECONDS) for load, own in zip(loads, requests, strict=True))
    )
    seconds = time.perf_counter() - began
    errors: Counter[str] = Counter()
    latencies: list[int] = []
    for load in loads:
        latencies += load.latencies_ns
        errors += load.errors
        load.close()
    cpu_us = meter.per_operation_us(len(latencies) * size)
    return result(name, latencies, seconds, per_request=size, cpu_us=cpu_us, notes={"errors": dict(errors)})
