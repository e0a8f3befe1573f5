"""Backups taken from a trading exchange, restored elsewhere: whole, to the last bit, or up to any
sequence."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from exchange.engine import Engine
from exchange.engine.messages import ACTIVE
from exchange.journal.errors import JournalError
from exchange.journal.file_journal import LOCK_NAME
from exchange.journal.reader import JournalReader
from exchange.journal.recovery import recover
from exchange.journal.tools import export, verify
from exchange.models import Account, ChangeRequest, Projection
from exchange.node.sequencer import open_sequencer
from ops.backup import journal_copy as copying
from ops.backup.database import take_back_to
from ops.backup.errors import BackupDamaged, BackupError, TargetNotEmpty
from ops.backup.service import Site, back_up, restore
from tests.crash.resting import site_at_rest
from tests.marketdata import postgres
from tests.marketdata.processes import Processes, end
from tests.marketdata.traffic import Traffic, opening

# --- journal and snapshots, in this process ---------------------------------------------------------


@pytest.fixture(params=["as written", "archived"])
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Site:
    return site_at_rest(tmp_path, is_archived=request.param == "archived")


def elsewhere(tmp_path: Path, name: str = "elsewhere") -> Site:
    folder = tmp_path / name
    return Site(folder / "journal", folder / "snapshots", folder / "engine.sock")


def test_a_restored_copy_folds_to_the_same_hashes_and_goes_on(site: Site, tmp_path: Path) -> None:
    folder, manifest = back_up(site, tmp_path / "backups", with_database=False)
    engine, position = recover(site.journal, None)
    assert (manifest.sequence, manifest.event_hash) == position
    assert manifest.state_hash == engine.state_hash()
    target = elsewhere(tmp_path)
    assert restore(folder, target)[:3] == (*position, engine.state_hash())
    assert list(export(target.journal)) == list(export(site.journal))
    with open_sequencer(target.journal, target.snapshots) as sequencer:
        sequencer.submit(Traffic(4).take(10))
    assert verify(target.journal, target.snapshots).problems == []


def test_a_point_in_time_is_any_sequence(site: Site, tmp_path: Path) -> None:
    """Also one inside a batch. Held against a fold of the first commands alone."""
    folder, manifest = back_up(site, tmp_path / "backups", with_database=False)
    rows = list(export(site.journal))
    for sequence in (1, 45, 46, 100, 120, 121, 122, 150, manifest.sequence - 1, manifest.sequence):
        target = elsewhere(tmp_path, f"at-{sequence}")
        restored = restore(folder, target, sequence=sequence)
        alone = Engine()
        for row in rows[:sequence]:
            alone.apply(row["command"], row["now_ns"])
        assert (restored.sequence, restored.state_hash) == (sequence, alone.state_hash())
        assert verify(target.journal, target.snapshots).problems == []
        with open_sequencer(target.journal, target.snapshots) as sequencer:
            sequencer.submit(Traffic(5).take(3))
            assert sequencer.engine.check() == []
    with pytest.raises(BackupError, match="not 10000"):
        restore(folder, elsewhere(tmp_path, "beyond"), sequence=10_000)


def test_a_damaged_backup_is_refused(site: Site, tmp_path: Path) -> None:
    folder, manifest = back_up(site, tmp_path / "backups", with_database=False)
    for number, relative in enumerate([*manifest.files, "manifest.json"]):
        broken = tmp_path / f"broken-{number}"
        shutil.copytree(folder, broken)
        data = (broken / relative).read_bytes()
        (broken / relative).write_bytes(
            data[:-1] + bytes([data[-1] ^ 1]) if number % 2 else data[: len(data) // 2]
        )
        target = elsewhere(tmp_path, f"target-{number}")
        with pytest.raises(BackupDamaged, match=re.escape(str(broken))):
            restore(broken, target)
        assert not target.journal.exists()


def test_nothing_is_written_over(site: Site, tmp_path: Path) -> None:
    folder, _ = back_up(site, tmp_path / "backups", with_database=False)
    before = {path: path.read_bytes() for path in site.journal.rglob("*.*")}
    with pytest.raises(TargetNotEmpty, match="Nothing was changed"):
        restore(folder, site)
    assert before == {path: path.read_bytes() for path in site.journal.rglob("*.*")}


def test_a_failed_backup_leaves_nothing(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = sorted(site.journal.glob("*.segment"))[-1]
    data = segment.read_bytes()
    segment.write_bytes(data[:200] + b"\xff" + data[201:])
    with pytest.raises(Exception, match="at offset"):
        back_up(site, tmp_path / "backups", with_database=False)
    segment.write_bytes(data)
    # An engine that holds the journal and cannot be asked.
    monkeypatch.setattr(copying, "is_in_use", lambda journal: True)
    with pytest.raises(BackupError, match="does not answer"):
        back_up(site, tmp_path / "backups", with_database=False)
    assert list((tmp_path / "backups").iterdir()) == []


@pytest.mark.parametrize("cut", [0, 20], ids=["whole", "cut"])
def test_all_of_a_restore_is_on_the_disk_when_it_is_said_to_be(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int
) -> None:
    """Every file and every folder is synced after it was last written: a power cut right after loses none."""
    backup, described = back_up(site, tmp_path / "backups", with_database=False)
    synced: dict[Path, int] = {}
    fsync = os.fsync

    def recording(file: int) -> None:
        fsync(file)
        path = Path(os.readlink(f"/proc/self/fd/{file}"))
        synced[path] = os.fstat(file).st_mtime_ns

    monkeypatch.setattr(os, "fsync", recording)
    target = elsewhere(tmp_path)
    restore(backup, target, sequence=described.sequence - cut if cut else None, with_database=False)
    for folder in (target.journal, target.snapshots):
        for path in (folder.parent, folder, *folder.rglob("*")):
            if path.name != LOCK_NAME:
                assert synced.get(path) == path.stat().st_mtime_ns, f"{path} may be lost"


@pytest.mark.parametrize("cut", [0, 20], ids=["whole", "cut"])
def test_the_last_batch_of_a_restore_cannot_pass_for_an_unfinished_write(
    site: Site, tmp_path: Path, cut: int
) -> None:
    backup, described = back_up(site, tmp_path / "backups", with_database=False)
    target = elsewhere(tmp_path)
    sequence = described.sequence - cut
    restore(backup, target, sequence=sequence if cut else None, with_database=False)
    with closing(JournalReader(target.journal, 0)) as reader:
        record, last = reader.next(), None
        while record is not None:
            if record.command_count:
                last, path = record, reader.place[0]
            record = reader.next()
    assert last is not None
    content = path.read_bytes()
    for offset in range(last.offset, last.end, 7):
        path.write_bytes(content[:offset] + bytes([content[offset] ^ 0x41]) + content[offset + 1 :])
        with pytest.raises(JournalError):
            recover(target.journal, None)
    path.write_bytes(content)
    recover(target.journal, None)


@pytest.mark.django_db
def test_an_account_that_the_cut_journal_has_not_is_asked_for_anew() -> None:
    """Its row stays, since its user does; without a request it could never be used again."""
    for number in (1001, 1009):
        Account.objects.create(number=number, status=ACTIVE)
    Projection.objects.create(name=Projection.MARKET_DATA, sequence=10, event_hash="", now_ns=0)
    assert take_back_to(9, {1001})
    assert dict(Account.objects.values_list("number", "status")) == {1001: ACTIVE, 1009: None}
    (request,) = ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES)
    assert (request.kind, request.payload) == (
        ChangeRequest.Kind.SET_ACCOUNT,
        {"account": 1009, "status": ACTIVE},
    )


# --- everything, from a trading exchange ------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def processes(vendor: str) -> Iterator[Processes]:
    with tempfile.TemporaryDirectory(prefix="xt") as folder, postgres.url_for(vendor) as url:
        processes = Processes(Path(folder), url)
        try:
            yield processes
        finally:
            processes.close()


class Load(threading.Thread):
    """Trades until told to stop; ``acknowledged`` only grows."""

    def __init__(self, processes: Processes) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self.acknowledged = 0
        self._client = processes.client()

    def run(self) -> None:
        traffic = Traffic(21)
        with self._client as client:
            client.submit_many(opening())
            while not self.stopping.is_set():
                outcomes = client.submit_many(traffic.take(40))
                self.acknowledged = max(outcome.sequence for outcome in outcomes)
                time.sleep(0.02)


def manage(processes: Processes, *arguments: str) -> str:
    """Run a command; what it printed. Its errors are the test's."""
    result = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=processes.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.proof
