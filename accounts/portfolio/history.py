"""Value over time: what was held at each moment, at the prices of that moment, and what would have been held
without a trade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from accounts.portfolio.cross_rates import AnyValuer
from accounts.portfolio.movements import Movement
from marketdata.intervals import INTERVALS, candle_open_ns

#: A line over a screen's width needs no more.
MOST_POINTS: Final = 400


class Point(NamedTuple):
    """Value at a time, and the profit since the first point: the change that no transfer explains.

    ``kept_minor``: what the value would be had nothing been traded since the first point, and every transfer
    just been kept. ``came_minor``: what transfers brought since the point before. ``is_whole``: whether the
    worth of everything held was known."""

    time_ns: int
    value_minor: int
    profit_minor: int
    kept_minor: int = 0
    came_minor: int = 0
    is_whole: bool = True


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
    valuer: AnyValuer,
    quotes: Mapping[str, str],
) -> dict[str, list[Point]]:
    """Points by currency. Movements are undone from the present backwards, so only those inside the
    stretch are read. ``quotes`` names the quote asset of each symbol."""
    waiting = list(newest_first)[::-1]
    back = _Back(dict(held_now), waiting, valuer, quotes)
    currencies = {valuer.currency_of(asset) for asset in _assets(back.held, waiting, quotes)}
    moments = [back.to(time_ns) for time_ns in reversed(times)][::-1]
    return {currency: _points(times, moments, valuer, currency) for currency in sorted(currencies)}


class _Moment(NamedTuple):
    """What was held at a time, what trades have changed of it since, and what transfers brought from then to
    the next time, by currency."""

    held: dict[str, int]
    traded_since: dict[str, int]
    came_after: dict[str, int]


class _Back:
    """Goes back in time, undoing movements."""

    def __init__(
        self,
        held: dict[str, int],
        waiting: list[Movement],
        valuer: AnyValuer,
        quotes: Mapping[str, str],
    ) -> None:
        #: Oldest first: the next to undo is the last.
        self._waiting = list(waiting)
        self.held = held
        self._traded: dict[str, int] = defaultdict(int)
        self._valuer = valuer
        self._quotes = quotes

    def to(self, time_ns: int) -> _Moment:
        """Undo the movements after a time."""
        came: dict[str, int] = defaultdict(int)
        while self._waiting and self._waiting[-1].time_ns > time_ns:
            movement = self._waiting.pop()
            self._move(movement.asset, -movement.delta_minor)
            if movement.symbol is not None:
                quote = self._quotes[movement.symbol]
                self._move(quote, -movement.quote_delta_minor)
                self._traded[movement.asset] += movement.delta_minor
                self._traded[quote] += movement.quote_delta_minor
            else:
                # What has no known worth is in no value either, so what it brought is left out alike.
                worth = self._valuer.worth(movement.asset, movement.delta_minor, movement.time_ns)
                if worth is not None:
                    came[self._valuer.currency_of(movement.asset)] += worth
        return _Moment(dict(self.held), dict(self._traded), came)

    def _move(self, asset: str, delta_minor: int) -> None:
        self.held[asset] = self.held.get(asset, 0) + delta_minor


def _assets(held: Mapping[str, int], movements: list[Movement], quotes: Mapping[str, str]) -> set[str]:
    moved = {movement.asset for movement in movements}
    paid = {quotes[movement.symbol] for movement in movements if movement.symbol is not None}
    return {asset for asset, amount in held.items() if amount} | moved | paid


def _points(times: list[int], moments: list[_Moment], valuer: AnyValuer, currency: str) -> list[Point]:
    points: list[Point] = []
    traded_in_all = moments[0].traded_since
    first, brought, came = 0, 0, 0
    for time_ns, moment in zip(times, moments, strict=True):
        traded = {
            asset: change - moment.traded_since.get(asset, 0) for asset, change in traded_in_all.items()
        }
        kept = {asset: moment.held.get(asset, 0) - traded.get(asset, 0) for asset in {*moment.held, *traded}}
        value, is_whole = _worth(moment.held, time_ns, valuer, currency)
        kept_value, _ = _worth(kept, time_ns, valuer, currency)
        first = value if not points else first
        brought += came
        points.append(Point(time_ns, value, value - first - brought, kept_value, came, is_whole))
        # What came after a point is what came before the next.
        came = moment.came_after.get(currency, 0)
    return points


def _worth(held: Mapping[str, int], time_ns: int, valuer: AnyValuer, currency: str) -> tuple[int, bool]:
    """What is worth something in a currency of what is held, as far as that is known, and whether all is."""
    total, is_whole = 0, True
    for asset, amount_minor in held.items():
        if amount_minor and valuer.currency_of(asset) == currency:
            worth = valuer.worth(asset, amount_minor, time_ns)
            total += worth or 0
            is_whole = is_whole and worth is not None
    return total, is_whole
