"""The table of ``make attack`` says of each case how the worst of its tests ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.attacks.findings import FINDINGS
from tests.plugins.attacks import Table


def report(nodeid: str, outcome: str, number: str = "A1", when: str = "call", **more: Any) -> Any:
    return SimpleNamespace(
        nodeid=nodeid,
        outcome=outcome,
        passed=outcome == "passed",
        when=when,
        user_properties=[("attack", number)],
        **more,
    )


@pytest.mark.parametrize(
    "reports, verdict",
    [
        ([], "-"),
        ([report("t.py::a[1]", "passed"), report("t.py::a[2]", "passed")], "held"),
        ([report("t.py::a", "passed"), report("t.py::b", "failed")], "BROKEN"),
        # What a fixture could not set up proves nothing.
        ([report("t.py::a", "failed", when="setup")], "BROKEN"),
        ([report("t.py::a", "passed", when="setup"), report("t.py::a", "passed")], "held"),
        ([report("t.py::a", "passed"), report("t.py::b", "skipped", wasxfail="known")], "open"),
        ([report("t.py::a", "passed"), report("t.py::b", "skipped", when="setup")], "skipped"),
    ],
)
def test_the_worst_counts(reports: list[Any], verdict: str) -> None:
    table = Table()
    for each in reports:
        table.add(each)
    first, *rest = table.lines()
    assert first.split(maxsplit=2) == ["A1", verdict, FINDINGS["A1"]]
    assert sum("t.py::" in line for line in rest) == len({each.nodeid.partition("[")[0] for each in reports})


def test_every_case_has_a_line() -> None:
    assert [line.split()[0] for line in Table().lines()] == list(FINDINGS)
