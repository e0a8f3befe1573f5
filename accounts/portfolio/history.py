"""Value over time: what was held at each moment, at the prices of that moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from accounts.portfolio.movements import Movement
from accounts.portfolio.valuation import Valuer
from marketdata.intervals import INTERVALS, candle_open_ns

#: A line over a screen's width needs no more.
MOST_POINTS: Final = 400


class Point(NamedTuple):
    """Value at a time, and the profit since the first point: the change that no transfer explains."""

    time_ns: int
    value_minor: int
    profit_minor: int


def interval_for(length_ns: int) -> int:
    """The finest candle interval that draws a stretch of time in at most ``MOST_POINTS``."""
    return next(
        (interval for interval in INTERVALS.values() if length_ns <= interval * MOST_POINTS),
        max(INTERVALS.values()),
    )


def point_times(start_ns: int, end_ns: int, interval_ns: int) -> list[int]:
    """The start, every boundary of the interval inside, and the end."""
    first = candle_open_ns(start_ns, interval_ns) + interval_ns
    return [start_ns, *range(first, end_ns, interval_ns), end_ns]


def value_history(
    held_now: Mapping[str, int],
    newest_first: Iterable[Movement],
    times: list[int],
    valuer: Valuer,
    quotes: Mapping[str, str],
) -> dict[str, list[Point]]:
    """Points by currency. Movements are undone from the present backwards, so only those inside the
    stretch are read. ``quotes`` names the quote asset of each symbol."""
    held = dict(held_now)
    waiting = list(newest_first)[::-1]
    values: dict[str, list[int]] = defaultdict(list)
    flows: dict[str, list[int]] = defaultdict(list)
    currencies = {valuer.currency_of(asset) for asset in _assets(held, waiting, quotes)}
    for time_ns in reversed(times):
        flow = _undo_after(time_ns, held, waiting, valuer, quotes)
        worth = _worth_by_currency(held, time_ns, valuer)
        for currency in currencies:
            values[currency].append(worth[currency])
            flows[currency].append(flow[currency])
    return {
        currency: _points(times, values[currency][::-1], flows[currency][::-1])
        for currency in sorted(currencies)
    }


def _assets(held: Mapping[str, int], movements: list[Movement], quotes: Mapping[str, str]) -> set[str]:
    moved = {movement.asset for movement in movements}
    paid = {quotes[movement.symbol] for movement in movements if movement.symbol is not None}
    return {asset for asset, amount in held.items() if amount} | moved | paid


def _undo_after(
    time_ns: int, held: dict[str, int], waiting: list[Movement], valuer: Valuer, quotes: Mapping[str, str]
) -> dict[str, int]:
    """Take back the movements after ``time_ns`` (they leave ``waiting``); what transfers among them
    brought, by currency."""
    flow: dict[str, int] = defaultdict(int)
    while waiting and waiting[-1].time_ns > time_ns:
        movement = waiting.pop()
        held[movement.asset] = held.get(movement.asset, 0) - movement.delta_minor
        if movement.symbol is not None:
            quote = quotes[movement.symbol]
            held[quote] = held.get(quote, 0) - movement.quote_delta_minor
        else:
            worth = valuer.worth(movement.asset, movement.delta_minor, movement.time_ns)
            flow[valuer.currency_of(movement.asset)] += worth or 0
    return flow


def _worth_by_currency(held: Mapping[str, int], time_ns: int, valuer: Valuer) -> dict[str, int]:
    worth: dict[str, int] = defaultdict(int)
    for asset, amount_minor in held.items():
        worth[valuer.currency_of(asset)] += valuer.worth(asset, amount_minor, time_ns) or 0
    return worth


def _points(times: list[int], values: list[int], flows_after: list[int]) -> list[Point]:
    """``flows_after[i]`` came in between point i and the next."""
    points, brought = [], 0
    for index, (time_ns, value) in enumerate(zip(times, values, strict=True)):
        points.append(Point(time_ns, value, value - values[0] - brought))
        brought += flows_after[index]
    return points
