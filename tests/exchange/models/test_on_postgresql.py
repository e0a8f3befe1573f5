"""What holds of models and change requests on SQLite holds on PostgreSQL: the same tests, run there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.marketdata import postgres

_ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "tests",
    [
        "tests/exchange/models/test_fields.py",
        "tests/exchange/models/test_history_plans.py",
        "tests/exchange/control/test_dispatcher.py",
        "tests/exchange/solvency/test_publishing.py",
        "tests/web/console/test_pages.py",
        "tests/web/rest/test_history_rows.py",
        "tests/accounts/test_movements.py",
        "tests/custody/withdrawals/test_parallel.py",
    ],
)
def test_on_postgresql(tests: str, tmp_path: Path) -> None:
    with postgres.url_for("postgresql") as url:
        environment = {**os.environ, "DATABASE_URL": url, "DATA": str(tmp_path)}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests]
        done = subprocess.run(
            command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
    assert done.returncode == 0, done.stdout[-3000:]
