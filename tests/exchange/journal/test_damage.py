"""Damage is found or it lies in what was never stated durable; nothing acknowledged disappears quietly."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from exchange.journal.errors import JournalDamaged, JournalError, JournalGap
from exchange.journal.records import SEGMENT_BYTES, Position
from exchange.journal.recovery import recover, recover_fully
from exchange.journal.tools import repair, verify
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import NOW_NS, market, orders, take

#: Segments of the short journals: little more than what is written to them.
SHORT = 2_048


def write_short(folders: Folders, *, sealed: bool) -> tuple[list[Position], list[int]]:
    """A few batches in one segment: the position after each, and the offset where each record ends."""
    sequencer = folders.open(segment_bytes=SHORT)
    positions, ends = [sequencer.position], [sequencer.journal._offset]
    flow = orders()
    for batch in (market()[:3], market()[3:5], take(flow, 2), take(flow, 1)):
        sequencer.submit(batch)
        positions.append(sequencer.position)
        ends.append(sequencer.journal._offset)
    if sealed:
        sequencer.close()
    else:
        sequencer.journal.close()
    assert len(folders.segments()) == 1
    return positions, ends


def outcome(folders: Folders) -> Position | None:
    """Where recovery gets to; None if it refuses."""
    try:
        return recover(folders.journal, folders.snapshots)[1]
    except JournalError as error:
        assert str(folders.journal) in str(error)
        return None


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)


def test_every_flipped_bit_is_found_or_was_never_vouched_for(folders: Folders) -> None:
    positions, ends = write_short(folders, sealed=False)
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    for bit in range((ends[-1] + 8) * 8):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        segment.write_bytes(damaged)
        got = outcome(folders)
        if bit // 8 < ends[-2]:
            assert got is None, f"bit {bit} of a vouched-for record went unnoticed"
        else:
            # The last batch is the only one nothing vouches for: cut whole, or untouched.
            assert got == (positions[-2] if bit // 8 < ends[-1] else positions[-1]), f"bit {bit}"


def test_a_seal_vouches_for_the_last_batch(folders: Folders) -> None:
    positions, ends = write_short(folders, sealed=True)
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    for offset in range(ends[-1]):
        damaged = bytearray(whole)
        damaged[offset] ^= 0xFF
        segment.write_bytes(damaged)
        assert outcome(folders) is None, f"byte {offset}"
    damaged = bytearray(whole)
    damaged[ends[-1] + 20] ^= 0xFF
    segment.write_bytes(damaged)
    assert outcome(folders) == positions[-1]


def test_a_file_shortened_at_any_byte_is_refused(folders: Folders) -> None:
    write_short(folders, sealed=False)
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    for length in range(len(whole)):
        segment.write_bytes(whole[:length])
        assert outcome(folders) is None, f"{length} bytes"
    segment.write_bytes(whole + b"\0")
    assert outcome(folders) is None


def test_a_write_torn_at_any_byte_leaves_no_half_batch(folders: Folders) -> None:
    positions, ends = write_short(folders, sealed=False)
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    for kept in range(ends[-2], ends[-1]):
        segment.write_bytes(whole[:kept] + bytes(len(whole) - kept))
        expected = positions[-1] if whole[kept : ends[-1]].count(0) == ends[-1] - kept else positions[-2]
        assert outcome(folders) == expected, f"{kept} bytes kept"


def test_a_torn_tail_is_cut_and_said(folders: Folders, caplog: pytest.LogCaptureFixture) -> None:
    positions, ends = write_short(folders, sealed=False)
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    segment.write_bytes(whole[: ends[-1] - 5] + bytes(len(whole) - ends[-1] + 5))
    with folders.open(segment_bytes=SHORT) as sequencer:
        assert sequencer.position == positions[-2]
        assert f"'offset': {ends[-2]}" in caplog.text and str(segment) in caplog.text
        sequencer.submit(take(orders(2), 3))
        position = sequencer.position
    assert outcome(folders) == position


def test_a_reordered_doubled_or_missing_segment_is_refused(folders: Folders) -> None:
    flow = orders()
    with folders.open(segment_bytes=SHORT) as sequencer:
        sequencer.submit(market())
        for _ in range(30):
            sequencer.submit(take(flow, 5))
        position = sequencer.position
    segments = folders.segments()
    assert len(segments) > 4
    assert outcome(folders) == position
    first, second, third = segments[1:4]
    # swapped contents
    aside = folders.root / "aside"
    swap(second, third, aside)
    assert outcome(folders) is None
    swap(second, third, aside)
    # doubled
    double = second.with_name(second.name.replace(second.name[:8], f"{len(segments) + 1:08d}"))
    shutil.copy(second, double)
    assert outcome(folders) is None
    double.unlink()
    # missing, in the middle and at the start
    for missing in (first, segments[0]):
        missing.rename(aside)
        assert outcome(folders) is None
        aside.rename(missing)
    assert outcome(folders) == position


def swap(one: Path, other: Path, aside: Path) -> None:
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def test_swapped_records_are_refused(folders: Folders) -> None:
    _, ends = write_short(folders, sealed=True)
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    a, b, c = ends[0], ends[1], ends[2]
    segment.write_bytes(whole[:a] + whole[b:c] + whole[a:b] + whole[c:])
    assert outcome(folders) is None


def test_a_journal_that_ends_before_a_snapshot_is_refused(folders: Folders) -> None:
    from exchange.journal.snapshots import write_snapshot

    with folders.open() as sequencer:
        sequencer.submit(market())
        write_snapshot(folders.snapshots, sequencer.engine, sequencer.position.event_hash)
    for segment in folders.segments():
        segment.unlink()
    (folders.journal / "head").unlink()
    with pytest.raises(JournalGap, match="lost durable records"):
        recover(folders.journal, folders.snapshots)


def test_damage_changes_nothing_and_names_the_way_out(folders: Folders) -> None:
    _, ends = write_short(folders, sealed=True)
    segment = folders.segments()[0]
    damaged = bytearray(segment.read_bytes())
    damaged[ends[1] + 30] ^= 1
    segment.write_bytes(damaged)
    with pytest.raises(JournalDamaged) as caught:
        folders.open(segment_bytes=SHORT)
    assert caught.value.path == segment and caught.value.offset == ends[1]
    assert "journal repair" in str(caught.value)
    assert segment.read_bytes() == damaged
    # The lock was let go.
    with pytest.raises(JournalDamaged):
        folders.open(segment_bytes=SHORT)


def test_verify_sees_all_damage_and_repair_cuts_only_when_forced(folders: Folders) -> None:
    positions, ends = write_short(folders, sealed=True)
    assert verify(folders.journal).problems == []
    segment = folders.segments()[0]
    whole = segment.read_bytes()
    damaged = bytearray(whole)
    damaged[ends[1] + 30] ^= 1
    segment.write_bytes(damaged)
    report = verify(folders.journal)
    assert any(f"bytes {ends[1]} to {ends[2]}" in problem for problem in report.problems)
    with pytest.raises(JournalDamaged):
        repair(folders.journal, folders.snapshots)
    assert segment.read_bytes() == damaged
    done = repair(folders.journal, folders.snapshots, force=True)
    assert any(f"at offset {ends[1]}" in line for line in done)
    assert verify(folders.journal).problems == []
    assert outcome(folders) == positions[1]
    kept = next((folders.journal / "cut").iterdir()).read_bytes()
    assert kept == bytes(damaged[ends[1] :]).rstrip(b"\0")
    with folders.open(segment_bytes=SHORT) as sequencer:
        assert sequencer.position == positions[1]


def test_repair_without_force_cuts_a_torn_tail(folders: Folders) -> None:
    positions, ends = write_short(folders, sealed=False)
    segment = folders.segments()[0]
    whole = bytearray(segment.read_bytes())
    whole[ends[-1] - 3] ^= 1
    segment.write_bytes(whole)
    assert verify(folders.journal).torn_bytes > 0
    assert any("never acknowledged" in line for line in repair(folders.journal, folders.snapshots))
    assert repair(folders.journal, folders.snapshots) == []
    assert outcome(folders) == positions[-2]


@pytest.mark.parametrize("length", [0, 10, SEGMENT_BYTES, 500, 1_000])
def test_forced_repair_of_a_shortened_file(folders: Folders, length: int) -> None:
    positions, _ = write_short(folders, sealed=True)
    segment = folders.segments()[0]
    segment.write_bytes(segment.read_bytes()[:length])
    assert repair(folders.journal, folders.snapshots, force=True)
    assert outcome(folders) in positions
    with folders.open(segment_bytes=SHORT, clock=lambda: NOW_NS) as sequencer:
        sequencer.submit(market())


def test_recovery_tells_what_it_took(folders: Folders) -> None:
    write_short(folders, sealed=True)
    recovery = recover_fully(folders.journal, folders.snapshots)
    assert recovery.commands == 9 and recovery.snapshot_sequence == 0 and recovery.seconds > 0
