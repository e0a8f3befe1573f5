"""A breaker under any story of answers, failures and time does what a few lines of model say."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import process
from exchange.telemetry import breakers
from exchange.telemetry.breakers import CLOSED, FAILURES, OPEN, PAUSE_S, Breaker, DependencyAway

#: Longer than any pause that is drawn, and shorter.
LONG_S, SHORT_S = PAUSE_S * 1.3, PAUSE_S * 0.1


class Away(OSError):
    """The dependency does not answer."""


class Dependency:
    """Answers or does not, and counts who asks."""

    def __init__(self) -> None:
        self.is_up = True
        self.asked = 0

    def ask(self) -> str:
        self.asked += 1
        if not self.is_up:
            raise Away
        return "answer"


@given(st.lists(st.sampled_from(["ask", "goes", "comes", "waits", "waits a little"]), max_size=60))
def test_it_opens_after_failures_and_closes_after_one_answer(story: list[str]) -> None:
    now_s, is_open, failures, may_try_s = 0.0, False, 0, 0.0
    dependency = Dependency()
    breaker = Breaker("it", clock=lambda: now_s)
    for step in story:
        if step in ("goes", "comes"):
            dependency.is_up = step == "comes"
        elif step == "waits":
            now_s += LONG_S
            may_try_s = min(may_try_s, now_s)
        elif step == "waits a little":
            now_s += SHORT_S if not is_open else 0
        else:
            before = dependency.asked
            if is_open and now_s < may_try_s:
                with pytest.raises(DependencyAway):
                    breaker.call(dependency.ask)
                assert dependency.asked == before
            elif dependency.is_up:
                assert breaker.call(dependency.ask) == "answer"
                is_open, failures = False, 0
            else:
                with pytest.raises(Away):
                    breaker.call(dependency.ask)
                failures += 1
                is_open = is_open or failures == FAILURES
                may_try_s = now_s + LONG_S
        assert breaker.is_open == is_open


def opened() -> tuple[Breaker, Dependency, list[float]]:
    now = [0.0]
    dependency, breaker = Dependency(), Breaker("it", clock=lambda: now[0])
    dependency.is_up = False
    for _ in range(FAILURES):
        with pytest.raises(Away):
            breaker.call(dependency.ask)
    assert breaker.state[:3] == (OPEN, FAILURES, 1)
    return breaker, dependency, now


def test_one_at_a_time_tries_and_nobody_waits_for_it() -> None:
    breaker, _, now = opened()
    now[0] += LONG_S
    is_trying, may_answer = threading.Event(), threading.Event()

    def slow() -> None:
        is_trying.set()
        assert may_answer.wait(60)

    trying = threading.Thread(target=breaker.call, args=(slow,))
    trying.start()
    assert is_trying.wait(60)
    with pytest.raises(DependencyAway):
        breaker.call(lambda: None)
    may_answer.set()
    trying.join()
    assert (breaker.state.state, breaker.state.refused) == (CLOSED, 1)


def test_calls_do_not_wait_for_one_another() -> None:
    breaker, together = Breaker("it"), threading.Barrier(8, timeout=60)
    threads = [threading.Thread(target=breaker.call, args=(together.wait,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken


def test_what_is_no_trouble_of_the_dependency_is_an_answer() -> None:
    breaker, _, now = opened()
    now[0] += LONG_S

    def wrong() -> None:
        raise KeyError("a question it did not know")

    with pytest.raises(KeyError):
        breaker.call(wrong)
    assert not breaker.is_open
    for _ in range(FAILURES * 2):
        with pytest.raises(KeyError):
            breaker.call(wrong)
    assert not breaker.is_open


def test_one_line_when_it_opens_and_one_when_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, str]] = []

    class Log:
        def warning(self, event: str, *, dependency: str, reason: str) -> None:
            lines.append((event, reason))

        def info(self, event: str, *, dependency: str, away_s: float) -> None:
            lines.append((event, str(away_s)))

    monkeypatch.setattr(breakers, "log", Log())
    breaker, dependency, now = opened()
    for _ in range(4):
        now[0] += 10
        with pytest.raises(Away):
            breaker.call(dependency.ask)
    dependency.is_up = True
    now[0] += 10
    breaker.call(dependency.ask)
    assert lines == [("breaker_opened", "Away"), ("breaker_closed", "50.0")]


def test_who_keeps_a_connection_up_reports_outage_and_recovery() -> None:
    breaker = Breaker("it")
    breaker.recovered()
    assert breaker.state.opened == 0
    breaker.trip("it hangs")
    breaker.trip("it hangs")
    assert breaker.state[:1] + breaker.state[2:3] == (OPEN, 1)
    breaker.recovered()
    assert not breaker.is_open


def test_one_breaker_for_each_dependency_of_a_process() -> None:
    with process.using(process.Process()):
        assert breakers.breaker("redis") is breakers.breaker("redis")
        breakers.breaker("mail").trip("away")
        assert {name: state.state for name, state in breakers.states().items()} == {
            "mail": OPEN,
            "redis": CLOSED,
        }
    with process.using(process.Process()):
        assert breakers.states() == {}
