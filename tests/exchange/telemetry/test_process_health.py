"""The health pages of a process, through its real side door."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.telemetry.process_health import LIVE, READY, Readiness, Rounds, health_pages
from exchange.telemetry.side_door import SideDoor, ask


class Told:
    readiness = Readiness()


@pytest.fixture
def door() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        where = Path(folder) / "it.side.sock"
        door = SideDoor(where, health_pages(lambda: Told.readiness))
        door.start()
        try:
            yield where
        finally:
            door.close()


def test_ready_or_the_reasons(door: Path) -> None:
    assert ask(door, LIVE) == (200, b'{"live": true}\n')
    for readiness, status in (
        (Readiness((), {"sequence": 7}), 200),
        (Readiness(("a turn does not end",)), 503),
    ):
        Told.readiness = readiness
        found, body = ask(door, READY)
        assert (found, json.loads(body)["reasons"]) == (status, list(readiness.reasons))
        assert json.loads(body)["ready"] is readiness.is_ready
        # Live all the same.
        assert ask(door, LIVE)[0] == 200


def test_a_loop_is_ready_while_its_rounds_end() -> None:
    now_s = 0.0
    rounds = Rounds(10.0, lambda: now_s)
    assert rounds.readiness("the loop").reasons == ("the loop has not begun",)
    rounds.done()
    now_s = 10.0
    assert rounds.readiness("the loop", lag=3) == Readiness((), {"last_round_s": 10.0, "lag": 3})
    now_s = 10.1
    assert rounds.readiness("the loop").reasons == ("the loop is stuck",)
    rounds.done()
    assert rounds.readiness("the loop").is_ready
