"""Coming back after a crash: replay of a journal beside the core's own rate, and a start from a snapshot."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import journals, plainflow, targets
from bench.core import available_builds
from bench.measure import Plan, Result
from bench.memory import ACCOUNTS, ORDERS, run_module

COMMANDS, FULL_COMMANDS = 200_000, 5_000_000


def run(plan: Plan) -> Iterator[Result]:
    yield from _replays(plan)
    yield from _snapshots(plan)


def _replays(plan: Plan) -> Iterator[Result]:
    count = plan.count(FULL_COMMANDS if plan.full else COMMANDS)
    operations = plainflow.operations(plan.seed, count)
    commands = [plainflow.command_of(operation, step) for step, operation in enumerate(operations)]
    del operations
    with tempfile.TemporaryDirectory(prefix="xb") as name:
        folder = Path(name)
        journals.write(folder, plainflow.opening(), commands)
        del commands
        states = set()
        for choice in available_builds():
            found = run_module(choice, "bench.recovery_run", "journal", folder)
            states.add(found["state"])
            name = targets.REPLAY_PYTHON if choice == "python" else targets.REPLAY_COMPILED
            row = Result(name, found["commands"] / found["seconds"], "commands/s", found["commands"])
            row.cpu_us = {"engine": found["cpu_s"] * 1e6 / found["commands"]}
            row.figures = {"seconds": found["seconds"], "resident_MB": found["resident_MB"]}
            row.floor, row.floor_value = f"the {choice} core's own rate", found["core_rate"]
            row.ratio = row.value / found["core_rate"]
            yield row
        if len(states) != 1:
            raise RuntimeError("the builds of the core recover to different states")


def _snapshots(plan: Plan) -> Iterator[Result]:
    best = available_builds()[-1]
    with tempfile.TemporaryDirectory(prefix="xb") as name:
        written = run_module(best, "bench.memory_run", plan.count(ORDERS), plan.count(ACCOUNTS), name)
        for choice in available_builds():
            found = run_module(choice, "bench.recovery_run", "snapshot", name)
            row_name = targets.SNAPSHOT if choice == best else f"{targets.SNAPSHOT}, {choice} core"
            row = Result(row_name, found["seconds"], "s", found["open_orders"])
            row.figures = {"resting_orders": found["open_orders"], "resident_MB": found["resident_MB"]}
            row.figures |= {"snapshot_MB": written["snapshot_MB"], "written_in_s": written["snapshot_s"]}
            yield row
