"""What this process counts, and ``/metrics`` as text: the process itself, and the parts as ``ops.health``
finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from ops.health import Report

#: This web process: its memory, its collector, what it counts.
process: Final = CollectorRegistry()
ProcessCollector(registry=process)
PlatformCollector(registry=process)
GCCollector(registry=process)

FAILED_LOG_INS: Final = Counter(
    "xtrader_log_ins_failed", "Log-ins with a wrong name or password, all ways in.", registry=process
)
DELAYED_LOG_INS: Final = Counter(
    "xtrader_log_ins_delayed", "Log-ins that were to wait after failures.", registry=process
)
BUSY_LOG_INS: Final = Counter(
    "xtrader_log_ins_busy", "Log-ins refused because too many passwords were being hashed.", registry=process
)
LOG_INS: Final = Counter("xtrader_log_ins", "Log-ins that succeeded, sessions and tokens.", registry=process)


def as_text(report: Report) -> bytes:
    """Prometheus text: this web process, the engine as it reports itself, the projections' positions."""
    registry = CollectorRegistry()
    registry.register(_ReportCollector(report))
    return generate_latest(registry) + generate_latest(process)


class _ReportCollector:
    """Turns one report into metric families."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterable[Metric]:
        report = self._report
        yield _gauge("xtrader_engine_up", "1 while the engine answers.", int(bool(report.engine)))
        yield _gauge("xtrader_database_up", "1 while the database answers.", int(report.database_ok))
        if report.redis_ok is not None:
            yield _gauge("xtrader_redis_up", "1 while Redis answers.", int(report.redis_ok))
        yield _gauge("xtrader_health_check_seconds", "How long asking all parts took.", report.took_s)
        if report.letters is not None:
            yield _gauge("xtrader_letters_waiting", "Letters to be sent.", report.letters.waiting)
            yield _gauge("xtrader_letters_late_seconds", "Age of the oldest of them.", report.letters.late_s)
        yield from self._custody()
        yield from self._engine()
        yield from self._marketdata()
        yield from self._projections()

    def _custody(self) -> Iterable[Metric]:
        """The last reconciliation; an alarm is ``xtrader_custody_alarm``."""
        custody = self._report.custody
        if custody is None:
            return
        text = "1 while custody does not agree with the ledger, or was not held against it for too long."
        yield _gauge("xtrader_custody_alarm", text, int(custody.is_alarm))
        yield _gauge("xtrader_custody_agrees", "1 if the last reconciliation agreed.", int(custody.agrees))
        if custody.age_s is not None:
            yield _gauge("xtrader_custody_age_seconds", "Age of the last reconciliation.", custody.age_s)

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
