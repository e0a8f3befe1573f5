"""The engine process: one thread, one loop, one turn at a time.

A turn: read everything that is ready → apply → one sync → feed, then replies, then answers to queries.
Nothing of a turn leaves before its sync; readers of the feed therefore never know more than the disk.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from exchange import core
from exchange.engine import Engine
from exchange.engine.messages import Command, cancel_all
from exchange.journal.codec import SIMPLE_PLACE_FIELDS, freeze_command
from exchange.link.protocol import (
    ANSWERED,
    BAD_QUERY,
    BUSY,
    DURABLE,
    FEED_BATCH,
    HELLO,
    MALFORMED,
    MAX_REQUEST_BYTES,
    NO_ROOM,
    REFUSED,
    VENUE,
    Commands,
    Follow,
    Query,
    Request,
    Subscribe,
    frame,
)
from exchange.node.clock import GuardedClock
from exchange.node.command_shapes import command_problem
from exchange.node.disk_room import GROWING, DiskRoom
from exchange.node.engine_figures import EngineFigures
from exchange.node.fair_queue import FairQueue, Waiting
from exchange.node.listener import Listener
from exchange.node.peer import Connection, Disconnected
from exchange.node.queries import BadQuery, ask, symbol_names
from exchange.node.sequencer import Sequencer, Turn
from exchange.node.watching import BatchWatch
from exchange.node.web_processes import GRACE_S, WebProcesses, process_of
from exchange.telemetry.logs import get_logger
from exchange.telemetry.request_ids import MAX_LABEL_CHARS, request_id_in

log = get_logger(__name__)

_NS: Final = 1_000_000_000
#: How long a stopping engine tries to deliver its last replies.
_FAREWELL_S: Final = 1.0
#: The loop wakes at least this often.
_MAX_SLEEP_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the server. A batch has at most ``max_share_commands`` of one account. Beyond
    ``max_waiting_commands``, or what the engine carries in ``max_wait_s``, a command is answered ENGINE_BUSY;
    a client that lets ``max_output_bytes`` wait is disconnected."""

    max_batch_commands: int = 2_000
    max_share_commands: int = 256
    max_waiting_commands: int = 20_000
    max_wait_s: float = 2.0
    max_request_bytes: int = MAX_REQUEST_BYTES
    max_output_bytes: int = 64 * 1024 * 1024
    max_clients: int = 256
    seal_after_s: float = 0.25
    #: How long a web process may be gone before orders that end with its connections are canceled.
    web_process_grace_s: float = GRACE_S


class Pulse(NamedTuple):
    """How a server was when it was asked, from another thread: times by the monotonic clock."""

    turned_s: float
    #: When the journal last took a batch; None before the first.
    synced_s: float | None
    sequence: int
    durable: int
    has_failed: bool
    cancel_only: bool


