"""``/healthz`` for load balancers and ``/metrics`` for Prometheus.

Everything here is asked of the running parts at the moment of the request; a part that does not answer
is reported as down, and its figures are left out rather than invented.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from exchange.worker import gateway
from exchange.worker.errors import EngineError
from marketdata.feed.client import read_status
from marketdata.models import Projection

#: How long a part may take to answer before it counts as down.
PATIENCE_S = 2.0

_process = CollectorRegistry()
ProcessCollector(registry=_process)
PlatformCollector(registry=_process)
GCCollector(registry=_process)


@dataclass(slots=True)
class Report:
    """What the parts said. ``engine`` is the engine's own status, empty when it did not answer."""

    engine: Mapping[str, Any] = field(default_factory=dict)
    engine_error: str = ""
    #: Marketdata's own status, empty when it did not answer.
    marketdata: Mapping[str, Any] = field(default_factory=dict)
    database_ok: bool = False
    #: Name → last sequence stored, of each projection.
    projections: Mapping[str, int] = field(default_factory=dict)
    took_s: float = 0.0

    @property
    def is_healthy(self) -> bool:
        """Orders can be taken and users known. A projection that lags delays history, not trading."""
        return bool(self.engine) and self.database_ok


async def examine() -> Report:
    """Ask engine, marketdata and database, all at once."""
    report, started = Report(), time.perf_counter()
    await asyncio.gather(_ask_engine(report), _ask_marketdata(report), _ask_database(report))
    report.took_s = time.perf_counter() - started
    return report


async def _ask_engine(report: Report) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            _sequence, report.engine = await gateway.aquery("status")
    except (EngineError, TimeoutError, OSError) as error:
        report.engine_error = getattr(error, "code", "ENGINE_UNAVAILABLE")


async def _ask_marketdata(report: Report) -> None:
    path = settings.XTRADER["MARKETDATA_SOCKET"]
    report.marketdata = await asyncio.to_thread(read_status, path, PATIENCE_S) or {}


async def _ask_database(report: Report) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            report.projections = await sync_to_async(_positions)()
            report.database_ok = True
    except (DatabaseError, TimeoutError):
        report.database_ok = False


def _positions() -> dict[str, int]:
    # The first statement also proves that the database answers.
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return dict(Projection.objects.values_list("name", "sequence"))


@require_safe
async def healthz(request: HttpRequest) -> JsonResponse:
    """200 while orders can be taken, else 503; the body says which part is down."""
    report = await examine()
    sequence = report.engine.get("sequence")
    body = {
        "status": "ok" if report.is_healthy else "unavailable",
        "engine": {
            "ok": bool(report.engine),
            "sequence": sequence,
            "core": report.engine.get("core"),
            "error": report.engine_error or None,
        },
        # How many only: their texts name accounts and amounts, which are for operators.
        "marketdata": {
            "ok": bool(report.marketdata),
            "breaches": len(report.marketdata.get("breaches", ())),
        },
        "database": {"ok": report.database_ok},
        "projections": {
            name: {"sequence": stored, "lag": None if sequence is None else max(0, sequence - stored)}
            for name, stored in report.projections.items()
        },
    }
    return JsonResponse(body, status=200 if report.is_healthy else 503, headers={"Cache-Control": "no-store"})


@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text: this web process, the engine as it reports itself, the projections' positions."""
    report = await examine()
    registry = CollectorRegistry()
    registry.register(_ReportCollector(report))
    body = generate_latest(registry) + generate_latest(_process)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


class _ReportCollector:
    """Turns one report into metric families."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterable[Metric]:
        report = self._report
        yield _gauge("xtrader_engine_up", "1 while the engine answers.", int(bool(report.engine)))
        yield _gauge("xtrader_database_up", "1 while the database answers.", int(report.database_ok))
        yield _gauge("xtrader_health_check_seconds", "How long asking all parts took.", report.took_s)
        yield from self._engine()
        yield from self._marketdata()
        yield from self._projections()

    def _engine(self) -> Iterable[Metric]:
        """Every number of the engine's status, and its words as labels of one info metric."""
        words = {}
        for name, value in flattened(self._report.engine):
            if isinstance(value, bool | int | float):
                yield _gauge(f"xtrader_engine_{name}", f"The engine's {name.replace('_', ' ')}.", value)
            elif isinstance(value, str):
                words[name] = value
        if words:
            yield InfoMetricFamily("xtrader_engine", "What engine is running.", value=words)

    def _marketdata(self) -> Iterable[Metric]:
        """Every number of marketdata's status, and how many invariants its last check found broken."""
        status = self._report.marketdata
        yield _gauge("xtrader_marketdata_up", "1 while marketdata answers.", int(bool(status)))
        if not status:
            return
        text = "Invariants of the engine's state that the last check found broken."
        yield _gauge("xtrader_marketdata_invariant_breaches", text, len(status["breaches"]))
        for name, value in status.items():
            if isinstance(value, int):
                yield _gauge(f"xtrader_marketdata_{name}", f"Marketdata's {name.replace('_', ' ')}.", value)

    def _projections(self) -> Iterable[Metric]:
        stored = GaugeMetricFamily(
            "xtrader_projection_sequence", "Last sequence stored.", labels=["projection"]
        )
        lag = GaugeMetricFamily(
            "xtrader_projection_lag", "Commands the engine has sequenced and the projection not yet stored.",
            labels=["projection"],
        )  # fmt: skip
        engine_sequence = self._report.engine.get("sequence")
        for name, sequence in self._report.projections.items():
            stored.add_metric([name], sequence)
            if engine_sequence is not None:
                lag.add_metric([name], max(0, engine_sequence - sequence))
        yield stored
        yield lag


def flattened(status: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """The entries of nested mappings under joined names: {"counts": {"orders": 1}} → counts_orders 1."""
    for name, value in status.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{name}_")
        else:
            yield f"{prefix}{name}", value


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
