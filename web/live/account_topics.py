"""The private channels of accounts: orders, fills and balances of whoever is connected here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from msgspec import Raw

from exchange.engine.messages import EV_BALANCE
from exchange.link.async_client import AsyncEngineClient
from exchange.link.errors import EngineError
from exchange.listing.symbol_table import SymbolTable
from exchange.telemetry.logs import get_logger
from exchange.wire.rendering import render_balance, render_order
from web.live.packet import Packet
from web.live.parts import raw_of
from web.live.socket_limits import Limits
from web.live.step import BALANCES, FILLS, ORDERS
from web.live.topics import Body, Reader, Topic

logger = get_logger(__name__)

PRIVATE_CHANNELS: Final = (ORDERS, FILLS, BALANCES)
#: Pause before the snapshots owed to readers are asked for again.
_RETRY_S: Final = 0.5
#: Rows of a snapshot that are written in a turn of the loop.
_ROWS_A_TURN: Final = 200
#: A channel remembers a message for each so many rows of its snapshot: as much may happen while it is made.
_ROWS_A_REMEMBERED: Final = 4


class Snapshot(NamedTuple):
    """What a private channel starts with."""

    #: The sequence it is true at, and that of the channel's last message before it.
    as_of: int
    at: int
    rows: int
    packets: list[Packet]


class PrivateStart(NamedTuple):
    """How a reader begins: the size of what it gets first, and the call that sends it and joins the reader,
    which may come later."""

    rows: int
    send: Callable[[Reader], None]

    def __call__(self, reader: Reader) -> None:
        self.send(reader)


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
        #: What a channel starts with, for as long as nothing changes in it.
        self.snapshots: dict[str, Snapshot] = {}
        #: Snapshots that are being fetched; all who ask meanwhile have the same.
        self.fetching: dict[str, asyncio.Task[Snapshot]] = {}
        self._collected: dict[str, list[Body]] = {}

    def snapshot_now(self, channel: str) -> Snapshot | None:
        """What the channel starts with, if it is known and nothing has changed since."""
        kept, topic = self.snapshots.get(channel), self.topics[channel]
        if kept is None or kept.at != topic.sequence or not topic.can_resume(kept.as_of):
            return None
        return kept

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
            self.snapshots.pop(name, None)
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

    def __len__(self) -> int:
        """Accounts whose topics are kept."""
        return len(self._accounts)

    def stop(self) -> None:
        if self._paying is not None:
            self._paying.cancel()

    @property
    def read(self) -> Container[int]:
        """The accounts that are read here, now and later."""
        return self._accounts

    # --- events --------------------------------------------------------------------------------------

    def add(self, account: int, channel: str, body: Body) -> None:
        """A message for one that is read here."""
        topics = self._touched[account] = self._accounts[account]
        topics.add(channel, body)

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

    async def snapshot(self, account: int, channel: str) -> PrivateStart:
        """What a private channel starts with, encoded once for all who ask while it stays true. Raises
        EngineError."""
        while True:
            # From here on what happens is remembered, so that nothing falls between the answer and the join.
            topics = self._topics_of(account)
            kept = topics.snapshot_now(channel) or await self._fetched(topics, channel)
            if self.topic(account, channel).can_resume(kept.as_of):
                return PrivateStart(kept.rows, partial(self._send_snapshot, account, channel, kept))
            # So much happened meanwhile that what followed the answer is forgotten: ask again.

    def _send_snapshot(self, account: int, channel: str, kept: Snapshot, reader: Reader) -> None:
        # The account may have been forgotten here and begun anew since the answer came.
        topics = self._topics_of(account)
        topic = topics.topics[channel]
        if not topic.can_resume(kept.as_of):
            self._owe(topics, channel, reader)
            return
        for packet in kept.packets:
            reader.send(packet)
        self.replay(topic, kept.as_of, reader)

    async def _fetched(self, topics: AccountTopics, channel: str) -> Snapshot:
        """A fresh snapshot; one fetch serves all who ask while it is under way."""
        task = topics.fetching.get(channel)
        if task is None:
            task = topics.fetching[channel] = self._loop.create_task(self._fetch(topics, channel))
            task.add_done_callback(partial(_fetched, topics, channel))
        return await asyncio.shield(task)

    async def _fetch(self, topics: AccountTopics, channel: str) -> Snapshot:
        as_of, rows = await self._rows(topics.account, channel)
        await self._wait_sequence(as_of)
        topic = topics.topics[channel]
        later = topic.after(as_of)
        at = later[0].prev_sequence if later else topic.sequence
        topic.remember_at_least(len(rows) // _ROWS_A_REMEMBERED)
        packets = topic.snapshot({"type": f"{channel}_snapshot", channel: rows}, at)
        kept = topics.snapshots[channel] = Snapshot(as_of, at, len(rows), packets)
        return kept

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

    async def _rows(self, account: int, channel: str) -> tuple[int, list[Raw]]:
        """What a channel's snapshot holds, and the sequence it is true at. Fills are history: REST has
        them, and the snapshot only marks the start."""
        if channel == FILLS:
            return self._sequence, []
        if channel == ORDERS:
            answer = await self._client.query("open_orders", account, None)
            # The table may change between the turns in which the rows are written.
            specs = {name: self._symbols.get(name) for name in {row[4] for row in answer.value}}
            return answer.sequence, await _written(answer.value, lambda row: render_order(row, specs[row[4]]))
        answer = await self._client.query("balances", account)
        scales = {row[0]: self._symbols.asset_scale(row[0]) for row in answer.value}
        return answer.sequence, await _written(
            answer.value, lambda row: render_balance((EV_BALANCE, account, *row), scales[row[0]])
        )

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
                    start = await self.snapshot(topics.account, channel)
                except EngineError as error:
                    logger.info(
                        "account_waits_for_snapshot",
                        account=topics.account,
                        error=error,
                    )
                    await asyncio.sleep(_RETRY_S)
                    break
                readers, topics.owed[channel] = topics.owed[channel], {}
                for reader in readers:
                    start(reader)


async def _written(rows: Sequence[Any], body_of: Callable[[Any], Body]) -> list[Raw]:
    """The rows as they go out; a long list is written over several turns of the loop."""
    written: list[Raw] = []
    for start in range(0, len(rows), _ROWS_A_TURN):
        if start:
            await asyncio.sleep(0)
        written += [raw_of(body_of(row)) for row in rows[start : start + _ROWS_A_TURN]]
    return written


def _fetched(topics: AccountTopics, channel: str, task: asyncio.Task[Snapshot]) -> None:
    """The fetch has ended, whether or not anyone still waits for it."""
    topics.fetching.pop(channel, None)
    if not task.cancelled():
        task.exception()
