"""The public ``/metrics`` as text: this web process, and the other parts as ``ops.health`` finds them. What
the parts count themselves is on their own pages (``/metrics/engine`` and so on)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric

from exchange.telemetry.measures import family_of, own
from exchange.telemetry.metric_table import TABLE
from ops.health import Report


def as_text(report: Report) -> bytes:
    """Prometheus text: what is known of the others, then this process."""
    registry = CollectorRegistry()
    registry.register(_ReportCollector(report))
    return generate_latest(registry) + own().page().body


class _ReportCollector:
    """Turns one report into metrics. What is not known has no sample."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterable[Metric]:
        for name, value in readings(self._report).items():
            yield family_of(TABLE[name], value)


def readings(report: Report) -> dict[str, float | Mapping[str, float] | None]:
    """By the names of the metric table."""
    letters, custody = report.letters, report.custody
    return {
        "xtrader_engine_up": bool(report.engine),
        "xtrader_marketdata_up": bool(report.marketdata),
        "xtrader_database_up": report.database_ok,
        "xtrader_redis_up": report.redis_ok,
        "xtrader_health_check_seconds": report.took_s,
        "xtrader_letters_waiting": None if letters is None else letters.waiting,
        "xtrader_letters_late_seconds": None if letters is None else letters.late_s,
        "xtrader_custody_alarm": None if custody is None else custody.is_alarm,
        "xtrader_custody_agrees": None if custody is None else custody.agrees,
        "xtrader_custody_age_seconds": None if custody is None else custody.age_s,
        "xtrader_invariant_breaches": _breaches(report.marketdata),
        "xtrader_projection_sequence": report.projections,
        "xtrader_projection_lag_commands": _lags(report),
    }


def _breaches(marketdata: Mapping[str, Any]) -> int | None:
    return len(marketdata["breaches"]) if marketdata else None


def _lags(report: Report) -> dict[str, float]:
    sequence = report.engine.get("sequence")
    if sequence is None:
        return {}
    return {name: max(0, sequence - stored) for name, stored in report.projections.items()}
