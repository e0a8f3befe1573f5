"""The list of mutants fits the code: snippets are found, what replaces them is Python, tests are there."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.mutants import MUTANTS, Mutant
from tools.mutants import ROOT, locate


def test_names_are_unique() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_can_be_made(mutant: Mutant) -> None:
    text = (ROOT / locate(mutant)).read_text()
    mutated = text.replace(mutant.original, mutant.mutated)
    assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(mutated))


@pytest.mark.parametrize("test", sorted({test for mutant in MUTANTS for test in mutant.tests}))
def test_its_tests_are_there(test: str) -> None:
    path, _, name = test.partition("::")
    text = (ROOT / path).read_text()
    assert f"def {name}(" in text if name else "def test_" in text
