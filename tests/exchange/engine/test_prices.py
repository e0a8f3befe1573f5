"""The sorted prices of a side against a sorted list."""

from __future__ import annotations

import random
from typing import Any

import pytest

from exchange import core
from exchange.engine.state import prices, prices_compiled

BOTH = pytest.mark.parametrize("module", [prices, prices_compiled])


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_like_a_sorted_list(module: Any, seed: int) -> None:
    """Grows to several parts, shrinks to none, and grows again, near its end and all over."""
    rng = random.Random(seed)
    index, model = module.SortedPrices(), set[int]()
    for grows in (True, False, True, False):
        while len(model) < 4 * module.MAX_PART if grows else model:
            value = rng.randrange(-(10**6), 10**6) if rng.random() < 0.5 else rng.randrange(1000)
            if model and rng.random() < (0.1 if grows else 0.9):
                value = index.last() if rng.random() < 0.3 else next(iter(model))
                model.remove(value)
                index.remove(value)
            elif value not in model:
                model.add(value)
                index.add(value)
            assert len(index) == len(model)
            if len(model) % 97 == 1:
                assert index.last() == max(model)
                probe = rng.randrange(-(10**6), 10**6)
                assert index.below(probe) == max((each for each in model if each < probe), default=None)
        assert list(reversed(index)) == sorted(model, reverse=True)


def test_no_part_grows_beyond_its_bound() -> None:
    index: Any = prices.SortedPrices()
    words = prices_compiled.SortedPrices()
    for value in range(10 * prices.MAX_PART):
        index.add(value if value % 2 else -value)
        words.add(value if value % 2 else -value)
    if core.running() == "python":
        assert max(len(part) for part in index._parts) <= prices.MAX_PART
    assert max(words._counts) <= prices_compiled.MAX_PART
