"""A real engine process in a folder of its own, which a test may kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.worker.client import BlockingEngineClient

ROOT = Path(__file__).resolve().parents[2]


class EngineProcess:
    """``manage.py runengine`` on a short path (Unix socket names are bounded)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket = root / "e.sock"
        self.journal = root / "journal"
        self.snapshots = root / "snapshots"
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[BlockingEngineClient] = []

    def start(self, *options: str, wait: bool = True) -> EngineProcess:
        arguments = [
            *("--journal", str(self.journal), "--snapshots", str(self.snapshots)),
            *("--socket", str(self.socket), *options),
        ]
        environment = {**os.environ, "DATA": str(self.root / "data")}
        with open(self.root / "log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "runengine", *arguments],
                cwd=ROOT,
                env=environment,
                stderr=log,
                stdout=log,
            )
        if wait:
            self.client().wait_connected(20)
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def client(self, **options: int) -> BlockingEngineClient:
        """A client, closed at the end of the test."""
        options.setdefault("connect_grace_ms", 20_000)
        client = BlockingEngineClient(self.socket, **{"timeout_ms": 20_000, **options})
        self._clients.append(client)
        return client

    def log(self) -> str:
        return (self.root / "log").read_text()

    def end(self) -> None:
        for client in self._clients:
            client.close()
        if self.process is not None and self.process.poll() is None:
            self.kill()


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        process = EngineProcess(Path(folder))
        try:
            yield process
        finally:
            process.end()
