"""Compile the core with mypyc: ``make compile``, or ``python tools/compile_core.py``.

The sources are copied, compiled and put under ``build/compiled/``, where ``exchange/core.py`` finds them at the
next start. Nothing in the source tree changes. Run it with the environment of ``make setup-dev``: mypyc comes
with mypy. The exit status is 3 where there is no C compiler.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
#: This process makes the build; it must not run on one.
os.environ["XTRADER_CORE"] = "python"

from exchange import core  # noqa: E402  the path comes first

#: Exit status where there is nothing to compile with.
NO_COMPILER = 3
#: Not compiled: the package's list of names, and the views of messages, whose type hints others read at run
#: time and mypyc does not keep. Constants are compiled into the modules that use them all the same.
STAY_PYTHON = ("__init__.py", "messages.py", "commands.py", "events.py")
#: Runs in the copy, in a process of its own, for setuptools and mypyc speak of the folder they are in.
_SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup

group, *files = sys.argv[1:]
modules = mypycify(files, group_name=group, debug_level="0")
arguments = ["-q", "build_ext", "--build-lib", "lib", "--build-temp", "objects"]
setup(name=group, ext_modules=modules, packages=[], py_modules=[], script_args=arguments)
"""


def main() -> int:
    core.builds().mkdir(parents=True, exist_ok=True)
    with (core.builds() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = core.build_folder()
        if folder.is_dir():
            say("compiled core is up to date")
        elif has_compiler():
            began = time.monotonic()
            say("compiling the core …")
            build(folder)
            say(f"compiled core ready in {time.monotonic() - began:.0f} s: {folder.relative_to(ROOT)}")
        else:
            say("no C compiler was found; the core stays Python, which does the same")
            return NO_COMPILER
    return 0


def has_compiler() -> bool:
    """Whether the compiler this Python asks for is there."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return shutil.which(str(command).split()[0]) is not None


def build(folder: Path) -> None:
    """Compile into ``folder``, all at once or not at all; earlier builds for this interpreter go."""
    with tempfile.TemporaryDirectory(prefix="xtrader-compile-") as name:
        work = Path(name)
        command = [sys.executable, "-c", _SETUP, core.GROUP, *copy_sources(work)]
        result = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if result.returncode:
            sys.exit(f"the core does not compile:\n{result.stdout}{result.stderr}")
        for earlier in core.builds().glob("*/"):
            shutil.rmtree(earlier)
        aside = folder.with_suffix(".new")
        shutil.copytree(work / "lib", aside)
        aside.rename(folder)


def copy_sources(work: Path) -> list[str]:
    """Copy the core as a package into ``work``; the modules to compile."""
    modules = []
    for source in core.source_files():
        target = work / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        if source.name not in STAY_PYTHON:
            modules.append(str(target.relative_to(work)))
    (work / "exchange" / "__init__.py").touch()
    return modules


def say(text: str) -> None:
    print(f"xtrader: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
