"""One build of the core over recorded commands: ``XTRADER_CORE=compiled python -m bench.core_run FILE``.

The file holds the pickled opening and commands. Prints what it took as JSON.
"""

from __future__ import annotations

import gc
import hashlib
import json
import pickle
import sys
import time
from pathlib import Path
from typing import Any

from bench import flow
from bench.measure import histogram, spread
from exchange import core as build
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.records import write_commands

ROUNDS = 3
#: Commands that are applied at once, as records.
BATCH = 100


def main() -> None:
    opening, commands = pickle.loads(Path(sys.argv[1]).read_bytes())
    gc.collect()
    gc.freeze()
    gc.disable()
    seconds, cpu_s, record_s = [], [], []
    for _ in range(ROUNDS):
        engine = opened(Engine(), opening)
        cpu_began = time.process_time()
        seconds.append(apply_all(engine, commands))
        cpu_s.append(time.process_time() - cpu_began)
        state_hash = engine.state_hash()
        record_s.append(apply_batches(opened(Engine(), opening), commands))
        counts = engine.counts()
        del engine
        gc.collect()
    floor_s = min(events_alone(opened(Engine(), opening), commands))
    latencies, events_hash, trades = each(opened(Engine(), opening), commands)
    print(
        json.dumps(
            {
                "core": build.running(),
                "seconds": min(seconds),
                "rounds_s": seconds,
                "cpu_s": min(cpu_s),
                "record_s": min(record_s),
                "floor_s": floor_s,
                "state": state_hash,
                "events": events_hash,
                "trades": trades,
                "open_orders": counts["open_orders"],
                "histogram": histogram(latencies),
                **spread(sorted(latencies)),
            }
        )
    )


def opened(engine: Any, opening: list[m.Command]) -> Any:
    for command in opening:
        engine.apply(command, flow.START_NS)
    return engine


def apply_all(engine: Any, commands: list[m.Command]) -> float:
    """Seconds of the whole flow. Asks the memory of ids first, as the sequencer does."""
    apply, recall, now_ns = engine.apply, engine.recall, flow.START_NS
    began = time.perf_counter()
    for command in commands:
        now_ns += flow.STEP_NS
        if recall(command) is None:
            apply(command, now_ns)
    return time.perf_counter() - began


def apply_batches(engine: Any, commands: list[m.Command]) -> float:
    """Seconds of the whole flow as records, in batches of ``BATCH``, each at the stamp of its last command.
    Ids are looked up in there."""
    batches = [write_commands(commands[first : first + BATCH]) for first in range(0, len(commands), BATCH)]
    apply_batch, now_ns = engine.apply_batch, flow.START_NS
    began = time.perf_counter()
    for batch in batches:
        now_ns += flow.STEP_NS * BATCH
        apply_batch(batch, now_ns)
    return time.perf_counter() - began


def events_alone(engine: Any, commands: list[m.Command]) -> list[float]:
    """Seconds of what no engine with these events and this memory can do without, in Python: to make them and
    to remember each command's by its id. Nothing is decided, looked up, counted or sorted."""
    outcomes = [
        engine.apply(command, flow.START_NS + step * flow.STEP_NS) for step, command in enumerate(commands, 1)
    ]
    seconds = []
    for _ in range(ROUNDS):
        remembered: dict[str, tuple[Any, ...]] = {}
        began = time.perf_counter()
        for step, (command, rows) in enumerate(zip(commands, outcomes, strict=True)):
            events = []
            for row in rows:
                events.append((*row,))
            remembered[command[1]] = (command, step, flow.START_NS, tuple(events))
        seconds.append(time.perf_counter() - began)
    return seconds


def each(engine: Engine, commands: list[m.Command]) -> tuple[list[int], str, int]:
    """Nanoseconds of every command, the hash of all events, and how many trades there were."""
    latencies, digest, trades = [], hashlib.sha256(), 0
    for step, command in enumerate(commands, 1):
        began = time.perf_counter_ns()
        if engine.recall(command) is None:
            events = engine.apply(command, flow.START_NS + step * flow.STEP_NS)
        latencies.append(time.perf_counter_ns() - began)
        digest.update(repr(events).encode())
        trades += sum(event[0] == m.EV_TRADE for event in events)
    return latencies, digest.hexdigest(), trades


if __name__ == "__main__":
    main()
