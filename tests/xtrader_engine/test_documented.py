"""What docs/embedding.md and its notebook say runs as it stands, in a checkout and from the wheel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.ops.running import ROOT
from tools import compile_core, wheel

PAGE = ROOT / "docs" / "embedding.md"
NOTEBOOK = ROOT / "docs" / "embedding" / "day.ipynb"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)


def cells() -> list[str]:
    notebook: dict[str, Any] = json.loads(NOTEBOOK.read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_examples_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    for example in examples():
        exec(compile(example, str(PAGE), "exec"), {})
    said = capsys.readouterr().out
    assert "trade 9000 0.2 buy\nfilled 9000 0.9\n" in said


def test_the_notebook_runs_and_its_strategy_trades(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    for cell in cells():
        exec(compile(cell, str(NOTEBOOK), "exec"), names)
    assert names["quiet"].trades and names["fills"]
    assert "0 missed" in capsys.readouterr().out


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["python", "compiled"])
def test_the_wheel_has_all_it_needs(kind: str, tmp_path: Path) -> None:
    """Installed where the checkout is not on the path, with nothing of the exchange but what it brings."""
    if kind == "compiled" and (missing := compile_core.what_is_missing()):
        pytest.skip(missing)
    if kind == "compiled":
        compile_core.compile_if_needed()
    with tempfile.TemporaryDirectory() as stage:
        made = wheel.build(Path(stage), is_pure=kind == "python")
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(made)]
    subprocess.run(install, check=True)
    program = tmp_path / "example.py"
    program.write_text(examples()[0] + "\nfrom exchange import core\nprint(core.running(), core.__file__)\n")
    done = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(target), "XTRADER_CORE": "auto"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "filled 9000 0.9" in done.stdout
    assert f"{kind} {target}" in done.stdout
