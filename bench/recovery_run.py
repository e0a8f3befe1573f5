"""How long an engine takes to come back: ``python -m bench.recovery_run journal|snapshot FOLDER``. Prints
JSON."""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

from bench.cpu import resident_bytes
from exchange import core as build
from exchange.engine import Engine
from exchange.journal.recovery import recover_fully, start_fold
from exchange.link.follower import Follower

MOST_COMMANDS = 300_000


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    # As the engine's process does.
    gc.disable()
    began, cpu_began = time.perf_counter(), time.process_time()
    if what == "journal":
        recovery = recover_fully(folder / "journal", None)
        engine, commands = recovery.engine, recovery.commands
    else:
        engine, commands = start_fold(folder).engine, 0
    report = {
        "core": build.running(),
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu_began,
        "commands": commands,
        "open_orders": engine.counts()["open_orders"],
        "state": engine.state_hash(),
        "resident_MB": resident_bytes() / 1e6,
    }
    if what == "journal":
        report["core_rate"] = core_rate(folder)
    print(json.dumps(report))


def core_rate(folder: Path) -> float:
    """Commands a second of this core over the beginning of the journal, read beforehand."""
    with Follower(folder / "journal", folder / "none") as follower:
        batches = follower.poll(0.0, MOST_COMMANDS)
    engine, count = Engine(), 0
    began = time.perf_counter()
    for batch in batches:
        for command in batch.commands:
            engine.apply(command, batch.now_ns)
        count += len(batch.commands)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
