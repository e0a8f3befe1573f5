"""A whole exchange, started on a free port with a data folder of its own, without the demo market."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cpu import descendants

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 40.0
#: Log-ins with funds for any amount of trading; their bots do not run here.
TRADERS = ("maker1", "maker2", "taker1", "taker2")
#: The load is one address and four accounts; what limits them is not what is to be measured.
UNLIMITED = {f"RATE_LIMIT_{scope}": "0" for scope in ("ORDERS", "READS", "PUBLIC", "LOGIN", "ADDRESS")}


@dataclass(frozen=True)
class Instance:
    host: str
    port: int
    #: One bearer token a trader.
    tokens: list[str]
    #: Name → pid of the processes that take part in an order.
    processes: dict[str, int]


@contextmanager
def running_instance() -> Iterator[Instance]:
    """Start it, log the traders in, stop it and remove its data. Raises RuntimeError if it does not start."""
    with tempfile.TemporaryDirectory(prefix="xb") as folder:
        port = _free_port()
        environment = os.environ | UNLIMITED | {"DATA": folder, "DEMO": "0", "LOG_LEVEL": "WARNING"}
        log = (Path(folder) / "up.log").open("w")
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port), "--with-parent"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(process, Path(folder))
            passwords = json.loads((Path(folder) / "credentials.json").read_text())
            url = f"http://127.0.0.1:{port}"
            tokens = [_token(url, name, passwords[name]) for name in TRADERS]
            yield Instance("127.0.0.1", port, tokens, _processes(process.pid))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)
            log.close()


def _processes(supervisor: int) -> dict[str, int]:
    """The parts by what they were started with."""
    parts = {"web": "uvicorn", "engine": "runengine", "marketdata": "runmarketdata"}
    running = descendants(supervisor)
    return {name: pid for name, word in parts.items() for pid, line in running.items() if word in line}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Until demo.json is written, which is the last step of a start."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (folder / "demo.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the exchange did not start:\n{(folder / 'up.log').read_text()}")
        time.sleep(0.1)


def _token(url: str, username: str, password: str) -> str:
    body = json.dumps({"username": username, "password": password}).encode()
    request = urllib.request.Request(
        f"{url}/api/v1/token", body, {"Content-Type": "application/json", "Accept": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return str(json.load(reply)["access"])
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{username} cannot log in: {error.read().decode()}") from error
