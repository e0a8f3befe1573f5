"""Archived segments: found by every reader, whole or said not to be, and never in the way of a start.

That no crash at any step loses one is held by ``tests/crash/test_every_write.py``.
"""

from __future__ import annotations

import errno
import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.journal import archive
from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.errors import JournalDamaged, JournalGap
from exchange.journal.files import OS_FILES, Files
from exchange.journal.reader import JournalReader
from exchange.journal.recovery import recover, recover_fully
from exchange.journal.segments import ARCHIVE_NAME, unpack
from exchange.journal.snapshots import list_snapshots, write_snapshot
from exchange.journal.tools import export, repair, verify
from exchange.link.follower import Follower
from exchange.node.sequencer import Sequencer
from tests.exchange.journal.conftest import Folders
from tests.exchange.journal.flow import market, orders, take


class Site(Folders):
    """An exchange at rest with nine segments and three snapshots."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.archive = self.journal / ARCHIVE_NAME
        flow = orders()
        with self.open(segment_bytes=1_024) as sequencer:
            sequencer.submit(market())
            for number in range(30):
                sequencer.submit(take(flow, 4))
                if number in (15, 20, 25):
                    write_snapshot(self.snapshots, sequencer.engine, sequencer.position.event_hash)
            self.position, self.state_hash = sequencer.position, sequencer.engine.state_hash()
        self.rows = list(export(self.journal))

    def archived(self) -> list[Path]:
        return sorted(self.archive.glob("*.gz"))

    def archive_all(self, keep: int = 1) -> int:
        archiver = Archiver(self.journal, keep=keep)
        archiver.allow(unneeded_sequence(self.snapshots))
        return archiver.run()

    def folds_to_the_same(self, snapshots: Path | None) -> bool:
        engine, position = recover(self.journal, snapshots)
        return (position, engine.state_hash()) == (self.position, self.state_hash)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    assert len(site.segments()) > 6
    return site


def test_readers_find_what_was_archived_by_themselves(site: Site) -> None:
    before = site.segments()
    count = site.archive_all()
    assert 2 < count < len(before)
    assert [path.name for path in site.archived()] == [f"{path.name}.gz" for path in before[:count]]
    assert site.segments() == before[count:]
    assert sum(path.stat().st_size for path in site.archived()) < count * 1_024
    # Every start: from a snapshot, from the very start, and as a follower from anywhere.
    assert site.folds_to_the_same(site.snapshots) and site.folds_to_the_same(None)
    assert list(export(site.journal)) == site.rows
    assert list(export(site.journal, after_sequence=17)) == site.rows[17:]
    report = verify(site.journal, site.snapshots)
    assert (report.problems, report.archived, report.segments) == ([], count, len(before))
    assert (report.first_sequence, report.last_sequence) == (1, site.position.sequence)
    with Follower(site.journal, site.root / "none") as follower:
        while follower.poll(0, max_commands=7):
            pass
        assert follower.position == site.position
    with site.open() as sequencer:
        sequencer.submit(take(orders(), 5))
        position = sequencer.position
    assert recover(site.journal, None)[1] == position
    # A second time there is nothing to do.
    assert site.archive_all() == 0


@pytest.mark.parametrize("keep", [1, 3, 100])
def test_what_is_needed_is_kept(site: Site, keep: int) -> None:
    """The newest ``keep`` segments, and those with a command that is not behind every snapshot."""
    before = site.segments()
    site.archive_all(keep)
    assert len(site.segments()) >= min(keep, len(before))
    oldest = list_snapshots(site.snapshots)[-1][0]
    with JournalReader(site.journal, oldest) as reader:
        reader.next()
        assert reader.place[0].parent == site.journal
    assert not site.archived() or keep < 100


def test_nothing_is_archived_without_a_snapshot(site: Site) -> None:
    for _, path in list_snapshots(site.snapshots):
        path.unlink()
    assert site.archive_all() == 0


def test_archived_under_a_reader(site: Site) -> None:
    """Whoever has a segment open reads it to its end, and goes on in the archive."""
    readers = [JournalReader(site.journal) for _ in range(4)]
    for count, reader in enumerate(readers):
        for _ in range(9 * count):
            reader.next()
    assert site.archive_all() > 2
    for reader in readers:
        while reader.next() is not None:
            pass
        assert reader.next_sequence == site.position.sequence + 1
        reader.close()


def test_an_interrupted_archiver_is_finished_by_the_next(site: Site) -> None:
    """Abandoned after every piece of work there is."""
    for pieces in range(1, 200):
        archiver = Archiver(site.journal, keep=1)
        archiver.allow(unneeded_sequence(site.snapshots))
        for _ in range(pieces % 4 + 1):
            more = archiver.work()
        archiver.close()
        assert list(export(site.journal)) == site.rows
        assert verify(site.journal).problems == []
        if not more:
            break
    assert not list(site.archive.glob("*.new"))
    assert len(site.archived()) > 2


def test_a_copy_that_is_not_whole_is_made_again(site: Site) -> None:
    site.archive.mkdir()
    for number, segment in enumerate(site.segments()[:3]):
        (site.archive / f"{segment.name}.gz").write_bytes(b"not this" * number)
        (site.archive / f"{segment.name}.gz.new").write_bytes(b"nor this")
    assert site.archive_all() > 2
    assert site.folds_to_the_same(None)


def test_one_archiver_at_a_time(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first, second = Archiver(site.journal, keep=1), Archiver(site.journal, keep=1)
    for archiver in (first, second):
        archiver.allow(unneeded_sequence(site.snapshots))
    assert first.work()
    assert not second.work()
    assert "archive_in_other_hands" in caplog.text
    assert first.run() > 2 and second.run() == 0


class FullDisk(Files):
    """Has no room for another file's content."""

    def write(self, file: int, data: bytes, offset: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")


def test_a_full_disk_is_said_and_costs_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    archiver = Archiver(site.journal, keep=1, files=FullDisk())
    for _ in range(2):
        archiver.allow(unneeded_sequence(site.snapshots))
        while archiver.work():
            pass
        assert "archiving_failed" in caplog.text
        caplog.clear()
    assert not site.archived()
    assert site.archive_all() > 2 and site.folds_to_the_same(None)


def test_a_segment_that_cannot_be_copied_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is read back before the segment goes."""
    with monkeypatch.context() as patch:
        patch.setattr(archive, "_packed", lambda files, path: iter([b"\x1f\x8b something else"]))
        with pytest.raises(JournalDamaged, match="reads differently"):
            site.archive_all()
    assert list(export(site.journal)) == site.rows


def damaged(path: Path) -> Iterator[str]:
    """The file cut short at, and with a flipped bit in, many places; too long; as it was."""
    whole, luck = path.read_bytes(), random.Random(5)
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        yield f"cut to {length}"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << luck.randrange(8)]) + whole[at + 1 :])
        yield f"a bit of byte {at}"
    path.write_bytes(whole + b"\0")
    yield "a byte too long"
    path.write_bytes(whole)


def test_a_damaged_archive_is_said_and_stops_no_start(site: Site) -> None:
    site.archive_all()
    path = site.archived()[1]
    whole = unpack(OS_FILES, path)
    for what in damaged(path):
        assert recover_fully(site.journal, site.snapshots).position == site.position
        try:
            recover(site.journal, None)
        except JournalDamaged as error:
            assert str(path) in str(error) and "move it and all that is older away" in str(error)
            assert any(str(path) in problem for problem in verify(site.journal).problems), what
        else:
            # Some bits of gzip mean nothing: time and system in its header, padding before its checksum.
            assert unpack(OS_FILES, path) == whole, what
    assert site.folds_to_the_same(None)


def test_parts_of_the_archive_taken_away(site: Site) -> None:
    """The oldest may go: it is said what is missing when somebody wants it. A hole is reported."""
    site.archive_all()
    first, second = (path.read_bytes() for path in site.archived()[:2])
    names = site.archived()[:2]
    names[0].unlink()
    report = verify(site.journal)
    assert report.problems == [] and report.first_sequence > 1
    with pytest.raises(JournalGap, match="bring back older segments"):
        recover(site.journal, None)
    names[0].write_bytes(first)
    names[1].unlink()
    assert [str(names[0]) in problem for problem in verify(site.journal).problems] == [True]
    with pytest.raises(JournalGap, match="bring back older segments"):
        recover(site.journal, None)
    assert recover_fully(site.journal, site.snapshots).position == site.position
    names[1].write_bytes(second)
    assert site.folds_to_the_same(None)


def test_repair_goes_back_into_the_archive_if_it_must(site: Site) -> None:
    """Every segment outside the archive is lost: the newest archived one becomes the last."""
    site.archive_all()
    newest = site.archived()[-1]
    for segment in site.segments():
        segment.write_bytes(b"")
    with pytest.raises(JournalDamaged):
        repair(site.journal, site.snapshots)
    done = repair(site.journal, site.snapshots, force=True)
    assert any(f"{newest}: brought back" in line for line in done)
    report = verify(site.journal, site.snapshots)
    assert report.problems == [] and report.last_sequence > 0
    with site.open() as sequencer:
        assert sequencer.position.sequence == report.last_sequence
        _goes_on(sequencer)
    assert [row["command"] for row in export(site.journal)][: report.last_sequence] == [
        row["command"] for row in site.rows[: report.last_sequence]
    ]


def _goes_on(sequencer: Sequencer) -> None:
    sequencer.submit(take(orders(), 5))
    assert sequencer.engine.check() == []


def test_an_engine_without_its_last_segments_does_not_start_on_the_archive(site: Site) -> None:
    site.archive_all()
    for segment in site.segments():
        segment.unlink()
    with pytest.raises(JournalDamaged, match="were in use"):
        site.open()
    assert OS_FILES.names(site.archive)
