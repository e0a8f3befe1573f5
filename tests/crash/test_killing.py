"""Processes killed and ill-treated under load: clients, engine, journal and database tell one story.

``make proofs`` runs these; more of it: ``make crash``.
"""

from __future__ import annotations

import pytest

from tests.crash.killing import annoy_the_supervisor, annoy_under_load, kill_under_load
from tests.crash.nemesis import KINDS

pytestmark = pytest.mark.proof


def test_killed_at_random_under_load() -> None:
    assert kill_under_load(seed=4, kills=9) == 9


def test_everything_that_happens_to_processes() -> None:
    """One of each: two web processes, stopped, cut off, short of descriptors, misled, flooded at a start,
    without power."""
    assert annoy_under_load(seed=4, actions=len(KINDS)) >= len(KINDS)


def test_the_supervisor_dies_and_stands_still() -> None:
    """Everything it started dies with it; what died while it stood still comes back when it goes on."""
    assert annoy_the_supervisor(seed=4, actions=2) == 2


def test_the_harness_catches_an_engine_that_drops_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary among real processes: what was acknowledged is not there, and somebody says so."""
    monkeypatch.setenv("CRASH_CANARY", "drop-record")
    with pytest.raises(Exception):  # noqa: B017, PT011  the engine refuses to start, or the stories differ
        kill_under_load(seed=5, kills=3)


@pytest.mark.parametrize(
    ("canary", "kind", "found"),
    [
        ("believe-the-clock", "clock", "is stamped|does not start"),
        ("deaf", "unlink", "does not come back"),
        ("busy-is-final", "busy", "was refused .ENGINE_BUSY. and is order"),
        # Or the follower has seen more than there is now.
        (
            "acknowledge-early",
            "power",
            "the journal has|journal ends at|does not reach|does not start|was acknowledged",
        ),
        ("answer-twice", "stop", "got a second answer"),
        ("answer-anothers", "stop", "was acknowledged as"),
    ],
)
def test_the_harness_catches_a_broken_process(canary: str, kind: str, found: str) -> None:
    """A wrong clock believed, a removed socket not noticed, a repeated command's BUSY handed out, a sync that
    comes after its acknowledgement, answers given twice or to another."""
    # A power cut may come just after one of the seldom syncs, when nothing is lost.
    seeds = (6, 7, 8) if kind == "power" else (6,)
    with pytest.raises(AssertionError, match=found):
        for seed in seeds:
            annoy_under_load(seed=seed, actions=1, only=(kind,), canary=canary)
