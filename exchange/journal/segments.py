"""Segment files: their names, reading one, and the head: which segment is the last.

A segment that no start needs any more may have been moved to the folder ``archive`` beside the others,
compressed (``archive.py``). Readers find it there by themselves.

The file ``head`` has the number of the last segment in use: without it no reader would notice that the last
file of a journal is missing. A segment gets its name first and is entered there then, so the head may be
behind after a crash, never ahead.
"""

from __future__ import annotations

import re
import zlib
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import google_crc32c

from exchange.journal.errors import JournalDamaged
from exchange.journal.files import Files
from exchange.journal.records import (
    RECORD_BYTES,
    RECORD_MAGIC,
    SEGMENT_BYTES,
    Record,
    SegmentHeader,
    decode_record,
    decode_segment_header,
    payload_length,
)

#: Read ahead this much at a time.
_CHUNK_BYTES: Final = 256 * 1024

_ZEROS: Final = bytes(64 * 1024)

HEAD_NAME: Final = "head"
#: Folder beside the segments that old ones are moved to.
ARCHIVE_NAME: Final = "archive"
ARCHIVED_SUFFIX: Final = ".gz"
#: zlib's number for the format of gzip, so that an operator can look inside with zcat.
GZIP: Final = 16 + zlib.MAX_WBITS
#: Suffix of a file that is being prepared; worthless after a crash.
UNFINISHED_SUFFIX: Final = ".new"

_NAME: Final = re.compile(r"(\d{8})-(\d{20})\.segment")


class SegmentName(NamedTuple):
    """The content of a segment's file name. Numbers count up by one without a gap."""

    number: int
    first_sequence: int
    path: Path

    @property
    def is_archived(self) -> bool:
        return self.path.suffix == ARCHIVED_SUFFIX


def segment_path(folder: Path, number: int, first_sequence: int) -> Path:
    return folder / f"{number:08d}-{first_sequence:020d}.segment"


def archived_path(path: Path) -> Path:
    """Where a segment is once it has been archived."""
    return path.parent / ARCHIVE_NAME / (path.name + ARCHIVED_SUFFIX)


def list_segments(files: Files, folder: Path) -> list[SegmentName]:
    """The segments of a journal but the archived ones, oldest first. JournalDamaged if one between is missing
    or doubled."""
    found = _named(files, folder, "")
    for before, after in pairwise(found):
        if after.number != before.number + 1 or after.first_sequence < before.first_sequence:
            raise JournalDamaged(
                after.path, 0, f"it does not follow {before.path.name}: segment missing or doubled"
            )
    return found


def list_archived(files: Files, folder: Path) -> list[SegmentName]:
    """The archived segments of a journal, oldest first, whatever is missing among them."""
    return _named(files, folder / ARCHIVE_NAME, ARCHIVED_SUFFIX)


def list_all_segments(files: Files, folder: Path) -> list[SegmentName]:
    """Archived segments and then the others, without a gap: what of the archive does not lead up to them
    is left out. One that is in both places (its archiving was cut short) counts as not archived."""
    found = list_segments(files, folder)[::-1]
    for name in reversed(list_archived(files, folder)):
        if found and name.number < found[-1].number:
            if name.number != found[-1].number - 1 or name.first_sequence > found[-1].first_sequence:
                break
            found.append(name)
    return found[::-1]


def _named(files: Files, folder: Path, suffix: str) -> list[SegmentName]:
    found = []
    for name in files.names(folder):
        if name.endswith(suffix) and (match := _NAME.fullmatch(name.removesuffix(suffix))):
            found.append(SegmentName(int(match[1]), int(match[2]), folder / name))
    return found


def write_head(files: Files, folder: Path, number: int) -> None:
    """State that segment ``number`` is in use. Durable on return."""
    path = folder / HEAD_NAME
    unfinished = folder / (HEAD_NAME + UNFINISHED_SUFFIX)
    if unfinished.name in files.names(folder):
        files.remove(unfinished)
    file = files.create(unfinished)
    try:
        files.write(file, _encode_head(number), 0)
        files.sync(file)
    finally:
        files.close(file)
    files.rename(unfinished, path)
    files.sync_dir(folder)


def read_head(files: Files, folder: Path) -> int:
    """Number of the last segment put to use; 0 for a journal without a head (a new one, or one that no
    engine has opened since heads are written). JournalDamaged if the file is not as written."""
    path = folder / HEAD_NAME
    if path.name not in files.names(folder):
        return 0
    file = files.open(path)
    try:
        data = files.read(file, files.size(file), 0)
    finally:
        files.close(file)
    number = int(data[:8]) if data[:8].isdigit() else 0
    if data != _encode_head(number):
        raise JournalDamaged(path, 0, "the head is not as written")
    return number


def _encode_head(number: int) -> bytes:
    digits = f"{number:08d}".encode()
    return digits + f" {google_crc32c.value(digits):08x}\n".encode()


def check_head(files: Files, folder: Path) -> None:
    """JournalDamaged if the journal's last segments are missing."""
    head = read_head(files, folder)
    names = list_segments(files, folder)
    last = names[-1].number if names else 0
    if last < head:
        raise JournalDamaged(
            folder, 0, f"segments up to number {head} were in use, the last one here is {last}"
        )


