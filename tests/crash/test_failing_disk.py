"""A real engine process whose disk is full: it stops answering at once, says why, exits; nothing is lost.

Errors at every single operation are in ``test_every_write.py``; this is the one run with a real kernel. A
limit on the size of files stands in for a full disk: it needs no privileges and fails the same system calls.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.journal.recovery import recover
from exchange.link.errors import EngineError
from tests.marketdata.processes import Processes
from tests.marketdata.traffic import Traffic, opening


@pytest.fixture
def processes() -> Iterator[Processes]:
    with tempfile.TemporaryDirectory(prefix="xt") as folder:
        processes = Processes(Path(folder))
        try:
            yield processes
        finally:
            processes.close()


def test_a_full_disk_under_a_running_engine(processes: Processes) -> None:
    engine, market = processes.engine(), processes.marketdata()
    acknowledged = 0
    # A command is submitted again until the time is up; there will be no engine any more.
    with processes.client(timeout_ms=4_000) as client:
        client.submit_many(opening())
        traffic = Traffic(31)
        for _ in range(5):
            acknowledged = client.submit_many(traffic.take(50))[-1].sequence
        processes.wait_for_sequence(acknowledged)
        # Less than the journal already holds, more than the log will: that must still say why.
        resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (8_192, 8_192))
        with pytest.raises(EngineError):
            for _ in range(5):
                outcomes = client.submit_many(traffic.take(50))
                acknowledged = max(outcome.sequence for outcome in outcomes)
    assert engine.wait(timeout=30) == 1
    log = processes.log_tail()
    assert "engine_stops" in log
    assert "File too large" in log
    # The disk has room again.
    restarted = processes.engine()
    with processes.client() as client:
        assert client.query("status").value["sequence"] >= acknowledged
        last = client.submit_many(Traffic(32).take(50))[-1].sequence
        processes.wait_for_sequence(last)
    processes.stop(restarted, market)
    assert recover(processes.journal, None)[1].sequence >= last
    assert processes.disagreements() == ""
