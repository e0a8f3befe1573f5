"""kill -9 the dispatcher, the engine and those who approve while changes are asked for: each is applied once,
none is lost, and none that waits or was declined is applied at all."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.link.blocking import BlockingEngineClient
from tests.marketdata.processes import Processes, end

pytestmark = pytest.mark.proof

REQUESTS = 400
KILLS = 6
#: Deposits of 1, 2, 3 … smallest units: the sum tells whether one is missing or doubled.
TOTAL = REQUESTS * (REQUESTS + 1) // 2
#: Every tenth deposit waits for a second operator; every fortieth is one that he declines.
ASK = f"""
import time
from accounts.models import User
from exchange.control.services import request_change
first = User.objects.create_superuser("first")
User.objects.create_superuser("second")
request_change("set_asset", {{"asset": "KRW", "scale": 8}})
request_change("set_account", {{"account": 1000, "status": 0}})
for amount in range(1, {REQUESTS} + 1):
    by = None if amount % 10 else first
    payload = {{"account": 1000, "asset": "KRW", "amount_minor": amount}}
    asked = request_change("deposit", payload, by)
    assert asked.state == ("waiting" if by else "pending"), asked.state
    if amount % 40 == 0:
        request_change("deposit", {{**payload, "amount_minor": 10**9}}, first, reason="wrong")
    time.sleep(0.01)
"""
#: Two of these run at once and are killed: a decision is a compare-and-set, and may be tried by both.
DECIDE = """
import time
from accounts.models import User
from exchange.control import approvals
from exchange.errors import RefusedError
while not (second := User.objects.filter(username="second").first()):
    time.sleep(0.05)
while True:
    for waiting in approvals.waiting():
        decide = approvals.decline if waiting.reason == "wrong" else approvals.approve
        try:
            decide(waiting, second, "seen")
        except RefusedError as refused:
            assert refused.code == "REQUEST_NOT_WAITING", refused
    time.sleep(0.05)
"""
CHECK = f"""
import time
from django.db.models import Count
from exchange.models import ChangeRequest
deadline = time.monotonic() + 60
states = ("waiting", "pending", "submitted")
while ChangeRequest.objects.filter(state__in=states) and time.monotonic() < deadline:
    time.sleep(0.1)
found = dict(ChangeRequest.objects.order_by().values_list("state").annotate(Count("id")))
assert found == {{"applied": {REQUESTS} + 2, "declined": {REQUESTS} // 40}}, found
decided = ChangeRequest.objects.filter(requested_by__isnull=False)
names = set(decided.values_list("requested_by__username", "decided_by__username", "decision_reason"))
assert names == {{("first", "second", "seen")}}, names
sequences = list(ChangeRequest.objects.filter(state="applied").values_list("sequence", flat=True))
assert len(set(sequences)) == len(sequences), "two under one sequence"
assert not ChangeRequest.objects.filter(state="declined", sequence__isnull=False), "declined, yet applied"
alone = ChangeRequest.objects.filter(requested_by__isnull=True).order_by("id")
sequences = list(alone.values_list("sequence", flat=True))
assert sequences == sorted(sequences), "applied out of order"
"""


@pytest.fixture
def processes() -> Iterator[Processes]:
    with tempfile.TemporaryDirectory(prefix="xt") as folder:
        running = Processes(Path(folder))
        try:
            yield running
        finally:
            running.close()


def test_killed_anywhere_what_may_be_applied_is_applied_once(processes: Processes) -> None:
    chance = random.Random(20261130)
    processes.environment["APPROVAL_ABOVE"] = "*=0"
    engine = processes.engine()
    processes.client().close()
    asker = processes.start("shell", "-v0", "-c", ASK)
    deciders = [processes.start("shell", "-v0", "-c", DECIDE) for _ in range(2)]
    for kill in range(KILLS):
        dispatcher = processes.start("rundispatcher")
        time.sleep(0.8 + chance.random())
        if kill % 3 == 2:
            end(engine, signal.SIGKILL)
            engine = processes.engine()
        end(dispatcher, signal.SIGKILL)
        assert deciders[kill % 2].poll() is None, processes.log_tail()
        end(deciders[kill % 2], signal.SIGKILL)
        deciders[kill % 2] = processes.start("shell", "-v0", "-c", DECIDE)
    dispatcher = processes.start("rundispatcher")
    assert asker.wait(timeout=180) == 0, processes.log_tail()
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
