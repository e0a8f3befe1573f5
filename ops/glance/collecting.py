"""Collects a glance: one round of questions to the running parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings

from exchange.engine.messages import SYMBOL_STATUSES, SymbolEvent
from exchange.link import engine_link
from exchange.link.errors import EngineError
from exchange.units.decimals import format_units
from ops.glance.processes import Processes, ProcessFigures
from ops.health import Report, as_json, examine

_NS_PER_S: Final = 1_000_000_000
#: What of the engine's figures is shown as a rate, and its name.
_RATES: Final = {"sequence": "commands", "counts.trades": "trades", "batches": "batches"}


class Market(NamedTuple):
    """A symbol: its state and best prices as decimals, empty where a side is."""

    symbol: str
    status: str
    bid: str
    ask: str


@dataclass(frozen=True, slots=True)
class Glance:
    """The venue now. ``rates``: a second, since the glance before; empty at the first."""

    report: Report
    markets: list[Market]
    processes: list[ProcessFigures]
    rates: dict[str, float] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """What an operator has to see to, in a sentence each."""
        return list(_problems(self.report))

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            **as_json(self.report),
            "problems": self.problems(),
            "rates": self.rates,
            "markets": [market._asdict() for market in self.markets],
            "processes": [process._asdict() for process in self.processes],
        }


class Watcher:
    """Takes one glance after the other."""

    def __init__(self) -> None:
        self._processes = Processes(Path(settings.XTRADER["DATA_DIR"]))
        self._before: dict[str, int] = {}
        self._at_s = 0.0

    async def glance(self) -> Glance:
        """Ask everything once. Parts that do not answer are reported as down."""
        report = await examine()
        markets = await _markets() if report.engine else []
        return Glance(report, markets, self._processes.figures(), self._rates(report.engine))

    def _rates(self, engine: Any) -> dict[str, float]:
        now_s = time.monotonic()
        counts = {f"counts.{name}": value for name, value in engine.get("counts", {}).items()}
        found = {**engine, **counts}
        values = {label: int(found[name]) for name, label in _RATES.items() if name in found}
        before, span_s = self._before, now_s - self._at_s
        self._before, self._at_s = values, now_s
        return {
            label: max(0.0, (value - before[label]) / span_s)
            for label, value in values.items()
            if label in before and span_s > 0
        }


async def _markets() -> list[Market]:
    try:
        _, symbols = await engine_link.aquery("symbols")
        _, books = await engine_link.aquery("books", 1)
    except EngineError:
        return []
    return [_market(SymbolEvent(*event), books) for event in symbols]


def _market(symbol: SymbolEvent, books: dict[str, Any]) -> Market:
    bid, ask = (
        format_units(side[0][0], symbol.price_scale) if side else ""
        for side in books.get(symbol.symbol) or ((), ())
    )
    return Market(symbol.symbol, SYMBOL_STATUSES[symbol.status], bid, ask)


def _problems(report: Report) -> Iterator[str]:
    engine, marketdata = report.engine, report.marketdata
    if not engine:
        yield f"the engine does not answer ({report.engine_error}): no orders are taken"
    if not report.database_ok:
        yield "the database does not answer: no log-ins, histories stand still"
    if report.redis_ok is False:
        yield "Redis does not answer: each web process counts its limits for itself"
    if not marketdata:
        yield "marketdata does not answer: candles, tickers and histories stand still"
    if marketdata.get("breaches"):
        yield f"{len(marketdata['breaches'])} invariants are broken: see marketdata's log"
    if engine.get("quarantined"):
        yield f"{engine['quarantined']} commands crashed the core: see the folder quarantine"
    if not engine.get("clock_believed", True):
        seconds = engine["clock_difference_ns"] / _NS_PER_S
        yield f"the machine's clock is not believed: it differs by {seconds:.1f} s"
    if report.letters is not None and not report.letters.is_moving:
        yield f"{report.letters.waiting} letters wait, the oldest for {report.letters.late_s:.0f} s"
    if report.custody is not None and report.custody.is_alarm:
        yield "custody does not agree with the ledger, or was not held against it for too long"
