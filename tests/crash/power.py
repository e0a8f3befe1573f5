"""A power cut of a real engine: what its syncs made durable is kept aside, and the rest is taken away.

``kill -9`` cannot show a missing sync, since the page cache survives it. An unruly engine notes each sync
(``Kept.note``); at a cut the harness puts what was kept in the place of each segment (``Kept.cut``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from exchange.journal.files import Files
from tests.crash.canaries import Through

#: How often an engine that is broken so syncs, whatever it has acknowledged since.
SELDOM_S: Final = 1.0


class Kept:
    """The synced contents of files, by their number in the file system, in a folder that outlives the
    engine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def note(self, file: int) -> None:
        """The open file is on the disk as it is now."""
        unfinished = self._folder / f"{os.getpid()}.new"
        content = os.pread(file, os.fstat(file).st_size, 0)
        unfinished.write_bytes(content)
        # An engine that is killed amid this has not acknowledged either.
        unfinished.rename(self._place(os.fstat(file).st_ino))

    def cut(self, journal: Path) -> int:
        """Take from each segment what was not synced; how many bytes that were. The engine must be dead. A
        segment has its name only once it was synced."""
        lost = 0
        for path in journal.glob("*.segment"):
            kept, found = self._place(path.stat().st_ino).read_bytes(), path.read_bytes()
            lost += sum(here != there for here, there in zip(kept, found, strict=False))
            path.write_bytes(kept)
        return lost

    def _place(self, number: int) -> Path:
        return self._folder / str(number)


class NotingFiles(Through):
    """Notes every sync once it is done."""

    def __init__(self, files: Files, kept: Kept) -> None:
        super().__init__(files)
        self._kept = kept

    def sync_data(self, file: int) -> None:
        self._files.sync_data(file)
        self._kept.note(file)

    def sync(self, file: int) -> None:
        self._files.sync(file)
        self._kept.note(file)
