"""The processes of this exchange on this machine: those that its supervisor started."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import psutil

#: The word of a command line → how the process is called.
_NAMES = {
    "runengine": "engine",
    "runmarketdata": "marketdata",
    "rundispatcher": "dispatcher",
    "runcalendars": "sessions",
    "xtrader.asgi:application": "web",
    "demo": "demo",
    "up": "supervisor",
}


class ProcessFigures(NamedTuple):
    """One process. ``cpu_percent``: of one processor, since it was asked for last (0 the first time)."""

    name: str
    pid: int
    cpu_percent: float
    memory_bytes: int
    uptime_s: float


class Processes:
    """Finds them, and remembers them for their shares of the processor."""

    def __init__(self, data_dir: Path) -> None:
        self._lock_path = data_dir / "supervisor.lock"
        self._known: dict[int, psutil.Process] = {}

    def figures(self) -> list[ProcessFigures]:
        """The supervisor and its children; none where no supervisor of this data folder runs."""
        found = {process.pid: process for process in self._running()}
        self._known = {pid: self._known.get(pid, process) for pid, process in found.items()}
        figures = [_figures(process) for process in self._known.values()]
        return [one for one in figures if one is not None]

    def _running(self) -> list[psutil.Process]:
        try:
            supervisor = psutil.Process(int(self._lock_path.read_text()))
            if "up" not in supervisor.cmdline():
                return []
            return [supervisor, *supervisor.children()]
        except (OSError, ValueError, psutil.Error):
            return []


def _figures(process: psutil.Process) -> ProcessFigures | None:
    """None where it has just ended."""
    try:
        words = process.cmdline()
        name = next((_NAMES[word] for word in words if word in _NAMES), words[0] if words else "?")
        return ProcessFigures(
            name,
            process.pid,
            process.cpu_percent(),
            process.memory_info().rss,
            time.time() - process.create_time(),
        )
    except psutil.Error:
        return None
