"""Accounts take turns on the event loop; what one has beyond its share waits, oldest first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from exchange.errors import EngineTroubleError
from web.live.turns import ORDERS_A_TURN, UNANSWERED, Turns

ALICE, BOB = 1001, 1002


async def send(turns: Turns, account: int, name: str, batches: int, size: int, log: list[str]) -> None:
    """As a connection does: wait for a turn, enter a batch, go on. The answers come at once."""
    for _ in range(batches):
        if turns.is_over(account):
            await turns.wait(account)
        turns.take(account, size)
        log.append(name)
        turns.answered(account, size)


def test_within_its_share_an_account_waits_for_nothing() -> None:
    async def scenario() -> list[str]:
        turns, log = Turns(asyncio.get_running_loop()), list[str]()
        task = asyncio.create_task(send(turns, ALICE, "alice", ORDERS_A_TURN, 1, log))
        await asyncio.sleep(0)
        assert task.done()
        return log

    assert len(asyncio.run(scenario())) == ORDERS_A_TURN


@pytest.mark.attack("A8")
def test_a_flood_over_many_connections_leaves_others_their_turn() -> None:
    async def scenario() -> list[str]:
        turns, log = Turns(asyncio.get_running_loop()), list[str]()
        flood = [asyncio.create_task(send(turns, ALICE, f"alice {n}", 5, 100, log)) for n in range(20)]
        await asyncio.sleep(0)
        assert log == ["alice 0"], "of twenty that are ready one is served in a turn"
        await send(turns, BOB, "bob", 1, 1, log)
        assert log[-1] == "bob" and len(log) == 2, "and another account is served in it too"
        await asyncio.gather(*flood)
        return log

    log = asyncio.run(scenario())
    assert len(log) == 101
    alone = [name for name in log if name != "bob"]
    assert alone[1:41] == [f"alice {n}" for n in range(20)] * 2, "oldest first"


def test_one_that_gives_up_waiting_keeps_no_other_waiting() -> None:
    async def scenario() -> list[str]:
        turns, log = Turns(asyncio.get_running_loop()), list[str]()
        first = asyncio.create_task(send(turns, ALICE, "first", 1, 100, log))
        second = asyncio.create_task(send(turns, ALICE, "second", 1, 100, log))
        third = asyncio.create_task(send(turns, ALICE, "third", 1, 100, log))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(first, second, third, return_exceptions=True)
        assert not turns.is_over(BOB)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not turns.is_over(ALICE)
        return log

    assert asyncio.run(scenario()) == ["first", "third"]


@pytest.mark.attack("A8")
def test_of_a_flood_no_more_is_on_its_way_than_the_bound() -> None:
    """What comes later of another account is behind that much, wherever it waits."""

    async def scenario() -> None:
        turns, log = Turns(asyncio.get_running_loop()), list[str]()

        async def connection(name: str) -> None:
            await enter(turns, ALICE, name, log)

        flood = [asyncio.create_task(connection(f"{number}")) for number in range(20)]
        await turns_of_the_loop(50)
        assert log == ["0", "1"], "the second brings it over the bound, and no third may follow"
        assert not turns.is_over(BOB)
        for answered in range(1, 19):
            turns.answered(ALICE, 100)
            await turns_of_the_loop(5)
            assert len(log) == 2 + answered, "an answered batch lets the next one enter"
        await asyncio.gather(*flood)
        assert log == [f"{number}" for number in range(20)], "oldest first"
        turns.answered(ALICE, 200)
        await turns_of_the_loop(2)
        assert not turns.is_over(ALICE)

    asyncio.run(scenario())


def test_a_single_account_is_kept_waiting_by_nothing_but_the_bound() -> None:
    async def scenario() -> int:
        turns, log = Turns(asyncio.get_running_loop()), list[str]()
        flood = [asyncio.create_task(enter(turns, ALICE, "alice", log, 1)) for _ in range(3 * UNANSWERED)]
        await turns_of_the_loop(3 * UNANSWERED)
        for task in flood:
            task.cancel()
        return len(log)

    assert asyncio.run(scenario()) == UNANSWERED


def test_nothing_runs_while_all_who_wait_have_to_wait_for_answers() -> None:
    """A full account costs the loop nothing until an answer comes."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        turns, log, scheduled = Turns(loop), list[str](), list[object]()
        turns.take(ALICE, UNANSWERED)
        await turns_of_the_loop(3)
        assert turns.is_over(ALICE), "in later turns too, though nobody waits yet"
        waiting = asyncio.create_task(enter(turns, ALICE, "later", log))
        await turns_of_the_loop(5)
        call_soon = loop.call_soon

        def counted(callback: Any, *args: Any, **more: Any) -> Any:
            if getattr(callback, "__self__", None) is turns:
                scheduled.append(callback)
            return call_soon(callback, *args, **more)

        loop.call_soon = counted  # type: ignore[method-assign]
        await turns_of_the_loop(20)
        assert not scheduled and not log
        turns.answered(ALICE, 1)
        await waiting
        assert len(scheduled) >= 1 and log == ["later"]

    asyncio.run(scenario())


def test_a_request_that_fails_or_is_given_up_leaves_its_place_to_the_next() -> None:
    async def scenario() -> None:
        turns = Turns(asyncio.get_running_loop())
        with pytest.raises(ValueError, match="refused"):
            async with turns.turn(ALICE, UNANSWERED):
                assert turns.is_over(ALICE)
                raise ValueError("refused")

        async def never_answered() -> None:
            async with turns.turn(ALICE, UNANSWERED):
                await asyncio.get_running_loop().create_future()

        given_up = asyncio.create_task(never_answered())
        await turns_of_the_loop(3)
        assert turns.is_over(ALICE)
        waiting = asyncio.create_task(never_answered())
        given_up.cancel()
        await turns_of_the_loop(5)
        assert given_up.cancelled() and not waiting.done() and turns.is_over(ALICE)
        waiting.cancel()
        await turns_of_the_loop(3)
        assert not turns.is_over(ALICE)

    asyncio.run(scenario())


def test_a_request_whose_turn_does_not_come_is_told_so_and_enters_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("web.live.turns.PATIENCE_S", 0.01)

    async def scenario() -> None:
        turns = Turns(asyncio.get_running_loop())
        turns.take(ALICE, UNANSWERED)
        with pytest.raises(EngineTroubleError) as refused:
            async with turns.turn(ALICE, 1):
                raise AssertionError("it was not its turn")
        assert refused.value.code == "ENGINE_BUSY"
        turns.answered(ALICE, UNANSWERED)
        async with turns.turn(ALICE, 1):
            pass

    asyncio.run(scenario())


async def enter(turns: Turns, account: int, name: str, log: list[str], size: int = 100) -> None:
    """As a connection whose replies come later."""
    if turns.is_over(account):
        await turns.wait(account)
    turns.take(account, size)
    log.append(name)


async def turns_of_the_loop(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
