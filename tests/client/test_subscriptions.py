"""Topics are subscribed to once for each time they are needed: the exchange refuses who asks for more."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.client.fake import Json, run
from xtrader_client._subscriptions import Subscriptions
from xtrader_client._topics import Message, Reader, TopicKey

ORDERS = TopicKey("orders", None)


class Mirror(Reader):
    """A reader that begins with the whole state."""

    needs_snapshot = True

    def __init__(self) -> None:
        self.snapshots = 0

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        self.snapshots += is_snapshot


class Exchange:
    """Answers each subscription at once, with a snapshot behind the answer."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.ready = asyncio.Event()
        self.subscriptions = Subscriptions(self._query, lambda _chore: None, self._wait)

    async def _wait(self) -> None:
        await self.ready.wait()

    async def _query(self, op: str, fields: Json) -> Json:
        assert op == "subscribe"
        self.asked.append(fields)
        resumed = "since" in fields
        entries = [{"channel": channel, "resumed": resumed} for channel in fields["channels"]]
        self.subscriptions.note_subscribed({"subscribed": entries})
        for channel in fields["channels"]:
            if not resumed:
                start: dict[str, Any] = {"channel": channel, "type": "orders_snapshot", "orders": []}
                self.subscriptions.deliver({**start, "sequence": 7, "prev_sequence": None})
        return {}


def test_who_joins_before_the_connection_is_there_is_subscribed_for_once() -> None:
    async def scenario() -> None:
        exchange, mirror = Exchange(), Mirror()
        following = asyncio.create_task(exchange.subscriptions.follow(ORDERS, mirror))
        await asyncio.sleep(0)
        # The new connection takes up what is followed, then lets requests through.
        await exchange.subscriptions.restore()
        exchange.ready.set()
        await following
        assert exchange.asked == [{"channels": ["orders"]}]
        assert mirror.snapshots == 1

    run(scenario())


def test_who_joins_later_gets_a_snapshot_and_a_lost_topic_is_resumed() -> None:
    async def scenario() -> None:
        exchange, first, second = Exchange(), Mirror(), Mirror()
        exchange.ready.set()
        await exchange.subscriptions.follow(ORDERS, first)
        await exchange.subscriptions.follow(ORDERS, second)
        assert (first.snapshots, second.snapshots) == (2, 1)
        exchange.subscriptions.lose()
        await exchange.subscriptions.restore()
        assert exchange.asked == [{"channels": ["orders"]}] * 2 + [{"channels": ["orders"], "since": 7}]

    run(scenario())
