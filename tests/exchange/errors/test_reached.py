"""Every code has a test in which the answer to a request carries it, or a reason why none can.

That the tests do meet their codes is watched while they run, by ``tests/plugins/codes_reached.py``.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from exchange.errors import ERRORS
from tests.exchange.errors.reached import GUARDS, REACHED

ROOT = Path(__file__).parents[3]


def test_every_code_is_reached_or_a_guard() -> None:
    assert set(REACHED) | set(GUARDS) == set(ERRORS)
    assert not set(REACHED) & set(GUARDS)


@pytest.mark.parametrize("code", REACHED)
def test_its_test_is_there(code: str) -> None:
    """A test that was renamed would never be watched; nor would a case that is gone."""
    path, _, test = REACHED[code].partition("::")
    name, _, case = test.partition("[")
    text = (ROOT / path).read_text()
    found = [each for each in ast.walk(ast.parse(text)) if getattr(each, "name", "") == name]
    assert len(found) == 1, REACHED[code]
    assert isinstance(found[0], ast.FunctionDef)
    is_parametrised = "parametrize" in "".join(ast.unparse(each) for each in found[0].decorator_list)
    assert case or not is_parametrised or code in text, f"no case of {name} has {code} in its name"
    assert case.removesuffix("]") in text
