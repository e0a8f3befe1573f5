"""Objects by an integer, as the interpreter and as the compiled core keep them: both like a dict."""

from __future__ import annotations

import random
from typing import Any

import pytest

from exchange.engine.state import by_number, by_number_compiled, slots, slots_compiled

BOTH = pytest.mark.parametrize("module", [by_number, by_number_compiled])


@BOTH
@pytest.mark.parametrize("seed", range(6))
def test_like_a_dict(module: Any, seed: int) -> None:
    """Grows, shrinks to nothing and grows again; numbers in a row, spread over a word, and below zero."""
    rng = random.Random(seed)
    table, model = module.ByNumber(), dict[int, str]()
    draw = (
        lambda: rng.randrange(40),
        lambda: rng.randrange(-(2**62) + 1, 2**62),
        lambda: rng.randrange(100) << 31,
        lambda: 10_000 + len(model) + rng.randrange(3),
    )[seed % 4]
    for grows in (True, False, True, False):
        for _ in range(600):
            key = rng.choice(list(model)) if model and rng.random() < (0.2 if grows else 0.8) else draw()
            if grows or key not in model:
                model[key] = table[key] = f"{key}:{rng.random()}"
            else:
                del model[key], table[key]
            assert (key in table, table.get(key), len(table)) == (key in model, model.get(key), len(model))
        assert sorted(table.items()) == sorted(model.items())
        assert sorted(table) == sorted(model)
        assert sorted(table.values()) == sorted(model.values())
        while not grows and model:
            key = rng.choice(list(model))
            del model[key], table[key]
            assert key not in table


@pytest.mark.parametrize("module", [slots, slots_compiled])
@pytest.mark.parametrize("seed", range(4))
def test_slots_like_a_dict(module: Any, seed: int) -> None:
    rng = random.Random(seed)
    table, model = module.Slots(), dict[int, int]()
    for grows in (True, False, True, False):
        for _ in range(800):
            key = rng.randrange(600) if seed % 2 else rng.randrange(-(2**62) + 1, 2**62)
            if model and rng.random() < (0.2 if grows else 0.8):
                key = rng.choice(list(model))
            slot = rng.randrange(2**40)
            if not grows and key in model:
                assert table.remove(key) == model.pop(key)
            elif rng.random() < 0.5:
                assert table.swap(key, slot) == model.get(key, -1)
                model[key] = slot
            else:
                table.put(key, slot)
                model[key] = slot
            assert (table.get(key), len(table)) == (model.get(key, -1), len(model))
        assert sorted(table.keys()) == sorted(model)
    with pytest.raises(KeyError):
        table.remove(2**61)


@BOTH
def test_what_is_not_there(module: Any) -> None:
    table = module.ByNumber()
    assert table.get(7) is None
    assert 7 not in table
    with pytest.raises(KeyError):
        table[7]
    with pytest.raises(KeyError):
        del table[7]
