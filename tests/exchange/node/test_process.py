"""The real engine process: kill -9, restart, duplicates, a second engine, signals."""

from __future__ import annotations

import os
import resource
import socket
import threading
import time

from exchange.engine.messages import TICK, deposit
from exchange.journal.recovery import recover
from exchange.journal.tools import export, verify
from exchange.link.errors import EngineError
from exchange.link.protocol import Outcome
from exchange.node.sequencer import open_sequencer
from tests.exchange.journal.flow import ALICE, BOB, CHARLIE, market, opened_at, orders, take
from tests.exchange.node.conftest import EngineProcess


class Trader(threading.Thread):
    """Sends batches and writes down every acknowledgement."""

    def __init__(self, engine: EngineProcess, seed: int) -> None:
        super().__init__()
        self.client = engine.client()
        self.flow = orders(seed)
        self.acknowledged: dict[tuple[int, str], Outcome] = {}
        self.submitted: set[tuple[int, str]] = set()
        self.unknown = 0
        self.stopping = False

    def run(self) -> None:
        while not self.stopping:
            commands = take(self.flow, 20)
            keys = [(command[2], command[1]) for command in commands]
            self.submitted.update(keys)
            try:
                outcomes = self.client.submit_many(commands)
            except EngineError:
                self.unknown += 1
                continue
            self.acknowledged.update(zip(keys, outcomes, strict=True))


def test_kill_9_under_load_loses_nothing_acknowledged(engine: EngineProcess) -> None:
    engine.start("--segment-bytes", "200000", django=True).client().submit_many(market())
    traders = [Trader(engine, seed) for seed in (1, 2, 3)]
    for trader in traders:
        trader.start()
    for _ in range(4):
        time.sleep(0.7)
        engine.kill()
        engine.start("--segment-bytes", "200000", wait=False, django=True)
    time.sleep(2)
    for trader in traders:
        trader.stopping = True
    for trader in traders:
        trader.join()
    assert engine.stop() == 0
    assert verify(engine.journal).problems == []
    journaled: dict[tuple[int, str], int] = {}
    for row in export(engine.journal):
        if len(row["command"]) > 1 and row["command"][0] < 10:
            key = (row["command"][2], row["command"][1])
            assert key not in journaled, "a command is in the journal twice"
            journaled[key] = row["sequence"]
    for trader in traders:
        assert trader.unknown == 0 and len(trader.acknowledged) > 100
        for key, outcome in trader.acknowledged.items():
            assert journaled[key] == outcome.sequence
    assert set(journaled) <= set().union(*(trader.submitted for trader in traders))
    core, _ = recover(engine.journal, engine.snapshots)
    assert core.check() == []


def test_duplicates_are_recalled_by_the_next_process(engine: EngineProcess) -> None:
    commands = take(orders(), 50)
    client = engine.start().client()
    client.submit_many(market())
    first = client.submit_many(commands)
    status = client.query("status").value
    engine.kill()
    engine.start()
    again = client.submit_many(commands)
    assert [outcome.sequence for outcome in again] == [outcome.sequence for outcome in first]
    after = client.query("status").value
    assert after["duplicates"] == 50 and (after["epoch"], status["epoch"]) == (2, 1)
    # Nothing new but ticks of passing minutes.
    rows = list(export(engine.journal, after_sequence=status["sequence"]))
    assert all(row["command"] == (TICK,) for row in rows)


def test_a_second_engine_is_refused_and_the_first_goes_on(engine: EngineProcess) -> None:
    client = engine.start().client()
    client.submit_many(market())
    second = EngineProcess(engine.root)
    second.start(wait=False, django=True)
    assert second.process is not None and second.process.wait(20) == 1
    assert "held by another engine" in engine.log()
    assert client.submit_many(take(orders(), 3))


def test_sigterm_seals(engine: EngineProcess) -> None:
    engine.start().client().submit_many(market())
    assert engine.stop() == 0
    report = verify(engine.journal)
    assert report.stated_sequence == report.last_sequence >= opened_at()
    assert not engine.socket.exists()
    assert "engine_stopped" in engine.log()


