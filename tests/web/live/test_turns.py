"""Accounts take turns on the event loop; what one has beyond its share waits, oldest first."""

from __future__ import annotations

import asyncio

import pytest

from web.live.turns import ORDERS_A_TURN, Turns

ALICE, BOB = 1001, 1002


async def send(turns: Turns, account: int, name: str, batches: int, size: int, log: list[str]) -> None:
    """As a connection does: wait for a turn, enter a batch, go on."""
    for _ in range(batches):
        if turns.is_over(account):
            await turns.wait(account)
        turns.take(account, size)
        log.append(name)


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
