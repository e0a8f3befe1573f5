"""Accounts are served by turns when more waits than a batch holds; before that nothing is rearranged."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import messages as m
from exchange.node.fair_queue import FairQueue, Waiting

ALICE, BOB, CAROL = 1001, 1002, 1003
SHARE = 20


def cancel(account: int, number: int) -> Waiting[str]:
    return Waiting("web", number, m.cancel_all(f"{account}:{number}", account, None))


def accounts_of(taken: list[Waiting[str]]) -> list[int]:
    return [waiting.command[2] for waiting in taken]


def test_what_fits_into_a_batch_goes_as_it_came() -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    came = [cancel(account, number) for number, account in enumerate((ALICE, ALICE, BOB, ALICE, CAROL))]
    for waiting in came:
        queue.put(waiting)
    assert queue.take(5) == came
    assert len(queue) == 0 and queue.take(5) == []


@pytest.mark.attack("A8")
def test_a_flood_of_one_account_keeps_no_other_waiting() -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    for number in range(1_000):
        queue.put(cancel(ALICE, number))
    queue.take(10)
    queue.put(cancel(BOB, 1))
    queue.put(cancel(CAROL, 1))
    assert {BOB, CAROL} <= set(accounts_of(queue.take(10)))
    assert len(queue) == 1_000 + 2 - 20


@pytest.mark.attack("A8")
def test_a_batch_has_a_share_of_one_account_even_when_nobody_else_waits() -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    for number in range(1_000):
        queue.put(cancel(ALICE, number))
    assert [waiting.request_id for waiting in queue.take(2_000)] == list(range(SHARE))
    queue.put(cancel(BOB, 1))
    # Who comes while a batch is carried out is in the next one, near its beginning.
    assert accounts_of(queue.take(2_000))[:2] == [ALICE, BOB]


def test_those_who_have_had_their_share_come_after_the_others_next_time() -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    for number in range(100):
        queue.put(cancel(ALICE, number))
    for number in range(SHARE - 1):
        queue.put(cancel(BOB, number))
    assert accounts_of(queue.take(2_000)).count(BOB) == SHARE - 1
    for number in range(5):
        queue.put(cancel(CAROL, number))
    queue.put(cancel(BOB, SHARE))
    assert accounts_of(queue.take(4)) == [ALICE, CAROL, BOB, ALICE]


@pytest.mark.attack("A8")
def test_a_full_queue_still_takes_from_those_who_have_not_filled_it() -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    for number in range(100):
        queue.put(cancel(ALICE, number))
    assert not queue.is_within_share(cancel(ALICE, 100).command, 100)
    admitted = 0
    while queue.is_within_share(cancel(BOB, admitted).command, 100):
        queue.put(cancel(BOB, admitted))
        admitted += 1
    assert admitted == 33, "a third: alice, bob, and one who may still come"


def test_commands_of_no_account_take_turns_too() -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    for number in range(50):
        queue.put(cancel(ALICE, number))
    for number in range(3):
        queue.put(Waiting("operator", number, m.deposit(f"deposit:{number}", ALICE, "KRW", 1)))
    assert [waiting.sender for waiting in queue.take(6)].count("operator") == 3


@given(
    steps=st.lists(
        st.one_of(st.tuples(st.integers(1, 4), st.integers(1, 30)), st.integers(1, 20)), max_size=40
    )
)
def test_each_account_keeps_its_order_and_nothing_is_lost(steps: list[tuple[int, int] | int]) -> None:
    queue: FairQueue[str] = FairQueue(SHARE)
    put: dict[int, list[int]] = defaultdict(list)
    got: dict[int, list[int]] = defaultdict(list)
    number = 0

    def take(maximum: int) -> None:
        taken = queue.take(maximum)
        assert len(taken) <= maximum
        assert max(Counter(accounts_of(taken)).values(), default=0) <= SHARE
        for waiting in taken:
            got[waiting.command[2]].append(waiting.request_id)

    for step in steps:
        if isinstance(step, int):
            take(step)
            continue
        account, count = step
        for _ in range(count):
            number += 1
            queue.put(cancel(account, number))
            put[account].append(number)
        assert len(queue) == sum(map(len, put.values())) - sum(map(len, got.values()))
    while len(queue):
        take(7)
    assert got == put
