"""The asyncio client of the engine worker. ``BlockingEngineClient`` in ``blocking`` wraps it for threads."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from exchange.engine.messages import TRADER_COMMANDS, Command
from exchange.journal.codec import DECODE_ERRORS, freeze, freeze_events
from exchange.worker.errors import (
    CommandMalformed,
    EngineBusy,
    EngineError,
    EngineUnavailable,
    OutcomeUnknown,
    QueryRefused,
)
from exchange.worker.protocol import (
    BAD_QUERY,
    BUSY,
    COMMANDS,
    MAX_REPLY_BYTES,
    QUERY,
    SUBSCRIBE,
    Answer,
    Answered,
    FeedBatch,
    FrameBuffer,
    FrameError,
    Hello,
    Outcome,
    Outcomes,
    Refused,
    Reply,
    frame,
    reply_decoder,
)

log = logging.getLogger(__name__)

#: Pauses between attempts to connect, seconds; the last one repeats.
_BACKOFF_S: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
#: How often time-outs are looked for.
_SWEEP_S: Final = 0.1
#: Unanswered commands of one account: half of the ids the core remembers of it, so that after an engine
#: restart the first of those sent again is still known, and nobody fills the queue alone.
MAX_WAITING_PER_ACCOUNT: Final = 5_000
#: Most commands in one frame, so that none comes near the engine's frame limit.
_FRAME_COMMANDS: Final = 5_000


@dataclass(slots=True)
class _Waiting:
    """A command or query without an answer yet."""

    message: Command | tuple[str, tuple[Any, ...]]
    future: asyncio.Future[Any]
    deadline: float
    #: The trader's account that asks; 0 for queries and for commands of the venue.
    account: int
    is_query: bool
    #: Whether the engine may have got it.
    sent: bool = False


@dataclass(slots=True)
class _Subscription:
    on_hello: Callable[[Hello], None]
    on_batch: Callable[[FeedBatch], None]
    on_lost: Callable[[], None] | None


class AsyncEngineClient:
    """One connection of an asyncio process to the engine; use it from its loop only.

    Commands given in one turn of the loop leave in one frame. The client reconnects with back-off;
    commands that were sent and not answered are sent again with their command_id until ``timeout_ms``
    has passed (``OutcomeUnknown``). Commands that could not be sent for ``connect_grace_ms`` fail with
    ``EngineUnavailable``; more than ``max_waiting`` unanswered ones, or ``max_waiting_per_account`` of one
    account, fail with ``EngineBusy``.
    """

    def __init__(
        self,
        socket_path: str | Path,
        *,
        timeout_ms: int = 5_000,
        connect_grace_ms: int = 2_000,
        max_waiting: int = 50_000,
        max_waiting_per_account: int = MAX_WAITING_PER_ACCOUNT,
        name: str = "",
    ) -> None:
        """``name``: of a web process, told to the engine when it subscribes; see ``gateways``."""
        self.name = name
        self._path = str(socket_path)
        self._timeout_s = timeout_ms / 1000
        self._grace_s = connect_grace_ms / 1000
        self._max_waiting = max_waiting
        self._max_waiting_per_account = max_waiting_per_account
        self._waiting: dict[int, _Waiting] = {}
        #: Trader's account -> how many of its commands have no answer yet.
        self._waiting_of: dict[int, int] = {}
        self._next_id = 1
        #: Ids not yet written to the current connection.
        self._unsent: list[int] = []
        self._flush_scheduled = False
        self._subscription: _Subscription | None = None
        self._greeted = False
        self._transport: asyncio.Transport | None = None
        self._away_since = 0.0
        self._connected = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- life ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin connecting; returns at once, connected or not."""
        if self._tasks:
            return
        self._loop = asyncio.get_running_loop()
        self._away_since = time.monotonic()
        self._tasks = [asyncio.create_task(self._stay_connected()), asyncio.create_task(self._sweep())]

    async def close(self) -> None:
        """Disconnect; unanswered commands fail with OutcomeUnknown, unsent ones with EngineUnavailable."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
        self._connected.clear()
        for waiting in self._waiting.values():
            _fail(
                waiting, OutcomeUnknown("the client closed") if waiting.sent else EngineUnavailable("closed")
            )
        self._waiting.clear()
        self._waiting_of.clear()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop it was started on."""
        return self._loop

    @property
    def connected(self) -> bool:
        return self._transport is not None

    async def wait_connected(self, timeout_s: float = 5.0) -> None:
        """Return once connected; EngineUnavailable after ``timeout_s``."""
        try:
            await asyncio.wait_for(self._connected.wait(), timeout_s)
        except TimeoutError:
            raise EngineUnavailable(f"no engine at {self._path} after {timeout_s} s") from None

    # --- asking ----------------------------------------------------------------------------------

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Send one command; the future gives its Outcome or raises an EngineError."""
        return self._ask(command, is_query=False)

    def submit_many(self, commands: Sequence[Command]) -> list[asyncio.Future[Outcome]]:
        """Send several in order; each has its own future, since each may be refused on its own."""
        return [self._ask(command, is_query=False) for command in commands]

    async def query(self, kind: str, *args: Any) -> Answer:
        """Ask the engine's state; see ``queries`` for kinds and arguments. Arrays come as tuples.
        Raises QueryRefused, or EngineUnavailable when there is no answer in time."""
        answer: Answer = await self._ask((kind, args), is_query=True)
        return answer

    def subscribe(
        self,
        on_hello: Callable[[Hello], None],
        on_batch: Callable[[FeedBatch], None],
        on_lost: Callable[[], None] | None = None,
    ) -> None:
        """Receive the feed: first a Hello (full state), then every batch after it without a gap. After
        a reconnect there is a new Hello. Callbacks run on the loop and must not block. One
        subscription per client; it is kept across reconnects. ``on_lost`` runs at a disconnect."""
        if self._subscription is not None:
            raise EngineError("this client has its subscription already")
        self._subscription = _Subscription(on_hello, on_batch, on_lost)
        if self._transport is not None:
            self._transport.write(frame([(SUBSCRIBE, self.name)]))

    def _ask(self, message: Any, *, is_query: bool) -> asyncio.Future[Any]:
        if self._loop is None:
            raise EngineUnavailable("the client was not started")
        future: asyncio.Future[Any] = self._loop.create_future()
        now = time.monotonic()
        # A malformed command is the engine's to refuse.
        is_trade = not is_query and len(message) > 2 and message[0] in TRADER_COMMANDS
        account: int = message[2] if is_trade else 0
        if refusal := self._refusal(account, now):
            future.set_exception(refusal)
            return future
        request_id = self._next_id
        self._next_id += 1
        self._waiting[request_id] = _Waiting(message, future, now + self._timeout_s, account, is_query)
        if account:
            self._waiting_of[account] = self._waiting_of.get(account, 0) + 1
        self._unsent.append(request_id)
        if not self._flush_scheduled and self._transport is not None:
            self._flush_scheduled = True
            self._loop.call_soon(self._flush)
        return future

    def _refusal(self, account: int, now: float) -> EngineError | None:
        """Why nothing more is taken now, if so."""
        if len(self._waiting) >= self._max_waiting:
            return EngineBusy(f"{self._max_waiting} commands are unanswered")
        if account and self._waiting_of.get(account, 0) >= self._max_waiting_per_account:
            return EngineBusy(f"{self._max_waiting_per_account} commands of the account are unanswered")
        if self._transport is None and now - self._away_since > self._grace_s:
            return EngineUnavailable(f"no engine at {self._path}")
        return None

    def _answered(self, request_id: int) -> _Waiting | None:
        """Take out what has its answer; None when it was given up before."""
        waiting = self._waiting.pop(request_id, None)
        if waiting is not None and waiting.account:
            left = self._waiting_of[waiting.account] - 1
            if left:
                self._waiting_of[waiting.account] = left
            else:
                del self._waiting_of[waiting.account]
        return waiting

    # --- sending ---------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Send what was asked in this turn of the loop. Ids of consecutive commands are consecutive."""
        self._flush_scheduled = False
        if self._transport is None:
            return
        ids, self._unsent = self._unsent, []
        for start in range(0, len(ids), _FRAME_COMMANDS):
            messages = self._messages(ids[start : start + _FRAME_COMMANDS])
            if messages:
                self._transport.write(frame(messages))

    def _messages(self, ids: list[int]) -> list[Any]:
        messages: list[Any] = []
        run: list[Command] = []
        due_id = 0
        for request_id in ids:
            waiting = self._waiting.get(request_id)
            if waiting is None:
                continue
            waiting.sent = True
            if waiting.is_query:
                messages.append((QUERY, request_id, *waiting.message))
            elif run and request_id == due_id:
                run.append(waiting.message)
            else:
                run = [waiting.message]
                messages.append((COMMANDS, request_id, run))
            due_id = request_id + 1
        return messages

    # --- the connection --------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        """Connect, and again whenever the connection is lost."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            try:
                _, protocol = await loop.create_unix_connection(lambda: _Stream(self), self._path)
            except OSError as error:
                if attempt == len(_BACKOFF_S):
                    log.warning("cannot reach the engine: %s", error)
                await asyncio.sleep(_BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])
                attempt += 1
                continue
            attempt = 0
            await protocol.lost.wait()
            await asyncio.sleep(_BACKOFF_S[0])

    def on_connected(self, transport: asyncio.Transport) -> None:
        """Called by the stream: subscribe again, send again what has no answer."""
        self._transport = transport
        self._greeted = False
        if self._subscription is not None:
            transport.write(frame([(SUBSCRIBE, self.name)]))
        self._unsent = list(self._waiting)
        self._flush()
        self._connected.set()

    def on_lost(self) -> None:
        """Called by the stream."""
        log.info("lost the engine at %s", self._path)
        self._transport = None
        self._connected.clear()
        self._away_since = time.monotonic()
        if self._subscription is not None and self._subscription.on_lost is not None:
            self._subscription.on_lost()

    async def _sweep(self) -> None:
        """Fail what has waited too long."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            now = time.monotonic()
            unreachable = self._transport is None and now - self._away_since > self._grace_s
            overdue = []
            for request_id, waiting in self._waiting.items():
                if now > waiting.deadline or (unreachable and not waiting.sent):
                    overdue.append(request_id)
                elif not unreachable:
                    # They stand in the order of their deadlines.
                    break
            for request_id in overdue:
                if late := self._answered(request_id):
                    self._give_up(late)

    def _give_up(self, waiting: _Waiting) -> None:
        if waiting.sent and not waiting.is_query:
            _fail(waiting, OutcomeUnknown("the engine did not answer in time; ask again with the same id"))
        else:
            _fail(waiting, EngineUnavailable(f"no answer from the engine at {self._path}"))

    # --- receiving -------------------------------------------------------------------------------

    def on_message(self, message: Reply) -> None:
        """Called by the stream for each message of the engine."""
        if isinstance(message, Outcomes):
            self._on_outcomes(message)
        elif isinstance(message, FeedBatch):
            if self._subscription is not None and self._greeted:
                for events in message.events:
                    freeze_events(events)
                self._subscription.on_batch(message)
        elif isinstance(message, Answered):
            if waiting := self._answered(message.request_id):
                _succeed(waiting, Answer(message.sequence, freeze(message.value)))
        elif isinstance(message, Refused):
            if waiting := self._answered(message.request_id):
                _fail(waiting, _refused(message))
        elif isinstance(message, Hello):
            self._on_hello(message)

    def _on_outcomes(self, message: Outcomes) -> None:
        for request_id, sequence, now_ns, events in message.rows:
            if waiting := self._answered(request_id):
                _succeed(waiting, Outcome(sequence, now_ns, freeze_events(events)))

    def _on_hello(self, message: Hello) -> None:
        self._greeted = True
        if self._subscription is not None:
            message.symbols[:] = [freeze(symbol) for symbol in message.symbols]
            self._subscription.on_hello(message)


class _Stream(asyncio.Protocol):
    """The socket of one connection."""

    def __init__(self, client: AsyncEngineClient) -> None:
        self._client = client
        self._frames = FrameBuffer(MAX_REPLY_BYTES)
        self._transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._client.on_connected(self._transport)

    def data_received(self, data: bytes) -> None:
        try:
            messages = [m for body in self._frames.feed(data) for m in reply_decoder.decode(body)]
        except (FrameError, *DECODE_ERRORS) as error:
            self._give_up(f"the engine sent what is not a frame: {error}")
            return
        try:
            for message in messages:
                self._client.on_message(message)
        except Exception:
            # A subscriber that failed on a batch has missed it: only a new Hello mends that.
            self._give_up("a subscriber failed")

    def _give_up(self, why: str) -> None:
        log.exception("%s; reconnecting", why)
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.on_lost()
        self.lost.set()


def _succeed(waiting: _Waiting, result: Outcome | Answer) -> None:
    # The asker may have been cancelled meanwhile.
    if not waiting.future.done():
        waiting.future.set_result(result)


def _fail(waiting: _Waiting, error: EngineError) -> None:
    if not waiting.future.done():
        waiting.future.set_exception(error)


def _refused(message: Refused) -> EngineError:
    if message.code == BUSY:
        return EngineBusy(message.message)
    if message.code == BAD_QUERY:
        return QueryRefused(message.message)
    return CommandMalformed(message.message)
