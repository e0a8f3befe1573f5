"""``make run`` compiles the core beside a running exchange: it never takes half a build, never leaves a
process behind, and does without a compiler.

The tests share one copy of the checkout, whose builds are its own, and run in the order in which they stand:
compilations that are refused, stopped and killed come first, and the one that succeeds finds what they left.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.supervisor.core_build import CoreBuild
from tests.ops.running import ROOT, RunningExchange, is_running, processes_of, running_exchange, wait_until
from tools import compile_core

#: The core is compiled for real here.
pytestmark = pytest.mark.proof

#: A minute on an idle machine; at the lowest priority on a busy one it takes what is left.
COMPILE_TIMEOUT_S = 420.0
#: Left out of the copy: what is not source, and what is linked instead.
LEFT_OUT = (".git", ".venv", "node_modules", "dist", "build", "data", "artifacts", "__pycache__", ".*_cache")
LINKED = (".venv", "frontend/node_modules", "frontend/dist")
#: Set by the tests' own plugin for this process; the exchange is to choose for itself.
CHOOSES = {"XTRADER_CORE": "auto"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout") / "xtrader"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for name in LINKED:
        (folder / name).symlink_to((ROOT / name).resolve())
    return folder


@pytest.fixture
def needs_compiler() -> None:
    if missing := compile_core.what_is_missing():
        pytest.skip(missing)


@pytest.fixture
def endless_compiler(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler that never ends. The file it returns is there once it runs."""
    running = checkout / "compiler-runs"
    running.unlink(missing_ok=True)
    script = checkout / "endless-cc"
    script.write_text(f"#!/bin/sh\ntouch {running}\nsleep 1000\n")
    script.chmod(0o755)
    monkeypatch.setenv("CC", str(script))
    return running


class Beside:
    """A compilation as the supervisor starts it, this process being its parent."""

    def __init__(self, checkout: Path, logs: Path) -> None:
        self.lines: list[str] = []
        self.build = CoreBuild(checkout, logs, lambda _, text: self.lines.append(text))

    def tend_until(self, words: str, timeout_s: float = COMPILE_TIMEOUT_S) -> None:
        def said() -> bool:
            self.build.tend()
            return any(words in line for line in self.lines)

        wait_until(said, timeout_s, f"{words!r} in {self.lines}")


@pytest.fixture
def beside(checkout: Path, tmp_path: Path) -> Iterator[Beside]:
    beside = Beside(checkout, tmp_path / "logs")
    yield beside
    beside.build.give_up()


def compiling_in(checkout: Path) -> list[int]:
    """The processes of a compilation in ``checkout``, by their folder or their command."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes()
            folder = os.readlink(entry / "cwd")
        except OSError:
            continue
        works = folder.startswith(str(checkout / "build")) or b"compile_core.py" in command
        if works and str(checkout) in f"{folder} {command!r}" and is_running(int(entry.name)):
            found.append(int(entry.name))
    return found


def builds_in(checkout: Path) -> list[str]:
    """What could be taken for a build, or for a part of one."""
    return sorted(path.name for path in checkout.glob("build/compiled/*/*") if path.name[0] != ".")


def core_of(checkout: Path) -> str:
    """The build of the core that a process would take in ``checkout`` now."""
    code = "from exchange import core; print(core.running())"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=checkout,
        env=os.environ | CHOOSES,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return result.stdout.strip()


def core_in(exchange: RunningExchange) -> str | None:
    """The build that a running exchange's engine runs; None while it does not answer."""
    core: str | None = exchange.get("/healthz")["engine"]["core"] if exchange.is_healthy() else None
    return core


