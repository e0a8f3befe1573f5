"""Whatever a client sends gets a reply with a code, changes nothing, and harms nobody."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from exchange.errors import ERRORS
from tests.web.stream.venue import Venue, next_push, request, run

ORDER: dict[str, Any] = {
    "symbol": "AAPL",
    "side": "buy",
    "order_type": "limit",
    "price": "100",
    "quantity": "1",
}


def exchange_all(venue: Venue, texts: list[str | bytes], name: str | None = "alice") -> list[dict[str, Any]]:
    """Send each text on one connection and return the replies; the connection must survive them all."""

    async def scenario() -> list[dict[str, Any]]:
        async with venue.raw() as connection:
            if name is not None:
                assert (await request(connection, "auth", token=await venue.token(name)))["ok"]
            replies = []
            for text in texts:
                await connection.send(text)
                replies.append(await next_push(connection, "reply"))
            assert (await request(connection, "ping"))["ok"]
            return replies

    return run(scenario())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "INVALID_JSON"),
        ("{", "INVALID_JSON"),
        ("[]", "INVALID_JSON"),
        ("null", "INVALID_JSON"),
        ('"subscribe"', "INVALID_JSON"),
        ("[" * 5000, "INVALID_JSON"),
        ('{"a":' * 5000, "INVALID_JSON"),
        ('{"op":"ping","op":"ping"}', "INVALID_JSON"),
        ('{"op":"ping","id":NaN}', "INVALID_NUMBER"),
        ("{}", "MISSING_FIELD"),
        ('{"op":null}', "MISSING_FIELD"),
        ('{"op":7}', "INVALID_FIELD"),
        ('{"op":"ping","id":1.5}', "INVALID_FIELD"),
        ('{"op":"ping","id":true}', "INVALID_FIELD"),
        ('{"op":"ping","id":[1]}', "INVALID_FIELD"),
        ('{"op":"ping","id":"%s"}' % ("x" * 65), "INVALID_FIELD"),
        ('{"op":"ping","id":%s}' % ("9" * 40), "INVALID_FIELD"),
        ('{"op":"fly"}', "UNKNOWN_OP"),
        ('{"op":"ping","more":1}', "UNKNOWN_FIELD"),
        ('{"op":"ping","\\ud800":1}', "UNKNOWN_FIELD"),
        ('{"op":"subscribe"}', "MISSING_FIELD"),
        ('{"op":"subscribe","channels":"book","symbols":["AAPL"]}', "INVALID_FIELD"),
        ('{"op":"subscribe","channels":[],"symbols":["AAPL"]}', "INVALID_FIELD"),
        ('{"op":"subscribe","channels":[1],"symbols":["AAPL"]}', "INVALID_FIELD"),
        ('{"op":"subscribe","channels":["book"]}', "MISSING_FIELD"),
        ('{"op":"subscribe","channels":["book"],"symbols":["NONE"]}', "SYMBOL_NOT_FOUND"),
        ('{"op":"subscribe","channels":["book"],"symbols":["\\ud800"]}', "SYMBOL_NOT_FOUND"),
        ('{"op":"subscribe","channels":["bok"],"symbols":["AAPL"]}', "CHANNEL_NOT_FOUND"),
        ('{"op":"subscribe","channels":["klines:7m"],"symbols":["AAPL"]}', "INTERVAL_NOT_FOUND"),
        ('{"op":"subscribe","channels":["book"],"symbols":["AAPL"],"since":-1}', "INVALID_FIELD"),
        ('{"op":"subscribe","channels":["book"],"symbols":["AAPL"],"since":"1"}', "INVALID_FIELD"),
        ('{"op":"subscribe","channels":["book"],"symbols":["AAPL"],"account":1002}', "UNKNOWN_FIELD"),
        (json.dumps({"op": "order.place", **ORDER, "price": "NaN"}), "INVALID_NUMBER"),
        (json.dumps({"op": "order.place", **ORDER, "price": "1e2"}), "INVALID_NUMBER"),
        ('{"op":"order.place","symbol":"AAPL","side":"buy","order_type":"limit","price":1e400,"quantity":1}',
         "INVALID_NUMBER"),
        (json.dumps({"op": "order.place", **ORDER, "price": "-1"}), "PRICE_OUT_OF_BOUNDS"),
        (json.dumps({"op": "order.place", **ORDER, "price": "9" * 40}), "INVALID_NUMBER"),
        (json.dumps({"op": "order.place", **ORDER, "quantity": "0.5"}), "QUANTITY_OFF_LOT"),
        (json.dumps({"op": "order.place", **ORDER, "account": 1002}), "UNKNOWN_FIELD"),
        (json.dumps({"op": "order.place", **ORDER, "symbol": "\udfff"}), "SYMBOL_NOT_FOUND"),
        (json.dumps({"op": "order.place", **ORDER, "client_order_id": "a b"}), "INVALID_FIELD"),
        (json.dumps({"op": "order.batch", "orders": [ORDER] * 101}), "BATCH_TOO_LARGE"),
        (json.dumps({"op": "order.batch", "orders": []}), "INVALID_FIELD"),
        (json.dumps({"op": "order.batch", "orders": {"0": ORDER}}), "INVALID_FIELD"),
        ('{"op":"order.cancel"}', "MISSING_FIELD"),
        ('{"op":"order.cancel","order_id":"0"}', "INVALID_FIELD"),
        ('{"op":"order.cancel","order_id":"999999999"}', "ORDER_NOT_FOUND"),
        ('{"op":"order.reduce","order_id":"999999999","quantity":"1"}', "ORDER_NOT_FOUND"),
        ('{"op":"order.replace","order_id":"999999999","quantity":"1","price":"1"}', "ORDER_NOT_FOUND"),
        ('{"op":"order.replace","client_order_id":"nix","quantity":"1","price":"1"}', "ORDER_NOT_FOUND"),
        ('{"op":"orders.cancel_all","symbol":"NONE"}', "SYMBOL_NOT_FOUND"),
        ('{"op":"orders.cancel_all","symbol":5}', "INVALID_FIELD"),
    ],
)  # fmt: skip
def test_bad_requests_get_their_code(venue: Venue, text: str, code: str) -> None:
    sequence = venue.admin.query("status").value["sequence"]
    [reply] = exchange_all(venue, [text])
    assert (reply["ok"], reply["error"]) == (False, code)
    assert reply["status"] == ERRORS[code].status
    assert reply["message"]
    refused_by_engine = code == "ORDER_NOT_FOUND"
    if not refused_by_engine:
        assert venue.admin.query("status").value["sequence"] - sequence <= 1  # at most a tick of the clock


def test_what_needs_a_login_says_so(venue: Venue) -> None:
    texts: list[str | bytes] = [
        json.dumps({"op": "order.place", **ORDER}),
        '{"op":"orders.cancel_all"}',
        '{"op":"subscribe","channels":["orders"]}',
        '{"op":"subscribe","channels":["balances","book"],"symbols":["AAPL"]}',
    ]
    assert {reply["error"] for reply in exchange_all(venue, texts, None)} == {"NOT_AUTHENTICATED"}


def test_an_operator_has_no_account(venue: Venue) -> None:
    texts: list[str | bytes] = [json.dumps({"op": "order.place", **ORDER})]
    assert exchange_all(venue, texts, "oscar")[0]["error"] == "NO_ACCOUNT"


def test_requests_may_come_as_binary(venue: Venue) -> None:
    good, bad = exchange_all(venue, [b'{"op":"ping","id":5}', b"\xff\xfe"])
    assert (good["ok"], good["id"]) == (True, 5)
    assert bad["error"] == "INVALID_JSON"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 5000, "eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoxfQ."])
def test_a_bad_token_ends_the_connection(venue: Venue, token: str) -> None:
    async def scenario() -> None:
        async with venue.raw() as connection:
            reply = await request(connection, "auth", token=token)
            assert reply["error"] == "INVALID_TOKEN"
            with pytest.raises(ConnectionClosed):
                await connection.recv()
            assert connection.close_code == 4001

    run(scenario())


def test_public_messages_name_no_account_and_no_order(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob, venue.raw() as public:
            await request(public, "subscribe", channels=["book", "trades"], symbols=["AAPL"])
            order = {"price": "100", "quantity": "7"}
            await alice.place_order("AAPL", "sell", client_order_id=f"sell-{venue.next_id()}", **order)
            await bob.place_order("AAPL", "buy", **order)
            seen = [await next_push(public, kind) for kind in ("trade", "book_delta")]
            allowed = {"type", "channel", "symbol", "sequence", "prev_sequence", "timestamp"}
            assert set(seen[0]) - allowed == {"execution_id", "price", "quantity", "side"}
            assert set(seen[1]) - allowed == {"bids", "asks", "checksum"}

    run(scenario())


def test_unsubscribed_topics_are_silent(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.raw() as public:
            names = {"channels": ["book", "trades"], "symbols": ["AAPL"]}
            await request(public, "subscribe", **names)
            reply = await request(public, "unsubscribe", **names)
            assert len(reply["unsubscribed"]) == 2
            await alice.place_order("AAPL", "buy", price="100", quantity="1")
            await asyncio.sleep(0.2)
            assert (await request(public, "unsubscribe", **names))["unsubscribed"] == []

    run(scenario())


# --- handshakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://evil.example", 403), ("null", 403), ("https://127.0.0.1.evil.example", 403), (None, 101)],
)
def test_pages_of_other_sites_may_not_connect(venue: Venue, origin: str | None, status: int) -> None:
    async def scenario() -> int:
        try:
            async with venue.raw(origin=origin):
                return 101
        except InvalidStatus as error:
            return error.response.status_code

    assert run(scenario()) == status


def test_a_page_of_this_site_is_logged_in_by_its_cookie(venue: Venue) -> None:
    cookie = venue.session_cookie("alice")
    origin = venue.url

    async def greeting(headers: dict[str, str], origin: str | None) -> Any:
        async with venue.raw(additional_headers=headers, origin=origin) as connection:
            reply = await request(connection, "subscribe", channels=["orders"])
            return reply["ok"]

    assert run(greeting({"Cookie": cookie}, origin)) is True
    # Without an Origin it may be any program that got hold of nothing but a browser's habits.
    assert run(greeting({"Cookie": cookie}, None)) is False
    assert run(greeting({"Cookie": cookie + "x"}, origin)) is False
    assert run(greeting({"Cookie": "sessionid=;;==[]{}"}, origin)) is False


def test_there_is_one_address(venue: Venue) -> None:
    async def scenario() -> None:
        from websockets.asyncio.client import connect

        with pytest.raises(InvalidStatus):
            async with connect(f"ws://127.0.0.1:{venue.port}/other", proxy=None):
                pass

    run(scenario())


# --- anything at all -----------------------------------------------------------------------------------

_names = st.sampled_from(
    ["op", "id", "channels", "symbols", "since", "token", "orders", *ORDER, "order_id", "client_order_id"]
)
_words = st.sampled_from(
    [
        *("subscribe", "unsubscribe", "ping", "pong", "order.place", "order.batch", "order.cancel"),
        *("order.reduce", "order.replace", "orders.cancel_all", "orders", "fills", "balances", "book"),
        *("trades", "AAPL", "BTC-KRW", "buy", "sell", "limit", "market", "gtc", "1", "0.1", "1e5", "-0"),
    ]
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | _words
    | st.sampled_from([2**64, 10**40, -(10**40), "9" * 400, "\ud800"])
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_names | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
_messages = st.dictionaries(_names | st.text(max_size=5), _values, max_size=8)
_shaped = st.builds(
    lambda base, extra: {**base, **extra},
    st.sampled_from(
        [
            {"op": "order.place", **ORDER},
            {"op": "order.batch", "orders": [ORDER, ORDER]},
            {"op": "order.cancel", "order_id": "1"},
            {"op": "order.reduce", "order_id": "1", "quantity": "1"},
            {"op": "order.replace", "order_id": "1", "quantity": "1", "price": "1"},
            {"op": "orders.cancel_all"},
            {"op": "subscribe", "channels": ["book", "orders"], "symbols": ["AAPL"]},
            {"op": "unsubscribe", "channels": ["book", "orders"], "symbols": ["AAPL"]},
        ]
    ),
    st.dictionaries(_names, _values, max_size=2),
)
_texts = st.builds(json.dumps, _messages | _shaped | _values) | st.text(max_size=60)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(_texts, min_size=1, max_size=30))
def test_anything_gets_a_reply_and_the_connection_lives(venue: Venue, texts: list[str]) -> None:
    """No text ends the connection, raises in the server, or goes without its reply. (``pong`` has none,
    and ``auth`` may end it: neither can be made here by chance, for a token is never right.)"""
    texts = [
        text for text in texts if '"pong"' not in text and '"token"' not in text and '"auth"' not in text
    ]
    for reply in exchange_all(venue, list(texts)):
        if not reply["ok"]:
            assert reply["error"] in ERRORS
            assert reply["error"] not in ("INTERNAL", "OUTCOME_UNKNOWN", "ENGINE_UNAVAILABLE"), reply
    assert "Traceback" not in venue.log_tail(100_000)
