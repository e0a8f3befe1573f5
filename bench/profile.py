"""Where the time goes: a flame graph of each process under load, and the pauses of the garbage collector.

Part of ``--full``; ``--only profile`` runs it alone. The engine runs its Python sources here: compiled
functions are not seen by a profiler of Python.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import reads
from bench.driving import Shape, over_websocket
from bench.instance import Instance, running_instance
from bench.load import http_get
from bench.measure import Plan, Result, percentile

HOOKS = Path(__file__).resolve().parent / "hooks"
IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PY_SPY = Path(sys.executable).with_name("py-spy")
LOAD = Shape(16, 32)
PAUSES_S, FLAME_S = 10.0, 5.0
PROCESSES = ("web", "engine", "marketdata")


def run(plan: Plan) -> Iterator[Result]:
    yield from _pauses(plan)
    yield from _flames(plan)


def _pauses(plan: Plan) -> Iterator[Result]:
    """What stopped each process while it served."""
    with tempfile.TemporaryDirectory(prefix="xb") as name:
        log = Path(name) / "gc.log"
        with running_instance(PYTHONPATH=str(HOOKS), BENCH_GC_LOG=str(log)) as instance:
            began_ns = time.time_ns()
            row = _load(instance, plan.seconds(PAUSES_S), plan.seed)
            seconds = (time.time_ns() - began_ns) / 1e9
        lines = (
            [tuple(map(int, line.split())) for line in log.read_text().splitlines()] if log.exists() else []
        )
    for process in PROCESSES:
        pauses = sorted(
            ns for pid, _, ns, at in lines if pid == instance.processes[process] and at >= began_ns
        )
        found = Result(f"garbage collector's longest pause, {process}", max(pauses, default=0) / 1e6, "ms")
        found.figures = {"pauses_per_s": len(pauses) / seconds, "share_of_time": sum(pauses) / 1e9 / seconds}
        found.count, found.p50_ns, found.p99_ns = len(pauses), percentile(pauses, 50), percentile(pauses, 99)
        found.notes["said"] = f"pauses of 0.1 ms or more, at {row.value:,.0f} orders/s"
        yield found


def _flames(plan: Plan) -> Iterator[Result]:
    seconds = max(1, round(plan.seconds(FLAME_S)))
    with running_instance(XTRADER_CORE="python") as instance:
        recording = asyncio.run(_record(instance, seconds, plan.seed))
        recording["reads"] = asyncio.run(_record_reads(instance, seconds))
    for name, trouble in recording.items():
        file = IMAGES / f"flame-{name}.svg"
        row = Result(f"flame graph, {name}", file.stat().st_size / 1e3 if file.exists() else 0.0, "kB")
        row.notes["said"] = trouble or f"docs/images/{file.name}"
        yield row


async def _record(instance: Instance, seconds: int, seed: int) -> dict[str, str]:
    """Record one process after the other while the load goes on."""
    load_s = (seconds + 3) * len(PROCESSES)
    load = asyncio.create_task(over_websocket(instance, random.Random(seed), "", LOAD, load_s))
    await asyncio.sleep(1)
    troubles = {}
    for process in PROCESSES:
        troubles[process] = await asyncio.to_thread(_flame, instance.processes[process], process, seconds)
    await load
    return troubles


async def _record_reads(instance: Instance, seconds: int) -> str:
    """The web process while it answers public reads."""
    load = asyncio.create_task(
        reads.read(instance, "", [http_get(path) for path in reads.PATHS.values()], seconds + 3)
    )
    await asyncio.sleep(1)
    trouble = await asyncio.to_thread(_flame, instance.processes["web"], "reads", seconds)
    await load
    return trouble


def _flame(pid: int, name: str, seconds: int) -> str:
    """Write the flame graph of a process; what went wrong, if anything did."""
    command = [str(PY_SPY), "record", "--pid", str(pid), "--duration", str(seconds), "--rate", "200", "--gil"]
    file = IMAGES / f"flame-{name}.svg"
    command += ["--output", str(file), "--format", "flamegraph"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    except OSError as error:
        return f"no flame graph: {error}"
    if done.returncode != 0:
        return f"no flame graph: {done.stderr.strip()[-200:]}"
    # Its title is the command, which says where things are on this machine.
    file.write_text(file.read_text().replace(" ".join(command), f"xTrader, {name}"))
    return ""


def _load(instance: Instance, seconds: float, seed: int) -> Result:
    return asyncio.run(over_websocket(instance, random.Random(seed), "", LOAD, seconds))
