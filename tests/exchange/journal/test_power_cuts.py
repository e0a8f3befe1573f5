"""What each single sync is for: the power is cut where that one alone keeps an acknowledgement.

The random lives of ``tests/crash`` come by these places now and then; here each is a story of its
own, played on a few disks that forget in different ways.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.errors import JournalError, JournalWriteFailed
from exchange.journal.files import OS_FILES, Files
from exchange.journal.records import Position
from exchange.journal.recovery import recover
from exchange.journal.segments import ARCHIVE_NAME
from exchange.journal.snapshots import read_snapshot, write_snapshot
from exchange.node.sequencer import Sequencer, open_sequencer
from tests.crash.canaries import SkipsFolderSync, SkipsParentSync, Through, WritesShort
from tests.crash.disk import Disk, PowerCut
from tests.exchange.journal.flow import NOW_NS, market, orders, take

JOURNAL, SNAPSHOTS = Path("/sim/data/journal"), Path("/sim/data/snapshots")
SEEDS = range(12)
Break = Callable[[Files], Files]


def unbroken(files: Files) -> Files:
    return files


def start(files: Files, segment_bytes: int = 8_192) -> Sequencer:
    return open_sequencer(JOURNAL, SNAPSHOTS, files=files, segment_bytes=segment_bytes, clock=lambda: NOW_NS)


def recovered(disk: Disk) -> Position:
    return recover(JOURNAL, SNAPSHOTS, files=disk)[1]


def trade(sequencer: Sequencer, batches: int = 3, seed: int = 1) -> Position:
    """Submit some batches; the position acknowledged last."""
    flow = orders(seed)
    for _ in range(batches):
        sequencer.submit(take(flow, 4))
    return sequencer.position


# --- folders ------------------------------------------------------------------------------------------


def first_life_then_a_cut(seed: int, broken: Break = unbroken) -> None:
    disk = Disk(seed)
    sequencer = start(broken(disk))
    sequencer.submit(market())
    acknowledged = sequencer.position
    disk.cut_power()
    assert recovered(disk) == acknowledged


def test_the_folders_of_a_new_journal_are_durable_before_anything_in_them_is_acknowledged() -> None:
    for seed in SEEDS:
        first_life_then_a_cut(seed)


def test_the_harness_catches_a_folder_whose_name_is_not_synced() -> None:
    with pytest.raises(AssertionError):
        for seed in SEEDS:
            first_life_then_a_cut(seed, SkipsParentSync)


def test_a_folder_left_by_a_killed_engine_is_synced_before_it_is_built_upon() -> None:
    """Killed at each of the first operations; the second engine finds a folder whose name is not durable."""
    for seed in SEEDS:
        for operation in range(1, 6):
            disk = Disk(seed)
            disk.cut_at = operation
            with pytest.raises(PowerCut):
                start(disk)
            disk.kill()
            sequencer = start(disk)
            sequencer.submit(market())
            acknowledged = sequencer.position
            disk.cut_power()
            assert recovered(disk) == acknowledged, f"killed at operation {operation}, seed {seed}"


def test_a_data_folder_that_the_settings_made_is_durable_too() -> None:
    """It is there when the engine starts, and nothing has synced its name."""
    for seed in SEEDS:
        disk = Disk(seed)
        disk.add_dir(JOURNAL.parent)
        sequencer = start(disk)
        sequencer.submit(market())
        acknowledged = sequencer.position
        disk.cut_power()
        assert recovered(disk) == acknowledged


# --- writes -------------------------------------------------------------------------------------------


def trade_on_a_disk_of_short_writes(seed: int, broken: Break = unbroken) -> None:
    disk = Disk(seed)
    disk.short_writes = 0.7
    sequencer = start(broken(disk))
    sequencer.submit(market())
    acknowledged = trade(sequencer, 6)
    disk.cut_power()
    assert recovered(disk) == acknowledged


def test_a_write_that_was_cut_short_is_gone_on_with() -> None:
    for seed in SEEDS:
        trade_on_a_disk_of_short_writes(seed)


def test_the_harness_catches_a_write_that_stops_where_it_was_cut_short() -> None:
    with pytest.raises((AssertionError, JournalError)):
        for seed in SEEDS:
            trade_on_a_disk_of_short_writes(seed, WritesShort)


def test_the_systems_own_short_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real ``pwrite``, which a signal or a nearly full disk cuts short."""
    honest = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, offset: honest(file, bytes(data)[:7], offset))
    file = OS_FILES.create(tmp_path / "file")
    data = bytes(range(100))
    OS_FILES.write(file, data, 5)
    assert OS_FILES.read(file, 200, 0) == bytes(5) + data
    OS_FILES.close(file)


# --- syncs that fail ----------------------------------------------------------------------------------


def test_what_a_failed_sync_left_in_the_cache_is_written_again() -> None:
    """The sync of a batch fails, the engine ends, the next one finds the batch in the page cache: clean, and
    perhaps not on the disk. What it acknowledges behind it must not hang in the air after a power cut."""
    for seed in range(40):
        disk = Disk(seed)
        disk.short_writes, disk.sector_bytes = 0, 512
        sequencer = start(disk)
        sequencer.submit(market())
        disk.faults = {disk.operations + 2: errno.EIO}
        # Over several sectors: what is written behind it does not bring all of them to the disk.
        with pytest.raises(JournalWriteFailed):
            sequencer.submit(take(orders(), 20))
        disk.kill()
        again = start(disk)
        acknowledged = trade(again, seed=2)
        disk.cut_power()
        assert recovered(disk) == acknowledged, f"seed {seed}"


