"""A glance as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ops.glance.collecting import Glance

_MIB: Final = 1 << 20
_DOWN: Final = "DOWN"


def drawn(glance: Glance) -> RenderableType:
    """Problems first, then parts, processes and markets."""
    return Group(_problems(glance), _parts(glance), _processes(glance), _markets(glance))


def _problems(glance: Glance) -> RenderableType:
    problems = glance.problems()
    if not problems:
        return Panel(Text("all is well", style="green"), title="xTrader")
    return Panel(Text("\n".join(problems), style="bold red"), title="xTrader")


def _parts(glance: Glance) -> Table:
    table = _table("part", "state", "figures")
    report, engine, marketdata = glance.report, glance.report.engine, glance.report.marketdata
    rates = ", ".join(f"{rate:,.0f} {name}/s" for name, rate in glance.rates.items())
    if engine:
        _row(
            table, "engine", True, f"sequence {engine['sequence']:,} ({engine['core']} core)", rates,
            f"{engine['queue']:,} waiting", f"{engine['counts']['open_orders']:,} open orders",
        )  # fmt: skip
    else:
        _row(table, "engine", False, report.engine_error, trouble=_DOWN)
    if marketdata:
        behind = f"{marketdata['lag']:,} commands behind"
        snapshot = f"snapshot at {marketdata['snapshot_sequence']:,}"
        _row(table, "marketdata", not marketdata["breaches"], behind, snapshot)
    else:
        _row(table, "marketdata", False, trouble=_DOWN)
    _row(table, "database", report.database_ok, trouble=_DOWN)
    if report.redis_ok is not None:
        _row(table, "redis", report.redis_ok, trouble=_DOWN)
    if report.letters is not None:
        _row(table, "mail", report.letters.is_moving, f"{report.letters.waiting:,} letters wait")
    if report.custody is not None:
        age = (
            "" if report.custody.age_s is None else f"held against the ledger {report.custody.age_s:,} s ago"
        )
        _row(table, "custody", not report.custody.is_alarm, age)
    return table


def _row(table: Table, part: str, is_well: bool, *figures: str, trouble: str = "ALARM") -> None:
    state = Text("ok", style="green") if is_well else Text(trouble, style="bold red")
    table.add_row(part, state, ", ".join(figure for figure in figures if figure))


def _processes(glance: Glance) -> RenderableType:
    if not glance.processes:
        return Text("no supervisor runs on this data folder")
    table = _table("process", "pid", "processor", "memory", "up")
    for one in glance.processes:
        table.add_row(
            one.name,
            str(one.pid),
            f"{one.cpu_percent:.0f} %",
            f"{one.memory_bytes / _MIB:,.0f} MiB",
            _span(one.uptime_s),
        )
    return table


def _markets(glance: Glance) -> Table:
    table = _table("symbol", "state", "bid", "ask")
    for market in glance.markets:
        style = "" if market.status == "trading" else "yellow"
        table.add_row(market.symbol, Text(market.status, style=style), market.bid or "-", market.ask or "-")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers: Iterable[str] = ("pid", "processor", "memory", "up", "bid", "ask")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left")
    return table


def _span(seconds: float) -> str:
    minutes, _ = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