class Segment:
    """One segment file, open for reading; a writer may be appending to it meanwhile."""

    def __init__(self, files: Files, name: SegmentName) -> None:
        self._files = files
        self.name = name
        self.path = name.path
        self._open()
        try:
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise
        self._chunk = b""
        self._chunk_offset = 0

    def _open(self) -> None:
        self._file = self._files.open(self.path)

    def _size(self) -> int:
        return self._files.size(self._file)

    def _read_header(self) -> SegmentHeader:
        header = decode_segment_header(self.read(0, SEGMENT_BYTES))
        if header is None:
            raise JournalDamaged(self.path, 0, "no valid segment header of this format version")
        if (header.number, header.first_sequence) != self.name[:2]:
            raise JournalDamaged(self.path, 0, f"its header is that of segment {header.number}")
        size = self._size()
        if size != header.size:
            raise JournalDamaged(
                self.path,
                min(size, header.size),
                f"the file has {size} bytes where {header.size} were allocated",
            )
        return header

    def close(self) -> None:
        self._files.close(self._file)

    def record_at(self, offset: int) -> Record | None:
        """The record at ``offset``; None if there is no whole valid one (now)."""
        start = offset - self._chunk_offset
        if 0 <= start < len(self._chunk):
            record = decode_record(self._chunk, start, offset)
            if record is not None:
                return record
        return self._fresh_record_at(offset)

    def forget(self) -> None:
        """Read from the file again: what was read ahead may never have become durable."""
        self._chunk = b""

    def _fresh_record_at(self, offset: int) -> Record | None:
        self._load(offset, _CHUNK_BYTES)
        length = payload_length(self._chunk[:RECORD_BYTES])
        if length is None or offset + RECORD_BYTES + length > self.header.size:
            return None
        if RECORD_BYTES + length > len(self._chunk):
            self._load(offset, RECORD_BYTES + length)
        return decode_record(self._chunk, 0, offset)

    def _load(self, offset: int, size: int) -> None:
        self._chunk = self.read(offset, size)
        self._chunk_offset = offset

    def read(self, offset: int, size: int) -> bytes:
        return self._files.read(self._file, size, offset)

    def torn_bytes(self, offset: int) -> int:
        """How many bytes from ``offset``, where no valid record stands, an unfinished write left behind;
        0 if all is zeros. JournalDamaged if a valid record follows: then this was durable once."""
        rest = self.read(offset, self.header.size - offset)
        length = used_length(rest)
        at = rest.find(RECORD_MAGIC, 1, length)
        while at >= 0:
            if decode_record(rest, at, offset + at):
                raise JournalDamaged(
                    self.path, offset, f"no valid record here, but one follows at offset {offset + at}"
                )
            at = rest.find(RECORD_MAGIC, at + 1, length)
        return length


class ArchivedSegment(Segment):
    """One that was archived, in memory as it was. Offsets are those of the segment, not of its file."""

    def _open(self) -> None:
        self._content = unpack(self._files, self.path)

    def _size(self) -> int:
        return len(self._content)

    def close(self) -> None:
        self._content = b""

    def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


def open_segment(files: Files, name: SegmentName) -> Segment:
    """The segment, wherever it is now. Raises JournalDamaged."""
    if not name.is_archived:
        try:
            return Segment(files, name)
        except FileNotFoundError:
            # Archived since its name was read.
            name = name._replace(path=archived_path(name.path))
    return ArchivedSegment(files, name)


def unpack(files: Files, path: Path) -> bytes:
    """An archived segment's bytes as they were. JournalDamaged if they cannot be had."""
    file = files.open(path)
    try:
        packed = files.read(file, files.size(file), 0)
    finally:
        files.close(file)
    unpacker = zlib.decompressobj(GZIP)
    try:
        content = unpacker.decompress(packed)
    except zlib.error as error:
        raise JournalDamaged(path, 0, f"it cannot be decompressed: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise JournalDamaged(path, 0, "its compressed bytes are not whole")
    return content


def journal_bytes(files: Files, folder: Path, after_sequence: int = 0) -> int:
    """About how many bytes a reader goes through that begins after a sequence, for showing how far it is."""
    names = list_all_segments(files, folder)
    count = sum(name.first_sequence > after_sequence + 1 for name in names)
    wanted = names[max(0, len(names) - count - 1) :]
    return sum(_record_bytes(files, name) for name in wanted[:-1]) + (
        _used_bytes(files, wanted[-1]) if wanted else 0
    )


def _record_bytes(files: Files, name: SegmentName) -> int:
    """What a full segment holds."""
    file = files.open(name.path)
    try:
        size = files.size(file)
        if name.is_archived and size >= 4:
            # The end of a gzip file is the size of what it holds (RFC 1952, ISIZE).
            size = int.from_bytes(files.read(file, 4, size - 4), "little")
    finally:
        files.close(file)
    return max(0, size - SEGMENT_BYTES)


def _used_bytes(files: Files, name: SegmentName) -> int:
    """What the last segment holds so far."""
    segment = open_segment(files, name)
    try:
        return max(0, used_length(segment.read(0, segment.header.size)) - SEGMENT_BYTES)
    finally:
        segment.close()


def used_length(data: bytes) -> int:
    """Length without the zeros at the end. Compares whole blocks first: a segment is mostly zeros."""
    end = len(data)
    while end >= len(_ZEROS) and data[end - len(_ZEROS) : end] == _ZEROS:
        end -= len(_ZEROS)
    block = data[max(0, end - len(_ZEROS)) : end]
    return end - len(block) + len(block.rstrip(b"\0"))
