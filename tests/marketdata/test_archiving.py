"""What the projector lets the archive have: nothing that one of the kept snapshots still starts before."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.files import OS_FILES
from exchange.journal.recovery import recover_fully
from exchange.journal.segments import list_archived, list_segments
from exchange.journal.snapshots import list_snapshots
from exchange.link.follower import Follower, Position
from exchange.node.sequencer import open_sequencer
from marketdata.feed.board import Board
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store
from tests.marketdata.traffic import Traffic, opening

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 10**9
OPTIONS = Options(
    pace_ms=0,
    min_commands=40,
    max_commands=40,
    transactions=1,
    snapshot_commands=80,
    snapshots_kept=3,
    snapshot_thread=False,
)


def test_only_segments_behind_every_kept_snapshot_are_archived(tmp_path: Path) -> None:
    """Each kept snapshot can be started from without the archive, after every step."""
    journal, snapshots = tmp_path / "journal", tmp_path / "snapshots"
    now_ns = 1_795_305_045 * SECOND

    def follow(position: Position | None) -> Follower:
        return Follower(journal, snapshots, position=position)

    with open_sequencer(journal, snapshots, clock=lambda: now_ns, segment_bytes=4_096) as sequencer:
        sequencer.submit(opening())
        traffic = Traffic(5)
        for _ in range(40):
            now_ns += SECOND
            sequencer.submit(traffic.take(20))
        sequencer.seal()
        archiver = Archiver(journal, keep=1)
        projector = Projector(
            follow, Store(), Board(), snapshot_dir=snapshots, options=OPTIONS, archiver=archiver
        )
        while projector.step():
            while archiver.work():
                pass
            assert_startable(journal, snapshots)
        projector.finish()
        assert_startable(journal, snapshots)
    assert archiver.count >= 3
    assert len(list_snapshots(snapshots)) == 3


def assert_startable(journal: Path, snapshots: Path) -> None:
    """The segments that are left reach back to the oldest snapshot."""
    if list_archived(OS_FILES, journal):
        oldest = unneeded_sequence(snapshots)
        assert oldest > 0, "archived before there was a snapshot"
        assert list_segments(OS_FILES, journal)[0].first_sequence <= oldest + 1
    assert recover_fully(journal, snapshots).engine.check() == []
