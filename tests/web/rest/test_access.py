"""Who may do what: a user sees and changes only what is his own."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.identity.verified_tokens import verified_tokens
from accounts.models import User
from tests.conftest import PASSWORD, LiveEngine, Person

PRIVATE_READS = ["/v1/orders", "/v1/order/1", "/v1/fills", "/v1/ledger", "/v1/fees", "/v1/balances"]
PRIVATE_WRITES = [
    "/v1/order",
    "/v1/order/cancel",
    "/v1/order/reduce",
    "/v1/order/replace",
    "/v1/orders",
    "/v1/orders/cancel-all",
    "/v1/demo/deposit",
]
PUBLIC_READS = ["/api/v1/orderbook/BTC-KRW", "/api/v1/symbols", "/api/v1/time"]


def test_everything_private_asks_who_is_there(anyone: APIClient) -> None:
    answers = [anyone.get(path) for path in PRIVATE_READS]
    answers += [anyone.post(path, {}, format="json") for path in PRIVATE_WRITES]
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (401, "NOT_AUTHENTICATED")
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_market_data_needs_no_log_in(anyone: APIClient, live_engine: LiveEngine) -> None:
    anyone.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    for path in PUBLIC_READS:
        assert anyone.get(path).status_code == 200


def test_another_s_order_is_as_unknown_as_none(alice: Person, bob: Person) -> None:
    order_id = alice.place(client_order_id="mine").json()["order"]["order_id"]
    refusals = [
        bob.get(f"/v1/order/{order_id}"),
        bob.post("/v1/order/cancel", {"order_id": order_id}),
        bob.post("/v1/order/cancel", {"client_order_id": "mine"}),
        bob.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.001"}),
        bob.post("/v1/order/replace", {"order_id": order_id, "price": "99000000", "quantity": "0.01"}),
    ]
    for refusal in refusals:
        assert (refusal.status_code, refusal.json()["error"]) == (404, "ORDER_NOT_FOUND")
    unknown = bob.get("/v1/order/999999").json()
    assert refusals[0].json()["message"] == unknown["message"]
    bob.post("/v1/orders/cancel-all")
    assert alice.get(f"/v1/order/{order_id}").json()["order"]["status"] == "new"


def test_nobody_reads_another_s_history(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    order_id = alice.place(side="sell").json()["order"]["order_id"]
    alice.post("/v1/order/cancel", {"order_id": order_id})
    live_engine.project()
    assert bob.get("/v1/orders").json()["orders"] == []
    assert bob.get("/v1/fills", order_id=order_id).json()["fills"] == []
    assert {entry["type"] for entry in bob.get("/v1/ledger").json()["entries"]} == {"deposit"}


def test_an_operator_has_no_account_to_trade_with(oscar: Person) -> None:
    for answer in (oscar.place(), oscar.get("/v1/balances")):
        assert (answer.status_code, answer.json()["error"]) == (403, "NO_ACCOUNT")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "", "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."])
def test_a_bad_token_is_refused(alice: Person, anyone: APIClient, token: str) -> None:
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert anyone.get("/v1/balances").status_code == 401


@pytest.mark.attack("A16")
def test_a_disabled_user_s_token_stops_working(alice: Person) -> None:
    assert alice.get("/v1/balances").status_code == 200
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    verified_tokens.forget()
    refused = alice.get("/v1/balances")
    assert (refused.status_code, refused.json()["error"]) == (401, "INVALID_TOKEN")


def test_a_session_needs_the_csrf_token_to_trade(alice: Person) -> None:
    browser = APIClient(enforce_csrf_checks=True, raise_request_exception=False)
    browser.login(username="alice", password=PASSWORD)
    assert browser.get("/v1/balances").status_code == 200
    order = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "1000000", "quantity": "1"}
    refused = browser.post("/v1/order", order, format="json")
    assert (refused.status_code, refused.json()["error"]) == (403, "CSRF_FAILED")
    token = browser.get("/accounts/login/").cookies.get("csrftoken")
    browser.logout()
    browser.login(username="alice", password=PASSWORD)
    page = browser.get("/v1/orders", HTTP_ACCEPT="text/html")
    token = page.cookies["csrftoken"].value
    assert browser.post("/v1/order", order, format="json", HTTP_X_CSRFTOKEN=token).status_code == 200


def test_public_data_names_no_user_and_no_order(alice: Person, bob: Person, anyone: APIClient) -> None:
    alice.place(side="sell", client_order_id="secret-1")
    bob.place(client_order_id="secret-2")
    alice.place(client_order_id="secret-3")
    for path in (*PUBLIC_READS, "/api/v1/executions/BTC-KRW", "/api/v1/statistics/BTC-KRW"):
        text = anyone.get(path).content.decode()
        assert "secret" not in text
        assert "order_id" not in text
        assert "1001" not in text


def test_the_browsable_api_shows_forms_and_log_in(alice: Person) -> None:
    browser = APIClient()
    browser.login(username="alice", password=PASSWORD)
    page = browser.get("/v1/orders", HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    assert "text/html" in page["Content-Type"]
    assert "/accounts/logout/" in page.content.decode()
    assert 'name="_content"' in page.content.decode(), "a form to send a batch"
    entry = browser.get("/v1/order", HTTP_ACCEPT="text/html")
    assert entry.status_code == 405
    assert 'name="_content"' in entry.content.decode(), "a form to send an order"
    assert "https://" not in page.content.decode().replace("https://www.django-rest-framework.org", "")
    stranger: Any = APIClient().get("/v1/orders", HTTP_ACCEPT="text/html")
    assert stranger.status_code == 401
    assert "/accounts/login/" in stranger.content.decode()
