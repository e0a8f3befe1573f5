"""One child process of the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exchange.telemetry.log_files import LOG_FILE, Rotation
from exchange.telemetry.logs import PROCESS_NAME

#: Takes an event's name and its line for people.
Report = Callable[[str, str], None]
BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0
#: A process that ran this long was healthy: its next death starts the back-off anew.
HEALTHY_AFTER_S = 30.0


@dataclass(frozen=True)
class ProcessSpec:
    """What to run. ``ready`` finds whether it serves; ``grace_s`` is how long it may take to stop."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_timeout_s: float = 60.0
    grace_s: float = 10.0


class Child:
    """A process kept running: its handle, its log file, how often and when it last died."""

    def __init__(self, spec: ProcessSpec, log_folder: Path) -> None:
        self.spec = spec
        self.log_path = log_folder / f"{spec.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.failures = 0
        self.started_at = 0.0
        self.restart_at: float | None = None

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor alone and the
        processes stop in order."""
        rotate(self.log_path)
        command = [sys.executable, "-m", "ops.supervisor.launch", str(os.getpid()), *self.spec.command]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self._log_variables(), **self.spec.environment},
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.restart_at = None

    def _log_variables(self) -> dict[str, str]:
        """What the process is called in its lines, and the file that it keeps in bounds while it runs."""
        return {PROCESS_NAME: self.name, LOG_FILE: str(self.log_path)}

    def note_death(self) -> float:
        """Count a death and return the seconds to wait before the next start."""
        if time.monotonic() - self.started_at >= HEALTHY_AFTER_S:
            self.failures = 0
        self.failures += 1
        delay_s = min(BACKOFF_MOST_S, BACKOFF_FIRST_S * 2.0 ** (self.failures - 1))
        self.restart_at = time.monotonic() + delay_s
        return delay_s

    def how_it_ended(self) -> str:
        """The end of a dead process in words."""
        status = self.process.poll() if self.process else None
        if status is None:
            return "is running"
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def ask_to_stop(self) -> None:
        if self.process is not None and self.running:
            self.process.terminate()

    def kill(self) -> None:
        """End the process and whatever it started, at once."""
        if self.process is None or not self.running:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            # Between fork and setsid there is no such group yet.
            self.process.kill()
        self.process.wait()

    def last_lines(self, count: int = 15) -> str:
        """The end of its log, for the supervisor to show when it cannot be started."""
        if not self.log_path.exists():
            return ""
        with self.log_path.open("rb") as log:
            log.seek(max(0, self.log_path.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])


def rotate(log: Path) -> None:
    """Make the folder of ``log``, and move the log aside when it has grown too large."""
    log.parent.mkdir(parents=True, exist_ok=True)
    rotation = Rotation.of(os.environ)
    if log.exists() and rotation.is_due(log.stat().st_size):
        rotation.put_aside(log)
