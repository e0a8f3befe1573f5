"""kill -9 at random moments under load: no row lost, none doubled."""

from __future__ import annotations

import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine.messages import Command
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError
from tests.marketdata import postgres
from tests.marketdata.processes import Processes, end
from tests.marketdata.traffic import Traffic, opening


@pytest.fixture(params=["sqlite", "postgresql"])
def processes(request: pytest.FixtureRequest) -> Iterator[Processes]:
    # Unix socket paths are short; pytest's temporary folders are not.
    with tempfile.TemporaryDirectory(prefix="xt") as folder, postgres.url_for(request.param) as url:
        processes = Processes(Path(folder), url)
        try:
            yield processes
        finally:
            processes.close()


class Load(threading.Thread):
    """Sends traffic until told to stop; what it sent is answered, so it is durable."""

    def __init__(self, processes: Processes) -> None:
        super().__init__()
        self.stopping = threading.Event()
        self.last_sequence = 0
        self.commands = 0
        self._client = processes.client()

    def run(self) -> None:
        traffic = Traffic(11)
        with self._client as client:
            self._submit(client, opening())
            while not self.stopping.is_set():
                self._submit(client, traffic.take(200))
                time.sleep(0.02)

    def _submit(self, client: BlockingEngineClient, commands: list[Command]) -> None:
        """Send until answered; an engine that is killed meanwhile takes each command once all the same."""
        while True:
            try:
                outcomes = client.submit_many(commands)
            except EngineError:
                continue
            self.last_sequence = max(outcome.sequence for outcome in outcomes)
            self.commands += len(outcomes)
            return

    def finish(self) -> None:
        self.stopping.set()
        self.join(timeout=60)


@pytest.mark.proof
def test_killed_anywhere_loses_and_doubles_nothing(processes: Processes) -> None:
    engine, luck = processes.engine(), random.Random()
    load = Load(processes)
    load.start()
    try:
        for kill in range(4):
            market = processes.marketdata("--snapshot-commands=3000")
            processes.wait_for_sequence(1)
            time.sleep(luck.uniform(0, 0.8))
            end(market, signal.SIGKILL)
            if kill == 1:
                end(engine, signal.SIGKILL)
                engine = processes.engine()
    finally:
        load.finish()
    assert load.commands > 1_000
    market = processes.marketdata()
    status = processes.wait_for_sequence(load.last_sequence)
    assert status["breaches"] == []
    processes.stop(engine, market)
    assert processes.disagreements() == ""


def test_refuses_another_journal(processes: Processes) -> None:
    """A data folder put together from two exchanges stops at once and says why."""
    engine = processes.engine()
    with processes.client() as client:
        client.submit_many(opening())
        last = client.submit_many(Traffic(1).take(100))[-1].sequence
    market = processes.marketdata()
    processes.wait_for_sequence(last)
    assert end(market) == 0
    assert end(engine) == 0
    processes.journal.rename(processes.data / "journal-before")
    (processes.data / "snapshots").rename(processes.data / "snapshots-before")
    engine = processes.engine()
    with processes.client() as client:
        client.submit_many(opening("other"))
        client.submit_many(Traffic(2).take(200))
    assert processes.marketdata().wait(timeout=90) == 3
    assert "marketdata_stops" in processes.log_tail()
    assert end(engine) == 0
