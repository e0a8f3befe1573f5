"""The heart of the node: sequence, apply, journal, and only then answer."""

from __future__ import annotations

import gc
import json
import secrets
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from exchange.engine import RULES_VERSION, Engine
from exchange.engine.messages import EV_REJECTED, TRADER_COMMANDS, Command, Event, set_rules, tick
from exchange.engine.messages.places import COMMAND_ACCOUNT, COMMAND_ID
from exchange.journal.codec import chain_hash, encode, encode_events
from exchange.journal.errors import JournalWriteFailed
from exchange.journal.file_journal import DEFAULT_SEGMENT_BYTES, FileJournal
from exchange.journal.files import OS_FILES, Files
from exchange.journal.records import Position
from exchange.journal.recovery import recover, recover_fully
from exchange.link.protocol import Outcome
from exchange.telemetry.logs import get_logger, places_of
from exchange.telemetry.measures import own

log = get_logger(__name__)

#: Wire code of a command that crashed the core.
INTERNAL: Final = "INTERNAL"
#: How many crashing commands are remembered, so that a repeated one is answered without a reload.
_QUARANTINE_LIMIT: Final = 1_000


def draw() -> int:
    """A number from 1 to a million that nobody can foresee."""
    return 1 + secrets.randbelow(1_000_000)


class Journal(Protocol):
    """What the sequencer needs of a journal."""

    epoch: int
    durable_sequence: int

    def append(
        self,
        first_sequence: int,
        now_ns: int,
        commands: Sequence[Command],
        event_hash: bytes,
        labels: Sequence[str] = (),
    ) -> None: ...

    def seal(self, event_hash: bytes) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Turn:
    """What one batch did. ``encoded[i]`` are the events of the command ``first_sequence + i``."""

    now_ns: int
    #: Sequence, time and events of each outcome, and the events encoded, for the replies.
    results: list[tuple[int, int, list[Event]]] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    first_sequence: int = 0
    commands: list[Command] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    #: How many of the commands are the sequencer's own, before those of the batch.
    preceding: int = 0
    #: The label of each command's request, or nothing where none has one.
    labels: Sequence[str] = ()
    #: What it took in the core, and in writing and syncing.
    apply_ns: int = 0
    journal_ns: int = 0

    @property
    def outcomes(self) -> list[Outcome]:
        return [Outcome(*result) for result in self.results]

    def add(self, sequence: int, now_ns: int, events: list[Event]) -> bytes:
        """Add an outcome; its events encoded."""
        reply = encode_events(events)
        self.results.append((sequence, now_ns, events))
        self.replies.append(reply)
        return reply

    def take_labels(self, labels: Sequence[str]) -> None:
        """Keep the labels of those commands of the batch that were sequenced: not of a repeated one, nor of
        one that was left out."""
        if not self.preceding and len(self.commands) == len(labels):
            self.labels = labels
            return
        taken = [""] * self.preceding
        sequence = self.first_sequence + self.preceding
        for result, label in zip(self.results, labels, strict=True):
            if result[0] == sequence:
                taken.append(label)
                sequence += 1
        self.labels = taken


class _Crashed(Exception):
    """The core raised on this command."""

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.command = command


