"""What operators do with a journal at rest: verify it, export it, repair it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from exchange.journal.archive import bring_back
from exchange.journal.codec import DECODE_ERRORS
from exchange.journal.errors import JournalDamaged, JournalLocked
from exchange.journal.file_journal import LOCK_NAME
from exchange.journal.files import OS_FILES, Files
from exchange.journal.reader import JournalEnd, JournalReader
from exchange.journal.records import (
    BATCH,
    RECORD_MAGIC,
    SEGMENT_BYTES,
    Record,
    decode_record,
    decode_segment_header,
)
from exchange.journal.segments import (
    HEAD_NAME,
    SegmentName,
    check_head,
    list_all_segments,
    list_archived,
    list_segments,
    open_segment,
    read_head,
    used_length,
    write_head,
)
from exchange.journal.snapshots import list_snapshots, read_snapshot
from exchange.telemetry.progress import step
from exchange.telemetry.request_ids import request_id_in

#: Folder beside the segments that repair moves to what it cuts.
CUT_NAME: Final = "cut"


@dataclass(slots=True)
class Report:
    """What ``verify`` saw. The journal is whole when ``problems`` is empty."""

    segments: int = 0
    #: How many of them are archived.
    archived: int = 0
    records: int = 0
    commands: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    epoch: int = 0
    stated_sequence: int = 0
    #: An unfinished write at the very end: not damage, the next engine start cuts it.
    torn_bytes: int = 0
    problems: list[str] = field(default_factory=list)


def verify(path: Path, snapshot_dir: Path | None = None, *, files: Files = OS_FILES) -> Report:
    """Read every byte of the journal (and snapshots) and report all damage. Changes nothing."""
    report = Report()
    try:
        names = list_all_segments(files, path)
    except JournalDamaged as error:
        report.problems.append(str(error))
        return report
    report.problems += _stranded(files, path, names)
    try:
        check_head(files, path)
    except JournalDamaged as error:
        report.problems.append(str(error))
    with step("reading the journal", len(names), "segments") as advance:
        for name in names:
            _verify_segment(files, name, report, is_last=name is names[-1])
            advance(1)
    if snapshot_dir is not None:
        for sequence, snapshot in list_snapshots(snapshot_dir, files=files):
            if read_snapshot(snapshot, files=files) is None:
                report.problems.append(f"{snapshot}: not a whole snapshot; an older one will be used")
            if sequence > report.last_sequence:
                report.problems.append(f"{snapshot}: the journal ends before it, at {report.last_sequence}")
    return report


def _stranded(files: Files, path: Path, names: list[SegmentName]) -> Iterator[str]:
    """Archived segments that no reader reaches, because some after them are missing."""
    oldest = names[0].number if names else 0
    for name in list_archived(files, path):
        if name.number < oldest:
            yield f"{name.path}: the segments between it and number {oldest} are missing"


def _verify_segment(files: Files, name: SegmentName, report: Report, *, is_last: bool) -> None:
    report.segments += 1
    report.archived += name.is_archived
    try:
        segment = open_segment(files, name)
    except JournalDamaged as error:
        report.problems.append(str(error))
        return
    try:
        data = segment.read(0, segment.header.size)
    finally:
        segment.close()
    if report.segments == 1:
        report.first_sequence = segment.header.first_sequence
        report.last_sequence = segment.header.first_sequence - 1
    offset, used = SEGMENT_BYTES, used_length(data)
    while offset < used:
        record = decode_record(data, offset, offset)
        if record is None:
            following = _next_valid(data, offset, used)
            _report_bad_bytes(report, name.path, offset, following, used, is_last=is_last)
            offset = used if following is None else following
            continue
        _verify_record(report, name.path, record)
        offset = record.end


def _next_valid(data: bytes, offset: int, used: int) -> int | None:
    """Where the next valid record after ``offset`` begins."""
    at = data.find(RECORD_MAGIC, offset + 1, used)
    while at >= 0:
        if decode_record(data, at, at) is not None:
            return at
        at = data.find(RECORD_MAGIC, at + 1, used)
    return None


def _report_bad_bytes(
    report: Report, path: Path, offset: int, following: int | None, used: int, *, is_last: bool
) -> None:
    if following is None and is_last:
        report.torn_bytes = used - offset
    else:
        end = used if following is None else following
        report.problems.append(f"{path}: bytes {offset} to {end} hold no valid record")


def _verify_record(report: Report, path: Path, record: Record) -> None:
    problem = ""
    if record.first_sequence != report.last_sequence + 1:
        problem = f"sequence {record.first_sequence} where {report.last_sequence + 1} was due"
    elif record.epoch < report.epoch:
        problem = f"epoch {record.epoch} after epoch {report.epoch}"
    elif record.kind == BATCH and not _decodes(record):
        problem = "its commands cannot be decoded"
    if problem:
        report.problems.append(f"{path} at offset {record.offset}: {problem}")
    report.records += 1
    report.commands += record.command_count
    report.last_sequence = record.last_sequence
    report.epoch = record.epoch
    report.stated_sequence = max(report.stated_sequence, record.durable_sequence)


def _decodes(record: Record) -> bool:
    try:
        return len(record.commands()) == record.command_count and len(record.labels()) in (
            0,
            record.command_count,
        )
    except DECODE_ERRORS:
        return False


def export(
    path: Path, *, after_sequence: int | None = None, files: Files = OS_FILES
) -> Iterator[dict[str, Any]]:
    """Every command after a sequence (default: from the oldest kept one), with sequence, time and epoch."""
    names = list_all_segments(files, path)
    after = 0 if after_sequence is None else after_sequence
    # From the start of a segment, for the sequence asked for may lie inside a batch.
    fitting = [name.first_sequence - 1 for name in names if name.first_sequence <= after + 1]
    oldest = names[0].first_sequence - 1 if names else 0
    with (
        JournalReader(path, fitting[-1] if fitting else oldest, files) as reader,
        step("exporting the journal", reader.bytes_ahead) as advance,
    ):
        while (record := reader.next()) is not None:
            for row in _rows(record):
                if row["sequence"] > after:
                    yield row
            advance(record.end - record.offset)


def _rows(record: Record) -> Iterator[dict[str, Any]]:
    commands = record.commands() if record.command_count else []
    labels = record.labels() or [""] * len(commands)
    for sequence, (command, label) in enumerate(zip(commands, labels, strict=True), record.first_sequence):
        row = {"sequence": sequence, "now_ns": record.now_ns, "epoch": record.epoch, "command": command}
        if label:
            row["request_id"] = request_id_in(label)
        yield row


def find(path: Path, request_id: str, *, files: Files = OS_FILES) -> Iterator[dict[str, Any]]:
    """The rows of ``export`` for the commands of one request, of the kept segments and the archived ones."""
    looked_for = request_id.encode()
    names = list_all_segments(files, path)
    reader = JournalReader(path, names[0].first_sequence - 1 if names else 0, files)
    try:
        while (record := reader.next()) is not None:
            # Most records are of others: their commands are not decoded.
            if looked_for in record.payload:
                yield from (row for row in _rows(record) if row.get("request_id") == request_id)
    finally:
        reader.close()


def repair(path: Path, snapshot_dir: Path, *, force: bool = False, files: Files = OS_FILES) -> list[str]:
    """Cut an unfinished write at the end; with ``force`` also everything from the first damage on, which
    gives up commands that were acknowledged. What is cut is kept in the folder ``cut``. Returns what was
    done, in words. Raises JournalLocked while an engine runs, and JournalDamaged without ``force``."""
    try:
        lock = files.lock(path / LOCK_NAME)
    except BlockingIOError:
        raise JournalLocked(path / LOCK_NAME) from None
    done: list[str] = []
    try:
        while True:
            try:
                if force:
                    done += _bring_back_newest(path, files)
                end = _walk(path, files)
                break
            except JournalDamaged as damage:
                if not force:
                    raise
                done += _cut_from(path, damage, files)
        done += _cut_torn(path, end, files)
        done += _mend_head(path, files, force=force)
        if force:
            done += _set_aside_snapshots(path, snapshot_dir, end.next_sequence - 1, files)
    finally:
        files.close(lock)
    return done


def _walk(path: Path, files: Files) -> JournalEnd:
    """Read the whole journal; where it ends. Raises JournalDamaged."""
    names = list_segments(files, path)
    with (
        JournalReader(path, names[0].first_sequence - 1 if names else 0, files) as reader,
        step("reading the journal", reader.bytes_ahead) as advance,
    ):
        while (record := reader.next()) is not None:
            advance(record.end - record.offset)
        return reader.end()


def _mend_head(path: Path, files: Files, *, force: bool) -> list[str]:
    """Make the head name the last segment there is."""
    try:
        check_head(files, path)
    except JournalDamaged:
        names = list_segments(files, path)
        is_unreadable = not _is_head_readable(path, files)
        if not force and not is_unreadable:
            raise
        last = names[-1].number if names else 0
        write_head(files, path, last)
        return [f"{path / HEAD_NAME}: the last segment is {last} now"]
    return []


def _is_head_readable(path: Path, files: Files) -> bool:
    try:
        read_head(files, path)
    except JournalDamaged:
        return False
    return True


def _cut_from(path: Path, damage: JournalDamaged, files: Files) -> list[str]:
    """Set aside everything from the damage on."""
    file = files.open(damage.path, writable=True)
    try:
        header = decode_segment_header(files.read(file, SEGMENT_BYTES, 0))
        if header is not None and files.size(file) != header.size:
            # What was lost of the file reads as zeros now; the next look says where that leaves us.
            size = files.size(file)
            files.resize(file, header.size)
            files.allocate(file, header.size)
            files.sync(file)
            return [f"{damage.path}: brought from {size} to its {header.size} bytes"]
        if damage.offset >= SEGMENT_BYTES:
            done = _cut_bytes(path, damage, file, files)
            return done + _set_aside_segments(path, damage.path, files, inclusive=False)
    finally:
        files.close(file)
    return _set_aside_segments(path, damage.path, files, inclusive=True)


def _cut_bytes(path: Path, damage: JournalDamaged, file: int, files: Files) -> list[str]:
    rest = files.read(file, files.size(file) - damage.offset, damage.offset)
    rest = rest[: used_length(rest)]
    if not rest:
        return []
    kept = _keep(path, f"{damage.path.name}.from-{damage.offset}", rest, files)
    files.write(file, bytes(len(rest)), damage.offset)
    files.sync(file)
    return [
        f"{damage.path}: cut {len(rest)} bytes at offset {damage.offset} ({damage.reason}); kept as {kept}"
    ]


def _cut_torn(path: Path, end: JournalEnd, files: Files) -> list[str]:
    if end.segment is None or not end.torn_bytes:
        return []
    file = files.open(end.segment.path, writable=True)
    try:
        reason = f"an unfinished write after sequence {end.next_sequence - 1}, never acknowledged"
        return _cut_bytes(path, JournalDamaged(end.segment.path, end.offset, reason), file, files)
    finally:
        files.close(file)


def _keep(path: Path, name: str, data: bytes, files: Files) -> Path:
    """Store cut bytes in the cut folder, durable before they are cut."""
    folder = path / CUT_NAME
    files.make_dir(folder)
    taken = files.names(folder)
    number = next(number for number in range(len(taken) + 1) if f"{name}.{number}" not in taken)
    target = folder / f"{name}.{number}"
    file = files.create(target)
    try:
        files.write(file, data, 0)
        files.sync(file)
    finally:
        files.close(file)
    files.sync_dir(folder)
    return target


def _set_aside_segments(path: Path, first: Path, files: Files, *, inclusive: bool) -> list[str]:
    """Move the segments after ``first`` (and itself) to the cut folder."""
    names = [name for name in files.names(path) if name.endswith(".segment")]
    chosen = [name for name in names if name > first.name or (inclusive and name == first.name)]
    return [_move(path / name, path / CUT_NAME, files) for name in chosen]


def _bring_back_newest(path: Path, files: Files) -> list[str]:
    """A journal all of whose segments were set aside goes on in the newest archived one."""
    archived = list_archived(files, path)
    if list_segments(files, path) or not archived:
        return []
    return [f"{archived[-1].path}: brought back as {bring_back(files, archived[-1])}"]


def _set_aside_snapshots(path: Path, snapshot_dir: Path, last_sequence: int, files: Files) -> list[str]:
    """A snapshot beyond the end belongs to what was given up."""
    return [
        _move(snapshot, path / CUT_NAME, files)
        for sequence, snapshot in list_snapshots(snapshot_dir, files=files)
        if sequence > last_sequence
    ]


def _move(source: Path, folder: Path, files: Files) -> str:
    files.make_dir(folder)
    files.rename(source, folder / source.name)
    files.sync_dir(folder)
    files.sync_dir(source.parent)
    return f"{source}: moved to {folder}"
