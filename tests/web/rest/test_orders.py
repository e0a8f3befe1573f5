"""Orders over REST: the reply is what really happened, and a repeat is answered with it again."""

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


def test_numbers_are_read_digit_by_digit(alice: Person) -> None:
    body = (
        '{"symbol":"BTC-KRW","side":"BUY","order_type":"Limit","price":100000000.000,"quantity":0.12345678}'
    )
    order = alice.post("/v1/order", body).json()["order"]
    assert (order["price"], order["quantity"]) == ("100000000", "0.12345678")
    assert (order["side"], order["order_type"]) == ("buy", "limit")


def test_a_market_buy_by_amount_spends_no_more_than_that(alice: Person, bob: Person) -> None:
    alice.place(side="sell", quantity="1")
    bought = bob.place(order_type="market", price=None, quantity=None, quote_amount="1000000")
    order = bought.json()["order"]
    assert (order["status"], order["quantity"], order["quote_amount"]) == ("filled", None, "1000000")
    spent = float(order["filled_amount"]) + float(order["fee"])
    assert 999_000 < spent <= 1_000_000


def test_cancel_by_either_id(alice: Person) -> None:
    first = alice.place().json()["order"]["order_id"]
    alice.place(client_order_id="mine")
    by_id = alice.post("/v1/order/cancel", {"order_id": first}).json()
    by_name = alice.post("/v1/order/cancel", {"client_order_id": "mine"}).json()
    assert by_id["order"]["status"] == by_name["order"]["status"] == "canceled"
    assert by_id["sequence"] < by_name["sequence"]


def test_a_second_cancel_says_the_order_is_not_open(alice: Person) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    alice.post("/v1/order/cancel", {"order_id": order_id})
    again = alice.post("/v1/order/cancel", {"order_id": order_id})
    assert (again.status_code, again.json()["error"]) == (409, "ORDER_NOT_OPEN")


def test_reduce_keeps_the_order(alice: Person) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    reduced = alice.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.004"}).json()["order"]
    assert (reduced["order_id"], reduced["quantity"], reduced["status"]) == (order_id, "0.004", "new")
    upwards = alice.post("/v1/order/reduce", {"order_id": order_id, "quantity": "0.005"})
    assert (upwards.status_code, upwards.json()["error"]) == (422, "INVALID_REDUCE")


def test_replace_may_trade_at_once(alice: Person, bob: Person) -> None:
    alice.place(side="sell", price="101000000")
    order_id = bob.place(price="99000000", client_order_id="b-1").json()["order"]["order_id"]
    body = bob.post(
        "/v1/order/replace", {"client_order_id": "b-1", "price": "101000000", "quantity": "0.01"}
    ).json()
    assert (body["order"]["order_id"], body["order"]["status"]) == (order_id, "filled")
    assert [fill["price"] for fill in body["fills"]] == ["101000000"]


def test_a_refused_replace_leaves_the_order_standing(alice: Person) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    refused = alice.post("/v1/order/replace", {"order_id": order_id, "price": "100000000", "quantity": "900"})
    assert refused.json()["error"] == "INSUFFICIENT_BALANCE"
    assert alice.get(f"/v1/order/{order_id}").json()["order"]["quantity"] == "0.01"


def test_cancel_all_takes_only_what_it_names(alice: Person) -> None:
    alice.place()
    alice.place(symbol="AAPL", price="150.25", quantity="3")
    body = alice.post("/v1/orders/cancel-all", {"symbol": "AAPL"}).json()
    assert body["canceled"] == 1
    assert [order["symbol"] for order in body["orders"]] == ["AAPL"]
    assert alice.post("/v1/orders/cancel-all").json()["canceled"] == 1
    assert alice.get("/v1/orders", status="open").json()["orders"] == []


def test_each_order_of_a_batch_stands_for_itself(alice: Person) -> None:
    good = {
        "symbol": "BTC-KRW",
        "side": "buy",
        "order_type": "limit",
        "price": "100000000",
        "quantity": "0.01",
    }
    orders = [good, {**good, "price": "1.5"}, "not an order", {**good, "quantity": "999"}, good]
    results = alice.post("/v1/orders", {"orders": orders}).json()["results"]
    assert [result.get("error") for result in results] == [
        None,
        "PRICE_OFF_TICK",
        "INVALID_FIELD",
        "INSUFFICIENT_BALANCE",
        None,
    ]
    placed = [int(result["order"]["order_id"]) for result in results if "order" in result]
    assert placed == sorted(placed)
    assert len(alice.get("/v1/orders", status="open").json()["orders"]) == 2


def test_the_same_id_and_payload_gets_the_first_reply(alice: Person, live_engine: LiveEngine) -> None:
    first = alice.place(client_order_id="once")
    again = alice.place(client_order_id="once", price=100_000_000)
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(alice.get("/v1/orders", status="open").json()["orders"]) == 1


def test_the_same_id_with_another_payload_is_a_conflict(alice: Person, bob: Person) -> None:
    alice.place(client_order_id="once")
    other = alice.place(client_order_id="once", price="99000000")
    assert (other.status_code, other.json()["error"]) == (409, "DUPLICATE_ID")
    assert bob.place(client_order_id="once").status_code == 200, "ids are each account's own"
