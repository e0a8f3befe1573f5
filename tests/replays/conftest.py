"""The folder of real data, or a skip that says why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """``XTRADER_DATA``; its tests are skipped where it is not set."""
    folder = os.environ.get("XTRADER_DATA")
    if not folder:
        pytest.skip("XTRADER_DATA is not set: the real data is not at hand")
    path = Path(folder)
    assert path.is_dir(), f"XTRADER_DATA names no folder: {path}"
    return path
