"""A whole exchange on a disk that fails: engine, journal, snapshots, projector, database, and the judge.

One ``World`` is one run of one script from the first batch to the last, through as many crashes as it is
told. After every crash it holds what was recovered against what was acknowledged and submitted, and at the
end every table against the journal.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from exchange import models
from exchange.engine.messages import EV_BALANCE, EV_LEVEL, Command, Event
from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.errors import JournalWriteFailed
from exchange.journal.files import Files
from exchange.journal.segments import ARCHIVE_NAME
from exchange.journal.tools import export
from exchange.link.follower import Follower, Position, _DurableGate
from exchange.link.protocol import Outcome
from exchange.models import Projection
from exchange.node.sequencer import Sequencer, open_sequencer
from marketdata.feed.board import Board
from marketdata.models import CandleRow
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store
from tests.crash.disk import Disk, PowerCut
from tests.crash.script import Script
from tests.crash.shadow import Database, Shadow
from tests.crash.tables import Past
from tests.marketdata.agreement import disagreements

JOURNAL, SNAPSHOTS = Path("/sim/journal"), Path("/sim/snapshots")
ARCHIVE = JOURNAL / ARCHIVE_NAME
#: A few small batches fill a segment, so that a run archives some.
SEGMENT_BYTES = 1_536
#: Fixed steps: the same run must do the same operations, however fast the machine.
PROJECTOR_OPTIONS = Options(
    min_commands=16,
    max_commands=16,
    pace_ms=0,
    snapshot_commands=30,
    snapshot_minutes=10_000,
    snapshots_kept=2,
    # A cut comes at a certain operation, so the disk is one thread's.
    snapshot_thread=False,
)
TABLES = (
    *(models.Order, models.Fill, models.Transfer, models.Balance, models.FeeOverride, models.ChangeRequest),
    *(models.Symbol, models.Asset, models.Account, CandleRow, Projection),
)


class Lost(AssertionError):
    """The exchange broke its word. The message says how, and how to see it again."""


class World:
    """``has_tables``: with the real projector and database, else with a shadow of them; ``is_forgetful``: a
    power cut takes the database's last commits too, as with ``synchronous=off``. To break things on purpose
    ``canary`` wraps the disk for the engine, ``archive_canary`` for the archiver, and ``make_follower`` takes
    another follower."""

    def __init__(
        self,
        script: Script,
        seed: int,
        *,
        has_tables: bool = True,
        is_forgetful: bool = False,
        canary: Callable[[Files], Files] = lambda files: files,
        archive_canary: Callable[[Files], Files] = lambda files: files,
        make_follower: type[Follower] = Follower,
    ) -> None:
        self.script = script.copy()
        self.luck = random.Random(f"world:{seed}")
        self.disk = Disk(seed)
        self.files = canary(self.disk)
        self.crashes = 0
        self._archive_files = archive_canary(self.disk)
        self._make_follower = make_follower
        #: Batches whose outcomes the client has, and batches it has sent.
        self.acknowledged = 0
        self.submitted = 0
        self._acknowledged_epoch = 0
        self._sequencer: Sequencer | None = None
        self._has_tables = has_tables
        self._database = Database()
        self._projector: Projector | Shadow | None = None
        self._archiver: Archiver | None = None
        self._gate: _DurableGate | None = None
        self._is_projector_at_work = False
        self._kinds: list[str] = []
        self._past = Past(TABLES) if has_tables and is_forgetful else None
        #: Commits of the database that power cuts have taken.
        self.lost_commits = 0
        if has_tables:
            for table in TABLES:
                table.objects.all().delete()

    # --- a run -------------------------------------------------------------------------------------

    def run(
        self, *, cuts: list[int], kinds: list[str] | None = None, faults: dict[int, int] | None = None
    ) -> None:
        """From the first batch to the last. The n-th life ends at its ``cuts[n]``-th disk operation (0:
        it lives on), by power cut or kill as ``kinds[n]`` says ("cut", "kill"; default: by luck). Raises
        Lost."""
        self._kinds = kinds or []
        self.disk.meanwhile = self._meanwhile
        self.disk.faults = dict(faults or {})
        for life in range(len(cuts) + 100):
            self.disk.cut_at = cuts[life] if life < len(cuts) else 0
            try:
                self._live()
                break
            except (PowerCut, JournalWriteFailed, OSError) as end:
                self._crash(end)
        if self._has_tables:
            self._judge_tables()

    def _live(self) -> None:
        """Start everything, go on with the script to its end, stop everything."""
        if self.luck.random() < 0.3:
            self._start_projector()
        sequencer = self._sequencer = open_sequencer(
            JOURNAL,
            SNAPSHOTS,
            clock=lambda: 0,
            segment_bytes=SEGMENT_BYTES,
            files=self.files,
            quarantine_dir=Path("/nonexistent/quarantine"),
        )
        self._judge_recovery(sequencer)
        self._start_projector()
        while self.acknowledged < len(self.script.batches):
            self._submit(sequencer)
            self._keep_house(sequencer)
        sequencer.close()
        self._finish_projector()

    def _submit(self, sequencer: Sequencer) -> None:
        index = self.acknowledged
        batch = self.script.batches[index]
        is_repeated = self.submitted > index
        self.submitted = index + 1
        outcomes = sequencer.submit(batch.commands, batch.now_ns)
        self.acknowledged = index + 1
        self._acknowledged_epoch = sequencer.journal.epoch
        expected = self.script.expected(index)
        if sequencer.position != expected.position:
            self._lose(f"batch {index} led to {sequencer.position}, not {expected.position}")
        self._judge_outcomes(index, outcomes, is_repeated=is_repeated)
        self._tell(sequencer.journal.durable_sequence)

    def _keep_house(self, sequencer: Sequencer) -> None:
        """What happens between batches: followers catch up, the engine idles, old segments are archived."""
        draw = self.luck.random()
        if draw < 0.25:
            self._step_projector()
        elif draw < 0.35:
            sequencer.seal()
        elif draw < 0.4:
            self._archive_by_hand()

    def _archive_by_hand(self) -> None:
        """What ``manage.py journal archive`` does, beside a projector that may be at it too."""
        archiver = Archiver(JOURNAL, keep=1, files=self._archive_files)
        archiver.allow(unneeded_sequence(SNAPSHOTS, files=self.disk))
        while archiver.work():
            pass

    # --- followers -----------------------------------------------------------------------------------

    def _start_projector(self) -> None:
        if self._projector is not None:
            return
        archiver = self._archiver = Archiver(JOURNAL, keep=2, files=self._archive_files)
        if self._has_tables:
            self._projector = Projector(
                self._follow,
                Store(),
                Board(),
                snapshot_dir=SNAPSHOTS,
                options=PROJECTOR_OPTIONS,
                files=self.disk,
                archiver=archiver,
            )
        else:
            self._projector = Shadow(self._follow, self._database, SNAPSHOTS, self.disk, archiver)
        if self._sequencer is not None:
            self._tell(self._sequencer.journal.durable_sequence)

    def _follow(self, position: Position | None) -> Follower:
        follower = self._make_follower(JOURNAL, SNAPSHOTS, position=position, files=self.disk)
        self._gate = follower._gate
        return follower

    def _tell(self, durable_sequence: int) -> None:
        """What the engine's socket tells followers after each sync."""
        if self._projector is not None and self._gate is not None:
            self._gate.sequence = max(self._gate.sequence, durable_sequence)

    def _meanwhile(self) -> None:
        """Between two operations of the engine: the projector is a process of its own."""
        chance = 0.1 if self._has_tables else 0.4
        if not self._is_projector_at_work and self.luck.random() < chance:
            self._step_projector()

    def _step_projector(self) -> None:
        projector = self._projector
        if projector is None:
            return
        self._is_projector_at_work = True
        try:
            if projector.step() and self._past is not None:
                self._past.remember()
        except OSError:
            # Its disk failed it: the process dies and is started again; the engine goes on.
            self._end_projector()
        finally:
            self._is_projector_at_work = False
        if self.luck.random() < 0.05:
            self._end_projector()
            self._start_projector()

    def _end_projector(self) -> None:
        """Its process is gone, and with it the lock that its archiver may have had."""
        self._projector = None
        if self._archiver is not None:
            self._archiver.close()

    def _finish_projector(self) -> None:
        self._start_projector()
        assert self._projector is not None, "just started"
        self._is_projector_at_work = True
        while self._projector.step():
            pass
        self._projector.finish()
        self._is_projector_at_work = False
        self._projector = None

    # --- crashes -------------------------------------------------------------------------------------

    def _crash(self, end: BaseException) -> None:
        """The engine is dead. The machine may be too, and the followers with it."""
        self.crashes += 1
        if isinstance(end, JournalWriteFailed):
            self._judge_refusal()
        kind = self._kinds.pop(0) if self._kinds else self.luck.choice(("cut", "cut", "kill"))
        is_machine = kind == "cut"
        is_projector_dead = is_machine or self._is_projector_at_work or self.luck.random() < 0.5
        self._is_projector_at_work = False
        self._sequencer = None
        if is_projector_dead:
            self._end_projector()
        if is_machine:
            self.disk.cut_power()
            if self._past is not None:
                self.lost_commits += self._past.go_back(self.luck)
        else:
            self.disk.kill()

    def _judge_refusal(self) -> None:
        """An engine whose journal failed answers nothing any more."""
        sequencer = self._sequencer
        if sequencer is None:
            return
        for _ in range(2):
            try:
                sequencer.submit(self.script.batches[-1].commands)
            except JournalWriteFailed:
                continue
            self._lose("the engine answered after its journal had failed")

    # --- judging -------------------------------------------------------------------------------------

    def _judge_recovery(self, sequencer: Sequencer) -> None:
        """Acknowledged ⊆ recovered ⊆ submitted, in whole batches, to the last bit."""
        script, found = self.script, sequencer.position
        whole = {script.position_after(n): n for n in (self.submitted, self.acknowledged)}
        if found not in whole:
            self._lose(f"recovered {found}, but {self.acknowledged} batches were acknowledged: {list(whole)}")
        count = whole[found]
        if sequencer.engine.state_hash() != script.state_hash_after(count):
            self._lose(f"another state after {found}")
        if sequencer.journal.epoch <= self._acknowledged_epoch:
            self._lose(f"epoch {sequencer.journal.epoch} has been used before")
        self._judge_journal(count)
        for index in range(self.acknowledged):
            commands = script.batches[index].commands
            recalled = [sequencer.engine.recall(command) for command in commands]
            if None in recalled:
                self._lose(f"a command of acknowledged batch {index} is not remembered")
            outcomes = [Outcome(*entry) for entry in recalled if entry is not None]
            self._judge_outcomes(index, outcomes, is_repeated=True)
        if count == self.acknowledged < self.submitted and self.luck.random() < 0.5:
            # Lost before it was acknowledged, and the client does something else now.
            script.swap(self.acknowledged)
            self.submitted = self.acknowledged

    def _judge_journal(self, batches: int) -> None:
        """The journal with its archive holds these batches' commands, each once, in order, and no others."""
        expected: list[Command] = []
        for index in range(batches):
            expected += self.script.expected(index).journaled
        rows = list(export(JOURNAL, files=self.disk))
        if [row["sequence"] for row in rows] != list(range(1, len(expected) + 1)):
            self._lose("the journal's sequences have a gap or an end too far")
        if [row["command"] for row in rows] != expected:
            self._lose("the journal holds other commands than were sequenced")

    def _judge_outcomes(self, index: int, outcomes: list[Outcome], *, is_repeated: bool) -> None:
        """One command, one reply: a repeated one's is the first one's, without levels and balances."""
        for outcome, (sequence, events) in zip(outcomes, self.script.expected(index).outcomes, strict=True):
            same = (
                (outcome.sequence, outcome.events) == (sequence, events)
                if not is_repeated
                else (outcome.sequence, _reply(outcome.events)) == (sequence, _reply(events))
            )
            if not same:
                self._lose(f"batch {index} was answered {outcome}, not {sequence} {events}")

    def _judge_tables(self) -> None:
        """Every table is what the journal implies, no row lost or doubled."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.disk.copy_to(JOURNAL, folder / "journal")
            self.disk.copy_to(ARCHIVE, folder / "journal" / ARCHIVE_NAME)
            problems = list(disagreements(folder / "journal", folder / "nowhere"))
            if problems:
                self._lose("tables and journal disagree: " + "; ".join(problems))

    def _lose(self, what: str) -> None:
        raise Lost(f"{what} (crash {self.crashes}, {self.disk.last})")


def _reply(events: list[Event]) -> list[Event]:
    return [event for event in events if event[0] not in (EV_LEVEL, EV_BALANCE)]
