"""Database and journal under one power cut: tables behind the journal or ahead of it, requests lost."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from exchange.control.dispatcher import Dispatcher
from exchange.control.services import request_change
from exchange.engine.messages import ACTIVE, Command
from exchange.journal.errors import JournalGap, JournalWriteFailed
from exchange.journal.tools import export
from exchange.link.errors import FollowerError
from exchange.link.follower import Follower, Position
from exchange.link.protocol import Outcome
from exchange.models import ChangeRequest
from exchange.node.sequencer import Sequencer, open_sequencer
from marketdata.feed.board import Board
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store
from tests.crash import runs
from tests.crash.canaries import SkipsSync
from tests.crash.disk import Disk, PowerCut
from tests.crash.script import START_NS
from tests.crash.tables import Past
from tests.crash.world import JOURNAL, PROJECTOR_OPTIONS, SNAPSHOTS, TABLES, World
from tests.marketdata.traffic import Traffic, opening

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1)


def test_tables_that_lost_their_last_commits_catch_up() -> None:
    """The real projector on a database that goes back some commits at every power cut."""
    lost = 0
    for operation in range(10, 130, 12):
        world = World(runs.script(operation, 14), operation, is_forgetful=True)
        world.run(cuts=[operation, 40], kinds=["cut", "cut"])
        lost += world.lost_commits
    assert lost > 3, "hardly anything was forgotten: this proves nothing"


def project(disk: Disk, durable_sequence: int) -> Position:
    """Let the tables have all there is; ``durable_sequence``: what the engine says of it."""

    def follow(position: Position | None) -> Follower:
        follower = Follower(JOURNAL, SNAPSHOTS, position=position, files=disk)
        follower._gate.sequence = durable_sequence
        return follower

    projector = Projector(
        follow, Store(), Board(), snapshot_dir=SNAPSHOTS, options=PROJECTOR_OPTIONS, files=disk
    )
    while projector.step():
        pass
    return projector.position


@pytest.mark.parametrize("more", [0, 5, 60])
def test_tables_ahead_of_the_journal_are_never_gone_on_with(more: int) -> None:
    """A disk that lies about the journal's syncs, and a database that kept what followed from them. What was
    lost cannot be had again; that the tables are of another history must not be passed over, not even when
    the journal has become as long again."""
    disk = Disk(more)
    honest = start(disk)
    honest.submit(opening())
    kept = honest.position
    honest.close()
    lying = start(SkipsAll(disk))
    lying.submit(Traffic(1).take(20))
    shown = project(disk, lying.position.sequence)
    assert shown == lying.position
    # The disk has nothing of what was not synced.
    disk.cut_power(drops_all=True)
    with pytest.raises(JournalGap, match="move that snapshot away"):
        start(disk)
    disk.kill()
    # An operator does, and gives up what was lost.
    for name in disk.names(SNAPSHOTS):
        disk.remove(SNAPSHOTS / name)
    again = start(disk)
    assert again.position == kept
    again.submit(Traffic(2).take(more))
    with pytest.raises(FollowerError):
        project(disk, again.position.sequence)


class SkipsAll(SkipsSync):
    """A disk that says it has written and has not."""

    def sync_data(self, file: int) -> None:
        pass


# --- change requests ----------------------------------------------------------------------------------


class Engine:
    """An engine in this process, as the dispatcher's client. ``dies_after``: it takes the commands, and its
    answer is never heard."""

    def __init__(self, sequencer: Sequencer, *, dies_after: bool = False) -> None:
        self._sequencer = sequencer
        self._dies_after = dies_after

    def submit_many(self, commands: Sequence[Command]) -> list[Outcome]:
        outcomes = self._sequencer.submit(commands)
        if self._dies_after:
            raise PowerCut
        return outcomes

    def submit(self, command: Command) -> Outcome:
        return self.submit_many([command])[0]


def start(disk: Disk | SkipsAll) -> Sequencer:
    return open_sequencer(
        JOURNAL,
        SNAPSHOTS,
        files=disk,
        clock=lambda: START_NS,
        segment_bytes=8_192,
        quarantine_dir=Path("/nowhere"),
    )


def ask(account: int) -> ChangeRequest:
    return request_change(ChangeRequest.Kind.SET_ACCOUNT, {"account": account, "status": ACTIVE})


@pytest.mark.parametrize("commits_lost", [0, 1, 2])
def test_a_request_is_carried_out_once_whatever_a_power_cut_takes(commits_lost: int) -> None:
    """Cut at each operation of the journal's disk while a request is submitted; the database loses the
    outcome, or that it was submitted at all, but not the request, whose commit went before."""
    for operation in count(1):
        ChangeRequest.objects.all().delete()
        disk = Disk(operation)
        disk.short_writes = 0
        requests = [ask(2_000 + number) for number in range(3)]
        states = Past([ChangeRequest], depth=1 + commits_lost)
        states.remember()
        sequencer = start(disk)
        disk.cut_at = disk.operations + operation
        was_cut = False
        try:
            Dispatcher(Engine(sequencer, dies_after=commits_lost == 1)).run_once()
        except (PowerCut, JournalWriteFailed):
            was_cut = True
        if commits_lost == 2:
            # Back to the first: as if none of the pass had been committed.
            for each in ChangeRequest.objects.all():
                ChangeRequest.objects.filter(pk=each.pk).update(
                    state=ChangeRequest.State.PENDING, sequence=None, applied_at=None
                )
        disk.cut_power()
        again = start(disk)
        Dispatcher(Engine(again)).run_until_empty()
        check(requests, disk)
        if (disk.cut_at == 0 and not was_cut) or operation > 12:
            break


def check(requests: list[ChangeRequest], disk: Disk) -> None:
    """Each request is in the journal once, and its row says where."""
    where: dict[str, list[int]] = {}
    for row in export(JOURNAL, files=disk):
        if len(row["command"]) > 1:
            where.setdefault(row["command"][1], []).append(row["sequence"])
    for request in requests:
        request.refresh_from_db()
        assert request.state == ChangeRequest.State.APPLIED
        assert where[request.command_id] == [request.sequence]


def test_a_request_that_the_database_lost_after_the_engine_applied_it() -> None:
    """Only a database that does not sync can lose it. The change holds, the journal says whose it was, and no
    later request is mistaken for it."""
    disk = Disk(1)
    sequencer = start(disk)
    lost = ask(2_001)
    Dispatcher(Engine(sequencer)).run_until_empty()
    ChangeRequest.objects.all().delete()
    later = [ask(2_001), ask(2_002)]
    Dispatcher(Engine(sequencer)).run_until_empty()
    check(later, disk)
    assert lost.command_id not in {request.command_id for request in later}
    assert {number for number, _ in sequencer.engine.accounts()} >= {2_001, 2_002}
    assert lost.command_id in {
        row["command"][1] for row in export(JOURNAL, files=disk) if len(row["command"]) > 1
    }


def test_every_table_can_be_put_back() -> None:
    """The harness itself: what ``Past`` puts back is what was there."""
    world = World(runs.script(1, 8), 1)
    world.run(cuts=[])
    past = Past(TABLES, depth=1)
    past.remember()
    before = list(past._states[0])
    past.go_back(world.luck)
    past.remember()
    assert past._states[0] == before
