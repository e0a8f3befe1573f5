"""Every case that was found has a test that holds it, and every mark names a case."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.attacks.findings import FINDINGS

ROOT = Path(__file__).resolve().parents[2]
#: How the title of a test of the page names its case.
_TITLE = re.compile(r"\(attack ([A-Z]\d+)\)")


def marks_in(source: str) -> dict[str, list[str]]:
    """Finding -> names of the tests that are marked with it. A class is marked for its tests."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                match decorator:
                    case ast.Call(func=ast.Attribute(attr="attack"), args=[ast.Constant(value=str(number))]):
                        found[number].append(node.name)
    return found


def all_marks() -> dict[str, list[str]]:
    """Finding -> the tests that hold it, in Python and in the page."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path != Path(__file__):
            for number, names in marks_in(path.read_text()).items():
                found[number] += [f"{path.relative_to(ROOT)}::{name}" for name in names]
    for path in sorted((ROOT / "frontend" / "src").rglob("*.test.ts*")):
        for number in _TITLE.findall(path.read_text()):
            found[number].append(str(path.relative_to(ROOT)))
    return found


@pytest.fixture(scope="module")
def marks() -> dict[str, list[str]]:
    return all_marks()


def test_each_case_has_a_test(marks: dict[str, list[str]]) -> None:
    assert sorted(FINDINGS.keys() - marks.keys()) == []


def test_each_mark_names_a_case(marks: dict[str, list[str]]) -> None:
    assert {number: marks[number] for number in marks.keys() - FINDINGS.keys()} == {}


def test_marks_are_found_where_they_stand() -> None:
    source = '@pytest.mark.attack("A1")\n@other\ndef test_one() -> None: ...\n\ndef test_two() -> None: ...\n'
    assert marks_in(source) == {"A1": ["test_one"]}
    assert _TITLE.findall('it("a comma is no point (attack B2)", () => {') == ["B2"]
