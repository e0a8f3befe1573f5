"""The engine's side door: ready while it serves, turns and can write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from exchange.engine import messages as m
from exchange.node.engine_health import EngineHealth
from exchange.telemetry.side_door import ask
from tests.exchange.node.conftest import EngineProcess, Service
from tests.ops.running import wait_until


def page(folder: Path) -> tuple[int, dict[str, Any]]:
    status, body = ask(folder / "engine.side.sock", "/health/ready", 30)
    return status, json.loads(body)


def test_a_real_engine_tells_how_it_is(engine: EngineProcess) -> None:
    engine.start()
    client = engine.client()
    client.submit(m.set_asset("r:1", "KRW", 2))
    status, found = page(engine.root)
    assert (status, found["sequence"], found["durable"]) == (200, 2, 2)
    assert found["last_sync_s"] >= 0 and found["cancel_only"] is False
    assert ask(engine.root / "engine.side.sock", "/health/live", 30)[0] == 200


def test_while_it_recovers_it_is_not_ready(service: Service) -> None:
    health = EngineHealth()
    assert health.readiness().reasons == ("the journal is being read",)
    health.server = service.server
    assert health.readiness().is_ready


def test_a_loop_that_hangs_and_a_journal_that_failed(service: Service) -> None:
    health = EngineHealth()
    health.server = service.server
    service.server._turned_s -= 3_600
    # Its next turn is at most a second away.
    wait_until(lambda: health.readiness().is_ready, 60, "it turns")
    service.sequencer._failed = True
    assert health.readiness().reasons == ("the journal does not take writes",)
    service.sequencer._failed = False
