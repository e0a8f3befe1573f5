"""The core is equal to the one before records. ``make equal`` runs many more commands than the tests."""

from __future__ import annotations

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from tests.exchange.engine import equality, flows
from tests.exchange.engine.equality import LIMITS, STREAMS, Cores


@pytest.mark.parametrize("name", [name for name in STREAMS if name != "a thousand symbols"])
@pytest.mark.parametrize("seed", range(2))
def test_streams_lead_to_the_same(name: str, seed: int) -> None:
    length = 800
    cores = equality.run(STREAMS[name](), seed + 10, length, LIMITS[seed * 2 - (len(name) % 2)])
    assert cores.applied > length


@pytest.mark.parametrize("rules_version", [1, 3])
@pytest.mark.parametrize("name", ["poor accounts", "everything"])
def test_earlier_rules_lead_to_the_same(name: str, rules_version: int) -> None:
    equality.run(STREAMS[name](), rules_version, 800, LIMITS[rules_version % 3], rules_version)


def test_a_snapshot_of_the_one_goes_on_in_the_other() -> None:
    """Loaded in the middle of a stream; what is remembered, finished and open is as it was."""
    cores, stream = Cores(LIMITS[1]), flows.Small(wide=False)
    for number, (command, pause_ns) in enumerate(stream.commands(5, 1_500)):
        if number % 500 == 499:
            cores.compare()
            cores.tuples = cores.records = Engine.load(cores.reference.dump())
            cores.records = Engine.load(cores.reference.dump())
            cores.tuples.shortens_tuples = True
        cores.apply(command, pause_ns)
    cores.compare()


def test_a_difference_is_found() -> None:
    cores = Cores()
    cores.reference.apply(m.set_asset("a", "A", 8), cores.now_ns)
    with pytest.raises(AssertionError):
        cores.compare()
