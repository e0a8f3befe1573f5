"""Retries: a few after trouble, none after an answer, and at most a share of all calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from exchange import process
from exchange.telemetry.retries import ATTEMPTS, EARNED, SAVED, RetryBudget, budget, retried


class Away(OSError):
    """The dependency does not answer."""


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with process.using(process.Process()), stamina.set_testing(True, attempts=ATTEMPTS, cap=True):
        yield


class Work:
    """Fails so often, then answers."""

    def __init__(self, failures: int, error: type[Exception] = Away) -> None:
        self.failures, self.error, self.done = failures, error, 0

    def __call__(self) -> int:
        self.done += 1
        if self.done <= self.failures:
            raise self.error
        return self.done


@pytest.mark.parametrize("failures", range(ATTEMPTS))
def test_it_is_done_again_until_it_succeeds(failures: int) -> None:
    assert retried("it", Work(failures), Away) == failures + 1
    assert budget("it").spent == failures


def test_the_last_error_comes_through() -> None:
    work = Work(10)
    with pytest.raises(Away):
        retried("it", work, Away)
    assert (work.done, budget("it").spent) == (ATTEMPTS, ATTEMPTS - 1)


def test_another_error_is_an_answer() -> None:
    work = Work(1, KeyError)
    with pytest.raises(KeyError):
        retried("it", work, Away)
    assert work.done == 1


def test_a_dependency_that_is_away_is_not_stormed() -> None:
    calls, asked = 500, 0
    for _ in range(calls):
        work = Work(10)
        with pytest.raises(Away):
            retried("it", work, Away)
        asked += work.done
    assert asked <= calls * (1 + EARNED) + SAVED
    assert budget("it").denied > 0
    # One dependency's budget is not another's.
    assert budget("another").take()


@given(st.lists(st.booleans(), max_size=300))
def test_retries_are_a_share_of_calls(story: list[bool]) -> None:
    allowance, calls = RetryBudget(), 0
    for is_call in story:
        if is_call:
            allowance.earn()
            calls += 1
        else:
            allowance.take()
        assert allowance.spent <= SAVED + calls * EARNED + 1e-6
