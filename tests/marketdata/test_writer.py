"""Storing beside folding: wherever a write breaks off, the tables stand before or after it and nothing
else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from exchange.models import Projection
from marketdata.feed.board import Board
from marketdata.management.commands.runmarketdata import only_one
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import ProjectionError, Store, Write
from tests.marketdata.test_projector import FlakyStore, World, run_out
from tests.marketdata.traffic import Traffic

pytestmark = pytest.mark.django_db(transaction=True)

#: Of the backlog's transactions, the one that goes wrong.
FATAL = 4


class ProcessDied(BaseException):
    """Stands for SIGKILL: nothing catches it and nothing is tidied up."""


class Threaded(Store):
    """Writes beside the fold whatever the database, and notes who did it and where it began."""

    is_remote = True

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[threading.Thread] = []
        self.begun: list[int] = []

    def write(self, write: Write) -> bool:
        self.threads.append(threading.current_thread())
        self.begun.append(write.before.sequence)
        return super().write(write)


class Dying(Threaded):
    """Dies in one of its transactions, at a statement, before the commit or after it."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self._where = where

    def _commit(self, write: Write) -> None:
        if len(self.begun) != FATAL:
            super()._commit(write)
            return
        if self._where == "before":
            raise ProcessDied
        if self._where == "after":
            super()._commit(write)
            raise ProcessDied
        with connection.execute_wrapper(self._die):
            super()._commit(write)

    def _die(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        done = execute(sql, params, many, context)
        table = {"moved": "marketdata_projection", "orders": "exchange_order", "fills": "exchange_fill"}
        if table.get(self._where, "exchange_balance") in sql:
            raise ProcessDied
        return done


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.trade(Traffic(13), 40)
    yield world
    world.sequencer.close()


def stored_sequence() -> int:
    return Projection.objects.values_list("sequence", flat=True).first() or 0


def projector_with(world: World, store: Store, board: Board) -> Projector:
    options = Options(pace_ms=0, min_commands=50, max_commands=100)
    return Projector(world.follow, store, board, snapshot_dir=world.snapshots, options=options)


def test_a_backlog_is_written_in_order_by_one_other_thread(world: World) -> None:
    store = Threaded()
    projector = world.projector(store)
    run_out(projector)
    assert len(store.begun) > FATAL
    assert store.begun == sorted(set(store.begun))
    assert len(set(store.threads)) == 1
    assert store.threads[0] is not threading.current_thread()
    assert world.disagreements() == []
    projector.finish()
    assert not store.threads[0].is_alive()


def test_every_step_ends_with_all_it_folded_stored(world: World) -> None:
    """Also in the middle of a backlog: whoever stops after a step stops at a position."""
    projector = world.projector(Threaded(), transactions=3)
    while projector.step():
        assert projector.position == projector._follower.position
        assert projector.position.sequence == stored_sequence()


@pytest.mark.parametrize("where", ["before", "moved", "orders", "fills", "balances", "after"])
def test_killed_amid_a_write_loses_and_doubles_nothing(world: World, where: str) -> None:
    """By then the next batches have been folded: nobody has seen them, and they come again."""
    store, board = Dying(where), Board()
    with pytest.raises(ProcessDied):
        run_out(projector_with(world, store, board))
    assert len(store.begun) == FATAL
    shown = store.begun[-1]
    assert board.sequence == shown
    assert (stored_sequence() > shown) == (where == "after")
    run_out(world.projector(Threaded()))
    assert world.disagreements() == []


def test_the_fold_fails_while_a_write_is_on_its_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is stored and shown; what failed is not."""
    store, board = Threaded(), Board()
    projector = projector_with(world, store, board)
    honest = projector._collect

    def collect(batch, rows, changes):  # type: ignore[no-untyped-def]
        if len(store.begun) == FATAL:
            raise RuntimeError("a bug")
        honest(batch, rows, changes)

    monkeypatch.setattr(projector, "_collect", collect)
    with pytest.raises(RuntimeError, match="a bug"):
        run_out(projector)
    assert board.sequence == stored_sequence() > store.begun[-1]
    run_out(world.projector(Threaded()))
    assert world.disagreements() == []


class FlakyThreaded(FlakyStore):
    is_remote = True


def test_a_failing_database_loses_and_doubles_nothing(world: World) -> None:
    store = FlakyThreaded(8)
    run_out(world.projector(store))
    assert store.retries > 3
    assert world.disagreements() == []


def test_a_second_projector_is_stopped(world: World) -> None:
    first, second = world.projector(Threaded()), world.projector(Threaded())
    run_out(first)
    with pytest.raises(ProjectionError):
        second.step()
    assert world.disagreements() == []


def test_stopped_while_the_database_is_away(world: World) -> None:
    """The write that waits for it is given up, with all that was folded after it, and nothing else
    happens."""
    stopping = threading.Event()

    class Away(Threaded):
        def _commit(self, write: Write) -> None:
            if len(self.begun) == FATAL:
                stopping.set()
                raise OperationalError("away")
            super()._commit(write)

    store, board = Away(), Board()
    store._stop = stopping.is_set
    projector = projector_with(world, store, board)
    projector.step()
    projector.finish()
    assert stored_sequence() == board.sequence == store.begun[-1]
    assert not list(world.snapshots.glob("*.snapshot"))
    run_out(world.projector(Threaded()))
    assert world.disagreements() == []


def test_a_second_projector_is_refused(settings: Any, tmp_path: Path) -> None:
    """It would take the socket over, and live data would come and go."""
    socket_path = tmp_path / "marketdata.sock"
    settings.XTRADER = {**settings.XTRADER, "MARKETDATA_SOCKET": str(socket_path)}
    with only_one(socket_path), pytest.raises(CommandError, match="another runmarketdata") as refused:
        call_command("runmarketdata")
    assert refused.value.returncode == 3
    with only_one(socket_path):
        pass
