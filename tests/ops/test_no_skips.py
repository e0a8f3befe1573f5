"""The plugin that CI relies on: with CI_NO_SKIPS=1 nothing is skipped quietly."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest

def test_passes():
    pass

def test_skips():
    pytest.skip("no server here")

@pytest.mark.skipif(True, reason="not today")
def test_is_marked():
    pass

@pytest.mark.xfail
def test_is_known_to_fail():
    assert False
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(SKIPPING)
    return pytester


def run(project: pytest.Pytester) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "tests.plugins.no_skips", "-p", "no:django")


def test_skips_stay_skips_elsewhere(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pytest_root(project)))
    monkeypatch.delenv("CI_NO_SKIPS", raising=False)
    run(project).assert_outcomes(passed=1, skipped=2, xfailed=1)


def test_skips_fail_in_ci(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pytest_root(project)))
    monkeypatch.setenv("CI_NO_SKIPS", "1")
    result = run(project)
    result.assert_outcomes(passed=1, failed=1, errors=1, xfailed=1)
    result.stdout.fnmatch_lines(["*skipped where nothing may be skipped: *no server here*"])


def pytest_root(project: pytest.Pytester) -> object:
    return project._request.config.rootpath
