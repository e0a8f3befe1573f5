"""The circuit breakers of this process, one for each dependency: engine, marketdata, database, redis, mail, a
custody provider.

A breaker is closed while its dependency answers. Some failures in a row open it: then ``call`` fails at once
with ``DependencyAway``, and after a pause one caller may try (half-open). ``pybreaker`` keeps the state and
counts the failures; here are its clock, which no change of the time of day disturbs, and the calls, which
must not wait for one another (``pybreaker`` makes a call under the breaker's lock).

A connection that its owner keeps up by itself reports with ``trip`` and ``recovered`` instead.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

import pybreaker

from exchange import process
from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

_T = TypeVar("_T")

#: Failures in a row that open a breaker.
FAILURES: Final = 3
#: How long an open breaker lets nobody try, seconds; drawn anew each time within this share of it.
PAUSE_S: Final = 2.0
_SPREAD: Final = 0.25
#: pybreaker's own pause, by the time of day, which is not used.
_NEVER_S: Final = 1e9

ENGINE: Final = "engine"
MARKETDATA: Final = "marketdata"
DATABASE: Final = "database"
REDIS: Final = "redis"
MAIL: Final = "mail"

CLOSED: Final = pybreaker.STATE_CLOSED
OPEN: Final = pybreaker.STATE_OPEN
HALF_OPEN: Final = pybreaker.STATE_HALF_OPEN


class DependencyAway(Exception):
    """Nothing was asked: the breaker is open. ``dependency`` names it."""

    def __init__(self, dependency: str) -> None:
        super().__init__(f"{dependency} does not answer; it is asked again in a moment")
        self.dependency = dependency


class BreakerState(NamedTuple):
    """How a breaker is."""

    #: closed, half-open or open
    state: str
    #: Failures in a row.
    failures: int
    #: How often it has opened since the process began.
    opened: int
    #: Calls that were refused while it was open.
    refused: int
    #: Seconds since its state changed.
    since_s: float


class Breaker:
    """The breaker of one dependency. Its methods may be called from any thread."""

    def __init__(
        self,
        dependency: str,
        trouble: tuple[type[Exception], ...] = (OSError,),
        *,
        failures: int = FAILURES,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``trouble``: what a dependency that is away raises; any other exception is an answer."""
        self.dependency = dependency
        self._trouble = trouble
        self._pause_s = pause_s
        self._clock = clock
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=failures,
            reset_timeout=_NEVER_S,
            exclude=[lambda error: not isinstance(error, trouble)],
            listeners=[_Listener(self)],
            name=dependency,
            throw_new_error_on_trip=False,
        )
        self._trying = threading.Lock()
        self._try_at_s = 0.0
        self._changed_s = clock()
        self._opened = self._refused = 0
        self._reason = ""

    @property
    def is_open(self) -> bool:
        """Whether the dependency counts as away."""
        return bool(self._breaker.current_state != CLOSED)

    @property
    def may_call(self) -> bool:
        """Whether a call now would be made, as far as can be known before."""
        return not self.is_open or self._clock() >= self._try_at_s

    @property
    def state(self) -> BreakerState:
        now_s = self._clock()
        return BreakerState(
            self._breaker.current_state,
            self._breaker.fail_counter,
            self._opened,
            self._refused,
            now_s - self._changed_s,
        )

    def call(self, work: Callable[[], _T]) -> _T:
        """What the work returns. Raises what it raises; DependencyAway, without doing it, while open."""
        if self.is_open:
            return self._try(work)
        try:
            answer = work()
        except self._trouble as error:
            self._count(error)
            raise
        if self._breaker.fail_counter and not self.is_open:
            self._breaker.call(_nothing)
        return answer

    def trip(self, reason: str) -> None:
        """The dependency is away: open, and open for longer if it is already."""
        self._reason = reason
        if not self.is_open:
            self._breaker.open()
        self._put_off()

    def recovered(self) -> None:
        """The dependency answers: close."""
        if self.is_open:
            self._breaker.close()

    def _try(self, work: Callable[[], _T]) -> _T:
        """The one call that finds out whether it is back."""
        if self._clock() < self._try_at_s or not self._trying.acquire(blocking=False):
            self._refused += 1
            raise DependencyAway(self.dependency)
        try:
            self._put_off()
            if self.is_open:
                self._breaker.half_open()
            return self._breaker.call(work)
        except self._trouble as error:
            self._reason = _text_of(error)
            self._put_off()
            raise
        finally:
            self._trying.release()

    def _count(self, error: Exception) -> None:
        self._reason = _text_of(error)
        if self.is_open:
            return

        def fail() -> None:
            raise error

        # As it was meant to: the caller raises the error itself.
        with contextlib.suppress(type(error), pybreaker.CircuitBreakerError):
            self._breaker.call(fail)
        if self._breaker.current_state != CLOSED:
            self._put_off()

    def _put_off(self) -> None:
        self._try_at_s = self._clock() + self._pause_s * random.uniform(1 - _SPREAD, 1 + _SPREAD)

    def note_change(self, before: str, after: str) -> None:
        """Called by pybreaker. A line for each outage and each recovery; tries between are none."""
        if after == OPEN and before == CLOSED:
            self._opened += 1
            self._changed_s = self._clock()
            log.warning("breaker_opened", dependency=self.dependency, reason=self._reason)
        elif after == CLOSED:
            away_s, self._changed_s = self._clock() - self._changed_s, self._clock()
            log.info("breaker_closed", dependency=self.dependency, away_s=round(away_s, 1))


class _Listener(pybreaker.CircuitBreakerListener):
    def __init__(self, breaker: Breaker) -> None:
        self._told = breaker

    def state_change(self, cb: Any, old_state: Any, new_state: Any) -> None:
        self._told.note_change("" if old_state is None else old_state.name, new_state.name)


class Breakers:
    """Those of one process, each made when first asked for."""

    def __init__(self) -> None:
        self._breakers: dict[str, Breaker] = {}
        self._lock = threading.Lock()

    def get(
        self, dependency: str, trouble: tuple[type[Exception], ...] = (OSError,), **options: Any
    ) -> Breaker:
        """The breaker of a dependency; ``trouble`` and options are of the first who asks."""
        found = self._breakers.get(dependency)
        if found is not None:
            return found
        with self._lock:
            return self._breakers.setdefault(dependency, Breaker(dependency, trouble, **options))

    def states(self) -> dict[str, BreakerState]:
        """Each breaker of this process by its dependency."""
        return {name: breaker.state for name, breaker in sorted(self._breakers.items())}


def breaker(dependency: str, trouble: tuple[type[Exception], ...] = (OSError,), **options: Any) -> Breaker:
    """The breaker of a dependency in this process."""
    return process.part(Breakers).get(dependency, trouble, **options)


def states() -> dict[str, BreakerState]:
    """How each breaker of this process is, for health and metrics."""
    return process.part(Breakers).states()


def _text_of(error: Exception) -> str:
    return type(error).__name__


def _nothing() -> None:
    """An answer, for pybreaker's count of failures in a row."""
