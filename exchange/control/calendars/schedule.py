"""When a calendar's sessions begin and end, and what state a symbol is in at each moment.

The sessions, holidays and early closes come from the package ``exchange_calendars``, which knows over fifty
exchanges by their market identifier code (XNYS, XKRX, ...). It is imported when first needed: it brings
pandas.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from exchange.engine.messages import CLOSED, CLOSING_AUCTION, OPENING_AUCTION, PRE_OPEN, TRADING

_NS_PER_S: Final = 1_000_000_000
_MINUTE_NS: Final = 60 * _NS_PER_S
#: Orders gather from so long before the open; the opening and the closing call last so long.
PRE_OPEN_NS: Final = 30 * _MINUTE_NS
OPENING_CALL_NS: Final = 5 * _MINUTE_NS
CLOSING_CALL_NS: Final = 10 * _MINUTE_NS
#: Days looked at before and after now: no exchange is closed for longer than this.
DAYS_AROUND: Final = 14
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class UnknownCalendar(Exception):
    """There is no calendar of that name, or the package that has them is not installed."""


class Session(NamedTuple):
    """One trading day: its date at the exchange, open and close in nanoseconds UTC."""

    day: dt.date
    open_ns: int
    close_ns: int


class Change(NamedTuple):
    """From ``at_ns`` on, until the next change, a symbol of the session ``day`` is in ``status``."""

    at_ns: int
    status: int
    day: dt.date


def sessions_around(calendar: str, now_ns: int) -> list[Session]:
    """The calendar's sessions of the days around a moment. Raises UnknownCalendar."""
    today = (_EPOCH + dt.timedelta(microseconds=now_ns // 1_000)).date()
    first, last = today - dt.timedelta(DAYS_AROUND), today + dt.timedelta(DAYS_AROUND)
    years = sorted({first.year, last.year})
    found = [session for year in years for session in sessions_of_year(calendar, year)]
    return [session for session in found if first <= session.day <= last]


@functools.lru_cache(maxsize=16)
def sessions_of_year(calendar: str, year: int) -> tuple[Session, ...]:
    """The calendar's sessions of one year. Takes half a second. Raises UnknownCalendar."""
    try:
        from exchange_calendars import get_calendar
        from exchange_calendars.errors import InvalidCalendarName
    except ImportError as error:
        raise UnknownCalendar("requirements-calendars.txt is not installed") from error
    try:
        found = get_calendar(calendar, start=f"{year}-01-01", end=f"{year}-12-31")
    except InvalidCalendarName as error:
        raise UnknownCalendar(f"no trading calendar is called {calendar}") from error
    rows = found.schedule[["open", "close"]].itertuples()
    return tuple(Session(day.date(), _ns_of(opens), _ns_of(closes)) for day, opens, closes in rows)


def _ns_of(moment: Any) -> int:
    """Of a pandas time stamp."""
    return int(moment.as_unit("ns").value)


def changes(days: Iterable[Session]) -> Iterator[Change]:
    """Every change of state, in order of time."""
    closed_ns = 0
    for session in days:
        opens_ns, closes_ns = session.open_ns, session.close_ns
        # Of exchanges that hardly close, the phases before the open may not reach into the session before.
        yield Change(max(closed_ns, opens_ns - PRE_OPEN_NS), PRE_OPEN, session.day)
        yield Change(max(closed_ns, opens_ns - OPENING_CALL_NS), OPENING_AUCTION, session.day)
        yield Change(opens_ns, TRADING, session.day)
        yield Change(max(opens_ns, closes_ns - CLOSING_CALL_NS), CLOSING_AUCTION, session.day)
        yield Change(closes_ns, CLOSED, session.day)
        closed_ns = closes_ns
