"""The client's book is the engine's book, proved by sequence and checksum, through gaps and restarts."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from decimal import Decimal
from typing import Any

from tests.web.stream.flow import trade
from tests.web.stream.venue import Venue, run
from xtrader_client import Client, NewOrder, OrderBook, Unavailable
from xtrader_client._topics import TopicKey

#: Decimals of prices and quantities of the symbols used here.
SCALES = {"ETH-KRW": (0, 8), "AAPL": (2, 0)}
MARKETS = {"ETH-KRW": {"middle": 3_000_000, "step": 1_000}, "AAPL": {"middle": 200, "step": 1}}


async def agree(venue: Venue, book: OrderBook, timeout_s: float = 10) -> None:
    """Wait until the client's book shows the engine's, level by level."""
    wanted = engine_levels(venue, book.symbol)
    async with asyncio.timeout(timeout_s):
        while not book.synced or (book.bids(), book.asks()) != wanted:
            await book.wait_changed()
        while True:
            try:
                by_rest = await checksum_by_rest(venue, book.symbol)
                break
            except Unavailable:
                # The web process may find a new engine later than the feed does.
                await asyncio.sleep(0.1)
    assert book.checksum() == by_rest


def engine_levels(venue: Venue, symbol: str) -> tuple[Any, Any]:
    price_scale, quantity_scale = SCALES[symbol]
    _, bids, asks = venue.depth(symbol)
    bid_levels, ask_levels = (
        [(Decimal(price).scaleb(-price_scale), Decimal(lots).scaleb(-quantity_scale)) for price, lots in side]
        for side in (bids, asks)
    )
    return bid_levels, ask_levels


async def checksum_by_rest(venue: Venue, symbol: str) -> int:
    async with venue.client() as client:
        return int((await client.get_orderbook(symbol, 10))["checksum"])


async def trade_everywhere(venue: Venue, alice: Client, bob: Client, orders: int, seed: int) -> None:
    await asyncio.gather(
        *(
            trade(client, symbol, seed + number, orders, **market)
            for number, client in enumerate((alice, bob))
            for symbol, market in MARKETS.items()
        )
    )


def test_two_books_follow_random_trading(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob, venue.client() as late:
            early = [await alice.book(symbol) for symbol in MARKETS]
            trading = asyncio.create_task(trade_everywhere(venue, alice, bob, 400, seed=1))
            await asyncio.sleep(0.1)
            books = early + [await late.book(symbol) for symbol in MARKETS]
            await trading
            # What is traded in a moment is one update: go on until each book has seen some.
            for seed in itertools.count(2):
                if min(book.updates for book in books) > 5:
                    break
                await trade_everywhere(venue, alice, bob, 20, seed)
            for book in books:
                await agree(venue, book)
                assert book.resyncs == 0

    run(scenario())


def test_a_lost_message_is_noticed_and_mended(venue: Venue) -> None:
    """Drop, repeat and damage messages on their way into the client."""

    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            book = await alice.book("AAPL")
            rng = random.Random(5)
            deliver = alice._socket._on_push
            spoiled = 0

            def spoil(message: dict[str, Any]) -> None:
                nonlocal spoiled
                # On a busy machine there may be few deltas: the first is always spoiled.
                if message["type"] == "book_delta" and (not spoiled or rng.random() < 0.2):
                    spoiled += 1
                    kind = rng.choice(("drop", "repeat", "damage"))
                    if kind == "drop":
                        return
                    if kind == "repeat":
                        deliver(message)
                    else:
                        message["checksum"] ^= 1
                deliver(message)

            alice._socket._on_push = spoil  # type: ignore[method-assign]
            await trade(bob, "AAPL", 7, 400, **MARKETS["AAPL"])
            alice._socket._on_push = deliver  # type: ignore[method-assign]
            # A loss shows with the message after it.
            await bob.place_order("AAPL", "buy", price="50", quantity="1")
            await agree(venue, book)
            assert spoiled > 0
            assert book.resyncs > 0

    run(scenario())


def test_a_short_absence_is_resumed_without_a_snapshot(venue: Venue) -> None:
    async def scenario() -> None:
        async with (
            venue.client("alice") as alice,
            venue.client("bob") as bob,
            venue.client("carol") as carol,
            venue.client() as steady,
        ):
            book, trades = await alice.book("AAPL"), await alice.trades("AAPL")
            steady_trades = await steady.trades("AAPL")
            snapshots = 0
            apply = book.apply_snapshot

            def count(message: Any) -> None:
                nonlocal snapshots
                snapshots += 1
                apply(message)

            book.apply_snapshot = count  # type: ignore[method-assign]
            seen: list[str] = []
            wanted: list[str] = []
            reading = asyncio.gather(_collect(trades, seen), _collect(steady_trades, wanted))
            for seed in range(5):
                connection = alice._socket._connection
                assert connection is not None
                connection.transport.abort()
                await trade(bob, "AAPL", seed, 60, **MARKETS["AAPL"])
                await agree(venue, book)
                await trade(carol, "AAPL", 50 + seed, 60, **MARKETS["AAPL"])
            async with asyncio.timeout(5):
                while len(seen) < len(wanted):
                    await asyncio.sleep(0.01)
            await asyncio.gather(trades.close(), steady_trades.close())
            await reading
            assert seen == wanted
            assert len(seen) > 20
            assert (snapshots, trades.gaps) == (0, 0)
            assert alice.connections > 1

    run(scenario())


async def _collect(trades: Any, seen: list[str]) -> None:
    async for one in trades:
        seen.append(one.execution_id)


def test_the_replay_is_exact(venue: Venue) -> None:
    """What a resumed subscription brings is what an unbroken one has seen, message by message."""

    async def scenario() -> None:
        async with (
            venue.client("alice") as alice,
            venue.client("bob") as bob,
            venue.raw() as unbroken,
            venue.raw() as resumed,
        ):
            names = {"channels": ["trades"], "symbols": ["AAPL"]}
            await unbroken.send(json.dumps({"op": "subscribe", "id": 1, **names}))
            await next_of_topics(unbroken)
            start = await next_of_topics(unbroken)
            await bob.place_orders([NewOrder("AAPL", "sell", price="200", quantity="2")] * 10)
            # Every buy takes from two orders: two trades with one sequence.
            for _ in range(5):
                await alice.place_order("AAPL", "buy", price="200", quantity="3")
                await alice.place_order("AAPL", "buy", price="200", quantity="1")
            first = [await next_of_topics(unbroken) for _ in range(15)]
            assert [message.get("parts", 1) for message in first[:3]] == [2, 2, 1]
            await resumed.send(
                json.dumps({"op": "subscribe", "id": 1, **names, "since": first[4]["sequence"]})
            )
            reply = await next_of_topics(resumed)
            assert reply["subscribed"][0]["resumed"] is True
            later = [message for message in first if message["sequence"] > first[4]["sequence"]]
            assert [await next_of_topics(resumed) for _ in later] == later
            assert first[0]["prev_sequence"] == start["sequence"]

    run(scenario())


async def next_of_topics(raw: Any) -> dict[str, Any]:
    """The next message of a topic; what the venue says of itself is passed over."""
    while (message := json.loads(await raw.recv()))["type"] == "venue":
        pass
    return dict(message)


def test_a_book_topic_key_is_forgotten_when_nobody_reads(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client() as client:
            trades = await client.trades("AAPL")
            await trades.close()
            assert TopicKey("trades", "AAPL") not in client._socket._topics
            assert [trade async for trade in trades] == []

    run(scenario())
