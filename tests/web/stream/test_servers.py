"""The same application under the development server, and beside the market data worker."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.web.stream.venue import Venue, free_port, next_push, request, run
from xtrader_client import Client


@pytest.fixture
def daphne(venue: Venue) -> Iterator[Venue]:
    """The shared exchange, served by daphne instead."""
    port = free_port()
    process = venue._start("-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "xtrader.asgi:application")
    before = venue.port, venue.url
    venue.port, venue.url = port, f"http://127.0.0.1:{port}"
    try:
        venue.wait_web()
        yield venue
    finally:
        venue.port, venue.url = before
        process.kill()
        process.wait()


def test_daphne_serves_the_same(daphne: Venue) -> None:
    async def scenario() -> None:
        async with daphne.client("alice") as alice, daphne.client("bob") as bob, daphne.raw() as raw:
            book = await bob.book("AAPL")
            await alice.place_order("AAPL", "buy", price="100", quantity="3")
            while not book.bids():
                await book.wait_changed(5)
            placed = await bob.place_order("AAPL", "sell", price="100", quantity="1")
            assert placed.order.status == "filled"
            assert (await request(raw, "auth", token="bad"))["error"] == "INVALID_TOKEN"
            await raw.wait_closed()
            assert raw.close_code == 4001

    run(scenario())


def test_uvicorn_is_pinged_by_frames(venue: Venue) -> None:
    """The application has taken the connection over: any other server would get ping messages."""

    async def scenario() -> None:
        async with venue.raw(ping_interval=None) as connection:
            pings: list[bytes] = []
            answer = connection.protocol.recv_frame

            def note(frame: Frame) -> None:
                if frame.opcode is Opcode.PING:
                    pings.append(bytes(frame.data))
                answer(frame)

            connection.protocol.recv_frame = note
            await asyncio.sleep(21.5)
            assert len(pings) == 1
            assert (await request(connection, "ping"))["ok"]

    run(scenario())


def test_candles_and_statistics_are_relayed(venue: Venue) -> None:
    async def scenario() -> None:
        process = venue._start("manage.py", "runmarketdata")
        try:
            async with venue.client("alice") as alice, venue.client("bob") as bob, venue.raw() as raw:
                names = {"channels": ["statistics", "klines:1m", "klines:1w"], "symbols": ["AAPL"]}
                reply = await request(raw, "subscribe", **names)
                assert reply["ok"], reply
                await alice.place_order("AAPL", "sell", price="123.45", quantity="3")
                await bob.place_order("AAPL", "buy", price="123.45", quantity="2")
                deadline = time.monotonic() + 25
                seen: dict[str, str] = {}
                while len(seen) < 3 and time.monotonic() < deadline:
                    message = json.loads(await raw.recv())
                    if message["type"] == "statistics" and message["last_price"] == "123.45":
                        seen["statistics"] = message["channel"]
                    if message["type"] == "kline" and message["candle"]["close"] == "123.45":
                        seen[message["channel"]] = message["type"]
                assert seen == {"statistics": "statistics", "klines:1m": "kline", "klines:1w": "kline"}
                await all_symbols_by_one_topic(raw, alice)
                updates = await alice.klines("AAPL", "1m")
                candle = await asyncio.wait_for(anext(updates), 5)
                assert (candle.symbol, candle.interval) == ("AAPL", "1m")
        finally:
            process.terminate()
            process.wait(10)

    run(scenario())


async def all_symbols_by_one_topic(raw: Any, alice: Client) -> None:
    reply = await request(raw, "subscribe", channels=["statistics:all"])
    assert reply["subscribed"] == [{"channel": "statistics:all", "resumed": False}]
    figures = (await next_push(raw, "statistics_snapshot"))["statistics"]
    by_rest = {ticker.symbol: ticker for ticker in await alice.get_tickers()}
    assert {row["symbol"] for row in figures} == by_rest.keys()
    assert next(row for row in figures if row["symbol"] == "AAPL")["last_price"] == "123.45"
    # A second reader of one client begins with all of them too.
    first, second = await alice.all_tickers(), await alice.all_tickers()
    for updates in (first, second):
        seen = {(await anext(updates)).symbol for _ in by_rest}
        assert seen == by_rest.keys()
    refused = await request(raw, "subscribe", channels=["statistics:all", "trades"])
    assert (refused["error"], refused["details"]["field"]) == ("MISSING_FIELD", "symbols")
    reply = await request(raw, "unsubscribe", channels=["statistics:all"])
    assert [entry["channel"] for entry in reply["unsubscribed"]] == ["statistics:all"]


def test_what_was_said_last_is_said_first(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.raw() as raw:
            await request(raw, "subscribe", channels=["book"], symbols=["BTC-KRW"])
            snapshot = await next_push(raw, "book_snapshot")
            assert snapshot["channel"] == "book"

    run(scenario())
