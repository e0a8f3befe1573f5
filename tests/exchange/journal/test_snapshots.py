"""Snapshots: round trip, damage passed over, retention, recovery from snapshot and tail."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import Engine, snapshot
from exchange.engine.messages import BUY, Command, deposit, place_order, withdraw
from exchange.journal import codec
from exchange.journal.recovery import recover, recover_fully
from exchange.journal.snapshots import list_snapshots, prune_snapshots, read_snapshot, write_snapshot
from exchange.node.sequencer import Sequencer
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import NOW_NS, market, orders, take


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


@pytest.mark.parametrize("parse", [snapshot.parse_rows, codec.parse_rows], ids=["standard", "quick"])
def test_both_parsers_give_back_what_was_there(folders: Folders, parse: snapshot.Parse) -> None:
    """Down to the last tuple, and integers of any size: what is remembered answers repeated commands."""
    with folders.open() as sequencer:
        sequencer.submit(market())
        sequencer.submit([deposit("wide", 1001, "KRW", 10**37), withdraw("wide:back", 1001, "KRW", 10**36)])
        sequencer.submit([*orders_refused(), *take(orders(), 50)])
        engine = sequencer.engine
    loaded = Engine.load(engine.dump(), parse)
    assert loaded.dump() == engine.dump()
    assert loaded._state.memory.traders() == engine._state.memory.traders()
    assert loaded._state.memory.control == engine._state.memory.control
    assert loaded._state.orders.past.remembered() == engine._state.orders.past.remembered()
    assert loaded.symbols() == engine.symbols()
    assert loaded.check() == []


PLAIN = st.none() | st.booleans() | st.integers() | st.text()
ROWS = st.lists(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.lists(inner).map(tuple), max_leaves=8))


@given(ROWS, st.integers(1, 5))
def test_both_writers_write_the_same(rows: list[Any], at_a_time: int) -> None:
    with patch.object(codec, "_ROWS_AT_A_TIME", at_a_time):
        assert codec.section_line(rows) == snapshot.line_of(rows)


def orders_refused() -> list[Command]:
    """Refusals whose details are arrays in the event."""
    return [
        place_order("no:1", 1001, "AAPL", BUY, price_ticks=1, quantity_lots=10**15),
        place_order("no:2", 1001, "NONE", BUY, price_ticks=1, quantity_lots=1),
        place_order("no:3", 1001, "AAPL", BUY, price_ticks=0, quantity_lots=1),
    ]


@pytest.mark.parametrize("parse", [snapshot.parse_rows, codec.parse_rows], ids=["standard", "quick"])
@pytest.mark.parametrize("line", [b"", b"{}", b"1", b'[[1,"x"]', b"\xff"])
def test_what_is_no_snapshot_is_refused(parse: snapshot.Parse, line: bytes) -> None:
    header, *lines = Engine().dump().split(b"\n")
    for number in range(len(lines)):
        broken = [*lines[:number], line, *lines[number + 1 :]]
        with pytest.raises(snapshot.SnapshotError):
            Engine.load(b"\n".join([header, *broken]), parse)
    for data in (b"", line, header, b"\n".join([header, *lines, b"[]"]), b"\n".join([b"[]", *lines])):
        with pytest.raises(snapshot.SnapshotError):
            Engine.load(data, parse)
