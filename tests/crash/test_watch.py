"""The invariant watch: silent while all is well, and every kind of breach halts what it touches, once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.journal.snapshots import write_snapshot
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import FollowerDisagrees
from exchange.link.follower import Batch, Follower, Position
from exchange.models import Balance, Order
from exchange.node.sequencer import open_sequencer
from marketdata.feed.board import Board
from marketdata.projection.alarm import REASON
from marketdata.projection.follower_health import Options
from marketdata.projection.projector import Projector
from marketdata.projection.store import Store
from marketdata.projection.watch import Breach, Watch
from tests.conftest import LiveEngine
from tests.crash.script import START_NS
from tests.marketdata.traffic import Traffic, opening


def batches_of(folder: Path, seed: int, count: int = 60) -> tuple[Path, Path]:
    """A journal of random trading with a snapshot in it."""
    journal, snapshots = folder / "journal", folder / "snapshots"
    with open_sequencer(journal, snapshots, clock=lambda: START_NS) as sequencer:
        sequencer.submit(opening())
        traffic = Traffic(seed)
        for number in range(count):
            sequencer.submit(traffic.take(12))
            if number == count // 2:
                write_snapshot(snapshots, sequencer.engine, sequencer.position.event_hash)
    return journal, snapshots


def watched(follower: Follower, spoil: Callable[[Batch], None] = lambda batch: None) -> list[Breach]:
    """Everything the watch says on the way to the end."""
    watch, found = Watch(follower.engine), []
    while batches := follower.poll(0, max_commands=1):
        for batch in batches:
            spoil(batch)
            found += watch.take(batch)
        found += watch.check_venue()
    return found + watch.check_state()


@pytest.mark.parametrize("seed", range(5))
def test_silent_while_all_is_well(tmp_path: Path, seed: int) -> None:
    """From the very start, and from a snapshot in the middle."""
    journal, snapshots = batches_of(tmp_path, seed)
    with Follower(journal, snapshots.with_name("none")) as follower:
        assert watched(follower) == []
        end = follower.position
    middle = int(next(snapshots.iterdir()).stem)
    with Follower(journal, snapshots.with_name("none")) as follower:
        while follower.position.sequence < middle:
            follower.poll(0, max_commands=1)
        position = follower.position
    with Follower(journal, snapshots, position=position) as follower:
        assert watched(follower) == []
        assert follower.position == end


class Withdrawal(m.TransferEvent):
    """A transfer that belongs to a withdrawal under way."""


def changed(event: m.Event, view: Any, **fields: int) -> m.Event:
    named = view(*event)
    return tuple(named._replace(**{name: getattr(named, name) + by for name, by in fields.items()}))


@pytest.mark.parametrize(
    "view, fields, where",
    [
        (m.BalanceEvent, {"available_minor": 1}, "told"),
        (m.BalanceEvent, {"held_minor": -(10**40)}, "held"),
        (m.TradeEvent, {"taker_fee_minor": 1}, "after trade"),
        (m.TradeEvent, {"maker_fee_minor": -1}, "after trade"),
        (m.TradeEvent, {"notional_minor": 1}, "after trade"),
        (m.TradeEvent, {"quantity_lots": 1}, "after trade"),
        (m.TradeEvent, {"maker_base_after": 1}, "after trade"),
        (m.TransferEvent, {"balance_after_minor": 1}, "told"),
        (m.TransferEvent, {"amount_minor": 1}, "account"),
        (Withdrawal, {"amount_minor": 1}, "withdrawal"),
        (Withdrawal, {"fee_minor": 1}, "withdrawal"),
    ],
)
def test_every_amount_is_held_against_the_others(
    tmp_path: Path, view: Any, fields: dict[str, int], where: str
) -> None:
    """One event in the middle says a little more or less than it should."""
    journal, snapshots = batches_of(tmp_path, seed=1, count=20)
    tags = {m.BalanceEvent: m.EV_BALANCE, m.TradeEvent: m.EV_TRADE}
    tag = tags.get(view, m.EV_TRANSFER)
    spoiled: list[int] = []

    def spoil(batch: Batch) -> None:
        for events in batch.events:
            for index, event in enumerate(events):
                is_withdrawal = event[0] == m.EV_TRANSFER and m.TransferEvent(*event).withdrawal_id != ""
                is_meant = event[0] == tag and is_withdrawal == (view is Withdrawal)
                if is_meant and batch.first_sequence > 60 and not spoiled:
                    events[index] = changed(event, view, **fields)
                    spoiled.append(batch.first_sequence)

    with Follower(journal, snapshots.with_name("none")) as follower:
        found = watched(follower, spoil)
    assert spoiled
    assert any(where in breach.text for breach in found), found
    assert all(breach.symbols for breach in found)


def spoil_balance(engine: Engine) -> None:
    engine._state.ledger.accounts[1000].balances["BTC"].available += 1


def spoil_custody(engine: Engine) -> None:
    engine._state.ledger.accounts[m.CUSTODY_ACCOUNT].balances["USD"].available -= 1


def spoil_hold(engine: Engine) -> None:
    accounts = engine._state.ledger.accounts.values()
    balance = next(each for account in accounts for each in account.balances.values() if each.held)
    balance.held -= 1
    balance.available += 1


def spoil_level(engine: Engine) -> None:
    next(iter(engine._state.books["AAPL"].bids.best_first())).quantity_lots += 1


@pytest.mark.parametrize("spoil", [spoil_balance, spoil_custody, spoil_hold, spoil_level])
def test_the_walk_over_the_state_finds_what_does_not_move(
    tmp_path: Path, spoil: Callable[[Engine], None]
) -> None:
    journal, snapshots = batches_of(tmp_path, seed=2, count=20)
    with Follower(journal, snapshots.with_name("none")) as follower:
        while follower.poll(0):
            pass
        spoil(follower.engine)
        found = Watch(follower.engine).check_state()
        assert found
        if spoil is spoil_custody:
            assert {symbol for breach in found for symbol in breach.symbols} == {"AAPL"}


# --- the whole way: a breach, a halt in the journal ---------------------------------------------------


def projector_of(live: LiveEngine, *, socket_path: Path | None = None) -> Projector:
    def follow(position: Position | None) -> Follower:
        return Follower(live.folder / "journal", live.folder / "snapshots", position=position)

    options = Options(pace_ms=0, check_seconds=0)
    return Projector(
        follow,
        Store(),
        Board(),
        snapshot_dir=live.folder / "snapshots",
        options=options,
        engine_socket=socket_path or live.socket_path,
    )


def trade_some(live: LiveEngine, command_id: str = "w") -> None:
    """A resting AAPL order of a funded account, and its rows in the tables."""
    if command_id == "w":
        live.open_account(1001, {"USD": 10_000, "KRW": 10_000_000})
    place = m.place_order(command_id, 1001, "AAPL", m.BUY, price_ticks=20_000, quantity_lots=3)
    live.submit(place)


def statuses(live: LiveEngine) -> dict[str, tuple[int, str]]:
    events = [m.SymbolEvent(*event) for event in live.client.query("symbols").value]
    return {event.symbol: (event.status, event.status_reason) for event in events}


def run_out(projector: Projector, seconds: float = 1.0) -> None:
    deadline = time.monotonic() + seconds
    while projector.step(0.05) or time.monotonic() < deadline:
        pass


@pytest.mark.django_db(transaction=True)
def test_a_breach_halts_what_it_touches_and_nothing_else(
    live_engine: LiveEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """A row of the tables is not what the engine says: what trades that asset stops, the rest goes on."""
    caplog.set_level(logging.CRITICAL)
    trade_some(live_engine)
    projector = projector_of(live_engine)
    run_out(projector, 0.3)
    assert projector._alarm.count == 0
    Balance.objects.filter(account=1001, asset="KRW").update(available_minor="5")
    trade_some(live_engine, "w2")
    run_out(projector)
    found = statuses(live_engine)
    assert found["BTC-KRW"] == found["ETH-KRW"] == (m.HALTED, REASON)
    assert found["AAPL"][0] == m.TRADING
    assert any("invariant_broken" in record.getMessage() for record in caplog.records)
    # An operator looks and lets trading go on: the same breach does not overrule him.
    for symbol in ("BTC-KRW", "ETH-KRW"):
        live_engine.set_status(symbol, m.TRADING)
    run_out(projector)
    assert {status for status, _ in statuses(live_engine).values()} == {m.TRADING}
    projector.finish()


@pytest.mark.django_db(transaction=True)
def test_an_order_that_the_tables_do_not_have(live_engine: LiveEngine) -> None:
    trade_some(live_engine)
    projector = projector_of(live_engine)
    run_out(projector, 0.3)
    Order.objects.all().delete()
    live_engine.submit(m.deposit("more", 1001, "KRW", 1))
    run_out(projector)
    assert statuses(live_engine)["AAPL"][0] == m.HALTED
    assert statuses(live_engine)["BTC-KRW"][0] == m.TRADING
    projector.finish()


@pytest.mark.django_db(transaction=True)
def test_a_breach_while_the_engine_is_away_halts_when_it_is_back(live_engine: LiveEngine) -> None:
    trade_some(live_engine)
    away = live_engine.folder / "away.sock"
    projector = projector_of(live_engine, socket_path=away)
    run_out(projector, 0.3)
    Order.objects.all().delete()
    live_engine.submit(m.deposit("more", 1001, "USD", 1))
    run_out(projector, 0.3)
    assert projector._alarm.count
    assert statuses(live_engine)["AAPL"][0] == m.TRADING
    away.symlink_to(live_engine.socket_path)
    run_out(projector, 2.5)
    assert statuses(live_engine)["AAPL"][0] == m.HALTED
    projector.finish()


@pytest.mark.django_db(transaction=True)
def test_a_follower_that_disagrees_halts_everything_and_stops(live_engine: LiveEngine) -> None:
    """Its fold gave other events than the engine's: one of the two is wrong about somebody's money."""
    trade_some(live_engine)
    projector = projector_of(live_engine)
    run_out(projector, 0.3)
    projector._follower.engine._state.ledger.accounts[1001].balances["USD"].available += 10**6
    projector._options = Options(pace_ms=0, check_seconds=10_000)
    with pytest.raises(FollowerDisagrees):
        for number in range(20):
            live_engine.submit(m.deposit(f"more:{number}", 1001, "USD", 1))
            run_out(projector, 0.1)
    assert {status for status, _ in statuses(live_engine).values()} == {m.HALTED}


# --- the engine itself ------------------------------------------------------------------------------


def test_an_assertion_of_the_core_stops_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Another exception is blamed on the command, which is set aside. An assertion says that the state is
    wrong: nothing of the batch is told or journaled, and nothing is taken any more."""
    sequencer = open_sequencer(tmp_path / "journal", tmp_path / "snapshots", clock=lambda: START_NS)
    sequencer.submit(opening())
    before = sequencer.position
    honest = Engine.apply

    def apply(engine: Engine, command: m.Command, now_ns: int) -> list[m.Event]:
        assert command[1] != "bad", "the state is not what it must be"
        return honest(engine, command, now_ns)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "apply", apply)
        with pytest.raises(AssertionError):
            sequencer.submit([*Traffic(1).take(3), m.deposit("bad", 1000, "KRW", 1)])
    assert "core_assertion_failed" in caplog.text
    with pytest.raises(Exception, match="restart the engine"):
        sequencer.submit(Traffic(2).take(1))
    sequencer.close()
    with open_sequencer(tmp_path / "journal", tmp_path / "snapshots") as restarted:
        assert restarted.position == before


def test_the_client_stays_usable(live_engine: LiveEngine) -> None:
    """The watch's own connection comes and goes; it leaves nothing behind."""
    for _ in range(3):
        with BlockingEngineClient(live_engine.socket_path) as client:
            client.wait_connected()
    deadline = time.monotonic() + 2
    while live_engine.client.query("status").value["clients"] > 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert live_engine.client.query("status").value["clients"] == 1
