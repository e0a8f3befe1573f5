"""Build the engine by itself as a wheel: ``make wheel``.

The wheel has ``xtrader_engine`` and those modules of ``exchange`` that it imports. Where the core can be
compiled (``tools/compile_core.py``) the compiled modules lie beside their sources, and the wheel is for this
interpreter and machine; else (or with ``--pure``) it is for every Python.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exchange import core  # noqa: E402  the path comes first
from tools import compile_core  # noqa: E402

DIST = ROOT / "dist"
NAME = "xtrader-engine"
#: What the modules import from others, the compiled ones librt, pinned in requirements.txt.
NEEDS = ("librt", "msgspec", "sortedcontainers")
#: Prints the files of our own that importing the face brings along.
_MODULES = """
import json, sys
import xtrader_engine.backtest
found = [m.__file__ for n, m in sys.modules.items() if n.split('.')[0] in ('exchange', 'xtrader_engine')]
print(json.dumps([file for file in found if file]))
"""
#: The extensions are built already: they only have to get to their places.
_SETUP = """
import shutil
from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext


class Built(build_ext):
    def build_extension(self, extension):
        target = self.get_ext_fullpath(extension.name)
        self.mkpath(target.rpartition("/")[0])
        shutil.copy(BUILT[extension.name], target)


BUILT = {built}
setup(
    cmdclass={{"build_ext": Built}},
    ext_modules=[Extension(name, []) for name in BUILT],
    packages=find_packages(),
    py_modules=[],
    package_data={{"": ["py.typed"]}},
)
"""


def main(arguments: list[str]) -> int:
    is_pure = "--pure" in arguments
    if not is_pure and compile_core.main([]) != 0:
        say("no compiled core: the wheel is pure Python")
        is_pure = True
    with tempfile.TemporaryDirectory(prefix="xtrader-wheel-") as folder:
        wheel = build(Path(folder), is_pure=is_pure)
    say(f"{wheel.relative_to(ROOT)} ({wheel.stat().st_size // 1024} KiB)")
    return 0


def build(stage: Path, *, is_pure: bool) -> Path:
    """Copy what belongs into the wheel and pack it; the path of the wheel."""
    copy_sources(stage)
    (stage / "setup.py").write_text(_SETUP.format(built={} if is_pure else built_modules()))
    (stage / "pyproject.toml").write_text(described())
    shutil.copy(ROOT / "LICENSE", stage / "LICENSE")
    shutil.copy(ROOT / "docs" / "embedding.md", stage / "README.md")
    out = stage / "out"
    command = [*(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")]
    subprocess.run([*command, "--wheel-dir", str(out), str(stage)], check=True)
    (wheel,) = out.glob("*.whl")
    DIST.mkdir(exist_ok=True)
    return Path(shutil.copy(wheel, DIST / wheel.name))


def copy_sources(stage: Path) -> None:
    """The modules that the face imports, and the whole core."""
    listed = subprocess.run(
        [sys.executable, "-c", _MODULES],
        cwd=ROOT,
        env=os.environ | {"XTRADER_CORE": "python"},
        capture_output=True,
        text=True,
        check=True,
    )
    files = {Path(file) for file in json.loads(listed.stdout)} | set(core.source_files())
    for file in sorted(files):
        target = stage / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    for package in ("xtrader_engine", "exchange"):
        (stage / package / "py.typed").touch()


def built_modules() -> dict[str, str]:
    """Name → file of the compiled modules, and of the library that has the code of all."""
    folder = core.build_folder()
    files = folder.rglob("*.so")
    return {".".join(file.relative_to(folder).parts).partition(".cpython-")[0]: str(file) for file in files}


def described() -> str:
    """The metadata, with the version and licence of the exchange."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(
        line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    )
    needs = ", ".join(f'"{name}>={pins[name]}"' for name in NEEDS)
    return f"""
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "{NAME}"
version = "{project["version"]}"
description = "The matching engine of xTrader by itself: accounts, orders, books, events."
requires-python = "{project["requires-python"]}"
license = "{project["license"]}"
readme = "README.md"
dependencies = [{needs}]
"""


def say(text: str) -> None:
    print(f"xtrader: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