class Sequencer:
    """Gives commands their order and time, folds them, and makes them durable before it answers.

    Make one with ``open_sequencer``. In-process use (demo history, replays, tests, benches):

        with open_sequencer(data_dir / "journal", data_dir / "snapshots") as sequencer:
            outcomes = sequencer.submit([place_order(...), ...])
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        clock: Callable[[], int] = time.time_ns,
        *,
        event_hash: bytes,
        reload: Callable[[], Engine],
        quarantine_dir: Path,
        draw_ppm: Callable[[], int] = draw,
    ) -> None:
        """``event_hash``: the rolling hash at the engine's sequence. ``reload``: the engine again as of
        the end of the journal, after a crash in the core. ``draw_ppm``: how late an auction with a random end
        ends; nobody may foresee it."""
        self.engine = engine
        self.journal = journal
        self.clock = clock
        self._event_hash = event_hash
        self._reload = reload
        self._quarantine_dir = quarantine_dir
        self._draw_ppm = draw_ppm
        self._quarantined: OrderedDict[Command, None] = OrderedDict()
        self._failed = False
        self.duplicates = 0
        self.crashes = 0
        #: Time spent in the core (with encoding) and in writing and syncing, since the start.
        self.apply_ns = 0
        self.journal_ns = 0
        self._applied = own().durations("xtrader_engine_apply_seconds")
        self._synced = own().durations("xtrader_engine_sync_seconds")

    @property
    def has_failed(self) -> bool:
        """Whether a write failed: nothing is accepted any more."""
        return self._failed

    @property
    def position(self) -> Position:
        """The last sequence, durable, and the rolling event hash there."""
        return Position(self.engine.sequence, self._event_hash.hex())

    def submit(self, commands: Sequence[Command], now_ns: int | None = None) -> list[Outcome]:
        """One batch: recall duplicates, apply, append and sync, answer. ``now_ns`` (default: the
        clock) never goes back. Raises JournalWriteFailed, after which nothing more is accepted."""
        return self.run(commands, now_ns).outcomes

    def run(self, commands: Sequence[Command], now_ns: int | None = None, labels: Sequence[str] = ()) -> Turn:
        """``submit`` with the encoded events, for the server. ``labels``: that of each command's request, or
        nothing where none has one; they go to the journal and nowhere else."""
        if self._failed:
            raise JournalWriteFailed("an earlier batch failed; restart the engine")
        now_ns = max(self.engine.now_ns, self.clock() if now_ns is None else now_ns)
        try:
            started = time.perf_counter_ns()
            turn = self._apply_surely(commands, now_ns)
            turn.apply_ns = time.perf_counter_ns() - started
            self.apply_ns += turn.apply_ns
            self._applied.observe(turn.apply_ns)
            if turn.commands:
                if labels:
                    turn.take_labels(labels)
                self._commit(turn)
        except BaseException:
            # The engine is ahead of the journal: this process may answer nothing any more.
            self._failed = True
            raise
        return turn

    def tick(self, now_ns: int | None = None) -> Turn:
        """Let time move: journal a TICK if one is due. Does nothing else."""
        return self.run((), now_ns)

    def next_due_ns(self) -> int | None:
        """When ``tick`` has something to do."""
        return self.engine.next_due_ns()

    def seal(self) -> None:
        """State in the journal that everything so far is durable. Raises JournalWriteFailed, after which
        nothing more is accepted."""
        try:
            self.journal.seal(self._event_hash)
        except BaseException:
            self._failed = True
            raise

    def close(self) -> None:
        """Seal and release the journal."""
        try:
            if not self._failed:
                self.seal()
        finally:
            self.journal.close()

    def __enter__(self) -> Sequencer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _apply_surely(self, commands: Sequence[Command], now_ns: int) -> Turn:
        """Fold a batch, without those of its commands that crash the core."""
        while True:
            try:
                return self._apply(commands, now_ns)
            except _Crashed as crash:
                self._quarantine(crash)

    def _apply(self, commands: Sequence[Command], now_ns: int) -> Turn:
        """Fold a batch in memory. Raises _Crashed; the engine is then not to be used any more."""
        engine, turn = self.engine, Turn(now_ns)
        turn.first_sequence = engine.sequence + 1
        if engine.rules_version < RULES_VERSION:
            self._precede(turn, set_rules(f"rules:{RULES_VERSION}", RULES_VERSION))
        due_ns = engine.next_due_ns()
        if due_ns is not None and due_ns <= now_ns:
            self._precede(turn, tick(self._draw_ppm() if engine.needs_draw(now_ns) else 0))
        turn.preceding = len(turn.commands)
        quarantined, sequence = self._quarantined, turn.first_sequence + turn.preceding
        recall, fold, encoded, taken = engine.recall, self._fold, turn.encoded, turn.commands
        for command in commands:
            if quarantined and command in quarantined:
                turn.add(0, now_ns, _internal(command))
                continue
            recalled = recall(command)
            if recalled is None:
                encoded.append(turn.add(sequence, now_ns, fold(command, now_ns)))
                taken.append(command)
                sequence += 1
            else:
                self.duplicates += 1
                turn.add(recalled.sequence, recalled.now_ns, recalled.events)
        return turn

    def _precede(self, turn: Turn, command: Command) -> None:
        """Apply a command of the sequencer's own before those of the batch. It has no requester."""
        turn.commands.append(command)
        turn.encoded.append(encode(self.engine.apply(command, turn.now_ns)))

    def _fold(self, command: Command, now_ns: int) -> list[Event]:
        try:
            return self.engine.apply(command, now_ns)
        except AssertionError as error:
            # Not this command is wrong but the state it met: nothing may be built on that any more.
            log.critical("core_assertion_failed", after_sequence=self.engine.sequence, where=places_of(error))
            raise
        except Exception as error:
            raise _Crashed(command) from error

    def _commit(self, turn: Turn) -> None:
        """Make a turn durable."""
        started = time.perf_counter_ns()
        self.journal.append(turn.first_sequence, turn.now_ns, turn.commands, self._event_hash, turn.labels)
        turn.journal_ns = time.perf_counter_ns() - started
        self.journal_ns += turn.journal_ns
        self._synced.observe(turn.journal_ns)
        self._event_hash = chain_hash(self._event_hash, turn.encoded)

    def _quarantine(self, crash: _Crashed) -> None:
        """Set the command aside and take the engine back to the end of the journal."""
        self.crashes += 1
        self._quarantined[crash.command] = None
        if len(self._quarantined) > _QUARANTINE_LIMIT:
            self._quarantined.popitem(last=False)
        path = self._write_quarantine(crash)
        log.critical(
            "core_crashed",
            command_kind=crash.command[0],
            after_sequence=self.journal.durable_sequence,
            quarantine=str(path),
            error=type(crash.__cause__).__name__,
            where=places_of(crash.__cause__),
        )
        self.engine = self._reload()
        # The old engine's links are cycles, and the automatic collector is off in the node.
        gc.collect()

    def _write_quarantine(self, crash: _Crashed) -> Path | None:
        """Keep the command and the traceback for the repair of the core. Best effort."""
        path = self._quarantine_dir / f"{self.journal.durable_sequence + 1:020d}-{self.crashes}.json"
        content = {
            "after_sequence": self.journal.durable_sequence,
            "time_ns": self.clock(),
            "command": repr(crash.command),
            "command_msgpack_hex": encode(crash.command).hex(),
            "traceback": "".join(traceback.format_exception(crash.__cause__)),
        }
        try:
            self._quarantine_dir.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=2))
        except OSError as error:
            log.error("quarantine_not_written", path=str(path), error=error)
            return None
        return path


