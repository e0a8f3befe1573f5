"""kill -9 of engine, projector and web under load: clients, engine, journal and database tell one story."""

from __future__ import annotations

import pytest

from tests.crash.killing import kill_under_load


def test_killed_at_random_under_load() -> None:
    assert kill_under_load(seed=4, kills=9) == 9


def test_the_harness_catches_an_engine_that_drops_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary among real processes: what was acknowledged is not there, and somebody says so."""
    monkeypatch.setenv("CRASH_CANARY", "drop-record")
    with pytest.raises(Exception):  # noqa: B017, PT011  the engine refuses to start, or the stories differ
        kill_under_load(seed=5, kills=3)
