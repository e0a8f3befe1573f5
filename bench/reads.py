"""Public reads over keep-alive HTTP from one web process, answered from memory, beside a bare server that
sends as many bytes."""

from __future__ import annotations

import asyncio
import random
import urllib.request
from collections.abc import Iterator

from bench.cpu import CpuMeter
from bench.driving import Shape, bare_http, drive, meter_of, over_websocket
from bench.instance import Instance, floor_server, running_instance
from bench.load import HttpConnection, http_get
from bench.measure import Plan, Result

PATHS = {
    "order book": "/api/v1/orderbook/BTC-KRW?depth=20",
    "executions": "/api/v1/executions/BTC-KRW?limit=100",
    "statistics": "/api/v1/statistics/BTC-KRW",
    "klines": "/api/v1/klines/BTC-KRW/1m?limit=100",
}
SHAPE = Shape(16)
SECONDS = 3.0
FLOOR = "bare ASGI responder, as long as an order book"


def run(plan: Plan) -> Iterator[Result]:
    with running_instance() as instance:
        asyncio.run(over_websocket(instance, random.Random(plan.seed), "", Shape(16, 16), plan.seconds(4.0)))
        instance.catch_up()
        length = len(_body(instance, PATHS["order book"]))
        with floor_server() as server:
            floor = asyncio.run(bare_http(server, FLOOR, SHAPE, plan.seconds(SECONDS), length))
        floor.unit = "reads/s"
        yield floor
        for name, path in PATHS.items():
            yield asyncio.run(read(instance, name, [http_get(path)], plan.seconds(SECONDS))).against(floor)


async def read(instance: Instance, name: str, requests: list[bytes], seconds: float) -> Result:
    """Each connection asks for its share of the requests, over and over."""
    loads = []
    for _ in range(SHAPE.connections):
        connection = HttpConnection(reads=False)
        await asyncio.get_running_loop().create_connection(
            lambda made=connection: made, instance.host, instance.port
        )
        loads.append(connection)
    each = [requests[index :: SHAPE.connections] or requests for index in range(SHAPE.connections)]
    meter: CpuMeter = meter_of(instance)
    return await drive(f"read, {name}", loads, each, SHAPE, seconds, meter, unit="reads/s")


def _body(instance: Instance, path: str) -> bytes:
    url = f"http://{instance.host}:{instance.port}{path}"
    with urllib.request.urlopen(url, timeout=10) as reply:
        return bytes(reply.read())
