"""How much room the venue's disks have, and when there is too little to take anything new.

The engine stops at the first write that fails, so it stops taking new orders and deposits well before: below
``Reserve`` of free bytes on any file system it watches the venue is cancel-only, until there is
``BACK_AT`` times as much again. What remains possible (cancels, withdrawals' ends, the clock) writes little.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from exchange.engine.messages import words
from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

#: How often the disks are looked at, seconds.
LOOK_EVERY_S: Final = 1.0
#: How often the size of a snapshot is looked up.
_SNAPSHOT_EVERY_S: Final = 60.0
#: Room comes back only with so many hundredths of the reserve: no flutter at its edge.
BACK_AT_PERCENT: Final = 125
#: The reserve holds so many segments and a snapshot (which is written beside the one before).
SEGMENTS: Final = 4
#: Free bytes are noted so often, and so many times, for the forecast.
_NOTE_EVERY_S: Final = 60.0
_NOTES: Final = 60

#: Commands that a venue without room refuses: new orders and changes that may grow or move one, transfers and
#: deposits.
GROWING: Final = frozenset(
    {
        words.PLACE,
        words.REPLACE,
        words.MOVE,
        words.PLACE_OCO,
        words.PLACE_BRACKET,
        words.PLACE_OTO,
        words.PLACE_QUOTES,
        words.CANCEL_REPLACE,
        words.DEPOSIT,
    }
)


@dataclass(frozen=True, slots=True)
class Reserve:
    """Free bytes below which the venue is cancel-only: ``floor_bytes``, or what the next segments and a
    snapshot take where that is more."""

    floor_bytes: int = 1 << 30
    segment_bytes: int = 64 << 20

    def bytes_with(self, snapshot_bytes: int) -> int:
        return max(self.floor_bytes, SEGMENTS * self.segment_bytes + snapshot_bytes)


class _Note(NamedTuple):
    at_s: float
    free_bytes: int


def free_bytes_of(folder: Path) -> int:
    """Bytes that may be written in the file system of a folder, or of the nearest above that exists. Raises
    OSError."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class DiskRoom:
    """Watches the file systems of some folders; used by the engine's loop."""

    def __init__(
        self,
        folders: Sequence[Path] = (),
        snapshots: Path | None = None,
        reserve: Reserve | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        free_of: Callable[[Path], int] = free_bytes_of,
    ) -> None:
        """Without folders nothing is watched and there is always room."""
        self._folders = list(folders)
        self._snapshots = snapshots
        self._reserve = reserve or Reserve()
        self._clock = clock
        self._free_of = free_of
        self._due_s = self._snapshot_due_s = float("-inf")
        self._snapshot_bytes = 0
        self._notes: deque[_Note] = deque(maxlen=_NOTES)
        self._free_bytes: int | None = None
        self._fullest: Path | None = None
        self._unreadable: set[Path] = set()
        #: Whether the venue takes nothing new.
        self.is_short = False

    def next_due_s(self) -> float | None:
        """When ``look`` has something to do, by the monotonic clock; None: never."""
        return max(self._due_s, 0.0) if self._folders else None

    def look(self) -> bool:
        """Look at the disks if it is time; whether that changed ``is_short``."""
        now_s = self._clock()
        if not self._folders or now_s < self._due_s:
            return False
        self._due_s = now_s + LOOK_EVERY_S
        self._measure()
        if self._free_bytes is None:
            return False
        self._note(now_s, self._free_bytes)
        needed = self.reserve_bytes
        if self.is_short:
            needed = needed * BACK_AT_PERCENT // 100
        was_short, self.is_short = self.is_short, self._free_bytes < needed
        if self.is_short != was_short:
            self._tell()
        return self.is_short != was_short

    @property
    def reserve_bytes(self) -> int:
        """Below so many free bytes there is no room."""
        return self._reserve.bytes_with(self._snapshot_bytes)

    def status(self) -> dict[str, Any]:
        """For the engine's status; empty where nothing is watched."""
        if self._free_bytes is None:
            return {}
        hours = self.hours_left()
        return {
            "free_bytes": self._free_bytes,
            "reserve_bytes": self.reserve_bytes,
            "folder": str(self._fullest),
            **({} if hours is None else {"hours_left": round(hours, 1)}),
        }

    def hours_left(self) -> float | None:
        """Hours until the reserve is reached if the disk goes on filling as in the last hour; None where it
        does not fill, or less than a minute has been seen."""
        if len(self._notes) < 2:
            return None
        first, last = self._notes[0], self._notes[-1]
        filled, span_s = first.free_bytes - last.free_bytes, last.at_s - first.at_s
        if filled <= 0 or span_s <= 0:
            return None
        return max(0, last.free_bytes - self.reserve_bytes) / (filled / span_s) / 3_600

    def _measure(self) -> None:
        """The least of what is free, of the folders that can be looked at."""
        found = []
        for folder in self._folders:
            try:
                found.append((self._free_of(folder), folder))
                self._unreadable.discard(folder)
            except OSError as error:
                # A write there will say the same, and stop the engine.
                if folder not in self._unreadable:
                    log.error("disk_unreadable", folder=str(folder), reason=str(error))
                self._unreadable.add(folder)
        if found:
            self._free_bytes, self._fullest = min(found)
        if self._clock() >= self._snapshot_due_s:
            self._snapshot_due_s = self._clock() + _SNAPSHOT_EVERY_S
            self._snapshot_bytes = _largest_file(self._snapshots)

    def _note(self, now_s: float, free_bytes: int) -> None:
        if not self._notes or now_s - self._notes[-1].at_s >= _NOTE_EVERY_S:
            self._notes.append(_Note(now_s, free_bytes))

    def _tell(self) -> None:
        fields = {
            "folder": str(self._fullest),
            "free_bytes": self._free_bytes,
            "reserve_bytes": self.reserve_bytes,
        }
        if self.is_short:
            log.critical("venue_cancel_only", **fields)
        else:
            log.warning("venue_trading_again", **fields)


def _largest_file(folder: Path | None) -> int:
    """Size of the largest file of a folder; 0 for none."""
    if folder is None:
        return 0
    try:
        with os.scandir(folder) as entries:
            return max((entry.stat().st_size for entry in entries if entry.is_file()), default=0)
    except OSError:
        return 0
