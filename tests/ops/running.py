"""A real exchange started with ``make run`` on a free port and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
#: On a busy machine a start takes several times as long as on an idle one.
START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 45.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """The first true value of ``condition``; fails naming ``what`` after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {timeout_s:.0f} s: {what}")


class RunningExchange:
    """One ``make run`` in the checkout ``root``. ``output`` is what it printed so far."""

    def __init__(self, folder: Path, port: int, *, root: Path = ROOT, **variables: str) -> None:
        self.folder = folder
        self.port = port
        self.log = folder.with_name(f"{folder.name}.out")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        command = ["make", "--silent", "run", f"PORT={port}", f"DATA={folder}"]
        command += [f"{name}={value}" for name, value in variables.items() if name == "DEMO"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=root,
                env={**clean, "DEMO_HISTORY_HOURS": "2", **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heed_ctrl_c,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.output
            return "xTrader is ready" in self.output

        wait_until(ready, START_TIMEOUT_S, f"the exchange is ready\n{self.output}")

    def demo(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return content

    def get(self, path: str, **options: Any) -> Any:
        reply = httpx.get(self.url + path, timeout=20, **options)
        reply.raise_for_status()
        return reply.json()

    def sequence(self) -> int:
        return int(self.get("/healthz")["engine"]["sequence"])

    def is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def pids(self) -> dict[str, int]:
        """Name → pid of each process, as last announced."""
        found = re.findall(r"(\w+) (?:re)?started \(pid (\d+)\)", self.output)
        return {name: int(pid) for name, pid in found}

    def supervisor_pid(self) -> int:
        return int((self.folder / "supervisor.lock").read_text())

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask ``make`` to stop, the way Ctrl-C or a service manager does, and wait for all of it."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(STOP_TIMEOUT_S)
        wait_until(lambda: not processes_of(self.folder), STOP_TIMEOUT_S, "every process has ended")


def processes_of(folder: Path) -> list[int]:
    """Processes whose environment says that ``folder`` is their data folder."""
    wanted = f"DATA={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                variables = (entry / "environ").read_bytes().split(b"\0")
                # A zombie waiting for its parent has no environment left.
                if wanted in variables and b"Z" not in (entry / "stat").read_bytes().split(b") ")[1][:1]:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def _heed_ctrl_c() -> None:
    # What a shell runs in the background ignores SIGINT, and all its children with it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def is_running(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_bytes().split(b") ")[1][:1] != b"Z"
    except OSError:
        return False


@contextmanager
def running_exchange(folder: Path, *, root: Path = ROOT, **variables: str) -> Iterator[RunningExchange]:
    """An exchange that is ready, stopped at the end whatever happens."""
    exchange = RunningExchange(folder, free_port(), root=root, **variables)
    try:
        exchange.wait_ready()
        yield exchange
    finally:
        try:
            exchange.stop()
        finally:
            for pid in processes_of(folder):
                os.kill(pid, signal.SIGKILL)
