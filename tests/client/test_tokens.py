"""A token's life is counted by this machine's steady clock, from its receipt: what the wall clock shows is no
matter."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.client.fake import FakeExchange, Json, run
from xtrader_client import Client
from xtrader_client._log_in import ASSUMED_LIFE_S, RENEW_BEFORE_S, _life_s


async def balances(_method: str, _path: str, _body: Json) -> Any:
    return 200, {"balances": []}, {}


@pytest.mark.attack("B8")
@pytest.mark.parametrize("gives_expires_in", [True, False], ids=["expires_in", "claims"])
@pytest.mark.parametrize("skew_s", [-3600, 0, 1500, 1800, 3600, 10**9])
def test_a_wrong_clock_costs_no_log_in(
    skew_s: float, gives_expires_in: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """150 calls with a clock an hour ahead once were 120 log-ins, and then nobody could log in at that
    address."""
    real_time = time.time
    monkeypatch.setattr(time, "time", lambda: real_time() + skew_s)

    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_http, exchange.gives_expires_in = balances, gives_expires_in
            client = Client(exchange.url, "alice", "secret")
            for _ in range(10):
                await client.get_balances()
            assert len(exchange.log_ins) == 1
            await client.close()

    run(scenario())


@pytest.mark.parametrize(
    ("life_s", "good_for_s"), [(1800, 1800 - RENEW_BEFORE_S), (120, 60), (100, 50), (30, 15), (1, 0.5)]
)
def test_a_token_is_renewed_before_it_ends_and_not_at_every_call(
    life_s: int, good_for_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute before, or at half of a short life. By the refresh token: the password is sent once."""
    now_s = 1_000.0
    monkeypatch.setattr("xtrader_client._log_in.time", SimpleNamespace(monotonic=lambda: now_s))

    async def scenario() -> None:
        nonlocal now_s
        async with FakeExchange() as exchange:
            exchange.on_http, exchange.life_s = balances, life_s
            client = Client(exchange.url, "alice", "secret")
            await client.get_balances()
            now_s += good_for_s - 0.01
            await client.get_balances()
            assert len(exchange.log_ins) == 1
            now_s += 0.02
            await client.get_balances()
            await client.get_balances()
            assert [sorted(body) for body in exchange.log_ins] == [["password", "username"], ["refresh"]]
            await client.close()

    run(scenario())


def test_a_refused_refresh_token_leads_back_to_the_password() -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_http = balances
            client = Client(exchange.url, "alice", "secret")
            await client.get_balances()
            exchange.valid.clear()
            exchange.on_token = lambda body: (
                (401, {"error": "INVALID_TOKEN"}, {}) if "refresh" in body else None
            )
            await client.get_balances()
            assert [sorted(body)[0] for body in exchange.log_ins] == ["password", "refresh", "password"]
            await client.close()

    run(scenario())


@pytest.mark.parametrize("expires_in", [None, 0, -1, "soon"])
@pytest.mark.parametrize("access", ["", "x", "x.y.z", "x.e30.z", "x.bnVsbA.z"])
def test_a_token_that_does_not_give_its_life_is_not_renewed_at_every_call(
    expires_in: Any, access: str
) -> None:
    assert _life_s(expires_in, access) == ASSUMED_LIFE_S
