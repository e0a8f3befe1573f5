"""With ``CI_NO_SKIPS=1`` a skipped test is a failed one: CI has everything a test may need.

On a developer's machine a test without its server or data file skips and says why. In CI the same
reason means that something is missing, so it is reported as a failure carrying that reason.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


def skips_are_failures() -> bool:
    return os.environ.get("CI_NO_SKIPS", "") not in ("", "0")


def _as_failure(report: Any) -> None:
    """Turn a skip into a failure; expected failures (xfail) report as skipped too and stay."""
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"skipped where nothing may be skipped: {reason}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    if skips_are_failures():
        _as_failure(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, None]:
    outcome = yield
    if skips_are_failures():
        _as_failure(outcome.get_result())
