"""Compiles the core beside a running exchange, so that the next start of the engine is a faster one.

One process (``tools/compile_core.py``), once per run, at the lowest priority, after everything serves. It is
never waited for and never restarted; whatever comes of it, the exchange goes on as it is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from exchange import core
from ops.supervisor.child import Report, rotate

#: The exit status of ``tools/compile_core.py`` where there is nothing to compile with.
_NOTHING_TO_COMPILE_WITH = 3
#: What it puts before each of its lines, and before the reason for which there is no build.
_PREFIXES = ("xtrader: ", "not compiled: ")


class CoreBuild:
    """The compilation: started, looked at now and then, given up when the exchange stops. ``report`` receives
    one line when it starts and one when it ends."""

    def __init__(self, base_dir: Path, log_folder: Path, report: Report) -> None:
        self.log_path = log_folder / "compile.log"
        self._script = base_dir / "tools" / "compile_core.py"
        self._report = report
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        rotate(self.log_path)
        command = [sys.executable, str(self._script), "--background", str(os.getpid())]
        try:
            with self.log_path.open("wb") as log:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            self._report("core_build", f"the core is not compiled: {error}")
        else:
            self._report(
                "core_build", f"compiling the core in the background (nice); its log is {self.log_path}"
            )

    def tend(self) -> None:
        """Report the end of it, once."""
        if self._process is None or self._process.poll() is None:
            return
        status = self._process.returncode
        self._end_group()
        self._process = None
        if line := self._outcome(status):
            self._report("core_build", line)

    def give_up(self) -> None:
        """End it at once, with mypyc and the compiler. Half a build is never taken for a whole one."""
        if self._process is None:
            return
        self._end_group()
        self._process.wait()
        self._process = None
        self._report("core_build", "the core's compilation is given up; the next start begins it again")

    def _end_group(self) -> None:
        """What it started may outlive it where it was killed."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()

    def _outcome(self, status: int) -> str:
        if status == 0:
            return "the core is compiled; the engine uses it from its next start"
        if status < 0:
            return f"the core is not compiled: its process was killed by {signal.Signals(-status).name}"
        reason = self._last_line() or f"status {status}"
        if status != _NOTHING_TO_COMPILE_WITH:
            return f"the core is not compiled: {reason}; its log is {self.log_path}"
        if told_before(reason):
            return ""
        return f"the core is not compiled: {reason}. The Python core does the same; it only takes longer"

    def _last_line(self) -> str:
        try:
            lines = self.log_path.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        line = lines[-1] if lines else ""
        for prefix in _PREFIXES:
            line = line.removeprefix(prefix)
        return line


def told_before(reason: str) -> bool:
    """Whether an earlier run in this checkout has given the same reason; from now on it has."""
    note = core.builds() / ".missing"
    try:
        if note.exists() and note.read_text() == reason:
            return True
        note.write_text(reason)
    except OSError:
        pass
    return False


def is_wanted() -> bool:
    """Whether the engine would take a build (``XTRADER_CORE``) and there is none of these sources yet."""
    return (os.environ.get("XTRADER_CORE") or "auto") == "auto" and not core.build_folder().is_dir()
