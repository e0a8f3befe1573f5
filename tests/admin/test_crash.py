"""kill -9 the dispatcher and the engine while changes are asked for: each is applied once, none is lost."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.worker.client import BlockingEngineClient
from tests.marketdata.processes import Processes, end

REQUESTS = 400
KILLS = 6
#: Deposits of 1, 2, 3 … smallest units: the sum tells whether one is missing or doubled.
TOTAL = REQUESTS * (REQUESTS + 1) // 2
ASK = f"""
import time
from exchange.services import request_change
request_change("set_asset", {{"asset": "KRW", "scale": 8}})
request_change("set_account", {{"account": 1000, "status": 0}})
for amount in range(1, {REQUESTS} + 1):
    request_change("deposit", {{"account": 1000, "asset": "KRW", "amount_minor": amount}})
    time.sleep(0.01)
"""
CHECK = f"""
import time
from django.db.models import Count
from exchange.models import ChangeRequest
deadline = time.monotonic() + 60
while ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES) and time.monotonic() < deadline:
    time.sleep(0.1)
states = ChangeRequest.objects.order_by().values_list("state").annotate(Count("id"))
assert dict(states) == {{"applied": {REQUESTS} + 2}}, dict(states)
sequences = list(ChangeRequest.objects.order_by("id").values_list("sequence", flat=True))
assert sequences == sorted(set(sequences)), "applied out of order, or two under one sequence"
"""


@pytest.fixture
def processes() -> Iterator[Processes]:
    with tempfile.TemporaryDirectory(prefix="xt") as folder:
        running = Processes(Path(folder))
        try:
            yield running
        finally:
            running.close()


def test_killed_anywhere_every_request_is_applied_once(processes: Processes) -> None:
    chance = random.Random(20250731)
    engine = processes.engine()
    processes.client().close()
    asker = processes.start("shell", "-v0", "-c", ASK)
    for kill in range(KILLS):
        dispatcher = processes.start("rundispatcher")
        # From before its first look at the table to the middle of its work.
        time.sleep(0.8 + chance.random())
        if kill % 3 == 2:
            end(engine, signal.SIGKILL)
            engine = processes.engine()
        end(dispatcher, signal.SIGKILL)
    dispatcher = processes.start("rundispatcher")
    assert asker.wait(timeout=60) == 0, processes.log_tail()
    with processes.client() as client:
        wait_for_balance(client, TOTAL)
    processes.manage("shell", "-v0", "-c", CHECK)
    assert end(dispatcher) == 0, processes.log_tail()


def wait_for_balance(client: BlockingEngineClient, expected: int, timeout_s: float = 60) -> None:
    """Wait until account 1000 holds ``expected`` KRW units, and insist that it never holds more."""
    deadline = time.monotonic() + timeout_s
    available = -1
    while available != expected and time.monotonic() < deadline:
        time.sleep(0.05)
        available = sum(balance[1] for balance in client.query("balances", 1000).value)
        assert available <= expected, "a deposit was applied twice"
    assert available == expected, "a deposit is missing"
