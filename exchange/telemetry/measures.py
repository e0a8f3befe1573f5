"""The figures of one process: instruments by the names of the metric table, and the page for Prometheus.

    figures = own()
    figures.durations("xtrader_engine_apply_seconds").observe(took_ns)
    figures.gauge("xtrader_breaker_open").set(1, "redis")
    figures.read("xtrader_engine_queue_commands", lambda: len(waiting))
    page = figures.page()

Only what a process has asked for by name is on its page, with its type also while nothing was counted yet.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from exchange import process
from exchange.telemetry.instruments import OTHER, Count, Durations, SharedTally, Sizes, Tally
from exchange.telemetry.logs import get_logger
from exchange.telemetry.metric_table import MAX_LABEL_VALUES, TABLE, Definition
from exchange.telemetry.side_door import Page

log = get_logger(__name__)

#: What a reading gives: a number, or numbers by the values of the labels (a tuple where there are several).
Reading = float | Mapping[Any, float] | None
_T = TypeVar("_T")

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST


class Gauge:
    """A figure that goes up and down, set when it changes: from any thread."""

    def __init__(self, labels: int) -> None:
        self._labels = labels
        self._values: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def set(self, value: float, *labels: str) -> None:
        """The figure as it is now; ``labels``: the values of its labels, as the table orders them."""
        if len(labels) != self._labels:
            raise ValueError(f"{len(labels)} labels given, {self._labels} wanted")
        with self._lock:
            if labels not in self._values and len(self._values) >= MAX_LABEL_VALUES:
                labels = (OTHER,) * self._labels
            self._values[labels] = value

    def forget(self, *labels: str) -> None:
        """The figure is not known any more."""
        with self._lock:
            self._values.pop(labels, None)

    def values(self) -> dict[tuple[str, ...], float]:
        """By the values of the labels."""
        with self._lock:
            return dict(self._values)


class Figures:
    """See the module. Instruments may be asked for again: one name is one instrument."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._instruments: dict[str, Any] = {}
        self._readings: dict[str, Callable[[], Reading]] = {}
        self._lock = threading.Lock()
        self.registry.register(self)

    def count(self, name: str) -> Count:
        """A counter without labels."""
        return self._made(name, Count)

    def tally(self, name: str) -> Tally:
        """A counter with one label."""
        return self._made(name, Tally)

    def shared_tally(self, name: str, *known: str) -> SharedTally:
        """A counter with labels that any thread adds to. ``known``: values of its label that are 0 until they
        are counted, so that the first of them is seen as a rise."""
        tally = self._made(name, SharedTally)
        for value in known:
            tally.add(value, count=0)
        return tally

    def durations(self, name: str) -> Durations:
        """A histogram of seconds without labels."""
        return self._made(name, Durations)

    def durations_by(self, name: str, values: Iterable[str]) -> dict[str, Durations]:
        """Histograms of seconds by one label, whose values are known."""
        made: dict[str, Durations] = self._made(name, dict)
        for value in values:
            made.setdefault(value, Durations())
        return made

    def sizes(self, name: str) -> Sizes:
        """A histogram of whole numbers."""
        return self._made(name, Sizes)

    def gauge(self, name: str) -> Gauge:
        """A gauge that is set."""
        return self._made(name, lambda: Gauge(len(TABLE[name].labels)))

    def read(self, name: str, reading: Callable[[], Reading]) -> None:
        """A gauge or counter that is read at each scrape, in the thread of the scrape. None: not known
        now. The newest reading of a name is the one that counts."""
        with self._lock:
            self._known(name)
            self._readings[name] = reading

    def tell(self, name: str, words: Mapping[str, str]) -> None:
        """Words that do not change, as labels of an info."""
        with self._lock:
            self._known(name)
            self._instruments[name] = words

    def names(self) -> set[str]:
        """Of everything on the page that the table defines."""
        with self._lock:
            return {*self._instruments, *self._readings}

    def page(self) -> Page:
        """What ``/metrics`` answers."""
        return Page(generate_latest(self.registry), CONTENT_TYPE)

    def collect(self) -> Iterable[Metric]:
        """For Prometheus' registry."""
        with self._lock:
            instruments, readings = dict(self._instruments), dict(self._readings)
        for name in sorted({*instruments, *readings}):
            try:
                value = instruments[name] if name in instruments else readings[name]()
                family = family_of(TABLE[name], value)
            except Exception:
                # One figure less on the page is better than no page.
                log.exception("figure_not_read", name=name)
                continue
            yield family

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: what will be counted is not known when the registry is made."""
        return ()

    def _made(self, name: str, make: Callable[[], _T]) -> _T:
        with self._lock:
            found: _T | None = self._instruments.get(name)
            if found is None:
                self._known(name)
                found = self._instruments[name] = make()
            return found

    @staticmethod
    def _known(name: str) -> None:
        if name not in TABLE:
            raise KeyError(f"{name} is not in exchange/telemetry/metric_table.py")


def own() -> Figures:
    """Those of this process."""
    return process.part(Figures)


def family_of(defined: Definition, value: Any) -> Metric:
    """One metric of the page, of an instrument or of what a reading gave."""
    if defined.kind == "histogram":
        return _histogram(defined, value)
    if defined.kind == "info":
        info = InfoMetricFamily(defined.name.removesuffix("_info"), defined.help)
        if value:
            info.add_metric([], value)
        return info
    kind = CounterMetricFamily if defined.kind == "counter" else GaugeMetricFamily
    family: Any = kind(defined.name, defined.help, labels=defined.labels)
    for labels, number in _numbers(value).items():
        family.add_metric(labels, number)
    made: Metric = family
    return made


def _numbers(value: Any) -> dict[tuple[str, ...], float]:
    if value is None:
        return {}
    if isinstance(value, Count):
        return {(): value.value}
    if isinstance(value, Gauge | SharedTally):
        return dict(value.values())
    if isinstance(value, Mapping):
        return {key if isinstance(key, tuple) else (key,): number for key, number in dict(value).items()}
    return {(): value}


def _histogram(defined: Definition, value: Any) -> Metric:
    family = HistogramMetricFamily(defined.name, defined.help, labels=defined.labels)
    for label, one in dict(value).items() if isinstance(value, dict) else [(None, value)]:
        family.add_metric([] if label is None else [label], one.buckets(), one.total)
    return family
