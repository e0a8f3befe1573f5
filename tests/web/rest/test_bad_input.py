"""Bad input gets its 4xx and code, names the field, and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.engine import messages as m
from tests.conftest import LiveEngine, Person

GOOD: dict[str, Any] = {
    "symbol": "BTC-KRW",
    "side": "buy",
    "order_type": "limit",
    "price": "100000000",
    "quantity": "0.01",
}


def but(**changes: Any) -> dict[str, Any]:
    """The good order with changes; a value of None takes the field away."""
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not None}


def raw(field: str, text: str) -> str:
    """The good order as JSON text with one value put in as it is written."""
    return json.dumps(but(**{field: "@@"})).replace('"@@"', text)


BAD_ORDERS = [
    ("unknown symbol", but(symbol="DOGE-KRW"), 404, "SYMBOL_NOT_FOUND", "symbol"),
    ("symbol in the wrong case", but(symbol="btc-krw"), 404, "SYMBOL_NOT_FOUND", "symbol"),
    ("symbol with a lone surrogate", raw("symbol", r'"\ud800"'), 404, "SYMBOL_NOT_FOUND", "symbol"),
    ("symbol with NUL", but(symbol="BTC\x00KRW"), 404, "SYMBOL_NOT_FOUND", "symbol"),
    ("symbol of a wrong type", but(symbol=5), 400, "INVALID_FIELD", "symbol"),
    ("symbol is a list", but(symbol=["BTC-KRW"]), 400, "INVALID_FIELD", "symbol"),
    ("off-tick price", but(price="100000500"), 400, "PRICE_OFF_TICK", "price"),
    ("price finer than its scale", but(price="100000000.5"), 400, "PRICE_OFF_TICK", "price"),
    ("price zero", but(price="0"), 400, "PRICE_OUT_OF_BOUNDS", "price"),
    ("price negative", but(price="-1000"), 400, "PRICE_OUT_OF_BOUNDS", "price"),
    ("price too high", but(price="1" + "0" * 30), 400, "PRICE_OUT_OF_BOUNDS", "price"),
    ("price NaN as text", but(price="NaN"), 400, "INVALID_NUMBER", "price"),
    ("price NaN as a number", raw("price", "NaN"), 400, "INVALID_NUMBER", None),
    ("price Infinity", raw("price", "-Infinity"), 400, "INVALID_NUMBER", None),
    ("price 1e400", raw("price", "1e400"), 400, "INVALID_NUMBER", "price"),
    ("price with an exponent", but(price="1e8"), 400, "INVALID_NUMBER", "price"),
    ("price of 40 digits", but(price="1" * 40), 400, "INVALID_NUMBER", "price"),
    ("price of 40 digits as a number", raw("price", "1" * 40), 400, "INVALID_NUMBER", "price"),
    ("price of 5000 digits as a number", raw("price", "9" * 5000), 400, "INVALID_NUMBER", "price"),
    ("price with a plus", but(price="+100000000"), 400, "INVALID_NUMBER", "price"),
    ("price with spaces", but(price=" 100000000"), 400, "INVALID_NUMBER", "price"),
    ("price with a line end", but(price="100000000\n"), 400, "INVALID_NUMBER", "price"),
    ("price with separators", but(price="100_000_000"), 400, "INVALID_NUMBER", "price"),
    ("price with leading zeros", but(price="0100000000"), 400, "INVALID_NUMBER", "price"),
    ("price in hexadecimal", but(price="0x5f5e100"), 400, "INVALID_NUMBER", "price"),
    ("price in Arabic digits", but(price="١٠٠٠٠٠٠٠٠"), 400, "INVALID_NUMBER", "price"),
    ("empty price", but(price=""), 400, "INVALID_NUMBER", "price"),
    ("bool for a price", but(price=True), 400, "INVALID_FIELD", "price"),
    ("list for a price", but(price=[1]), 400, "INVALID_FIELD", "price"),
    ("object for a price", but(price={"a": 1}), 400, "INVALID_FIELD", "price"),
    ("missing price", but(price=None), 400, "MISSING_FIELD", "price"),
    ("null price", {**GOOD, "price": None}, 400, "MISSING_FIELD", "price"),
    ("quantity zero", but(quantity="0"), 400, "QUANTITY_OUT_OF_BOUNDS", "quantity"),
    ("quantity negative", but(quantity="-0.01"), 400, "QUANTITY_OUT_OF_BOUNDS", "quantity"),
    ("quantity minus zero", but(quantity="-0"), 400, "QUANTITY_OUT_OF_BOUNDS", "quantity"),
    ("quantity too large", but(quantity="1000.00000001"), 400, "QUANTITY_OUT_OF_BOUNDS", "quantity"),
    ("quantity finer than its scale", but(quantity="0.010000001"), 400, "QUANTITY_OFF_LOT", "quantity"),
    ("quantity with an exponent", raw("quantity", "1E-2"), 400, "INVALID_NUMBER", "quantity"),
    ("bool for a quantity", but(quantity=False), 400, "INVALID_FIELD", "quantity"),
    ("missing quantity", but(quantity=None), 400, "MISSING_FIELD", "quantity"),
    ("below the least value", but(price="1000000", quantity="0.0049"), 400, "BELOW_MIN_NOTIONAL", "quantity"),
    ("missing symbol", but(symbol=None), 400, "MISSING_FIELD", "symbol"),
    ("missing side", but(side=None), 400, "MISSING_FIELD", "side"),
    ("missing type", but(order_type=None), 400, "MISSING_FIELD", "order_type"),
    ("unknown side", but(side="hold"), 400, "INVALID_FIELD", "side"),
    ("number for a side", but(side=0), 400, "INVALID_FIELD", "side"),
    ("unknown type", but(order_type="stop_market"), 400, "INVALID_FIELD", "order_type"),
    ("unknown time in force", but(time_in_force="gtx"), 400, "INVALID_FIELD", "time_in_force"),
    ("unknown stp", but(stp="none"), 400, "INVALID_FIELD", "stp"),
    ("text for a bool", but(post_only="false"), 400, "INVALID_FIELD", "post_only"),
    ("number for a bool", but(post_only=1), 400, "INVALID_FIELD", "post_only"),
    ("unknown field", but(prise="1"), 400, "UNKNOWN_FIELD", "prise"),
    ("field of another's account", but(account=1002), 400, "UNKNOWN_FIELD", "account"),
    ("client id too long", but(client_order_id="x" * 37), 400, "INVALID_FIELD", "client_order_id"),
    ("client id empty", but(client_order_id=""), 400, "INVALID_FIELD", "client_order_id"),
    ("client id with a space", but(client_order_id="a b"), 400, "INVALID_FIELD", "client_order_id"),
    ("client id with a line end", but(client_order_id="a\n"), 400, "INVALID_FIELD", "client_order_id"),
    ("client id is a number", but(client_order_id=7), 400, "INVALID_FIELD", "client_order_id"),
    (
        "market gtc",
        but(order_type="market", price=None, time_in_force="gtc"),
        400,
        "INVALID_ORDER",
        "time_in_force",
    ),
    ("post-only ioc", but(post_only=True, time_in_force="ioc"), 400, "INVALID_ORDER", "post_only"),
    (
        "quote amount on a limit",
        but(quantity=None, quote_amount="9000"),
        400,
        "INVALID_ORDER",
        "quote_amount",
    ),
    (
        "quote amount on a sell with a trigger",
        but(
            order_type="stop",
            side="sell",
            price=None,
            quantity=None,
            quote_amount="9000",
            trigger_price="9000",
        ),
        400,
        "INVALID_ORDER",
        "quote_amount",
    ),
    ("stop without a trigger", but(order_type="stop"), 400, "MISSING_FIELD", "trigger_price"),
    ("trigger of a limit order", but(trigger_price="90000000"), 400, "INVALID_ORDER", "trigger_price"),
    (
        "trigger off the tick",
        but(order_type="stop", trigger_price="1.5"),
        400,
        "PRICE_OFF_TICK",
        "trigger_price",
    ),
    (
        "trigger out of bounds",
        but(order_type="stop_limit", trigger_price="999"),
        400,
        "PRICE_OUT_OF_BOUNDS",
        "trigger_price",
    ),
    ("unknown source", but(order_type="stop", trigger_source="mid"), 400, "INVALID_FIELD", "trigger_source"),
    (
        "market buy with a trigger and no bound",
        but(order_type="stop", price=None, trigger_price="99000000"),
        400,
        "INVALID_ORDER",
        "price",
    ),
    ("trail without a distance", but(order_type="trailing_stop"), 400, "MISSING_FIELD", "trail_offset"),
    (
        "trail with two distances",
        but(order_type="trailing_stop", trail_offset="1000", trail_percent="1"),
        400,
        "INVALID_ORDER",
        "trail_offset",
    ),
    (
        "trail of all",
        but(order_type="trailing_stop", trail_percent="100"),
        400,
        "INVALID_FIELD",
        "trail_percent",
    ),
    (
        "trail too fine",
        but(order_type="trailing_stop", trail_percent="0.00001"),
        400,
        "INVALID_FIELD",
        "trail_percent",
    ),
    (
        "distance too fine",
        but(order_type="trailing_stop", trail_offset="0.5"),
        400,
        "PRICE_OFF_TICK",
        "trail_offset",
    ),
    (
        "distance of nothing",
        but(order_type="trailing_stop", trail_offset="0"),
        400,
        "PRICE_OUT_OF_BOUNDS",
        "trail_offset",
    ),
    ("display of all", but(display_quantity="0.01"), 400, "INVALID_ORDER", "display_quantity"),
    ("display of nothing", but(display_quantity="0"), 400, "INVALID_ORDER", "display_quantity"),
    ("display too fine", but(display_quantity="0.000000001"), 400, "INVALID_ORDER", "display_quantity"),
    (
        "display of an ioc",
        but(display_quantity="0.001", time_in_force="ioc"),
        400,
        "INVALID_ORDER",
        "display_quantity",
    ),
    ("gtd without an expiry", but(time_in_force="gtd"), 400, "MISSING_FIELD", "expire_at"),
    ("expiry of a gtc", but(expire_at=2_000_000_000_000), 400, "INVALID_ORDER", "expire_at"),
    ("expiry in the past", but(time_in_force="gtd", expire_at=1), 400, "INVALID_EXPIRY", "expire_at"),
    ("expiry before time", but(time_in_force="gtd", expire_at=-1), 400, "INVALID_EXPIRY", "expire_at"),
    ("text for an expiry", but(time_in_force="gtd", expire_at="soon"), 400, "INVALID_FIELD", "expire_at"),
    ("reprice without post-only", but(post_only_mode="reprice"), 400, "INVALID_ORDER", "post_only_mode"),
    (
        "post-only stop",
        but(order_type="stop_limit", trigger_price="90000000", post_only=True),
        400,
        "INVALID_ORDER",
        "post_only",
    ),
    ("bound to a connection", but(cancel_on_disconnect=True), 400, "UNKNOWN_FIELD", "cancel_on_disconnect"),
    (
        "quote amount below the least value",
        but(order_type="market", price=None, quantity=None, quote_amount="4999.99999999"),
        400,
        "BELOW_MIN_NOTIONAL",
        "quote_amount",
    ),
    (
        "quote amount finer than its scale",
        but(order_type="market", price=None, quantity=None, quote_amount="9000.000000001"),
        400,
        "INVALID_AMOUNT",
        "quote_amount",
    ),
    ("too little balance", but(quantity="999"), 422, "INSUFFICIENT_BALANCE", None),
    ("repeated key", json.dumps(GOOD)[:-1] + ', "side": "sell"}', 400, "INVALID_JSON", "side"),
    (
        "repeated key by escape",
        json.dumps(GOOD)[:-1] + r', "s\u0069de": "sell"}',
        400,
        "INVALID_JSON",
        "side",
    ),
    ("malformed", '{"symbol": "BTC-KRW",', 400, "INVALID_JSON", None),
    ("trailing text", json.dumps(GOOD) + "x", 400, "INVALID_JSON", None),
    ("single quotes", str(GOOD), 400, "INVALID_JSON", None),
    ("empty body", "", 400, "MISSING_FIELD", "side"),
    ("a list", json.dumps([GOOD]), 400, "INVALID_JSON", None),
    ("null", "null", 400, "INVALID_JSON", None),
    ("not UTF-8", b'{"symbol": "\xff"}', 400, "INVALID_JSON", None),
    ("nested too deeply", "[" * 30_000, 400, "INVALID_JSON", None),
    ("objects nested too deeply", '{"a":' * 12_000, 400, "INVALID_JSON", None),
    ("oversized body", json.dumps(but(client_order_id="x" * 70_000)), 413, "BODY_TOO_LARGE", None),
]


@pytest.mark.parametrize(
    "body, status, code, field", [case[1:] for case in BAD_ORDERS], ids=[case[0] for case in BAD_ORDERS]
)
def test_a_bad_order_is_refused_and_changes_nothing(
    alice: Person, live_engine: LiveEngine, body: Any, status: int, code: str, field: str | None
) -> None:
    before = alice.get("/v1/balances").json()["balances"], live_engine.client.query("books", None).value
    response = alice.post("/v1/order", body)
    assert (response.status_code, response.json()["error"]) == (status, code), response.content
    assert set(response.json()) == {"error", "number", "retry", "message", "details"}
    if field is not None:
        assert response.json()["details"]["field"] == field
    after = alice.get("/v1/balances").json()["balances"], live_engine.client.query("books", None).value
    assert after == before
    assert alice.get("/v1/orders").json()["orders"] == []


def test_what_is_wrong_in_shape_never_reaches_the_engine(alice: Person, live_engine: LiveEngine) -> None:
    sequence = live_engine.sequence
    alice.post("/v1/order", but(price="100000500"))
    alice.post("/v1/order", but(quantity="1e3"))
    alice.post("/v1/order", but(symbol="DOGE-KRW"))
    assert live_engine.sequence == sequence


def test_the_details_tell_how_to_do_it_right(alice: Person) -> None:
    off_tick = alice.place(price="100000500").json()["details"]
    assert off_tick == {"field": "price", "tick_size": "1000"}
    assert alice.place(price="100000000.5").json()["details"] == off_tick
    bounds = alice.place(quantity="2000").json()["details"]
    assert bounds == {"field": "quantity", "minimum": "0.00000001", "maximum": "1000"}
    poor = alice.place(quantity="999").json()["details"]
    assert poor["asset"] == "KRW"
    assert poor["required"] == "99949950000"
    assert poor["available"] == "1000000000"


def test_a_halted_symbol_refuses_orders_and_lets_them_out(alice: Person, live_engine: LiveEngine) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    live_engine.set_status("BTC-KRW", m.HALTED, "maintenance")
    response = alice.place()
    assert (response.status_code, response.json()["error"]) == (409, "SYMBOL_HALTED")
    assert response.json()["details"] == {"field": "symbol"}
    assert alice.post("/v1/order/cancel", {"order_id": order_id}).status_code == 200
    assert alice.get(f"/v1/order/{order_id}").json()["order"]["status"] == "canceled"


def test_a_cancel_only_symbol_lets_orders_out(alice: Person, live_engine: LiveEngine) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    live_engine.set_status("BTC-KRW", m.CANCEL_ONLY)
    assert alice.place().json()["error"] == "SYMBOL_CANCEL_ONLY"
    assert alice.post("/v1/order/cancel", {"order_id": order_id}).status_code == 200


def test_a_frozen_account_may_only_cancel(alice: Person, live_engine: LiveEngine) -> None:
    order_id = alice.place().json()["order"]["order_id"]
    live_engine.submit(m.set_account(live_engine.command_id(), alice.account, m.FROZEN))
    refused = alice.place()
    assert (refused.status_code, refused.json()["error"]) == (403, "ACCOUNT_FROZEN")
    assert alice.post("/v1/order/cancel", {"order_id": order_id}).status_code == 200


def test_a_post_only_order_that_would_take_is_refused(alice: Person, bob: Person) -> None:
    alice.place(side="sell")
    refused = bob.place(post_only=True)
    assert (refused.status_code, refused.json()["error"]) == (422, "POST_ONLY_WOULD_TAKE")


@pytest.mark.parametrize(
    "path, body, status, code",
    [
        ("/v1/order/cancel", {}, 400, "MISSING_FIELD"),
        ("/v1/order/cancel", {"order_id": "1", "client_order_id": "a"}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel", {"order_id": "0"}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel", {"order_id": "-1"}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel", {"order_id": "1.0"}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel", {"order_id": True}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel", {"order_id": "9" * 19}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel", {"order_id": "999999"}, 404, "ORDER_NOT_FOUND"),
        ("/v1/order/cancel", {"client_order_id": "nobody"}, 404, "ORDER_NOT_FOUND"),
        ("/v1/order/reduce", {"order_id": "999999", "quantity": "1"}, 404, "ORDER_NOT_FOUND"),
        ("/v1/order/reduce", {"order_id": "1"}, 400, "MISSING_FIELD"),
        ("/v1/order/reduce", {"order_id": "1", "quantity": "NaN"}, 400, "INVALID_NUMBER"),
        ("/v1/order/replace", {"order_id": "999999", "price": "1", "quantity": "1"}, 404, "ORDER_NOT_FOUND"),
        ("/v1/order/replace", {"order_id": "1", "price": "1"}, 400, "MISSING_FIELD"),
        ("/v1/orders/cancel-after", {}, 400, "MISSING_FIELD"),
        ("/v1/orders/cancel-after", {"after_ms": "1000"}, 400, "INVALID_FIELD"),
        ("/v1/orders/cancel-after", {"after_ms": True}, 400, "INVALID_FIELD"),
        ("/v1/orders/cancel-after", {"after_ms": 999}, 400, "INVALID_CANCEL_AFTER"),
        ("/v1/orders/cancel-after", {"after_ms": -1}, 400, "INVALID_CANCEL_AFTER"),
        ("/v1/orders/cancel-after", {"after_ms": 86_400_001}, 400, "INVALID_CANCEL_AFTER"),
        ("/v1/orders/oco", {"first": GOOD}, 400, "MISSING_FIELD"),
        ("/v1/orders/oco", {"first": GOOD, "second": []}, 400, "INVALID_FIELD"),
        ("/v1/orders/oco", {"first": GOOD, "second": GOOD}, 400, "INVALID_ORDER"),
        ("/v1/orders/oco", {"first": GOOD, "second": but(price="1.5")}, 400, "PRICE_OFF_TICK"),
        ("/v1/orders/oco", {"orders": [GOOD, GOOD]}, 400, "UNKNOWN_FIELD"),
        ("/v1/orders/bracket", {"entry": GOOD, "stop_price": "90000000"}, 400, "MISSING_FIELD"),
        (
            "/v1/orders/bracket",
            {"entry": GOOD, "take_profit_price": "90000000", "stop_price": "90000000"},
            400,
            "INVALID_ORDER",
        ),
        (
            "/v1/orders/bracket",
            {"entry": but(side="sell"), "take_profit_price": "99000000", "stop_price": "90000000"},
            400,
            "INVALID_ORDER",
        ),
        ("/v1/order/cancel-replace", {"order_id": "1"}, 400, "MISSING_FIELD"),
        ("/v1/order/cancel-replace", {"order": GOOD}, 400, "MISSING_FIELD"),
        ("/v1/order/cancel-replace", {"order_id": "1", "order": GOOD, "mode": "never"}, 400, "INVALID_FIELD"),
        ("/v1/order/cancel-replace", {"order_id": "999999", "order": GOOD}, 404, "ORDER_NOT_FOUND"),
        ("/v1/orders", {}, 400, "MISSING_FIELD"),
        ("/v1/orders", {"orders": []}, 400, "INVALID_FIELD"),
        ("/v1/orders", {"orders": {}}, 400, "INVALID_FIELD"),
        ("/v1/orders", {"orders": [GOOD] * 101}, 400, "BATCH_TOO_LARGE"),
        ("/v1/orders/cancel-all", {"symbol": "DOGE-KRW"}, 404, "SYMBOL_NOT_FOUND"),
        ("/v1/orders/cancel-all", {"symbols": "BTC-KRW"}, 400, "UNKNOWN_FIELD"),
    ],
)
def test_other_commands_check_their_fields(
    alice: Person, path: str, body: Any, status: int, code: str
) -> None:
    response = alice.post(path, body)
    assert (response.status_code, response.json()["error"]) == (status, code), response.content


@pytest.mark.parametrize(
    "path, status, code",
    [
        ("/v1/orders?limit=0", 400, "INVALID_FIELD"),
        ("/v1/orders?limit=501", 400, "INVALID_FIELD"),
        ("/v1/orders?limit=ten", 400, "INVALID_FIELD"),
        ("/v1/orders?status=gone", 400, "INVALID_FIELD"),
        ("/v1/orders?stauts=open", 400, "UNKNOWN_FIELD"),
        ("/v1/orders?cursor=abc", 400, "INVALID_CURSOR"),
        ("/v1/orders?start=9999999999999999", 400, "INVALID_FIELD"),
        ("/v1/orders?start=2&end=1", 400, "INVALID_FIELD"),
        ("/v1/orders?symbol=DOGE-KRW", 404, "SYMBOL_NOT_FOUND"),
        ("/v1/fills?order_id=x", 400, "INVALID_FIELD"),
        ("/v1/ledger?asset=DOGE", 404, "ASSET_NOT_FOUND"),
        ("/v1/ledger?cursor=5", 400, "INVALID_CURSOR"),
        ("/v1/order/abc", 404, "ORDER_NOT_FOUND"),
        ("/v1/order/99999999999999999999", 404, "ORDER_NOT_FOUND"),
        ("/v1/balances?asset=KRW", 400, "UNKNOWN_FIELD"),
        ("/api/v1/orderbook/DOGE-KRW", 404, "SYMBOL_NOT_FOUND"),
        ("/api/v1/orderbook/BTC-KRW?depth=0", 400, "INVALID_FIELD"),
        ("/api/v1/orderbook/BTC-KRW?depth=1001", 400, "INVALID_FIELD"),
        ("/api/v1/orderbook/%00", 404, "SYMBOL_NOT_FOUND"),
        ("/api/v1/nothing", 404, "NOT_FOUND"),
        ("/v1/", 404, "NOT_FOUND"),
    ],
)
def test_reads_check_their_parameters(alice: Person, path: str, status: int, code: str) -> None:
    response = alice.api.get(path)
    assert (response.status_code, response.json()["error"]) == (status, code), response.content
