"""The dispatcher: brings saved change requests to the engine and writes down its answers.

One pass reads the oldest open requests, marks them submitted, submits them in order, and records each
outcome. The engine applies an id once however often it is submitted, so a pass that dies anywhere is
finished by the next one: before the submit nothing has happened; between submit and record the engine
answers the second submission with the outcome of the first. Two dispatchers at once do no harm.

Requests that wait for a second operator are not open: a pass does not see them. Once a second the dispatcher
ends those that nobody decided in time.

No transaction is open while the engine is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Final, Protocol

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.db.models import QuerySet

from exchange.control import approvals, services
from exchange.control.kinds import command_of
from exchange.engine.messages import Command
from exchange.errors import RequestError
from exchange.link.errors import CommandMalformed, EngineError, VenueCancelOnly
from exchange.link.protocol import Outcome
from exchange.models import ChangeRequest
from exchange.telemetry.logs import get_logger
from exchange.telemetry.measures import own
from exchange.telemetry.process_health import Rounds

logger = get_logger(__name__)

BATCH: Final = 100
POLL_S: Final = 0.1
MAX_BACKOFF_S: Final = 1.0
#: How often it looks for requests that have waited too long for a second operator.
EXPIRE_EVERY_S: Final = 1.0
#: Without a good pass for so long it does not do its work: engine or database are away.
STUCK_S: Final = 15.0


class EngineClient(Protocol):
    """What the dispatcher needs of ``BlockingEngineClient``."""

    def submit(self, command: Command) -> Outcome: ...

    def submit_many(self, commands: Sequence[Command]) -> list[Outcome]: ...


class Dispatcher:
    """Submits open change requests through ``client``. Use from one thread."""

    def __init__(self, client: EngineClient, *, batch: int = BATCH) -> None:
        self._client = client
        self._batch = batch
        self._expire_at_s = 0.0
        #: For the side door: a pass ended well at most so long ago.
        self.rounds = Rounds(STUCK_S)
        self._passed = own().gauge("xtrader_duty_last_pass_timestamp_seconds")
        self._answered = own().shared_tally("xtrader_change_requests_total", "answered", "malformed")

    def run_once(self) -> int:
        """One pass; returns how many requests got their answer. Raises EngineError when the engine did
        not answer: the requests stay open for the next pass."""
        requests = list(_open_requests()[: self._batch])
        if not requests:
            return 0
        _mark_submitted(requests)
        commands = _commands_of(requests)
        try:
            outcomes = self._client.submit_many([command for _, command in commands])
        except (CommandMalformed, VenueCancelOnly):
            return self._one_by_one(commands)
        for (request_id, _), outcome in zip(commands, outcomes, strict=True):
            services.record_outcome(request_id, *outcome)
            self._answered.add("answered")
        return len(requests)

    def _one_by_one(self, commands: list[tuple[int, Command]]) -> int:
        """The pass again, singly, so that one command the engine cannot read, or takes only when its disks
        have room, does not hold up the rest."""
        answered = 0
        for request_id, command in commands:
            try:
                outcome = self._client.submit(command)
            except VenueCancelOnly:
                continue
            except CommandMalformed:
                logger.exception("change_request_not_submitted", change_request=request_id)
                services.record_malformed(request_id, "INTERNAL", {})
                self._answered.add("malformed")
            else:
                services.record_outcome(request_id, *outcome)
                self._answered.add("answered")
            answered += 1
        return answered

    def run_until_empty(self) -> int:
        """Passes until nothing is open; returns how many requests were answered."""
        total = 0
        while answered := self.run_once():
            total += answered
        return total

    def run(self, stop: threading.Event) -> None:
        """Passes until ``stop`` is set. While the engine or the database is away it tries again, at most
        ``MAX_BACKOFF_S`` apart, and logs that once."""
        pause_s, is_waiting = POLL_S, False
        while not stop.is_set():
            try:
                self._expire()
                answered = self.run_once()
                self.rounds.done()
                self._passed.set(time.time(), "changes")
            except (EngineError, DatabaseError) as error:
                if not is_waiting:
                    logger.warning("change_requests_wait", error=error)
                pause_s, is_waiting = min(pause_s * 2, MAX_BACKOFF_S), True
                _drop_broken_connection(error)
            else:
                if is_waiting:
                    logger.info("change_requests_submitted_again")
                pause_s, is_waiting = POLL_S, False
                if answered:
                    continue
            stop.wait(pause_s)

    def _expire(self) -> None:
        now_s = time.monotonic()
        if now_s < self._expire_at_s:
            return
        self._expire_at_s = now_s + EXPIRE_EVERY_S
        if ended := approvals.expire_waiting():
            logger.info("change_requests_expired", count=ended)


def _open_requests() -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.filter(state__in=ChangeRequest.OPEN_STATES).order_by("id")


def _mark_submitted(requests: list[ChangeRequest]) -> None:
    """Say on each new request that the engine is being asked."""
    pending = [request.pk for request in requests if request.state == ChangeRequest.State.PENDING]
    if pending:
        ChangeRequest.objects.filter(pk__in=pending, state=ChangeRequest.State.PENDING).update(
            state=ChangeRequest.State.SUBMITTED
        )


def _commands_of(requests: list[ChangeRequest]) -> list[tuple[int, Command]]:
    """The commands of the requests; those that have not the shape of one are closed at once."""
    commands = []
    for request in requests:
        try:
            commands.append((request.pk, command_of(request)))
        except RequestError as error:
            logger.error("change_request_malformed", change_request=request.pk, text=str(error))
            services.record_malformed(request.pk, error.code, error.details)
    return commands


def _drop_broken_connection(error: Exception) -> None:
    """After a database error the connection may be dead; Django opens a new one when it is next used."""
    if isinstance(error, DatabaseError) and not connection.in_atomic_block:
        connection.close()
    close_old_connections()
