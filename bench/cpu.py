"""Processor time of other processes, from ``/proc``: what an order costs, however busy the machine is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class CpuMeter:
    """Processor seconds of named processes since the last ``reset``. Empty where there is no ``/proc``."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = dict(processes) if Path("/proc/self/stat").exists() else {}
        self.reset()

    def reset(self) -> None:
        self._began = self._read()

    def per_operation_us(self, operations: int) -> dict[str, float]:
        """Microseconds of each process per operation."""
        now = self._read()
        return {
            name: (now[name] - self._began[name]) * 1e6 / max(1, operations)
            for name in now
            if name in self._began
        }

    def _read(self) -> dict[str, float]:
        return {name: _seconds(pid) for name, pid in self._processes.items()}


def descendants(parent: int) -> dict[int, str]:
    """pid → command line of every process below ``parent``."""
    parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    below: dict[int, str] = {}
    families = {parent}
    while grown := {pid for pid, stat in parents.items() if stat and int(stat[1]) in families} - families:
        families |= grown
        below |= {pid: _command_line(pid) for pid in grown}
    return below


def _seconds(pid: int) -> float:
    stat = _stat(pid)
    return (int(stat[11]) + int(stat[12])) / _TICKS_PER_S if stat else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/<pid>/stat`` after the name: state, parent, …; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
