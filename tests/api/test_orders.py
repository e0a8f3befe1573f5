"""Orders over REST: the reply is what really happened."""

from __future__ import annotations

from tests.conftest import LiveEngine, Person


def test_a_resting_order_is_answered_as_new(alice: Person) -> None:
    response = alice.place(client_order_id="my-1")
    assert response.status_code == 200
    order = response.json()["order"]
    assert order["status"] == "new"
    assert (order["price"], order["quantity"], order["remaining_quantity"]) == ("100000000", "0.01", "0.01")
    assert order["client_order_id"] == "my-1"
    assert response.json()["fills"] == []


def test_the_reply_tells_the_fills(alice: Person, bob: Person) -> None:
    alice.place(side="sell", price="94990000", quantity="0.005")
    body = bob.place(price="95000000", quantity="0.015").json()
    assert body["order"]["status"] == "partially_filled"
    assert body["order"]["average_price"] == "94990000"
    assert body["order"]["fee"] == "237.475"
    [fill] = body["fills"]
    assert (fill["price"], fill["quantity"], fill["fee"]) == ("94990000", "0.005", "237.475")
    assert fill["liquidity"] == "taker"


def test_an_ioc_order_that_finds_nothing_is_a_canceled_200(alice: Person) -> None:
    response = alice.place(time_in_force="ioc")
    assert response.status_code == 200
    assert response.json()["order"]["status"] == "canceled"
    assert response.json()["order"]["reason"] == "ioc_remainder"
