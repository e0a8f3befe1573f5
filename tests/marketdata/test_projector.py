"""The projector in one process with a real sequencer and journal."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from exchange.link.errors import FollowerDisagrees, PositionUnknown
from exchange.link.follower import Follower, Position
from exchange.models import Balance, ChangeRequest, Fill, Order, Projection, Transfer
from exchange.node.sequencer import Sequencer, open_sequencer
from marketdata.feed.board import Board
from marketdata.feed.feed_messages import CandleClosed, CandleNow
from marketdata.intervals import MINUTE, SECOND
from marketdata.models import CandleRow
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.rebuilding import rebuild
from marketdata.projection.store import ProjectionError, Store
from tests.marketdata.agreement import disagreements
from tests.marketdata.traffic import Traffic, opening

pytestmark = pytest.mark.django_db(transaction=True)

START = 1_795_305_000 * SECOND
MakeProjector = Callable[..., Projector]


class World:
    """A data folder with a journal, a sequencer on a clock of its own, and projectors on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal, self.snapshots = folder / "journal", folder / "snapshots"
        self.now_ns = START
        self.sequencer: Sequencer = open_sequencer(self.journal, self.snapshots, clock=lambda: self.now_ns)
        self.sequencer.submit(opening())

    def trade(self, traffic: Traffic, batches: int, *, step_ns: int = SECOND) -> None:
        for _ in range(batches):
            self.now_ns += step_ns
            self.sequencer.submit(traffic.take(20))
        self.sequencer.seal()

    def follow(self, position: Position | None) -> Follower:
        return Follower(self.journal, self.snapshots, position=position)

    def projector(self, store: Store | None = None, **options: int) -> Projector:
        paced = Options(pace_ms=0, min_commands=50, **{"max_commands": 100, **options})
        return Projector(self.follow, store or Store(), Board(), snapshot_dir=self.snapshots, options=paced)

    def disagreements(self) -> list[str]:
        return list(disagreements(self.journal, self.folder / "no-snapshots"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.sequencer.close()


def run_out(projector: Projector) -> None:
    while projector.step():
        pass


def test_tables_are_what_the_journal_implies(world: World) -> None:
    requests = (
        ChangeRequest(id=int(f"7{number:06}"), kind="set_symbol_status", payload={})
        for number in range(1, 1_300)
    )
    ChangeRequest.objects.bulk_create(requests)
    world.trade(Traffic(7), 60, step_ns=17 * SECOND)
    projector = world.projector()
    run_out(projector)
    assert projector.health.breaches == []
    assert world.disagreements() == []
    assert Order.objects.count() > 500
    assert CandleRow.objects.count() > 30
    assert ChangeRequest.objects.filter(state="applied").exists()
    assert ChangeRequest.objects.filter(state="refused", refusal_code="SYMBOL_NOT_FOUND").exists()


def test_restarts_anywhere_change_nothing(world: World) -> None:
    """Stop after every few transactions, sometimes with a snapshot, and go on with a new projector."""
    luck, traffic = random.Random(3), Traffic(3)
    for _ in range(12):
        world.trade(traffic, 8, step_ns=luck.choice([SECOND, 29 * SECOND, 3600 * SECOND]))
        projector = world.projector()
        for _ in range(luck.randrange(1, 6)):
            projector.step()
        if luck.random() < 0.4:
            projector.finish()
    run_out(world.projector())
    assert world.disagreements() == []


def test_a_rebuild_makes_damaged_tables_what_the_journal_implies(world: World) -> None:
    world.trade(Traffic(11), 30, step_ns=17 * SECOND)
    run_out(world.projector())
    before = rows_of_everything()
    Order.objects.filter(order_id__in=list(Order.objects.values_list("order_id", flat=True)[::2])).delete()
    Balance.objects.update(available_minor=5)
    CandleRow.objects.all().delete()
    assert world.disagreements() != []
    assert rebuild(world.journal, world.snapshots) == world.sequencer.position.sequence
    assert world.disagreements() == []
    assert rows_of_everything() == before


def test_a_rebuild_that_was_broken_off_is_gone_on_with(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.trade(Traffic(12), 30, step_ns=17 * SECOND)
    run_out(world.projector())
    before = rows_of_everything()

    class Broken(Projector):
        """Stores one transaction."""

        def _store_batches(self, timeout_s: float) -> None:
            if self.position.sequence:
                raise KeyboardInterrupt
            self._batch_commands = 50
            self._begin(self._fold(timeout_s, 50))

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("marketdata.projection.rebuilding.Projector", Broken)
        rebuild(world.journal, world.snapshots)
    run_out(world.projector())
    assert world.disagreements() == []
    assert rows_of_everything() == before


def test_a_journal_without_its_start_is_not_projected_anew(world: World) -> None:
    world.trade(Traffic(13), 5)
    run_out(world.projector())
    count = Order.objects.count()
    (segment,) = world.journal.glob("*.segment")
    segment.rename(world.journal / f"00000002-{7:020}.segment")
    with pytest.raises(ProjectionError, match="begins at sequence 7"):
        rebuild(world.journal, world.snapshots)
    assert Order.objects.count() == count > 0


def rows_of_everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row that follows from the journal, without the numbers that the database gives to rows."""
    found = {}
    for model in (Order, Fill, Transfer, Balance, CandleRow):
        names = [field.attname for field in model._meta.fields if field.attname != "id"]
        found[model.__name__] = sorted(model.objects.values_list(*names), key=repr)
    return found


class FlakyStore(Store):
    """A database that fails before, amid or after the commit."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._luck = random.Random(seed)

    def _wait(self, pause_s: float) -> bool:
        return False

    def _commit(self, write):  # type: ignore[no-untyped-def]
        where = self._luck.choice(["before", "amid", "after", "never", "never"])
        if where == "before":
            raise OperationalError("gone before")
        if where == "amid":
            with pytest.raises(OperationalError), _failing_amid():
                super()._commit(write)
            raise OperationalError("gone amid")
        super()._commit(write)
        if where == "after":
            raise OperationalError("gone after the commit")


def _failing_amid():  # type: ignore[no-untyped-def]
    seen = []

    def fail(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
        seen.append(sql)
        if len(seen) > 3:
            raise OperationalError("amid")
        return execute(sql, params, many, context)

    return connection.execute_wrapper(fail)


def test_a_failing_database_loses_and_doubles_nothing(world: World) -> None:
    world.trade(Traffic(5), 100)
    projector = world.projector(FlakyStore(5))
    run_out(projector)
    assert projector._store.retries > 5
    assert world.disagreements() == []


def test_a_second_projector_is_stopped(world: World) -> None:
    first, second = world.projector(), world.projector()
    world.trade(Traffic(1), 3)
    run_out(first)
    with pytest.raises(ProjectionError):
        second.step()
    assert world.disagreements() == []


def test_refuses_a_journal_that_disagrees(world: World) -> None:
    world.trade(Traffic(1), 3)
    run_out(world.projector())
    Projection.objects.update(event_hash="0" * 32)
    with pytest.raises(FollowerDisagrees):
        world.projector()


def test_refuses_a_journal_that_ends_before_it(world: World) -> None:
    world.trade(Traffic(1), 3)
    run_out(world.projector())
    Projection.objects.update(sequence=10_000_000)
    with pytest.raises(PositionUnknown):
        world.projector()


def test_snapshots_stay_at_or_behind_the_tables(world: World) -> None:
    traffic = Traffic(2)
    for _ in range(5):
        world.trade(traffic, 10)
        projector = world.projector(snapshot_commands=100)
        run_out(projector)
        projector.finish()
    names = sorted(path.name for path in world.snapshots.glob("*.snapshot"))
    assert 1 <= len(names) <= 3
    assert int(names[-1].partition(".")[0]) == Projection.objects.get().sequence


def test_time_alone_closes_candles(world: World) -> None:
    world.trade(Traffic(4), 9)
    projector = world.projector()
    run_out(projector)
    board = projector._board
    board.take()
    world.now_ns += 2 * MINUTE
    world.sequencer.tick()
    world.sequencer.seal()
    run_out(projector)
    told = board.take()
    closed = [each for each in told if isinstance(each, CandleClosed) and each.symbol == "BTC-KRW"]
    current = [each for each in told if isinstance(each, CandleNow) and each.symbol == "BTC-KRW"]
    assert closed
    assert closed[0].interval_ns == MINUTE
    assert current[0].candle.open_ns == world.now_ns - world.now_ns % MINUTE
    assert current[0].candle.trade_count == 0  # none in it yet


def test_a_restarted_board_is_the_board_of_one_that_never_stopped(world: World) -> None:
    traffic = Traffic(6)
    world.trade(traffic, 30, step_ns=40 * SECOND)
    never_stopped = world.projector()
    run_out(never_stopped)
    _, greeting = never_stopped._board.take_and_greet()
    _, again = world.projector()._board.take_and_greet()
    assert again == greeting


def test_account_rows_keep_what_others_wrote(world: World) -> None:
    from exchange.models import Account

    Account.objects.create(number=1000, is_demo=True, created_at=timezone.now())
    world.sequencer.seal()
    run_out(world.projector())
    account = Account.objects.get(number=1000)
    assert account.is_demo
    assert account.status == 0
