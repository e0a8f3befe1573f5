"""One bucket an account over all ways in, and snapshots that are paid for by their size."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.stream.venue import Venue, next_push, request, run

ORDER = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "price": "90", "quantity": "1"}
#: Refused before the engine sees it.
MALFORMED = {**ORDER, "price": "90.000001"}


@pytest.fixture(scope="module")
def metered() -> Iterator[Venue]:
    """Twelve orders an hour for each account but carol's."""
    venue = Venue(RATE_LIMIT_ORDERS="12/h", RATE_LIMIT_READS="60/h", RATE_LIMIT_ORDERS_ACCOUNTS="1003=400/h")
    yield venue
    venue.close()


def post(venue: Venue, path: str, token: str, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent = urllib.request.Request(f"{venue.url}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(sent, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


async def batch(connection: Any, orders: list[Any]) -> Any:
    return await request(connection, "order.batch", orders=orders)


@pytest.mark.attack("A8")
def test_every_way_in_charges_the_same_bucket(metered: Venue) -> None:
    async def scenario() -> None:
        token = await metered.token("alice")
        async with metered.raw() as first, metered.raw() as second:
            for connection in (first, second):
                await request(connection, "auth", token=token)
            assert (await batch(first, [ORDER] * 3))["ok"]
            assert (await batch(second, [ORDER] * 3))["ok"]
            for _ in range(2):
                # The first by the view, which has to look the token up; then by the lane.
                status, _body = await asyncio.to_thread(post, metered, "/v1/order", token, ORDER)
                assert status == 200
            # What is refused costs as much: two by their price, one that is no order at all.
            assert (await batch(second, [MALFORMED] * 2))["ok"]
            status, refused = await asyncio.to_thread(post, metered, "/v1/orders", token, {"orders": 5})
            assert (status, refused["error"]) == (400, "INVALID_FIELD")
            assert (await request(first, "order.place", **ORDER))["ok"]
            for connection in (first, second):
                reply = await request(connection, "order.place", **ORDER)
                assert (reply["error"], reply["status"]) == ("RATE_LIMITED", 429)
                assert 0 < reply["details"]["retry_after_s"] <= 3_600
            status, refused = await asyncio.to_thread(post, metered, "/v1/order", token, ORDER)
            assert (status, refused["error"]) == (429, "RATE_LIMITED")

    run(scenario())


def test_one_account_may_be_given_more(metered: Venue) -> None:
    async def scenario() -> None:
        async with metered.raw() as connection:
            await request(connection, "auth", token=await metered.token("carol"))
            reply = await batch(connection, [ORDER] * 50)
            assert all("order" in result for result in reply["results"])

    run(scenario())


@pytest.mark.attack("A7")
def test_a_private_snapshot_costs_by_its_size_and_is_made_once(metered: Venue) -> None:
    async def scenario() -> None:
        async with metered.raw() as first, metered.raw() as second, metered.raw() as third:
            token = await metered.token("carol")
            for connection in (first, second, third):
                await request(connection, "auth", token=token)
            assert (await request(first, "orders.cancel_all"))["ok"]
            for _ in range(4):
                await batch(first, [ORDER] * 50)
            snapshots = []
            # 200 orders: 5 each of the hour's 60.
            for connection in (first, second):
                assert (await request(connection, "subscribe", channels=["orders"]))["ok"]
                snapshots.append(await next_push(connection, "orders_snapshot"))
            assert snapshots[0] == snapshots[1] and len(snapshots[0]["orders"]) == 200
            refusals = 0
            for _ in range(11):
                await request(third, "unsubscribe", channels=["orders"])
                reply = await request(third, "subscribe", channels=["orders"])
                refusals += reply.get("error") == "RATE_LIMITED"
            assert refusals == 1, "2 + 10 snapshots cost 60"

    run(scenario())


@pytest.mark.attack("A7")
def test_a_topic_that_is_read_is_not_subscribed_to_again_and_again(metered: Venue) -> None:
    async def scenario() -> None:
        async with metered.raw() as connection:
            topic = {"channels": ["book"], "symbols": ["AAPL"]}
            replies = [await request(connection, "subscribe", **topic) for _ in range(3)]
            assert [reply.get("error") for reply in replies] == [None, None, "RATE_LIMITED"]
            assert replies[2]["details"] == {"channel": "book", "symbol": "AAPL", "retry_after_s": 1}
            assert (await request(connection, "subscribe", channels=["trades"], symbols=["AAPL"]))["ok"]
            await asyncio.sleep(1.05)
            assert (await request(connection, "subscribe", **topic))["ok"]

    run(scenario())


def test_a_client_can_pace_itself(metered: Venue) -> None:
    """What the log-in says, what ``limits`` says after orders over both ways, and what a refusal says."""

    async def scenario() -> None:
        token = await metered.token("bob")
        async with metered.raw() as connection:
            nobody = await request(connection, "limits")
            assert (nobody["ok"], nobody["limits"]) == (True, [])
            begun = await request(connection, "auth", token=token)
            orders, reads = begun["limits"]
            assert (orders["name"], orders["limit"], orders["window_s"]) == ("orders", 12, 3_600)
            assert (orders["remaining"], reads["name"]) == (12, "reads")
            assert 0 < orders["reset_s"] <= 3_600
            assert (await batch(connection, [ORDER] * 4))["ok"]
            status, _body = await asyncio.to_thread(post, metered, "/v1/order", token, ORDER)
            assert status == 200
            now = await request(connection, "limits")
            assert now["limits"][0]["remaining"] == 7
            canceled = await request(connection, "orders.cancel_all")
            assert not canceled["ok"], "it weighs ten, and seven are left"
            assert abs(canceled["details"]["retry_after_s"] - now["limits"][0]["reset_s"]) <= 2
            after = await request(connection, "limits")
            assert after["limits"][0]["remaining"] == 0

    run(scenario())
