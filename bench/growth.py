"""How cost grows with what there is. Part of ``--full``; the points are drawn into docs/images/growth.png."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import journals, plainflow
from bench.core import available_builds
from bench.fanout import fan_out
from bench.instance import running_instance
from bench.measure import Plan, Result
from bench.memory import run_module

#: Dimension of ``growth_run`` → its sizes.
CORE = {
    "orders": (1_000, 10_000, 100_000, 1_000_000),
    "levels": (10, 100, 1_000, 10_000, 100_000),
    "symbols": (1, 10, 100, 1_000),
    "accounts": (100, 1_000, 10_000, 100_000),
}
SOCKETS = (10, 100, 1_000, 5_000)
JOURNALS = (50_000, 200_000, 800_000)
SOCKET_S = 4.0


def run(plan: Plan) -> Iterator[Result]:
    for dimension, sizes in CORE.items():
        for choice in available_builds():
            yield _core(dimension, sizes, choice, plan)
    yield _journals(plan)
    yield _sockets(plan)


def _core(dimension: str, sizes: tuple[int, ...], choice: str, plan: Plan) -> Result:
    points = []
    for size in sizes:
        if size * plan.scale >= 1:
            found = run_module(choice, "bench.growth_run", dimension, plan.count(size))
            points.append({"size": plan.count(size), "mean_ns": found["mean_ns"], "p99_ns": found["p99_ns"]})
    name = f"growth, {dimension}, {choice} core"
    row = _grown(name, points, "mean_ns", "ns a command at the largest")
    row.notes["growth"] = {f"{dimension}, {choice}": points}
    return row


def _journals(plan: Plan) -> Result:
    """Replaying the whole of ever longer journals: the cost of a command stays."""
    points = []
    for size in JOURNALS:
        count = plan.count(size)
        operations = plainflow.operations(plan.seed, count)
        commands = [plainflow.command_of(operation, step) for step, operation in enumerate(operations)]
        with tempfile.TemporaryDirectory(prefix="xb") as name:
            journals.write(Path(name), plainflow.opening(), commands)
            found = run_module(available_builds()[-1], "bench.recovery_run", "journal", name)
        points.append({"size": count, "mean_ns": found["cpu_s"] * 1e9 / found["commands"]})
    row = _grown("growth, journal length", points, "mean_ns", "ns a command at the largest")
    row.notes["growth"] = {"journal length, commands": points}
    return row


def _sockets(plan: Plan) -> Result:
    points = []
    for size in SOCKETS:
        with running_instance() as instance:
            row = asyncio.run(fan_out(instance, plan.count(size), plan.seconds(SOCKET_S), plan.seed))
        points.append({"size": plan.count(size), "mean_ns": row.cpu_us["web"] * 1e3, "per_second": row.value})
    row = _grown("growth, sockets", points, "mean_ns", "ns of web a delivery at the largest")
    row.notes["growth"] = {"sockets": points}
    return row


def _grown(name: str, points: list[dict[str, float]], key: str, unit: str) -> Result:
    """The cost at the largest size, set against the cost at the smallest."""
    first, last = points[0], points[-1]
    row = Result(name, last[key], unit, floor=f"the cost at {first['size']:,.0f}", floor_value=first[key])
    row.ratio = last[key] / first[key]
    row.figures = {"from": first["size"], "to": last["size"]}
    return row
