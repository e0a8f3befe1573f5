"""Every failure has the one error shape, in the reader's language; trouble says when to come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from rest_framework.test import APIClient

from exchange.engine.messages import Command
from exchange.link import engine_link
from exchange.link.errors import EngineBusy, EngineError, EngineUnavailable, OutcomeUnknown
from exchange.link.protocol import Outcome
from exchange.listing.symbol_table import symbols
from tests.conftest import LiveEngine, Person


def shape(response: Any) -> tuple[int, str]:
    body = response.json()
    assert set(body) == {"error", "number", "retry", "message", "details"}
    assert isinstance(body["details"], dict)
    return response.status_code, body["error"]


def test_methods_types_and_addresses(alice: Person) -> None:
    assert shape(alice.api.get("/v1/order")) == (405, "METHOD_NOT_ALLOWED")
    assert shape(alice.api.delete("/v1/orders")) == (405, "METHOD_NOT_ALLOWED")
    form = alice.api.post("/v1/order", "a=1", content_type="application/x-www-form-urlencoded")
    assert shape(form) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert shape(alice.api.get("/v1/balances", HTTP_ACCEPT="image/png")) == (406, "NOT_ACCEPTABLE")
    assert shape(alice.api.get("/v1/balances?format=xml")) == (406, "NOT_ACCEPTABLE")
    assert shape(alice.api.get("/v1/nothing/here")) == (404, "NOT_FOUND")
    assert shape(alice.api.get("/api/v9/time", HTTP_ACCEPT="text/html")) == (404, "NOT_FOUND")


def test_a_foreign_host_is_a_bad_request(anyone: APIClient) -> None:
    assert shape(anyone.get("/api/v1/time", HTTP_HOST="evil.example")) == (400, "BAD_REQUEST")


def test_what_a_client_gets_wrong_leaves_no_line_in_the_log(
    anyone: APIClient, alice: Person, caplog: pytest.LogCaptureFixture
) -> None:
    """Or anybody could fill the disk."""
    with caplog.at_level("INFO"):
        assert anyone.get("/v1/nothing/here").status_code == 404
        assert anyone.get("/nothing/here").status_code == 404
        assert anyone.get("/api/v1/time", HTTP_HOST="evil.example").status_code == 400
        assert anyone.get("/v1/balances").status_code == 401
        assert alice.api.delete("/v1/orders").status_code == 405
        assert alice.post("/v1/order", "{").status_code == 400
    assert caplog.text == ""


def test_messages_are_in_korean_for_those_who_ask(alice: Person) -> None:
    korean = alice.api.get("/v1/order/1", HTTP_ACCEPT_LANGUAGE="ko-KR,ko;q=0.9,en;q=0.5")
    assert korean.json()["message"] == "존재하지 않는 주문입니다."
    assert alice.api.get("/v1/order/1").json()["message"] == "There is no such order."
    lost = alice.api.get("/v1/nowhere", HTTP_ACCEPT_LANGUAGE="ko")
    assert lost.json()["message"] == "요청한 주소를 찾을 수 없습니다."


def test_an_engine_that_is_gone_is_503_and_nothing_happened(alice: Person, live_engine: LiveEngine) -> None:
    engine_link.configure(live_engine.folder / "nobody.sock", timeout_ms=300)
    response = alice.place()
    assert shape(response) == (503, "ENGINE_UNAVAILABLE")
    assert int(response["Retry-After"]) >= 1


def test_a_change_that_was_made_is_told_though_the_engine_went_right_after(
    alice: Person, live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 says that nothing happened, so it may not be the answer to a cancel that did."""
    order_id = alice.place().json()["order"]["order_id"]
    submit = engine_link.submit

    def submit_and_lose(command: Command) -> Outcome:
        outcome = submit(command)
        engine_link.configure(live_engine.folder / "nobody.sock", timeout_ms=300)
        symbols.forget()
        return outcome

    monkeypatch.setattr(engine_link, "submit", submit_and_lose)
    reply = alice.post("/v1/order/cancel", {"order_id": order_id})
    assert (reply.status_code, reply.json()["order"]["status"]) == (200, "canceled")


@pytest.mark.parametrize(
    "error, status, code",
    [
        (EngineUnavailable("gone"), 503, "ENGINE_UNAVAILABLE"),
        (EngineBusy("full"), 503, "ENGINE_BUSY"),
        (OutcomeUnknown("late"), 504, "OUTCOME_UNKNOWN"),
        (EngineError("odd"), 500, "INTERNAL"),
    ],
)
def test_each_trouble_with_the_engine_has_its_code(
    alice: Person, monkeypatch: pytest.MonkeyPatch, error: EngineError, status: int, code: str
) -> None:
    def fail(*_: Any) -> Any:
        raise error

    def fail_all(commands: Sequence[Command]) -> list[EngineError]:
        return [error] * len(commands)

    alice.get("/api/v1/symbols")
    monkeypatch.setattr(engine_link, "submit", fail)
    monkeypatch.setattr(engine_link, "submit_all", fail_all)
    response = alice.place()
    assert shape(response) == (status, code)
    assert ("Retry-After" in response) == (status in (503, 504))
    order = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "1000000", "quantity": "1"}
    batch = alice.post("/v1/orders", {"orders": [order]})
    assert batch.json()["results"][0]["error"] == code


def test_a_bug_is_a_500_that_tells_nothing(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(engine_link, "query", fail)
    response = alice.get("/v1/balances")
    assert shape(response) == (500, "INTERNAL")
    assert "secret" not in response.content.decode()


def test_rate_limits_say_when_to_come_back(alice: Person, bob: Person, settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "reads": "3/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    assert [alice.get("/v1/fees").status_code for _ in range(3)] == [200] * 3
    refused = alice.get("/v1/fees")
    assert shape(refused) == (429, "RATE_LIMITED")
    assert 1 <= int(refused["Retry-After"]) <= 3600
    assert refused.json()["details"]["retry_after_s"] == int(refused["Retry-After"])
    assert bob.get("/v1/fees").status_code == 200, "limits are each account's own"
    assert alice.place().status_code == 200, "and each scope's own"


def test_a_batch_counts_each_of_its_orders(alice: Person, settings: Any) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "orders": "5/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    order = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "1000000", "quantity": "1"}
    assert alice.post("/v1/orders", {"orders": [order] * 5}).status_code == 200
    assert shape(alice.place()) == (429, "RATE_LIMITED")


@pytest.mark.attack("A9")
def test_a_made_up_forwarded_address_gets_no_fresh_limit(
    live_engine: LiveEngine, anyone: APIClient, settings: Any
) -> None:
    limits = {**settings.XTRADER["RATE_LIMITS"], "public": "2/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    answers = [
        anyone.get("/api/v1/time", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}").status_code for number in range(3)
    ]
    assert answers == [200, 200, 429]
    settings.XTRADER = {**settings.XTRADER, "NUM_PROXIES": 1}
    assert anyone.get("/api/v1/time", HTTP_X_FORWARDED_FOR="9.9.9.9, 10.0.0.7").status_code == 200


def test_order_of_tables_and_pages_is_not_confused_by_lag(alice: Person, live_engine: LiveEngine) -> None:
    """Histories of the database answer within the wait, and say which sequence they reflect."""
    alice.place()
    body = alice.get("/v1/fills").json()
    assert body["fills"] == []
    assert body["as_of_sequence"] < live_engine.sequence
