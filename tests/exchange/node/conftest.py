"""A real engine process in a folder of its own, which a test may kill and start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.journal.files import OS_FILES, Files
from exchange.link.blocking import BlockingEngineClient
from exchange.node.sequencer import Sequencer, open_sequencer
from exchange.node.server import EngineServer, Limits
from tests.exchange.journal.flow import NOW_NS, market

ROOT = Path(__file__).resolve().parents[3]


class EngineProcess:
    """The engine on a short path (Unix socket names are bounded)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.socket = root / "e.sock"
        self.journal = root / "journal"
        self.snapshots = root / "snapshots"
        self.process: subprocess.Popen[bytes] | None = None
        self._clients: list[BlockingEngineClient] = []

    def start(self, *options: str, wait: bool = True, django: bool = False) -> EngineProcess:
        arguments = [
            *("--journal", str(self.journal), "--snapshots", str(self.snapshots)),
            *("--socket", str(self.socket), *options),
        ]
        environment = {**os.environ, "DATA": str(self.root / "data")}
        with open(self.root / "log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    *(("manage.py", "runengine") if django else ("-m", "exchange.node")),
                    *arguments,
                ],
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


class Service:
    """A server in a thread of the test, so that its limits and its inside can be seen. Its clock stands."""

    def __init__(self, folder: Path, limits: Limits, files: Files = OS_FILES) -> None:
        self.folder = folder
        self.socket = folder / "e.sock"
        self.journal = folder / "journal"
        self.snapshots = folder / "snapshots"
        self.sequencer: Sequencer = open_sequencer(
            self.journal, self.snapshots, segment_bytes=64 * 1024, clock=lambda: NOW_NS, files=files
        )
        self.server = EngineServer(self.sequencer, self.socket, limits)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        self.client = BlockingEngineClient(self.socket)
        self.client.wait_connected()
        self.client.submit_many(market())

    def connect(self) -> socket.socket:
        """A raw connection."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.connect(str(self.socket))
        sock.settimeout(10)
        return sock

    def end(self) -> None:
        self.client.close()
        self.server.stop()
        self.thread.join(10)
        self.sequencer.close()


@pytest.fixture
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    limits = getattr(request, "param", Limits())
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        service = Service(Path(folder), limits)
        try:
            yield service
        finally:
            service.end()
