"""An exchange at rest, in files alone."""

from __future__ import annotations

from pathlib import Path

from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.snapshots import write_snapshot
from exchange.node.sequencer import open_sequencer
from ops.backup.service import Site
from tests.crash.script import START_NS
from tests.marketdata.traffic import Traffic, opening


def site_at_rest(folder: Path, *, is_archived: bool) -> Site:
    """Several segments with a snapshot in the middle, and perhaps what lies behind it archived."""
    site = Site(folder / "journal", folder / "snapshots", folder / "engine.sock")
    traffic = Traffic(3)
    with open_sequencer(
        site.journal, site.snapshots, clock=lambda: START_NS, segment_bytes=2_048
    ) as sequencer:
        sequencer.submit(opening())
        for number in range(30):
            sequencer.submit(traffic.take(5))
            if number == 15:
                write_snapshot(site.snapshots, sequencer.engine, sequencer.position.event_hash)
    if is_archived:
        assert archive(site) > 1
    return site


def archive(site: Site) -> int:
    """Archive all but the newest segment; how many there were."""
    archiver = Archiver(site.journal, keep=1)
    archiver.allow(unneeded_sequence(site.snapshots))
    return archiver.run()
