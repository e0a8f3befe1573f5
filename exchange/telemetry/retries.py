"""Trying again: ``stamina`` waits and counts, and a budget for each dependency bounds the share of retries.

Only for what may be done twice: a question, or an order that the other side knows by its id. A struggling
dependency must not get a storm on top: each call earns ``EARNED`` of a retry, ``SAVED`` retries are saved at
most, and a retry that the budget does not have is not made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

import stamina

from exchange import process

_T = TypeVar("_T")

#: Retries that a call earns, and the most that are saved: one call in ten may be a retry, after ten at once.
EARNED: Final = 0.1
SAVED: Final = 10.0

ATTEMPTS: Final = 3
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
#: Added to each pause at random, up to this.
JITTER_S: Final = 0.2


class RetryBudget:
    """How many retries one dependency is allowed. Its methods may be called from any thread."""

    def __init__(self, earned: float = EARNED, saved: float = SAVED) -> None:
        self._earned = earned
        self._saved = saved
        self._left = saved
        self._lock = threading.Lock()
        #: Retries made, and those the budget did not have.
        self.spent = self.denied = 0

    def earn(self) -> None:
        """A call is made."""
        with self._lock:
            self._left = min(self._saved, self._left + self._earned)

    def take(self) -> bool:
        """Take a retry out; False where there is none."""
        with self._lock:
            if self._left < 1:
                self.denied += 1
                return False
            self._left -= 1
            self.spent += 1
            return True


class _Budgets:
    """Those of one process."""

    def __init__(self) -> None:
        self._budgets: dict[str, RetryBudget] = {}
        self._lock = threading.Lock()

    def get(self, dependency: str) -> RetryBudget:
        with self._lock:
            return self._budgets.setdefault(dependency, RetryBudget())

    def all(self) -> dict[str, RetryBudget]:
        return dict(sorted(self._budgets.items()))


def budget(dependency: str) -> RetryBudget:
    """The budget of a dependency in this process."""
    return process.part(_Budgets).get(dependency)


def budgets() -> dict[str, RetryBudget]:
    """Every budget of this process, for metrics."""
    return process.part(_Budgets).all()


def retried(
    dependency: str,
    work: Callable[[], _T],
    on: type[Exception] | tuple[type[Exception], ...],
    *,
    attempts: int = ATTEMPTS,
    patience_s: float = 10.0,
) -> _T:
    """What ``work`` returns, done again after the exceptions ``on`` while attempts, time and budget last.
    Raises the last exception. Blocks: not for an event loop."""
    allowance = budget(dependency)
    allowance.earn()

    left = attempts - 1

    def may_retry(error: Exception) -> bool:
        nonlocal left
        if not isinstance(error, on) or not left:
            return False
        left -= 1
        return allowance.take()

    for attempt in stamina.retry_context(
        on=may_retry,
        attempts=attempts,
        timeout=patience_s,
        wait_initial=FIRST_PAUSE_S,
        wait_max=LONGEST_PAUSE_S,
        wait_jitter=JITTER_S,
    ):
        with attempt:
            return work()
    raise AssertionError("stamina raises the last exception")
