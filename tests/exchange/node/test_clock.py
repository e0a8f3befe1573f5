"""Time: a wrong reading of the machine's clock never moves the exchange's."""

from __future__ import annotations

import itertools
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.node.clock import MAX_AWAY_DAYS, MAX_STEP_S, ClockRefused, GuardedClock, check_start

NS = 10**9
YEAR_NS = 365 * 86_400 * NS
START_NS = 1_800_000_000 * NS


class Machine:
    """A machine's two clocks, moved by hand."""

    def __init__(self) -> None:
        self.day_ns = START_NS
        self.steady_ns = 77 * NS

    def pass_time(self, seconds: float) -> None:
        self.day_ns += int(seconds * NS)
        self.steady_ns += int(seconds * NS)

    def clock(self, start_ns: int | None = None) -> GuardedClock:
        return GuardedClock(lambda: self.day_ns, lambda: self.steady_ns, start_ns=start_ns)


@pytest.mark.parametrize("jump_ns", [YEAR_NS, 60 * NS, 6 * NS, -6 * NS, -40 * NS, -YEAR_NS])
def test_a_jump_moves_nothing_and_is_reported(jump_ns: int, caplog: pytest.LogCaptureFixture) -> None:
    """The clock a year ahead for some seconds: orders do not expire, timers run on, the log says it once."""
    machine = Machine()
    clock = machine.clock()
    machine.day_ns += jump_ns
    with caplog.at_level(logging.WARNING):
        for _ in range(25):
            machine.pass_time(0.1)
            clock()
        assert clock() == START_NS + int(2.5 * NS)
        assert not clock.is_believed
        assert clock.difference_ns == jump_ns
        assert [record.levelname for record in caplog.records] == ["CRITICAL"]
        machine.day_ns -= jump_ns
        machine.pass_time(1)
        assert clock() == START_NS + int(3.5 * NS)
    assert clock.is_believed
    assert [record.levelname for record in caplog.records] == ["CRITICAL", "WARNING"]


def test_a_small_step_forward_is_taken_over_at_once() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.day_ns += 2 * NS
    assert clock() == machine.day_ns


def test_a_small_step_back_is_waited_for_without_standing_still() -> None:
    """A timer of ten seconds set then fires after eleven at the latest, not after the step has been caught up
    with."""
    machine = Machine()
    clock = machine.clock()
    machine.day_ns -= 4 * NS
    times = [clock()]
    for _ in range(500):
        machine.pass_time(0.1)
        times.append(clock())
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[110] - times[0] >= int(9.9 * NS)
    assert times[-1] == machine.day_ns


def test_many_small_steps_gain_no_more_than_one() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(600):
        machine.day_ns += 3 * NS
        machine.pass_time(0.1)
        clock()
    gained_s = (clock() - START_NS) / NS - 60
    assert gained_s <= MAX_STEP_S * 1.05
    assert not clock.is_believed


def test_a_machine_that_slept_wakes_up_at_the_right_time() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.pass_time(8 * 3_600)
    assert clock() == machine.day_ns
    assert clock.is_believed


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(-YEAR_NS, YEAR_NS) | st.integers(-9 * NS, 9 * NS))))
def test_whatever_the_time_of_day_does(steps: list[tuple[float, int]]) -> None:
    """Never back, never slower than nine tenths, never faster than real time and one step an hour."""
    machine = Machine()
    clock = machine.clock()
    first = before = clock()
    passed_all = 0
    for seconds, jump_ns in steps:
        machine.day_ns += jump_ns
        steady = machine.steady_ns
        machine.pass_time(seconds)
        passed = machine.steady_ns - steady
        passed_all += passed
        now = clock()
        assert now - before >= passed - passed // 10
        before = now
    allowed = MAX_STEP_S * NS * (1 + passed_all / (3_600 * NS))
    assert before - first - passed_all <= allowed


def test_a_journal_of_a_wrong_clock_goes_on_from_its_own_time() -> None:
    machine = Machine()
    clock = machine.clock(start_ns=START_NS + YEAR_NS)
    machine.pass_time(5)
    assert clock() == START_NS + YEAR_NS + 5 * NS
    assert not clock.is_believed


def test_a_start_with_a_clock_that_cannot_be_right_is_refused() -> None:
    gap_ns = (MAX_AWAY_DAYS + 1) * 86_400 * NS
    check_start(0, START_NS)
    check_start(START_NS, START_NS - 4 * NS)
    check_start(START_NS, START_NS + gap_ns, accept_gap=True)
    with pytest.raises(ClockRefused, match=r"40 s behind.*ENGINE_CLOCK=journal"):
        check_start(START_NS, START_NS - 40 * NS)
    with pytest.raises(ClockRefused, match=r"91 days old.*ENGINE_CLOCK=accept"):
        check_start(START_NS, START_NS + gap_ns)
