"""Measure this machine: ``python -m bench [--only core,worker,web] [--seed N]``.

Prints a table and writes it, with the machine it was taken on, to ``bench/results/latest.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

from bench import core, web, worker
from bench.measure import Result, duration

RESULTS = Path(__file__).resolve().parent / "results" / "latest.json"
SEED = 20_261_122
PARTS: dict[str, Callable[[int], list[Result]]] = {"core": core.run, "worker": worker.run, "web": web.run}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="What this machine does per second.")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated: core,worker,web")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    began = time.monotonic()
    machine = describe_machine()
    print("  ".join(f"{name} {value}" for name, value in machine.items()))
    results = []
    for part in options.only.split(","):
        for line in PARTS[part](options.seed):
            results.append(line)
            print_line(line)
    report = {"machine": machine, "seed": options.seed, "results": [line.as_json() for line in results]}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=2) + "\n")
    print(f"{time.monotonic() - began:.0f} s; written to {RESULTS}")


def describe_machine() -> dict[str, str | int]:
    """Where the figures were taken; the load says how much else was going on."""
    return {
        "cpus": os.cpu_count() or 0,
        "arch": platform.machine(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def print_line(line: Result) -> None:
    ratio = f"{line.ratio:.2f} x {line.against}" if line.ratio is not None else ""
    errors = f"errors {line.notes['errors']}" if line.notes.get("errors") else ""
    cpu = ", ".join(f"{name} {microseconds:.0f}" for name, microseconds in line.cpu_us.items())
    print(
        f"{line.name:<32} {line.per_second:>10,.0f} {line.unit:<10}"
        f"  p50 {duration(line.p50_ns):>10}  p99 {duration(line.p99_ns):>10}  {f'cpu us: {cpu}' if cpu else '':<48} {ratio}{errors}",
        flush=True,
    )


if __name__ == "__main__":
    # The worker part starts engines by manage.py: none of them may touch the data folder of this tree.
    with tempfile.TemporaryDirectory(prefix="xb") as folder:
        os.environ["DATA"] = folder
        main()
