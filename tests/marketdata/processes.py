"""A real engine and a real ``runmarketdata`` with a data folder of their own, to be killed at will."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from exchange.journal.tools import verify
from exchange.link.blocking import BlockingEngineClient
from marketdata.feed.feed_client import read_status
from tests.ops.running import free_port

_ROOT = Path(__file__).resolve().parents[2]


class Processes:
    """``database_url`` empty: SQLite in the data folder. Processes end by ``close`` at the latest."""

    def __init__(self, data: Path, database_url: str = "") -> None:
        self.data = data
        self.journal = data / "journal"
        self.environment = {**os.environ, "DATA": str(data), "LOG_LEVEL": "INFO"}
        for name in ("DATABASE_URL", "JOURNAL_URL", "SNAPSHOT_DIR", "ENGINE_SOCKET", "MARKETDATA_SOCKET"):
            self.environment.pop(name, None)
        if database_url:
            self.environment["DATABASE_URL"] = database_url
        self._running: list[subprocess.Popen[bytes]] = []
        self._log = (data / "log").open("ab")
        self.manage("migrate", "--verbosity=0")

    def manage(self, *arguments: str) -> None:
        """Run a command to its end; raises CalledProcessError when it fails."""
        subprocess.run(self._command(*arguments), cwd=_ROOT, env=self.environment, check=True, timeout=180)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self._command(*arguments), cwd=_ROOT, env=self.environment, stdout=self._log, stderr=self._log
        )
        self._running.append(process)
        return process

    def engine(self) -> subprocess.Popen[bytes]:
        return self.start("runengine")

    def web(self) -> str:
        """A web process; its address, once it answers. It may be alone: without an engine, users still log
        in."""
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", "xtrader.asgi:application", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=_ROOT, env=self.environment, stdout=self._log, stderr=self._log
        )
        self._running.append(process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return f"http://127.0.0.1:{port}"
            time.sleep(0.05)
        raise AssertionError(self.log_tail())

    def marketdata(self, *arguments: str) -> subprocess.Popen[bytes]:
        return self.start("runmarketdata", *arguments)

    def client(self, timeout_ms: int = 20_000) -> BlockingEngineClient:
        client = BlockingEngineClient(self.data / "engine.sock", timeout_ms=timeout_ms)
        client.wait_connected(60)
        return client

    def status(self) -> dict[str, Any] | None:
        """Marketdata's status; None while it does not answer."""
        return read_status(self.data / "marketdata.sock")

    def wait_for_sequence(self, sequence: int, timeout_s: float = 90) -> dict[str, Any]:
        """Wait until marketdata has stored ``sequence``."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            status = self.status()
            if status is not None and status["sequence"] >= sequence:
                return status
            time.sleep(0.05)
        raise AssertionError(f"sequence {sequence} is not reached: {status}; {self.log_tail()}")

    def stop(self, engine: subprocess.Popen[bytes], market: subprocess.Popen[bytes]) -> None:
        """The engine first: a tick may come at any moment, and the tables are to have all of the journal."""
        assert end(engine) == 0, self.log_tail()
        self.wait_for_sequence(verify(self.journal).last_sequence)
        assert end(market) == 0, self.log_tail()

    def disagreements(self) -> str:
        """What the tables and the journal disagree in, as an independent process sees it; empty is well."""
        code = "import django; django.setup(); from tests.marketdata.agreement import main; "
        code += "raise SystemExit(main())"
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": "xtrader.settings"}
        command = [sys.executable, "-c", code, str(self.journal), str(self.data / "nowhere")]
        result = subprocess.run(
            command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False
        )
        return "" if result.returncode == 0 else result.stdout + result.stderr

    def log_tail(self) -> str:
        return (self.data / "log").read_text()[-3000:]

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._log.close()

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "manage.py", *arguments]


def end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> int:
    """Signal and wait; the exit code."""
    process.send_signal(number)
    return process.wait(timeout=60)
