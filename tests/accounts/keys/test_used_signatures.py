"""A signature is good once: over threads, processes and restarts, and when the table is full."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.keys import used_signatures as module
from accounts.keys.used_signatures import TOO_OLD, USED, UsedSignatures

KEY = "ab" * 16
NOW_MS = 1_700_000_000_000


@pytest.fixture
def used(tmp_path: Path) -> Iterator[UsedSignatures]:
    table = UsedSignatures(tmp_path / "used_signatures")
    yield table
    table.close()


def test_the_file_is_the_owners_alone(used: UsedSignatures, tmp_path: Path) -> None:
    assert (tmp_path / "used_signatures").stat().st_mode & 0o777 == 0o600


def test_once_for_each_key_and_content(used: UsedSignatures) -> None:
    assert used.take(KEY, b"one", NOW_MS) is None
    assert used.take(KEY, b"one", NOW_MS) == USED
    assert used.take(KEY, b"two", NOW_MS) is None
    assert used.take("cd" * 16, b"one", NOW_MS) is None


def test_it_is_remembered_over_a_restart(used: UsedSignatures, tmp_path: Path) -> None:
    used.take(KEY, b"one", NOW_MS)
    again = UsedSignatures(tmp_path / "used_signatures")
    assert again.take(KEY, b"one", NOW_MS) == USED
    assert again.take(KEY, b"two", NOW_MS) is None
    assert used.take(KEY, b"two", NOW_MS) == USED
    again.close()


def test_a_hundred_at_once_are_one(used: UsedSignatures) -> None:
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: used.take(KEY, b"one", NOW_MS), range(100)))
    assert found.count(None) == 1 and found.count(USED) == 99


def _take_all(path: Path, start: Barrier, count: int, results: Any) -> None:
    table = UsedSignatures(path)
    start.wait()
    results.put([number for number in range(count) if table.take(KEY, b"%d" % number, NOW_MS) is None])


def test_processes_share_it(used: UsedSignatures, tmp_path: Path) -> None:
    """Four of them race for the same two thousand signatures; each goes to one."""
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(4), context.Queue()
    arguments = (tmp_path / "used_signatures", start, 2_000, results)
    racers = [context.Process(target=_take_all, args=arguments) for _ in range(4)]
    for racer in racers:
        racer.start()
    taken = [results.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join(10)
    assert sorted(number for each in taken for number in each) == list(range(2_000))


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 60_000)), max_size=300, unique_by=lambda one: one[0]
    )
)
@hypothesis_settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_full_table_takes_nothing_twice(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, int]]
) -> None:
    """With two buckets for up to 300 requests of any age: what was taken is never taken again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BUCKETS", 2)
        table = UsedSignatures(tmp_path_factory.mktemp("used") / "table")
        requests = [(b"%d" % number, NOW_MS - age_ms) for number, age_ms in sent]
        taken = [each for each in requests if table.take(KEY, *each) is None]
        assert len(taken) >= min(len(requests), 31)
        assert all(table.take(KEY, *each) in (USED, TOO_OLD) for each in taken)
        # A new one is always taken, however full it is.
        assert table.take(KEY, b"new", NOW_MS + 1) is None
        table.close()
