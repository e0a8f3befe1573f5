"""Reading a journal from a sequence on, while an engine may be writing it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from exchange.journal.errors import JournalDamaged, JournalGap
from exchange.journal.files import OS_FILES, Files
from exchange.journal.records import SEGMENT_BYTES, Record
from exchange.journal.segments import (
    Segment,
    SegmentName,
    journal_bytes,
    list_all_segments,
    list_segments,
    open_segment,
)


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
    """Hands out the records after ``after_sequence`` in order; None where the journal ends so far.

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
        #: The last sequence that the records read so far state to be durable.
        self.stated_sequence = 0

    @property
    def next_sequence(self) -> int:
        """First sequence of the next batch."""
        return self._next_sequence

    @property
    def place(self) -> tuple[Path, int]:
        """File and offset of the next record."""
        return (self._segment.path if self._segment else self._folder, self._offset)

    def bytes_ahead(self) -> int:
        """About how many bytes there are to read from where it was asked to begin."""
        return journal_bytes(self._files, self._folder, self._after)

    def close(self) -> None:
        if self._segment:
            self._segment.close()
            self._segment = None

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def forget_read_ahead(self) -> None:
        """To be called after hearing what is durable: only what is read after that is what was meant."""
        if self._segment:
            self._segment.forget()

    def next(self) -> Record | None:
        """The next record (batch, seal or open), or None if there is none yet."""
        return self._next(None)

    def next_durable(self, told_sequence: int) -> Record | None:
        """``next``, but None until the record is durable: by the sequence that the engine has published
        (``told_sequence``), or by a later record. Until then it is not kept, for it may yet be lost."""
        return self._next(told_sequence)

    def _next(self, told_sequence: int | None) -> Record | None:
        while (record := self._peek()) is not None:
            if told_sequence is not None and not self._is_durable(record, told_sequence):
                return None
            self._advance(record)
            if not record.command_count or record.first_sequence > self._after:
                return record
            if record.last_sequence > self._after:
                raise JournalGap(
                    f"sequence {self._after} is inside a batch of {self._folder}: not a position"
                )
        return None

    def _peek(self) -> Record | None:
        """The record at the present place, which may be the start of the next segment."""
        segment = self._segment or self._open_first()
        while segment is not None:
            record = segment.record_at(self._offset)
            if record is not None:
                return record
            segment = self._roll(segment)
        return None

    def _is_durable(self, record: Record, told_sequence: int) -> bool:
        if not record.command_count or record.last_sequence <= max(told_sequence, self.stated_sequence):
            return True
        segment = self._segment
        assert segment is not None, "a record was read from it"
        following = segment.record_at(record.end)
        if following is not None:
            return following.durable_sequence >= record.last_sequence
        # A new segment is begun only once all before it is durable.
        return self._following(segment) is not None

    def _advance(self, record: Record) -> None:
        self._check(record)
        self._offset = record.end
        self._next_sequence = record.first_sequence + record.command_count
        self._epoch = record.epoch
        self._last = record
        self.stated_sequence = max(self.stated_sequence, record.durable_sequence)

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
        if names[0].first_sequence > self._after + 1:
            names = list_all_segments(self._files, self._folder)
        fitting = [name for name in names if name.first_sequence <= self._after + 1]
        if not fitting:
            raise JournalGap(
                f"{self._folder} begins at sequence {names[0].first_sequence}, but {self._after + 1} is "
                "needed: bring back older segments to its archive, or a newer snapshot"
            )
        # Several begin at the same sequence when the earlier ones hold no later command.
        return self._enter(next(name for name in names if name.first_sequence == fitting[-1].first_sequence))

    def _enter(self, name: SegmentName) -> Segment:
        segment = open_segment(self._files, name)
        if segment.header.epoch < self._epoch:
            segment.close()
            raise JournalDamaged(segment.path, 0, f"epoch {segment.header.epoch} after epoch {self._epoch}")
        # A segment may have been begun and have no record yet.
        self._epoch = segment.header.epoch
        self.close()
        self._segment = segment
        self._offset = SEGMENT_BYTES
        self._next_sequence = name.first_sequence
        return segment

    def _following(self, segment: Segment) -> SegmentName | None:
        number = segment.header.number + 1
        names = list_segments(self._files, self._folder)
        if names and names[0].number > number:
            names = list_all_segments(self._files, self._folder)
        return next((name for name in names if name.number == number), None)

    def _roll(self, segment: Segment) -> Segment | None:
        """At a place without a valid record: the segment to go on in, None if there is none yet."""
        following = self._following(segment)
        if following is None:
            return None
        if segment.record_at(self._offset):
            # Written while we looked for the next segment.
            return segment
        if following.first_sequence != self._next_sequence or segment.torn_bytes(self._offset):
            raise JournalDamaged(
                *self.place,
                f"no valid record for sequence {self._next_sequence}, but {following.path.name} follows",
            )
        return self._enter(following)

    def end(self) -> JournalEnd:
        """Call when ``next`` gave None: where the journal ends. JournalDamaged if what is there is more
        than an unfinished write."""
        if self._segment is None:
            return JournalEnd(None, 0, 0, self._next_sequence, self._epoch, 0, None)
        torn = self._segment.torn_bytes(self._offset)
        name, size = self._segment.name, self._segment.header.size
        return JournalEnd(name, size, self._offset, self._next_sequence, self._epoch, torn, self._last)
