"""The core alone, in this process, beside the naive reference that the tests hold it to."""

from __future__ import annotations

import gc
import time
from collections import Counter
from typing import Any, Protocol

from bench import flow
from bench.measure import Result, result
from exchange.engine import Engine
from exchange.engine import messages as m
from tests.engine.naive import NaiveEngine

COMMANDS = 150_000
#: The naive engine works every hold out anew at every step, so it gets the beginning of the flow only.
NAIVE_COMMANDS = 1_200


class Applies(Protocol):
    def apply(self, command: m.Command, now_ns: int) -> list[m.Event]: ...


def run(seed: int) -> list[Result]:
    """Rate of the whole flow, percentiles of its single commands, and the ratio over the same beginning."""
    commands = flow.mixed(seed, COMMANDS)
    gc.collect()
    gc.disable()
    try:
        cpu_began = time.process_time()
        engine = _opened(Engine())
        seconds = _seconds(engine, commands)
        cpu_us = (time.process_time() - cpu_began) * 1e6 / COMMANDS
        latencies, kinds = _latencies(_opened(Engine()), commands)
        beginning = commands[:NAIVE_COMMANDS]
        core_s = min(_seconds(_opened(Engine()), beginning) for _ in range(5))
        naive_s = _seconds(_opened(NaiveEngine()), beginning)
    finally:
        gc.enable()
    core = result("core, mixed flow", latencies, seconds, unit="commands/s", notes=kinds)
    core.against = f"naive reference, first {NAIVE_COMMANDS:,} commands"
    core.cpu_us = {"core": cpu_us}
    core.ratio = naive_s / core_s
    return [core]


def _opened(engine: Any) -> Any:
    for command in flow.opening():
        engine.apply(command, flow.START_NS)
    return engine


def _seconds(engine: Applies, commands: list[m.Command]) -> float:
    apply, now_ns = engine.apply, flow.START_NS
    began = time.perf_counter()
    for command in commands:
        now_ns += flow.STEP_NS
        apply(command, now_ns)
    return time.perf_counter() - began


def _latencies(engine: Applies, commands: list[m.Command]) -> tuple[list[int], dict[str, int]]:
    """Nanoseconds of every command, and what the flow consisted of."""
    latencies, kinds = [], Counter[str]()
    names = {m.PLACE: "placed", m.CANCEL: "canceled", m.REDUCE: "reduced", m.REPLACE: "replaced"}
    for step, command in enumerate(commands, 1):
        began = time.perf_counter_ns()
        events = engine.apply(command, flow.START_NS + step * flow.STEP_NS)
        latencies.append(time.perf_counter_ns() - began)
        kinds["rejected" if events[0][0] == m.EV_REJECTED else names[command[0]]] += 1
        kinds["trades"] += sum(event[0] == m.EV_TRADE for event in events)
    return latencies, dict(kinds)
