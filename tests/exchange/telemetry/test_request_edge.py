"""The edge of HTTP: whose id an answer carries, and that the id is in the journal beside the command."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import given
from hypothesis import strategies as st

from exchange import process
from exchange.journal import tools
from exchange.telemetry.request_ids import current_request_id, enter_request, request_id_of
from exchange.telemetry.slow_log import THRESHOLDS_MS, SlowLog
from exchange.telemetry.tracing import Finished, Tracing, parent_of, request_id_for, trace_id_of
from tests.conftest import LiveEngine, Person
from tests.ops.running import ROOT
from web.lanes.request_edge import RequestEdge

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SCOPE = {"type": "http", "method": "GET", "path": "/x"}


class Kept:
    """An exporter that keeps what it gets."""

    def __init__(self) -> None:
        self.spans: list[Finished] = []

    def add(self, span: Finished) -> None:
        self.spans.append(span)

    def close(self) -> None:
        pass


def ask(headers: dict[str, str], *, fails: bool = False) -> tuple[str, list[str]]:
    """The id that the application saw, and those of the answer."""
    seen: list[str] = []
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(current_request_id())
        await send({"type": "http.response.start", "status": 404, "headers": [(b"x", b"y")]})
        if fails:
            raise ZeroDivisionError
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {**SCOPE, "headers": lines}
    try:
        asyncio.run(RequestEdge(application)(scope, None, send))  # type: ignore[arg-type]
    except ZeroDivisionError:
        assert fails
    answered = [value.decode() for name, value in sent[0]["headers"] if name == b"x-request-id"]
    return seen[0], answered


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=70))
def test_an_id_is_the_clients_or_a_new_one(text: str) -> None:
    seen, answered = ask({"X-Request-ID": text})
    assert answered == [seen]
    is_one = re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", text) is not None
    assert (seen == text) is is_one
    assert is_one or re.fullmatch("[0-9a-f]{32}", seen)


def test_an_answer_that_fails_has_its_id_too() -> None:
    seen, answered = ask({}, fails=True)
    assert answered == [seen]


@given(st.text(max_size=60))
def test_no_traceparent_is_too_much(text: str) -> None:
    request_id = request_id_for(None, text)
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    parent_of(f"x {text}")


def test_the_trace_is_the_clients_and_its_flag_decides() -> None:
    with process.using(process.Process()) as running:
        kept = Kept()
        running.put(Tracing(kept, 0.0))
        assert ask({"traceparent": TRACEPARENT})[0] == TRACEPARENT.split("-")[1]
        ask({"traceparent": TRACEPARENT[:-1] + "0"})
        ask({"X-Request-ID": "mine"})
        [span] = kept.spans
        assert (span.trace_id, span.parent_id) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
        assert span.attributes["http.response.status_code"] == 404
        running.put(Tracing(kept, 1.0))
        ask({"X-Request-ID": "mine"})
        assert kept.spans[-1].trace_id == trace_id_of("mine") and kept.spans[-1].parent_id == ""


def test_clients_cannot_have_everything_traced() -> None:
    kept = Kept()
    tracing = Tracing(kept, 0.0)
    traced = [tracing.begin("x", request_id_of(None), TRACEPARENT) for _ in range(2_000)]
    # A second may have begun anew meanwhile, or some.
    assert 20 <= sum(one is not None for one in traced) < 1_000


@pytest.mark.django_db
def test_the_id_is_in_the_journal_beside_the_command(alice: Person, live_engine: LiveEngine) -> None:
    enter_request("from-a-test.1")
    try:
        sequence = alice.place().json()["sequence"]
    finally:
        enter_request("")
    [row] = tools.find(live_engine.folder / "journal", "from-a-test.1")
    assert row["sequence"] == sequence and "from-a-test" not in str(row["command"])


def test_thresholds_are_settings() -> None:
    assert SlowLog().sync_s == THRESHOLDS_MS["SLOW_SYNC_MS"] / 1_000
    slow = SlowLog({"SLOW_SYNC_MS": "0", "SLOW_BATCH_MS": "-1", "SLOW_QUERY_MS": ""})
    assert slow.sync_s == 0 and slow.batch_s == float("inf")
    assert slow.query_s == THRESHOLDS_MS["SLOW_QUERY_MS"] / 1_000


@pytest.mark.parametrize("module", ["xtrader.asgi", "exchange.node.engine_process"])
def test_nothing_of_opentelemetry_is_loaded_where_tracing_is_off(module: str) -> None:
    # redis-py loads OpenTelemetry's metrics wherever they are installed.
    code = (
        f"import sys, {module}; print([m for m in sys.modules if 'span_export' in m or '.trace.export' in m])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={"DATA": str(django_settings.DATA_DIR), "PATH": "/usr/bin:/bin"},
    )
    assert result.stdout.strip() == "[]", result.stdout + result.stderr
