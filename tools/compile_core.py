"""Compile the core with mypyc: ``make compile``, or ``python tools/compile_core.py``.

The sources are copied, compiled, checked and put under ``build/compiled/``, where ``exchange/core.py`` finds
them at the next start. Nothing in the source tree changes. mypyc comes with mypy: from the environment this
runs in (``make setup-dev``), else from one made for it in ``build/compile-venv``. The C compiler is the one
that this Python asks for (or ``CC``); where there is none, one is installed into that environment as well.

``--background PID`` is how ``make run`` calls it: at the lowest priority, and gone with all it
started as soon as PID, its parent, is. The last line of its output says what came of it. The exit status is 3
where there is nothing to compile with (no Python.h, a ``CC`` that is not there), 1 where the compilation
failed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from functools import partial
from importlib import metadata
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
#: This process makes the build; it must not run on one.
os.environ["XTRADER_CORE"] = "python"

from exchange import core  # noqa: E402  the path comes first
from ops.supervisor.launch import bind_to_parent  # noqa: E402
from tools import bootstrap  # noqa: E402

#: Exit statuses: nothing to compile with; it was tried and failed.
NO_COMPILER = 3
FAILED = 1
#: mypyc for those who have no environment with the developers' tools.
REQUIREMENTS = ROOT / "requirements-compile.txt"
#: A C compiler for machines that have none.
COMPILER = ROOT / "requirements-compiler.txt"
TOOLS_VENV = ROOT / "build" / "compile-venv"
#: Builds of other sources that are kept: a process may still run on one and import more of it.
EARLIER_KEPT = 2
#: Not compiled: the packages' lists of names, and the views of messages, whose type hints others read at run
#: time and mypyc does not keep. Constants are compiled into the modules that use them all the same.
STAY_PYTHON = ("__init__.py", "commands.py", "events.py")
#: A module whose name ends so is compiled under the name without it, instead of the one that has that.
IN_PLACE = "_compiled"
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
#: Runs in the copy too: every module loads, compiled, and the build has the name of the sources it was made
#: of.
_CHECK = """
import importlib
import sys
from exchange import core

name, *modules = sys.argv[1:]
core.choose()
if core.build_folder().name != name:
    sys.exit("the sources changed in the meantime")
for module in modules:
    if str(importlib.import_module(module).__file__).endswith(".py"):
        sys.exit(f"{module} was not compiled")
"""


class NotCompiled(Exception):
    """The build could not be made. ``status`` is the exit status; the message is one line, the reason."""

    def __init__(self, reason: str, status: int = FAILED) -> None:
        super().__init__(reason)
        self.status = status


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--background"]:
        stay_in_background(int(arguments[1]))
    try:
        core.builds().mkdir(parents=True, exist_ok=True)
        with (core.builds() / ".lock").open("w") as lock:
            # Two exchanges of one checkout take turns; the second finds the build of the first.
            fcntl.flock(lock, fcntl.LOCK_EX)
            compile_if_needed()
    except NotCompiled as error:
        say(f"not compiled: {error}")
        return error.status
    except OSError as error:
        say(f"not compiled: {error}")
        return FAILED
    return 0


def compile_if_needed() -> None:
    """Make the build of today's sources unless it is there. Raises NotCompiled."""
    folder = core.build_folder()
    if folder.is_dir():
        say("compiled core is up to date")
        return
    if missing := what_is_missing():
        raise NotCompiled(missing, NO_COMPILER)
    has_own = has_compiler()
    python = builder(has_own=has_own)
    began = time.monotonic()
    say(f"compiling the core {'' if has_own else 'with an installed compiler '}…")
    build(folder, python, {} if has_own else {"CC": f"{python} -m ziglang cc"})
    say(f"compiled core ready in {time.monotonic() - began:.0f} s: {folder.relative_to(ROOT)}")


def what_is_missing() -> str:
    """What a compilation needs and this machine has not; empty where it has everything."""
    if "CC" in os.environ and not has_compiler():
        return f"CC={os.environ['CC']}: no C compiler was found"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python's C headers (Python.h) were not found"
    return ""


def has_compiler() -> bool:
    """Whether the compiler this Python asks for is there."""
    command = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return shutil.which(str(command).split()[0]) is not None


def builder(*, has_own: bool) -> Path:
    """An interpreter with all of ``REQUIREMENTS``, and with a compiler unless the machine ``has_own``: this
    one, else that of an environment made for it. Raises NotCompiled."""
    files = [REQUIREMENTS] if has_own else [REQUIREMENTS, COMPILER]
    if all(map(is_installed, files)):
        return Path(sys.executable)
    python = TOOLS_VENV / "bin" / "python"
    bootstrap.ensure_venv(TOOLS_VENV)
    for file in files:
        stamp = TOOLS_VENV / f".{file.stem}.stamp"
        bootstrap.step(file.stem, stamp, [file], partial(install, python, file))
    return python


