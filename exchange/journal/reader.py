"""Reading a journal from a sequence on, while an engine may be writing it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from exchange.journal.errors import JournalDamaged, JournalGap
from exchange.journal.files import OS_FILES, Files
from exchange.journal.records import SEGMENT_BYTES, Record
from exchange.journal.segments import Segment, SegmentName, list_segments


class JournalEnd(NamedTuple):
    """Where a journal ends, as a writer needs it."""

    segment: SegmentName | None
    size: int
    offset: int
    next_sequence: int
    epoch: int
    #: Bytes an unfinished write left at ``offset``.
    torn_bytes: int
    #: The last record, which nothing after it vouches for.
    last: Record | None


class JournalReader:
    """Hands out the records after ``after_sequence`` in order; None where the journal ends (for now).

    Every record's checksum, order and epoch is checked on the way. Raises JournalDamaged, or JournalGap
    if the journal does not hold the place to start from.
    """

    def __init__(self, path: Path, after_sequence: int = 0, files: Files = OS_FILES) -> None:
        self._files = files
        self._folder = path
        self._segment: Segment | None = None
        self._offset = SEGMENT_BYTES
        self._next_sequence = 1
        self._epoch = 0
        self._last: Record | None = None
        self._after = after_sequence

    @property
    def next_sequence(self) -> int:
        """First sequence of the next batch."""
        return self._next_sequence

    @property
    def place(self) -> tuple[Path, int]:
        """File and offset of the next record."""
        return (self._segment.path if self._segment else self._folder, self._offset)

    def close(self) -> None:
        if self._segment:
            self._segment.close()
            self._segment = None

    def next(self) -> Record | None:
        """The next record (batch, seal or open), or None if there is none yet."""
        record = self._read()
        while record is not None and record.last_sequence <= self._after and record.command_count:
            record = self._read()
        if record is not None and record.command_count and record.first_sequence <= self._after:
            raise JournalGap(f"sequence {self._after} is inside a batch of {self._folder}: not a position")
        return record

    def peek(self) -> Record | None:
        """The record after the last one handed out, without going on to it; only in the same segment or
        at the start of the next."""
        segment = self._segment
        if segment is None:
            return None
        if record := segment.record_at(self._offset):
            return record
        following = self._following(segment)
        return None if following is None else _first_record(self._files, following)

    def _read(self) -> Record | None:
        segment = self._segment or self._open_first()
        if segment is None:
            return None
        record = segment.record_at(self._offset)
        if record is None:
            return self._roll(segment)
        self._check(record)
        self._offset = record.end
        self._next_sequence = record.first_sequence + record.command_count
        self._epoch = record.epoch
        self._last = record
        return record

    def _check(self, record: Record) -> None:
        problem = ""
        if record.first_sequence != self._next_sequence:
            problem = f"sequence {record.first_sequence} where {self._next_sequence} was due"
        elif record.epoch < self._epoch:
            problem = f"epoch {record.epoch} after epoch {self._epoch}"
        elif record.durable_sequence >= record.first_sequence:
            problem = f"states {record.durable_sequence} durable before it was written"
        if problem:
            raise JournalDamaged(*self.place, problem)

    def _open_first(self) -> Segment | None:
        """Open the segment that holds the record after ``after_sequence``."""
        names = list_segments(self._files, self._folder)
        if not names:
            return None
        fitting = [name for name in names if name.first_sequence <= self._after + 1]
        if not fitting:
            raise JournalGap(
                f"{self._folder} begins at sequence {names[0].first_sequence}, but {self._after + 1} is needed: "
                "bring back the archived segments or a newer snapshot"
            )
        # Several begin at the same sequence when the earlier ones hold no later command.
        return self._enter(next(name for name in names if name.first_sequence == fitting[-1].first_sequence))

    def _enter(self, name: SegmentName) -> Segment:
        segment = Segment(self._files, name)
        self.close()
        self._segment = segment
        self._offset = SEGMENT_BYTES
        self._next_sequence = name.first_sequence
        return segment

    def _following(self, segment: Segment) -> SegmentName | None:
        for name in list_segments(self._files, self._folder):
            if name.number == segment.header.number + 1:
                return name
        return None

    def _roll(self, segment: Segment) -> Record | None:
        """At a place without a valid record: go on to the next segment, if this one is finished."""
        following = self._following(segment)
        if following is None:
            return None
        if segment.record_at(self._offset):
            # Written while we looked for the next segment.
            return self._read()
        if following.first_sequence != self._next_sequence or segment.torn_bytes(self._offset):
            raise JournalDamaged(
                *self.place,
                f"no valid record for sequence {self._next_sequence}, but {following.path.name} follows",
            )
        self._enter(following)
        return self._read()

    def end(self) -> JournalEnd:
        """Call when ``next`` gave None: where the journal ends. JournalDamaged if what is there is more
        than an unfinished write."""
        if self._segment is None:
            return JournalEnd(None, 0, 0, self._next_sequence, self._epoch, 0, None)
        torn = self._segment.torn_bytes(self._offset)
        name, size = self._segment.name, self._segment.header.size
        return JournalEnd(name, size, self._offset, self._next_sequence, self._epoch, torn, self._last)


def _first_record(files: Files, name: SegmentName) -> Record | None:
    segment = Segment(files, name)
    try:
        return segment.record_at(SEGMENT_BYTES)
    finally:
        segment.close()
