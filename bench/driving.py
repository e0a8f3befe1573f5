"""Orders to a server over HTTP or WebSocket: connections opened, driven together, measured as one row."""

from __future__ import annotations

import asyncio
import os
import random
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bench.cpu import CpuMeter
from bench.instance import Instance, Server, database_processes
from bench.load import HttpConnection, Load, WebSocketConnection, http_post, ws_frame
from bench.measure import Result, histogram, result
from bench.orders import order, orders

#: Different requests of a connection; more than it may have unanswered, and then they come again.
REQUESTS = 2_000


@dataclass(frozen=True)
class Shape:
    """How hard to drive: connections, unanswered requests of each, orders of a request."""

    connections: int
    in_flight: int = 1
    batch: int = 1
    #: Requests a second of all connections together; 0: as many as replies come.
    paced: float = 0.0


async def over_http(
    instance: Instance, rng: random.Random, name: str, shape: Shape, seconds: float
) -> Result:
    """``POST /v1/order``, or ``/v1/orders`` for batches; as many connections as unanswered requests."""
    path = "/v1/order" if shape.batch == 1 else "/v1/orders"
    loads, requests = [], []
    for _ in range(shape.connections):
        loads.append(await _http(instance, HttpConnection(instance.tally)))
        bodies = [_body(rng, shape.batch) for _ in range(_different(shape))]
        requests.append(
            [http_post(path, rng.choice(instance.tokens), msgspec.json.encode(body)) for body in bodies]
        )
    return await drive(name, loads, requests, shape, seconds, meter_of(instance))


async def over_websocket(
    instance: Instance,
    rng: random.Random,
    name: str,
    shape: Shape,
    seconds: float,
    servers: Sequence[Server] = (),
) -> Result:
    """``order.place``, or ``order.batch``; ``servers``: web processes to spread over beside the first."""
    loads, requests = [], []
    targets: list[Instance | Server] = [instance, *servers]
    for index in range(shape.connections):
        connection = await connect_websocket(targets[index % len(targets)], instance, index)
        loads.append(connection)
        op = "order.place" if shape.batch == 1 else "order.batch"
        bodies = [{"op": op, "id": number, **_body(rng, shape.batch)} for number in range(_different(shape))]
        requests.append([ws_frame(msgspec.json.encode(body)) for body in bodies])
    meter = meter_of(instance, {f"web {server.pid}": server.pid for server in servers})
    return await drive(name, loads, requests, shape, seconds, meter)


async def connect_websocket(server: Instance | Server, instance: Instance, index: int) -> WebSocketConnection:
    """A connection logged in as one of the traders."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: WebSocketConnection(instance.tally), server.host, server.port
    )
    await connection.open(server.host, server.port, instance.tokens[index % len(instance.tokens)])
    return connection


async def bare_http(server: Server, name: str, shape: Shape, seconds: float, reply_bytes: int = 0) -> Result:
    """The same requests to a server that only answers, with as many bytes."""
    rng, loads, requests = random.Random(0), [], []
    path = f"/padded/{reply_bytes}" if reply_bytes else "/v1/order"
    for _ in range(shape.connections):
        loads.append(await _http(server, HttpConnection(reads=False)))
        bodies = [msgspec.json.encode(_body(rng, shape.batch)) for _ in range(20)]
        requests.append([http_post(path, "x" * 200, body) for body in bodies])
    return await drive(
        name, loads, requests, shape, seconds, CpuMeter({"server": server.pid, "load": os.getpid()})
    )


async def bare_echo(server: Server, name: str, shape: Shape, seconds: float) -> Result:
    """Frames as long as an order's request, sent back as they are; they look like replies to the
    generator."""
    loop = asyncio.get_running_loop()
    rng, loads, requests = random.Random(0), [], []
    for _ in range(shape.connections):
        _, connection = await loop.create_connection(WebSocketConnection, server.host, server.port)
        await connection.open(server.host, server.port, path="/echo")
        loads.append(connection)
        bodies = [
            {"type": "reply", "id": number, "pad": _body(rng, shape.batch)}
            for number in range(_different(shape))
        ]
        requests.append([ws_frame(msgspec.json.encode(body)) for body in bodies])
    return await drive(
        name, loads, requests, shape, seconds, CpuMeter({"server": server.pid, "load": os.getpid()})
    )


async def drive(
    name: str,
    loads: Sequence[Load],
    requests: Sequence[Sequence[bytes]],
    shape: Shape,
    seconds: float,
    meter: CpuMeter,
    unit: str = "orders/s",
) -> Result:
    """All connections at once, from the first request to the last reply."""
    tallies = {id(load.tally): load.tally for load in loads}.values()
    taken = sum(tally.orders for tally in tallies)
    meter.reset()
    began = time.perf_counter()
    pairs = list(zip(loads, requests, strict=True))
    if shape.paced:
        rate = shape.paced / len(loads)
        paced = (load.run_paced(own, rate, seconds, at / len(pairs)) for at, (load, own) in enumerate(pairs))
        await asyncio.gather(*paced)
    else:
        await asyncio.gather(*(load.run(own, shape.in_flight, seconds) for load, own in pairs))
    took_s = time.perf_counter() - began
    failed: Counter[str] = Counter()
    latencies = array("q")
    for load in loads:
        latencies += load.latencies_ns
        failed += load.failed
        load.close()
    # A server that only answers takes no orders: there every reply counts, here every order that was taken.
    count = sum(tally.orders for tally in tallies) - taken or (len(latencies) - failed.total()) * shape.batch
    notes: dict[str, Any] = {"histogram": histogram(latencies)}
    if failed:
        notes["errors"] = dict(failed)
    row = result(name, latencies, took_s, cpu_us=meter.per_operation_us(count), notes=notes, unit=unit)
    row.count, row.value = count, count / took_s
    return row


def meter_of(instance: Instance, more: dict[str, int] | None = None) -> CpuMeter:
    """Web, engine, marketdata, database and this generator."""
    processes = instance.processes | (more or {}) | {"load": os.getpid()}
    return CpuMeter(processes, database_processes)


async def _http(server: Instance | Server, connection: HttpConnection) -> HttpConnection:
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: connection, server.host, server.port)
    return connection


def _different(shape: Shape) -> int:
    return max(2 * shape.in_flight, REQUESTS // shape.batch)


def _body(rng: random.Random, size: int) -> dict[str, Any]:
    return order(rng) if size == 1 else {"orders": orders(rng, size)}
