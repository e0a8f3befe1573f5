"""What REST promises across an engine restart."""

from __future__ import annotations

from tests.conftest import LiveEngine, Person


def test_a_reply_outlives_the_engine_that_gave_it(
    alice: Person, bob: Person, live_engine: LiveEngine
) -> None:
    alice.place(side="sell", quantity="0.004")
    first = bob.place(client_order_id="once").json()
    refused = bob.place(client_order_id="poor", quantity="900").json()
    live_engine.restart()
    assert bob.place(client_order_id="once").json() == first
    assert bob.place(client_order_id="poor", quantity="900").json() == refused
    other = bob.place(client_order_id="once", quantity="0.02")
    assert (other.status_code, other.json()["error"]) == (409, "DUPLICATE_ID")


def test_everything_resumes_where_it_stopped(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    alice.place(side="sell", quantity="0.004")
    last = bob.place().json()
    before = [bob.get(path).json() for path in ("/v1/orders", "/v1/balances", "/v1/fees")]
    book = bob.api.get("/api/v1/orderbook/BTC-KRW").json()
    live_engine.restart()
    after = [bob.get(path).json() for path in ("/v1/orders", "/v1/balances", "/v1/fees")]
    assert after == before
    assert bob.api.get("/api/v1/orderbook/BTC-KRW").json()["checksum"] == book["checksum"]
    following = bob.place().json()
    assert following["sequence"] > last["sequence"]
    assert int(following["order"]["order_id"]) == int(last["order"]["order_id"]) + 1
