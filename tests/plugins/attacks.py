"""How each case that was found stands: the table of ``make attack``.

Loaded by that target only. Tests are marked with the case they hold, ``@pytest.mark.attack("A7")``; the cases
are ``tests/attacks/findings.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from tests.attacks.findings import FINDINGS

_MARK = "attack"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the report of a test name its cases, also where another process runs it."""
    for item in items:
        item.user_properties += [(_MARK, mark.args[0]) for mark in item.iter_markers(_MARK)]


class Table:
    """What became of the tests of each case."""

    def __init__(self) -> None:
        #: Finding -> test, without its parameters -> outcomes.
        self._outcomes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))

    def add(self, report: Any) -> None:
        """Count a test's call, and whatever went wrong before or after it."""
        if report.when == "call" or not report.passed:
            for name, number in report.user_properties:
                if name == _MARK:
                    self._outcomes[number][report.nodeid.partition("[")[0]].append(_outcome(report))

    def lines(self) -> Iterable[str]:
        """Case, how it stands, what it was; then its tests."""
        for number, what in FINDINGS.items():
            tests = self._outcomes.get(number, {})
            yield f"{number:4} {_worst(tests):8} {what}"
            for test, outcomes in sorted(tests.items()):
                times = f" ({len(outcomes)} cases)" if len(outcomes) > 1 else ""
                yield f"     {'':8} {test}{times}"


def _outcome(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return "open"
    return {"passed": "held", "failed": "BROKEN"}.get(report.outcome, report.outcome)


def _worst(tests: dict[str, list[str]]) -> str:
    """Of all outcomes the one to look at; "-" where no test was run."""
    seen = {outcome for outcomes in tests.values() for outcome in outcomes}
    return next((name for name in ("BROKEN", "skipped", "open", "held") if name in seen), "-")


_TABLE = pytest.StashKey[Table]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TABLE] = table = Table()
    config.pluginmanager.register(_Collector(table))


class _Collector:
    """Fills the table as reports come in."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._table.add(report)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    terminalreporter.section("cases that were found")
    terminalreporter.line("-: none of its tests is among these; those of the page are run apart")
    for line in config.stash[_TABLE].lines():
        terminalreporter.line(line)
