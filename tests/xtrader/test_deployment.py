"""Django's own check of a deployment, on the settings of a real venue behind TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("more", [{}, {"HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"}])
def test_nothing_is_left_to_say(tmp_path: Path, more: dict[str, str]) -> None:
    given = {
        "DATA": str(tmp_path / "data"),
        "TLS": "1",
        "ALLOWED_HOSTS": "exchange.example",
        "PUBLIC_URL": "https://exchange.example",
        **more,
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"]
    run = subprocess.run(command, cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "no issues" in run.stdout
