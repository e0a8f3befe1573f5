"""Damage to a journal of several segments with snapshots: refused by name, or made good to the last bit.

``tests/exchange/journal/test_damage.py`` goes through every bit and byte of one short segment. Here are the
things that need more than one: snapshots, segment names, records of another place or another journal.
"""

from __future__ import annotations

import logging
import random
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from exchange.journal.archive import Archiver
from exchange.journal.errors import JournalError
from exchange.journal.records import SEGMENT_BYTES, Position, Record, decode_record
from exchange.journal.recovery import recover
from exchange.journal.snapshots import list_snapshots, read_snapshot, write_snapshot
from exchange.journal.tools import repair, verify
from exchange.node.sequencer import open_sequencer
from tests.crash.script import START_NS
from tests.marketdata.traffic import Traffic, opening

#: Segments that hold some ten records.
SHORT = 3_072


class Site:
    """An exchange at rest: five segments or more, three snapshots, sealed."""

    def __init__(self, root: Path, label: int = 1) -> None:
        """``label``: part of every command id, and the only difference between two sites."""
        self.journal, self.snapshots = root / "journal", root / "snapshots"
        traffic = Traffic(1)
        traffic._seed = label
        with open_sequencer(
            self.journal, self.snapshots, clock=lambda: START_NS, segment_bytes=SHORT
        ) as sequencer:
            sequencer.submit(opening())
            for number in range(56):
                sequencer.submit(traffic.take(4))
                if number % 20 == 15:
                    write_snapshot(self.snapshots, sequencer.engine, sequencer.position.event_hash)
            self.position = sequencer.position
            self.state_hash = sequencer.engine.state_hash()

    def segments(self) -> list[Path]:
        return sorted(self.journal.glob("*.segment"))

    def snapshot_files(self) -> list[Path]:
        return [path for _, path in reversed(list_snapshots(self.snapshots))]

    def refusal(self, *, without_snapshots: bool = False) -> str:
        """Why it does not start; empty if it starts as it was. Anything else fails here."""
        try:
            engine, position = recover(self.journal, None if without_snapshots else self.snapshots)
        except JournalError as error:
            return str(error)
        assert position == self.position
        assert engine.state_hash() == self.state_hash
        return ""


@pytest.fixture
def site(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Site:
    caplog.set_level(logging.WARNING)
    site = Site(tmp_path)
    assert len(site.segments()) >= 5
    assert site.refusal() == ""
    return site


def records(data: bytes) -> list[Record]:
    """The records of a segment."""
    found, offset = [], SEGMENT_BYTES
    while (record := decode_record(data, offset, offset)) is not None:
        found.append(record)
        offset = record.end
    return found


def names_the_way_out(refusal: str, *files: Path) -> bool:
    """It names one of the files, where in it, and what to do."""
    return any(str(file) in refusal for file in files) and (
        "at offset" in refusal and ("journal repair" in refusal or "run the version" in refusal)
    )


def test_any_flipped_bit_of_any_segment(site: Site) -> None:
    """Everything in a sealed journal is vouched for: each flip is refused, naming file and offset."""
    luck = random.Random(2)
    for segment in site.segments():
        whole = segment.read_bytes()
        used = records(whole)[-1].end
        for _ in range(60):
            at, bit = luck.randrange(used), luck.randrange(8)
            segment.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            if segment == site.segments()[-1] and at >= records(whole)[-1].offset:
                continue
            refusal = site.refusal(without_snapshots=True)
            assert names_the_way_out(refusal, segment), f"{segment.name} byte {at} bit {bit}: {refusal}"
        segment.write_bytes(whole)


def test_records_swapped_doubled_or_dropped(site: Site) -> None:
    """Valid records in another place."""
    segment = site.segments()[1]
    whole = segment.read_bytes()
    found = records(whole)
    for one, other in pairwise(found):
        for middle in (
            whole[other.offset : other.end] + whole[one.offset : one.end],
            whole[one.offset : one.end] * 2,
            whole[other.offset : other.end],
        ):
            segment.write_bytes(
                (whole[: one.offset] + middle + whole[other.end :]).ljust(SHORT, b"\0")[:SHORT]
            )
            assert names_the_way_out(site.refusal(without_snapshots=True), segment, site.segments()[2])


def test_a_record_of_another_journal(site: Site, tmp_path: Path) -> None:
    """Same sequence, epoch, length and a right checksum, but other commands: the event hashes tell."""
    other = Site(tmp_path / "other", label=2)
    for mine, theirs in zip(site.segments()[1:], other.segments()[1:], strict=True):
        whole, foreign = mine.read_bytes(), theirs.read_bytes()
        for record in records(whole):
            part = slice(record.offset, record.end)
            mine.write_bytes(whole[: record.offset] + foreign[part] + whole[record.end :])
            refusal = site.refusal(without_snapshots=True)
            assert names_the_way_out(refusal, *site.segments()), f"{mine.name} {record.offset}: {refusal}"
        mine.write_bytes(whole)


def test_segments_doubled_renamed_or_missing(site: Site, tmp_path: Path) -> None:
    segments = site.segments()
    for number, segment in enumerate(segments):
        copies = [
            segment.with_name(f"{len(segments) + 1:08d}{segment.name[8:]}"),
            segment.with_name(f"{number + 1:08d}-{10**6:020d}.segment"),
        ]
        for copy in copies:
            shutil.copy(segment, copy)
            assert names_the_way_out(site.refusal(without_snapshots=True), copy, *segments), copy
            copy.unlink()
        aside = tmp_path / "aside"
        segment.rename(aside)
        refusal = site.refusal(without_snapshots=True)
        assert refusal, f"segment {number} of {len(segments)} is missing and nobody noticed"
        if number:
            assert names_the_way_out(refusal, site.journal)
        else:
            assert "bring back older segments to its archive" in refusal
        aside.rename(segment)
    assert site.refusal() == ""


def test_the_head_damaged_or_lost(site: Site) -> None:
    """The head is a witness: damaged it is refused and repaired, without it the journal still starts."""
    head = site.journal / "head"
    whole = head.read_bytes()
    for at in range(len(whole)):
        for bit in range(8):
            head.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            assert names_the_way_out(site.refusal(), head)
        head.write_bytes(whole[:at])
        assert names_the_way_out(site.refusal(), head)
    assert any("the head is not as written" in problem for problem in verify(site.journal).problems)
    assert repair(site.journal, site.snapshots)
    assert head.read_bytes() == whole
    head.unlink()
    assert site.refusal() == ""
    site.segments()[-1].unlink()
    head.write_bytes(whole)
    with pytest.raises(JournalError):
        repair(site.journal, site.snapshots)
    assert repair(site.journal, site.snapshots, force=True)
    assert verify(site.journal).problems == []


def damaged(path: Path) -> Iterator[str]:
    """The file in every state of damage worth telling apart; whole again at the end."""
    whole, luck = path.read_bytes(), random.Random(3)
    for length in (*range(130), *range(130, len(whole), 97)):
        path.write_bytes(whole[:length])
        yield f"cut to {length} bytes"
    for at in (*range(100), *(luck.randrange(len(whole)) for _ in range(60))):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << luck.randrange(8)]) + whole[at + 1 :])
        yield f"a bit of byte {at} flipped"
    path.write_bytes(whole + b"\0")
    yield "a byte too long"
    path.write_bytes(whole)


