"""What the order lane reads of a body the short way is what the strict reader reads of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.errors import RequestError
from exchange.orders import parsing
from exchange.wire.strict_json import read_object
from tests.exchange.orders.test_parsing import SYMBOLS, likely_orders, wild_orders
from web.lanes import bodies

ORDER = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "price": "150", "quantity": "2"}
PLAIN = [
    ORDER,
    {**ORDER, "side": "SELL", "post_only": True, "client_order_id": "mine", "stp": "cancel_oldest"},
]


def outcome(read: Any, *arguments: Any) -> Any:
    """The terms, or the error's code and details; a list of them for a batch."""
    try:
        terms = read(*arguments)
    except RequestError as error:
        return error.code, error.details
    if isinstance(terms, list):
        return [(each.code, each.details) if isinstance(each, RequestError) else each for each in terms]
    return terms


def short_order(body: bytes) -> Any:
    sent = bodies.simple_order(body)
    return None if sent is None else parsing.simple_order(sent, SYMBOLS)


def short_orders(body: bytes) -> Any:
    sent = bodies.simple_orders(body)
    orders = [] if sent is None else [parsing.simple_order(each, SYMBOLS) for each in sent]
    return orders if orders and None not in orders else None


def short_cancel(body: bytes) -> Any:
    sent = bodies.simple_cancel(body)
    return None if sent is None else parsing.simple_cancel(sent)


#: How each kind of body is read the short way alone, decoded and read by the desk, and read the strict way.
WAYS: dict[str, tuple[Any, Any, Any, Any]] = {
    "order": (
        short_order,
        bodies.simple_order,
        lambda sent: parsing.read_order(sent, SYMBOLS),
        lambda data: parsing.parse_order(data, SYMBOLS),
    ),
    "orders": (
        short_orders,
        bodies.simple_orders,
        lambda sent: parsing.read_orders(sent, SYMBOLS),
        lambda data: parsing.parse_orders(data, SYMBOLS),
    ),
    "cancel": (short_cancel, bodies.simple_cancel, parsing.read_cancel, parsing.parse_cancel),
}


def assert_alike(way: str, body: bytes) -> None:
    """What is decoded the short way comes to the same terms or the same error the strict way."""
    short, decode, read, strict = WAYS[way]
    sent = decode(body)
    if sent is not None:
        assert outcome(read, sent) == outcome(strict, read_object(body))
    found = short(body)
    if found is not None:
        assert found == strict(read_object(body))


@pytest.mark.parametrize("order", PLAIN, ids=["least", "most"])
def test_plain_bodies_take_the_short_way(order: dict[str, Any]) -> None:
    for way, body in (("order", order), ("orders", {"orders": [order] * 100}), ("cancel", {"order_id": "5"})):
        text = json.dumps(body).encode()
        assert WAYS[way][0](text) is not None
        assert_alike(way, text)


@pytest.mark.parametrize(
    "way, body",
    [
        ("order", b""),
        ("order", b"[]"),
        ("order", json.dumps({**ORDER, "price": 150}).encode()),
        ("order", json.dumps({**ORDER, "price": "1.5.5"}).encode()),
        ("order", json.dumps({**ORDER, "client_order_id": "a:b"}).encode()),
        ("order", json.dumps({**ORDER, "cancel_on_disconnect": True}).encode()),
        ("order", b"\xef\xbb\xbf" + json.dumps(ORDER).encode()),
        ("orders", b'{"orders": []}'),
        ("orders", json.dumps({"orders": [ORDER] * 101}).encode()),
        ("orders", json.dumps({"orders": [ORDER, {**ORDER, "side": "up"}]}).encode()),
        ("cancel", b'{"order_id": 5}'),
        ("cancel", b'{"order_id": "5", "client_order_id": "mine"}'),
        ("cancel", b'{"order_id": "5", "order_id": "6"}'),
    ],
)
def test_what_is_not_plain_is_left_to_the_strict_reader(way: str, body: bytes) -> None:
    assert WAYS[way][0](body) is None


@given(likely_orders | wild_orders, st.integers(1, 3))
def test_orders_of_any_kind(order: dict[str, Any], count: int) -> None:
    assert_alike("order", json.dumps(order).encode())
    assert_alike("orders", json.dumps({"orders": [order] * count}).encode())


@given(st.sampled_from(PLAIN), st.data())
def test_a_body_that_says_something_twice_is_not_believed(order: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps({"orders": [order]}) if data.draw(st.booleans()) else json.dumps(order)
    at = data.draw(st.sampled_from([at for at, sign in enumerate(text) if sign == "{"])) + 1
    name = data.draw(st.sampled_from(sorted(order) if at > 1 or "orders" not in text else ["orders"]))
    again = json.dumps({name: data.draw(st.sampled_from([order.get(name, []), "1"]))})[1:-1]
    body = f"{text[:at]}{again},{text[at:]}".encode()
    assert short_order(body) is None
    assert short_orders(body) is None


@given(st.sampled_from(sorted(WAYS)), st.sampled_from(PLAIN), st.data())
def test_a_body_with_damage_is_read_alike_or_left(
    way: str, order: dict[str, Any], data: st.DataObject
) -> None:
    whole = {"order": order, "orders": {"orders": [order, ORDER]}, "cancel": {"order_id": "12345"}}[way]
    body = bytearray(json.dumps(whole).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.binary(max_size=2) | st.sampled_from([b'"', b":", b",", b"\\u0061", b"}", b"{", b"\n", b" "])
        )
    try:
        assert_alike(way, bytes(body))
    except RequestError as error:
        pytest.fail(f"believed although the strict reader says {error.code}: {bytes(body)!r}")
