"""A token's life is counted by this machine's steady clock, from its receipt: what the wall clock shows is no
matter."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.client.fake import FakeExchange, Json, run
from xtrader_client import Client, Forbidden, MfaRequired, NotAuthenticated, TermsNotAccepted
from xtrader_client._errors import error_of
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


# --- a second factor ---------------------------------------------------------------------------------------


def with_second_factor(body: Json) -> Any:
    """As the exchange answers a user who has one; the codes that count begin with a 1."""
    if "refresh" in body:
        return None
    if "otp" not in body:
        details = {"field": "otp", "is_set_up": True}
        return 401, {"error": "MFA_REQUIRED", "message": "", "details": details}, {}
    return None if body["otp"].startswith("1") else (401, {"error": "INVALID_CREDENTIALS"}, {})


async def another_code() -> str:
    return "123457"


@pytest.mark.parametrize(
    "otp", ["123456", lambda: "123456", another_code], ids=["code", "plain", "coroutine"]
)
def test_a_code_goes_with_the_log_in_and_not_with_the_renewal(otp: Any) -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_http, exchange.on_token, exchange.life_s = balances, with_second_factor, 1
            client = Client(exchange.url, "alice", "secret", otp=otp)
            await client.get_balances()
            client._rest.log_in.forget(await client._rest.token())
            await client.get_balances()
            assert [body.get("otp", "")[:5] for body in exchange.log_ins] == ["12345", ""]
            assert sorted(exchange.log_ins[1]) == ["refresh"]
            await client.close()

    run(scenario())


@pytest.mark.parametrize("by_socket", [True, False], ids=["socket", "rest"])
def test_without_a_code_the_exception_says_so(by_socket: bool) -> None:
    async def scenario() -> None:
        async with FakeExchange() as exchange:
            exchange.on_token = with_second_factor
            client = Client(exchange.url, "alice", "secret")
            with pytest.raises(MfaRequired) as raised:
                await (client.start() if by_socket else client.get_balances())
            assert isinstance(raised.value, NotAuthenticated)
            assert (raised.value.code, raised.value.details["is_set_up"]) == ("MFA_REQUIRED", True)
            assert len(exchange.log_ins) == 1, "it is not tried again"
            await client.close()

    run(scenario())


def test_a_given_code_is_sent_once_and_a_function_is_asked_each_time() -> None:
    """A code counts once: sent again it would be a wrong one, and count as a guess."""

    async def scenario(otp: Any) -> list[Any]:
        async with FakeExchange() as exchange:
            exchange.on_http = balances
            exchange.on_token = lambda body: (
                (401, {"error": "INVALID_TOKEN"}, {}) if "refresh" in body else with_second_factor(body)
            )
            client = Client(exchange.url, "alice", "secret", otp=otp)
            await client.get_balances()
            exchange.valid.clear()
            if callable(otp):
                await client.get_balances()
            else:
                with pytest.raises(MfaRequired):
                    await client.get_balances()
            await client.close()
            return [body.get("otp") for body in exchange.log_ins]

    codes = iter(["111111", "122222"])
    assert run(scenario("111111")) == ["111111", None, None]
    assert run(scenario(lambda: next(codes))) == ["111111", None, "122222"]


def test_new_terms_have_an_exception_of_their_own() -> None:
    error = error_of({"error": "TERMS_NOT_ACCEPTED", "details": {"version": 3}}, 403)
    assert isinstance(error, TermsNotAccepted) and isinstance(error, Forbidden)
    assert error.details["version"] == 3
