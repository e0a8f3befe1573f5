"""Power cut, kill or error at every operation of the disk: nothing acknowledged is lost, nothing else is
found.

``kill -9`` cannot find a missing sync, since the page cache survives it. Here it does not.
"""

from __future__ import annotations

import errno
import logging
from itertools import count

import pytest

from tests.crash import runs
from tests.crash.canaries import CANARIES
from tests.crash.script import Script
from tests.crash.world import Lost, World


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1)


def every_operation(seed: int, script: Script, kinds: list[str], after: int = 0, **options: bool) -> int:
    """End the first life at operation 1, 2, 3 … until it ends by itself; a second life ``after`` more
    operations in. Returns how many operations there were."""
    for operation in count(1):
        world = World(script, seed * 1_000 + operation, **options)
        world.run(cuts=[operation, after], kinds=kinds)
        if world.crashes == 0:
            return operation - 1
    raise AssertionError("unreachable")


@pytest.mark.parametrize("seed", range(2))
def test_power_cut_at_every_operation(seed: int) -> None:
    assert every_operation(seed, runs.script(seed), ["cut"], has_tables=False) > 80


@pytest.mark.parametrize("after", [3, 8])
def test_kill_at_every_operation_then_a_power_cut(after: int) -> None:
    """What a killed engine left in the page cache may not be built upon unless it is synced."""
    assert every_operation(after, runs.script(after), ["kill", "cut"], after, has_tables=False) > 80


def test_every_operation_fails() -> None:
    """The engine stops at once, answers nothing more, and after a restart all it answered is there."""
    for operation in range(1, runs.OPERATIONS):
        number = (errno.EIO, errno.ENOSPC)[operation % 2]
        world = World(runs.script(3), operation, has_tables=False)
        world.run(cuts=[0, operation % 40], faults={operation: number})


@pytest.mark.django_db(transaction=True)
def test_no_table_ever_holds_what_the_journal_lost() -> None:
    """The real projector on a real database beside an engine whose power is cut."""
    assert every_operation(1, runs.script(1, 14), ["cut"], has_tables=True) > 30


def test_many_lives_ended_at_random() -> None:
    crashes = sum(runs.random_run(seed, has_tables=False).crashes for seed in range(80))
    assert crashes > 150


@pytest.mark.parametrize("name", CANARIES)
def test_the_harness_catches_a_broken_journal(name: str) -> None:
    """The canaries: a sync skipped, a name not synced, a record dropped, a follower that reads too far."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  how it shows differs
        for seed in range(400):
            runs.random_run(seed, has_tables=False, **CANARIES[name])
    assert isinstance(caught.value, Lost) or type(caught.value).__module__.startswith("exchange.")