def test_backed_up_while_trading_and_restored(processes: Processes, vendor: str) -> None:
    processes.engine()
    market = processes.marketdata("--snapshot-commands=500")
    load = Load(processes)
    load.start()
    backups = processes.data / "backups"
    try:
        while load.acknowledged < 1_500:
            assert load.is_alive(), processes.log_tail()
            time.sleep(0.05)
        acknowledged = load.acknowledged
        manage(processes, "backup", str(backups))
    finally:
        load.stopping.set()
        load.join(30)
    processes.wait_for_sequence(load.acknowledged)
    assert end(market) == 0
    (folder,) = backups.iterdir()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["sequence"] >= acknowledged
    for sequence in (manifest["sequence"], 777):
        with tempfile.TemporaryDirectory(prefix="xt") as name, postgres.url_for(vendor) as url:
            _restore_and_run(processes, Path(name), url, folder, sequence)


def _restore_and_run(processes: Processes, data: Path, url: str, backup: Path, sequence: int) -> None:
    """Restore into a data folder of its own, start engine and marketdata there, compare every table."""
    other = object.__new__(Processes)
    other.__dict__.update(processes.__dict__)
    other.data, other.journal, other._running = data, data / "journal", []
    other.environment = {**processes.environment, "DATA": str(data)}
    if url:
        other.environment["DATABASE_URL"] = url
    printed = manage(other, "restore", str(backup), f"--sequence={sequence}")
    assert f"sequence: {sequence}\n" in printed
    assert ("the tables were ahead" in printed) == (sequence == 777)
    try:
        engine, market = other.engine(), other.marketdata()
        other.wait_for_sequence(sequence)
        with other.client() as client:
            last = client.submit_many(Traffic(22).take(50))[-1].sequence
        other.wait_for_sequence(last)
        other.stop(engine, market)
        assert other.disagreements() == ""
    finally:
        for process in other._running:
            if process.poll() is None:
                process.kill()
                process.wait()
