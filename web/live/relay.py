"""Topics that other apps bring: see ``exchange.wire.topic_protocol``."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from exchange.telemetry.logs import get_logger
from exchange.wire.topic_protocol import Snapshot, Upstream
from web.live.gathered import SUFFIX, Gathered
from web.live.topics import Reader, Topic

logger = get_logger(__name__)

#: Pause before an upstream that failed is run again.
UPSTREAM_PAUSE_S: Final = 1.0

Body = dict[str, Any]


class Relays:
    """Runs the upstreams and keeps the newest message of each topic: every one is the whole state, so a
    reader that joins gets that one, and none are replayed. ``gathered``: channels that have one more topic,
    for all symbols."""

    def __init__(self, upstreams: Sequence[Upstream], gathered: Sequence[Gathered] = ()) -> None:
        self._upstreams = upstreams
        self._by_channel = {channel: upstream for upstream in upstreams for channel in upstream.topics}
        self._gathered = {one.name.removesuffix(SUFFIX): one for one in gathered}
        self._topics: dict[tuple[str, str], Topic] = {}
        self._newest: dict[tuple[str, str], Body] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(upstream)) for upstream in self._upstreams]

    async def stop(self) -> None:
        for one in self._gathered.values():
            one.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def restart(self) -> None:
        """Sequences start over: take whatever comes next."""
        self._newest.clear()
        for topic in self._topics.values():
            topic.restart(0, 0)
        for one in self._gathered.values():
            one.restart()

    @property
    def channels(self) -> frozenset[str]:
        return frozenset(self._by_channel)

    def topic(self, channel: str, symbol: str) -> Topic:
        """The topic of a channel that exists, made when first asked for."""
        topic = self._topics.get((channel, symbol))
        if topic is None:
            topic = self._topics[(channel, symbol)] = Topic(channel, symbol, 0, remember=0)
        return topic

    def topics(self) -> list[Topic]:
        """Those that were asked for. From any thread."""
        return list(self._topics.values())

    def join(self, topic: Topic, reader: Reader) -> None:
        """Send the newest message, if there is one yet, and from then on every message."""
        body = self._state(topic)
        if body is not None:
            topic.start_anew(body, reader)
        topic.readers[reader] = None

    def publish(
        self, topic: str, symbol: str, sequence: int, timestamp_ms: int, body: dict[str, Any]
    ) -> None:
        """Called by the upstreams; see ``topic_protocol.Publish``."""
        relayed, key = self.topic(topic, symbol), (topic, symbol)
        if sequence < relayed.sequence:
            return
        if topic in self._gathered:
            self._gathered[topic].note(symbol, sequence, timestamp_ms, body)
        is_first = key not in self._newest
        self._newest[key] = body
        if is_first:
            # Readers that came before had nothing to start from.
            relayed.restart(sequence, timestamp_ms)
            relayed.start_anew(body, *relayed.readers)
        else:
            relayed.publish(sequence, timestamp_ms, [body])

    def _state(self, topic: Topic) -> Body | None:
        """The newest message: as published here, else as the upstream knows it."""
        assert topic.symbol is not None
        key = (topic.channel, topic.symbol)
        if key not in self._newest:
            found = self._by_channel[topic.channel].snapshot(topic.channel, topic.symbol)
            if found is None:
                return None
            snapshot = Snapshot(*found)
            topic.restart(snapshot.sequence, snapshot.timestamp_ms)
            self._newest[key] = snapshot.body
        return self._newest[key]

    async def _run(self, upstream: Upstream) -> None:
        while True:
            try:
                await upstream.run(self.publish)
            except Exception:
                logger.exception("upstream_failed", upstream=type(upstream).__name__)
            await asyncio.sleep(UPSTREAM_PAUSE_S)
