"""Readers of private channels through restarts of the engine: after a hole comes a fresh snapshot."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest

from exchange.link.errors import EngineUnavailable
from exchange.link.protocol import Answer
from exchange.listing.symbol_table import SymbolTable
from web.live import account_topics
from web.live.account_topics import PRIVATE_CHANNELS, AccountFeeds
from web.live.packet import Packet
from web.live.socket_limits import Limits

ALICE = 1000


class Engine:
    """Answers queries as of a sequence; unavailable as often as it is told."""

    def __init__(self) -> None:
        self.sequence = 10
        self.failures = 0

    async def query(self, kind: str, *arguments: Any) -> Answer:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise EngineUnavailable("restarting")
        return Answer(self.sequence, ())


class Reader:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def push(self, packet: Packet) -> None:
        self.messages.append(json.loads(packet.text))

    send = push


async def joined(engine: Engine) -> tuple[AccountFeeds, dict[str, Reader]]:
    """Feeds with a reader of each private channel of alice."""

    async def known(_: int) -> None:
        """What the answers speak of has come by the feed."""

    feeds = AccountFeeds(engine, SymbolTable(), Limits(), known)  # type: ignore[arg-type]
    feeds.restart(engine.sequence, 1)
    readers = {name: Reader() for name in PRIVATE_CHANNELS}
    for name, reader in readers.items():
        (await feeds.snapshot(ALICE, name))(reader)
    return feeds, readers


async def settle(feeds: AccountFeeds) -> None:
    if feeds._paying is not None:
        await asyncio.wait_for(feeds._paying, 5)


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_a_reader_gets_a_snapshot_after_events_were_missed(
    monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(account_topics, "_RETRY_S", 0)

    async def scenario() -> None:
        engine = Engine()
        feeds, readers = await joined(engine)
        feeds.add(ALICE, "orders", {"type": "order", "order_id": "1"})
        feeds.commit(11, 2)
        # The engine was restarted; what it did from 12 to 20 was not seen here.
        engine.sequence, engine.failures = 20, failures
        feeds.restart(20, 3)
        await settle(feeds)
        feeds.add(ALICE, "orders", {"type": "order", "order_id": "2"})
        feeds.add(ALICE, "fills", {"type": "fill"})
        feeds.add(ALICE, "balances", {"type": "balance"})
        feeds.commit(21, 4)
        for name, reader in readers.items():
            kinds = [(message["type"], message["sequence"]) for message in reader.messages]
            assert (f"{name}_snapshot", 20) in kinds, f"{name} went on with a hole: {kinds}"
            assert_chained(reader.messages)
            assert kinds[-1][1] == 21

    asyncio.run(scenario())


def test_nothing_is_pushed_between_a_restart_and_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens while the snapshot is on its way comes after it, once."""
    monkeypatch.setattr(account_topics, "_RETRY_S", 0)

    async def scenario() -> None:
        engine = Engine()
        feeds, readers = await joined(engine)
        engine.sequence, engine.failures = 20, 2
        feeds.restart(20, 3)
        for sequence in range(21, 26):
            for name in PRIVATE_CHANNELS:
                feeds.add(ALICE, name, {"type": name})
            feeds.commit(sequence, sequence)
            await asyncio.sleep(0)
        await settle(feeds)
        for reader in readers.values():
            assert_chained(reader.messages)
            assert reader.messages[-1]["sequence"] == 25

    asyncio.run(scenario())


def assert_chained(messages: list[dict[str, Any]]) -> None:
    """Each message follows the one before it, or starts anew."""
    for before, after in pairwise(messages):
        assert after["prev_sequence"] in (None, before["sequence"]), (before, after)
