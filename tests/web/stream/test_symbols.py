"""The terms and status of a symbol, live: the same as REST says, each change once, in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.protocol import Hello
from exchange.listing import catalog
from exchange.listing.symbol_table import symbols as process_symbols
from tests.web.stream.venue import Venue, next_push, request, run
from web.live.hub import Hub
from web.live.packet import Packet
from web.live.socket_limits import Limits

ENVELOPE = ("type", "channel", "sequence", "prev_sequence", "timestamp")


def without_envelope(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in ENVELOPE}


def test_a_change_of_status_reaches_its_readers_as_rest_says_it(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.raw() as raw, venue.client() as client:
            updates = await client.symbol_updates("AAPL")
            await request(raw, "subscribe", channels=["symbols"], symbols=["AAPL"])
            first = await next_push(raw, "symbol")
            assert (first["channel"], first["symbol"], first["prev_sequence"]) == ("symbols", "AAPL", None)
            assert (await anext(updates))["status"] == "trading"
            last = first["sequence"]
            for status, reason in ((m.HALTED, "drill"), (m.CANCEL_ONLY, ""), (m.TRADING, "")):
                await asyncio.to_thread(
                    venue.submit, m.set_symbol_status(venue.next_id(), "AAPL", status, reason)
                )
                push = await next_push(raw, "symbol")
                [entry] = [entry for entry in await client.get_symbols() if entry["symbol"] == "AAPL"]
                assert without_envelope(push) == entry
                assert (push["status"], push["status_reason"]) == (m.SYMBOL_STATUSES[status], reason or None)
                assert push["prev_sequence"] == last < push["sequence"]
                assert (await anext(updates))["status"] == push["status"]
                last = push["sequence"]
            reply = await request(raw, "unsubscribe", channels=["symbols"], symbols=["AAPL"])
            assert reply["unsubscribed"] == [{"channel": "symbols", "symbol": "AAPL"}]

    run(scenario())


def test_a_reader_that_was_away_gets_the_changes_it_missed(venue: Venue) -> None:
    async def scenario() -> None:
        names = {"channels": ["symbols"], "symbols": ["ETH-KRW"]}
        async with venue.raw() as raw:
            await request(raw, "subscribe", **names)
            since = (await next_push(raw, "symbol"))["sequence"]
        for status in (m.CANCEL_ONLY, m.TRADING):
            await asyncio.to_thread(venue.submit, m.set_symbol_status(venue.next_id(), "ETH-KRW", status, ""))
        async with venue.raw() as raw:
            reply = await request(raw, "subscribe", **names, since=since)
            assert reply["subscribed"][0]["resumed"] is True
            seen = [await next_push(raw, "symbol") for _ in range(2)]
            assert [message["status"] for message in seen] == ["cancel_only", "trading"]

    run(scenario())


class EngineLine:
    """The engine's end of the hub's subscription, driven by the test."""

    on_hello: Callable[[Hello], None]

    def subscribe(self, on_hello: Callable[[Hello], None], _on_batch: Any, _on_lost: Any) -> None:
        self.on_hello = on_hello


class Inbox:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def push(self, packet: Packet) -> None:
        self.messages.append(json.loads(packet.text))

    send = push


def test_what_happened_while_the_engine_was_away_starts_the_topic_anew() -> None:
    """Commands that no batch brought: readers are told where the symbol stands now."""
    engine, line, inbox = Engine(), EngineLine(), Inbox()

    def hello() -> Hello:
        return Hello(
            sequence=engine.sequence,
            now_ns=2,
            epoch=1,
            symbols=engine.symbols(),
            assets=engine.assets(),
            books={},
        )

    async def scenario() -> None:
        for command in catalog.setup_commands():
            engine.apply(command, 1)
        hub = Hub(line, [], Limits())  # type: ignore[arg-type]
        hub.start()
        line.on_hello(hello())
        hub.join(hub.topic("symbols", "AAPL"), inbox)
        line.on_hello(hello())
        assert [message["status"] for message in inbox.messages] == ["trading"]
        engine.apply(m.set_symbol_status("test:1", "AAPL", m.HALTED, "drill"), 2)
        line.on_hello(hello())
        await hub.stop()
        process_symbols.forget()

    asyncio.run(scenario())
    assert [(each["status"], each["prev_sequence"]) for each in inbox.messages] == [
        ("trading", None),
        ("halted", None),
    ]
    assert inbox.messages[-1]["sequence"] > inbox.messages[0]["sequence"]
