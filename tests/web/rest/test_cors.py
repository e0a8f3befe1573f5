"""Pages of other origins read what the settings let them, through the fast lane and the views alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from tests.web.rest.asgi import Aside, Asked, Told, ask, step_aside
from web.lanes import ReadLane
from web.lanes.cors import Cors
from web.rest.public_reads import READS

PAGE = "https://charts.example"
ALLOW = b"access-control-allow-origin"
PREFLIGHT = [(b"access-control-request-method", b"GET")]


async def view(scope: Any, receive: Any, send: Any) -> None:
    """Stands for a view behind the lanes."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"vary", b"Accept")]})
    await send({"type": "http.response.body", "body": b"{}"})


def answer(
    cors: Cors,
    path: str,
    origin: str | None = PAGE,
    method: str = "GET",
    more: list[tuple[bytes, bytes]] | None = None,
) -> Told:
    lines = [] if origin is None else [(b"origin", origin.encode())]
    return async_to_sync(ask)(cors, Asked(path, b"", [*lines, *(more or [])], method))


def test_without_the_setting_nothing_changes() -> None:
    assert answer(Cors(view, []), "/api/v1/time").headers == [(b"vary", b"Accept")]
    with pytest.raises(Aside):
        answer(Cors(step_aside, []), "/api/v1/time", method="OPTIONS", more=PREFLIGHT)


@pytest.mark.attack("W4")
@pytest.mark.parametrize(
    "path, origin, allowed",
    [
        ("/api/v1/time", PAGE, True),
        ("/api/v1/time", PAGE.upper(), True),
        ("/api/v1/time", "http://charts.example", False),
        ("/api/v1/time", "https://charts.example.evil", False),
        ("/api/v1/time", "null", False),
        ("/api/v1/time", None, False),
        ("/api/v1/token", PAGE, False),
        ("/api/v1/token/refresh", PAGE, False),
        ("/v1/balances", PAGE, False),
        ("/accounts/login/", PAGE, False),
        ("/admin/", PAGE, False),
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_market_data_for_listed_origins(path: str, origin: str | None, allowed: bool, method: str) -> None:
    told = answer(Cors(view, [PAGE]), path, origin, method, PREFLIGHT if method == "OPTIONS" else None)
    assert told.header(ALLOW) == (origin.encode() if allowed and origin else None)
    assert told.header(b"access-control-allow-credentials") is None
    if path == "/api/v1/time":
        assert (b"vary", b"Origin") in told.headers


def test_every_origin() -> None:
    told = answer(Cors(view, ["*"]), "/api/v1/time", "null")
    assert told.header(ALLOW) == b"*" and (b"vary", b"Origin") not in told.headers


def test_a_preflight_is_answered_before_any_log_in() -> None:
    told = answer(Cors(step_aside, [PAGE]), "/api/v1/time", method="OPTIONS", more=PREFLIGHT)
    assert told.status == 200
    assert told.header(b"access-control-allow-methods") == b"GET, HEAD, OPTIONS"
    assert b"Authorization" not in (told.header(b"access-control-allow-headers") or b"")
    private = Cors(step_aside, [PAGE], private=True)
    told = answer(private, "/v1/order", method="OPTIONS", more=PREFLIGHT)
    assert told.status == 200 and told.header(ALLOW) == PAGE.encode()
    assert b"POST" in (told.header(b"access-control-allow-methods") or b"")
    assert b"Authorization" in (told.header(b"access-control-allow-headers") or b"")


def test_a_preflight_counts_as_a_public_read(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": {"address": "0", "public": "2/h"}}
    cors = Cors(step_aside, [PAGE])
    told = [answer(cors, "/api/v1/time", method="OPTIONS", more=PREFLIGHT) for _ in range(3)]
    assert [each.status for each in told] == [200, 200, 429]
    assert told[2].header(ALLOW) == PAGE.encode()


@pytest.mark.attack("W4")
def test_the_fast_lane_s_answers_carry_it_too() -> None:
    cors = Cors(ReadLane(step_aside, READS), [PAGE])
    told = async_to_sync(ask)(cors, Asked("/api/v1/statistics", b"x=1", [(b"origin", PAGE.encode())]))
    assert (told.status, told.header(ALLOW)) == (400, PAGE.encode())


@pytest.mark.parametrize("origins", ["charts.example", "https://charts.example/", "https://a.example/x,*"])
def test_a_wrong_setting_is_refused(origins: str, tmp_path: Path) -> None:
    given = {**os.environ, "CORS_ALLOWED_ORIGINS": origins, "DATA": str(tmp_path / "data")}
    run = subprocess.run(
        [sys.executable, "-c", "import xtrader.settings"], env=given, capture_output=True, text=True
    )
    assert run.returncode and "CORS_ALLOWED_ORIGINS" in run.stderr
