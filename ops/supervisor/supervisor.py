"""Starts processes in order, keeps them running, stops them in the opposite order."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime
from pathlib import Path

from exchange.telemetry.log_files import OwnFileHandler, Rotation
from exchange.telemetry.logs import logger_of
from ops.supervisor.child import Child, ProcessSpec
from ops.supervisor.core_build import CoreBuild

_POLL_S = 0.1
#: One request to stop can arrive as several signals: from the terminal, from make, from make's death.
_SAME_KEYPRESS_S = 2.0
#: A process that dies this often before it ever served will not come up by trying again.
MOST_FAILURES_AT_START = 4


class StartFailed(Exception):
    """A process could not be brought up; the message carries the end of its log."""


class StopRequested(Exception):
    """A signal asked the supervisor to stop while it was still starting."""


class Supervisor:
    """Owns the children. Everything worth knowing is printed, and a line of ``supervisor.log``."""

    def __init__(self, log_folder: Path) -> None:
        self.children: list[Child] = []
        self.stopping = False
        self._log_folder = log_folder
        log_folder.mkdir(parents=True, exist_ok=True)
        handler = OwnFileHandler(log_folder / "supervisor.log", Rotation.of(os.environ))
        self._log = logger_of(handler, os.environ)
        self._core_build: CoreBuild | None = None
        self._impatient = False
        self._asked_at = 0.0

    def listen_for_signals(self) -> None:
        """SIGINT, SIGTERM and SIGHUP stop everything in order; a later Ctrl-C kills what is left."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def launch(self, spec: ProcessSpec) -> Child:
        """Start a process; ``wait_until_ready`` waits for it."""
        child = Child(spec, self._log_folder)
        self.children.append(child)
        child.start()
        self.report(
            "started", f"{child.name} started (pid {child.pid})", child=child.name, child_pid=child.pid
        )
        return child

    def start(self, spec: ProcessSpec) -> Child:
        """Start a process and wait until it serves. Raises StartFailed or StopRequested."""
        child = self.launch(spec)
        self.wait_until_ready(child)
        return child

    def compile_core(self, base_dir: Path) -> None:
        """Start the compilation of the core; ``watch`` reports its end."""
        self._core_build = CoreBuild(base_dir, self._log_folder, self.report)
        self._core_build.start()

    def watch(self) -> None:
        """Restart what dies, until a signal asks to stop."""
        while not self.stopping:
            self._tend_all_started()
            if self._core_build:
                self._core_build.tend()
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop all children, last started first; returns when none is left."""
        self.stopping = True
        if self._core_build:
            self._core_build.give_up()
        for child in reversed(self.children):
            self._stop_one(child)

    def pause(self) -> None:
        """One turn of waiting; raises StopRequested when a signal came."""
        if self.stopping:
            raise StopRequested
        time.sleep(_POLL_S)

    def wait_until_ready(self, child: Child) -> None:
        """Wait until a launched process serves. Raises StartFailed or StopRequested."""
        deadline = time.monotonic() + child.spec.ready_timeout_s
        while not (child.running and child.spec.ready()):
            self._tend_all_started()
            if child.failures >= MOST_FAILURES_AT_START:
                raise StartFailed(f"{child.name} does not stay up:\n{child.last_lines()}")
            if time.monotonic() > deadline:
                limit_s = child.spec.ready_timeout_s
                raise StartFailed(f"{child.name} is not ready after {limit_s:.0f} s:\n{child.last_lines()}")
            self.pause()

    def _tend_all_started(self) -> None:
        for child in self.children:
            self._tend(child)

    def _tend(self, child: Child) -> None:
        """Note a death; restart when its back-off is over."""
        if child.running or self.stopping:
            return
        if child.restart_at is None:
            delay_s = child.note_death()
            ended = child.how_it_ended()
            self.report(
                "died",
                f"{child.name} (pid {child.pid}) {ended}; restart {child.failures} "
                f"in {delay_s:g} s, its log is {child.log_path}",
                child=child.name,
                child_pid=child.pid,
                ended=ended,
                failures=child.failures,
                restart_in_s=delay_s,
            )
        elif time.monotonic() >= child.restart_at:
            child.start()
            self.report(
                "restarted",
                f"{child.name} restarted (pid {child.pid})",
                child=child.name,
                child_pid=child.pid,
            )

    def _stop_one(self, child: Child) -> None:
        if not child.running:
            return
        child.ask_to_stop()
        if self._ends_in_time(child):
            self.report("stopped", f"{child.name} stopped", child=child.name)
        else:
            self.report(
                "killed",
                f"{child.name} (pid {child.pid}) did not stop in time and is killed",
                child=child.name,
                child_pid=child.pid,
            )
            child.kill()

    def _ends_in_time(self, child: Child) -> bool:
        deadline = time.monotonic() + child.spec.grace_s
        while time.monotonic() < deadline and not self._impatient:
            if not child.running:
                return True
            time.sleep(_POLL_S / 2)
        return not child.running

    def report(self, event: str, text: str, **fields: str | float) -> None:
        """Print the text, and write the event with the text and its fields."""
        say(f"{datetime.now().astimezone():%H:%M:%S} {text}")
        # A full disk is for the engine to meet: logging never raises.
        self._log.info(event, text=text, **fields)

    def _on_signal(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if not self.stopping:
            self.stopping, self._asked_at = True, now
        elif number == signal.SIGINT and now - self._asked_at > _SAME_KEYPRESS_S:
            self._impatient = True


def say(text: str) -> None:
    """Print; a terminal that went away must not bring the exchange down with it."""
    try:
        print(text, flush=True)
    except OSError:
        pass
