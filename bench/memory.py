"""What a resting order takes, with a million of them and a hundred thousand accounts held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import targets
from bench.core import available_builds
from bench.measure import Plan, Result

ROOT = Path(__file__).resolve().parent.parent
ORDERS, ACCOUNTS = 1_000_000, 100_000
_TIMEOUT_S = 900


def run(plan: Plan) -> Iterator[Result]:
    for choice in available_builds():
        found = run_module(choice, "bench.memory_run", plan.count(ORDERS), plan.count(ACCOUNTS))
        name = targets.MEMORY if choice == "python" else f"{targets.MEMORY}, compiled"
        row = Result(name, found["bytes_an_order"], "bytes", found["orders"])
        row.figures = {"resting_orders": found["orders"], "accounts": found["accounts"]}
        kept = ("bytes_an_account", "bytes_an_id", "orders_per_s", "resident_MB")
        row.figures |= {name: found[name] for name in kept}
        yield row


def run_module(choice: str, module: str, *arguments: object) -> dict[str, Any]:
    """The JSON that a module of this package prints, on a build of the core."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = os.environ | {"XTRADER_CORE": choice}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=_TIMEOUT_S
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))
