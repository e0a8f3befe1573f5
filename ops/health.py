"""How the parts of the exchange are, for ``/healthz`` and ``/metrics``.

The running parts are asked; a part that does not answer is reported as down, and its figures are left out
rather than invented. They are asked once a second at most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from accounts.letters.posting import Backlog, backlog
from custody.reconciliation.reporting import Standing, standing
from exchange import process
from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.models import Projection
from exchange.shared_cache import shared_cache
from marketdata.feed.feed_client import read_status

#: How long a part may take to answer before it counts as down.
PATIENCE_S = 2.0

#: How long a report is given to others who ask.
KEPT_S = 1.0


@dataclass(slots=True)
class Report:
    """What the parts said. ``engine`` is the engine's own status, empty when it did not answer."""

    engine: Mapping[str, Any] = field(default_factory=dict)
    engine_error: str = ""
    #: Marketdata's own status, empty when it did not answer.
    marketdata: Mapping[str, Any] = field(default_factory=dict)
    database_ok: bool = False
    #: None where none is configured.
    redis_ok: bool | None = None
    #: Letters that wait to be sent; None while the database does not answer.
    letters: Backlog | None = None
    #: Custody against the ledger; None where there is nothing to reconcile, or the database does not answer.
    custody: Standing | None = None
    #: Name → last sequence stored, of each projection.
    projections: Mapping[str, int] = field(default_factory=dict)
    took_s: float = 0.0

    @property
    def is_healthy(self) -> bool:
        """Orders can be taken and users known. A projection that lags delays history, not trading, and
        without Redis each process counts for itself."""
        return bool(self.engine) and self.database_ok


async def examine() -> Report:
    """Ask engine, marketdata, database and Redis, all at once."""
    report, started = Report(), time.perf_counter()
    await asyncio.gather(
        ask_engine(report), _ask_marketdata(report), _ask_database(report), _ask_redis(report)
    )
    report.took_s = time.perf_counter() - started
    return report


async def ask_engine(report: Report) -> None:
    """Note the engine's status, or why there is none."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            _sequence, report.engine = await engine_link.aquery("status")
    except (EngineError, TimeoutError, OSError) as error:
        report.engine_error = getattr(error, "code", "ENGINE_UNAVAILABLE")


async def _ask_marketdata(report: Report) -> None:
    path = settings.XTRADER["MARKETDATA_SOCKET"]
    status = await asyncio.to_thread(read_status, path, PATIENCE_S)
    report.marketdata = status or {}


async def _ask_database(report: Report) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            report.projections, report.letters, report.custody = await sync_to_async(_ask_tables)()
            report.database_ok = True
    except (DatabaseError, TimeoutError):
        report.database_ok = False


async def _ask_redis(report: Report) -> None:
    if settings.REDIS_URL:
        report.redis_ok = await asyncio.to_thread(shared_cache.answers)


def _ask_tables() -> tuple[dict[str, int], Backlog, Standing | None]:
    # The first statement also proves that the database answers.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return dict(Projection.objects.values_list("name", "sequence")), backlog(), standing()


class Examiner:
    """Asks the parts once in ``KEPT_S``, however many requests want to know. While one request asks, the
    others get the report before."""

    def __init__(self) -> None:
        self._report: Report | None = None
        self._asked_at = 0.0

    async def report(self) -> Report:
        """What the parts said when they were last asked."""
        now = time.monotonic()
        if self._report is None or now - self._asked_at >= KEPT_S:
            self._asked_at = now
            self._report = await examine()
        return self._report

    def forget(self) -> None:
        """Ask anew at the next request."""
        self._report = None


#: Of this process.
examiner = process.shared(Examiner)


def as_json(report: Report) -> dict[str, Any]:
    """The body of ``/healthz``: which part is down."""
    sequence = report.engine.get("sequence")
    return {
        "status": "ok" if report.is_healthy else "unavailable",
        "engine": {
            "ok": bool(report.engine),
            "sequence": sequence,
            "core": report.engine.get("core"),
            "error": report.engine_error or None,
        },
        # False: the machine's time of day is not believed; trading goes on by the monotonic clock.
        "clock": {
            "ok": report.engine.get("clock_believed", True),
            "difference_ms": report.engine.get("clock_difference_ns", 0) // 1_000_000,
        },
        # How many only: their texts name accounts and amounts, which are for operators.
        "marketdata": {
            "ok": bool(report.marketdata),
            "breaches": len(report.marketdata.get("breaches", ())),
        },
        "database": {"ok": report.database_ok},
        **({} if report.redis_ok is None else {"redis": {"ok": report.redis_ok}}),
        **({} if report.letters is None else {"mail": _mail_json(report.letters)}),
        **({} if report.custody is None else {"custody": _custody_json(report.custody)}),
        "projections": {
            name: {"sequence": stored, "lag": None if sequence is None else max(0, sequence - stored)}
            for name, stored in report.projections.items()
        },
    }


def _mail_json(letters: Backlog) -> dict[str, Any]:
    """False: a letter has waited for minutes; the mail server is away, or the dispatcher is."""
    return {"ok": letters.is_moving, "waiting": letters.waiting, "late_s": round(letters.late_s)}


def _custody_json(custody: Standing) -> dict[str, Any]:
    """False: custody and ledger do not agree, or nobody has held them against each other for too long. How
    they differ is for operators."""
    return {"ok": not custody.is_alarm, "agrees": custody.agrees, "age_s": custody.age_s}
