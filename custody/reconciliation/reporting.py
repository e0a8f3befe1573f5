"""Reports of reconciliation: made daily by the custody job or by command, kept for ever, and the alarm.

A difference counts once it has stood for ``STANDS_FOR``: until then a notice of it may still be on
its way. A venue that has no terms of any asset has nothing to reconcile, and no alarm.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from accounts.identity.roles import ADMINISTRATOR
from accounts.letters.posting import post
from accounts.models import Letter, User
from custody.models import AssetTerms, Reconciliation
from custody.reconciliation.alarm_letters import KIND
from custody.reconciliation.books import Query
from custody.reconciliation.counting import CannotCountError, Counted, count
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

#: A report is made so often; after one that does not agree the next comes sooner.
EVERY: Final = timedelta(hours=24)
AGAIN: Final = timedelta(hours=1)
#: The last report may be so old before it is an alarm.
TOO_OLD: Final = timedelta(hours=26)
STANDS_FOR: Final = timedelta(minutes=2)
#: How often the job counts again while there is no report.
TRY_EVERY_S: Final = 10.0
_LETTERS_EVERY: Final = timedelta(hours=24)


class Standing(NamedTuple):
    """How custody stands by the last report. ``age_s``: None before the first."""

    age_s: int | None
    agrees: bool
    is_late: bool

    @property
    def is_alarm(self) -> bool:
        return self.is_late or not self.agrees


def standing(now: datetime | None = None) -> Standing | None:
    """Asks the database; None where there is nothing to reconcile."""
    now = timezone.now() if now is None else now
    last = Reconciliation.objects.values_list("at", "agrees").first()
    if last is not None:
        age = now - last[0]
        return Standing(int(age.total_seconds()), last[1], age > TOO_OLD)
    if not AssetTerms.objects.exists():
        return None
    opened = User.objects.aggregate(opened=Min("date_joined"))["opened"]
    return Standing(None, True, opened is not None and now - opened > TOO_OLD)


def save(counted: Counted) -> Reconciliation:
    """Keep a report, and raise the alarm if it does not agree."""
    with transaction.atomic():
        report = Reconciliation.objects.create(
            sequence=counted.sequence,
            agrees=counted.agrees,
            rows=[each.as_json() for each in counted.sums],
        )
        if not report.agrees:
            _write_letters()
    if report.agrees:
        logger.info("custody_agrees", sequence=report.sequence)
    for row in report.rows:
        if row["difference"] != "0" or row["is_stale"]:
            logger.error(
                "custody_differs",
                sequence=report.sequence,
                asset=row["asset"],
                difference=str(row["difference"]),
                is_stale=bool(row["is_stale"]),
            )
    return report


def count_until(
    query: Query, patience_s: float, pause_s: float = 1.0, sleep: Callable[[float], None] = time.sleep
) -> Counted:
    """Count until all agrees, or patience is over: then the last count. Raises EngineError, and
    CannotCountError, also where money never stood still."""
    deadline, last = time.monotonic() + patience_s, None
    while True:
        counted = count(query)
        last = counted or last
        if counted is not None and counted.agrees:
            return counted
        if time.monotonic() >= deadline:
            break
        sleep(pause_s)
    if last is None:
        raise CannotCountError("money never stood still")
    return last


def _write_letters(*, is_late: bool = False) -> None:
    """To every administrator with an address, once in a day at most."""
    if Letter.objects.filter(kind=KIND, created_at__gt=timezone.now() - _LETTERS_EVERY).exists():
        return
    for user in User.objects.filter(groups__name=ADMINISTRATOR, is_active=True).exclude(email=""):
        post(KIND, user.email, user.language, is_late=is_late)


class DailyReconciliation:
    """The job's part. It keeps since when there has been a difference; one job dies, another begins anew."""

    def __init__(self, query: Query, now: Callable[[], datetime] = timezone.now) -> None:
        self._query = query
        self._now = now
        self._try_at_s = 0.0
        self._differs_since: datetime | None = None

    def run_due(self) -> int:
        """Count if a report is due; 1 where one was made. Raises EngineError."""
        if time.monotonic() < self._try_at_s or not self._is_due():
            return 0
        self._try_at_s = time.monotonic() + TRY_EVERY_S
        try:
            counted = count(self._query)
        except CannotCountError as error:
            self._cannot(error)
            return 0
        if counted is None or not self._stands(counted):
            return 0
        self._differs_since = None
        save(counted)
        return 1

    def _is_due(self) -> bool:
        found = standing(self._now())
        if found is None:
            return False
        every = EVERY if found.agrees else AGAIN
        return found.age_s is None or found.age_s >= every.total_seconds()

    def _stands(self, counted: Counted) -> bool:
        """Whether it can be reported: it agrees, or has differed for long enough."""
        if counted.agrees:
            return True
        if self._differs_since is None:
            self._differs_since = self._now()
        return self._now() - self._differs_since >= STANDS_FOR

    def _cannot(self, error: CannotCountError) -> None:
        """A provider is away: that is an alarm once the last report is too old."""
        found = standing(self._now())
        if found is not None and found.is_late:
            logger.error("custody_not_reconciled", text=str(error))
            with transaction.atomic():
                _write_letters(is_late=True)
        else:
            logger.info("reconciliation_waits", text=str(error))
