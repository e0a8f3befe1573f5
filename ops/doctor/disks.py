"""The disks that journal, snapshots and database lie on: room, kind, and how long a sync takes."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
from django.conf import settings

from exchange.management.commands.runengine import journal_folder
from ops.doctor.findings import Finding, bad, warning, well

_GIB: Final = 1 << 30
#: A few segments of the journal and two snapshots.
_LEAST_FREE_BYTES: Final = _GIB
_FREE_BYTES: Final = 10 * _GIB
#: Gone with the power.
_IN_MEMORY: Final = ("tmpfs", "ramfs")
#: Their locks and syncs do not hold what the journal needs.
_NETWORK: Final = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs")
_SYNCS: Final = 20
_SLOW_SYNC_S: Final = 0.02


def check_disks() -> Iterator[Finding]:
    """Each folder once, under the first name that leads to it."""
    configured = settings.XTRADER
    folders = {
        "data folder": Path(configured["DATA_DIR"]),
        "journal": journal_folder(configured["JOURNAL_URL"]),
        "snapshots": Path(configured["SNAPSHOT_DIR"]),
    }
    seen: set[int] = set()
    for name, folder in folders.items():
        there = _existing(folder)
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        yield _room(name, there)
        yield from _kind(name, there)
        yield _sync(name, there)


def _existing(folder: Path) -> Path:
    """The folder, or what of its path there is."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())


def _room(name: str, folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    shown = f"{name}: {free / _GIB:.1f} GiB free at {folder}"
    if free < _LEAST_FREE_BYTES:
        return bad(shown, "make room: a journal that cannot be written stops the engine")
    if free < _FREE_BYTES:
        return warning(shown, "a million orders take about 0.1 GiB of journal and 0.6 GiB of database")
    return well(shown)


def _kind(name: str, folder: Path) -> Iterator[Finding]:
    kind = _file_system(folder)
    if kind in _IN_MEMORY:
        yield bad(f"{name}: {folder} is on {kind}", "it is gone with the power: name a folder on a disk")
    elif kind in _NETWORK:
        yield bad(
            f"{name}: {folder} is on {kind}", "locks and syncs over a network are not safe: a local disk"
        )
    elif kind:
        yield well(f"{name}: {kind}")


def _file_system(folder: Path) -> str:
    """The kind of the file system a folder is on; empty where the machine does not say."""
    resolved = folder.resolve()
    found = [
        part for part in psutil.disk_partitions(all=True) if resolved.is_relative_to(Path(part.mountpoint))
    ]
    return max(found, key=lambda part: len(part.mountpoint)).fstype if found else ""


def _sync(name: str, folder: Path) -> Finding:
    """How long the disk takes to keep what it was given: the least an acknowledged order takes."""
    try:
        took_s = _sync_s(folder)
    except OSError as error:
        return bad(f"{name}: {folder} cannot be written: {error.strerror}", "see who owns it, and its disk")
    shown = f"{name}: a sync takes {took_s * 1000:.1f} ms"
    if took_s > _SLOW_SYNC_S:
        return warning(shown, "every order waits for one: a disk with a protected cache is ten times as fast")
    return well(shown)


def _sync_s(folder: Path) -> float:
    took: list[float] = []
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        for _ in range(_SYNCS):
            file.write(bytes(4_096))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            took.append(time.perf_counter() - started)
    return statistics.median(took)
