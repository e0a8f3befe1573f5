"""How tests are shared out: what has one running exchange stays together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.work_shares import LONG, TOGETHER, share_of

ROOT = Path(__file__).resolve().parent.parent
PATHS = [path for paths in TOGETHER.values() for path in paths]


def test_files_with_one_exchange_stay_together_and_any_other_by_itself() -> None:
    assert share_of("tests/browser/test_overlays.py::test_a[x::y]") == "browser"
    assert share_of("tests/browser/test_journeys.py::test_b") == "browser"
    assert (
        share_of("tests/exchange/units/test_decimals.py::test_a") == "tests/exchange/units/test_decimals.py"
    )


@pytest.mark.parametrize("path", PATHS)
def test_what_stays_together_is_there_and_has_a_fixture_in_common(path: str) -> None:
    assert (ROOT / path).exists()
    folder = ROOT / path if path.endswith("/") else (ROOT / path).parent
    assert 'scope="package"' in (folder / "conftest.py").read_text()


def test_what_is_named_as_long_is_there() -> None:
    assert [share for share in LONG if share not in TOGETHER and not (ROOT / share).is_file()] == []
