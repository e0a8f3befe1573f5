"""From files back to an engine: the newest valid snapshot, and the journal after it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from exchange.engine import FIRST_RULES, Engine
from exchange.engine.messages import Command, Event
from exchange.journal.codec import DECODE_ERRORS, chain_hash, encode_each, parse_rows
from exchange.journal.errors import JournalDamaged, JournalDisagrees, JournalGap, ReplayCrashed
from exchange.journal.files import OS_FILES, Files
from exchange.journal.reader import JournalEnd, JournalReader
from exchange.journal.records import START, Position, Record
from exchange.journal.segments import check_head
from exchange.journal.snapshots import list_snapshots, valid_snapshots
from exchange.telemetry.logs import get_logger
from exchange.telemetry.progress import step

log = get_logger(__name__)


class Recovery(NamedTuple):
    """What recovery found, and what it took."""

    engine: Engine
    position: Position
    end: JournalEnd
    snapshot_sequence: int
    commands: int
    seconds: float


class Fold:
    """An engine that follows a journal record by record and checks the stated event hashes."""

    def __init__(self, engine: Engine, position: Position) -> None:
        self.engine = engine
        self.event_hash = position.hash_bytes

    @property
    def position(self) -> Position:
        return Position(self.engine.sequence, self.event_hash.hex())

    def check(self, record: Record, path: Path) -> None:
        """JournalDisagrees if the record states another event hash than was folded up to it."""
        if record.event_hash != self.event_hash:
            raise JournalDisagrees(
                path, record.offset, record.first_sequence - 1, record.event_hash, self.event_hash
            )

    def apply(self, record: Record, path: Path) -> tuple[list[Command], list[list[Event]]]:
        """Fold one batch; its commands and their events."""
        self.check(record, path)
        try:
            commands = record.commands()
        except DECODE_ERRORS as error:
            raise JournalDamaged(path, record.offset, f"the batch cannot be decoded: {error}") from error
        if len(commands) != record.command_count:
            raise JournalDamaged(
                path, record.offset, f"{len(commands)} commands where {record.command_count} are stated"
            )
        apply, now_ns = self.engine.apply, record.now_ns
        try:
            events = [apply(command, now_ns) for command in commands]
        except Exception as error:
            raise ReplayCrashed(
                f"{path} at offset {record.offset}: the core raised {error!r} on the command after "
                f"sequence {self.engine.sequence}: run the version that wrote this journal"
            ) from error
        self.event_hash = chain_hash(self.event_hash, encode_each(events))
        return commands, events


def start_fold(
    snapshot_dir: Path | None, *, at_or_before: int | None = None, files: Files = OS_FILES
) -> Fold:
    """A fold at the newest valid snapshot (at or before a sequence), or (also for None) at the very start."""
    snapshots = valid_snapshots(snapshot_dir, at_or_before=at_or_before, files=files) if snapshot_dir else ()
    for snapshot in snapshots:
        with _collector_at_rest():
            return Fold(Engine.load(snapshot.body, parse_rows), snapshot.position)
    # A journal that says nothing of rules was written under the first.
    return Fold(Engine(rules_version=FIRST_RULES), START)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Millions of new objects and none of them garbage: the collector would look through them again and
    again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def recover(
    journal_path: Path, snapshot_dir: Path | None, *, files: Files = OS_FILES
) -> tuple[Engine, Position]:
    """The engine as of the end of the journal, and where that is. Changes nothing on the disk. Without a
    snapshot folder the whole journal is folded."""
    recovery = recover_fully(journal_path, snapshot_dir, files=files)
    return recovery.engine, recovery.position


def recover_fully(journal_path: Path, snapshot_dir: Path | None, *, files: Files = OS_FILES) -> Recovery:
    """``recover`` with everything a writer needs to go on. Raises JournalDamaged, JournalGap,
    JournalDisagrees or ReplayCrashed."""
    started = time.perf_counter()
    check_head(files, journal_path)
    fold = start_fold(snapshot_dir, files=files)
    snapshot_sequence = fold.engine.sequence
    reader = JournalReader(journal_path, snapshot_sequence, files)
    try:
        commands = _fold_rest(fold, reader)
        end = reader.end()
    finally:
        reader.close()
    if snapshot_dir is not None:
        _check_end(end, snapshot_dir, journal_path, files)
    seconds = time.perf_counter() - started
    log.info(
        "recovered",
        sequence=fold.engine.sequence,
        seconds=round(seconds, 3),
        snapshot=snapshot_sequence,
        commands=commands,
    )
    return Recovery(fold.engine, fold.position, end, snapshot_sequence, commands, seconds)


def _fold_rest(fold: Fold, reader: JournalReader) -> int:
    """Fold every record the reader has; how many commands that were."""
    count = 0
    with step("folding the journal", reader.bytes_ahead) as advance:
        while (record := reader.next()) is not None:
            path = reader.place[0]
            if record.command_count:
                fold.apply(record, path)
                count += record.command_count
            elif record.first_sequence == fold.engine.sequence + 1:
                fold.check(record, path)
            advance(record.end - record.offset)
    return count


def _check_end(end: JournalEnd, snapshot_dir: Path, journal_path: Path, files: Files) -> None:
    """A snapshot is only taken of what is durable: a journal that ends before one has lost something."""
    newest = next(iter(list_snapshots(snapshot_dir, files=files)), None)
    if newest is not None and newest[0] > end.next_sequence - 1:
        raise JournalGap(
            f"{journal_path} ends at sequence {end.next_sequence - 1}, but {newest[1]} was "
            f"taken at {newest[0]}: the journal has lost durable records. Restore it from "
            "a backup; to give them up, move that snapshot away"
        )
