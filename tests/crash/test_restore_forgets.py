"""Backup, restore and first starts on a disk that keeps only what was synced."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exchange.engine import Engine
from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.errors import JournalDamaged
from exchange.journal.file_journal import LOCK_NAME
from exchange.journal.recovery import recover
from exchange.journal.snapshots import write_snapshot
from exchange.journal.tools import export, verify
from exchange.journal.whole_file import write_private, write_private_once
from exchange.node.sequencer import open_sequencer
from ops.backup import manifest, service
from ops.backup.service import Site, back_up, restore
from tests.crash.forgetful import forget, watch
from tests.crash.script import START_NS
from tests.marketdata.traffic import Traffic, opening


def site_in(folder: Path) -> Site:
    return Site(folder / "journal", folder / "snapshots", folder / "engine.sock")


@pytest.fixture(params=["as written", "archived"])
def backup(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A backup of an exchange that has segments, a snapshot, and perhaps an archive."""
    site = site_in(tmp_path / "first")
    traffic = Traffic(3)
    with open_sequencer(
        site.journal, site.snapshots, clock=lambda: START_NS, segment_bytes=2_048
    ) as sequencer:
        sequencer.submit(opening())
        for number in range(20):
            sequencer.submit(traffic.take(5))
            if number == 10:
                write_snapshot(site.snapshots, sequencer.engine, sequencer.position.event_hash)
    if request.param == "archived":
        archiver = Archiver(site.journal, keep=1)
        archiver.allow(unneeded_sequence(site.snapshots))
        assert archiver.run() > 1
    return back_up(site, tmp_path / "backups", with_database=False)[0]


def content(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, which says nothing after a power cut."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK_NAME)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def restored_and_cut_off(backup: Path, tmp_path: Path, sequence: int | None) -> None:
    """Restore, cut the power at once, and see what is there."""
    site = site_in(tmp_path / "second")
    site.journal.parent.mkdir()
    with watch() as watched:
        restored = restore(backup, site, sequence=sequence, with_database=False)
    for folder in (site.journal, site.snapshots):
        before = content(folder)
        forget(folder, watched.survivors(folder, tmp_path / "left" / folder.name))
        assert content(folder) == before
    engine, position = recover(site.journal, site.snapshots)
    assert (*position, engine.state_hash()) == restored[:3]
    assert verify(site.journal, site.snapshots).problems == []
    alone = Engine()
    for row in export(site.journal):
        alone.apply(row["command"], row["now_ns"])
    assert alone.state_hash() == restored.state_hash
    with open_sequencer(site.journal, site.snapshots) as sequencer:
        sequencer.submit(Traffic(4).take(10))


@pytest.mark.parametrize("sequence", [None, 45, 46, 77, 100, 121])
def test_what_was_restored_outlives_a_power_cut(backup: Path, tmp_path: Path, sequence: int | None) -> None:
    restored_and_cut_off(backup, tmp_path, sequence)


@pytest.mark.parametrize("broken", ["sync_path", "_sync_folders"])
def test_the_harness_catches_a_restore_that_does_not_sync(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(manifest, broken, lambda path: None)
    with pytest.raises(Exception):  # noqa: B017, PT011  how it shows differs
        restored_and_cut_off(backup, tmp_path, None)


@pytest.mark.parametrize("sequence", [None, 77, 100])
def test_every_byte_of_the_last_restored_record_is_vouched_for(
    backup: Path, tmp_path: Path, sequence: int | None
) -> None:
    """Damaged before the first start it is refused, not taken for an unfinished write."""
    site = site_in(tmp_path / "second")
    position = restore(backup, site, sequence=sequence, with_database=False)[:2]
    segment = max(site.journal.glob("*.segment"))
    whole = segment.read_bytes()
    for offset in range(len(whole.rstrip(b"\0")) - 300, len(whole.rstrip(b"\0")) - 68, 7):
        damaged = bytearray(whole)
        damaged[offset] ^= 0x20
        segment.write_bytes(damaged)
        with pytest.raises(JournalDamaged):
            recover(site.journal, None)
    segment.write_bytes(whole)
    assert recover(site.journal, site.snapshots)[1] == position


def test_the_harness_catches_a_restore_without_a_seal(
    backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_make_durable", lambda *_: None)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_every_byte_of_the_last_restored_record_is_vouched_for(backup, tmp_path, 77)


def test_a_backup_outlives_a_power_cut(backup: Path, tmp_path: Path) -> None:
    site = site_in(tmp_path / "first")
    into = tmp_path / "elsewhere"
    into.mkdir()
    with watch() as watched:
        folder, described = back_up(site, into, with_database=False)
    left = watched.survivors(folder, tmp_path / "left")
    assert manifest.read(left) == described
    restored = restore(left, site_in(tmp_path / "third"), with_database=False)
    assert restored.sequence == described.sequence


def test_a_first_start_on_real_files_outlives_a_power_cut(tmp_path: Path) -> None:
    """The real system calls of what ``tests/exchange/journal/test_power_cuts.py`` tries on the simulated
    disk."""
    site = site_in(tmp_path / "data")
    with watch() as watched:
        sequencer = open_sequencer(site.journal, site.snapshots, clock=lambda: START_NS, segment_bytes=2_048)
        sequencer.submit(opening())
        for _ in range(5):
            sequencer.submit(Traffic(1).take(9))
        left = watched.survivors(site.journal.parent, tmp_path / "left")
    assert recover(left / "journal", left / "snapshots")[1] == sequencer.position
    sequencer.close()


@pytest.mark.parametrize("write", [write_private, write_private_once])
def test_a_secret_is_whole_or_not_there(tmp_path: Path, write: object) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with watch() as watched:
        write(folder / "secret_key", "s3cret")  # type: ignore[operator]
    # Its folder is made, and made durable, by others.
    key = folder.stat().st_dev, folder.stat().st_ino
    target = tmp_path / "left"
    target.mkdir()
    watched._put(key, target)
    assert (target / "secret_key").read_text() == "s3cret"
    shutil.rmtree(target)
