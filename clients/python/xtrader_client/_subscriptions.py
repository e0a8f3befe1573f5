"""Every topic that is followed over one connection: joining, leaving, coming back, and delivery."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from xtrader_client._errors import BadRequest, BookError, ConnectionLost, Forbidden, NotFound, XTraderError
from xtrader_client._topics import Message, Reader, Topic, TopicKey, topics_by_request, wire_topics

logger = logging.getLogger("xtrader_client")

#: Channels that belong to an account: they need a log-in and have no symbol.
PRIVATE_CHANNELS = frozenset({"orders", "fills", "balances"})
#: Channels whose every message is the whole state.
STATE_CHANNELS = ("statistics", "symbols")
STATE_CHANNELS_BEGIN = "klines:"

#: Pauses before a topic that does not fit is fetched anew: doubling from the first to the last.
FIRST_PAUSE_S = 0.05
LAST_PAUSE_S = 30.0

Json = dict[str, Any]
#: Sends a request and returns its reply.
Query = Callable[[str, Json], Awaitable[Json]]
#: Something to do in the background.
Chore = Callable[[], Awaitable[Any]]


class Subscriptions:
    """The topics by their key. ``ready`` returns once there is a connection."""

    def __init__(
        self, query: Query, chore: Callable[[Chore], None], ready: Callable[[], Awaitable[None]]
    ) -> None:
        self.topics: dict[TopicKey, Topic] = {}
        self._query = query
        self._chore = chore
        self._ready = ready

    async def follow(self, key: TopicKey, reader: Reader) -> None:
        """Add a reader of a topic, subscribing if it is the first. Raises ApiError for unknown topics."""
        topic = self.topics.get(key)
        if topic is None:
            topic = self.topics[key] = Topic(key)
        topic.readers.append(reader)
        try:
            begun = topic.beginnings
            async with topic.joining:
                await self._ready()
                # A connection that came up meanwhile has subscribed for it already.
                if topic.beginnings == begun:
                    await self._join(topic, reader)
        except BaseException:
            self.unfollow(key, reader)
            raise

    async def _join(self, topic: Topic, reader: Reader) -> None:
        if not topic.is_followed or (reader.needs_snapshot and topic.last_message is not None):
            # Readers who were here before miss nothing: what comes before the snapshot is still in sequence.
            await self._query("subscribe", wire_topics([topic.key]))
            topic.is_followed = True
        elif topic.last_message is not None and _is_of_state(topic.key.channel):
            reader.on_message(topic.last_message, is_snapshot=True, resumed=False)

    def unfollow(self, key: TopicKey, reader: Reader) -> None:
        """Remove a reader; the last one ends the subscription."""
        topic = self.topics.get(key)
        if topic is None or reader not in topic.readers:
            return
        topic.readers.remove(reader)
        if not topic.readers:
            del self.topics[key]
            self._chore(partial(self._query, "unsubscribe", wire_topics([key])))

    async def _subscribe(self, topics: list[Topic], *, resume: bool) -> None:
        fields = wire_topics([topic.key for topic in topics])
        if resume:
            fields["since"] = topics[0].complete_sequence
        else:
            for topic in topics:
                topic.lose()
        # The topics learn of the answer by note_subscribed.
        await self._query("subscribe", fields)

    async def restore(self) -> None:
        """After a reconnect: resume every topic where it was left, fetch the others anew."""
        topics = list(self.topics.values())
        # Once a fresh one's snapshot is here it could be resumed too, so both are told apart beforehand.
        resumable = [topic for topic in topics if topic.complete_sequence is not None]
        for group in topics_by_request(topic for topic in topics if topic.complete_sequence is None):
            await self._subscribe_again(group, resume=False)
        for topic in resumable:
            await self._subscribe_again([topic], resume=True)

    async def _subscribe_again(self, topics: list[Topic], *, resume: bool) -> None:
        """One topic that the exchange refuses ends by itself: it must not keep the others from coming
        back."""
        try:
            await self._subscribe(topics, resume=resume)
        except (BadRequest, Forbidden, NotFound) as error:
            if len(topics) > 1:
                for topic in topics:
                    await self._subscribe_again([topic], resume=resume)
                return
            logger.warning("%s cannot be followed any more: %s", topics[0].key, error)
            self.topics.pop(topics[0].key, None)
            topics[0].fail(error)

    def note_subscribed(self, reply: Json) -> None:
        """Called with the reply to a subscription, before any message that follows it."""
        for entry in reply["subscribed"]:
            topic = self.topics.get(TopicKey(entry["channel"], entry.get("symbol")))
            if topic is not None:
                topic.subscribed(resumed=entry["resumed"])

    def _resynchronise(self, topic: Topic, error: BookError) -> None:
        logger.warning("resynchronising: %s", error)
        topic.forget()
        topic.misfits += 1
        if not topic.is_resynchronising:
            topic.is_resynchronising = True
            self._chore(partial(self._fetch_anew, topic))

    async def _fetch_anew(self, topic: Topic) -> None:
        """Ask for a snapshot until one comes: at once the first time, then in growing pauses, which start
        over with the next change that fits. A new connection asks for it by itself."""
        try:
            while self.topics.get(topic.key) is topic and not topic.in_step:
                if topic.misfits > 1:
                    await asyncio.sleep(min(FIRST_PAUSE_S * 2 ** min(topic.misfits, 20), LAST_PAUSE_S))
                misfits = topic.misfits
                try:
                    await self._subscribe([topic], resume=False)
                    # The snapshot may have come by now, and not fit either.
                    if topic.misfits == misfits:
                        return
                except ConnectionLost:
                    return
                except XTraderError as error:
                    topic.misfits += 1
                    logger.warning("%s cannot be fetched anew yet: %s", topic.key, error)
        finally:
            topic.is_resynchronising = False

    # --- what arrives ----------------------------------------------------------------------------

    def deliver(self, message: Message) -> None:
        """Hand a push to the readers of its topic; fetch the topic anew if it does not follow."""
        channel = message["channel"]
        # In a private channel the symbol is that of the order or fill, not of the topic.
        symbol = None if channel in PRIVATE_CHANNELS else message.get("symbol")
        topic = self.topics.get(TopicKey(channel, symbol))
        if topic is None:
            return
        try:
            topic.accept(message)
        except BookError as error:
            self._resynchronise(topic, error)

    def lose(self) -> None:
        """The connection broke."""
        for topic in self.topics.values():
            topic.lose()

    def fail(self, error: XTraderError) -> None:
        """There will be no connection any more."""
        for topic in list(self.topics.values()):
            topic.fail(error)


def _is_of_state(channel: str) -> bool:
    return channel in STATE_CHANNELS or channel.startswith(STATE_CHANNELS_BEGIN)
