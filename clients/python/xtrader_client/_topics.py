"""Following topics: proof of completeness, resumption, and handing messages to their readers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, Self, TypeVar

from xtrader_client._errors import SequenceGap, StreamOverflow, XTraderError
from xtrader_client._parts import Parts

T = TypeVar("T")
Message = Mapping[str, Any]

#: A subscription names at most this many topics at a time.
TOPICS_PER_REQUEST = 50


class TopicKey(NamedTuple):
    """A channel, and its symbol (None for the channels of an account)."""

    channel: str
    symbol: str | None


class Reader:
    """Something that takes in the messages of a topic. ``needs_snapshot``: it mirrors a state, and begins
    with the whole of it."""

    needs_snapshot = False

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        """Take in one message that was proved to be the next. May raise BookError: the topic is then
        fetched anew."""

    def on_stale(self) -> None:
        """Messages may be missing until the next snapshot or resumption."""

    def on_resumed(self) -> None:
        """The subscription goes on where it broke off; what was missed, if anything, follows at once."""

    def on_failure(self, error: XTraderError) -> None:
        """Nothing will come any more."""


class Topic:
    """Where one topic stands: the last sequence seen, and whether it may be trusted.

    A message follows when its ``prev_sequence`` is the sequence before it. One engine command may make
    several messages of a topic: they share the sequence and say ``part`` of ``parts``. So do the parts of a
    long snapshot, which readers get as one message. Only whole groups count for resumption.
    """

    def __init__(self, key: TopicKey) -> None:
        self.key = key
        self.readers: list[Reader] = []
        #: One reader joins at a time; whether one has.
        self.joining = asyncio.Lock()
        self.is_followed = False
        #: How often the exchange began it anew, with a snapshot where the channel has one.
        self.beginnings = 0
        #: Messages that did not fit since the last change that did, and whether a snapshot is asked for.
        self.misfits = 0
        self.is_resynchronising = False
        self.in_step = False
        #: Resume after this sequence; None: ask for a snapshot.
        self.complete_sequence: int | None = None
        self._last_sequence = 0
        self._parts_left = 0
        self._parts = Parts()
        self._resumed = False
        #: The newest message of a topic of state, for readers that join later.
        self.last_message: Message | None = None

    def lose(self) -> None:
        """The connection broke or a message is missing."""
        if self.in_step:
            self.in_step = False
            for reader in self.readers:
                reader.on_stale()

    def forget(self) -> None:
        """What was received cannot be trusted: the next subscription asks for a snapshot."""
        self.lose()
        self.complete_sequence = None

    def fail(self, error: XTraderError) -> None:
        """Nothing will come any more."""
        for reader in list(self.readers):
            reader.on_failure(error)

    def subscribed(self, *, resumed: bool) -> None:
        """The exchange answered the subscription; a snapshot or the missed messages follow."""
        self.beginnings += not resumed
        self.in_step = resumed
        self._resumed = resumed
        self._parts_left = 0
        if resumed and self.complete_sequence is not None:
            self._last_sequence = self.complete_sequence
        if resumed:
            # Nothing may have happened meanwhile: no message would ever say that all is well.
            for reader in self.readers:
                reader.on_resumed()

    def accept(self, message: Message) -> None:
        """Prove and deliver a message; stale ones are dropped. Raises SequenceGap or what a reader raises."""
        if message["prev_sequence"] is not None:
            if not self.in_step:
                return
            self._prove(message)
        sequence, part, parts = message["sequence"], message.get("part", 1), message.get("parts", 1)
        resumed, self._resumed, self.in_step = self._resumed, False, True
        self._last_sequence, self._parts_left = sequence, parts - part
        whole = self._parts.take(message) if str(message.get("type")).endswith("_snapshot") else message
        if whole is not None:
            self._deliver(whole, resumed)

    def _deliver(self, message: Message, resumed: bool) -> None:
        is_snapshot = message["prev_sequence"] is None
        self.last_message = message
        for reader in list(self.readers):
            reader.on_message(message, is_snapshot=is_snapshot, resumed=resumed)
        if not is_snapshot:
            self.misfits = 0
        if self._parts_left == 0:
            self.complete_sequence = message["sequence"]

    def _prove(self, message: Message) -> None:
        previous, last = message["prev_sequence"], self._last_sequence
        first_part = message.get("part", 1) == 1
        expected_left = message.get("parts", 1) - message.get("part", 1) + 1
        if self._resumed and previous <= last <= message["sequence"] and first_part:
            return
        if previous != last or self._parts_left != (0 if first_part else expected_left):
            raise SequenceGap(f"{self.key}: expected a message after {last}, not after {previous}")


def wire_topics(keys: Iterable[TopicKey]) -> dict[str, Any]:
    """Channels and symbols as ``subscribe`` takes them."""
    keys = list(keys)
    symbols = sorted({key.symbol for key in keys if key.symbol is not None})
    fields: dict[str, Any] = {"channels": sorted({key.channel for key in keys})}
    if symbols:
        fields["symbols"] = symbols
    return fields


def topics_by_request(topics: Iterable[Topic]) -> list[list[Topic]]:
    """Topics that one request can name each: channels times symbols must give exactly these."""
    groups: dict[str | None, list[Topic]] = {}
    for topic in topics:
        groups.setdefault(topic.key.symbol, []).append(topic)
    return [
        group[start : start + TOPICS_PER_REQUEST]
        for group in groups.values()
        for start in range(0, len(group), TOPICS_PER_REQUEST)
    ]


class Parser(Generic[T]):
    """Turns messages of a topic into items. This one takes every message for one whole item and skips
    lists of what was before; for topics of state, where nothing is lost by a new start."""

    def __init__(self, parse: Callable[[Message], T]) -> None:
        self.gaps = 0
        self._parse = parse

    def __call__(self, message: Message, is_snapshot: bool) -> list[T]:
        return [] if message["type"].endswith("_snapshot") else [self._parse(message)]


class RowsParser(Parser[T]):
    """For topics whose messages are lists of rows: each row is an item, in a snapshot too. A row has the
    message's ``timestamp``."""

    def __init__(self, parse: Callable[[Message], T], list_name: str) -> None:
        super().__init__(parse)
        self._list_name = list_name

    def __call__(self, message: Message, is_snapshot: bool) -> list[T]:
        time = {"timestamp": message["timestamp"]}
        return [self._parse({**time, **row}) for row in message[self._list_name]]


