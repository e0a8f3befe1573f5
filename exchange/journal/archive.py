"""Old segments made small: compressed into the folder ``archive`` of the journal, compared, and let go of.

A follower does this, never the engine, and only with segments that lie behind it and behind a snapshot that
is kept: a start from there reads none of them. A reader that needs them (a replay from the very start, a
restore to an early sequence, a follower left far behind) finds them in the archive by itself. No segment is
ever deleted.

Each segment, oldest first: its compressed copy is written beside, synced, read back and compared, renamed,
and the archive's folder synced; only then is the segment removed, and the journal's folder synced before the
next one. So at every moment the segment is whole in one place or in both, and what is left never has a gap.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from exchange.journal.errors import JournalDamaged, JournalError
from exchange.journal.files import OS_FILES, Files
from exchange.journal.segments import (
    ARCHIVE_NAME,
    GZIP,
    UNFINISHED_SUFFIX,
    SegmentName,
    archived_path,
    list_segments,
    unpack,
)
from exchange.journal.snapshots import list_snapshots
from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

LOCK_NAME: Final = "lock"
#: Compressed at a time: some twenty milliseconds of work.
_CHUNK_BYTES: Final = 1 << 20
#: Commands compress well at the quickest level; the others cost several times the work for a few percent.
_LEVEL: Final = 1


def unneeded_sequence(snapshot_dir: Path, *, files: Files = OS_FILES) -> int:
    """Everything up to here lies behind every snapshot that is kept; 0 without one."""
    snapshots = list_snapshots(snapshot_dir, files=files)
    return snapshots[-1][0] if snapshots else 0


class Archiver:
    """Archives a journal's segments but for the ``keep`` newest ones (at least the one in use)."""

    def __init__(self, journal: Path, *, keep: int, files: Files = OS_FILES) -> None:
        assert keep >= 1, "the segment in use is never archived"
        self._journal = journal
        self._keep = keep
        self._files = files
        self._behind_sequence = 0
        self._job: Generator[None, None, None] | None = None
        #: How many segments this one has archived.
        self.count = 0

    def allow(self, behind_sequence: int) -> None:
        """Segments whose every command is at or behind this sequence may go, from the next ``work`` on."""
        self._behind_sequence = behind_sequence
        if self._job is None:
            self._job = self._archive_all()

    def work(self) -> bool:
        """Do a small piece of what is allowed; whether there may be more. What cannot be done is logged, and
        tried again when something is allowed next."""
        if self._job is None:
            return False
        try:
            next(self._job)
        except StopIteration:
            pass
        except BlockingIOError:
            log.info("archive_in_other_hands", journal=str(self._journal))
        except (OSError, JournalError) as error:
            log.error("archiving_failed", journal=str(self._journal), error=error)
        else:
            return True
        self._job = None
        return False

    def run(self) -> int:
        """All that is allowed, now; how many segments were archived. Raises OSError (BlockingIOError while
        another process archives) and JournalError."""
        before = self.count
        for _ in self._job or ():
            pass
        self._job = None
        return self.count - before

    def close(self) -> None:
        """Stop where it is; what was begun is finished by the next archiver."""
        if self._job is not None:
            self._job.close()
            self._job = None

    def _archive_all(self) -> Generator[None, None, None]:
        files, folder = self._files, self._journal / ARCHIVE_NAME
        if not self._due():
            return
        files.make_dir(folder)
        lock = files.lock(folder / LOCK_NAME)
        try:
            # An interrupted run may have left a removal that is not durable: none may overtake it.
            files.sync_dir(self._journal)
            while due := self._due():
                yield from self._archive(due[0])
        finally:
            files.close(lock)

    def _due(self) -> list[SegmentName]:
        names = list_segments(self._files, self._journal)
        following = names[1:]
        candidates = zip(names[: -self._keep], following, strict=False)
        return [name for name, after in candidates if after.first_sequence - 1 <= self._behind_sequence]

    def _archive(self, name: SegmentName) -> Iterator[None]:
        files, target = self._files, archived_path(name.path)
        is_there = target.name in files.names(target.parent) and self._holds(target, name)
        if not is_there:
            yield from self._compress(name, target)
        try:
            files.sync_dir(target.parent)
        except OSError:
            # The kernel may count the name as written now, whatever the disk has: it is made anew.
            with suppress(OSError):
                files.remove(target)
            raise
        yield
        files.remove(name.path)
        files.sync_dir(self._journal)
        self.count += 1
        log.info("segment_archived", segment=name.path.name)
        yield

    def _compress(self, name: SegmentName, target: Path) -> Iterator[None]:
        """Store the segment under its archived name. The name is durable after a sync of the folder."""
        files = self._files
        unfinished = target.with_name(target.name + UNFINISHED_SUFFIX)
        if unfinished.name in files.names(target.parent):
            files.remove(unfinished)
        copy = files.create(unfinished)
        try:
            end = 0
            for packed in _packed(files, name.path):
                files.write(copy, packed, end)
                end += len(packed)
                yield
            files.sync(copy)
        finally:
            files.close(copy)
        if not self._holds(unfinished, name):
            raise JournalDamaged(name.path, 0, f"it reads differently from its copy {unfinished}")
        files.rename(unfinished, target)

    def _holds(self, packed: Path, name: SegmentName) -> bool:
        """Whether an archived file is this segment, to the last byte."""
        file = self._files.open(name.path)
        try:
            content = self._files.read(file, self._files.size(file), 0)
        finally:
            self._files.close(file)
        try:
            return unpack(self._files, packed) == content
        except JournalDamaged:
            return False


def _packed(files: Files, path: Path) -> Iterator[bytes]:
    """The file compressed, piece by piece; a piece may be empty."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, GZIP)
    file = files.open(path)
    try:
        offset, size = 0, files.size(file)
        while offset < size:
            chunk = files.read(file, _CHUNK_BYTES, offset)
            offset += len(chunk)
            yield packer.compress(chunk)
        yield packer.flush()
    finally:
        files.close(file)


def bring_back(files: Files, name: SegmentName) -> Path:
    """Put an archived segment back among the others, and out of the archive. Durable on return."""
    folder = name.path.parent.parent
    path = folder / name.path.name.removesuffix(name.path.suffix)
    unfinished = path.with_name(path.name + UNFINISHED_SUFFIX)
    if unfinished.name in files.names(folder):
        files.remove(unfinished)
    file = files.create(unfinished)
    try:
        files.write(file, unpack(files, name.path), 0)
        files.sync(file)
    finally:
        files.close(file)
    files.rename(unfinished, path)
    files.sync_dir(folder)
    files.remove(name.path)
    files.sync_dir(name.path.parent)
    return path
