"""What it costs to believe a signed request, once its key is known."""

from __future__ import annotations

from collections.abc import Iterator

from bench.core import available_builds
from bench.measure import Plan, Result, result
from bench.memory import run_module

COUNT = 20_000


def run(plan: Plan) -> Iterator[Result]:
    found = run_module(available_builds()[-1], "bench.keys_run", plan.count(COUNT))
    for name, latencies_ns in found.items():
        yield result(name, latencies_ns, sum(latencies_ns) / 1e9, unit="checks/s")
