"""Redis or the database away: a fallback or 503 with Retry-After, never 500; a line a minute in the log."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from rest_framework.test import APIClient

from accounts.identity.verified_tokens import verified_tokens
from exchange import process
from exchange.postgresql.base import PoolExhausted
from exchange.scarce_log import SPAN_S, ScarceLog
from exchange.shared_cache import PAUSE_S, REDIS_TROUBLE, SharedCache
from exchange.telemetry import breakers
from exchange.telemetry.breakers import Breaker
from exchange.telemetry.logs import get_logger
from tests.conftest import PASSWORD, LiveEngine, Person
from tests.log_lines import fields_of
from tests.web.rest.test_failures import shape
from web.access.limiter import limiter


def use_redis(settings: Any, url: str) -> None:
    settings.REDIS_URL = url
    options = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5}
    settings.CACHES = {
        "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url, "OPTIONS": options}
    }


def set_rates(settings: Any, **rates: str) -> None:
    given = settings.XTRADER["RATE_LIMITS"]
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {**dict.fromkeys(given, "0"), **rates}}


@pytest.fixture
def redis_away(settings: Any) -> Iterator[None]:
    """A URL of a port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with process.using(process.Process()):
        use_redis(settings, f"redis://127.0.0.1:{port}/0")
        yield


@pytest.fixture
def redis(settings: Any) -> Iterator[None]:
    url = os.environ.get("TEST_REDIS_URL")
    if not url:
        pytest.skip("TEST_REDIS_URL is not set")
    with process.using(process.Process()):
        use_redis(settings, url)
        yield


def log_in(client: APIClient, password: str = PASSWORD) -> Any:
    return client.post("/api/v1/token", {"username": "alice", "password": password}, format="json")


# --- Redis ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_redis_all_goes_on(
    redis_away: None, live_engine: LiveEngine, alice: Person, anyone: APIClient, caplog: Any
) -> None:
    assert alice.place().status_code == 200
    assert alice.post("/v1/orders/cancel-all").status_code == 200
    live_engine.project()
    for path in ("/v1/balances", "/v1/portfolio", "/v1/fills", "/api/v1/orderbook/BTC-KRW"):
        assert alice.get(path).status_code == 200, path
    assert log_in(anyone).status_code == 200
    grave = [fields_of(record)["event"] for record in caplog.records if record.levelno >= logging.WARNING]
    assert grave == ["breaker_opened"], "one line, however many asked"
    assert breakers.states()["redis"].state == "open"


@pytest.mark.django_db
def test_without_redis_a_quarter_of_the_log_ins_gets_through(
    redis_away: None, settings: Any, alice: Person, anyone: APIClient
) -> None:
    set_rates(settings, login="12/h")
    answers = [log_in(anyone, "wrong") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 503, 503]
    assert shape(answers[-1]) == (503, "RATE_LIMIT_UNAVAILABLE")
    assert answers[-1]["Retry-After"] == "5"
    # The right password is no way round it; the pages close as the API does.
    assert shape(log_in(anyone)) == (503, "RATE_LIMIT_UNAVAILABLE")
    for path in ("/accounts/login/", "/admin/login/", "/accounts/passkey-options/"):
        page = anyone.post(path, {"username": "alice", "password": PASSWORD})
        assert (page.status_code, page["Retry-After"]) == (503, "5"), path
    # Who is logged in goes on, and so do public reads.
    assert alice.get("/v1/balances").status_code == 200
    assert anyone.get("/api/v1/orderbook/BTC-KRW").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_health_names_redis(redis_away: None, live_engine: LiveEngine, anyone: APIClient) -> None:
    answer = anyone.get("/healthz")
    assert (answer.status_code, answer.json()["redis"]) == (200, {"ok": False})
    assert "xtrader_redis_up 0.0" in anyone.get("/metrics").content.decode()


@pytest.mark.django_db(transaction=True)
def test_health_names_redis_that_answers(redis: None, live_engine: LiveEngine, anyone: APIClient) -> None:
    assert anyone.get("/healthz").json()["redis"] == {"ok": True}


@pytest.mark.django_db(transaction=True)
def test_health_is_silent_about_a_redis_that_is_not_used(live_engine: LiveEngine, anyone: APIClient) -> None:
    assert "redis" not in anyone.get("/healthz").json()


def test_processes_count_together_in_redis(redis: None, settings: Any) -> None:
    set_rates(settings, login="3/h")
    name = f"192.0.2.{os.getpid()}"
    assert [limiter.charge("login", name) for _ in range(2)] == [None, None]
    with process.using(process.Process()):
        assert limiter.charge("login", name) is None
        assert limiter.charge("login", name) is not None