class TestWithoutACompiler:
    def test_it_says_so_once_and_runs_all_the_same(self, checkout: Path, tmp_path: Path) -> None:
        line = "the core is not compiled: CC=/nonexistent: no C compiler was found"
        variables = {"DEMO": "0", "CC": "/nonexistent", **CHOOSES}
        with running_exchange(tmp_path / "first", root=checkout, **variables) as exchange:
            wait_until(lambda: line in exchange.output, 60, "the reason is given")
            assert exchange.is_healthy()
            assert line in (exchange.folder / "logs" / "supervisor.log").read_text()
        with running_exchange(tmp_path / "second", root=checkout, **variables) as exchange:
            log = exchange.folder / "logs" / "compile.log"
            wait_until(lambda: log.exists() and "not compiled" in log.read_text(), 60, "it is tried again")
            time.sleep(1)
            assert line not in exchange.output
        assert builds_in(checkout) == []

    def test_it_is_not_tried_where_it_is_switched_off(self, checkout: Path, tmp_path: Path) -> None:
        with running_exchange(tmp_path / "data", root=checkout, DEMO="0", COMPILE="0", **CHOOSES) as exchange:
            time.sleep(1)
            assert "compil" not in exchange.output
            assert not (exchange.folder / "logs" / "compile.log").exists()

    @pytest.mark.usefixtures("needs_compiler")
    def test_without_a_network_its_tools_are_missing_and_nothing_else(self, checkout: Path) -> None:
        # -S hides what this environment has installed, so that an environment has to be made.
        result = subprocess.run(
            [sys.executable, "-S", "tools/compile_core.py"],
            cwd=checkout,
            env=os.environ | {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_NO_CACHE_DIR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert result.returncode == compile_core.FAILED, result.stderr
        last = result.stdout.splitlines()[-1]
        assert last.startswith("xtrader: not compiled: requirements-compile.txt could not be installed")
        assert builds_in(checkout) == []


@pytest.mark.usefixtures("needs_compiler")
class TestEndedHalfWay:
    def test_a_stopped_exchange_leaves_no_compiler_behind(
        self, checkout: Path, endless_compiler: Path, tmp_path: Path
    ) -> None:
        with running_exchange(tmp_path / "data", root=checkout, DEMO="0", **CHOOSES) as exchange:
            wait_until(endless_compiler.exists, COMPILE_TIMEOUT_S, "the C compiler runs")
            exchange.stop(signal.SIGTERM)
            assert not processes_of(exchange.folder)
            assert not compiling_in(checkout)
            assert "the core's compilation is given up" in exchange.output
        assert (builds_in(checkout), core_of(checkout)) == ([], "python")

    def test_a_killed_supervisor_leaves_none_either(
        self, checkout: Path, endless_compiler: Path, tmp_path: Path
    ) -> None:
        with running_exchange(tmp_path / "data", root=checkout, DEMO="0", **CHOOSES) as exchange:
            wait_until(endless_compiler.exists, COMPILE_TIMEOUT_S, "the C compiler runs")
            os.kill(exchange.supervisor_pid(), signal.SIGKILL)
            wait_until(lambda: not compiling_in(checkout), 10, "the compilation is gone")
        assert (builds_in(checkout), core_of(checkout)) == ([], "python")

    def test_a_killed_compilation_is_reported_and_its_compiler_ended(
        self, checkout: Path, endless_compiler: Path, beside: Beside
    ) -> None:
        beside.build.start()
        wait_until(endless_compiler.exists, COMPILE_TIMEOUT_S, "the C compiler runs")
        [leader] = [pid for pid in compiling_in(checkout) if os.getpgid(pid) == pid]
        assert os.getpriority(os.PRIO_PROCESS, leader) == 19
        os.kill(leader, signal.SIGKILL)
        beside.tend_until("the core is not compiled: its process was killed by SIGKILL")
        wait_until(lambda: not compiling_in(checkout), 10, "mypyc and the compiler are gone")
        assert (builds_in(checkout), core_of(checkout)) == ([], "python")

    @pytest.mark.usefixtures("endless_compiler")
    def test_two_exchanges_of_one_checkout_compile_one_after_the_other(
        self, checkout: Path, endless_compiler: Path, beside: Beside, tmp_path: Path
    ) -> None:
        second = Beside(checkout, tmp_path / "others-logs")
        beside.build.start()
        wait_until((checkout / "build").exists, 60, "the first has begun")
        wait_until(endless_compiler.exists, COMPILE_TIMEOUT_S, "the C compiler runs")
        endless_compiler.unlink()
        second.build.start()
        time.sleep(2)
        assert second.build.log_path.read_text() == "", "it waits"
        beside.build.give_up()
        wait_until(endless_compiler.exists, COMPILE_TIMEOUT_S, "the second goes on where the first ended")
        second.build.give_up()
        wait_until(lambda: not compiling_in(checkout), 10, "both are gone")

    def test_a_compiler_that_fails_is_named_with_its_log(
        self, checkout: Path, beside: Beside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CC", "false")
        beside.build.start()
        beside.tend_until("the core is not compiled: the core does not compile; its log is")
        assert "false" in beside.build.log_path.read_text()
        assert builds_in(checkout) == []


@pytest.mark.usefixtures("needs_compiler")
class TestCompiled:
    def test_the_second_start_runs_the_compiled_core(self, checkout: Path, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        with running_exchange(folder, root=checkout, DEMO="0", **CHOOSES) as exchange:
            wait_until(lambda: "compiling the core" in exchange.output, 30, "it begins")
            assert core_in(exchange) == "python"
            line = "the core is compiled; the engine uses it from its next start"
            wait_until(lambda: line in exchange.output, COMPILE_TIMEOUT_S, "the core is compiled")
            os.kill(exchange.pids()["engine"], signal.SIGKILL)
            wait_until(lambda: core_in(exchange) == "compiled", 60, "the engine is back, and compiled")
        with running_exchange(folder, root=checkout, DEMO="0", **CHOOSES) as exchange:
            wait_until(lambda: "the engine runs the compiled core" in exchange.output, 30, "it says so")
            assert core_in(exchange) == "compiled"
            assert "compiling the core" not in exchange.output
        assert len(builds_in(checkout)) == 1
        assert not list(checkout.glob("build/compiled/*/.work"))

    def test_a_machine_without_a_compiler_installs_one(self, checkout: Path) -> None:
        shutil.rmtree(checkout / "build" / "compiled")
        nothing = checkout / "no-programs"
        nothing.mkdir()
        # Its path leads to no program at all.
        result = subprocess.run(
            [sys.executable, "tools/compile_core.py"],
            cwd=checkout,
            env={name: value for name, value in os.environ.items() if name != "CC"} | {"PATH": str(nothing)},
            capture_output=True,
            text=True,
            check=False,
            timeout=COMPILE_TIMEOUT_S,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert "with an installed compiler" in result.stdout
        assert core_of(checkout) == "compiled"

    def test_no_two_builds_but_the_newest_of_other_sources_are_kept(self, checkout: Path) -> None:
        """A process may run on an earlier one, and import more of it."""
        [build] = checkout.glob("build/compiled/*/[0-9a-f]*")
        others = [build.with_name(name) for name in ("a1", "a2", "a3")]
        for age, folder in enumerate(others):
            folder.mkdir()
            os.utime(folder, (1_000_000 - age, 1_000_000 - age))
        code = "import sys; from pathlib import Path; from tools import compile_core as c; "
        code += "c.remove_earlier(Path(sys.argv[1]))"
        subprocess.run([sys.executable, "-c", code, str(build)], cwd=checkout, check=True, timeout=60)
        assert builds_in(checkout) == sorted([build.name, "a1", "a2"])
