"""The way in of notices: only what the provider signed, lately, and saved before it is acknowledged."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from custody.models import ProviderNotice
from custody.notices.receiving import MAX_NOTICE_BYTES
from tests.custody.counterparty import Counterparty, sign
from tests.custody.gate import NOTICES, Gate, deliver


def notice(notice_id: str = "n-1", **more: Any) -> bytes:
    return json.dumps({"notice_id": notice_id, "kind": "deposit.seen", "reference": "x", **more}).encode()


def told(body: bytes, **headers: str) -> Any:
    return deliver({**Counterparty.signed(body), **headers}, body)


def code(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json().get("error")


def test_a_notice_is_kept_as_it_came(gate: Gate) -> None:
    body = notice(amount="1.50", more=["a", 1, None])
    reply = told(body)
    assert (reply.status_code, reply.json()) == (200, {"notice_id": "n-1"})
    kept = ProviderNotice.objects.get()
    assert (kept.provider, kept.notice_id, kept.body) == ("gate", "n-1", json.loads(body))


def test_told_again_it_is_the_same(gate: Gate) -> None:
    for _ in range(3):
        assert told(notice()).status_code == 200
    assert ProviderNotice.objects.count() == 1


def test_another_content_is_another_notice(gate: Gate) -> None:
    assert told(notice()).status_code == 200
    assert code(told(notice(reference="y"))) == (409, "DUPLICATE_ID")
    assert ProviderNotice.objects.get().body["reference"] == "x"


@pytest.mark.parametrize("late_s", [-61, 61])
def test_another_time_is_refused(gate: Gate, late_s: int) -> None:
    body = notice()
    at_ms = (time.time_ns() // 1_000_000) + late_s * 1000
    assert code(deliver(Counterparty.signed(body, at_ms=at_ms), body)) == (401, "TIMESTAMP_OUT_OF_WINDOW")
    assert not ProviderNotice.objects.exists()


def test_what_the_provider_has_not_signed_is_refused(gate: Gate) -> None:
    body = notice()
    headers = Counterparty.signed(body)
    stamp = headers["X-Timestamp"]
    forged = sign(f"{stamp}POST{NOTICES}".encode() + body, "another secret, which nobody has given us")
    for wrong in (forged, "", "0" * 64, "ä" * 64, headers["X-Signature"].upper()):
        assert code(told(body, **{"X-Timestamp": stamp, "X-Signature": wrong})) == (401, "INVALID_SIGNATURE")
    # Of another body, path or time.
    assert code(deliver(headers, notice(amount="2"))) == (401, "INVALID_SIGNATURE")
    assert code(deliver(Counterparty.signed(body, "/custody/other/notices"), body))[0] == 401
    assert code(deliver({**headers, "X-Timestamp": str(int(stamp) + 1)}, body))[0] == 401
    assert not ProviderNotice.objects.exists()


def test_headers_are_needed(gate: Gate) -> None:
    body = notice()
    for name in ("X-Timestamp", "X-Signature"):
        headers = {key: value for key, value in Counterparty.signed(body).items() if key != name}
        reply = deliver(headers, body)
        assert code(reply) == (400, "MISSING_FIELD") and reply.json()["details"] == {"field": name}
    for stamp in ("", "now", "1.5", "-1", "9" * 15):
        assert code(told(body, **{"X-Timestamp": stamp}))[0] == 400


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "INVALID_JSON"),
        (b"[]", "INVALID_JSON"),
        (b'{"notice_id": "n", "notice_id": "m", "kind": "k"}', "INVALID_JSON"),
        (b'{"notice_id": "n", "kind": "k", "a": "\\u0000"}', "INVALID_JSON"),
        (b'{"notice_id": "n", "kind": "k", "a": "\\ud800"}', "INVALID_JSON"),
        (b'{"notice_id": "n", "kind": "k", "a": NaN}', "INVALID_NUMBER"),
        (b'{"kind": "k"}', "MISSING_FIELD"),
        (b'{"notice_id": "n"}', "MISSING_FIELD"),
        (b'{"notice_id": 7, "kind": "k"}', "INVALID_FIELD"),
        (b'{"notice_id": "", "kind": "k"}', "INVALID_FIELD"),
        (b'{"notice_id": "' + b"n" * 65 + b'", "kind": "k"}', "INVALID_FIELD"),
        (b" " * (MAX_NOTICE_BYTES + 1), "BODY_TOO_LARGE"),
    ],
)
def test_what_is_no_notice_is_refused(gate: Gate, body: bytes, expected: str) -> None:
    assert code(told(body))[1] == expected
    assert not ProviderNotice.objects.exists()


def test_only_webhook_providers_have_a_way_in(gate: Gate) -> None:
    for name in ("manual", "nobody"):
        body, target = notice(), f"/custody/{name}/notices"
        assert code(deliver(Counterparty.signed(body, target), body, target)) == (404, "NOT_FOUND")
    assert Client().get(NOTICES).status_code == 405


def test_without_its_secret_nothing_is_believed(gate: Gate, settings: Any) -> None:
    options = settings.XTRADER["CUSTODY"]["PROVIDERS"]["gate"]
    with open(options["secret_file"], "w") as file:
        file.write("")
    assert code(told(notice())) == (500, "INTERNAL")
    assert not ProviderNotice.objects.exists()


def test_the_limit_of_public_requests_holds(gate: Gate, settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "public": "1/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    assert told(notice()).status_code == 200
    reply = told(notice("n-2"))
    assert code(reply) == (429, "RATE_LIMITED") and int(reply["Retry-After"]) > 0
