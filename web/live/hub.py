"""The hub: what this web process knows of the market, live, and the readers of it.

One subscription to the engine feeds everything: full books, recent trades, symbols, and the topics of
the accounts that are connected here. Topics of other apps come through ``relay``. Everything runs on
one event loop; nothing here blocks, and no call is made per reader but the write of ready bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Final

from exchange.engine.messages import CALL_STATUSES, EV_ASSET, Event
from exchange.engine.messages.places import SYMBOL_NAME
from exchange.link.async_client import AsyncEngineClient
from exchange.link.errors import EngineError, EngineUnavailable
from exchange.link.protocol import FeedBatch, Hello
from exchange.listing.symbol_table import SymbolTable
from exchange.listing.symbol_table import symbols as process_symbols
from exchange.telemetry.logs import get_logger
from exchange.wire.rendering import milliseconds, render_symbol
from exchange.wire.topic_protocol import Upstream
from web.live.account_changes import AccountChanges
from web.live.account_topics import PRIVATE_CHANNELS, AccountFeeds
from web.live.book_topic import BookTopic
from web.live.endings import Endings
from web.live.gathered import Gathered
from web.live.relay import Relays
from web.live.socket_limits import Limits
from web.live.step import (
    AUCTION,
    BOOK,
    DEFINITIONS,
    SYMBOLS,
    TRADES,
    Known,
    no_indication,
    step,
)
from web.live.topics import Body, LazyBody, Reader, Topic
from web.server.web_figures import web_figures

logger = get_logger(__name__)

#: The public channels made here, whose messages are remembered for those who resume.
OWN_CHANNELS: Final = (BOOK, TRADES, SYMBOLS, AUCTION)
#: Channels of others that have one more topic, for all symbols.
GATHERED_CHANNELS: Final = ("statistics",)


class FeedJumped(EngineError):
    """A batch does not follow the one before. Raised to the engine client, which connects anew."""


class Hub:
    """See the module. ``start`` and ``stop`` belong to the server's lifespan."""

    def __init__(self, client: AsyncEngineClient, upstreams: Sequence[Upstream], limits: Limits) -> None:
        self.limits = limits
        self.client = client
        #: Symbols as last known; unlike the process' own table this one never asks the engine.
        self.symbols = SymbolTable()
        self._tables = (self.symbols, process_symbols)
        self.sequence = 0
        self.books: dict[str, BookTopic] = {}
        #: The topics of all symbols, by name.
        self.gathered = {
            one.name: one for one in [Gathered(name, limits.gather_every_s) for name in GATHERED_CHANNELS]
        }
        self.relays = Relays(upstreams, list(self.gathered.values()))
        self.accounts = AccountFeeds(client, self.symbols, limits, self.wait_sequence)
        self.endings = Endings(client)
        #: When the histories of accounts last changed, for those who keep what they have read of them.
        self.changes = AccountChanges()
        #: By channel and symbol; those of books are with the books.
        self._topics: dict[tuple[str, str], Topic] = {}
        #: What a reader of a channel starts with, by symbol.
        self._bodies: dict[str, Callable[[str], Body]] = {
            TRADES: self._trades_body,
            SYMBOLS: self._listing_body,
            AUCTION: self._indicative_body,
        }
        #: The newest trades of a symbol, each as what makes its message.
        self._recent: dict[str, deque[LazyBody]] = {}
        #: Where the auction of a symbol would trade, while orders gather.
        self._indications: dict[str, Body] = {}
        self._known = Known(self.symbols, self.accounts.read, self._indications)
        self._time_ms = 0
        self._state_known = asyncio.Event()
        self._sequence_waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._flush_timers: dict[str, asyncio.TimerHandle] = {}
        self._flushed_at: dict[str, float] = {}
        self._loop = asyncio.get_running_loop()
        self._push, self._event_age = web_figures.push, web_figures.event_age

    # --- life ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Subscribe to the engine and run the upstreams."""
        self.client.subscribe(self._on_hello, self._on_batch, self._on_lost)
        self.relays.start()

    async def stop(self) -> None:
        """End the upstreams and every timer."""
        self._cancel_flushes()
        self.accounts.stop()
        await self.endings.stop()
        await self.relays.stop()
        process_symbols.set_live(False)

    @property
    def knows_state(self) -> bool:
        """Whether the engine has been heard at all."""
        return self._state_known.is_set()

    async def wait_state(self) -> None:
        """Return once the engine's state is known. Raises EngineUnavailable after a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._state_known.wait(), self.limits.state_timeout_s)
        if not self._state_known.is_set():
            raise EngineUnavailable("the engine has not been reached yet")

    async def wait_sequence(self, sequence: int) -> None:
        """Return once events up to ``sequence`` have been taken in. Raises EngineUnavailable."""
        if self.sequence >= sequence:
            return
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._sequence_waiters.append((sequence, waiter))
        try:
            await asyncio.wait_for(waiter, self.limits.state_timeout_s)
        except TimeoutError:
            raise EngineUnavailable("the feed lags behind the engine") from None

    # --- the engine's feed ---------------------------------------------------------------------------

    def _on_hello(self, hello: Hello) -> None:
        """Take in the full state. If no event was missed, everything goes on as if nothing happened."""
        for table in self._tables:
            table.load(hello.assets, hello.symbols)
        process_symbols.set_live(True)
        first = not self._state_known.is_set()
        if not first and hello.sequence == self.sequence:
            self.changes.go_on()
            return
        if not first:
            logger.info("topics_start_anew", unseen=hello.sequence - self.sequence)
        if hello.sequence < self.sequence:
            # The engine was set up anew, or from a backup: what others publish starts over too.
            self.relays.restart()
        self.sequence, self._time_ms = hello.sequence, milliseconds(hello.now_ns)
        self._restart_books(hello)
        self._restart_topics()
        self.accounts.restart(self.sequence, self._time_ms)
        self.changes.begin(self.sequence)
        self._state_known.set()
        self._release_sequence_waiters()

    def _on_lost(self) -> None:
        """The engine is away: books stay as they were, and symbols are fetched by who needs them."""
        process_symbols.set_live(False)
        self.changes.pause()
        logger.warning("engine_feed_lost", sequence=self.sequence)

    def _on_batch(self, batch: FeedBatch[Event]) -> None:
        if batch.first_sequence != self.sequence + 1:
            raise FeedJumped(f"from {self.sequence} to {batch.first_sequence}")
        began_ns = time.perf_counter_ns()
        self._time_ms = milliseconds(batch.now_ns)
        for sequence, events in enumerate(batch.events, start=batch.first_sequence):
            self.sequence = sequence
            self._take_in(events, sequence, batch.now_ns)
            self.changes.take(events, sequence)
        if self._sequence_waiters:
            self._release_sequence_waiters()
        # The outboxes write at the end of this turn of the loop, and this is called after them.
        self._loop.call_soon(self._pushed, began_ns, batch.now_ns)

    def _pushed(self, began_ns: int, stamped_ns: int) -> None:
        """What a batch caused has been handed to the sockets that can take it."""
        self._push.observe(time.perf_counter_ns() - began_ns)
        self._event_age.observe(max(0, time.time_ns() - stamped_ns))

    def _take_in(self, events: Sequence[Event], sequence: int, now_ns: int) -> None:
        """The events of one command."""
        # What one command did in several symbols (a tick may end several auctions) goes to each one's topics.
        published: dict[tuple[str, str], list[Body | LazyBody]] = {}
        for channel, name, message in step(events, self._known, sequence, now_ns):
            if channel == BOOK:
                self._on_level(message, sequence)
            elif channel == TRADES:
                self._recent_of(name).append(message)
                published.setdefault((TRADES, name), []).append(message)
            elif channel in PRIVATE_CHANNELS:
                self.accounts.add(name, channel, message)
            elif channel == DEFINITIONS:
                self._define(message)
            elif channel == AUCTION:
                # The last one of a command has the whole state.
                self._indications[name] = message
                published[AUCTION, name] = [message]
            else:
                published.setdefault((channel, name), []).append(message)
        for (channel, name), bodies in published.items():
            self._topic_of(channel, name).publish(sequence, self._time_ms, bodies)
        self.accounts.commit(sequence, self._time_ms)

    def _on_level(self, event: Event, sequence: int) -> None:
        _, name, side, price_ticks, quantity_lots = event
        book = self.books.get(name) or self._open_book(name)
        book.set_level(side, price_ticks, quantity_lots, sequence, self._time_ms)
        if name not in self._flush_timers:
            due = max(self._loop.time(), self._flushed_at.get(name, 0.0) + self.limits.book_every_s)
            self._flush_timers[name] = self._loop.call_at(due, self._flush, name)

    def _flush(self, name: str) -> None:
        del self._flush_timers[name]
        self._flushed_at[name] = self._loop.time()
        self.books[name].flush()

    def _define(self, event: Event) -> None:
        """Take in an asset or symbol as it is now."""
        if event[0] == EV_ASSET:
            for table in self._tables:
                table.put_asset(event)
            return
        for table in self._tables:
            table.put_symbol(event)
        name = event[SYMBOL_NAME]
        spec = self._open_book(name).spec = self.symbols.get(name)
        if spec.status not in CALL_STATUSES:
            self._indications.pop(name, None)

    # --- starting over -------------------------------------------------------------------------------

    def _restart_books(self, hello: Hello) -> None:
        self._cancel_flushes()
        for spec in self.symbols.all():
            bids, asks = hello.books.get(spec.name, ((), ()))
            book = self._open_book(spec.name)
            book.spec = spec
            book.load(bids, asks, hello.sequence, self._time_ms)

    def _restart_topics(self) -> None:
        """Trades between the last event seen and the engine's state are not known here, nor are
        indications."""
        self._recent.clear()
        self._indications.clear()
        for (channel, name), topic in self._topics.items():
            topic.restart(self.sequence, self._time_ms)
            # A symbol that is gone belonged to another exchange: there is nothing to publish.
            if topic.readers and self.symbols.find(name) is not None:
                topic.start_anew(self._bodies[channel](name), *topic.readers)

    def _cancel_flushes(self) -> None:
        for timer in self._flush_timers.values():
            timer.cancel()
        self._flush_timers.clear()

    def _release_sequence_waiters(self) -> None:
        waiting = self._sequence_waiters
        self._sequence_waiters = [item for item in waiting if item[0] > self.sequence and not item[1].done()]
        for sequence, waiter in waiting:
            if sequence <= self.sequence and not waiter.done():
                waiter.set_result(None)

    # --- public topics -------------------------------------------------------------------------------

    def has_channel(self, channel: str) -> bool:
        """Whether a public channel of that name exists."""
        return channel in OWN_CHANNELS or channel in self.relays.channels

    def topic(self, channel: str, symbol: str | None) -> Topic:
        """The topic of an existing public channel and symbol (None: the channel has one for all), made when
        first asked for."""
        if symbol is None:
            return self.gathered[channel].topic
        if channel == BOOK:
            return self._open_book(symbol).topic
        if channel in self._bodies:
            return self._topic_of(channel, symbol)
        return self.relays.topic(channel, symbol)

    def join(self, topic: Topic, reader: Reader) -> None:
        """Send the reader where a public topic stands, and from then on every message."""
        if topic.symbol is None:
            self.gathered[topic.channel].join(reader)
        elif topic.channel == BOOK:
            self.books[topic.symbol].join(reader)
        elif topic.channel in self._bodies:
            topic.start_anew(self._bodies[topic.channel](topic.symbol), reader)
            topic.readers[reader] = None
        else:
            self.relays.join(topic, reader)

    def can_resume(self, topic: Topic, since: int) -> bool:
        """Whether a reader that knows everything up to ``since`` can go on from there."""
        replayed = topic.channel in PRIVATE_CHANNELS or topic.channel in OWN_CHANNELS
        return replayed and since <= self.sequence and topic.can_resume(since)

    def leave(self, topic: Topic, reader: Reader) -> None:
        """Stop sending a public topic to the reader."""
        if topic.channel == BOOK and topic.symbol is not None:
            self.books[topic.symbol].leave(reader)
        else:
            topic.readers.pop(reader, None)

    def readers(self) -> dict[str, int]:
        """How many read each public channel. From any thread."""
        topics = [*self._topics.values(), *self.relays.topics()]
        topics += [book.topic for book in list(self.books.values())]
        topics += [one.topic for one in list(self.gathered.values())]
        readers = Counter[str]()
        for topic in topics:
            readers[topic.channel] += len(topic.readers)
        return {channel: count for channel, count in readers.items() if count}

    def recent_trades(self, symbol: str) -> list[Body]:
        """The newest trades of a symbol that this process has seen, oldest first."""
        return [_without_type(trade()) for trade in self._recent.get(symbol, ())]

    def _open_book(self, name: str) -> BookTopic:
        book = self.books.get(name)
        if book is None:
            book = BookTopic(self.symbols.get(name), self.sequence, self.limits.replay_messages)
            book.load((), (), self.sequence, self._time_ms)
            self.books[name] = book
        return book

    def _topic_of(self, channel: str, name: str) -> Topic:
        topic = self._topics.get((channel, name))
        if topic is None:
            topic = Topic(channel, name, self.sequence, self.limits.replay_messages)
            topic.timestamp_ms = self._time_ms
            self._topics[channel, name] = topic
        return topic

    def _listing_body(self, name: str) -> Body:
        return {"type": "symbol", **render_symbol(self.symbols.get(name))}

    def _indicative_body(self, name: str) -> Body:
        return self._indications.get(name) or no_indication(name, self.symbols)

    def _recent_of(self, name: str) -> deque[LazyBody]:
        recent = self._recent.get(name)
        if recent is None:
            recent = self._recent[name] = deque(maxlen=self.limits.recent_trades)
        return recent

    def _trades_body(self, name: str) -> Body:
        return {"type": "trades_snapshot", "trades": self.recent_trades(name)}


def _without_type(body: Body) -> Body:
    return {key: value for key, value in body.items() if key != "type"}
