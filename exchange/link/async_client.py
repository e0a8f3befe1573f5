"""The asyncio client of the engine. ``BlockingEngineClient`` in ``blocking`` wraps it for threads."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from exchange import process
from exchange.engine.messages import TRADER_COMMANDS, Command, Event
from exchange.engine.messages.places import COMMAND_ACCOUNT
from exchange.journal.codec import DECODE_ERRORS, freeze
from exchange.link.errors import (
    CommandMalformed,
    EngineBusy,
    EngineError,
    EngineUnavailable,
    OutcomeUnknown,
    QueryRefused,
    VenueCancelOnly,
)
from exchange.link.pending import Asked, Done, Pending, Result
from exchange.link.protocol import (
    BAD_QUERY,
    BUSY,
    COMMANDS,
    MAX_REPLY_BYTES,
    NO_ROOM,
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
    Sequenced,
    Venue,
    decode_replies,
    frame,
)
from exchange.link.results import Results
from exchange.telemetry import breakers
from exchange.telemetry.logs import get_logger
from exchange.telemetry.request_ids import current_label, request_id_in
from exchange.telemetry.slow_log import SlowLog
from exchange.telemetry.tracing import LinkSpan, Tracing, label_of

log = get_logger(__name__)

#: Pauses between attempts to connect, seconds; the last one repeats. Each is drawn between half of it and all
#: of it, so that the web processes of a venue do not come all at once.
_BACKOFF_S: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
#: How often time-outs are looked for.
_SWEEP_S: Final = 0.1
#: Unanswered commands of one account: half of the ids the core remembers of it, so that after an engine
#: restart the first of those sent again is still known, and no account fills the queue alone.
MAX_WAITING_PER_ACCOUNT: Final = 5_000
#: Most commands in one frame, so that none comes near the engine's frame limit.
_FRAME_COMMANDS: Final = 5_000


@dataclass(slots=True)
class _Subscription:
    on_hello: Callable[[Hello], None]
    on_batch: Callable[[FeedBatch[Event]], None]
    on_lost: Callable[[], None] | None


class AsyncEngineClient:
    """One connection of an asyncio process to the engine; use it from its loop only.

    Commands given in one turn of the loop leave in one frame. The client reconnects with back-off;
    commands that were sent and not answered are sent again with their command_id until ``timeout_ms``
    has passed (``OutcomeUnknown``). Commands that could not be sent for ``connect_grace_ms`` fail with
    ``EngineUnavailable``; more than ``max_waiting`` unanswered ones, or ``max_waiting_per_account`` of one
    account, fail with ``EngineBusy``. An engine that is connected and leaves what it was sent unanswered for
    ``timeout_ms`` without a byte is away too: what comes then fails at once, unsent, until it is heard again.
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
        """``name``: of a web process, told to the engine when it subscribes; see ``node.web_processes``."""
        self.name = name
        self._path = str(socket_path)
        self._timeout_s = timeout_ms / 1000
        self._grace_s = connect_grace_ms / 1000
        self._pending = Pending(max_waiting, max_waiting_per_account)
        self._slow = process.part(SlowLog)
        #: An answer later than so long before the end of its time is a slow one.
        self._slow_before_s = self._timeout_s - self._slow.command_s
        self._tracing = process.find(Tracing)
        #: When the message came that is looked at; what was to be answered before the second is slow then.
        self._now_s = 0.0
        self._slow_until_s = float("-inf")
        #: When the feed's last batch began and ended to be taken in, where something is traced.
        self._batch_ns = (0, 0)
        self._results = Results()
        #: Messages that leave at the end of this turn of the loop, and the commands of the last one of them.
        self._outgoing: list[Any] = []
        self._run: list[Command] = []
        self._run_labels: list[str] = []
        #: The request id that would continue the run, and how many commands leave.
        self._run_end = 0
        self._outgoing_count = 0
        self._flush_scheduled = False
        #: Ids below it may have reached the engine; those below the second may have on an earlier connection.
        self._sent_below = 0
        self._sent_before_below = 0
        #: Commands sent again that the engine did not take this time: to be sent once more.
        self._not_taken: list[int] = []
        #: The last batch of the feed: it has the events of the outcomes that come next.
        self._batch: FeedBatch[Event] | None = None
        self._subscription: _Subscription | None = None
        self._greeted = False
        self._transport: asyncio.Transport | None = None
        self._away_since = 0.0
        #: When the engine last sent anything, and whether it hangs: it holds the connection and says nothing.
        self._heard_s = 0.0
        self._hangs = False
        self._breaker = breakers.breaker(breakers.ENGINE)
        #: Whether the engine, as a subscriber was last told, takes nothing new.
        self.is_cancel_only = False
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
        for asked in list(self._pending):
            self._fail(
                asked, OutcomeUnknown if self._was_sent(asked) else EngineUnavailable, "the client closed"
            )
        self._results.tell_all()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop it was started on."""
        return self._loop

    @property
    def unanswered(self) -> int:
        """Commands and queries without an answer."""
        return len(self._pending)

    @property
    def connected(self) -> bool:
        return self._transport is not None

    @property
    def away_s(self) -> float | None:
        """Seconds since the engine was last heard while it is away or hangs; None while it is there."""
        if self._transport is not None and not self._hangs:
            return None
        return time.monotonic() - (self._heard_s or self._away_since)

    async def wait_connected(self, timeout_s: float = 5.0) -> None:
        """Return once connected; EngineUnavailable after ``timeout_s``."""
        try:
            await asyncio.wait_for(self._connected.wait(), timeout_s)
        except TimeoutError:
            raise EngineUnavailable(f"no engine at {self._path} after {timeout_s} s") from None

    # --- asking ----------------------------------------------------------------------------------

    def send(self, commands: Sequence[Command], done: Done) -> None:
        """Send commands of one account, in order. ``done`` gets what became of them, each an Outcome or an
        EngineError, once all of it is known; at once if they are not taken."""
        # A malformed command is the engine's to refuse.
        first = commands[0]
        is_trade = len(first) > COMMAND_ACCOUNT and first[0] in TRADER_COMMANDS
        self._ask(commands, done, account=first[COMMAND_ACCOUNT] if is_trade else 0)

    def submit(self, command: Command) -> asyncio.Future[Outcome]:
        """Send one command; the future gives its Outcome or raises an EngineError."""
        future: asyncio.Future[Outcome] = self._running_loop().create_future()
        self.send((command,), partial(_settle, future))
        return future

    async def submit_all(self, commands: Sequence[Command]) -> Sequence[Outcome | EngineError]:
        """Send commands of one account; what became of each, once all is known."""
        future: asyncio.Future[Sequence[Any]] = self._running_loop().create_future()
        self.send(commands, partial(_settle_all, future))
        return await future

    def submit_many(self, commands: Sequence[Command]) -> list[asyncio.Future[Outcome]]:
        """Send several in order; each has its own future, since each may be refused on its own."""
        return [self.submit(command) for command in commands]

    async def query(self, kind: str, *args: Any) -> Answer:
        """Ask the engine's state; see ``queries`` for kinds and arguments. Arrays come as tuples.
        Raises QueryRefused, or EngineUnavailable when there is no answer in time."""
        future: asyncio.Future[Answer] = self._running_loop().create_future()
        self._ask(((kind, args),), partial(_settle, future), is_query=True)
        return await future

    def subscribe(
        self,
        on_hello: Callable[[Hello], None],
        on_batch: Callable[[FeedBatch[Event]], None],
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

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise EngineUnavailable("the client was not started")
        return self._loop

    def _ask(self, messages: Sequence[Any], done: Done, *, account: int = 0, is_query: bool = False) -> None:
        loop, now = self._running_loop(), time.monotonic()
        refusal = self._pending.refusal(account, len(messages)) or self._absence(now)
        if refusal is not None:
            done([refusal] * len(messages))
            return
        asked = Asked(messages, done, now + self._timeout_s, account, is_query, current_label())
        if self._tracing is not None and not is_query:
            self._begin_span(self._tracing, asked)
        self._pending.add(asked)
        if self._transport is None:
            return
        if is_query:
            self._put_out_query(asked.first_id, messages[0])
        else:
            self._put_out(asked.first_id, messages, asked.label)
        if self._outgoing_count >= _FRAME_COMMANDS:
            self._flush()
        elif not self._flush_scheduled:
            self._flush_scheduled = True
            loop.call_soon(self._flush)

    def _absence(self, now: float) -> EngineUnavailable | None:
        """The error of an engine that has been away for too long."""
        if self._transport is None and now - self._away_since > self._grace_s:
            return EngineUnavailable(f"no engine at {self._path}")
        if self._hangs:
            return EngineUnavailable(f"the engine at {self._path} does not answer")
        return None

    # --- sending ---------------------------------------------------------------------------------

    def _put_out(self, first_id: int, commands: Sequence[Command], label: str) -> None:
        """Have commands leave in one message with those before them, if their ids follow."""
        if first_id != self._run_end:
            self._run, self._run_labels = [], []
            self._outgoing.append((COMMANDS, first_id, self._run, self._run_labels))
        count = len(commands)
        self._run += commands
        if count == 1:
            self._run_labels.append(label)
        else:
            self._run_labels += [label] * count
        self._run_end = first_id + count
        self._outgoing_count += count

    def _put_out_query(self, request_id: int, query: tuple[str, tuple[Any, ...]]) -> None:
        self._outgoing.append((QUERY, request_id, *query))
        self._run_end = 0

    def _flush(self) -> None:
        """Send what was asked in this turn of the loop."""
        self._flush_scheduled = False
        outgoing = self._outgoing
        self._drop_outgoing()
        if outgoing and self._transport is not None:
            self._transport.write(frame(outgoing))
            self._sent_below = self._pending.next_id

    def _drop_outgoing(self) -> None:
        self._outgoing, self._run, self._run_labels = [], [], []
        self._run_end = self._outgoing_count = 0

    def _send_all_again(self) -> None:
        """Send everything that has no answer, in the order it was asked."""
        self._drop_outgoing()
        for asked in self._pending:
            for request_id, message in asked.unanswered():
                if asked.is_query:
                    self._put_out_query(request_id, message)
                else:
                    self._put_out(request_id, (message,), asked.label)
                if self._outgoing_count >= _FRAME_COMMANDS:
                    self._flush()
        self._flush()

    def _send_not_taken(self) -> None:
        """Send again what the engine had no room for, in the order it was asked."""
        again, self._not_taken = self._not_taken, []
        for request_id in again:
            asked = self._pending.find(request_id)
            if asked is not None:
                self._put_out(request_id, (asked.messages[request_id - asked.first_id],), asked.label)
        if again and not self._flush_scheduled:
            self._flush()

    def _was_sent(self, asked: Asked) -> bool:
        """Whether the engine may have got it."""
        return asked.first_id < self._sent_below

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
                    log.warning("engine_not_reached", error=error)
                await asyncio.sleep(_jittered(_BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)]))
                attempt += 1
                continue
            attempt = 0
            await protocol.lost.wait()
            await asyncio.sleep(_jittered(_BACKOFF_S[0]))

    def on_connected(self, transport: asyncio.Transport) -> None:
        """Called by the stream: subscribe again, send again what has no answer."""
        self._transport = transport
        self._breaker.recovered()
        self._hangs = self.is_cancel_only = False
        self._heard_s = time.monotonic()
        self._greeted = False
        self._sent_before_below = self._sent_below
        self._not_taken.clear()
        if self._subscription is not None:
            transport.write(frame([(SUBSCRIBE, self.name)]))
        self._send_all_again()
        self._connected.set()

    def on_lost(self) -> None:
        """Called by the stream."""
        log.info("engine_lost", path=self._path)
        self._transport = None
        self._connected.clear()
        self._away_since = time.monotonic()
        if self._subscription is not None and self._subscription.on_lost is not None:
            self._subscription.on_lost()

    async def _sweep(self) -> None:
        """Fail what has waited too long."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            self._now_s = now = time.monotonic()
            self._slow_until_s = now + self._slow_before_s
            unreachable = self._transport is None and now - self._away_since > self._grace_s
            if unreachable:
                self._breaker.trip("no connection")
            overdue = []
            for asked in self._pending:
                if now > asked.deadline or (unreachable and not self._was_sent(asked)):
                    overdue.append(asked)
                elif not unreachable:
                    # They stand in the order of their deadlines.
                    break
            self._notice_silence(now, overdue)
            for asked in overdue:
                self._give_up(asked)
            self._send_not_taken()

    def _notice_silence(self, now: float, overdue: Sequence[Asked]) -> None:
        """Whether the engine hangs: of what it was sent on this connection something is overdue, and since
        then it has said nothing at all."""
        if self._transport is None or now - self._heard_s < self._timeout_s:
            return
        if any(self._was_sent(asked) for asked in overdue):
            self._hangs = True
            self._breaker.trip("no answer")
            # Ask until it answers; nobody waits for this.
            self._probe()

    def _probe(self) -> None:
        """One question, whose answer says that the engine is back; overdue, it is asked again."""
        asked = Asked((("status", ()),), _forget, time.monotonic() + self._timeout_s, 0, is_query=True)
        self._pending.add(asked)
        self._put_out_query(asked.first_id, asked.messages[0])
        self._flush()

    def on_heard(self) -> None:
        """Called by the stream for whatever comes."""
        self._heard_s = time.monotonic()
        if self._hangs:
            self._hangs = False
            self._breaker.recovered()

    def _give_up(self, asked: Asked) -> None:
        if self._was_sent(asked) and not asked.is_query:
            self._fail(asked, OutcomeUnknown, "the engine did not answer in time; ask again with the same id")
        else:
            self._fail(asked, EngineUnavailable, f"no answer from the engine at {self._path}")

    def _fail(self, asked: Asked, error: type[EngineError], why: str) -> None:
        for request_id, _ in list(asked.unanswered()):
            self._on_result(request_id, error(why))

    # --- receiving -------------------------------------------------------------------------------

    def on_message(self, message: Reply) -> None:
        """Called by the stream for each message of the engine."""
        self._now_s = now_s = time.monotonic()
        self._slow_until_s = now_s + self._slow_before_s
        if isinstance(message, FeedBatch):
            self._on_batch(message)
        elif isinstance(message, Sequenced):
            self._on_sequenced(message)
        elif isinstance(message, Outcomes):
            for request_id, sequence, now_ns, events in message.rows:
                self._on_result(request_id, Outcome(sequence, now_ns, events))
        elif isinstance(message, Answered):
            self._on_result(message.request_id, Answer(message.sequence, freeze(message.value)))
        elif isinstance(message, Refused):
            self._on_refused(message)
        elif isinstance(message, Hello):
            self._on_hello(message)
        elif isinstance(message, Venue):
            self.is_cancel_only = message.cancel_only

    def _on_refused(self, message: Refused) -> None:
        """The engine did not take it. A command that was sent before may have been taken then: it is sent
        again until its outcome is known or its time is over."""
        request_id = message.request_id
        if message.code != BAD_QUERY and request_id < self._sent_before_below:
            self._not_taken.append(request_id)
        else:
            self._on_result(request_id, _refused(message))

    def _on_batch(self, message: FeedBatch[Event]) -> None:
        self._batch = message
        began_ns = time.time_ns() if self._tracing is not None else 0
        if self._subscription is not None and self._greeted:
            self._subscription.on_batch(message)
        if began_ns:
            self._batch_ns = began_ns, time.time_ns()

    def _on_sequenced(self, message: Sequenced) -> None:
        """Outcomes whose events came with the batch before. Raises EngineError if they did not."""
        batch = self._batch
        if batch is None:
            raise EngineError("outcomes of a batch that never came")
        on_result, now_ns = self._on_result, batch.now_ns
        for first_id, first_sequence, count in message.runs:
            start = first_sequence - batch.first_sequence
            found = batch.events[start : start + count] if start >= 0 else []
            if len(found) != count:
                raise EngineError("outcomes of another batch than the one before")
            for number, events in enumerate(found):
                on_result(first_id + number, Outcome(first_sequence + number, now_ns, events))

    def _on_result(self, request_id: int, result: Result) -> None:
        asked = self._pending.answer(request_id, result)
        if asked is not None:
            if asked.deadline < self._slow_until_s:
                self._note_slow(asked)
            if asked.span is not None and self._tracing is not None:
                self._end_span(self._tracing, asked)
            self._results.tell(asked)

    # --- what is noted ---------------------------------------------------------------------------

    def _note_slow(self, asked: Asked) -> None:
        took_s = self._timeout_s - (asked.deadline - self._now_s)
        operation = "engine_query" if asked.is_query else "command"
        fields = {"account": asked.account} if asked.account else {}
        self._slow.note(
            operation, took_s, request_id=request_id_in(asked.label), count=len(asked.messages), **fields
        )

    def _begin_span(self, tracing: Tracing, asked: Asked) -> None:
        """Of a request that is traced: what its commands carry from here on names this span as their
        parent."""
        span = tracing.to_engine()
        if span is not None:
            asked.span = span
            asked.label = label_of(span.traced.request_id, span.span)

    def _end_span(self, tracing: Tracing, asked: Asked) -> None:
        span: LinkSpan = asked.span
        sequences = [result.sequence for result in asked.results if isinstance(result, Outcome)]
        batch, (began_ns, ended_ns) = self._batch, self._batch_ns
        if batch is not None and sequences and sequences[-1] >= batch.first_sequence:
            tracing.add("feed.push", span.span, began_ns, ended_ns, sequence=sequences[-1])
        tracing.from_engine(span, **({"sequence": sequences[0]} if sequences else {}))

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
        self._client.on_heard()
        try:
            messages = [m for body in self._frames.feed(data) for m in decode_replies(body)]
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
        log.exception("engine_connection_given_up", reason=why)
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._client.on_lost()
        self.lost.set()


def _jittered(pause_s: float) -> float:
    return pause_s * random.uniform(0.5, 1.0)


def _forget(results: Sequence[Result]) -> None:
    """The answer to a question that nobody waits for."""


def _settle(future: asyncio.Future[Any], results: Sequence[Result]) -> None:
    """Give a future the one result."""
    (result,) = results
    # The asker may have been cancelled meanwhile.
    if future.done():
        return
    if isinstance(result, EngineError):
        future.set_exception(result)
    else:
        future.set_result(result)


def _settle_all(future: asyncio.Future[Sequence[Any]], results: Sequence[Result]) -> None:
    if not future.done():
        future.set_result(results)


def _refused(message: Refused) -> EngineError:
    if message.code == BUSY:
        return EngineBusy(message.message)
    if message.code == NO_ROOM:
        return VenueCancelOnly(message.message)
    if message.code == BAD_QUERY:
        return QueryRefused(message.message)
    return CommandMalformed(message.message)
