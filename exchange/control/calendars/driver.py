"""Brings the sessions of trading calendars to the engine.

Each change is one command whose id follows from symbol, day and state: submitted again, by this process or
the next, it has no second effect, so nothing is kept here. Operators' decisions stand: a symbol that is
halted or restricted is left alone, and one whose state an operator has changed since stays so until the
session's next change.
"""

from __future__ import annotations

import datetime as dt
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from exchange.control.calendars.schedule import Change, Session, UnknownCalendar, changes, sessions_around
from exchange.engine.messages import (
    CALL_STATUSES,
    CLOSED,
    EV_REJECTED,
    SYMBOL_STATUSES,
    TRADING,
    VOLATILITY_AUCTION,
    Command,
    Protection,
    RejectedEvent,
    SymbolEvent,
    set_symbol_status,
)
from exchange.link.errors import EngineError
from exchange.link.protocol import Answer, Outcome
from exchange.telemetry.logs import get_logger
from exchange.telemetry.measures import own
from exchange.telemetry.process_health import Rounds

logger = get_logger(__name__)

#: How often the clock and the symbols are looked at.
POLL_S: Final = 1.0
_NS_PER_S: Final = 1_000_000_000
#: States that sessions come and go through; a symbol in any other is in an operator's hands.
DRIVEN: Final = (TRADING, CLOSED, *CALL_STATUSES)


class EngineClient(Protocol):
    """What the driver needs of ``BlockingEngineClient``."""

    def submit(self, command: Command) -> Outcome: ...

    def query(self, kind: str, *args: object) -> Answer: ...


class Followed(NamedTuple):
    """A symbol as the driver sees it."""

    name: str
    status: int
    calendar: str
    random_end_ns: int = 0


class SessionDriver:
    """Keeps every symbol that names a calendar in the state of its session. Use from one thread."""

    def __init__(
        self,
        client: EngineClient,
        clock: Callable[[], int] = time.time_ns,
        sessions_of: Callable[[str, int], list[Session]] = sessions_around,
        draw: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._client = client
        self._clock = clock
        self._sessions_of = sessions_of
        #: A random number below another; by symbol, the change that comes late and when it does.
        self._draw = draw
        self._late: dict[str, tuple[Change, int]] = {}
        #: calendar -> (the UTC day it was read on, its changes around that day)
        self._plans: dict[str, tuple[int, list[Change]]] = {}
        #: Ids the engine has answered, by symbol: the last few.
        self._done: dict[str, list[str]] = {}

    def run(self, stop: threading.Event) -> None:
        """Step until ``stop`` is set."""
        run_steps([self.step], stop)

    def step(self) -> int:
        """Submit what is due; returns how many changes. Raises EngineError."""
        now_ns = self._clock()
        followed = [symbol for symbol in self._symbols() if symbol.calendar]
        return sum(self._drive(symbol, now_ns) for symbol in followed)

    def _symbols(self) -> Iterable[Followed]:
        for event in self._client.query("symbols").value:
            symbol = SymbolEvent(*event)
            protection = Protection(*(symbol.protection or ()))
            yield Followed(symbol.symbol, symbol.status, protection.calendar, protection.random_end_ns)

    def _drive(self, symbol: Followed, now_ns: int) -> int:
        if symbol.status not in DRIVEN:
            return 0
        done = self._done.setdefault(symbol.name, [])
        submitted = 0
        for change, reason in self._due(symbol, now_ns):
            command_id = command_id_of(symbol.name, change)
            if command_id in done:
                continue
            outcome = self._client.submit(set_symbol_status(command_id, symbol.name, change.status, reason))
            done.append(command_id)
            del done[:-4]
            submitted += 1
            _log(symbol.name, change, outcome)
        return submitted

    def _due(self, symbol: Followed, now_ns: int) -> list[tuple[Change, str]]:
        """What the symbol should have gone through by now, oldest first: the close of the session before,
        which ends its day orders, and where it stands now."""
        plan = self._plan(symbol.calendar, now_ns)
        past = [
            change for change in plan if change.at_ns <= now_ns and self._has_come(symbol, change, now_ns)
        ]
        if not past:
            return []
        now = past[-1]
        due = [(now, _reason(now, plan))]
        if now.status == TRADING and symbol.status == VOLATILITY_AUCTION:
            # It is the engine's to end.
            due = []
        closes = [change for change in past if change.status == CLOSED]
        if closes and closes[-1] is not now and symbol.status != CLOSED:
            due.insert(0, (closes[-1], _reason(closes[-1], plan)))
        return due

    def _has_come(self, symbol: Followed, change: Change, now_ns: int) -> bool:
        """Whether the end of an auction, which may come late at random (rule K11), has come."""
        late_ns = now_ns - change.at_ns
        if change.status not in (TRADING, CLOSED) or late_ns >= symbol.random_end_ns:
            return True
        drawn_for, drawn_ns = self._late.get(symbol.name, (None, 0))
        if drawn_for != change:
            drawn_ns = self._draw(symbol.random_end_ns + 1)
            self._late[symbol.name] = (change, drawn_ns)
        return late_ns >= drawn_ns

    def _plan(self, calendar: str, now_ns: int) -> list[Change]:
        """The calendar's changes around now, read anew once a day."""
        today = now_ns // (86_400 * _NS_PER_S)
        read_on, plan = self._plans.get(calendar, (-1, []))
        if read_on != today:
            try:
                plan = list(changes(self._sessions_of(calendar, now_ns)))
            except UnknownCalendar as error:
                logger.error("calendar_unknown", calendar=calendar, text=str(error))
            self._plans[calendar] = (today, plan)
        return plan


def run_steps(
    steps: Sequence[Callable[[], int]], stop: threading.Event, rounds: Rounds | None = None
) -> None:
    """Take these steps again and again until ``stop`` is set; while the engine is away try again, and say so
    once. ``rounds`` is told of those that ended well."""
    is_waiting = False
    passed = own().gauge("xtrader_duty_last_pass_timestamp_seconds")
    while not stop.is_set():
        try:
            for step in steps:
                step()
        except EngineError as error:
            if not is_waiting:
                logger.warning("sessions_wait", error=error)
            is_waiting = True
        else:
            is_waiting = False
            passed.set(time.time(), "sessions")
            if rounds is not None:
                rounds.done()
        stop.wait(POLL_S)


def command_id_of(symbol: str, change: Change) -> str:
    """The id of the command that makes a change."""
    return f"cal:{symbol}:{change.day.isoformat()}:{SYMBOL_STATUSES[change.status]}"


def _reason(change: Change, plan: list[Change]) -> str:
    """What traders read: of a closed market when it opens."""
    if change.status != CLOSED:
        return ""
    opens_ns = next((c.at_ns for c in plan if c.at_ns > change.at_ns and c.status == TRADING), None)
    if opens_ns is None:
        return ""
    return f"opens {dt.datetime.fromtimestamp(opens_ns // _NS_PER_S, dt.UTC):%Y-%m-%d %H:%M} UTC"


def _log(symbol: str, change: Change, outcome: Outcome) -> None:
    word = SYMBOL_STATUSES[change.status]
    if outcome.events and outcome.events[0][0] == EV_REJECTED:
        logger.error(
            "symbol_status_refused", symbol=symbol, status=word, code=RejectedEvent(*outcome.events[0]).code
        )
    else:
        logger.info(
            "symbol_status_set",
            symbol=symbol,
            status=word,
            session=str(change.day),
            sequence=outcome.sequence,
        )