class EngineServer:
    """Serves one sequencer on a Unix socket until ``stop`` is called (from a signal handler)."""

    def __init__(
        self,
        sequencer: Sequencer,
        socket_path: str | Path,
        limits: Limits | None = None,
        disk: DiskRoom | None = None,
    ) -> None:
        """``disk``: the file systems whose room is watched; none without it."""
        self._sequencer = sequencer
        self._disk = disk or DiskRoom()
        self._path = str(socket_path)
        self._limits = limits or Limits()
        self._selector = selectors.DefaultSelector()
        self._wake_receive, self._wake_send = socket.socketpair()
        self._wake_receive.setblocking(False)
        self._wake_send.setblocking(False)
        self._listener = Listener(self._path, self._selector, self._accept)
        self._selector.register(self._wake_receive, selectors.EVENT_READ, self._drain_wake)
        self._clients: set[Connection] = set()
        self._subscribers: set[Connection] = set()
        self._followers: set[Connection] = set()
        self._touched: set[Connection] = set()
        self._waiting: FairQueue[Connection] = FairQueue(self._limits.max_share_commands)
        self._queries: list[tuple[Connection, Query]] = []
        self._newcomers: list[Connection] = []
        self._watch = BatchWatch()
        self._web_processes = WebProcesses(self._limits.web_process_grace_s)
        #: How many commands may wait now; since when some have waited after every batch, and how many have
        #: been carried out since.
        self._room = self._limits.max_waiting_commands
        self._busy_since = 0.0
        self._carried = 0
        self._stopping = False
        self._seal_at: float | None = None
        self._turned_s = time.monotonic()
        self._synced_s: float | None = None
        self._started_ns = time.time_ns()
        self._figures = dict.fromkeys(("turns", "batches", "commands", "busy", "malformed", "no_room"), 0)
        self._measured = EngineFigures(self._seen_beside)

    # --- the loop --------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until stopped. Raises JournalWriteFailed: then nothing of that turn was answered."""
        log.info("serving", path=self._path, sequence=self._sequencer.position.sequence)
        sessions = self._sequencer.engine.sessions()
        self._web_processes.expect({process_of(name) for _, name in sessions}, time.monotonic())
        try:
            while not self._stopping:
                self.turn(self._sleep_s())
            self._finish()
        finally:
            self._close()

    def stop(self) -> None:
        """End after the current turn. Safe in a signal handler."""
        self._stopping = True
        with suppress(OSError):
            self._wake_send.send(b"\0")

    def turn(self, timeout_s: float) -> None:
        """One turn of the loop."""
        for key, mask in self._selector.select(timeout_s):
            if isinstance(key.data, Connection):
                self._serve(key.data, mask)
            else:
                key.data()
        self._listener.tend()
        self._watch_disk()
        self._turned_s = time.monotonic()
        self._figures["turns"] += 1
        self._measured.came(len(self._waiting))
        self._end_lost_sessions()
        if self._waiting or self._tick_due():
            self._sequence()
        self._answer_queries()
        self._greet()
        self._release()
        self._measured.answered()
        self._seal_if_idle()

    def _sleep_s(self) -> float:
        """Until when nothing needs doing unless a client speaks."""
        if self._waiting:
            return 0.0
        until = [_MAX_SLEEP_S]
        due_ns = self._sequencer.next_due_ns()
        if due_ns is not None:
            until.append((due_ns - self._sequencer.clock()) / _NS)
        for due_s in (
            self._seal_at,
            self._web_processes.next_due_s(),
            self._listener.next_due_s(),
            self._disk.next_due_s(),
        ):
            if due_s is not None:
                until.append(due_s - time.monotonic())
        return max(0.0, min(until))

    def _tick_due(self) -> bool:
        due_ns = self._sequencer.next_due_ns()
        return due_ns is not None and due_ns <= self._sequencer.clock()

    def _seal_if_idle(self) -> None:
        if self._seal_at is not None and time.monotonic() >= self._seal_at:
            self._sequencer.seal()
            self._seal_at = None

    @property
    def pulse(self) -> Pulse:
        """How it is; from any thread."""
        sequencer = self._sequencer
        return Pulse(
            self._turned_s,
            self._synced_s,
            sequencer.engine.sequence,
            sequencer.journal.durable_sequence,
            sequencer.has_failed,
            self._disk.is_short,
        )

    def _watch_disk(self) -> None:
        """Before anything of this turn is taken: whether the disks have room, and who is to know."""
        if self._disk.look():
            self._send_to(self._subscribers, frame([(VENUE, self._disk.is_short)]))

    # --- reading ---------------------------------------------------------------------------------

    def _accept(self, sock: socket.socket) -> None:
        if len(self._clients) >= self._limits.max_clients:
            log.warning("client_refused", maximum=self._limits.max_clients)
            sock.close()
            return
        client = Connection(
            sock,
            max_request_bytes=self._limits.max_request_bytes,
            max_output_bytes=self._limits.max_output_bytes,
        )
        self._clients.add(client)
        self._selector.register(sock, selectors.EVENT_READ, client)
        log.info("client_connected", client=client.name)

    def _drain_wake(self) -> None:
        with suppress(BlockingIOError):
            self._wake_receive.recv(64)

    def _serve(self, client: Connection, mask: int) -> None:
        if client.closed:
            return
        try:
            if mask & selectors.EVENT_WRITE:
                self._touched.add(client)
            if mask & selectors.EVENT_READ:
                for message in client.read():
                    self._take(client, message)
        except Disconnected as reason:
            self._drop(client, reason)

    def _take(self, client: Connection, message: Request) -> None:
        """Put one message where its turn comes."""
        if isinstance(message, Commands):
            self._take_commands(client, message)
        elif isinstance(message, Query):
            self._queries.append((client, message))
        elif isinstance(message, Subscribe):
            self._newcomers.append(client)
            if message.name and not client.web_process:
                client.web_process = message.name
                self._web_processes.came(message.name)
        elif isinstance(message, Follow):
            self._followers.add(client)
            client.messages.append((DURABLE, self._sequencer.journal.durable_sequence))
            self._touched.add(client)

    def _take_commands(self, client: Connection, message: Commands) -> None:
        waiting, labels = self._waiting, message.labels
        if len(labels) != len(message.commands) or max(map(len, labels), default=0) > MAX_LABEL_CHARS:
            # None, or nothing of ours: labels are for those who search, and no reason to refuse a command.
            labels = [""] * len(message.commands)
        if self._watch.is_tracing:
            self._watch.came(labels)
        room, is_short = self._room - len(waiting), self._disk.is_short
        for request_id, (received, label) in enumerate(
            zip(message.commands, labels, strict=True), message.first_request_id
        ):
            command = received if len(received) == SIMPLE_PLACE_FIELDS else freeze_command(received)
            if room <= 0 and not self._has_share(command):
                self._refuse(client, request_id, BUSY, "too many commands are waiting")
                self._figures["busy"] += 1
            elif problem := command_problem(command):
                self._refuse(client, request_id, MALFORMED, problem)
                self._figures["malformed"] += 1
                log.warning(
                    "command_malformed", client=client.name, problem=problem, request_id=request_id_in(label)
                )
            elif is_short and self._is_new(command):
                self._refuse(client, request_id, NO_ROOM, "the disks are nearly full: cancels only")
                self._figures["no_room"] += 1
            else:
                waiting.put(Waiting(client, request_id, command, label))
                room -= 1

    def _has_share(self, command: Command) -> bool:
        """Whether a command is taken though the queue is full: its account has not filled it."""
        return command_problem(command) is None and self._waiting.is_within_share(command, self._room)

    def _is_new(self, command: Command) -> bool:
        """Whether a command would add to the journal what a venue without room does not take. One that was
        carried out before gets its outcome again."""
        return command[0] in GROWING and self._sequencer.engine.recall(command) is None

    def _refuse(self, client: Connection, request_id: int, code: str, message: str) -> None:
        client.messages.append((REFUSED, request_id, code, message))
        self._touched.add(client)

    # --- sequencing ------------------------------------------------------------------------------

    def _end_lost_sessions(self) -> None:
        """Cancel what was to end with the connections of a web process that is gone for good. Orders of
        halted symbols stay, as they do for everybody."""
        due_s, now_s = self._web_processes.next_due_s(), time.monotonic()
        if due_s is None or due_s > now_s:
            return
        engine, lost = self._sequencer.engine, self._web_processes.take_lost(now_s)
        sessions = [(account, name) for account, name in engine.sessions() if process_of(name) in lost]
        for number, (account, name) in enumerate(sessions):
            command_id = f"gone:{engine.sequence}:{number}"
            self._waiting.put(Waiting(None, 0, cancel_all(command_id, account, None, name)))
        log.info("web_processes_gone", web_processes=sorted(lost), sessions=len(sessions))

    def _sequence(self) -> None:
        """Apply and sync what waits, at most one batch of it; queue the feed and the outcomes."""
        taken = self._waiting.take(self._limits.max_batch_commands)
        self._measured.taken(len(taken))
        labels = [waiting[3] for waiting in taken]
        began_ns = time.time_ns() if self._watch.is_tracing else 0
        turn = self._sequencer.run([waiting[2] for waiting in taken], None, labels if any(labels) else ())
        self._measured.synced()
        self._learn_room(len(taken))
        self._figures["batches"] += 1
        self._figures["commands"] += len(taken)
        if turn.commands:
            self._synced_s = time.monotonic()
            self._seal_at = self._synced_s + self._limits.seal_after_s
            self._publish(turn)
        self._answer(taken, turn)
        self._watch.done(turn, began_ns)

    def _answer(self, taken: list[Waiting[Connection]], turn: Turn) -> None:
        """Queue the outcomes. A subscriber has the events of the new ones from the feed, which goes
        before."""
        touched, raw, first_sequence = self._touched, msgspec.Raw, turn.first_sequence
        for (client, request_id, _, _), result, reply in zip(taken, turn.results, turn.replies, strict=True):
            if client is None:
                continue
            sequence, now_ns, _ = result
            if client.reads_feed and sequence >= first_sequence:
                client.add_sequenced(request_id, sequence)
            else:
                client.rows.append((request_id, sequence, now_ns, raw(reply)))
            touched.add(client)

    def _learn_room(self, taken: int) -> None:
        """While some wait after every batch, a full batch's worth of commands tells what this machine carries
        now, replies and refusals included. No more may wait than it carries in time: a refusal at once is
        worth more than an answer nobody waits for."""
        if not self._waiting:
            self._busy_since = 0.0
            return
        limits, now = self._limits, time.monotonic()
        self._carried += taken
        if self._busy_since and self._carried < limits.max_batch_commands:
            return
        if self._busy_since:
            carried = self._carried / max(now - self._busy_since, 1e-6) * limits.max_wait_s
            room = (self._room + int(min(carried, limits.max_waiting_commands))) // 2
            self._room = max(limits.max_batch_commands, min(room, limits.max_waiting_commands))
        self._busy_since, self._carried = now, 0

    def _publish(self, turn: Turn) -> None:
        """The feed first, so that a web process' caches hold what its replies tell."""
        if self._subscribers:
            events = [msgspec.Raw(encoded) for encoded in turn.encoded]
            self._send_to(self._subscribers, frame([(FEED_BATCH, turn.first_sequence, turn.now_ns, events)]))
        if self._followers:
            self._send_to(self._followers, frame([(DURABLE, self._sequencer.journal.durable_sequence)]))

    def _send_to(self, clients: set[Connection], data: bytes) -> None:
        """The same bytes to each."""
        for client in tuple(clients):
            try:
                client.send(data)
                self._touched.add(client)
            except Disconnected as reason:
                self._drop(client, reason)

    # --- answering -------------------------------------------------------------------------------

    def _answer_queries(self) -> None:
        sequence = self._sequencer.position.sequence
        for client, query in self._queries:
            try:
                value = self.status() if query.kind == "status" else self._ask(query)
                client.messages.append((ANSWERED, query.request_id, sequence, value))
                self._touched.add(client)
            except BadQuery as error:
                self._refuse(client, query.request_id, BAD_QUERY, str(error))
        self._queries.clear()

    def _ask(self, query: Query) -> Any:
        return ask(self._sequencer.engine, query.kind, query.arguments)

    def _greet(self) -> None:
        """Send the state to new subscribers; the next batch is the first they get."""
        if not self._newcomers:
            return
        hello = _hello(self._sequencer)
        data = frame([hello, (VENUE, True)] if self._disk.is_short else [hello])
        for client in self._newcomers:
            if not client.closed:
                self._subscribers.add(client)
                client.reads_feed = True
                self._send_to({client}, data)
        self._newcomers.clear()

    def _release(self) -> None:
        """Send each touched client its frame of this turn, as far as its socket takes it."""
        for client in self._touched:
            if client.closed:
                continue
            try:
                client.send_turn()
                client.flush()
                self._watch_writes(client)
            except Disconnected as reason:
                self._drop(client, reason)
        self._touched.clear()

    def _watch_writes(self, client: Connection) -> None:
        if client.has_output != client.write_registered:
            client.write_registered = client.has_output
            mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.has_output else 0)
            self._selector.modify(client.socket, mask, client)

    def _drop(self, client: Connection, reason: Disconnected) -> None:
        """Forget a client. Commands it already sent are carried out."""
        if client.closed:
            return
        log.info("client_disconnected", client=client.name, reason=str(reason))
        self._selector.unregister(client.socket)
        client.close()
        self._clients.discard(client)
        self._subscribers.discard(client)
        self._followers.discard(client)
        if client.web_process:
            self._web_processes.went(client.web_process, time.monotonic())

    # --- the rest --------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """Figures for operators."""
        return {
            **self._seen_beside(),
            **self._clock_status(),
            "event_hash": self._sequencer.position.event_hash,
        }

    def _seen_beside(self) -> dict[str, Any]:
        """What another thread may read while the engine works."""
        sequencer, engine = self._sequencer, self._sequencer.engine
        return {
            "sequence": engine.sequence,
            "durable": sequencer.journal.durable_sequence,
            "epoch": sequencer.journal.epoch,
            "now_ns": engine.now_ns,
            **self._clock_seen(),
            "started_ns": self._started_ns,
            "pid": os.getpid(),
            "queue": len(self._waiting),
            "clients": len(self._clients),
            "subscribers": len(self._subscribers),
            "followers": len(self._followers),
            "duplicates": sequencer.duplicates,
            "quarantined": sequencer.crashes,
            "apply_ns": sequencer.apply_ns,
            "journal_ns": sequencer.journal_ns,
            "rules_version": engine.rules_version,
            "core": core.running(),
            "cancel_only": self._disk.is_short,
            "disk": self._disk.status(),
            "counts": engine.counts(),
            **self._figures,
        }

    def _clock_status(self) -> dict[str, Any]:
        """Whether the machine's time of day agrees with the time that commands are stamped with."""
        self._sequencer.clock()
        return self._clock_seen()

    def _clock_seen(self) -> dict[str, Any]:
        """The same as it was last read: the engine alone reads its clock."""
        clock = self._sequencer.clock
        if not isinstance(clock, GuardedClock):
            return {"clock_believed": True, "clock_difference_ns": 0}
        return {"clock_believed": clock.is_believed, "clock_difference_ns": clock.difference_ns}

    def _finish(self) -> None:
        """Carry out what was read, deliver the replies, seal."""
        while self._waiting:
            self._sequence()
        self._answer_queries()
        self._release()
        deadline = time.monotonic() + _FAREWELL_S
        while any(client.has_output for client in self._clients) and time.monotonic() < deadline:
            for key, mask in self._selector.select(0.05):
                if isinstance(key.data, Connection) and mask & selectors.EVENT_WRITE:
                    self._touched.add(key.data)
            self._release()
        self._sequencer.seal()
        log.info("engine_stopped", sequence=self._sequencer.position.sequence)

    def _close(self) -> None:
        for client in self._clients:
            client.close()
        self._selector.close()
        self._listener.close()
        self._wake_receive.close()
        self._wake_send.close()


def _hello(sequencer: Sequencer) -> tuple[Any, ...]:
    engine: Engine = sequencer.engine
    books = {name: engine.depth(name) for name in symbol_names(engine)}
    return (
        HELLO,
        engine.sequence,
        engine.now_ns,
        sequencer.journal.epoch,
        engine.symbols(),
        engine.assets(),
        books,
    )