def test_every_folder_sync_fails_and_the_file_system_goes_read_only() -> None:
    """The engine ends, none starts before the machine does, and then all that was acknowledged is there."""
    for operation in folder_syncs():
        for seed in range(4):
            disk = Disk(seed)
            disk.short_writes, disk.goes_read_only = 0, True
            disk.faults = {operation: errno.EIO}
            acknowledged = submit_until_it_fails(disk)
            disk.kill()
            with pytest.raises((OSError, JournalError)):
                trade(start(disk))
            disk.cut_power()
            assert recovered(disk).sequence >= acknowledged, f"operation {operation}, seed {seed}"


def test_a_folder_sync_that_failed_is_not_believed_when_it_is_repeated() -> None:
    """A file system that goes on after the error, and calls the folder clean: syncing it again is no sync."""
    for operation in folder_syncs():
        for seed in range(12):
            disk = Disk(seed)
            disk.short_writes, disk.goes_read_only = 0, False
            disk.faults = {operation: errno.EIO}
            submit_until_it_fails(disk)
            disk.kill()
            again = start(disk, segment_bytes=2_048)
            if not again.position.sequence:
                again.submit(market())
            acknowledged = trade(again, seed=99)
            disk.cut_power()
            assert recovered(disk) == acknowledged, f"operation {operation}, seed {seed}"


def test_an_archived_name_that_was_not_synced_is_made_anew() -> None:
    """The archiver tries again after a failed sync; only then may the segment itself go."""
    for seed in SEEDS:
        for operation in range(1, 12):
            disk = Disk(seed)
            disk.short_writes, disk.goes_read_only = 0, False
            sequencer = start(disk, segment_bytes=2_048)
            sequencer.submit(market())
            acknowledged = trade(sequencer, 14)
            archiver = Archiver(JOURNAL, keep=1, files=disk)
            archiver.allow(acknowledged.sequence)
            disk.faults = {disk.operations + operation: errno.EIO}
            while archiver.work():
                pass
            archiver.allow(acknowledged.sequence)
            while archiver.work():
                pass
            disk.cut_power()
            assert recovered(disk) == acknowledged, f"operation {operation}, seed {seed}"


def folder_syncs() -> list[int]:
    """The operations of one life that sync a folder."""
    disk, found = Disk(0), []
    disk.short_writes = 0
    disk.meanwhile = lambda: found.append(disk.operations) if "sync folder" in disk.last else None
    submit_until_it_fails(disk)
    assert len(found) > 6
    return found


def submit_until_it_fails(disk: Disk) -> int:
    """One life of some segments; the last sequence acknowledged in it."""
    acknowledged = 0
    try:
        sequencer = start(disk, segment_bytes=2_048)
        sequencer.submit(market())
        acknowledged = sequencer.position.sequence
        for number in count(2):
            acknowledged = trade(sequencer, seed=number).sequence
            if number == 8:
                break
    except (OSError, JournalError):
        pass
    return acknowledged


# --- snapshots ----------------------------------------------------------------------------------------


class SkipsFileSync(Through):
    """Never syncs a whole file."""

    def sync(self, file: int) -> None:
        pass


def all_but_the_snapshot_is_gone(seed: int, broken: Break = unbroken) -> None:
    """A snapshot is written, the segments behind it are archived and taken away, the power is cut."""
    disk = Disk(seed)
    sequencer = start(disk, segment_bytes=2_048)
    sequencer.submit(market())
    trade(sequencer, 8)
    write_snapshot(SNAPSHOTS, sequencer.engine, sequencer.position.event_hash, files=broken(disk))
    acknowledged = trade(sequencer, 8, seed=2)
    archiver = Archiver(JOURNAL, keep=1, files=disk)
    archiver.allow(unneeded_sequence(SNAPSHOTS, files=disk))
    assert archiver.run() >= 1
    archive = JOURNAL / ARCHIVE_NAME
    for name in disk.names(archive):
        disk.remove(archive / name)
    disk.sync_dir(archive)
    disk.cut_power()
    engine, position = recover(JOURNAL, SNAPSHOTS, files=disk)
    assert position == acknowledged
    assert engine.state_hash() == sequencer.engine.state_hash()


def test_a_snapshot_is_durable_before_it_is_counted_on() -> None:
    for seed in SEEDS:
        all_but_the_snapshot_is_gone(seed)


@pytest.mark.parametrize("broken", [SkipsFileSync, SkipsFolderSync])
def test_the_harness_catches_a_snapshot_that_is_not_synced(broken: Break) -> None:
    with pytest.raises((AssertionError, JournalError)):
        for seed in SEEDS:
            all_but_the_snapshot_is_gone(seed, broken)


def test_a_torn_snapshot_is_never_taken_for_one() -> None:
    """Written without any sync, it comes back whole or not at all."""

    class SkipsBoth(SkipsFileSync, SkipsFolderSync):
        pass

    for seed in SEEDS:
        disk = Disk(seed)
        sequencer = start(disk)
        sequencer.submit(market())
        state_hash = sequencer.engine.state_hash()
        path = write_snapshot(
            SNAPSHOTS, sequencer.engine, sequencer.position.event_hash, files=SkipsBoth(disk)
        )
        disk.cut_power()
        if path.name in disk.names(SNAPSHOTS) and (found := read_snapshot(path, files=disk)):
            assert found.state_hash.hex() == state_hash
        assert recover(JOURNAL, SNAPSHOTS, files=disk)[0].state_hash() == state_hash
