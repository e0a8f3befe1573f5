"""The custody job: takes every open withdrawal the next step that needs no person, from a thread of the
dispatcher's process.

Each part finds its rows by their state and takes each on by a compare-and-set; commands to the engine have
ids of their withdrawal, and an order to pay goes out once. So the job may die anywhere and begin again, and
two jobs at once do no harm. Trouble with one withdrawal keeps no other from going on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol

from django.db import Error as DatabaseError
from django.db import connections
from django.db.models import Q, QuerySet
from django.utils import timezone

from custody.deposits import crediting, looking
from custody.models import Withdrawal
from custody.notices import handling
from custody.reconciliation.reporting import DailyReconciliation
from custody.states import WithdrawalState
from custody.withdrawals import answering, engine_steps, payouts
from custody.withdrawals.steps import MovedOnError, note
from exchange.engine.messages import Command
from exchange.link.errors import EngineError
from exchange.link.protocol import Answer, Outcome
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

State = WithdrawalState
#: Withdrawals that one part takes on in a pass.
BATCH: Final = 100
LOOK_EVERY_S: Final = 0.5
MAX_BACKOFF_S: Final = 5.0
_FAULT_PAUSE: Final = timedelta(minutes=1)

Part = Callable[[], int]


class EngineClient(Protocol):
    """What the job needs of ``BlockingEngineClient``."""

    def submit(self, command: Command) -> Outcome: ...

    def query(self, kind: str, *args: object) -> Answer: ...


class CustodyJob:
    """Does what is due through ``client``. Use from one thread."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        #: What a pass does, in this order; each part returns how many rows it took on.
        self.parts: list[Part] = [
            handling.handle_open,
            self.hold_requested,
            self.expire_unconfirmed,
            self.send_approved,
            self.look_up,
            looking.look_at_due,
            self.settle_paid,
            self.release_ended,
            self.credit_final,
            DailyReconciliation(client.query).run_due,
        ]

    def run_once(self) -> int:
        """One pass; how many rows it took on. Raises EngineError and DatabaseError: the next pass goes on."""
        return sum(part() for part in self.parts)

    def run(self, stop: threading.Event) -> None:
        """Passes until ``stop`` is set. While the engine or the database is away it waits."""
        pause_s, is_waiting = LOOK_EVERY_S, False
        while not stop.is_set():
            try:
                self.run_once()
            except (EngineError, DatabaseError) as error:
                if not is_waiting:
                    logger.warning("withdrawals_wait", error=error)
                pause_s, is_waiting = min(pause_s * 2, MAX_BACKOFF_S), True
                connections.close_all()
            except Exception:
                # No fault of ours may end the thread.
                logger.exception("custody_pass_failed")
                pause_s = MAX_BACKOFF_S
            else:
                pause_s, is_waiting = LOOK_EVERY_S, False
            stop.wait(pause_s)

    def hold_requested(self) -> int:
        """Requests whose web process died, or whose engine was away."""
        requested = _in(State.REQUESTED).filter(_due(or_none=True))
        return _each(requested, lambda row: engine_steps.hold(row, self._client.submit))

    def expire_unconfirmed(self) -> int:
        late = _in(State.UNCONFIRMED).filter(confirm_by__lt=timezone.now())
        return _each(late, answering.expire)

    def send_approved(self) -> int:
        return _each(_in(State.APPROVED).filter(_due(or_none=True)), payouts.send)

    def look_up(self) -> int:
        asked = Withdrawal.objects.filter(state__in=(State.SENDING, State.SENT, State.UNCLEAR))
        return _each(asked.filter(_due(or_none=False)), payouts.look_up)

    def settle_paid(self) -> int:
        settling = _in(State.SETTLING).filter(_due(or_none=True))
        return _each(settling, lambda row: engine_steps.settle(row, self._client.submit))

    def credit_final(self) -> int:
        return crediting.credit_final(self._client)

    def release_ended(self) -> int:
        releasing = _in(State.RELEASING).filter(_due(or_none=True))
        return _each(releasing, lambda row: engine_steps.release(row, self._client.submit))


def _in(state: str) -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(state=state)


def _due(*, or_none: bool) -> Q:
    due = Q(look_at__lte=timezone.now())
    return due | Q(look_at=None) if or_none else due


def _each(rows: QuerySet[Withdrawal], take_on: Callable[[Withdrawal], None]) -> int:
    """Take on each row, oldest first. The first trouble that is not one row's own is raised."""
    taken = list(rows.select_related("user").order_by("id")[:BATCH])
    for row in taken:
        try:
            take_on(row)
        except MovedOnError:
            # Another process, or its customer, was faster.
            continue
        except (EngineError, DatabaseError):
            raise
        except Exception:
            # A fault of ours in one withdrawal does not hold up the others.
            logger.exception("custody_row_not_taken_on", kind=type(row).__name__, id=row.pk)
            note(row, trouble="a fault: see the log", look_at=timezone.now() + _FAULT_PAUSE)
    return len(taken)
