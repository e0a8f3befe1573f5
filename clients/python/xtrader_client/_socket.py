"""The WebSocket side: one connection that comes back by itself, requests on it, topics through it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from xtrader_client._topics import Reader, Topic, TopicKey
from xtrader_client.errors import (
    ApiError,
    BookError,
    ConnectionLost,
    NotAuthenticated,
    RequestTimeout,
    XTraderError,
    error_of,
)

logger = logging.getLogger("xtrader_client")

#: Channels that belong to an account: they need a log-in and have no symbol.
PRIVATE_CHANNELS = frozenset({"orders", "fills", "balances"})
#: Channels whose every message is the whole state.
STATE_CHANNELS = ("statistics", "symbols", "klines:")
#: Pauses between attempts to connect: doubling from the first to the last, with up to half added.
FIRST_PAUSE_S = 0.1
LAST_PAUSE_S = 5.0
#: Snapshots of deep books are the largest messages.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
#: A subscription names at most this many topics at a time.
TOPICS_PER_REQUEST = 50
CLOSED_BAD_TOKEN = 4001
#: Statuses of a request that was not taken: too many of them, no engine.
NOT_NOW = frozenset({429, 503})
#: Pause before a request that may have been taken earlier is sent once more.
ASK_AGAIN_S = 0.25

Json = dict[str, Any]
TokenSource = Callable[[], Awaitable[str]]


@dataclass(slots=True)
class _Waiting:
    """A request without its reply. ``repeatable`` ones are sent again after a reconnect; from then on
    "not now" (429, 503) tells nothing about the first time, and they are sent until there is an answer."""

    text: str
    reply: asyncio.Future[Json]
    repeatable: bool
    sent_again: bool = False


class Socket:
    """Keeps one WebSocket to the exchange and everything that must survive its loss."""

    def __init__(
        self,
        url: str,
        token: TokenSource | None,
        forget_token: Callable[[], None],
        *,
        language: str,
        timeout_s: float,
        cancel_on_disconnect: bool = False,
    ) -> None:
        self._url = url
        self._cancel_on_disconnect = cancel_on_disconnect
        self._token = token
        self._forget_token = forget_token
        self._language = language
        self.timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._topics: dict[TopicKey, Topic] = {}
        self._connection: ClientConnection | None = None
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[Any]] = set()
        self._fatal: XTraderError | None = None
        #: Connections made so far; more than one means it had to reconnect.
        self.connections = 0

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin connecting; ``request`` waits for it."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="xtrader-socket")

    async def close(self) -> None:
        """Disconnect for good; whatever waits gets ConnectionLost."""
        for task in (self._task, *self._chores):
            if task is not None:
                task.cancel()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(ConnectionLost("the client was closed"))

    async def wait_ready(self, timeout_s: float | None = None) -> None:
        """Return once connected, logged in and subscribed. Raises what makes that impossible."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout_s)
        except TimeoutError:
            raise ConnectionLost(f"no connection to {self._url}") from None
        if self._fatal is not None:
            raise self._fatal

    # --- requests --------------------------------------------------------------------------------

    async def request(
        self, op: str, fields: Json, *, repeatable: bool = False, timeout_s: float | None = None
    ) -> Json:
        """Send one operation and return its reply. Raises ApiError, ConnectionLost, RequestTimeout."""
        limit_s = self.timeout_s if timeout_s is None else timeout_s
        deadline = time.monotonic() + limit_s
        if not self._ready.is_set() or self._fatal is not None:
            await self.wait_ready(limit_s)
        return await self._exchange(op, fields, repeatable, deadline - time.monotonic())

    async def _exchange(self, op: str, fields: Json, repeatable: bool, timeout_s: float) -> Json:
        number = next(self._ids)
        text = json.dumps({"op": op, "id": number, **fields}, separators=(",", ":"))
        reply: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Waiting(text, reply, repeatable)
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(text, must=not repeatable)
                return await reply
        except TimeoutError:
            raise RequestTimeout(f"no reply to {op} within {timeout_s:.1f} s") from None
        finally:
            self._waiting.pop(number, None)

    async def _send(self, text: str, *, must: bool) -> None:
        """Send now. A lost connection is an error only if the text must go out on this one."""
        connection = self._connection
        try:
            if connection is None:
                raise ConnectionLost("not connected")
            await connection.send(text)
        except (ConnectionClosed, ConnectionLost) as error:
            if must:
                raise ConnectionLost(str(error)) from error

    # --- topics ----------------------------------------------------------------------------------

    async def follow(self, key: TopicKey, reader: Reader) -> None:
        """Add a reader of a topic, subscribing if it is the first. Raises ApiError for unknown topics."""
        topic = self._topics.get(key)
        if topic is None:
            topic = self._topics[key] = Topic(key)
        first = not topic.readers
        topic.readers.append(reader)
        try:
            await self.wait_ready(self.timeout_s)
            if first:
                await self._subscribe([topic], resume=False)
            elif topic.last_message is not None and key.channel.startswith(STATE_CHANNELS):
                reader.on_message(topic.last_message, is_snapshot=True, resumed=False)
        except BaseException:
            self.unfollow(key, reader)
            raise

    def unfollow(self, key: TopicKey, reader: Reader) -> None:
        """Remove a reader; the last one ends the subscription."""
        topic = self._topics.get(key)
        if topic is None or reader not in topic.readers:
            return
        topic.readers.remove(reader)
        if not topic.readers:
            del self._topics[key]
            self._chore(partial(self._exchange, "unsubscribe", _wire_topics([key]), False, self.timeout_s))

    async def _subscribe(self, topics: list[Topic], *, resume: bool) -> None:
        fields = _wire_topics([topic.key for topic in topics])
        if resume:
            fields["since"] = topics[0].complete_sequence
        else:
            for topic in topics:
                topic.lose()
        # The topics learn of the answer in _on_reply, before any message that follows it.
        await self._exchange("subscribe", fields, False, self.timeout_s)

    def _note_subscribed(self, reply: Json) -> None:
        for entry in reply["subscribed"]:
            topic = self._topics.get(TopicKey(entry["channel"], entry.get("symbol")))
            if topic is not None:
                topic.subscribed(resumed=entry["resumed"])

    async def _subscribe_all(self) -> None:
        """After a reconnect: resume every topic where it was left, fetch the others anew."""
        fresh = [topic for topic in self._topics.values() if topic.complete_sequence is None]
        for chunk in _chunks(_by_symbol(fresh)):
            await self._subscribe(chunk, resume=False)
        for topic in list(self._topics.values()):
            if topic.complete_sequence is not None:
                await self._subscribe([topic], resume=True)

    def _resynchronise(self, topic: Topic, error: BookError) -> None:
        logger.warning("resynchronising: %s", error)
        topic.forget()
        self._chore(partial(self._subscribe, [topic], resume=False))

    # --- the connection --------------------------------------------------------------------------

    async def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            made = self.connections
            try:
                await self._session()
            except NotAuthenticated as error:
                self._fail(error)
                return
            except (OSError, WebSocketException, XTraderError, TimeoutError) as error:
                logger.info("connection to %s: %s", self._url, error or type(error).__name__)
            self._lost()
            pause_s = FIRST_PAUSE_S if self.connections > made else min(pause_s * 2, LAST_PAUSE_S)
            await asyncio.sleep(pause_s * random.uniform(1.0, 1.5))

    async def _session(self) -> None:
        headers = {"Accept-Language": self._language}
        async with connect(
            self._url,
            additional_headers=headers,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=1024,
            close_timeout=1,
            proxy=None,
        ) as connection:
            self._connection = connection
            restoring = asyncio.create_task(self._restore(connection))
            try:
                await self._receive(connection)
            finally:
                restoring.cancel()
                outcome = (await asyncio.gather(restoring, return_exceptions=True))[0]
                if isinstance(outcome, NotAuthenticated):
                    raise outcome

    async def _receive(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                self._on_message(json.loads(text))
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == CLOSED_BAD_TOKEN:
                self._forget_token()
            raise

    async def _restore(self, connection: ClientConnection) -> None:
        """Log in, subscribe again, ask again what may be asked twice; then let requests through."""
        try:
            if self._token is not None:
                await self._log_in()
            await self._subscribe_all()
            for waiting in list(self._waiting.values()):
                if waiting.repeatable:
                    waiting.sent_again = True
                    await connection.send(waiting.text)
        except NotAuthenticated:
            await connection.close()
            raise
        except (XTraderError, ConnectionClosed) as error:
            logger.warning("could not restore the session: %s", error)
            await connection.close()
            return
        self.connections += 1
        self._ready.set()
        if self._token is not None:
            await self._keep_logged_in()

    async def _log_in(self) -> None:
        assert self._token is not None
        try:
            fields: Json = {"token": await self._token()}
            if self._cancel_on_disconnect:
                fields["cancel_on_disconnect"] = True
            await self._exchange("auth", fields, False, self.timeout_s)
        except ApiError as error:
            if error.code != "INVALID_TOKEN":
                raise
            # The token may have been signed with a key that is gone: one fresh log-in is fair.
            self._forget_token()
            raise ConnectionLost(str(error)) from error

    async def _keep_logged_in(self) -> None:
        """A connection lives as long as its token: hand in the next one in time."""
        assert self._token is not None
        current = await self._token()
        while True:
            await asyncio.sleep(20)
            renewed = await self._token()
            if renewed != current:
                await self._log_in()
                current = renewed

    # --- what arrives ----------------------------------------------------------------------------

    def _on_message(self, message: Json) -> None:
        kind = message.get("type")
        if kind == "reply":
            self._on_reply(message)
        elif "channel" in message:
            self._on_push(message)
        elif kind == "ping":
            self._chore(partial(self._send, '{"op":"pong"}', must=False))
        elif kind == "shutdown":
            logger.info("the exchange closes this connection; reconnecting")

    def _on_reply(self, message: Json) -> None:
        if message["ok"] and "subscribed" in message:
            self._note_subscribed(message)
        waiting = self._waiting.get(message.get("id") or 0)
        if waiting is None or waiting.reply.done():
            return
        if waiting.sent_again and _is_not_now(message):
            self._chore(partial(self._send_once_more, waiting))
        elif message["ok"]:
            waiting.reply.set_result(message)
        else:
            waiting.reply.set_exception(error_of(message, int(message.get("status", 400))))

    async def _send_once_more(self, waiting: _Waiting) -> None:
        await asyncio.sleep(ASK_AGAIN_S)
        if not waiting.reply.done():
            await self._send(waiting.text, must=False)

    def _on_push(self, message: Json) -> None:
        channel = message["channel"]
        # In a private channel the symbol is that of the order or fill, not of the topic.
        symbol = None if channel in PRIVATE_CHANNELS else message.get("symbol")
        topic = self._topics.get(TopicKey(channel, symbol))
        if topic is None:
            return
        try:
            topic.accept(message)
        except BookError as error:
            self._resynchronise(topic, error)

    def _lost(self) -> None:
        self._connection = None
        self._ready.clear()
        for topic in self._topics.values():
            topic.lose()
        for waiting in self._waiting.values():
            if not waiting.repeatable and not waiting.reply.done():
                waiting.reply.set_exception(ConnectionLost("the connection broke before the reply came"))

    def _fail(self, error: XTraderError) -> None:
        self._fatal = error
        self._lost()
        for waiting in self._waiting.values():
            if not waiting.reply.done():
                waiting.reply.set_exception(error)
        for topic in self._topics.values():
            for reader in topic.readers:
                reader.on_failure(error)
        self._ready.set()

    def _chore(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something in the background that nobody waits for."""

        async def quietly() -> None:
            try:
                await work()
            except (XTraderError, ConnectionClosed) as error:
                logger.debug("%s", error)

        task = asyncio.create_task(quietly())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _is_not_now(message: Json) -> bool:
    """Whether the exchange did not take the request, or some order of a batch, this time."""
    rows = message.get("results", ()) if message["ok"] else (message,)
    return any("error" in row and row.get("status") in NOT_NOW for row in rows)


def _wire_topics(keys: list[TopicKey]) -> Json:
    symbols = sorted({key.symbol for key in keys if key.symbol is not None})
    fields: Json = {"channels": sorted({key.channel for key in keys})}
    if symbols:
        fields["symbols"] = symbols
    return fields


def _by_symbol(topics: Iterable[Topic]) -> list[list[Topic]]:
    """Topics that one request can name: channels x symbols must give exactly these."""
    groups: dict[str | None, list[Topic]] = {}
    for topic in topics:
        groups.setdefault(topic.key.symbol, []).append(topic)
    return list(groups.values())


def _chunks(groups: list[list[Topic]]) -> list[list[Topic]]:
    return [
        group[start : start + TOPICS_PER_REQUEST]
        for group in groups
        for start in range(0, len(group), TOPICS_PER_REQUEST)
    ]
