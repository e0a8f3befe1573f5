"""The journal broken on purpose. A harness that lets one of these pass proves nothing.

``CRASH_CANARY=<name> python -m tests.crash`` runs with one of them and must fail.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from exchange.journal.files import Files
from exchange.journal.records import BATCH, decode_record
from exchange.link.follower import Follower


class Through(Files):
    """Passes everything on."""

    def __init__(self, files: Files) -> None:
        self._files = files
        for name in vars(Files):
            # What is made of other operations is made of this one's.
            if name in ("make_dir", "write", "name_durably"):
                continue
            if not name.startswith("_") and name not in vars(type(self)):
                setattr(self, name, getattr(files, name))


class SkipsSync(Through):
    """Acknowledges every third batch without having synced it."""

    _count = 0

    def sync_data(self, file: int) -> None:
        self._count += 1
        if self._count % 3:
            self._files.sync_data(file)


class SkipsFolderSync(Through):
    """Never syncs a folder: segments are whole, their names are not durable."""

    def sync_dir(self, path: Path) -> None:
        pass


class DropsRecord(Through):
    """Forgets to write a batch now and then."""

    _count = 0

    def write(self, file: int, data: bytes, offset: int) -> None:
        record = decode_record(data, 0, 0)
        if record is not None and record.kind == BATCH:
            self._count += 1
            if self._count % 7 == 0:
                return
        self._files.write(file, data, offset)


class SkipsParentSync(Through):
    """Makes folders and leaves their names to the cache."""

    def make_dir(self, path: Path) -> None:
        for each in reversed([each for each in (path, *path.parents) if not self._files.is_dir(each)]):
            self._files.add_dir(each)


class WritesShort(Through):
    """Takes a write that was cut short for a whole one."""

    def write(self, file: int, data: bytes, offset: int) -> None:
        self._files.write_some(file, data, offset)


class RemovesTooEarly(Through):
    """Archives without syncing the archive: the segment goes while its copy may not be on the disk."""

    def sync(self, file: int) -> None:
        pass


class ReadsTooFar(Follower):
    """Takes what is written for what is durable."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._reader.next_durable = lambda _told: self._reader.next()  # type: ignore[method-assign]


#: name -> what ``World`` is made with
CANARIES: dict[str, dict[str, Callable[..., Any]]] = {
    "skip-sync": {"canary": SkipsSync},
    "skip-folder-sync": {"canary": SkipsFolderSync},
    "drop-record": {"canary": DropsRecord},
    "write-short": {"canary": WritesShort},
    "remove-too-early": {"archive_canary": RemovesTooEarly},
    "skip-archive-folder-sync": {"archive_canary": SkipsFolderSync},
    "read-too-far": {"make_follower": ReadsTooFar},
}
