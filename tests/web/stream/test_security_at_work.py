"""Sessions revoked and codes used up in two web processes at once, with Redis and without."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from websockets.asyncio.client import connect

from tests.accounts.telephone import Telephone
from tests.web.stream.test_ends_at_once import REDIS_URL, TwoProcesses, ended, has_redis
from tests.web.stream.test_revocation import closed_with
from tests.web.stream.venue import PASSWORD, run
from xtrader_client import MfaRequired

pytestmark = pytest.mark.proof

#: Uses of one code at the same moment, half of them in each process.
AT_ONCE = 4


@pytest.fixture(scope="module", params=["database", "redis"])
def two(request: pytest.FixtureRequest) -> Iterator[TwoProcesses]:
    more = {}
    if request.param == "redis":
        if not has_redis():
            pytest.skip("no Redis at TEST_REDIS_URL")
        more = {"REDIS_URL": REDIS_URL}
    processes = TwoProcesses(**more)
    yield processes
    processes.close()


def call(two: TwoProcesses, method: str, path: str, token: str, at: int = 0) -> tuple[int, Any]:
    """A call without a body."""
    sent = urllib.request.Request(f"http://127.0.0.1:{two.ports[at]}{path}", method=method)
    sent.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(sent, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def revoke(two: TwoProcesses, own: dict[str, Any], others: bool) -> None:
    """End the one other log-in by the list, or all others."""
    if others:
        status, done = two.post("/api/v1/sessions/revoke-others", {}, own["access"])
        assert (status, done) == (200, {"revoked": 1})
        return
    _, listed = call(two, "GET", "/api/v1/sessions", own["access"])
    [other] = [each["id"] for each in listed["sessions"] if not each["is_this"]]
    assert call(two, "DELETE", f"/api/v1/sessions/{other}", own["access"])[0] == 200


@pytest.mark.parametrize("others", [False, True], ids=["one", "everywhere-else"])
def test_a_revoked_session_ends_in_both_processes(two: TwoProcesses, others: bool) -> None:
    async def scenario() -> list[float]:
        own = two.log_in("bob")
        took = []
        for _ in range(5):
            took.append(await ended(two, two.log_in("bob"), partial(revoke, two, own, others)))
        assert call(two, "GET", "/v1/balances", own["access"])[0] == 200, "the one that asked stays"
        revoke_all(two, own)
        return took

    took_s = sorted(run(scenario(), 180))
    print(f"a revoked session was over in both processes in {[round(each * 1000) for each in took_s]} ms")
    assert took_s[len(took_s) // 2] < 1.0


def revoke_all(two: TwoProcesses, own: dict[str, Any]) -> None:
    assert two.post("/api/v1/token/revoke", {"refresh": own["refresh"], "everywhere": True})[0] == 200


@contextlib.asynccontextmanager
async def browser_sockets(two: TwoProcesses, cookie: str) -> AsyncIterator[list[Any]]:
    """A socket of a logged-in page in each process."""
    async with contextlib.AsyncExitStack() as stack:
        opened = []
        for port in two.ports:
            origin = f"http://127.0.0.1:{port}"
            headers = {"Cookie": cookie, "Origin": origin}
            socket = connect(f"ws://127.0.0.1:{port}/ws", proxy=None, additional_headers=headers)
            opened.append(await stack.enter_async_context(socket))
            assert json.loads(await opened[-1].recv())["account"] == "1003"
        yield opened


def test_a_revoked_browser_loses_its_sockets(two: TwoProcesses) -> None:
    async def scenario() -> float:
        own = two.log_in("carol")
        cookie = await asyncio.to_thread(two.venue.session_cookie, "carol")
        async with browser_sockets(two, cookie) as sockets:
            _, listed = call(two, "GET", "/api/v1/sessions", own["access"], 1)
            [browser] = [each for each in listed["sessions"] if each["kind"] == "browser"]
            began = time.monotonic()
            path = f"/api/v1/sessions/{browser['id']}"
            assert (await asyncio.to_thread(call, two, "DELETE", path, own["access"]))[0] == 200
            assert [await closed_with(socket) for socket in sockets] == [4001, 4001]
            return time.monotonic() - began

    print(f"a revoked browser lost its sockets in both processes in {run(scenario(), 120) * 1000:.0f} ms")


def test_a_code_is_good_once_in_both_processes(two: TwoProcesses) -> None:
    """A recovery code, and a code of the app, each used several times at the same moment."""
    pair = two.log_in("alice")
    secret = two.post("/api/v1/mfa/totp", {}, pair["access"])[1]["secret"]
    telephone = Telephone(secret)
    status, done = two.post("/api/v1/mfa/totp/confirm", {"code": telephone.code(-1)}, pair["access"], 1)
    assert status == 200, done

    def use(code: str, number: int) -> int:
        body = {"username": "alice", "password": PASSWORD, "otp": code}
        return two.post("/api/v1/token", body, at=number % 2)[0]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for code in (done["recovery_codes"][4], telephone.code()):
            two.change("alice", "from accounts.models import LogInCount as C; C.objects.all().delete()")
            answers = sorted(pool.map(partial(use, code), range(AT_ONCE)))
            assert answers == [200, *[401] * (AT_ONCE - 1)]


def test_the_client_brings_a_code(two: TwoProcesses) -> None:
    token = two.log_in("mina")["access"]
    telephone = Telephone(two.post("/api/v1/mfa/totp", {}, token)[1]["secret"])
    assert two.post("/api/v1/mfa/totp/confirm", {"code": telephone.code(-1)}, token)[0] == 200

    async def scenario() -> None:
        with pytest.raises(MfaRequired):
            async with two.venue.client("mina"):
                pass
        async with two.venue.client("mina", otp=telephone.code) as mina:
            assert (await mina.get_fee_standing()).tier == 0

    run(scenario(), 60)