def test_one_caller_in_a_while_asks_whether_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s, asked = 100.0, 0

    class Away:
        def get(self, _key: str) -> None:
            nonlocal asked
            asked += 1
            raise ConnectionRefusedError

    monkeypatch.setattr("exchange.shared_cache.cache", Away())
    shared = SharedCache(Breaker("it", REDIS_TROUBLE, failures=1, pause_s=PAUSE_S, clock=lambda: now_s))
    for _ in range(10):
        assert shared.get("a") is None
    assert asked == 1 and not shared.answers()
    now_s += PAUSE_S * 1.3
    assert [shared.get("a") for _ in range(10)] == [None] * 10 and asked == 2


def test_a_scarce_log_says_how_many_lines_it_left_out(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 0.0
    log = ScarceLog(get_logger("tests"), lambda: now_s)
    for _ in range(1_001):
        log.error("away")
    now_s = SPAN_S
    log.error("away")
    lines = [fields_of(record) for record in caplog.records]
    assert [(line["event"], line.get("left_out")) for line in lines] == [("away", None), ("away", 1_000)]


@pytest.mark.django_db
def test_without_room_on_disk_orders_wait_and_cancels_do_not(live_engine: LiveEngine, alice: Person) -> None:
    resting = alice.place(client_order_id="rests")
    assert resting.status_code == 200
    live_engine.worker.disk.is_short = True
    refused = alice.place()
    assert shape(refused) == (503, "VENUE_CANCEL_ONLY") and refused["Retry-After"] == "30"
    # What was taken before is answered as it was, and may be ended.
    assert alice.post("/v1/orders/cancel-all").status_code == 200
    live_engine.worker.disk.is_short = False
    assert alice.place().status_code == 200


# --- the database ------------------------------------------------------------------------------------------


def every_get(client: APIClient) -> list[str]:
    """Every address that GET reads, with names put in."""
    paths = client.get("/api/schema?format=json").json()["paths"]
    values = {"symbol": "BTC-KRW", "interval": "1m"} | dict.fromkeys(
        ("order_id", "client_order_id", "withdrawal_id"), "1"
    )
    return [path.format_map(values) for path, methods in paths.items() if "get" in methods]


def break_database(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def refuse(*_: Any) -> None:
        raise error("connection refused")

    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", refuse)
    verified_tokens.forget()


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.django_db
def test_without_a_database_no_read_is_a_fault_of_ours(
    alice: Person, anyone: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: Any, error: type[Exception]
) -> None:
    paths = every_get(anyone)
    assert len(paths) >= 15
    with monkeypatch.context() as broken:
        break_database(broken, error)
        for path in paths:
            answer = alice.get(path)
            # Memory and the engine answer some public reads.
            assert answer.status_code in (200, 503), (path, answer.status_code, answer.content)
            if answer.status_code == 503:
                assert int(answer["Retry-After"]) >= 1, path
                assert not path.startswith("/v1/") or shape(answer) == (503, "DATABASE_UNAVAILABLE")
    lines = [record for record in caplog.records if "database" in record.getMessage()]
    assert len(lines) == 1 and lines[0].exc_info is None
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.django_db
def test_without_a_database_log_in_and_orders(
    alice: Person, anyone: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alice.place().status_code == 200
    with monkeypatch.context() as broken:
        break_database(broken, OperationalError)
        for answer in (alice.place(), alice.post("/v1/orders/cancel-all"), log_in(anyone)):
            assert shape(answer) == (503, "DATABASE_UNAVAILABLE")
            assert answer["Retry-After"] == "2"
    assert alice.place().status_code == 200


@pytest.mark.django_db
def test_without_a_connection_to_spare(
    alice: Person, anyone: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OperationalError("no connection") from PoolExhausted("in use")

    with monkeypatch.context() as broken:
        broken.setattr(BaseDatabaseWrapper, "cursor", refuse)
        verified_tokens.forget()
        for answer in (alice.place(), log_in(anyone)):
            assert shape(answer) == (503, "DATABASE_BUSY") and answer["Retry-After"] == "1"


@pytest.mark.django_db
def test_without_a_database_pages_say_so(
    alice: Person, anyone: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        break_database(broken, OperationalError)
        anyone.cookies["sessionid"] = "a" * 32
        for path in ("/", "/admin/", "/accounts/login/"):
            answer = anyone.get(path)
            assert answer.status_code == 503, path
            assert answer["Retry-After"] == "2"
            assert "database" in answer.content.decode()
