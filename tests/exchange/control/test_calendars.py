"""A year of the New York Stock Exchange in a moment: the driver on a clock of its own, a real engine under
it.

What must be at each moment is worked out here from the exchange's published holidays and early closes and the
time zone's own rules, not from the package that the driver reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from exchange.control.calendars.driver import SessionDriver, command_id_of
from exchange.control.calendars.schedule import Change, Session, UnknownCalendar, changes, sessions_of_year
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.protocol import Answer, Outcome
from exchange.listing import catalog
from tests.conftest import LiveEngine

NEW_YORK = ZoneInfo("America/New_York")
#: https://www.nyse.com/markets/hours-calendars, 2026.
HOLIDAYS = {
    dt.date(2026, month, day)
    for month, day in (
        *((1, 1), (1, 19), (2, 16), (4, 3), (5, 25)),
        *((6, 19), (7, 3), (9, 7), (11, 26), (12, 25)),
    )
}
EARLY_CLOSES = {dt.date(2026, 11, 27), dt.date(2026, 12, 24)}
SECOND_NS = 10**9


def ns_of(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * SECOND_NS


def expected_status(moment: dt.datetime) -> int:
    """By the clock on the wall in New York."""
    local = moment.astimezone(NEW_YORK)
    if local.weekday() >= 5 or local.date() in HOLIDAYS:
        return m.CLOSED
    close = dt.time(13) if local.date() in EARLY_CLOSES else dt.time(16)
    last_call = dt.time(close.hour - 1, 50)
    now = local.time()
    if now < dt.time(9) or now >= close:
        return m.CLOSED
    if now < dt.time(9, 25):
        return m.PRE_OPEN
    if now < dt.time(9, 30):
        return m.OPENING_AUCTION
    return m.TRADING if now < last_call else m.CLOSING_AUCTION


class Venue:
    """An engine in this process, which answers a repeated id from memory, as the worker does."""

    def __init__(self, now: dt.datetime, calendar: str = "XNYS") -> None:
        self.engine = Engine()
        self.now_ns = ns_of(now)
        self.applied: list[m.Command] = []
        for command in catalog.setup_commands():
            self.apply(command)
        payload = catalog.AAPL_USD.payload()
        protection = m.Protection(calendar=calendar)
        self.apply(m.set_symbol("calendar", **payload, protection=protection))
        for account in (1001, 1002):
            self.apply(m.set_account(f"a{account}", account))
            self.apply(m.deposit(f"d{account}", account, "USD", 10**15))
            self.apply(m.deposit(f"s{account}", account, "AAPL", 10**6))

    def apply(self, command: m.Command) -> list[m.Event]:
        return self.engine.apply(command, self.now_ns)

    def submit(self, command: m.Command) -> Outcome:
        recalled = self.engine.recall(command)
        if recalled is not None:
            return Outcome(*recalled)
        self.applied.append(command)
        return Outcome(self.engine.sequence + 1, self.now_ns, self.apply(command))

    def query(self, kind: str, *_: object) -> Answer:
        assert kind == "symbols"
        return Answer(self.engine.sequence, self.engine.symbols())

    @property
    def status(self) -> int:
        event = self.engine.symbol_of("AAPL")
        assert event is not None
        return m.SymbolEvent(*event).status

    def place(self, account: int, side: int, price: int, time_in_force: int = m.DAY) -> list[m.Event]:
        return self.apply(
            m.place_order(
                f"o{self.engine.sequence}",
                account,
                "AAPL",
                side,
                time_in_force=time_in_force,
                price_ticks=price,
                quantity_lots=10,
            )
        )

    def driver(self) -> SessionDriver:
        return SessionDriver(self, clock=lambda: self.now_ns)

    def at(self, *when: int) -> None:
        """Let it be that time in New York, and the driver look."""
        self.now_ns = ns_of(dt.datetime(2026, *when, tzinfo=NEW_YORK))  # type: ignore[arg-type]
        self.driver().step()


def test_a_whole_year() -> None:
    """Every five minutes of 2026, and a driver that is another one every few hours."""
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    venue = Venue(moment)
    driver = venue.driver()
    wrong = []
    while moment.year == 2026:
        venue.now_ns = ns_of(moment)
        if moment.hour % 6 == 0 and moment.minute == 0:
            driver = venue.driver()
        driver.step()
        if venue.status != expected_status(moment):
            wrong.append((moment, m.SYMBOL_STATUSES[venue.status]))
        moment += dt.timedelta(minutes=5)
    assert wrong == []
    assert venue.engine.symbol_of("BTC-KRW")[16] == m.TRADING  # type: ignore[index]  # it names no calendar
    ids = [command[1] for command in venue.applied]
    assert len(ids) == len(set(ids)) == 5 * 251 + 1, "251 sessions of five changes, and the close before"


def test_the_sessions_are_those_the_exchange_publishes() -> None:
    year = sessions_of_year("XNYS", 2026)
    days = {session.day for session in year}
    weekdays = {day for day in _days(2026) if day.weekday() < 5}
    assert days == weekdays - HOLIDAYS
    early = {session.day for session in year if _local(session.close_ns).time() == dt.time(13)}
    assert early == EARLY_CLOSES
    assert {_local(session.open_ns).time() for session in year} == {dt.time(9, 30)}
    opens_utc = {(session.open_ns // SECOND_NS) % 86_400 // 60 for session in year}
    assert opens_utc == {13 * 60 + 30, 14 * 60 + 30}, "summer and winter"


def _days(year: int) -> Iterator[dt.date]:
    day = dt.date(year, 1, 1)
    while day.year == year:
        yield day
        day += dt.timedelta(1)


def _local(time_ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(time_ns // SECOND_NS, NEW_YORK)


def test_a_day_from_gathering_to_the_end_of_its_orders() -> None:
    venue = Venue(dt.datetime(2026, 11, 26, tzinfo=NEW_YORK))
    venue.at(11, 26, 12, 0)
    assert m.RejectedEvent(*venue.place(1001, m.BUY, 20_000)[0]).code == "SYMBOL_CLOSED"
    event = m.SymbolEvent(*venue.engine.symbol_of("AAPL"))  # type: ignore[misc]
    assert event.status_reason == "opens 2026-11-27 14:30 UTC"
    venue.at(11, 27, 9, 10)
    venue.place(1001, m.BUY, 20_100)
    venue.place(1002, m.SELL, 19_900)
    bids, asks = venue.engine.depth("AAPL")
    assert bids[0][0] > asks[0][0], "crossed until the open"
    venue.at(11, 27, 9, 30)
    assert venue.engine.depth("AAPL") == ([], [])
    assert venue.engine.counts()["trades"] == 1
    venue.place(1001, m.BUY, 19_000)
    venue.place(1001, m.BUY, 18_000, m.GTC)
    venue.at(11, 27, 12, 55)
    assert venue.status == m.CLOSING_AUCTION
    venue.at(11, 27, 13, 0)
    assert [event[10] for event in venue.engine.open_orders(1001)] == [18_000], "the day order has ended"


def test_a_driver_that_was_away_over_night_ends_the_day_before() -> None:
    venue = Venue(dt.datetime(2026, 11, 23, tzinfo=NEW_YORK))
    venue.at(11, 23, 12, 0)
    venue.place(1001, m.BUY, 19_000)
    venue.at(11, 24, 12, 0)
    assert (venue.status, venue.engine.open_orders(1001)) == (m.TRADING, [])


@pytest.mark.parametrize("status", [m.HALTED, m.CANCEL_ONLY, m.POST_ONLY])
def test_what_people_have_decided_stands(status: int) -> None:
    venue = Venue(dt.datetime(2026, 11, 23, tzinfo=NEW_YORK))
    venue.at(11, 23, 15, 0)
    venue.submit(m.set_symbol_status("op:1", "AAPL", status, "news"))
    venue.at(11, 23, 17, 0)
    assert venue.status == status, "over the close"
    venue.submit(m.set_symbol_status("op:2", "AAPL", m.TRADING, "over", direct=True))
    venue.at(11, 23, 17, 1)
    assert venue.status == m.CLOSED, "resumed, it follows its calendar"
    venue.submit(m.set_symbol_status("op:3", "AAPL", m.TRADING, "a night session"))
    venue.at(11, 23, 17, 2)
    assert venue.status == m.TRADING, "decided by hand, until the next change"
    venue.at(11, 24, 9, 0)
    assert venue.status == m.PRE_OPEN


def test_a_volatility_auction_is_the_engine_s_to_end() -> None:
    venue = Venue(dt.datetime(2026, 11, 23, tzinfo=NEW_YORK))
    venue.at(11, 23, 12, 0)
    venue.submit(m.set_symbol_status("op:1", "AAPL", m.VOLATILITY_AUCTION))
    venue.at(11, 23, 12, 1)
    assert venue.status == m.VOLATILITY_AUCTION
    venue.at(11, 23, 16, 0)
    assert venue.status == m.CLOSED


def test_an_unknown_calendar_leaves_the_symbol_alone() -> None:
    venue = Venue(dt.datetime(2026, 11, 23, tzinfo=NEW_YORK), calendar="XMARS")
    venue.at(11, 23, 12, 0)
    assert venue.status == m.TRADING
    with pytest.raises(UnknownCalendar):
        sessions_of_year("XMARS", 2026)


def test_an_exchange_that_never_closes_for_long_opens_when_it_has_closed() -> None:
    """The phases before an open do not reach into the session before."""
    days = [Session(dt.date(2026, 1, day), day * 100, day * 100 + 90) for day in (1, 2)]
    plan = list(changes(days))
    assert [change.at_ns for change in plan] == sorted(change.at_ns for change in plan)
    assert plan[5] == Change(190, m.PRE_OPEN, dt.date(2026, 1, 2))


def test_ids_fit_and_follow_from_symbol_day_and_state() -> None:
    longest = Change(0, m.VOLATILITY_AUCTION, dt.date(2026, 11, 23))
    assert len(command_id_of("S" * 24, longest)) <= 64
    change = Change(7, m.OPENING_AUCTION, dt.date(2026, 11, 23))
    assert command_id_of("AAPL", change) == "cal:AAPL:2026-11-23:opening_auction"


@pytest.mark.django_db
def test_through_a_worker(live_engine: LiveEngine) -> None:
    """The commands pass the worker's gate and its journal; a second driver changes nothing."""
    protection = m.Protection(calendar="XNYS")
    live_engine.submit(m.set_symbol("calendar", **catalog.AAPL_USD.payload(), protection=protection))
    noon = ns_of(dt.datetime(2026, 11, 23, 12, tzinfo=NEW_YORK))
    assert SessionDriver(live_engine.client, clock=lambda: noon).step() == 2
    sequence = live_engine.sequence
    live_engine.restart()
    assert SessionDriver(live_engine.client, clock=lambda: noon).step() == 2
    assert live_engine.sequence == sequence


def test_a_random_end_brings_the_open_and_the_close_late() -> None:
    """By a draw of its own for each, once; the other changes are on time."""
    venue = Venue(dt.datetime(2026, 11, 23, tzinfo=NEW_YORK))
    protection = m.Protection(calendar="XNYS", random_end_ns=30 * SECOND_NS)
    venue.apply(m.set_symbol("late", **catalog.AAPL_USD.payload(), protection=protection))
    draws = {30 * SECOND_NS + 1: [7 * SECOND_NS, 11 * SECOND_NS]}
    driver = SessionDriver(venue, clock=lambda: venue.now_ns, draw=lambda below: draws[below].pop(0))
    seen = []
    for when in ((9, 29, 59), (9, 30, 0), (9, 30, 6), (9, 30, 7), (15, 50, 0), (16, 0, 10), (16, 0, 11)):
        venue.now_ns = ns_of(dt.datetime(2026, 11, 23, *when, tzinfo=NEW_YORK))
        driver.step()
        seen.append(m.SYMBOL_STATUSES[venue.status])
    calls = ["opening_auction"] * 3, ["closing_auction"] * 2
    assert seen == [*calls[0], "trading", *calls[1], "closed"]
    assert draws == {30 * SECOND_NS + 1: []}