def test_an_idle_engine_seals_by_itself(engine: EngineProcess) -> None:
    engine.start().client().submit_many(market())
    deadline = time.monotonic() + 5
    while verify(engine.journal).stated_sequence < opened_at():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_damage_stops_the_start_with_a_way_out(engine: EngineProcess) -> None:
    engine.start().client().submit_many(market())
    assert engine.stop() == 0
    (segment,) = engine.journal.glob("*.segment")
    data = bytearray(segment.read_bytes())
    data[200] ^= 1
    segment.write_bytes(data)
    engine.start(wait=False)
    assert engine.process is not None and engine.process.wait(20) == 1
    assert str(segment) in engine.log() and "journal repair --force" in engine.log()


def test_queries_see_what_was_acknowledged(engine: EngineProcess) -> None:
    client = engine.start().client()
    client.submit_many(market())
    outcomes = client.submit_many(take(orders(), 60))
    sequence, book = client.query("book", "BTC-KRW", 3)
    assert sequence == outcomes[-1].sequence
    core, _ = recover(engine.journal, engine.snapshots)
    assert [list(side) for side in book] == list(core.depth("BTC-KRW", 3))
    for account in (ALICE, BOB, CHARLIE):
        assert list(client.query("balances", account).value) == core.balances(account)
        assert list(client.query("open_orders", account, None).value) == core.open_orders(account)
        assert list(client.query("finished_orders", account, None, 5).value) == core.finished_orders(
            account, limit=5
        )
        assert client.query("account", account).value == 0
        assert client.query("fees", account).value == (("BTC-KRW", 500, 500),)
    order = core.open_orders(ALICE)[0]
    assert client.query("order", ALICE, order[1], None).value == order
    assert client.query("order", BOB, order[1], None).value is None
    assert list(client.query("symbols").value) == core.symbols()
    assert list(client.query("assets").value) == core.assets()
    assert client.query("book", "NO-SUCH", None).value is None


def test_a_journal_of_a_wrong_clock_is_refused_until_an_operator_says_how_to_go_on(
    engine: EngineProcess,
) -> None:
    """The machine's clock was a year ahead while the journal was written, and is right again."""
    ahead_ns = time.time_ns() + 365 * 86_400 * 10**9
    with open_sequencer(engine.journal, engine.snapshots, clock=lambda: ahead_ns) as sequencer:
        sequencer.submit(market())
    engine.start(wait=False)
    assert engine.process is not None
    assert engine.process.wait(30) == 1
    assert "behind the journal's last record" in (engine.root / "log").read_text()
    client = engine.start("--clock", "journal").client()
    status = client.query("status").value
    assert not status["clock_believed"]
    assert client.submit(deposit("after", ALICE, "KRW", 1)).now_ns > ahead_ns
    assert engine.stop() == 0


def test_a_journal_left_alone_for_long_asks_whether_the_clock_is_right(engine: EngineProcess) -> None:
    long_ago_ns = time.time_ns() - 200 * 86_400 * 10**9
    with open_sequencer(engine.journal, engine.snapshots, clock=lambda: long_ago_ns) as sequencer:
        sequencer.submit(market())
    engine.start(wait=False)
    assert engine.process is not None
    assert engine.process.wait(30) == 1
    client = engine.start("--clock", "accept").client()
    assert client.query("status").value["clock_believed"]
    assert engine.stop() == 0


def test_a_removed_socket_comes_back_by_itself(engine: EngineProcess) -> None:
    """A cleaner of /tmp took the file: those connected go on, and whoever connects next finds it again."""
    first = engine.start().client()
    first.submit_many(market())
    engine.socket.unlink()
    second = engine.client()
    second.wait_connected(10)
    assert second.submit(deposit("second", ALICE, "KRW", 1)).sequence
    assert first.submit(deposit("first", ALICE, "KRW", 1)).sequence
    assert engine.stop() == 0
    assert not engine.socket.exists()


def test_an_engine_without_descriptors_says_it_once_and_takes_in_again_later(engine: EngineProcess) -> None:
    first = engine.start().client()
    first.submit_many(market())
    assert engine.process is not None
    pid = engine.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    in_use = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use, hard))
    log = engine.root / "log"
    size = log.stat().st_size
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(engine.socket))
        time.sleep(2.5)
        assert first.submit(deposit("meanwhile", ALICE, "KRW", 1)).sequence, "who is connected goes on"
        assert "connection_not_accepted" in log.read_text()
        assert log.stat().st_size - size < 500
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
        second = engine.client()
        second.wait_connected(10)
        assert second.submit(deposit("after", ALICE, "KRW", 1)).sequence
    assert engine.stop() == 0
