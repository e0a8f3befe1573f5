"""``/healthz`` and ``/metrics`` cost the parts one question a second, count as public reads, and metrics are
for the inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from exchange import process
from exchange.process import Process
from exchange.telemetry.doors import open_side_door
from ops import health
from ops.health import Examiner, Report

AWAY = "192.0.2.7"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """An entry for each time the parts were asked."""
    times: list[float] = []

    async def examine() -> Report:
        times.append(0.0)
        return Report(engine={"sequence": 7}, database_ok=True)

    monkeypatch.setattr(health, "examine", examine)
    monkeypatch.setattr(health, "examiner", Examiner())
    return times


def get(path: str, address: str = "127.0.0.1", **headers: str) -> HttpResponse:
    response: HttpResponse = Client(REMOTE_ADDR=address).get(path, headers=headers)
    return response


@pytest.mark.attack("A19")
def test_the_parts_are_asked_once_a_second(asked: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(health.time, "monotonic", lambda: now[0])
    for path in ("/healthz", "/metrics", "/healthz", "/metrics"):
        assert get(path).status_code == 200
    assert len(asked) == 1
    now[0] += health.KEPT_S
    assert get("/healthz").json()["engine"]["sequence"] == 7
    assert len(asked) == 2


@pytest.mark.attack("A19")
@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_they_count_as_public_reads_of_the_address(asked: list[float], settings: Any, path: str) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "public": "3/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits, "METRICS_PUBLIC": True}
    answers = [get(path, AWAY) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert get(path, "192.0.2.8").status_code == 200


class TestWhoReadsMetrics:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    def test_this_machine(self, asked: list[float], address: str) -> None:
        assert get("/metrics", address).status_code == 200

    @pytest.mark.attack("A19")
    @pytest.mark.parametrize("address", [AWAY, "2001:db8::1", "10.0.0.1"])
    def test_nobody_else(self, asked: list[float], address: str) -> None:
        refused = get("/metrics", address)
        assert refused.status_code == 403
        assert b"xtrader_engine" not in refused.content
        assert get("/healthz", address).status_code == 200

    def test_nobody_whom_a_proxy_on_this_machine_speaks_for(self, asked: list[float], settings: Any) -> None:
        assert get("/metrics", **{"x-forwarded-for": AWAY}).status_code == 403
        assert get("/metrics", **{"x-forwarded-for": "127.0.0.1"}).status_code == 403
        settings.XTRADER = {**settings.XTRADER, "NUM_PROXIES": 1}
        assert get("/metrics", **{"x-forwarded-for": f"127.0.0.1, {AWAY}"}).status_code == 403
        assert get("/metrics", **{"x-forwarded-for": f"{AWAY}, 127.0.0.1"}).status_code == 200

    def test_who_sends_the_token(self, asked: list[float], settings: Any) -> None:
        assert get("/metrics", AWAY, authorization="Bearer ").status_code == 403
        settings.XTRADER = {**settings.XTRADER, "METRICS_TOKEN": "long-token"}
        assert get("/metrics", AWAY, authorization="Bearer long-token").status_code == 200
        for wrong in ("Bearer long-toke", "Bearer", "Bearer long-token x", "Basic long-token", "Bearer é"):
            assert get("/metrics", AWAY, authorization=wrong).status_code == 403

    def test_everybody_where_that_is_meant(self, asked: list[float], settings: Any) -> None:
        settings.XTRADER = {**settings.XTRADER, "METRICS_PUBLIC": True}
        assert get("/metrics", AWAY).status_code == 200


class TestPagesOfOtherProcesses:
    """``/metrics/{process}`` relays a side door, under the rule of ``/metrics``."""

    def test_the_page_of_a_process_that_runs(self, settings: Any, tmp_path: Path) -> None:
        settings.XTRADER = {**settings.XTRADER, "SIDE_DOOR_FOLDER": tmp_path}
        with process.using(Process()), open_side_door("engine", tmp_path, {}):
            page = get("/metrics/engine")
            assert page.status_code == 200 and b'process="engine"' in page.content
            assert get("/metrics/engine", AWAY).status_code == 403
            assert get("/metrics/engine", **{"x-forwarded-for": AWAY}).status_code == 403
        assert get("/metrics/engine").status_code == 502

    @pytest.mark.parametrize("name", ["web-2", "nobody"])
    def test_none_where_none_answers(self, settings: Any, tmp_path: Path, name: str) -> None:
        settings.XTRADER = {**settings.XTRADER, "SIDE_DOOR_FOLDER": tmp_path}
        assert get(f"/metrics/{name}").status_code == 502

    @pytest.mark.parametrize("name", ["..", ".%2E", "a.b", "web-x", "engine%2F..", "x" * 40, "%00"])
    def test_no_name_leads_elsewhere(self, name: str) -> None:
        assert get(f"/metrics/{name}").status_code == 404

    def test_they_count_as_public_reads(self, settings: Any, tmp_path: Path) -> None:
        limits = {**settings.XTRADER["RATE_LIMITS"], "public": "1/h"}
        settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits, "SIDE_DOOR_FOLDER": tmp_path}
        assert [get("/metrics/engine").status_code for _ in range(2)] == [502, 429]
