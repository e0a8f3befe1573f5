"""Snapshots: round trip, damage passed over, retention, recovery from snapshot and tail."""

from __future__ import annotations

import pytest

from exchange.journal.errors import JournalGap
from exchange.journal.recovery import recover, recover_fully
from exchange.journal.snapshots import list_snapshots, prune_snapshots, read_snapshot, write_snapshot
from exchange.journal.tools import archive_segments, export
from exchange.worker.sequencer import Sequencer
from tests.journal.conftest import Folders
from tests.journal.flow import NOW_NS, market, orders, take


def trade_with_snapshots(folders: Folders, batches: int = 12, every: int = 3) -> Sequencer:
    """A closed sequencer that traded a while and took snapshots."""
    flow = orders()
    with folders.open(segment_bytes=2_048) as sequencer:
        sequencer.submit(market())
        for number in range(batches):
            sequencer.submit(take(flow, 4))
            if number % every == 0:
                write_snapshot(folders.snapshots, sequencer.engine, sequencer.position.event_hash)
    return sequencer


def test_a_snapshot_is_the_whole_state(folders: Folders) -> None:
    with folders.open() as sequencer:
        sequencer.submit(market())
        sequencer.submit(take(orders(), 50))
        path = write_snapshot(folders.snapshots, sequencer.engine, sequencer.position.event_hash)
        snapshot = read_snapshot(path)
        assert snapshot is not None
        assert snapshot.position == sequencer.position
        assert snapshot.now_ns == NOW_NS
        assert snapshot.state_hash.hex() == sequencer.engine.state_hash()
        assert type(sequencer.engine).load(snapshot.body).state_hash() == sequencer.engine.state_hash()


def test_snapshot_and_tail_give_the_same_as_the_whole_journal(folders: Folders) -> None:
    sequencer = trade_with_snapshots(folders)
    recovery = recover_fully(folders.journal, folders.snapshots)
    whole, position = recover(folders.journal, None)
    assert recovery.snapshot_sequence > 0 and recovery.commands < position.sequence
    assert recovery.position == position == sequencer.position
    assert recovery.engine.state_hash() == whole.state_hash() == sequencer.engine.state_hash()
    assert not whole.check()


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_snapshot_is_passed_over(folders: Folders, damage: str) -> None:
    sequencer = trade_with_snapshots(folders)
    _, newest = list_snapshots(folders.snapshots)[0]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 4
    newest.write_bytes({"flip": bytes(data), "cut": bytes(data[:-9]), "empty": b""}[damage])
    recovery = recover_fully(folders.journal, folders.snapshots)
    assert recovery.snapshot_sequence == list_snapshots(folders.snapshots)[1][0]
    assert recovery.engine.state_hash() == sequencer.engine.state_hash()


def test_every_flipped_byte_of_a_snapshot_is_found(folders: Folders) -> None:
    with folders.open() as sequencer:
        sequencer.submit(market()[:2])
        path = write_snapshot(folders.snapshots, sequencer.engine, sequencer.position.event_hash)
    whole = path.read_bytes()
    for offset in range(len(whole)):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x10]) + whole[offset + 1 :])
        assert read_snapshot(path) is None, f"byte {offset}"


def test_retention_keeps_the_newest_and_one_behind_the_slowest_follower(folders: Folders) -> None:
    trade_with_snapshots(folders, batches=18, every=3)
    sequences = [sequence for sequence, _ in list_snapshots(folders.snapshots)]
    assert len(sequences) == 6
    behind = sequences[4] + 1
    prune_snapshots(folders.snapshots, keep=2, behind=behind)
    assert [sequence for sequence, _ in list_snapshots(folders.snapshots)] == [*sequences[:2], sequences[4]]


def test_archiving_keeps_what_a_follower_needs(folders: Folders) -> None:
    sequencer = trade_with_snapshots(folders)
    oldest_needed = list_snapshots(folders.snapshots)[1][0]
    before = folders.segments()
    moved = archive_segments(folders.journal, folders.root / "archive", behind_sequence=oldest_needed)
    assert moved and len(folders.segments()) == len(before) - len(moved)
    engine, _ = recover(folders.journal, folders.snapshots)
    assert engine.state_hash() == sequencer.engine.state_hash()
    with pytest.raises(JournalGap, match="archived"):
        recover(folders.journal, None)
    rows = list(export(folders.journal))
    assert rows[-1]["sequence"] == sequencer.position.sequence and rows[0]["sequence"] <= oldest_needed + 1
