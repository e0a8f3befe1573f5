"""How long commands waited, against a plain queue of their arrivals."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange import process
from exchange.node import engine_figures
from exchange.node.engine_figures import EngineFigures
from exchange.process import Process
from exchange.telemetry.instruments import Durations
from exchange.telemetry.measures import own

#: Commands read in a turn, commands taken into its batch, and how long the turn took.
TURNS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 10**9)), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TURNS)
def test_each_command_counts_with_the_time_since_it_was_read(
    monkeypatch: pytest.MonkeyPatch, turns: list[tuple[int, int, int]]
) -> None:
    now = [1]
    monkeypatch.setattr(engine_figures.time, "perf_counter_ns", lambda: now[0])
    expected, waiting = Durations(), deque[int]()
    with process.using(Process()):
        figures = EngineFigures(lambda: {"counts": {}})
        for read, wanted, took_ns in turns:
            waiting.extend([now[0]] * read)
            figures.came(len(waiting))
            now[0] += took_ns
            count = min(wanted, len(waiting))
            figures.taken(count)
            for _ in range(count):
                expected.observe(now[0] - waiting.popleft())
        found = own().durations("xtrader_engine_queue_seconds")
    assert (found.counts, found.total_ns) == (expected.counts, expected.total_ns)


def test_a_turn_without_a_batch_has_no_answers_to_measure() -> None:
    with process.using(Process()):
        figures = EngineFigures(lambda: {"counts": {}})
        figures.answered()
        figures.synced()
        figures.answered()
        figures.answered()
        assert sum(own().durations("xtrader_engine_reply_seconds").counts) == 1
