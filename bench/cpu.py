"""Processor time of other processes, from ``/proc``: what an order costs, however busy the machine is."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class CpuMeter:
    """Processor seconds of named processes since the last ``reset``. Names that share their first word
    ("database 17", "database 18") are counted together. Empty where there is no ``/proc``."""

    def __init__(
        self, processes: Mapping[str, int], others: Callable[[], Mapping[str, int]] = dict[str, int]
    ) -> None:
        self._processes = dict(processes)
        self._others = others
        self.reset()

    def reset(self) -> None:
        self._began = self._read()

    def seconds(self) -> dict[str, float]:
        """Of each stage, since the last reset. A process that came later counts from its own beginning."""
        totals: dict[str, float] = {}
        for name, spent in self._read().items():
            stage = name.partition(" ")[0]
            totals[stage] = totals.get(stage, 0.0) + max(0.0, spent - self._began.get(name, 0.0))
        return totals

    def per_operation_us(self, operations: int) -> dict[str, float]:
        """Microseconds of each stage per operation."""
        return {name: spent * 1e6 / max(1, operations) for name, spent in self.seconds().items()}

    def _read(self) -> dict[str, float]:
        if not Path("/proc/self/stat").exists():
            return {}
        return {name: _seconds(pid) for name, pid in {**self._processes, **self._others()}.items()}


class Stolen:
    """What a virtual machine does not get of its processors, since this was made: time in which something was
    to run and the host ran another machine."""

    _STEAL: Final = 7

    def __init__(self) -> None:
        self._began = self._ticks()

    def percent(self) -> float:
        """Of the time of all processors; 0 where that is not told."""
        spent = [now - then for now, then in zip(self._ticks(), self._began, strict=True)]
        return round(100 * spent[self._STEAL] / sum(spent), 1) if sum(spent) else 0.0

    def _ticks(self) -> list[int]:
        try:
            first = Path("/proc/stat").read_text().splitlines()[0]
        except OSError:
            return [0] * (self._STEAL + 1)
        return [int(ticks) for ticks in first.split()[1 : self._STEAL + 2]]


def descendants(parent: int) -> dict[int, str]:
    """pid → command line of every process below ``parent``."""
    parents = {int(path.name): _stat(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    below: dict[int, str] = {}
    families = {parent}
    while grown := {pid for pid, stat in parents.items() if stat and int(stat[1]) in families} - families:
        families |= grown
        below |= {pid: _command_line(pid) for pid in grown}
    return below


def resident_bytes(pid: int | str = "self") -> int:
    """Memory of a process that is really in use; 0 where there is no ``/proc``."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


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
