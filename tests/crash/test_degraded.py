"""The degraded modes of docs/operations.md, one by one, with real processes: each dependency is taken away
while people trade, what must go on goes on, what cannot says so, and all comes back by itself.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from tests.crash.real_redis import RealRedis
from tests.marketdata.postgres import url_for
from tests.ops.running import wait_until
from tests.web.stream.venue import PASSWORD, PEOPLE, Venue, environment_of, next_push, prepare, request, run

pytestmark = pytest.mark.proof

#: Each change is seen within a second or two on an idle machine.
PATIENCE_S = 90.0
POOL_SIZE = 4
TOKEN = "of-the-operators"
#: Log-ins of an address; without Redis a quarter of them.
LOG_INS = 100
ORDER = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "price": "90", "quantity": "1"}


class Site(Venue):
    """Engine, marketdata and one web process on PostgreSQL and Redis of the test's own."""

    def __init__(self, prepared: Path, database_url: str, redis: RealRedis) -> None:
        self.redis = redis
        self.database_url = database_url
        self.marketdata: subprocess.Popen[bytes] | None = None
        super().__init__(
            prepared,
            DATABASE_URL=database_url,
            REDIS_URL=redis.url,
            DATABASE_POOL_SIZE=str(POOL_SIZE),
            DATABASE_POOL_WAIT_S="1",
            RATE_LIMIT_LOGIN=f"{LOG_INS}/h",
            ENGINE_TIMEOUT_MS="1000",
            METRICS_TOKEN=TOKEN,
        )
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.start_marketdata()
        self.bearer = self.log_in("alice").json()["access"]

    def start_marketdata(self) -> None:
        self.marketdata = self._start("manage.py", "runmarketdata")
        self.wait(self.follows_marketdata, "marketdata is followed")

    def close(self) -> None:
        if hasattr(self, "http"):
            self.http.close()
        super().close()

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        wait_until(condition, PATIENCE_S, what)

    def follows_marketdata(self) -> bool:
        answer = self.read("klines/AAPL/1m")
        return answer.status_code == 200 and "X-Stale" not in answer.headers

    def log_in(self, name: str) -> httpx.Response:
        return self.http.post("/api/v1/token", json={"username": name, "password": PASSWORD})

    def place(self, **fields: Any) -> httpx.Response:
        return self.http.post("/v1/order", json={**ORDER, **fields}, headers=self.as_alice())

    def as_alice(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.bearer}"}

    def read(self, path: str) -> httpx.Response:
        return self.http.get(f"/api/v1/{path}")

    def stale(self, path: str) -> str | None:
        """The mark of a read that is served."""
        answer = self.read(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.headers.get("X-Stale")

    def detail(self) -> dict[str, Any]:
        answer = self.http.get("/health/detail", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def breaker(self, dependency: str) -> str:
        return str(self.detail()["breakers"][dependency]["state"])

    @contextmanager
    def database_away(self) -> Iterator[None]:
        """Nobody may connect, and who is connected is put out."""
        parts = urlsplit(self.database_url)
        name = parts.path.lstrip("/")
        with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
            allow = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
            server.execute(allow.format(name, "false"))  # type: ignore[call-overload]
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            try:
                yield
            finally:
                server.execute(allow.format(name, "true"))  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        url = stack.enter_context(url_for("postgresql"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xt", dir="/tmp")))
        redis = RealRedis(folder)
        stack.callback(redis.close)
        prepare(environment_of(folder, DATABASE_URL=url))
        site = Site(folder, url, redis)
        stack.callback(site.close)
        yield site


def test_all_is_well_at_first(site: Site) -> None:
    assert site.http.get("/health/live").json() == {"live": True}
    assert site.http.get("/health/ready").json()["ready"]
    found = site.detail()
    assert {found["status"], *(breaker["state"] for breaker in found["breakers"].values())} == {
        "ok",
        "closed",
    }
    assert found["followers"]["marketdata"] == {"sequences": 0, "seconds": 0.0}
    assert found["disk"]["free_bytes"] > found["disk"]["reserve_bytes"] and found["cancel_only"] is False
    assert found["snapshot"]["age_s"] is None or found["snapshot"]["age_s"] >= 0
    assert site.http.get("/health/detail").status_code == 403


def test_database_away(site: Site) -> None:
    async def scenario() -> None:
        async with site.raw() as raw:
            await request(raw, "auth", token=site.bearer)
            assert (await asyncio.to_thread(site.place)).status_code == 200
            with site.database_away():
                refused = await asyncio.to_thread(site.log_in, "bob")
                assert (refused.status_code, refused.json()["error"]) == (503, "DATABASE_UNAVAILABLE")
                assert int(refused.headers["Retry-After"]) >= 1
                # Trading goes on, over the socket and by a token that was seen.
                assert (await request(raw, "order.place", **ORDER))["ok"]
                assert (await asyncio.to_thread(site.place)).status_code == 200
                assert site.http.get("/health/ready").status_code == 200
                assert site.http.get("/healthz").json()["database"] == {"ok": False}
                await asyncio.to_thread(away_named, site)
                # Candles stand still and say so.
                await asyncio.to_thread(
                    site.wait, lambda: "marketdata" in (site.stale("klines/AAPL/1m") or ""), "marked stale"
                )
            assert (await request(raw, "order.place", **ORDER))["ok"]

    run(scenario(), timeout_s=300)
    site.wait(lambda: site.log_in("bob").status_code == 200, "log-ins again")
    assert site.breaker("database") == "closed"
    site.wait(lambda: site.detail()["followers"]["marketdata"]["sequences"] == 0, "the tables catch up")
    site.wait(lambda: site.stale("klines/AAPL/1m") is None, "no mark any more")


def away_named(site: Site) -> None:
    """Log-ins that fail open the breaker; from then on nobody waits for the database."""

    def is_open() -> bool:
        site.log_in("bob")
        return site.breaker("database") != "closed"

    site.wait(is_open, "the breaker opens")


def test_every_connection_of_the_pool_in_use(site: Site) -> None:
    with psycopg.connect(site.database_url) as other, ThreadPoolExecutor(POOL_SIZE * 3) as people:
        other.execute("LOCK TABLE auth_user IN ACCESS EXCLUSIVE MODE")
        waiting = [people.submit(site.log_in, "carol") for _ in range(POOL_SIZE * 3)]
        busy = POOL_SIZE * 2

        def refused() -> bool:
            return sum(one.done() and one.result().status_code == 503 for one in waiting) >= busy

        site.wait(refused, "those without a connection are refused")
        other.rollback()
        answers = [one.result() for one in waiting]
    codes = [answer.json().get("error") for answer in answers]
    assert codes.count("DATABASE_BUSY") == busy and codes.count(None) == POOL_SIZE, codes
    # A pool that is used up is no outage.
    assert site.breaker("database") == "closed"
    assert site.log_in("carol").status_code == 200


@pytest.mark.parametrize("how", ["hangs", "is killed"])
def test_redis_away(site: Site, how: str) -> None:
    (site.redis.hang if how == "hangs" else site.redis.kill)()
    try:
        answers = []

        def is_closed() -> bool:
            answers.append(site.log_in("alice"))
            return answers[-1].status_code == 503

        site.wait(is_closed, "closed")
        assert answers[-1].json()["error"] == "RATE_LIMIT_UNAVAILABLE"
        assert int(answers[-1].headers["Retry-After"]) >= 1
        let_through = [answer for answer in answers if answer.status_code == 200]
        assert len(let_through) <= LOG_INS // 4
        # Market data and orders are open; nothing waits for Redis but the one who tries.
        assert site.stale("orderbook/AAPL") is None
        assert site.place().status_code == 200
        assert site.breaker("redis") != "closed"
        assert site.http.get("/health/ready").status_code == 200
    finally:
        (site.redis.go_on if how == "hangs" else site.redis.start)()
    site.wait(lambda: site.log_in("alice").status_code == 200, "log-ins again")
    assert site.breaker("redis") == "closed"


def test_engine_hangs(site: Site) -> None:
    async def scenario() -> None:
        async with site.raw() as raw:
            site.engine.send_signal(signal.SIGSTOP)
            try:
                unknown = await asyncio.to_thread(site.place, client_order_id="once")
                assert (unknown.status_code, unknown.json()["error"]) == (504, "OUTCOME_UNKNOWN")
                assert (await next_push(raw, "venue"))["stale"] == ["engine"]
                away = await asyncio.to_thread(site.place)
                assert (away.status_code, away.json()["error"]) == (503, "ENGINE_UNAVAILABLE")
                assert int(away.headers["Retry-After"]) >= 1
                await asyncio.to_thread(reads_are_marked, site)
                ready = site.http.get("/health/ready")
                assert (ready.status_code, ready.json()["ready"]) == (503, False)
                assert site.http.get("/health/live").status_code == 200
                assert site.breaker("engine") == "open"
            finally:
                site.engine.send_signal(signal.SIGCONT)
            assert (await next_push(raw, "venue"))["stale"] == []

    run(scenario(), timeout_s=300)
    site.wait(lambda: site.place().status_code == 200, "orders again")
    # It had arrived: asked again, it is the same order.
    again = site.place(client_order_id="once")
    assert again.status_code in (200, 409), again.text
    assert site.breaker("engine") == "closed"
    site.wait(lambda: site.http.get("/health/ready").status_code == 200, "ready again")


def reads_are_marked(site: Site) -> None:
    for path in ("orderbook/AAPL", "symbols", "statistics", "klines/AAPL/1m", "executions/AAPL"):
        assert (site.stale(path) or "").startswith("engine;age="), path


def test_engine_is_killed(site: Site) -> None:
    before = site.read("orderbook/AAPL").json()
    site.kill(site.engine)
    site.wait(lambda: site.stale("orderbook/AAPL") is not None, "marked stale")
    kept = site.read("orderbook/AAPL").json()
    assert (kept["bids"], kept["sequence"]) == (before["bids"], before["sequence"])
    site.wait(lambda: site.place().status_code == 503, "orders are refused")
    reads_are_marked(site)
    site.start_engine()
    site.wait(lambda: site.place().status_code == 200, "orders again")
    assert site.stale("orderbook/AAPL") is None


def test_marketdata_is_killed(site: Site) -> None:
    assert site.marketdata is not None
    site.kill(site.marketdata)
    site.wait(lambda: (site.stale("klines/AAPL/1m") or "").startswith("marketdata;age="), "marked stale")
    assert (site.stale("statistics") or "").startswith("marketdata;age=")
    # Orders go on, and books are the engine's.
    assert site.place().status_code == 200
    assert site.stale("orderbook/AAPL") is None
    assert site.breaker("marketdata") == "open" and site.http.get("/health/ready").status_code == 200
    site.start_marketdata()
    assert site.breaker("marketdata") == "closed"
    site.wait(lambda: site.detail()["followers"]["marketdata"]["sequences"] == 0, "the tables catch up")


def test_disk_nearly_full(site: Site) -> None:
    """The engine is told to keep more room than any disk has."""
    assert site.place().status_code == 200
    site.environment["DISK_RESERVE_MB"] = str(1 << 40)
    site.restart_engine()
    site.wait(lambda: site.place().json().get("error") == "VENUE_CANCEL_ONLY", "cancel-only")
    refused = site.place()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")

    async def greeted() -> None:
        async with site.raw() as raw:
            while not (await next_push(raw, "venue"))["cancel_only"]:
                pass

    run(greeted())
    assert site.http.post("/v1/orders/cancel-all", headers=site.as_alice(), json={}).status_code == 200
    assert site.admin.query("open_orders", PEOPLE["alice"], None, 10, None, None, None).value == ()
    assert site.detail()["cancel_only"] is True and site.http.get("/health/ready").status_code == 200
    assert "xtrader_engine_cancel_only 1.0" in site.http.get("/metrics/engine").text
    del site.environment["DISK_RESERVE_MB"]
    site.restart_engine()
    site.wait(lambda: site.place().status_code == 200, "orders again")
    assert "Traceback" not in site.log_tail(200_000)
