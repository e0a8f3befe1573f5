"""Measure this machine: ``python -m bench``, or ``make bench`` and ``make bench-full``.

Prints the rows as they come, then the targets, and writes all of it to ``bench/results/latest.json``.
``--only core,web`` runs some parts; ``--scale 0.1`` a tenth of everything, to see whether it works.
"""

from __future__ import annotations

import argparse
import datetime
import logging
import os
import platform
import signal
import subprocess
import tempfile
import time
import timeit
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import django

from bench import (
    core,
    fairness,
    fanout,
    growth,
    history_reads,
    keys,
    memory,
    plots,
    profile,
    projection,
    reads,
    recovery,
    report,
    tables,
    web,
    worker,
)
from bench.cpu import Stolen
from bench.measure import Plan, Result
from exchange import core as build

SEED = 20_261_122
Part = Callable[[Plan], Iterable[Result]]
PARTS: dict[str, Part] = {
    "core": core.run,
    "worker": worker.run,
    "web": web.run,
    "fairness": fairness.run,
    "keys": keys.run,
    "reads": reads.run,
    "histories": history_reads.run,
    "fanout": fanout.run,
    "projection": projection.run,
    "memory": memory.run,
    "recovery": recovery.run,
}
#: What is long or large: ``--full`` alone.
FULL: dict[str, Part] = {"profile": profile.run, "growth": growth.run, "tables": tables.run}
_LOOP = "for _ in range(1_000): pass"


def main() -> None:
    options = _options()
    plan = Plan(options.seed, options.full, options.scale)
    began, stolen = time.monotonic(), Stolen()
    head = describe(options.seed)
    print("  ".join(f"{name} {value}" for name, value in head["machine"].items()), flush=True)
    results = []
    parts = PARTS | FULL
    for name in options.only.split(",") if options.only else (parts if plan.full else PARTS):
        started = time.monotonic()
        for row in parts[name](plan):
            results.append(row)
            print(report.line_for_terminal(row), flush=True)
        print(f"-- {name}: {time.monotonic() - started:.0f} s", flush=True)
        head["took_s"] = round(time.monotonic() - began)
        head["machine"]["stolen_percent"] = stolen.percent()
        # After each part: who loses patience with the last keeps the others.
        saved = report.save(head, results)
    print(*report.verdicts(saved), sep="\n")
    earlier = options.compare or report.BASELINE
    if earlier.exists():
        print(*report.comparison(saved, report.load(earlier)), sep="\n")
    if options.save_baseline:
        report.save_baseline()
    plots.draw(saved)
    if options.update_docs:
        report.update_document()
    print(f"{head['took_s']} s; written to {report.LATEST}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="What this machine does per second.")
    parser.add_argument("--only", default="", help=f"parts, comma-separated: {','.join(PARTS | FULL)}")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--full", action="store_true", help="the long and large parts as well")
    parser.add_argument("--scale", type=float, default=1.0, help="shrink every size and time")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier run (the baseline)")
    parser.add_argument("--save-baseline", action="store_true", help="keep this run as the baseline")
    parser.add_argument("--update-docs", action="store_true", help="put the figures into docs/performance.md")
    return parser.parse_args()


def describe(seed: int) -> dict[str, Any]:
    """When, of what and on what the figures were taken."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _git("rev-parse", "HEAD") + ("+changes" if _git("status", "--porcelain", "-uno") else ""),
        "core": build.running(),
        "seed": seed,
        "machine": describe_machine(),
    }


def describe_machine() -> dict[str, str | int]:
    """The load says how much else was going on, ``loop_ns`` how fast Python is here and now: one turn of an
    empty loop."""
    return {
        "cpus": os.cpu_count() or 0,
        "arch": platform.machine(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
        "loop_ns": f"{min(timeit.repeat(_LOOP, number=1_000, repeat=5)) * 1e9 / 1_000_000:.1f}",
    }


def _git(*arguments: str) -> str:
    folder = Path(__file__).resolve().parent
    result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return result.stdout.strip()


def _leave(*_: object) -> None:
    """On SIGTERM as on Ctrl-C: stop what was started, drop what was made."""
    raise SystemExit(143)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _leave)
    # Some parts start processes by manage.py: none of them may touch the data folder of this tree.
    with tempfile.TemporaryDirectory(prefix="xb") as folder:
        os.environ["DATA"] = folder
        os.environ["LOG_LEVEL"] = "WARNING"
        logging.disable(logging.INFO)
        main()