def _internal(command: Command) -> list[Event]:
    """The answer to a command that crashes the core: nothing happened."""
    account = command[COMMAND_ACCOUNT] if command[0] in TRADER_COMMANDS else 0
    return [(EV_REJECTED, command[COMMAND_ID], account, INTERNAL, ())]


def open_sequencer(
    journal_path: Path,
    snapshot_dir: Path,
    *,
    clock: Callable[[], int] = time.time_ns,
    quarantine_dir: Path | None = None,
    segment_bytes: int = DEFAULT_SEGMENT_BYTES,
    files: Files = OS_FILES,
) -> Sequencer:
    """Take the journal (JournalLocked if another engine has it), recover, begin a new epoch.

    ``quarantine_dir`` defaults to ``quarantine`` beside the journal."""
    journal = FileJournal(journal_path, files=files, segment_bytes=segment_bytes)
    try:
        recovery = recover_fully(journal_path, snapshot_dir, files=files)
        journal.begin(recovery.end, recovery.position.hash_bytes)
    except BaseException:
        journal.close()
        raise
    return Sequencer(
        recovery.engine,
        journal,
        clock,
        event_hash=recovery.position.hash_bytes,
        reload=lambda: recover(journal_path, snapshot_dir, files=files)[0],
        quarantine_dir=quarantine_dir or journal_path.parent / "quarantine",
    )
