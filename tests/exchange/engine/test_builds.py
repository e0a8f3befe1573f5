"""The core as Python and the core compiled: chosen as asked, never stale, equal to the last bit.

``make test-compiled`` runs the core's whole tests on the compiled build; here is what chooses it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exchange import core
from tools import compile_core

ROOT = Path(__file__).resolve().parents[3]
#: What a process that imports the core says of it.
_SAY = "from exchange import core; import exchange.engine; print(core.running())"


@pytest.fixture(scope="module")
def compiled() -> Path:
    """The folder of the compiled build, made if need be."""
    if not compile_core.has_compiler():
        pytest.skip("no C compiler on this machine")
    command = [sys.executable, str(ROOT / "tools" / "compile_core.py")]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    return core.build_folder()


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    "choice, expected",
    [("", "compiled"), ("auto", "compiled"), ("compiled", "compiled"), ("python", "python")],
)
def test_a_build_of_these_sources_is_chosen_unless_python_is_asked_for(choice: str, expected: str) -> None:
    assert _run(choice, "-c", _SAY) == f"{expected}\n"


@pytest.mark.usefixtures("compiled")
def test_both_builds_give_the_same_events_and_the_same_state() -> None:
    on_python, on_compiled = (
        json.loads(_run(choice, "-m", "tests.exchange.engine.test_determinism"))
        for choice in ("python", "compiled")
    )
    assert on_python == on_compiled
    assert on_python["trades"] > 100


def test_without_a_build_auto_takes_python_and_compiled_is_refused(tmp_path: Path) -> None:
    sources = _copy(tmp_path)
    assert _run("auto", "-c", _SAY, folder=sources) == "python\n"
    with pytest.raises(subprocess.CalledProcessError) as failure:
        _run("compiled", "-c", _SAY, folder=sources)
    assert "make compile" in failure.value.stderr


def test_one_changed_byte_makes_a_build_stale(compiled: Path, tmp_path: Path) -> None:
    """The build is found by a copy of the same sources; a comment more, and it is not."""
    sources = _copy(tmp_path)
    shutil.copytree(compiled, sources / compiled.relative_to(ROOT))
    assert _run("auto", "-c", _SAY, folder=sources) == "compiled\n"
    with (sources / "exchange" / "engine" / "book.py").open("a") as file:
        file.write("#")
    assert _run("auto", "-c", _SAY, folder=sources) == "python\n"


def test_a_build_that_does_not_load_is_no_reason_not_to_start(compiled: Path, tmp_path: Path) -> None:
    sources = _copy(tmp_path)
    copy = shutil.copytree(compiled, sources / compiled.relative_to(ROOT))
    next(copy.glob("*.so")).write_bytes(b"made elsewhere")
    assert _run("auto", "-c", _SAY, folder=sources) == "python\n"
    with pytest.raises(subprocess.CalledProcessError):
        _run("compiled", "-c", _SAY, folder=sources)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(subprocess.CalledProcessError) as failure:
        _run("fast", "-c", _SAY)
    assert "auto, python, compiled" in failure.value.stderr


def _copy(folder: Path) -> Path:
    """The core's sources and what chooses their build, as another tree."""
    shutil.copytree(ROOT / "exchange" / "engine", folder / "exchange" / "engine")
    for name in ("__init__.py", "core.py"):
        shutil.copy(ROOT / "exchange" / name, folder / "exchange" / name)
    return folder


def _run(choice: str, *arguments: str, folder: Path = ROOT) -> str:
    environment = os.environ | {"XTRADER_CORE": choice}
    command = [sys.executable, *arguments]
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    return result.stdout
