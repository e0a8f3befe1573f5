"""Copying a journal that is being written, and cutting a copy at a sequence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from exchange.journal.archive import bring_back
from exchange.journal.codec import encode_commands
from exchange.journal.errors import JournalDamaged
from exchange.journal.file_journal import LOCK_NAME
from exchange.journal.files import OS_FILES
from exchange.journal.reader import JournalReader
from exchange.journal.records import Record, encode_record
from exchange.journal.segments import (
    ARCHIVE_NAME,
    ARCHIVED_SUFFIX,
    SegmentName,
    archived_path,
    journal_bytes,
    list_all_segments,
    write_head,
)
from exchange.journal.snapshots import list_snapshots
from exchange.telemetry.progress import step
from ops.backup.errors import BackupError, TargetNotEmpty


def is_in_use(journal: Path) -> bool:
    """Whether an engine holds the journal now."""
    try:
        OS_FILES.close(OS_FILES.lock(journal / LOCK_NAME))
    except BlockingIOError:
        return True
    return False


def copy_journal(journal: Path, target: Path, durable_sequence: int | None) -> None:
    """Copy all that is durable: up to the engine's ``durable_sequence``, or (None, when no engine
    writes) all there is. The copy ends with its last whole record. Raises JournalError."""
    target.mkdir()
    (target / ARCHIVE_NAME).mkdir()
    ends: dict[str, int] = {}
    with step("reading the journal", lambda: journal_bytes(OS_FILES, journal)) as advance:
        for record, path in _records(journal, durable_sequence):
            ends[_plain(path)] = record.end
            advance(record.end - record.offset)
    last = None
    with step("copying the journal", len(ends), "segments") as advance:
        for name in list_all_segments(OS_FILES, journal):
            if (end := ends.get(_plain(name.path))) is None:
                break
            _copy_segment(name, target, end)
            last = name
            advance(1)
    if last is not None:
        write_head(OS_FILES, target, last.number)


def _plain(path: Path) -> str:
    """A segment's name, archived or not."""
    return path.name.removesuffix(ARCHIVED_SUFFIX)


def copy_snapshots(snapshots: Path, target: Path) -> None:
    """Copy every snapshot there is; those pruned meanwhile are passed over."""
    target.mkdir()
    for _, path in list_snapshots(snapshots):
        try:
            shutil.copyfile(path, target / path.name)
        except FileNotFoundError:
            continue


def put_back(source: Path, target: Path) -> None:
    """Copy a folder of the backup to an empty or missing one. Raises TargetNotEmpty."""
    if target.is_dir() and any(path.name != LOCK_NAME for path in target.iterdir()):
        raise TargetNotEmpty(f"{target} is not empty. Nothing was changed; move it away first")
    target.mkdir(parents=True, exist_ok=True)

    def copy(source_file: str, target_file: str) -> None:
        shutil.copyfile(source_file, target_file)
        advance(os.path.getsize(target_file))

    with step(f"putting back the {source.name}", lambda: _tree_bytes(source)) as advance:
        shutil.copytree(source, target, copy_function=copy, dirs_exist_ok=True)


def _tree_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def cut_after(journal: Path, snapshots: Path, sequence: int) -> None:
    """Make ``sequence`` the last of a journal at rest: what comes after is gone, from snapshots too.
    Raises BackupError if the journal does not reach that far, JournalError if it is damaged."""
    place = None
    _bring_back_from(journal, sequence)
    for record, path in _records(journal, None):
        if record.command_count and record.last_sequence >= sequence:
            place = (record, path)
            break
    if place is None:
        raise BackupError(f"{journal} ends before sequence {sequence}")
    record, path = place
    if record.first_sequence > sequence:
        raise BackupError(f"{journal} begins at sequence {record.first_sequence}, after {sequence}")
    _end_with(path, record, sequence)
    for name in list_all_segments(OS_FILES, journal):
        if _plain(name.path) > path.name:
            name.path.unlink()
        elif name.path == path:
            write_head(OS_FILES, journal, name.number)
    for taken_at, snapshot in list_snapshots(snapshots):
        if taken_at > sequence:
            snapshot.unlink()
    OS_FILES.sync_dir(snapshots)
    OS_FILES.sync_dir(journal)


def _bring_back_from(journal: Path, sequence: int) -> None:
    """Put archived segments that hold ``sequence`` or come after it back among the others: one of them will
    be the last. Newest first, so that at no time there is a gap."""
    for name in reversed(list_all_segments(OS_FILES, journal)):
        if name.is_archived:
            bring_back(OS_FILES, name)
        if name.first_sequence <= sequence:
            break


def _records(journal: Path, durable_sequence: int | None) -> Iterator[tuple[Record, Path]]:
    names = list_all_segments(OS_FILES, journal)
    after = names[0].first_sequence - 1 if names else 0
    with closing(JournalReader(journal, after)) as reader:
        while True:
            record = reader.next() if durable_sequence is None else reader.next_durable(durable_sequence)
            if record is None:
                _check_end(reader, durable_sequence)
                return
            # A record without commands is handed out with the segment it stands in; so is a batch.
            yield record, reader.place[0]


def _check_end(reader: JournalReader, durable_sequence: int | None) -> None:
    """JournalDamaged if there ought to be more."""
    if durable_sequence is None:
        reader.end()
    elif reader.next_sequence <= durable_sequence:
        raise JournalDamaged(*reader.place, f"no valid record, though {durable_sequence} is durable")


def _copy_segment(name: SegmentName, folder: Path, end: int) -> None:
    """The segment's bytes up to ``end``, zeros after that, in its full size. An archived one, all of which
    was durable when it was archived, as it is."""
    if not name.is_archived:
        try:
            _copy_until(name.path, folder / name.path.name, end)
            return
        except FileNotFoundError:
            # Archived since its name was read.
            name = name._replace(path=archived_path(name.path))
    shutil.copyfile(name.path, folder / ARCHIVE_NAME / name.path.name)


def _copy_until(path: Path, target: Path, end: int) -> None:
    with path.open("rb") as source, target.open("xb") as copy:
        left = end
        while left and (chunk := source.read(min(left, 1 << 20))):
            copy.write(chunk)
            left -= len(chunk)
        copy.truncate(os.fstat(source.fileno()).st_size)


def _end_with(path: Path, record: Record, sequence: int) -> None:
    """Let the segment end with the part of ``record`` up to ``sequence``; zeros follow."""
    kept = record.commands()[: sequence - record.first_sequence + 1]
    data = encode_record(
        record.kind,
        shard=record.shard,
        epoch=record.epoch,
        first_sequence=record.first_sequence,
        command_count=len(kept),
        now_ns=record.now_ns,
        durable_sequence=record.durable_sequence,
        event_hash=record.event_hash,
        payload=encode_commands(kept),
    )
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(record.offset)
        file.write(data)
        file.truncate()
        file.truncate(size)
        file.flush()
        os.fsync(file.fileno())
