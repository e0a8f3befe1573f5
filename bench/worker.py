"""The engine process: socket, journal and sync, beside a bare loop of synced appends."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections import deque
from pathlib import Path

from bench import flow
from bench.cpu import CpuMeter
from bench.measure import Plan, Result, result
from exchange.engine import messages as m
from exchange.link.async_client import AsyncEngineClient
from exchange.link.protocol import Outcome
from replays.runner import RunningEngine, running_engine

COMMANDS = 200_000
#: No measurement sends longer than this.
SECONDS = 12.0
#: Commands without a reply, as of many web processes together; and one at a time.
IN_FLIGHT = 2_000
ALONE = 8_000
#: What a journal record of a few commands takes.
APPEND_BYTES = 512
APPEND_SECONDS = 3.0


def run(plan: Plan) -> list[Result]:
    commands = flow.mixed(plan.seed, plan.count(COMMANDS))
    with tempfile.TemporaryDirectory(prefix="xtrader-bench-") as folder:
        appends = bare_appends(Path(folder))
        with running_engine(Path(folder)) as engine:
            engine.client.submit_many(flow.opening())
            lines = asyncio.run(_measure(engine, commands))
    return [appends, *(line.against(appends) for line in lines)]


def bare_appends(folder: Path) -> Result:
    """One record, one fdatasync, again: what the disk allows without any grouping."""
    record = os.urandom(APPEND_BYTES)
    latencies = []
    file = os.open(folder / "appends", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    began = time.perf_counter()
    while (until := time.perf_counter()) - began < APPEND_SECONDS:
        start = time.perf_counter_ns()
        os.write(file, record)
        os.fdatasync(file)
        latencies.append(time.perf_counter_ns() - start)
    os.close(file)
    return result("bare fdatasync'd appends", latencies, until - began, unit="appends/s")


async def _measure(engine: RunningEngine, commands: list[m.Command]) -> list[Result]:
    client = AsyncEngineClient(engine.socket_path, timeout_ms=60_000)
    await client.start()
    await client.wait_connected()
    meter = CpuMeter({"engine": engine.pid, "client": os.getpid()})
    alone, rest = commands[:ALONE], commands[ALONE:]
    try:
        return [
            await _send("engine worker, one at a time", client, meter, alone, 1),
            await _send(f"engine worker, {IN_FLIGHT:,} in flight", client, meter, rest, IN_FLIGHT),
        ]
    finally:
        await client.close()


async def _send(
    name: str, client: AsyncEngineClient, meter: CpuMeter, commands: list[m.Command], in_flight: int
) -> Result:
    """Keep ``in_flight`` commands unanswered until all are sent; the latency of each."""
    latencies: list[int] = []
    waiting: deque[asyncio.Future[Outcome]] = deque()
    meter.reset()
    began = time.perf_counter()
    for command in commands:
        if time.perf_counter() - began > SECONDS:
            break
        if len(waiting) >= in_flight:
            await waiting.popleft()
            while waiting and waiting[0].done():
                waiting.popleft()
        future = client.submit(command)
        future.add_done_callback(_Timer(latencies))
        waiting.append(future)
    await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    return result(name, latencies, seconds, cpu_us=meter.per_operation_us(len(latencies)))


class _Timer:
    """Notes when a reply came, counted from its making."""

    __slots__ = ("_began", "_latencies")

    def __init__(self, latencies: list[int]) -> None:
        self._latencies = latencies
        self._began = time.perf_counter_ns()

    def __call__(self, future: asyncio.Future[Outcome]) -> None:
        future.result()
        self._latencies.append(time.perf_counter_ns() - self._began)
