"""The data folder a first start makes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from tests.ops.running import ROOT


def test_a_new_data_folder_is_its_owners_only(tmp_path: Path) -> None:
    """In it lie the orders and balances of everybody."""
    folder = tmp_path / "new" / "data"
    subprocess.run(
        [sys.executable, "-c", "import xtrader.settings"],
        cwd=ROOT,
        env={**os.environ, "DATA": str(folder)},
        check=True,
    )
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
