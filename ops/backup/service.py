"""Taking a backup, and restoring one."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from exchange.journal.errors import JournalError
from exchange.journal.file_journal import FileJournal
from exchange.journal.recovery import Recovery, recover, recover_fully
from exchange.journal.whole_file import sync_path
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError
from exchange.telemetry.progress import step
from ops.backup import database, journal_copy, manifest
from ops.backup.errors import BackupDamaged, BackupError
from ops.backup.manifest import Manifest


class Site(NamedTuple):
    """Where an exchange keeps what is backed up."""

    journal: Path
    snapshots: Path
    engine_socket: Path


def back_up(site: Site, into: Path, *, with_database: bool = True) -> tuple[Path, Manifest]:
    """Take a backup into a new folder of ``into``, named by time and sequence. Trading goes on meanwhile.
    Raises BackupError, JournalError; what was begun is then removed."""
    aside = into / f"unfinished-{time.time_ns()}"
    aside.mkdir(parents=True)
    try:
        journal_copy.copy_snapshots(site.snapshots, aside / "snapshots")
        kind = _copy_database(aside) if with_database else ""
        journal_copy.copy_journal(site.journal, aside / "journal", _durable_sequence(site))
        engine, position = recover(aside / "journal", aside / "snapshots")
        described = Manifest(
            manifest.FORMAT_VERSION,
            time.time_ns(),
            position.sequence,
            position.event_hash,
            engine.state_hash(),
            kind,
            manifest.checksums(aside),
        )
        manifest.write(aside, described)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{position.sequence}"
    finished = aside.rename(into / name)
    sync_path(into)
    return finished, described


def _copy_database(aside: Path) -> str:
    with step("copying the database", unit=""):
        return database.copy_database(aside)


def _durable_sequence(site: Site) -> int | None:
    """The engine's durable sequence; None when no engine writes the journal."""
    if not journal_copy.is_in_use(site.journal):
        return None
    try:
        with BlockingEngineClient(site.engine_socket) as client:
            return int(client.query("status").value["durable"])
    except EngineError as error:
        raise BackupError(
            f"an engine holds {site.journal} but does not answer at {site.engine_socket}: {error}"
        ) from error


class Restored(NamedTuple):
    sequence: int
    event_hash: str
    state_hash: str
    #: Whether the tables will be projected again from the start.
    is_rebuilding: bool


def restore(folder: Path, site: Site, *, sequence: int | None = None, with_database: bool = True) -> Restored:
    """Restore a backup to empty places, up to ``sequence`` (None: all of it), and prove it: the copy folds to
    the hashes of the manifest, from the snapshots as from the very start. On return all of it is on the disk.
    Raises BackupError, JournalError."""
    described = manifest.read(folder)
    with_database = with_database and bool(described.database)
    if sequence is not None and not 0 < sequence <= described.sequence:
        raise BackupError(f"{folder} holds sequences up to {described.sequence}, not {sequence}")
    if with_database:
        database.check_empty(described.database)
    journal_copy.put_back(folder / "snapshots", site.snapshots)
    journal_copy.put_back(folder / "journal", site.journal)
    if sequence is not None and sequence < described.sequence:
        journal_copy.cut_after(site.journal, site.snapshots, sequence)
    recovery = recover_fully(site.journal, site.snapshots)
    restored = _prove(site, recovery, described, sequence)
    _make_durable(site, recovery)
    if with_database:
        with step("putting back the database", unit=""):
            database.put_back(folder, described.database)
        accounts = {number for number, _ in recovery.engine.accounts()}
        restored = restored._replace(is_rebuilding=database.take_back_to(restored.sequence, accounts))
    return restored


def _make_durable(site: Site, recovery: Recovery) -> None:
    """Return once everything restored is on the disk, and the journal's last record is vouched for by a seal:
    an engine acknowledges on top of it at once, and a record damaged later must not pass for an unfinished
    write."""
    journal = FileJournal(site.journal)
    try:
        journal.begin(recovery.end, recovery.position.hash_bytes)
        journal.seal(recovery.position.hash_bytes)
    finally:
        journal.close()
    for folder in (site.snapshots, site.journal):
        manifest.sync_tree(folder)


def _prove(site: Site, recovery: Recovery, described: Manifest, sequence: int | None) -> Restored:
    """Compare what was restored and folded."""
    position = recovery.position
    restored = Restored(position.sequence, position.event_hash, recovery.engine.state_hash(), False)
    if sequence is not None and sequence < described.sequence:
        _prove_from_start(site, restored)
    elif restored[:3] != (described.sequence, described.event_hash, described.state_hash):
        raise BackupDamaged(f"the restored copy folds to {restored}, the backup was {described}")
    return restored


def _prove_from_start(site: Site, restored: Restored) -> None:
    """There is no hash to compare a cut journal with but that of another fold of it."""
    try:
        engine, position = recover(site.journal, None)
    except JournalError:
        # Its first segments are gone for good: the snapshot is all there is to start from.
        return
    if (position.sequence, position.event_hash, engine.state_hash()) != restored[:3]:
        raise BackupDamaged(f"snapshot and journal of {site.journal} disagree")
