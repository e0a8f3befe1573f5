"""The private channels of accounts: orders, fills and balances of whoever is connected here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from exchange.engine.messages import EV_BALANCE
from exchange.feeds.limits import Limits
from exchange.feeds.topic import Reader, Topic
from exchange.symbols import SymbolTable
from exchange.wire import balance_dict, fill_dict, order_dict
from exchange.worker.client import AsyncEngineClient
from exchange.worker.errors import EngineError

logger = logging.getLogger(__name__)

ORDERS: Final = "orders"
FILLS: Final = "fills"
BALANCES: Final = "balances"
PRIVATE_CHANNELS: Final = (ORDERS, FILLS, BALANCES)
#: Pause before the snapshots owed to readers are asked for again.
_RETRY_S: Final = 0.5

Event = Sequence[Any]
Body = dict[str, Any]


class AccountTopics:
    """Topics of an account that has (or just had) readers here.

    What one command brings is collected by ``add`` and published by ``commit``, so that messages which
    share a sequence know how many they are.
    """

    def __init__(self, account: int, sequence: int, time_ms: int, remember: int) -> None:
        self.account = account
        self.topics = {name: Topic(name, None, sequence, remember) for name in PRIVATE_CHANNELS}
        for topic in self.topics.values():
            topic.timestamp_ms = time_ms
        #: Readers that get nothing until a fresh snapshot has been fetched for them.
        self.owed: dict[str, dict[Reader, None]] = {name: {} for name in PRIVATE_CHANNELS}
        self._collected: dict[str, list[Body]] = {}

    @property
    def has_readers(self) -> bool:
        return any(topic.readers for topic in self.topics.values()) or any(self.owed.values())

    def add(self, channel: str, body: Body) -> None:
        self._collected.setdefault(channel, []).append(body)

    def commit(self, sequence: int, time_ms: int) -> None:
        collected, self._collected = self._collected, {}
        for channel, bodies in collected.items():
            self.topics[channel].publish(sequence, time_ms, bodies)

    def restart(self, sequence: int, time_ms: int) -> None:
        """Events before ``sequence`` may have been missed: every reader is owed a snapshot."""
        for name, topic in self.topics.items():
            topic.restart(sequence, time_ms)
            self.owed[name].update(topic.readers)
            topic.readers.clear()

    def leave(self, channel: str, reader: Reader) -> None:
        self.topics[channel].readers.pop(reader, None)
        self.owed[channel].pop(reader, None)


class AccountFeeds:
    """The accounts of this process' hub."""

    def __init__(
        self,
        client: AsyncEngineClient,
        symbols: SymbolTable,
        limits: Limits,
        wait_sequence: Callable[[int], Awaitable[None]],
    ) -> None:
        self._client = client
        self._symbols = symbols
        self._limits = limits
        self._wait_sequence = wait_sequence
        self._accounts: dict[int, AccountTopics] = {}
        self._touched: dict[int, AccountTopics] = {}
        self._sequence = 0
        self._time_ms = 0
        self._loop = asyncio.get_running_loop()
        self._paying: asyncio.Task[None] | None = None

    def stop(self) -> None:
        if self._paying is not None:
            self._paying.cancel()

    @property
    def are_read(self) -> bool:
        """Whether events of any account are to be told to anybody."""
        return bool(self._accounts)

    # --- events --------------------------------------------------------------------------------------

    def on_order(self, event: Event) -> None:
        topics = self._accounts.get(event[2])
        if topics is not None:
            self._touched[event[2]] = topics
            topics.add(ORDERS, {"type": "order", **order_dict(event, self._symbols.get(event[4]))})

    def on_trade(self, event: Event, now_ns: int) -> None:
        for is_taker, account in ((True, event[8]), (False, event[13])):
            topics = self._accounts.get(account)
            if topics is not None:
                self._touched[account] = topics
                body = fill_dict(event, self._symbols.get(event[2]), is_taker=is_taker, time_ns=now_ns)
                topics.add(FILLS, {"type": "fill", **body})

    def on_balance(self, event: Event) -> None:
        topics = self._accounts.get(event[1])
        if topics is not None:
            self._touched[event[1]] = topics
            body = balance_dict(event, self._symbols.asset_scale(event[2]))
            topics.add(BALANCES, {"type": "balance", **body})

    def commit(self, sequence: int, time_ms: int) -> None:
        """The events of one command are complete."""
        self._sequence, self._time_ms = sequence, time_ms
        if self._touched:
            touched, self._touched = self._touched, {}
            for topics in touched.values():
                topics.commit(sequence, time_ms)

    def restart(self, sequence: int, time_ms: int) -> None:
        """Events were missed: start every topic anew, and pay its readers a snapshot each."""
        self._sequence, self._time_ms = sequence, time_ms
        self._touched.clear()
        for topics in self._accounts.values():
            topics.restart(sequence, time_ms)
        self._pay()

    # --- readers -------------------------------------------------------------------------------------

    def topic(self, account: int, channel: str) -> Topic:
        return self._topics_of(account).topics[channel]

    async def snapshot(self, account: int, channel: str) -> Callable[[Reader], None]:
        """Fetch what a private channel starts with. The returned call sends it and joins the reader; it
        may come later. Raises EngineError."""
        while True:
            # From here on what happens is remembered, so that nothing falls between the answer and the join.
            self._topics_of(account)
            as_of, rows = await self._rows(account, channel)
            await self._wait_sequence(as_of)
            if self.topic(account, channel).can_resume(as_of):
                break
            # So much happened meanwhile that what followed the answer is forgotten: ask again.

        def send(reader: Reader) -> None:
            # The account may have been forgotten here and begun anew since the answer came.
            topics = self._topics_of(account)
            topic = topics.topics[channel]
            if not topic.can_resume(as_of):
                self._owe(topics, channel, reader)
                return
            later = topic.after(as_of)
            at = later[0].prev_sequence if later else topic.sequence
            reader.send(topic.snapshot({"type": f"{channel}_snapshot", channel: rows}, at))
            self.replay(topic, as_of, reader)

        return send

    def resume(self, account: int, channel: str, since: int, reader: Reader) -> None:
        """Go on after ``since``, or from a fresh snapshot if that is no longer remembered."""
        topics = self._topics_of(account)
        topic = topics.topics[channel]
        if topic.can_resume(since):
            self.replay(topic, since, reader)
        else:
            self._owe(topics, channel, reader)

    def _owe(self, topics: AccountTopics, channel: str, reader: Reader) -> None:
        topics.owed[channel][reader] = None
        self._pay()

    def replay(self, topic: Topic, since: int, reader: Reader) -> None:
        """Send what came after ``since`` and join the reader."""
        for remembered in topic.after(since):
            reader.send(remembered.packet)
        topic.readers[reader] = None

    def leave(self, account: int, channel: str, reader: Reader) -> None:
        topics = self._accounts.get(account)
        if topics is None:
            return
        topics.leave(channel, reader)
        if not topics.has_readers:
            self._loop.call_later(self._limits.account_linger_s, self._forget, topics)

    def _topics_of(self, account: int) -> AccountTopics:
        topics = self._accounts.get(account)
        if topics is None:
            remember = self._limits.replay_messages_per_account
            topics = AccountTopics(account, self._sequence, self._time_ms, remember)
            self._accounts[account] = topics
            # Should nobody join in the end, it goes like one that everybody left.
            self._loop.call_later(self._limits.account_linger_s, self._forget, topics)
        return topics

    def _forget(self, topics: AccountTopics) -> None:
        if not topics.has_readers and self._accounts.get(topics.account) is topics:
            del self._accounts[topics.account]

    async def _rows(self, account: int, channel: str) -> tuple[int, list[Body]]:
        """What a channel's snapshot holds, and the sequence it is true at. Fills are history: REST has
        them, and the snapshot only marks the start."""
        if channel == FILLS:
            return self._sequence, []
        if channel == ORDERS:
            answer = await self._client.query("open_orders", account, None)
            return answer.sequence, [order_dict(row, self._symbols.get(row[4])) for row in answer.value]
        answer = await self._client.query("balances", account)
        scale = self._symbols.asset_scale
        rows = [balance_dict((EV_BALANCE, account, *row), scale(row[0])) for row in answer.value]
        return answer.sequence, rows

    def _pay(self) -> None:
        if self._paying is None or self._paying.done():
            self._paying = self._loop.create_task(self._pay_snapshots())

    def _owing(self) -> list[tuple[AccountTopics, str]]:
        return [
            (topics, name)
            for topics in self._accounts.values()
            for name in PRIVATE_CHANNELS
            if topics.owed[name]
        ]

    async def _pay_snapshots(self) -> None:
        """Until every owed reader has its snapshot, through further engine restarts."""
        while owing := self._owing():
            for topics, channel in owing:
                try:
                    send = await self.snapshot(topics.account, channel)
                except EngineError as error:
                    logger.info("account %s waits for its snapshot: %s", topics.account, error)
                    await asyncio.sleep(_RETRY_S)
                    break
                readers, topics.owed[channel] = topics.owed[channel], {}
                for reader in readers:
                    send(reader)
