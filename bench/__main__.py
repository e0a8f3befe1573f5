"""Measure this machine: ``python -m bench [--only core,worker,web] [--seed N] [--update-docs]``.

Prints a table and writes it, with the machine it was taken on, to ``bench/results/latest.json``.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
import timeit
from collections.abc import Callable

import django

from bench import core, report, web, worker
from bench.measure import Result

SEED = 20_261_122
PARTS: dict[str, Callable[[int], list[Result]]] = {"core": core.run, "worker": worker.run, "web": web.run}
_LOOP = "for _ in range(1_000): pass"


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="What this machine does per second.")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated: core,worker,web")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--update-docs", action="store_true", help="put the figures into docs/performance.md")
    options = parser.parse_args()
    began = time.monotonic()
    machine = describe_machine()
    print("  ".join(f"{name} {value}" for name, value in machine.items()))
    results = []
    for part in options.only.split(","):
        for line in PARTS[part](options.seed):
            results.append(line)
            print(report.line_for_terminal(line), flush=True)
    path = report.save(machine, options.seed, results)
    if options.update_docs:
        report.update_document()
    print(f"{time.monotonic() - began:.0f} s; written to {path}")


def describe_machine() -> dict[str, str | int]:
    """Where the figures were taken. The load says how much else was going on, ``loop_ns`` how fast Python
    is here and now: one turn of an empty loop."""
    return {
        "cpus": os.cpu_count() or 0,
        "arch": platform.machine(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "loop_ns": f"{min(timeit.repeat(_LOOP, number=1_000, repeat=5)) * 1e9 / 1_000_000:.1f}",
    }


if __name__ == "__main__":
    # The worker part starts engines by manage.py: none of them may touch the data folder of this tree.
    with tempfile.TemporaryDirectory(prefix="xb") as folder:
        os.environ["DATA"] = folder
        main()
