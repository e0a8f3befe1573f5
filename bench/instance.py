"""A whole exchange, started on a free port with a data folder and a PostgreSQL database of its own, without
the demo market; and a bare server beside it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench import agreement
from bench.cpu import descendants
from bench.database import temporary_database
from bench.load import Tally
from exchange.link.blocking import BlockingEngineClient
from marketdata.feed.feed_client import read_status
from ops.supervisor.plan import UVICORN

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0
#: Patience with a follower that has a backlog.
CATCH_UP_S = 600.0
TRADERS = 64
#: The load is one address and some accounts; what limits them is not what is to be measured.
UNLIMITED = {f"RATE_LIMIT_{scope}": "0" for scope in ("ORDERS", "READS", "PUBLIC", "LOGIN", "ADDRESS")}


@dataclass(frozen=True)
class Server:
    """Something that answers on a port."""

    host: str
    port: int
    pid: int


@dataclass(frozen=True)
class Instance:
    host: str
    port: int
    folder: Path
    environment: dict[str, str]
    #: One bearer token a trader.
    tokens: list[str]
    #: Name → pid of the processes that take part in an order.
    processes: dict[str, int]
    #: Everything any client was told.
    tally: Tally = field(default_factory=Tally)

    def status(self) -> dict[str, Any]:
        """Marketdata's own account of itself. Raises RuntimeError if it is silent."""
        found = read_status(self.folder / "marketdata.sock", 10.0)
        if found is None:
            raise RuntimeError("marketdata does not answer")
        return found

    def catch_up(self) -> float:
        """Wait until the database is where the engine is; the seconds it took."""
        began = time.monotonic()
        while self.status()["lag"]:
            if time.monotonic() - began > CATCH_UP_S:
                raise RuntimeError(f"the projection does not catch up: {self.status()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def tidy_database(self) -> None:
        """What PostgreSQL would do by itself in the next minutes about the rows of the last."""
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def disagreements(self) -> list[str]:
        """Engine = database = client? Every difference, in words."""
        self.catch_up()
        return agreement.check(self.tally, json.loads(self.run("bench.agreement")))

    def run(self, module: str, *arguments: str) -> str:
        """What a module of this package prints when it runs with this instance's settings."""
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=300,
        )
        return done.stdout.splitlines()[-1]

    @contextmanager
    def second_web(self) -> Iterator[Server]:
        """One more web process on the same engine and database."""
        with _uvicorn("xtrader.asgi:application", self.environment) as server:
            yield server


@contextmanager
def running_instance(**variables: str) -> Iterator[Instance]:
    """Start it, make the traders, stop it and remove its data. Raises RuntimeError if it does not start."""
    with tempfile.TemporaryDirectory(prefix="xb") as name, temporary_database() as database:
        folder, port = Path(name), _free_port()
        environment = os.environ | UNLIMITED | {"DATA": name, "DEMO": "0", "LOG_LEVEL": "WARNING"}
        environment["COMPILE"] = "0"
        environment |= {"DATABASE_URL": database, "SECRET_KEY": "bench" * 10, **variables}
        log = (folder / "up.log").open("w")
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port), "--with-parent"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_up(process, folder)
            processes = _processes(process.pid)
            instance = Instance("127.0.0.1", port, folder, environment, [], processes)
            instance.tokens.extend(json.loads(instance.run("bench.people", str(TRADERS))))
            yield instance
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)
            log.close()


@contextmanager
def floor_server() -> Iterator[Server]:
    """The bare server of ``bench.floor_app``, run as the exchange runs its own."""
    with _uvicorn("bench.floor_app:application", dict(os.environ)) as server:
        yield server


@contextmanager
def _uvicorn(application: str, environment: dict[str, str]) -> Iterator[Server]:
    port = _free_port()
    bound = [sys.executable, "-m", "ops.supervisor.launch", str(os.getpid())]
    uvicorn = [sys.executable, "-m", "uvicorn", application, "--app-dir", str(ROOT), "--port", str(port)]
    # What it has to say when its sockets are cut at the end is of no use to anybody.
    process = subprocess.Popen(
        [*bound, *uvicorn, *UVICORN], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for_port(process, port)
        yield Server("127.0.0.1", port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_TIMEOUT_S)


class LagWatch:
    """How far the projection is behind, in commands and in seconds, looked at several times a second."""

    _EVERY_S = 0.2

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        #: (time, durable sequence then)
        self._history: deque[tuple[float, int]] = deque(maxlen=10_000)
        self.commands = 0
        self.seconds = 0.0

    def __enter__(self) -> LagWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        with BlockingEngineClient(self._instance.folder / "engine.sock", timeout_ms=30_000) as engine:
            engine.wait_connected(30)
            while not self._stop.wait(self._EVERY_S):
                durable = engine.query("status").value["durable"]
                stored = self._instance.status()["sequence"]
                self._look(time.monotonic(), durable, stored)

    def _look(self, now: float, durable: int, stored: int) -> None:
        self._history.append((now, durable))
        self.commands = max(self.commands, durable - stored)
        # When the first of what is not stored yet was durable.
        since = next((then for then, durable in self._history if durable > stored), now)
        self.seconds = max(self.seconds, now - since)


def _processes(supervisor: int) -> dict[str, int]:
    """The parts by what they were started with."""
    parts = {"web": "uvicorn", "engine": "runengine", "marketdata": "runmarketdata"}
    running = descendants(supervisor)
    return {name: pid for name, word in parts.items() for pid, line in running.items() if word in line}


def database_processes() -> dict[str, int]:
    """The database's own processes of this run, as ``cpu.CpuMeter`` takes them."""
    import psycopg

    from bench.database import server_url

    with psycopg.connect(server_url()) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity "
            "WHERE datname LIKE 'xtrader_bench_%' AND backend_type = 'client backend'"
        ).fetchall()
    return {f"database {pid}": pid for (pid,) in rows}


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


def _wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
            return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {error}") from error
            time.sleep(0.1)
