"""The machine: processors, memory, open files, clock, compiler."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

from exchange import core
from ops.doctor.findings import Finding, bad, warning, well
from ops.supervisor import descriptors
from tools.compile_core import what_is_missing

_GIB: Final = 1 << 30
#: Below it a venue with a few hundred traders runs out of room.
_LEAST_MEMORY_BYTES: Final = 2 * _GIB
#: The year this version is of: a clock before it is wrong.
_BUILT_IN: Final = 2026
_CLOCK_SOURCE: Final = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
#: Reading these costs a system call, 20 to 50 times as much as the processor's own counter.
_SLOW_CLOCKS: Final = ("hpet", "acpi_pm", "jiffies")


def check_machine() -> Iterator[Finding]:
    """Everything about the machine."""
    yield _processors()
    yield _memory()
    yield _open_files()
    yield from _clock()
    yield _core()


def _processors() -> Finding:
    count = psutil.cpu_count() or 1
    busy = psutil.getloadavg()[0] / count
    if count < 2:
        return warning("1 processor", "engine, marketdata and web share it: give the machine two or more")
    if busy > 1:
        return warning(
            f"{count} processors, {busy:.1f} runnable processes for each", "something else keeps them busy"
        )
    return well(f"{count} processors, {busy:.0%} busy")


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    shown = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB of memory free"
    if memory.available < _LEAST_MEMORY_BYTES:
        return warning(shown, "a venue wants 2 GiB free at its start, and 0.4 GiB for a million open orders")
    return well(shown)


def _open_files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < descriptors.WANTED:
        return warning(
            f"a process may open {hard:,} files",
            f"a web process with all its connections needs {descriptors.WANTED:,}: raise the hard limit "
            "(ulimit -Hn, LimitNOFILE= of systemd)",
        )
    return well("open files: enough for 12,000 connections a web process")


def _clock() -> Iterator[Finding]:
    year = time.gmtime().tm_year
    if year < _BUILT_IN:
        yield bad(f"the clock says {year}", "set the machine's time, and let NTP keep it")
    else:
        yield well(f"time of day {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC")
    if _CLOCK_SOURCE.exists():
        source = _CLOCK_SOURCE.read_text().strip()
        if source in _SLOW_CLOCKS:
            yield warning(f"clock source {source}", "reading the time is slow: boot with clocksource=tsc")
        else:
            yield well(f"clock source {source}")


def _core() -> Finding:
    version = f"Python {sys.version.split()[0]}"
    if core.build_folder().is_dir():
        return well(f"{version}; the core is compiled")
    missing = what_is_missing()
    if missing:
        return warning(
            f"{version}; the core is not compiled: {missing}",
            "install a C compiler and Python's headers (Debian: gcc libc6-dev python3-dev); the Python core "
            "does the same, some times slower",
        )
    return well(f"{version}; the core will be compiled in the background by make run")
