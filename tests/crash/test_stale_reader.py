"""A follower may not keep what it read before it was durable: the disk may give something else later."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from exchange.journal.errors import JournalWriteFailed
from exchange.link.follower import Batch, Follower
from exchange.node.sequencer import Sequencer, open_sequencer
from tests.crash.disk import Disk
from tests.crash.script import START_NS
from tests.marketdata.traffic import Traffic, opening

JOURNAL, SNAPSHOTS = Path("/sim/journal"), Path("/sim/snapshots")


def open_on(disk: Disk) -> Sequencer:
    return open_sequencer(JOURNAL, SNAPSHOTS, clock=lambda: START_NS, files=disk, segment_bytes=65_536)


def test_a_batch_read_ahead_and_lost_is_not_handed_out() -> None:
    """Read along with a durable batch, its sync failed, evicted from the cache; then another took its
    place."""
    disk = Disk(1)
    sequencer = open_on(disk)
    sequencer.submit(opening())
    follower = Follower(JOURNAL, SNAPSHOTS, files=disk)
    follower._gate.sequence = sequencer.journal.durable_sequence
    taken: list[Batch] = []
    # Between the write of the second batch and its sync it takes the first, and no more than that.
    disk.meanwhile = lambda: taken.extend(follower.poll(0, max_commands=1)) if not taken else None
    disk.faults = {disk.operations + 2: errno.EIO}
    before = bytes(disk._file(sequencer.journal._file).cache)
    with pytest.raises(JournalWriteFailed):
        sequencer.submit(Traffic(1).take(4))
    assert [batch.first_sequence for batch in taken] == [1]
    inode = disk._file(sequencer.journal._file)
    inode.cache[:] = inode.disk[:] = before
    disk.kill()
    disk.meanwhile = None
    sequencer = open_on(disk)
    for seed in (2, 3):
        sequencer.submit(Traffic(seed).take(4))
    follower._gate.sequence = sequencer.journal.durable_sequence
    handed_out = follower.poll(0)
    assert handed_out[0].commands[0][1] == "2:1"
    assert follower.position == sequencer.position
