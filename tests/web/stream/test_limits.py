"""Every bound is met by somebody, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.web.stream.flow import trade
from tests.web.stream.test_books import MARKETS, agree
from tests.web.stream.venue import Venue, next_push, request, run
from xtrader_client import Client, NewOrder

LIMITS = {
    "ping_every_s": 0.5,
    "silence_closes_after_s": 5,
    "control_per_s": 20,
    "control_burst": 150,
    "orders_in_flight": 64,
    "subscriptions": 4,
    "waiting_bytes": 20_000,
    "connections_per_account": 3,
    "connections_per_address": 12,
    "unread_replies_s": 2,
    "close_grace_s": 6,
    "message_bytes": 30_000,
}


@pytest.fixture(scope="module")
def tight() -> Iterator[Venue]:
    """An exchange with limits that are soon met."""
    venue = Venue(TEST_WEBSOCKET=json.dumps(LIMITS), RATE_LIMIT_ORDERS="6000/10s", RATE_LIMIT_READS="0")
    yield venue
    venue.close()


async def closed_with(connection: Any, timeout_s: float = 30) -> int | None:
    """Read until the other side closes; the code."""
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                await connection.recv()
    except ConnectionClosed:
        return connection.close_code  # type: ignore[no-any-return]


def test_a_silent_peer_is_closed_and_a_listening_one_is_not(tight: Venue) -> None:
    async def scenario() -> None:
        async with tight.raw() as listening, tight.raw() as dead:
            # A WebSocket library answers pings by itself; a peer that has died does not.
            dead.send_data = lambda: None
            assert await closed_with(dead) == 4000
            assert (await request(listening, "ping"))["ok"]

    run(scenario())


def test_a_reader_that_does_not_read_is_closed_alone(tight: Venue) -> None:
    async def scenario() -> None:
        async with tight.client("alice") as alice, tight.client("bob") as bob, tight.client("carol") as carol:
            await asyncio.gather(*(_fill_book(client, i) for i, client in enumerate((alice, bob, carol))))
            book = await alice.book("AAPL")
            slow = await _deaf_subscriber(tight, await tight.token("carol"))
            try:
                for seed in range(6):
                    await trade(bob, "AAPL", seed, 30, **MARKETS["AAPL"])
                    await asyncio.sleep(0.5)
                await agree(tight, book)
                assert alice.connections == 1
                # Who reads before the server has lost its patience is no longer slow.
                async with asyncio.timeout(30):
                    while "code=4008" not in tight.log_tail(100_000):
                        await asyncio.sleep(0.1)
                assert (await _close_code_of(slow)) == 4008
            finally:
                slow.close()

    run(scenario(), 90)


async def _fill_book(client: Client, turn: int) -> None:
    """900 levels far from the market."""
    for cents in range(30_000 + turn, 32_700, 300):
        orders = [
            NewOrder("AAPL", "sell", price=Decimal(cents + 3 * i).scaleb(-2), quantity=1) for i in range(100)
        ]
        await client.place_orders(orders)


async def _deaf_subscriber(venue: Venue, token: str) -> socket.socket:
    """A socket that asks for its 900 open orders again and again, through the smallest window there is,
    and never reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    raw.connect(("127.0.0.1", venue.port))
    raw.sendall(
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" % venue.port
    )
    await asyncio.sleep(0.2)
    raw.recv(4096)
    raw.sendall(_client_frame({"op": "auth", "token": token}))
    again = [{"op": op, "channels": ["orders"]} for op in ("unsubscribe", "subscribe")]
    raw.sendall(b"".join(map(_client_frame, again)) * 60)
    return raw


def _client_frame(message: dict[str, Any]) -> bytes:
    text = json.dumps(message).encode()
    size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + text


async def _close_code_of(raw: socket.socket) -> int:
    """Read everything that is left; the code in the close frame at its end."""

    def read() -> int:
        raw.settimeout(10)
        tail = b""
        try:
            while data := raw.recv(65536):
                tail = (tail + data)[-200:]
        except TimeoutError:
            pass
        at = tail.rfind(b"\x88")
        return int.from_bytes(tail[at + 2 : at + 4], "big")

    return await asyncio.to_thread(read)


def test_floods_are_closed(tight: Venue) -> None:
    async def scenario(text: str) -> int | None:
        async with tight.raw() as connection:
            try:
                for _ in range(1_000):
                    await connection.send(text)
            except ConnectionClosed:
                pass
            return await closed_with(connection)

    assert run(scenario('{"op":"ping"}')) == 4029
    assert run(scenario("nonsense")) == 4029


def test_a_flood_of_orders_is_closed(tight: Venue) -> None:
    async def scenario() -> int | None:
        async with tight.raw() as connection:
            await request(connection, "auth", token=await tight.token("alice"))
            order = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "price": "1", "quantity": "1"}
            text = json.dumps({"op": "order.batch", "orders": [order] * 100})
            try:
                for _ in range(400):
                    await connection.send(text)
            except ConnectionClosed:
                pass
            return await closed_with(connection)

    assert run(scenario()) == 4029


def test_too_many_orders_in_flight_only_wait(tight: Venue) -> None:
    async def scenario() -> None:
        async with tight.client("bob", timeout_s=30) as bob:
            await bob.cancel_all()
            orders = [bob.place_order("AAPL", "buy", price="90", quantity="1") for _ in range(1_000)]
            assert len(await asyncio.gather(*orders)) == 1_000

    run(scenario())


