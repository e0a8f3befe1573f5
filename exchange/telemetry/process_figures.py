"""What every process measures of itself: memory and processor time, pauses of the garbage collector, the lag
of its event loop, what build it is."""

from __future__ import annotations

import asyncio
import gc
import platform
import time
from typing import Any, Final

from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from exchange.telemetry import breakers
from exchange.telemetry.instruments import Durations
from exchange.telemetry.measures import Figures

#: How often the event loop is asked how late it is.
LAG_EVERY_S: Final = 0.25
#: Of the project (pyproject.toml).
VERSION: Final = "1.0.0"
_OPEN: Final = {breakers.CLOSED: 0.0, breakers.HALF_OPEN: 0.5, breakers.OPEN: 1.0}


def describe_process(figures: Figures, name: str, **build: str) -> None:
    """Put onto the page what each process tells of itself, once; ``name``: which process it is."""
    if "xtrader_build_info" in figures.names():
        return
    ProcessCollector(registry=figures.registry)
    GCCollector(registry=figures.registry)
    words = {"process": name, "version": VERSION, "python": platform.python_version(), "core": "", **build}
    figures.tell("xtrader_build_info", words)
    figures.read("xtrader_breaker_open", _breakers_open)
    watch_collector(figures)


def _breakers_open() -> dict[str, float]:
    """By dependency: 1 while it is given up, a half while it is tried."""
    return {dependency: _OPEN[breaker.state] for dependency, breaker in breakers.states().items()}


def watch_collector(figures: Figures) -> None:
    """Measure how long the garbage collector stops the process."""
    pauses = figures.durations_by("xtrader_gc_pause_seconds", ("0", "1", "2"))
    gc.callbacks.append(_Pauses([pauses[generation] for generation in ("0", "1", "2")]))


class _Pauses:
    def __init__(self, by_generation: list[Durations]) -> None:
        self._by_generation = by_generation
        self._started_ns = 0

    def __call__(self, phase: str, info: dict[str, Any]) -> None:
        now = time.perf_counter_ns()
        if phase == "start":
            self._started_ns = now
        elif self._started_ns:
            self._by_generation[info["generation"]].observe(now - self._started_ns)


class LoopLag:
    """Measures how late the running event loop calls back: by what it was kept from doing anything else."""

    def __init__(self, figures: Figures) -> None:
        self._lag = figures.durations("xtrader_event_loop_lag_seconds")
        self._loop = asyncio.get_running_loop()
        self._due_s = 0.0
        self._timer = self._later()

    def stop(self) -> None:
        """Measure no more."""
        self._timer.cancel()

    def _later(self) -> asyncio.TimerHandle:
        self._due_s = self._loop.time() + LAG_EVERY_S
        return self._loop.call_at(self._due_s, self._measure)

    def _measure(self) -> None:
        self._lag.observe(max(0, int((self._loop.time() - self._due_s) * 1e9)))
        self._timer = self._later()
