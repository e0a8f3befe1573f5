"""Journal to PostgreSQL: the projector alone with a backlog, beside bare COPY of the rows it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import journals, plainflow, targets
from bench.database import temporary_database
from bench.measure import Plan, Result

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = 200_000
_TIMEOUT_S = 1_800


def run(plan: Plan) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="xb") as name:
        folder = Path(name)
        write_journal(folder, plan)
        found = project(folder)
    copy = Result(
        "bare COPY of the same rows", found["orders"] / found["copy_s"], "orders/s", found["orders"]
    )
    yield copy
    yield row_of(targets.PROJECTION, found).against(copy)


def write_journal(folder: Path, plan: Plan) -> None:
    operations = plainflow.operations(plan.seed, plan.count(COMMANDS))
    commands = [plainflow.command_of(operation, step) for step, operation in enumerate(operations)]
    journals.write(folder, plainflow.opening(), commands)


def project(folder: Path, old_fills: int = 0) -> dict[str, Any]:
    """Into a new database, in a process of its own."""
    with temporary_database() as url:
        environment = os.environ | {"DATABASE_URL": url, "DATA": str(folder), "LOG_LEVEL": "WARNING"}
        command = [sys.executable, "-m", "bench.projection_run", str(folder), str(old_fills)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=_TIMEOUT_S
        )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def row_of(name: str, found: dict[str, Any]) -> Result:
    row = Result(name, found["orders"] / found["seconds"], "orders/s", found["orders"])
    row.cpu_us = {stage: spent * 1e6 / found["orders"] for stage, spent in found["cpu_s"].items()}
    row.figures = {"commands_per_s": found["sequence"] / found["seconds"], "new_fills": found["fills"]}
    return row
