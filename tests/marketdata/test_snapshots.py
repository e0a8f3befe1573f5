"""Snapshots written beside the fold, by a disk that takes its time or fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.journal.files import Files
from exchange.journal.recovery import recover, start_fold
from exchange.journal.snapshots import list_snapshots
from exchange.link.follower import Follower, Position
from marketdata.feed.board import Board
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store
from tests.marketdata.test_projector import World, run_out
from tests.marketdata.traffic import Traffic

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT_S = 30.0


class SlowDisk(Files):
    """Brings no new file to the disk before it is told to."""

    def __init__(self) -> None:
        self.asked, self.may = threading.Event(), threading.Event()
        self.error: OSError | None = None

    def sync(self, file: int) -> None:
        self.asked.set()
        assert self.may.wait(TIMEOUT_S)
        if self.error is not None:
            raise self.error
        super().sync(file)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.sequencer.close()


def projector_on(world: World, disk: SlowDisk) -> Projector:
    def follow(position: Position | None) -> Follower:
        return Follower(world.journal, world.snapshots, position=position, files=disk)

    options = Options(pace_ms=0, min_commands=50, max_commands=50, transactions=1, snapshot_commands=100)
    return Projector(follow, Store(), Board(), snapshot_dir=world.snapshots, options=options)


def until_asked(world: World, projector: Projector, disk: SlowDisk) -> int:
    """Store until the first snapshot is being written; the sequence it is of."""
    world.trade(Traffic(3), 60)
    while not projector.health.begun_sequence:
        assert projector.step()
    assert disk.asked.wait(TIMEOUT_S)
    return projector.health.begun_sequence


def test_the_tables_go_on_while_one_is_written(world: World) -> None:
    disk = SlowDisk()
    projector = projector_on(world, disk)
    sequence = until_asked(world, projector, disk)
    run_out(projector)
    assert projector.position == world.sequencer.position
    assert (projector.health.snapshot_sequence, list_snapshots(world.snapshots)) == (0, [])
    disk.may.set()
    projector.finish()
    assert projector.health.snapshot_sequence == world.sequencer.position.sequence
    assert sequence in [found for found, _ in list_snapshots(world.snapshots)]
    # It says what was when it was begun, whatever was folded meanwhile.
    assert start_fold(world.snapshots, at_or_before=sequence).engine.state_hash() == state_at(world, sequence)
    assert world.disagreements() == []


def state_at(world: World, sequence: int) -> str:
    """The state hash there, by folding the journal from its beginning."""
    with Follower(world.journal, world.folder / "none") as follower:
        for _ in follower.stream(0.0, 10**9):
            if follower.position.sequence == sequence:
                return follower.engine.state_hash()
    raise AssertionError(f"no batch ends at {sequence}")


def test_a_disk_that_refuses_one_ends_the_projector(world: World) -> None:
    disk = SlowDisk()
    projector = projector_on(world, disk)
    until_asked(world, projector, disk)
    disk.error = OSError(28, "No space left on device")
    disk.may.set()
    with pytest.raises(OSError, match="No space left"):
        run_out(projector)
        projector.finish()
    assert list_snapshots(world.snapshots) == []
    # The next one goes on from the tables.
    again = world.projector()
    run_out(again)
    again.finish()
    assert world.disagreements() == []
    assert recover(world.journal, world.snapshots)[1] == world.sequencer.position