def test_each_order_of_a_batch_counts_as_in_flight(tight: Venue) -> None:
    """With its engine standing still, a connection is not read beyond 64 orders, however they came."""
    order = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "price": "90", "quantity": "1"}

    async def scenario() -> None:
        token = await tight.token("carol")
        async with tight.raw() as connection:
            assert (await request(connection, "auth", token=token))["ok"]
            tight.engine.send_signal(signal.SIGSTOP)
            try:
                await connection.send(json.dumps({"op": "order.batch", "id": 1, "orders": [order] * 70}))
                await connection.send(json.dumps({"op": "ping", "id": 2}))
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(connection.recv(), 0.5)
            finally:
                tight.engine.send_signal(signal.SIGCONT)
            replies = [json.loads(await connection.recv())["id"] for _ in range(2)]
            assert replies == [1, 2]
            assert (await request(connection, "orders.cancel_all"))["canceled"] >= 70

    run(scenario())


def test_subscriptions_are_limited(tight: Venue) -> None:
    async def scenario() -> None:
        async with tight.raw() as connection:
            symbols = ["AAPL", "BTC-KRW", "ETH-KRW"]
            reply = await request(connection, "subscribe", channels=["book", "trades"], symbols=symbols)
            assert (reply["error"], reply["details"]["maximum"]) == ("TOO_MANY_SUBSCRIPTIONS", 4)
            assert (await request(connection, "subscribe", channels=["book"], symbols=symbols))["ok"]
            # The same again is no further subscription.
            assert (await request(connection, "subscribe", channels=["book"], symbols=symbols))["ok"]

    run(scenario())


def test_a_message_that_is_too_long_closes(tight: Venue) -> None:
    async def scenario() -> int | None:
        async with tight.raw() as connection:
            await connection.send('{"op":"ping","id":"%s"}' % ("x" * 40_000))
            return await closed_with(connection)

    assert run(scenario()) == 1009


@pytest.mark.attack("W5")
def test_the_largest_message_is_as_large_as_stated(tight: Venue) -> None:
    """A kibibyte an open order is enough, whatever the order says of itself (docs/websocket.md)."""
    orders = [
        {
            "symbol": "AAPL",
            "side": "sell",
            "order_type": "stop_limit",
            "quantity": "1000",
            "price": "100000",
            "trigger_price": "1",
            "trigger_source": "quote",
            "stp": "cancel_oldest",
            "time_in_force": "gtd",
            "expire_at": 4 * 10**12,
            "cancel_on_disconnect": True,
            "client_order_id": f"{number:0>36}",
        }
        for number in range(60)
    ]

    async def scenario() -> None:
        async with tight.raw() as connection:
            assert (await request(connection, "auth", token=await tight.token("carol")))["ok"]
            reply = await request(connection, "order.batch", orders=orders)
            assert [result.get("error") for result in reply["results"]] == [None] * 60
            await request(connection, "subscribe", channels=["orders"])
            while True:
                text = await connection.recv()
                if json.loads(text)["type"] == "orders_snapshot":
                    break
            assert len(json.loads(text)["orders"]) >= 60
            assert len(text) <= len(json.loads(text)["orders"]) * 1024

    run(scenario())


def test_what_is_not_there_is_said(tight: Venue) -> None:
    async def scenario() -> None:
        async with tight.raw() as connection:
            reply = await request(connection, "order.dance")
            assert (reply["error"], reply["status"]) == ("UNKNOWN_OP", 400)
            assert reply.keys() == {"type", "id", "ok", "error", "message", "details", "status"}
            reply = await request(connection, "subscribe", channels=["rumours"], symbols=["AAPL"])
            assert (reply["error"], reply["status"]) == ("CHANNEL_NOT_FOUND", 404)

    run(scenario())


def test_connections_of_an_account_are_limited(tight: Venue) -> None:
    async def scenario() -> None:
        token = await tight.token("carol")
        connections = [tight.raw() for _ in range(4)]
        opened = [await connection.__aenter__() for connection in connections]
        replies = [await request(connection, "auth", token=token) for connection in opened]
        assert [reply.get("error") for reply in replies] == [None, None, None, "TOO_MANY_CONNECTIONS"]
        await connections[0].__aexit__(None, None, None)
        # The server hears of it a moment later.
        while not (await request(opened[3], "auth", token=token))["ok"]:
            await asyncio.sleep(0.1)
        for connection in connections[1:]:
            await connection.__aexit__(None, None, None)

    run(scenario())


def test_connections_from_an_address_are_limited(tight: Venue) -> None:
    async def scenario() -> None:
        connections = [tight.raw() for _ in range(12)]
        for connection in connections:
            await connection.__aenter__()
        with pytest.raises(InvalidStatus) as refused:
            await tight.raw().__aenter__()
        assert refused.value.response.status_code == 429
        assert json.loads(refused.value.response.body)["error"] == "TOO_MANY_CONNECTIONS"
        for connection in connections:
            await connection.__aexit__(None, None, None)
        while not await _may_connect(tight):
            await asyncio.sleep(0.1)

    run(scenario())


async def _may_connect(venue: Venue) -> bool:
    try:
        async with venue.raw() as connection:
            return bool((await request(connection, "ping"))["ok"])
    except InvalidStatus:
        return False


def test_what_is_pushed_first_is_a_snapshot(tight: Venue) -> None:
    async def scenario() -> None:
        async with tight.raw() as connection:
            await request(connection, "subscribe", channels=["trades"], symbols=["AAPL"])
            snapshot = await next_push(connection, "trades_snapshot")
            assert snapshot["prev_sequence"] is None

    run(scenario())
