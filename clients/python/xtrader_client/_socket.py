"""The WebSocket side: one connection that comes back by itself, requests on it, topics through it."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import Coroutine
from functools import partial
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State

from xtrader_client._errors import (
    ApiError,
    ConnectionLost,
    NotAuthenticated,
    XTraderError,
    seconds,
)
from xtrader_client._keys import REPLAYED, KeySigner
from xtrader_client._literals import Language
from xtrader_client._log_in import retry_after_s
from xtrader_client._parts import Parts
from xtrader_client._pauses import Pauses
from xtrader_client._pending import Kind, Pending
from xtrader_client._subscriptions import Chore, Subscriptions
from xtrader_client._topics import Reader, TopicKey

logger = logging.getLogger("xtrader_client")

#: Exchanges of before version 1 sent snapshots whole; this one sends at most 512 KiB.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
#: How often it is looked whether the token of the connection needs renewal.
TOKEN_CHECK_S = 20.0
#: Close codes: the token is bad or over; this one, or a limit of the exchange was passed (slow reader,
#: flood).
CLOSED_BAD_TOKEN = 4001
CLOSED_FOR_CAUSE = frozenset({CLOSED_BAD_TOKEN, 4008, 4029})
#: Status of a key that may not be used from here.
NOT_ALLOWED = 403
#: Code of an account that is none of the user's.
NOT_OURS = "ACCOUNT_NOT_FOUND"
#: A connection that served this long, and ended without a cause of ours, starts the pauses over.
USEFUL_S = 1.0

Json = dict[str, Any]


class Tokens(Protocol):
    """Where access tokens come from."""

    async def token(self) -> str:
        """A valid one."""

    def forget(self, token: str) -> None:
        """The exchange refused this one."""


class Socket:
    """Keeps one WebSocket to the exchange and everything that must survive its loss."""

    def __init__(
        self,
        url: str,
        tokens: Tokens | KeySigner | None,
        *,
        language: Language,
        timeout_s: float,
        cancel_on_disconnect: bool = False,
        account: str | None = None,
    ) -> None:
        self._url = url
        #: What goes with every log-in.
        self._beside: Json = {}
        if cancel_on_disconnect:
            self._beside["cancel_on_disconnect"] = True
        if account is not None:
            self._beside["account"] = account
        self._tokens = tokens
        #: The token the present connection logged in with.
        self._token = ""
        self._language = language
        self.timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._pending: dict[int, Pending] = {}
        #: Long replies of which not all has come.
        self._reply_parts: dict[int, Parts] = {}
        self._subscriptions = Subscriptions(
            lambda op, fields: self._query(op, fields), self._chore, lambda: self.wait_ready(timeout_s)
        )
        self._topics = self._subscriptions.topics
        self._connection: ClientConnection | None = None
        self._ready = asyncio.Event()
        self._ready_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._chores: set[asyncio.Task[Any]] = set()
        #: Why there will be no connection any more, and why there was none at the last attempt.
        self._fatal: XTraderError | None = None
        self._reason: BaseException | None = None
        #: What ended the restoring of the present connection.
        self._failure: Exception | None = None
        self._pauses = Pauses()
        #: Connections made so far; more than one means it had to reconnect.
        self.connections = 0

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin connecting; ``command`` waits for it."""
        if self._task is None and self._fatal is None:
            self._task = asyncio.create_task(self._run(), name="xtrader-socket")

    async def close(self) -> None:
        """Disconnect for good; whatever waits gets ConnectionLost, or OutcomeUnknown if it was sent. No task
        of it is left afterwards."""
        self._fail(self._fatal or ConnectionLost("the client was closed"))
        tasks = [task for task in (self._task, *self._chores) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def wait_ready(self, timeout_s: float | None = None) -> None:
        """Return once connected, logged in and subscribed. Raises what makes that impossible, and
        ConnectionLost with the reason when the time is up."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._ready.is_set():
                    await self._ready.wait()
        except TimeoutError:
            because = f": {self._reason or type(self._reason).__name__}" if self._reason else ""
            lost = ConnectionLost(f"no connection to {self._url}{because}", retry_after_s(self._reason))
            raise lost from self._reason
        if self._fatal is not None:
            raise self._fatal

    # --- topics ----------------------------------------------------------------------------------

    async def follow(self, key: TopicKey, reader: Reader) -> None:
        """Add a reader of a topic, subscribing if it is the first. Raises ApiError for unknown topics."""
        await self._subscriptions.follow(key, reader)

    def unfollow(self, key: TopicKey, reader: Reader) -> None:
        """Remove a reader; the last one ends the subscription."""
        self._subscriptions.unfollow(key, reader)

    # --- requests --------------------------------------------------------------------------------

    async def command(self, op: str, fields: Json, *, repeatable: bool = False) -> Json:
        """Send one command and return its reply. ``repeatable`` ones carry client order ids. Raises ApiError;
        ConnectionLost if it was not sent; OutcomeUnknown if it was and no reply came."""
        deadline = time.monotonic() + self.timeout_s
        if not self._ready.is_set() or self._fatal is not None:
            await self.wait_ready(self.timeout_s)
        return await self._ask(
            op, fields, "repeatable" if repeatable else "command", deadline - time.monotonic()
        )

    async def _query(self, op: str, fields: Json) -> Json:
        """Send a request that changes nothing at the market."""
        return await self._ask(op, fields, "query", self.timeout_s)

    async def _ask(self, op: str, fields: Json, kind: Kind, timeout_s: float) -> Json:
        number = next(self._ids)
        pending = self._pending[number] = Pending(number, op, fields, kind)
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(pending)
                # The time limit cancels what is awaited; the rule of Pending gives the reply its end.
                return await asyncio.shield(pending.reply)
        except TimeoutError:
            pending.expire(timeout_s)
            return pending.reply.result()
        finally:
            del self._pending[number]

    async def _send(self, pending: Pending) -> None:
        """Send now, or leave a repeatable one for the next connection."""
        connection = self._connection
        if connection is None or connection.state is not State.OPEN:
            pending.lost(ConnectionLost("not connected"))
            return
        pending.sendings += 1
        try:
            await connection.send(pending.text())
        except ConnectionClosed as error:
            pending.lost(ConnectionLost(str(error)))

    async def _send_once_more(self, pending: Pending) -> None:
        connection = self._connection
        await asyncio.sleep(pending.pause_s())
        # Over a new connection it has been sent already: one sending at a time has a reply to come.
        if not pending.reply.done() and self._connection is connection:
            await self._send(pending)

    # --- the connection --------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            self._connection = None
            try:
                await self._connect_once()
                self._reason = ConnectionLost("the exchange closed the connection")
            except NotAuthenticated as error:
                self._fail(error)
                return
            except (OSError, WebSocketException, XTraderError, TimeoutError) as error:
                self._reason = error
                logger.info("connection to %s: %s", self._url, error or type(error).__name__)
            except Exception as error:
                # A message this client does not understand. Dying of it would leave every caller waiting.
                self._reason = error
                logger.exception("connection to %s", self._url)
            reached = self._connection is not None
            self._lost()
            await asyncio.sleep(
                self._pauses.next_s(reached=reached, retry_after_s=_asked_pause_s(self._reason))
            )

    async def _connect_once(self) -> None:
        headers = {"Accept-Language": self._language}
        async with connect(
            self._url,
            additional_headers=headers,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=1024,
            open_timeout=self.timeout_s,
            close_timeout=1,
            proxy=None,
        ) as connection:
            self._connection, self._failure = connection, None
            restoring = self._task_of(self._restore(connection))
            try:
                await self._receive(connection)
            finally:
                restoring.cancel()
                await asyncio.gather(restoring, return_exceptions=True)
                if self._failure is not None:
                    # The connection was closed for it.
                    raise self._failure

    async def _receive(self, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                self._on_message(json.loads(text))
        except ConnectionClosed as error:
            code = None if error.rcvd is None else error.rcvd.code
            tokens = self._tokens
            if code == CLOSED_BAD_TOKEN and tokens is not None and not isinstance(tokens, KeySigner):
                tokens.forget(self._token)
            raise
        finally:
            was_useful = self._ready.is_set() and time.monotonic() - self._ready_at >= USEFUL_S
            if was_useful and connection.close_code not in CLOSED_FOR_CAUSE:
                self._pauses.reset()

    async def _restore(self, connection: ClientConnection) -> None:
        """Log in, subscribe again, ask again what may be asked twice; then let requests through. Whatever
        fails ends the connection."""
        try:
            if isinstance(self._tokens, KeySigner):
                await self._log_in_by_key(self._tokens)
            elif self._tokens is not None:
                await self._log_in(self._tokens)
            await self._subscriptions.restore()
            for pending in list(self._pending.values()):
                if pending.is_repeatable:
                    await self._send(pending)
            self.connections += 1
            self._ready_at = time.monotonic()
            self._ready.set()
            if self._tokens is not None and not isinstance(self._tokens, KeySigner):
                await self._keep_logged_in(self._tokens)
        except Exception as error:
            self._failure = error
            await connection.close()

    async def _log_in(self, tokens: Tokens) -> None:
        self._token = await tokens.token()
        try:
            await self._query("auth", {"token": self._token, **self._beside})
        except ApiError as error:
            if error.code == NOT_OURS:
                raise _no_log_in(error) from error
            if error.code != "INVALID_TOKEN":
                raise
            # The token may have been signed with a key that is gone: one fresh log-in is fair.
            tokens.forget(self._token)
            raise ConnectionLost(str(error)) from error

    async def _log_in_by_key(self, signer: KeySigner) -> None:
        """Raises NotAuthenticated for good where the key does not hold."""
        try:
            await self._query("auth", {**signer.auth(), **self._beside})
        except ApiError as error:
            if signer.correct(error) or error.code == REPLAYED:
                raise ConnectionLost(str(error)) from error
            if error.status == NOT_ALLOWED or error.code == NOT_OURS:
                raise _no_log_in(error) from error
            raise

    async def _keep_logged_in(self, tokens: Tokens) -> None:
        """A connection lives as long as its token: hand in the next one in time."""
        while True:
            await asyncio.sleep(TOKEN_CHECK_S)
            try:
                if await tokens.token() != self._token:
                    await self._log_in(tokens)
            except NotAuthenticated:
                raise
            except XTraderError as error:
                # There is time left to try again; should it run out, the exchange ends the connection.
                logger.warning("could not renew the log-in: %s", error)

    # --- what arrives ----------------------------------------------------------------------------

    def _on_message(self, message: Json) -> None:
        kind = message.get("type")
        if kind == "reply":
            whole = message if "parts" not in message else self._joined(message)
            if whole is not None:
                self._on_reply(whole)
        elif "channel" in message:
            self._on_push(message)
        elif kind == "ping":
            self._chore(self._pong)
        elif kind == "shutdown":
            logger.info("the exchange closes this connection; reconnecting")

    def _joined(self, message: Json) -> Json | None:
        """A reply in parts, once it is whole."""
        number = message.get("id") or 0
        whole = self._reply_parts.setdefault(number, Parts()).take(message)
        if whole is not None:
            del self._reply_parts[number]
        return None if whole is None else dict(whole)

    def _on_reply(self, message: Json) -> None:
        if message["ok"] and "subscribed" in message:
            self._subscriptions.note_subscribed(message)
        pending = self._pending.get(message.get("id") or 0)
        if pending is not None and pending.take(message):
            self._chore(partial(self._send_once_more, pending))

    def _on_push(self, message: Json) -> None:
        self._subscriptions.deliver(message)

    async def _pong(self) -> None:
        if self._connection is not None:
            await self._connection.send('{"op":"pong"}')

    def _lost(self) -> None:
        self._connection = None
        self._reply_parts.clear()
        self._ready.clear()
        self._subscriptions.lose()
        for pending in self._pending.values():
            pending.lost(ConnectionLost("the connection broke before the reply came"))

    def _fail(self, error: XTraderError) -> None:
        """There will be no connection any more: end whatever waits for one."""
        self._fatal = error
        self._lost()
        for pending in self._pending.values():
            pending.end(error)
        self._subscriptions.fail(error)
        self._ready.set()

    def _chore(self, work: Chore) -> None:
        """Do something in the background that no caller waits for."""
        if self._fatal is not None:
            return

        async def quietly() -> None:
            try:
                await work()
            except (XTraderError, ConnectionClosed) as error:
                logger.debug("%s", error)

        self._task_of(quietly())

    def _task_of(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ``close`` ends."""
        task = asyncio.create_task(work, name="xtrader-socket-chore")
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        return task


def _asked_pause_s(error: BaseException | None) -> float | None:
    """The pause the exchange asked for, by an error or by the refusal of a handshake."""
    if isinstance(error, InvalidStatus):
        return seconds(error.response.headers.get("Retry-After"))
    return retry_after_s(error)


def _no_log_in(error: ApiError) -> NotAuthenticated:
    """What was refused will be refused again: the connection is not tried any more."""
    return NotAuthenticated(error.code, error.message, error.details, error.status)