def is_installed(requirements: Path) -> bool:
    """Whether this interpreter has every pin of a file."""
    pins = [line.strip().split("==") for line in requirements.read_text().splitlines() if "==" in line]
    try:
        return all(metadata.version(name) == version for name, version in pins)
    except metadata.PackageNotFoundError:
        return False


def install(python: Path, requirements: Path) -> None:
    """Only what is built already: compiling a compiler is more than this is worth."""
    options = [*bootstrap.pip_options(), "--only-binary=:all:", "--retries=1", "--timeout=15"]
    command = [str(python), "-m", "pip", "install", *options, "-r", str(requirements)]
    if subprocess.call(command, stdin=subprocess.DEVNULL):
        raise NotCompiled(f"{requirements.name} could not be installed; is there a network?")


def build(folder: Path, python: Path, variables: Mapping[str, str]) -> None:
    """Compile into ``folder``, all at once or not at all: it gets its name when all of it is on disk and
    loads. ``variables`` name the compiler. Raises NotCompiled."""
    work = core.builds() / ".work"
    # One that was killed left its own behind.
    shutil.rmtree(work, ignore_errors=True)
    try:
        files = copy_sources(work)
        in_copy(
            [str(python), "-c", _SETUP, core.GROUP, *files], work, "the core does not compile", **variables
        )
        copy_as_they_are(work)
        check(folder, work, files)
        sync(work / "lib")
        (work / "lib").rename(folder)
        sync_folder(folder.parent)
        remove_earlier(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def copy_sources(work: Path) -> list[str]:
    """Copy the core as a package into ``work``; the modules to compile."""
    modules = []
    sources = core.source_files()
    for source in sources:
        if compiled_in_place_of(source) in sources:
            # Another module takes its name.
            continue
        target = work / source.relative_to(ROOT)
        if source.stem.endswith(IN_PLACE):
            target = target.with_name(source.name.replace(IN_PLACE, ""))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        if source.name not in STAY_PYTHON:
            modules.append(str(target.relative_to(work)))
    (work / "exchange" / "__init__.py").touch()
    # Without it mypy would look for the project's own settings further up.
    (work / "mypy.ini").write_text("[mypy]\n")
    return modules


def copy_as_they_are(work: Path) -> None:
    """Copy all sources once more: a build has the name of these."""
    for source in core.source_files():
        shutil.copy(source, work / source.relative_to(ROOT))


def compiled_in_place_of(source: Path) -> Path:
    """The module that takes this one's place in the compiled core, if there is one."""
    return source.with_name(f"{source.stem}{IN_PLACE}.py")


def check(folder: Path, work: Path, files: list[str]) -> None:
    """Load the build where nothing else can be loaded instead of it."""
    shutil.copy(ROOT / "exchange" / "core.py", work / "exchange" / "core.py")
    found_at = work / folder.relative_to(ROOT)
    found_at.parent.mkdir(parents=True)
    found_at.symlink_to(work / "lib")
    modules = [file.removesuffix(".py").replace("/", ".") for file in files]
    command = [sys.executable, "-c", _CHECK, folder.name, *modules]
    in_copy(command, work, "the compiled core does not load", XTRADER_CORE="compiled")


def in_copy(command: list[str], work: Path, failure: str, **variables: str) -> None:
    """Run a step of the build. Its output is shown, and NotCompiled raised, if it fails."""
    environment = os.environ | variables
    result = subprocess.run(
        command,
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        print(f"{result.stdout}{result.stderr}", flush=True)
        raise NotCompiled(failure)


def sync(folder: Path) -> None:
    """Bring every file below ``folder`` to the disk, before a name promises that it is there."""
    for path in sorted(folder.rglob("*"), reverse=True):
        sync_folder(path)
    sync_folder(folder)


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_earlier(folder: Path) -> None:
    """Remove builds of other sources but the newest few."""
    earlier = [
        path for path in core.builds().iterdir() if path.is_dir() and path.name[0] != "." and path != folder
    ]
    earlier.sort(key=lambda path: path.stat().st_mtime)
    for path in earlier[:-EARLIER_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def stay_in_background(parent: int) -> None:
    """Give way to everything else, and go, with mypyc and the compiler, when ``parent`` goes."""
    if os.getpgrp() != os.getpid():
        os.setsid()
    signal.signal(signal.SIGTERM, end_group)
    bind_to_parent(signal.SIGTERM)
    if os.getppid() != parent:
        # It died before the kernel knew of the wish.
        end_group(signal.SIGTERM, None)
    os.nice(19)
    try:
        # Where the kernel gives each session its own share, a process's niceness counts within it only.
        Path("/proc/self/autogroup").write_text("19")
    except OSError:
        pass


def end_group(_number: int, _frame: FrameType | None) -> None:
    """End this process and all it started; it leads their group."""
    os.killpg(0, signal.SIGKILL)


def say(text: str) -> None:
    print(f"xtrader: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
