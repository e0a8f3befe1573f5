"""The drill: each part of a running demo market is broken in turn, and an operator who has only metrics,
health pages and logs finds out which, and sees it come back.

``make drill`` runs it and prints the table: how long after the break (and after its end) each of the three
named the fault (and its end), and when the alert of the real Prometheus fired and cleared. What it asserts is
that all of it happens, not how fast.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from exchange.telemetry.side_door import ask
from tests.crash.real_redis import RealRedis
from tests.marketdata.postgres import url_for
from tests.ops.running import RunningExchange, free_port, running_exchange, wait_until
from tests.ops.test_prometheus import Prometheus

pytestmark = pytest.mark.proof

PATIENCE_S = 120.0
TOKEN = "of-the-operators"
PROCESSES = ("engine", "marketdata", "dispatcher", "web")


class Drill:
    """The venue under drill, and where an operator looks."""

    def __init__(
        self,
        exchange: RunningExchange,
        prometheus: Prometheus,
        doors: dict[str, int],
        database_url: str,
        redis: RealRedis,
    ) -> None:
        self.exchange = exchange
        self._doors = doors
        self.prometheus = prometheus
        self._database_url = database_url
        self._redis = redis
        self._read: dict[Path, int] = {}

    def detail(self) -> dict[str, Any]:
        """``/health/detail``; empty where web does not answer."""
        try:
            answer = httpx.get(
                f"{self.exchange.url}/health/detail", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=4
            )
        except httpx.HTTPError:
            return {}
        return dict(answer.json()) if answer.status_code == 200 else {}

    def is_ready(self, process: str) -> bool:
        """What the process says at its own address."""
        try:
            return ask(("127.0.0.1", self._doors[process]), "/health/ready", 2)[0] == 200
        except OSError:
            return False

    def forget_logs(self) -> None:
        """Look only at lines from here on."""
        self._read = {path: path.stat().st_size for path in self._logs()}

    def events(self) -> list[dict[str, Any]]:
        """The lines of all logs since ``forget_logs``."""
        found = []
        for path in self._logs():
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                for line in file.read().splitlines():
                    if line.startswith(b"{"):
                        found.append(json.loads(line))
        return found

    def logged(self, event: str, dependency: str) -> bool:
        return any(
            line.get("event") == event and line.get("dependency") == dependency for line in self.events()
        )

    def is_up(self, process: str) -> bool:
        """As Prometheus last scraped it."""
        return bool(self.prometheus.samples(f'up{{process="{process}"}} == 1'))

    def figure(self, query: str) -> bool:
        return bool(self.prometheus.samples(query))

    def _logs(self) -> list[Path]:
        return sorted((self.exchange.folder / "logs").glob("*.log"))

    # --- what is broken ------------------------------------------------------------------------------

    @contextmanager
    def hung(self, process: str) -> Iterator[None]:
        pid = self.exchange.pids()[process]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def redis_hung(self) -> Iterator[None]:
        self._redis.hang()
        try:
            yield
        finally:
            self._redis.go_on()

    @contextmanager
    def database_away(self) -> Iterator[None]:
        parts = urlsplit(self._database_url)
        name = parts.path.lstrip("/")
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
            allow = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
            server.execute(allow.format(name, "false"))
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            try:
                yield
            finally:
                server.execute(allow.format(name, "true"))


class Fault(NamedTuple):
    """One break, and by what it is known. ``health`` and ``metrics`` are true while the fault is named.
    ``dependency``: whose breaker the logs name; empty where nobody but Prometheus asks the process."""

    name: str
    breaks: Callable[[Drill], AbstractContextManager[None]]
    health: Callable[[Drill], bool]
    metrics: Callable[[Drill], bool]
    alert: str
    dependency: str = ""


def part_is_bad(part: str) -> Callable[[Drill], bool]:
    return lambda drill: drill.detail().get(part, {}).get("ok") is False


FAULTS = (
    Fault(
        "engine hangs",
        lambda drill: drill.hung("engine"),
        part_is_bad("engine"),
        lambda drill: not drill.is_up("engine"),
        "EngineDown",
        "engine",
    ),
    Fault(
        "marketdata hangs",
        lambda drill: drill.hung("marketdata"),
        part_is_bad("marketdata"),
        lambda drill: not drill.is_up("marketdata"),
        "MarketdataDown",
        "marketdata",
    ),
    Fault(
        "database away",
        Drill.database_away,
        part_is_bad("database"),
        lambda drill: drill.figure("xtrader_database_up == 0"),
        "DatabaseDown",
        "database",
    ),
    Fault(
        "Redis hangs",
        Drill.redis_hung,
        part_is_bad("redis"),
        lambda drill: drill.figure("xtrader_redis_up == 0"),
        "RedisDown",
        "redis",
    ),
    Fault(
        "dispatcher hangs",
        lambda drill: drill.hung("dispatcher"),
        lambda drill: not drill.is_ready("dispatcher"),
        lambda drill: not drill.is_up("dispatcher"),
        "DispatcherDown",
    ),
    Fault(
        "web hangs",
        lambda drill: drill.hung("web"),
        lambda drill: drill.detail() == {},
        lambda drill: not drill.is_up("web"),
        "WebDown",
    ),
)


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    if shutil.which("prometheus") is None:
        pytest.skip("Prometheus is not installed (Debian: prometheus)")
    with ExitStack() as stack:
        url = stack.enter_context(url_for("postgresql"))
        redis = RealRedis(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xt", dir="/tmp"))))
        stack.callback(redis.close)
        doors = {name: free_port() for name in PROCESSES if name != "web"}
        exchange = stack.enter_context(
            running_exchange(
                tmp_path_factory.mktemp("drilled"),
                DEMO="1",
                COMPILE="0",
                DATABASE_URL=url,
                REDIS_URL=redis.url,
                METRICS_TOKEN=TOKEN,
                LOG_FORMAT="json",
                ENGINE_TIMEOUT_MS="1000",
                SIDE_DOORS=",".join(f"{name}={port}" for name, port in doors.items()),
            )
        )
        # A web process is asked where it listens: there its page has what it knows of the venue.
        targets = {**doors, "web": exchange.port}
        prometheus = Prometheus(tmp_path_factory.mktemp("prometheus"), exchange, targets)
        stack.callback(prometheus.close)
        wait_until(prometheus.is_ready, PATIENCE_S, "Prometheus is ready")
        made = Drill(exchange, prometheus, doors, url, redis)
        wait_until(lambda: all(map(made.is_up, PROCESSES)), PATIENCE_S, "every process is scraped")
        yield made


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    lines = [
        "| broken | health | metrics | log | alert | health, after | metrics, after | log, after | clear |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *rows,
    ]
    folder = Path(os.environ.get("ARTIFACTS", "artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "drill.md").write_text("\n".join(lines) + "\n")
    print("\n" + "\n".join(lines))


def seconds_until(conditions: dict[str, Callable[[], bool]], what: str) -> dict[str, float]:
    """How long after now each condition was first true."""
    started = time.monotonic()
    found: dict[str, float] = {}

    def all_found() -> bool:
        for name, condition in conditions.items():
            if name not in found and condition():
                found[name] = time.monotonic() - started
        return len(found) == len(conditions)

    try:
        wait_until(all_found, PATIENCE_S, what)
    except AssertionError:
        pytest.fail(f"{what}: never {sorted(conditions.keys() - found.keys())}; seen {found}")
    return found


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_named_and_its_end_is_seen(drill: Drill, table: list[str], fault: Fault) -> None:
    state = drill.prometheus.state
    wait_until(lambda: state(fault.alert) == "inactive", PATIENCE_S, f"{fault.alert} is quiet at first")
    drill.forget_logs()
    with fault.breaks(drill):
        named = seconds_until(
            {
                "health": lambda: fault.health(drill),
                "metrics": lambda: fault.metrics(drill),
                **(
                    {"log": lambda: drill.logged("breaker_opened", fault.dependency)}
                    if fault.dependency
                    else {}
                ),
                "alert": lambda: state(fault.alert) == "firing",
            },
            f"{fault.name} is named",
        )
    over = seconds_until(
        {
            "health": lambda: bool(drill.detail()) and not fault.health(drill),
            "metrics": lambda: not fault.metrics(drill),
            **({"log": lambda: drill.logged("breaker_closed", fault.dependency)} if fault.dependency else {}),
            "alert": lambda: state(fault.alert) == "inactive",
        },
        f"the end of {fault.name} is seen",
    )
    cells = [f"{moments[name]:.1f} s" if name in moments else "-" for moments in (named, over) for name in
             ("health", "metrics", "log", "alert")]  # fmt: skip
    table.append(f"| {fault.name} | {' | '.join(cells)} |")
    wait_until(lambda: drill.exchange.is_healthy(), PATIENCE_S, "the venue is well again")
