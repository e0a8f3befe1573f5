"""Results are told by turns of the loop: a flood of one account's keeps no other's waiting."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.link.pending import Asked
from exchange.link.results import RESULTS_A_TURN, Results

ALICE, BOB = 1001, 1002


class Book:
    """Notes who has been told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def asked(self, account: int, number: int, commands: int = 1) -> Asked:
        return Asked(
            ("command",) * commands, lambda _: self.told.append((account, number)), 0.0, account, False
        )

    def of(self, account: int) -> list[int]:
        return [number for who, number in self.told if who == account]


@pytest.mark.attack("A8")
def test_a_flood_is_told_by_turns_and_another_at_once() -> None:
    async def scenario() -> None:
        results, book = Results(), Book()
        for number in range(1_000):
            results.tell(book.asked(ALICE, number))
        assert len(book.told) == RESULTS_A_TURN
        results.tell(book.asked(BOB, 0))
        assert book.told[-1] == (BOB, 0)
        for turn in range(2, 5):
            await asyncio.sleep(0)
            assert len(book.of(ALICE)) == turn * RESULTS_A_TURN
        while len(book.told) < 1_001:
            await asyncio.sleep(0)
        assert book.of(ALICE) == list(range(1_000))

    asyncio.run(scenario())


@pytest.mark.attack("A8")
def test_of_batches_one_is_told_in_a_turn() -> None:
    async def scenario() -> None:
        results, book = Results(), Book()
        for number in range(4):
            results.tell(book.asked(ALICE, number, commands=100))
        for told in range(1, 5):
            assert len(book.told) == told
            await asyncio.sleep(0)

    asyncio.run(scenario())


def test_what_is_asked_for_no_account_waits_for_none() -> None:
    async def scenario() -> int:
        results, book = Results(), Book()
        for number in range(1_000):
            results.tell(book.asked(0, number))
        return len(book.told)

    assert asyncio.run(scenario()) == 1_000


def test_at_the_end_all_are_told_in_their_order() -> None:
    async def scenario() -> list[int]:
        results, book = Results(), Book()
        for number in range(500):
            results.tell(book.asked(ALICE, number))
        results.tell_all()
        assert len(book.told) == 500
        await asyncio.sleep(0)
        return book.of(ALICE)

    assert asyncio.run(scenario()) == list(range(500))


def test_one_that_cannot_take_its_answer_keeps_no_other_from_his() -> None:
    async def scenario() -> None:
        results, book = Results(), Book()

        def fails(_: object) -> None:
            raise ValueError("no")

        for _ in range(2 * RESULTS_A_TURN):
            results.tell(Asked(("command",), fails, 0.0, ALICE, False))
        results.tell(book.asked(ALICE, 1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert book.told == [(ALICE, 1)]

    asyncio.run(scenario())


@given(
    steps=st.lists(
        st.one_of(st.none(), st.tuples(st.integers(0, 3), st.integers(1, 100), st.integers(1, 50))),
        max_size=30,
    )
)
def test_each_account_is_told_everything_in_its_order(steps: list[tuple[int, int, int] | None]) -> None:
    """Whatever comes in whatever turns of the loop, and at most a share in each."""

    async def scenario() -> None:
        results, book, asked = Results(), Book(), defaultdict[int, list[int]](list)
        number = 0
        for step in [*steps, *[None] * 200]:
            before = len(book.told)
            if step is None:
                await asyncio.sleep(0)
                told = book.told[before:]
                for account in range(1, 4):
                    assert len([who for who, _ in told if who == account]) <= RESULTS_A_TURN
                continue
            account, commands, count = step
            for _ in range(count):
                number += 1
                asked[account].append(number)
                results.tell(book.asked(account, number, commands))
        results.tell_all()
        assert {account: book.of(account) for account in asked} == asked

    asyncio.run(scenario())