def test_a_damaged_snapshot_is_said_and_passed_over(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    newest = site.snapshot_files()[-1]
    for number, what in enumerate(damaged(newest)):
        assert read_snapshot(newest) is None, what
        if number % 25:
            continue
        caplog.clear()
        assert site.refusal() == "", what
        assert "snapshot_damaged" in caplog.text and str(newest) in caplog.text, what
    for path in site.snapshot_files():
        path.write_bytes(b"")
    assert site.refusal() == ""


def test_snapshots_swapped_or_renamed(site: Site) -> None:
    """A whole snapshot under another's name is not believed."""
    first, second = site.snapshot_files()[:2]
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    site.snapshot_files()[-1].write_bytes(b"")
    assert site.refusal() == ""


def test_a_snapshot_of_another_journal_is_refused(site: Site, tmp_path: Path) -> None:
    other = Site(tmp_path / "other", label=2)
    for mine, theirs in zip(site.snapshot_files(), other.snapshot_files(), strict=True):
        shutil.copy(theirs, mine)
    assert names_the_way_out(site.refusal(), *site.segments())


def test_no_whole_snapshot_and_the_old_segments_archived(site: Site, tmp_path: Path) -> None:
    """It starts from the archive. Without that it says which sequence is needed and what to bring back."""
    archiver = Archiver(site.journal, keep=1)
    archiver.allow(list_snapshots(site.snapshots)[0][0])
    assert archiver.run()
    for path in site.snapshot_files():
        path.write_bytes(path.read_bytes()[:-1])
    assert site.refusal() == ""
    (site.journal / "archive").rename(tmp_path / "elsewhere")
    refusal = site.refusal()
    assert "bring back older segments to its archive, or a newer snapshot" in refusal
    assert str(site.journal) in refusal
    (tmp_path / "elsewhere").rename(site.journal / "archive")
    assert site.refusal() == ""


def test_repair_gives_up_no_more_than_it_must(site: Site) -> None:
    """Damage in the middle: forced repair keeps every batch before it, and an engine goes on from there."""
    segment = site.segments()[2]
    whole = segment.read_bytes()
    hit = records(whole)[3]
    segment.write_bytes(whole[: hit.offset + 20] + b"\xff" + whole[hit.offset + 21 :])
    done = repair(site.journal, site.snapshots, force=True)
    assert any(f"at offset {hit.offset}" in line for line in done)
    assert verify(site.journal, site.snapshots).problems == []
    with open_sequencer(site.journal, site.snapshots, clock=lambda: START_NS) as sequencer:
        assert sequencer.position.sequence == hit.first_sequence - 1
        assert sequencer.engine.check() == []
        sequencer.submit(Traffic(9).take(10))
        position: Position = sequencer.position
    assert recover(site.journal, None)[1] == position
