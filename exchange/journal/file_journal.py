"""Writing the journal: the only thing that decides what is true."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from exchange.engine.messages import Command
from exchange.journal.codec import encode, encode_commands
from exchange.journal.errors import JournalError, JournalLocked, JournalWriteFailed
from exchange.journal.files import OS_FILES, Files
from exchange.journal.reader import JournalEnd
from exchange.journal.records import (
    BATCH,
    FORMAT_VERSION,
    LABELED_VERSION,
    OPEN,
    SEAL,
    SEGMENT_BYTES,
    SegmentHeader,
    encode_record,
    encode_segment_header,
    labeled_payload,
)
from exchange.journal.segments import (
    UNFINISHED_SUFFIX,
    SegmentName,
    read_head,
    segment_path,
    write_head,
)
from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

DEFAULT_SEGMENT_BYTES: Final = 64 * 1024 * 1024
LOCK_NAME: Final = "lock"
#: So many bytes become written blocks at a time: some ten thousand commands.
_BLOCKS_BYTES: Final = 1024 * 1024


class FileJournal:
    """A journal in a folder of segment files, held by one engine at a time.

    Making one takes the lock (JournalLocked if another engine has it). After recovery ``begin`` sets
    where to go on and starts a new epoch. The first failed write or sync is final: JournalWriteFailed
    then and ever after, for what the disk holds is unknown until the next start.
    """

    def __init__(
        self,
        path: Path,
        *,
        files: Files = OS_FILES,
        segment_bytes: int = DEFAULT_SEGMENT_BYTES,
        shard: int = 0,
    ) -> None:
        self.path = path
        self.files = files
        self.epoch = 0
        #: The last sequence that is on the disk.
        self.durable_sequence = 0
        self._segment_bytes = segment_bytes
        self._shard = shard
        self._file = -1
        self._number = 0
        self._offset = 0
        self._size = 0
        #: Up to here blocks have been written since this journal was opened.
        self._written = 0
        self._sealed = False
        self._failure: OSError | None = None
        files.make_dir(path)
        try:
            self._lock = files.lock(path / LOCK_NAME)
        except BlockingIOError:
            raise JournalLocked(path / LOCK_NAME) from None

    def begin(self, end: JournalEnd, event_hash: bytes) -> None:
        """Go on where recovery found the end, in a new epoch. ``event_hash`` is the rolling hash there."""
        self.epoch = end.epoch + 1
        self.durable_sequence = end.next_sequence - 1
        try:
            self._remove_unfinished()
            if end.segment is not None:
                self._resume(end.segment, end)
        except OSError as error:
            raise self._fail(error) from error
        self._write(OPEN, 0, 0, event_hash, b"")

    def append(
        self,
        first_sequence: int,
        now_ns: int,
        commands: Sequence[Command],
        event_hash: bytes,
        labels: Sequence[str] = (),
    ) -> None:
        """Make a batch durable. ``event_hash`` is the rolling hash before it; ``labels``: that of each
        command, or nothing where none has one. Raises JournalWriteFailed."""
        if first_sequence != self.durable_sequence + 1:
            raise JournalError(
                f"batch begins at {first_sequence}, the journal ends at {self.durable_sequence}"
            )
        payload = encode_commands(commands)
        if labels:
            payload = labeled_payload(payload, encode(labels))
        self._write(BATCH, len(commands), now_ns, event_hash, payload, is_labeled=bool(labels))
        self.durable_sequence += len(commands)

    def seal(self, event_hash: bytes) -> None:
        """State that all so far is durable, so that none of it can pass for an unfinished write."""
        if not self._sealed:
            self._write(SEAL, 0, 0, event_hash, b"")

    def close(self) -> None:
        """Release the files and the lock."""
        if self._file >= 0:
            self.files.close(self._file)
            self._file = -1
        if self._lock >= 0:
            self.files.close(self._lock)
            self._lock = -1

    def _write(
        self,
        kind: int,
        command_count: int,
        now_ns: int,
        event_hash: bytes,
        payload: bytes,
        *,
        is_labeled: bool = False,
    ) -> None:
        if self._failure is not None:
            raise JournalWriteFailed(f"the journal failed earlier: {self._failure}") from self._failure
        record = encode_record(
            kind,
            shard=self._shard,
            epoch=self.epoch,
            first_sequence=self.durable_sequence + 1,
            command_count=command_count,
            now_ns=now_ns,
            durable_sequence=self.durable_sequence,
            event_hash=event_hash,
            payload=payload,
            format_version=LABELED_VERSION if is_labeled else FORMAT_VERSION,
        )
        try:
            if self._offset + len(record) > self._size:
                self._new_segment(len(record), event_hash)
            self.files.write(self._file, self._with_fresh_blocks(record), self._offset)
            self.files.sync_data(self._file)
        except OSError as error:
            raise self._fail(error) from error
        self._offset += len(record)
        self._sealed = kind != BATCH

    def _with_fresh_blocks(self, record: bytes) -> bytes:
        """The record, and zeros behind it now and then, where zeros are anyway.

        The first write to a block that was only reserved changes the file's extents, and syncing those waits
        for whatever else is in the file system's own journal, other programs' files too. So that this is not
        every write's lot, blocks are taken many at a time."""
        end = self._offset + len(record)
        if end <= self._written:
            return record
        self._written = min(end + _BLOCKS_BYTES, self._size)
        return record.ljust(self._written - self._offset, b"\0")

    def _fail(self, error: OSError) -> JournalWriteFailed:
        self._failure = error
        return JournalWriteFailed(
            f"writing {self.path} failed: {error}; nothing after sequence {self.durable_sequence} holds"
        )

    def _remove_unfinished(self) -> None:
        """Segments that were being prepared when an engine died never held anything."""
        for name in self.files.names(self.path):
            if name.endswith(UNFINISHED_SUFFIX):
                self.files.remove(self.path / name)

    def _resume(self, segment: SegmentName, end: JournalEnd) -> None:
        self._file = self.files.open(segment.path, writable=True)
        self._number = segment.number
        self._offset = end.offset
        self._size = end.size
        if end.torn_bytes:
            log.warning(
                "unfinished_write_cut",
                segment=str(segment.path),
                bytes=end.torn_bytes,
                offset=end.offset,
                after_sequence=end.next_sequence - 1,
            )
            self.files.write(self._file, bytes(end.torn_bytes), end.offset)
        if end.last is not None:
            # After a failed sync the page cache may hold what the disk does not, and call it clean.
            # Written again it is dirty again, and the sync below is a sync.
            last = self.files.read(self._file, end.last.end - end.last.offset, end.last.offset)
            self.files.write(self._file, last, end.last.offset)
        self.files.sync_data(self._file)
        # An engine killed between naming a segment and syncing the folder left a name the disk may not have.
        self.files.sync_dir(self.path)
        if read_head(self.files, self.path) < segment.number:
            write_head(self.files, self.path, segment.number)

    def _new_segment(self, record_bytes: int, event_hash: bytes) -> None:
        """Prepare the next segment beside, and give it its name once it is whole on the disk."""
        number = self._number + 1
        first_sequence = self.durable_sequence + 1
        size = max(self._segment_bytes, SEGMENT_BYTES + record_bytes)
        path = segment_path(self.path, number, first_sequence)
        unfinished = path.with_name(path.name + UNFINISHED_SUFFIX)
        header = SegmentHeader(self._shard, number, self.epoch, first_sequence, size, event_hash)
        file = self.files.create(unfinished)
        self.files.allocate(file, size)
        self.files.write(file, encode_segment_header(header), 0)
        self.files.sync(file)
        self.files.name_durably(unfinished, path)
        write_head(self.files, self.path, number)
        if self._file >= 0:
            self.files.close(self._file)
        self._file, self._number, self._offset, self._size = file, number, SEGMENT_BYTES, size
        self._written = SEGMENT_BYTES
        log.info("segment_begun", segment=path.name, bytes=size)