class HistoryParser(Parser[T]):
    """For topics of things that happened, with growing ids: what came before the subscription is left
    out, and what a later snapshot adds is taken from it. Where that leaves a hole, ``gaps`` counts it."""

    def __init__(self, parse: Callable[[Message], T], list_name: str, id_name: str) -> None:
        super().__init__(parse)
        self._list_name = list_name
        self._id_name = id_name
        self._last_id: int | None = None
        self._started = False

    def __call__(self, message: Message, is_snapshot: bool) -> list[T]:
        rows = message.get(self._list_name, [message])
        known, started, self._started = self._last_id, self._started, True
        newer = [row for row in rows if known is None or int(row[self._id_name]) > known]
        if rows:
            self._last_id = max(int(rows[-1][self._id_name]), known or 0)
        if is_snapshot and not started:
            return []
        if is_snapshot and len(newer) == len(rows):
            # None of it is known: what lies between is not in it.
            self.gaps += 1
        return [self._parse(row) for row in newer]


class Subscription(Reader, Generic[T]):
    """An asynchronous iterator over what a topic brings, through reconnects.

    ``gaps`` counts the times the exchange could not replay what was missed (after a long absence, or when the
    engine restarted in the middle of a trade). Leave with ``await subscription.close()`` or use it as ``async
    with``. Iterating raises StreamOverflow once the reader is more than ``max_waiting`` items behind,
    ConnectionLost when the client was closed, NotAuthenticated when it may not log in any more, and NotFound
    when the topic is gone.
    """

    def __init__(
        self,
        parse: Parser[T],
        release: Callable[[Subscription[T]], None],
        max_waiting: int,
        *,
        needs_snapshot: bool = False,
    ) -> None:
        self.needs_snapshot = needs_snapshot
        self._parse = parse
        self._release = release
        self._max_waiting = max_waiting
        self._items: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._failure: XTraderError | None = None
        self._closed = False

    @property
    def gaps(self) -> int:
        """Times so far that something was missed."""
        return self._parse.gaps

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        self._items.extend(self._parse(message, is_snapshot))
        if len(self._items) > self._max_waiting:
            self.on_failure(StreamOverflow(f"more than {self._max_waiting} items waiting"))
            self._items.clear()
        self._arrived.set()

    def on_failure(self, error: XTraderError) -> None:
        self._failure = error
        self._arrived.set()

    async def close(self) -> None:
        """Stop receiving; iteration ends."""
        if not self._closed:
            self._closed = True
            self._release(self)
            self._arrived.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._failure is not None:
                raise self._failure
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._items.popleft()
