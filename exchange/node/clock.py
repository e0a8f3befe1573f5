"""The clock that stamps commands: the machine's time of day, held to a clock that cannot be set.

The engine's time orders expiries, timers, candles and the ids it remembers, and it never goes back: one wrong
reading of the time of day would move it for good. So time goes on by the monotonic clock, which counts while
the machine sleeps (``CLOCK_BOOTTIME``), and the time of day only corrects it:

* A difference of at most ``max_step_s`` is taken over: forward at once, backward by running at nine tenths of
  the speed. No more than ``max_step_s`` an hour is gained that way, however often the time of day is set.
* Beyond that the time of day is not believed: time goes on by the monotonic clock. The difference is in the
  log, in the status and in metrics, until the time of day agrees again or an operator restarts the engine.

At a start there is no monotonic clock to compare with, only the journal: ``check_start`` refuses a time of
day before the journal's last record or very long after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from exchange.journal.errors import JournalError
from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

_NS: Final = 1_000_000_000
_DAY_NS: Final = 86_400 * _NS
#: The most by which the time of day may differ and still be taken over, and the most it may gain in an hour.
MAX_STEP_S: Final = 5.0
#: The longest a journal may have been left alone before the time of day is doubted.
MAX_AWAY_DAYS: Final = 90
#: How much slower time runs while it waits for a time of day that is behind.
_SLOWER: Final = 10
_HOUR_NS: Final = 3_600 * _NS

Clock = Callable[[], int]


class ClockRefused(JournalError):
    """The machine's time of day cannot be right for this journal."""


def boot_time_ns() -> int:
    """Nanoseconds since the machine started, those asleep included where the system counts them."""
    source = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if source is None else time.clock_gettime_ns(source)


class GuardedClock:
    """Nanoseconds since the epoch, never going back and never jumping. See the module."""

    def __init__(
        self,
        day_ns: Clock = time.time_ns,
        steady_ns: Clock = boot_time_ns,
        *,
        start_ns: int | None = None,
        max_step_s: float = MAX_STEP_S,
    ) -> None:
        """``start_ns``: the time to start from, where it is not the time of day."""
        self._day_ns, self._steady_ns = day_ns, steady_ns
        self._max_step_ns = int(max_step_s * _NS)
        self._steady_at = steady_ns()
        self._now_ns = day_ns() if start_ns is None else start_ns
        #: What forward steps may still gain; it fills up again over an hour.
        self._credit_ns = self._max_step_ns
        self._is_believed = True
        #: Time of day less the engine's time, as last read.
        self.difference_ns = 0

    @property
    def is_believed(self) -> bool:
        """Whether the time of day agrees with the time that commands are stamped with."""
        return self._is_believed

    def __call__(self) -> int:
        steady = self._steady_ns()
        passed = max(0, steady - self._steady_at)
        self._steady_at = steady
        self._now_ns += passed
        self._credit_ns = min(self._max_step_ns, self._credit_ns + passed * self._max_step_ns // _HOUR_NS)
        difference = self._day_ns() - self._now_ns
        if abs(difference) <= self._max_step_ns:
            self._correct(difference, passed)
        self.difference_ns = difference
        self._judge(abs(difference) <= self._max_step_ns)
        return self._now_ns

    def _correct(self, difference: int, passed: int) -> None:
        """Take over a small difference, without going back."""
        if difference > 0:
            step = min(difference, self._credit_ns)
            self._credit_ns -= step
            self._now_ns += step
        else:
            self._now_ns -= min(-difference, passed // _SLOWER)

    def _judge(self, agrees: bool) -> None:
        if agrees == self._is_believed:
            return
        self._is_believed = agrees
        if agrees:
            log.warning("clock_believed_again")
        else:
            log.critical(
                "clock_not_believed",
                difference_s=round(self.difference_ns / _NS, 1),
                advice="set the machine's clock right; if it is right, restart the engine",
            )


def check_start(journal_ns: int, day_ns: int, *, accept_gap: bool = False) -> None:
    """Refuse a time of day that cannot be right for a journal whose last record is of ``journal_ns``.

    ``accept_gap``: an operator confirms that the journal was left alone for as long as it seems. Raises
    ClockRefused, which names the way out. A journal without records (0) takes any time.
    """
    if not journal_ns:
        return
    behind_s = (journal_ns - day_ns) / _NS
    if behind_s > MAX_STEP_S:
        raise ClockRefused(
            f"the machine's clock is {behind_s:,.0f} s behind the journal's last record: set it right. "
            "If the journal was written by a clock that was wrong, start with ENGINE_CLOCK=journal: "
            "time then goes on from there"
        )
    if day_ns - journal_ns > MAX_AWAY_DAYS * _DAY_NS and not accept_gap:
        raise ClockRefused(
            f"the journal's last record is {(day_ns - journal_ns) // _DAY_NS} days old. "
            "If the machine's clock is right, start once with ENGINE_CLOCK=accept"
        )
