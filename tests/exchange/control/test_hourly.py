"""The demo's hourly auction: a minute of gathering at the full hour, by commands that say which hour."""

from __future__ import annotations

import datetime as dt

import pytest

from exchange.control.calendars.hourly import HourlyAuctions
from exchange.engine import messages as m
from tests.exchange.control.test_calendars import SECOND_NS, Venue

HOUR_NS = 3_600 * SECOND_NS
START = dt.datetime(2026, 11, 30, 14, 59, tzinfo=dt.UTC)


def venue_of(calendar: str) -> tuple[Venue, HourlyAuctions]:
    venue = Venue(START, calendar)
    return venue, HourlyAuctions(venue, "AAPL", clock=lambda: venue.now_ns)


def test_orders_gather_for_the_first_minute_of_each_hour() -> None:
    venue, auctions = venue_of("")
    seen = []
    for _ in range(150):
        venue.now_ns += 30 * SECOND_NS
        auctions.step()
        if venue.now_ns % HOUR_NS in (0, 30 * SECOND_NS):
            assert venue.status == m.CLOSING_AUCTION
            venue.place(1001, m.BUY, 20_100)
            venue.place(1002, m.SELL, 19_900)
        else:
            seen.append(venue.status)
    assert set(seen) == {m.TRADING}
    assert venue.engine.prices("AAPL")[0] == 20_000
    ids = [command[1] for command in venue.applied]
    assert len(ids) == len(set(ids)) == 4, "two auctions, each with its beginning and its end"


@pytest.mark.parametrize("status", [m.HALTED, m.CANCEL_ONLY, m.CLOSED, m.PRE_OPEN])
def test_what_people_have_decided_stands(status: int) -> None:
    venue, auctions = venue_of("")
    venue.apply(m.set_symbol_status("op:1", "AAPL", status, "news"))
    venue.now_ns += 60 * SECOND_NS
    assert (auctions.step(), venue.status) == (0, status)


def test_a_symbol_that_follows_a_calendar_is_left_to_it() -> None:
    venue, auctions = venue_of("XNYS")
    venue.now_ns += 60 * SECOND_NS
    assert auctions.step() == 0
