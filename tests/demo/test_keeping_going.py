"""What ends a robot, how long it waits before it starts over, and what it does to an exchange that stalls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any

import pytest

from accounts.wallet.play_money import MAX_UNITS
from demo import pauses as demo_pauses
from demo import runner
from demo.maker import Maker
from demo.markets import AAPL, BTC_KRW
from demo.pauses import FIRST_PAUSE_S, LAST_PAUSE_S, USEFUL_S, RestartPauses, asked_pause_s, leaves
from demo.runner import REFILL, Demo
from tests.client.fake import FakeExchange, left_tasks, run, silent_server
from xtrader_client import Client, ConnectionLost, Forbidden, OutcomeUnknown, Unavailable, XTraderError

PASSWORDS = {"maker1": "secret"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The steady clock of the pauses, to be set by hand."""
    now = [1_000.0]
    monkeypatch.setattr(demo_pauses, "time", type("Clock", (), {"monotonic": lambda: now[0]}))
    return now


def test_pauses_grow_until_a_log_in_was_of_use(clock: list[float]) -> None:
    pauses = RestartPauses()
    for number in range(12):
        # However long the failed log-in took: once 15 s of waiting for an answer started the pauses over.
        clock[0] += 1_000
        least_s = min(FIRST_PAUSE_S * 2**number, LAST_PAUSE_S)
        assert least_s <= pauses.next_s() <= 1.5 * least_s
    pauses.logged_in()
    clock[0] += USEFUL_S - 1
    assert pauses.next_s() >= LAST_PAUSE_S, "it logged in and failed again at once"
    pauses.logged_in()
    clock[0] += USEFUL_S
    assert pauses.next_s() <= 1.5 * FIRST_PAUSE_S
    assert pauses.next_s(retry_after_s=300) >= 300


def test_the_longest_pause_that_was_asked_for_counts() -> None:
    group = BaseExceptionGroup(
        "",
        [
            ConnectionLost("", 5.0),
            BaseExceptionGroup("", [ConnectionLost("", 22.0), OSError(), ConnectionLost("")]),
        ],
    )
    assert asked_pause_s(group) == 22.0
    assert len(list(leaves(group))) == 4
    assert asked_pause_s(OSError()) is None


class Recorded:
    """The pauses a robot makes until it has made ``most``: each in place of its sleep, with the tasks left at
    it."""

    def __init__(self, patch: pytest.MonkeyPatch, most: int) -> None:
        self.pauses: list[float] = []
        self.tasks: list[set[str]] = []
        self._most = most
        next_s = RestartPauses.next_s

        def note(pauses: RestartPauses, retry_after_s: float | None = None) -> float:
            self.pauses.append(next_s(pauses, retry_after_s))
            self.tasks.append(left_tasks())
            return 0 if len(self.pauses) < self._most else 3_600

        patch.setattr(RestartPauses, "next_s", note)
        patch.setattr(runner, "Client", partial(Client, timeout_s=0.1))

    async def run(self, url: str) -> None:
        robot = asyncio.create_task(Demo(url, PASSWORDS)._keep_going("maker1", lambda _client: []))
        while len(self.pauses) < self._most:
            await asyncio.sleep(0.02)
        robot.cancel()
        await asyncio.gather(robot, return_exceptions=True)


@pytest.mark.attack("A10")
def test_a_stalled_exchange_is_asked_less_and_less_and_no_task_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The storm: from 61 to 1,765 attempts a minute in half an hour, 876 connections open."""
    recorded = Recorded(monkeypatch, 8)

    async def scenario() -> None:
        async with silent_server() as url:
            await recorded.run(url)

    run(scenario())
    for number, pause_s in enumerate(recorded.pauses):
        least_s = min(FIRST_PAUSE_S * 2**number, LAST_PAUSE_S)
        assert least_s <= pause_s <= 1.5 * least_s
    assert recorded.tasks == [recorded.tasks[0]] * 8, "none is left of an attempt"


def test_a_pause_that_the_exchange_asks_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(monkeypatch, 1)

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_token = lambda _body: (429, {"error": "RATE_LIMITED"}, {"Retry-After": "22"})
            await recorded.run(exchange.url)
            assert len(exchange.log_ins) == 1

    run(scenario())
    assert 21 < recorded.pauses[0] <= 22


# --- what passes by itself -----------------------------------------------------------------------------


def error(kind: type[Any], status: int) -> XTraderError:
    made: XTraderError = kind("CODE", "", {}, status)
    return made


@pytest.mark.parametrize(
    "passing", [error(Unavailable, 503), error(OutcomeUnknown, 504), ConnectionLost("")], ids=type
)
def test_a_maker_rides_out_what_passes(passing: XTraderError, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart of the engine costs no log-in."""
    monkeypatch.setattr(demo_pauses, "PASSING_PAUSE_S", 0.001)
    turns = 0

    async def turn(_self: Maker) -> bool:
        nonlocal turns
        turns += 1
        if turns > 3:
            raise error(Forbidden, 403)
        raise passing

    monkeypatch.setattr(Maker, "_turn", turn)

    class Quiet:
        async def cancel_orders(self, _symbol: str) -> None:
            return None

    maker: Awaitable[None] = Maker(
        Quiet(),
        AAPL,
        runner.STYLES[0],
        Demo("", {})._rng("x", AAPL),
        lambda: 1,
        lambda _count: None,  # type: ignore[arg-type]
    ).run()
    with pytest.raises(Forbidden):
        asyncio.run(maker)  # type: ignore[arg-type]
    assert turns == 4


def test_the_refill_is_within_what_the_exchange_gives_at_a_time() -> None:
    """More is refused whole: the robots once asked for ten times as much, and never got any."""
    assert set(REFILL) == set(MAX_UNITS)
    assert all(REFILL[asset] <= MAX_UNITS[asset] for asset in REFILL)
    assert BTC_KRW.symbol.split("-")[0] in REFILL
