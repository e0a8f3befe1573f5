"""An account with ten thousand open orders, and a deep book: no client has to take a long frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from websockets.asyncio.client import connect

from exchange.engine import messages as m
from exchange.listing import catalog
from tests.web.stream.venue import Venue, next_push, request, run
from web.live.parts import PART_BYTES
from xtrader_client import Client
from xtrader_client._parts import Parts
from xtrader_client._topics import TopicKey

#: Nearly as many as an account may have.
ORDERS = 9_900
ALICE = 1001
SYMBOL, PRICE = "BTC-KRW", 90_000_000_000
#: The longest frame that docs/websocket.md promises.
MOST_BYTES = 512 * 1024


@pytest.fixture(scope="module")
def crowded() -> Iterator[Venue]:
    venue = Venue(RATE_LIMIT_READS="100000/s")
    try:
        terms = next(terms for terms in catalog.SYMBOLS if terms.symbol == SYMBOL)
        venue.submit(replace(terms, max_open_orders=100_000).command(venue.next_id()))
        rest(venue)
        yield venue
    finally:
        venue.close()


def rest(venue: Venue) -> None:
    """Orders of alice at as many prices, whose texts are long."""
    orders = [
        m.place_order(
            venue.next_id(), ALICE, SYMBOL, m.SELL, price_ticks=PRICE + 1_000 * i, quantity_lots=1_234_567
        )
        for i in range(ORDERS)
    ]
    for start in range(0, ORDERS, 2_500):
        venue.submit(*orders[start : start + 2_500])


def open_orders(venue: Venue) -> set[str]:
    _, rows = venue.admin.query("open_orders", ALICE, None)
    return {str(row[1]) for row in rows}


async def change(client: Client, times: int) -> None:
    """Enter and cancel, one after the other."""
    for number in range(times):
        price = PRICE - 1_000 * (number + 1)
        placed = await client.place_order(SYMBOL, "sell", price=price, quantity=Decimal("0.5"))
        if number % 2:
            await client.cancel_order(placed.order.order_id)


def test_the_client_mirrors_every_order_while_they_change(crowded: Venue) -> None:
    async def scenario() -> None:
        async with crowded.client("alice", timeout_s=30) as trader, crowded.client("alice") as reader:
            changing = asyncio.create_task(change(trader, 60))
            account = await reader.account()
            assert len(account.open_orders) >= ORDERS
            # Once more while all goes on: the parts arrive among changes.
            topic = reader._socket._topics[TopicKey("orders", None)]
            for _ in range(3):
                topic.forget()
                await reader._socket._subscriptions._fetch_anew(topic)
                await account.wait_synced(20)
            await changing
            wanted = await asyncio.to_thread(open_orders, crowded)
            async with asyncio.timeout(20):
                while set(account.open_orders) != wanted:
                    await account.wait_changed()

    run(scenario())


def test_a_stock_client_takes_every_frame(crowded: Venue) -> None:
    """One that limits messages to 1 MiB, as the library does by itself."""

    async def scenario() -> None:
        token = await crowded.token("alice")
        async with connect(f"ws://127.0.0.1:{crowded.port}/ws", proxy=None) as stock:
            await request(stock, "auth", token=token)
            await request(stock, "subscribe", channels=["orders"])
            join, whole, sequence = Parts(), None, None
            while whole is None:
                text = await stock.recv()
                assert len(text) <= PART_BYTES
                part = json.loads(text)
                assert part["prev_sequence"] == sequence
                sequence = part["sequence"]
                whole = join.take(part)
            wanted = await asyncio.to_thread(open_orders, crowded)
            assert {order["order_id"] for order in whole["orders"]} == wanted
            await request(stock, "ping")

    run(scenario())


def test_a_deep_book_comes_in_parts(crowded: Venue) -> None:
    async def scenario() -> None:
        async with crowded.client("alice") as client, crowded.raw() as raw:
            book = await client.book(SYMBOL)
            _, _, asks = await asyncio.to_thread(crowded.depth, SYMBOL)
            assert len(book.asks()) == len(asks) >= ORDERS
            await request(raw, "subscribe", channels=["book"], symbols=[SYMBOL])
            first = await next_push(raw, "book_snapshot")
            assert first.get("parts", 1) > 1

    run(scenario())


def test_a_long_reply_comes_in_parts_and_so_does_a_change_of_the_whole_book(crowded: Venue) -> None:
    """The last test: it cancels them all."""

    async def scenario() -> None:
        async with crowded.client("alice", timeout_s=30) as client, crowded.raw() as raw:
            account, book = await client.account(), await client.book(SYMBOL)
            count = len(account.open_orders)
            await request(raw, "subscribe", channels=["book"], symbols=[SYMBOL])
            sizes: list[int] = []
            listening = asyncio.create_task(listen(raw, sizes))
            canceled = await client.cancel_orders()
            assert len(canceled.orders) == count
            async with asyncio.timeout(20):
                while account.open_orders or book.asks():
                    await asyncio.wait({asyncio.ensure_future(account.wait_changed(0.1))})
            assert book.resyncs == 0, "a change of the whole book is a new start, not a gap"
            listening.cancel()
            assert sizes and max(sizes) <= PART_BYTES < MOST_BYTES

    run(scenario())


async def listen(connection: Any, sizes: list[int]) -> None:
    async for text in connection:
        sizes.append(len(text))
