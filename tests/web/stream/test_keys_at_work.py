"""Keys at a real exchange of two web processes: by the client and by bare sockets, and how they end."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.web.stream.test_ends_at_once import ORDER, TwoProcesses, two  # noqa: F401 - a fixture
from tests.web.stream.test_revocation import closed_with
from tests.web.stream.venue import PASSWORD, request, run
from xtrader_client import Client, NotAuthenticated

Key = dict[str, Any]


def new_key(two: TwoProcesses, name: str, **wish: Any) -> Key:  # noqa: F811
    body = {"label": "bot", "scopes": ["read", "trade"], "password": PASSWORD, **wish}
    status, reply = two.post("/api/v1/keys", body, two.log_in(name)["access"])
    assert status == 200, reply
    return {"key": reply["key"]["key_id"], "secret": reply["secret"]}


def signed(key: Key, content: bytes, at_ms: int) -> str:
    return hmac.new(key["secret"].encode(), b"%d%s" % (at_ms, content), "sha256").hexdigest()


def post(two: TwoProcesses, key: Key, at: int, at_ms: int | None = None) -> tuple[int, dict[str, Any]]:  # noqa: F811
    """An order by this key at a process."""
    at_ms, body = at_ms or time.time_ns() // 1_000_000, json.dumps(ORDER).encode()
    headers = {
        "Content-Type": "application/json",
        "X-API-Key": key["key"],
        "X-Timestamp": str(at_ms),
        "X-Signature": signed(key, b"POST/v1/order" + body, at_ms),
    }
    sent = urllib.request.Request(f"http://127.0.0.1:{two.ports[at]}/v1/order", body, headers)
    try:
        with urllib.request.urlopen(sent, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


async def log_in(socket: Any, key: Key, at_ms: int | None = None) -> dict[str, Any]:
    at_ms = at_ms or time.time_ns() // 1_000_000
    reply: dict[str, Any] = await request(
        socket, "auth", key=key["key"], timestamp=at_ms, signature=signed(key, b"WS/ws", at_ms)
    )
    return reply


async def ended(two: TwoProcesses, key: Key, end: Callable[[], Any]) -> float:  # noqa: F811
    """End a key that both processes know well; the seconds until both had closed its sockets."""
    async with two.venue.raw() as first:
        two._at(1)
        async with two.venue.raw() as second:
            two._at(0)
            for socket in (first, second):
                assert (await log_in(socket, key))["ok"]
                await asyncio.sleep(0.002)
            for at in (0, 1, 0, 1):
                # The second time by the lane.
                assert (await asyncio.to_thread(post, two, key, at))[0] == 200
            began = time.monotonic()
            await asyncio.to_thread(end)
            assert [await closed_with(socket) for socket in (first, second)] == [4001, 4001]
            took_s = time.monotonic() - began
    for at in (0, 1):
        assert (await asyncio.to_thread(post, two, key, at))[1]["error"] in ("INVALID_KEY", "KEY_EXPIRED")
    return took_s


def test_the_client_reads_and_trades_with_both_kinds(two: TwoProcesses) -> None:  # noqa: F811
    private_key = Ed25519PrivateKey.generate()
    public = base64.b64encode(private_key.public_key().public_bytes_raw()).decode()
    by_hmac = new_key(two, "bob")
    by_ed25519 = {**new_key(two, "bob", kind="ed25519", public_key=public), "secret": None}

    async def trade(**key: Any) -> None:
        async with Client(two.venue.url, **key) as client:
            placed = await client.place_order("AAPL", "buy", price="90", quantity="1")
            assert placed.order.status == "new"
            assert any(each.order_id == placed.order.order_id for each in await client.get_orders("open"))
            await client.get_balances()
            await client.get_balances()
            await client.cancel_order(order_id=placed.order.order_id)

    async def scenario() -> None:
        await trade(**by_hmac)
        await trade(key=by_ed25519["key"], private_key=private_key.private_bytes_raw())
        with pytest.raises(NotAuthenticated, match="INVALID_SIGNATURE"):
            await trade(key=by_hmac["key"], secret="wrong")

    run(scenario(), 60)


def test_a_wrong_clock_is_corrected(two: TwoProcesses, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    key = new_key(two, "bob")
    real_ns = time.time_ns
    monkeypatch.setattr("xtrader_client._keys.time.time_ns", lambda: real_ns() - 3_600 * 10**9)

    async def scenario() -> None:
        async with Client(two.venue.url, **key) as client:
            await client.get_balances()
            assert (await client.place_order("AAPL", "buy", price="90", quantity="1")).order.status == "new"

    run(scenario(), 60)


def test_a_socket_needs_the_scope_and_a_fresh_signature(two: TwoProcesses) -> None:  # noqa: F811
    reads, trades = new_key(two, "bob", scopes=["read"]), new_key(two, "bob", scopes=["trade"])

    async def scenario() -> None:
        async with two.venue.raw() as reader, two.venue.raw() as trader, two.venue.raw() as thief:
            at_ms = time.time_ns() // 1_000_000
            assert (await log_in(reader, reads, at_ms))["account"] == "1002"
            assert (await log_in(trader, trades))["ok"]
            assert (await request(reader, "subscribe", channels=["orders"]))["ok"]
            assert (await request(reader, "order.place", **ORDER))["error"] == "SCOPE_REQUIRED"
            assert (await request(trader, "order.place", **ORDER))["ok"]
            refused = await request(trader, "subscribe", channels=["orders"])
            assert (refused["error"], refused["details"]) == ("SCOPE_REQUIRED", {"scope": "read"})
            assert (await log_in(thief, reads, at_ms))["error"] == "REPLAYED_REQUEST"
            assert await closed_with(thief) == 4001

    run(scenario(), 60)


def test_a_hundred_identical_requests_over_both_processes_are_one(two: TwoProcesses) -> None:  # noqa: F811
    key = new_key(two, "bob")
    for at in (0, 1):
        post(two, key, at)
    at_ms = time.time_ns() // 1_000_000 + 1
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda number: post(two, key, number % 2, at_ms), range(100)))
    assert [status for status, _ in found].count(200) == 1
    assert [reply.get("error") for _, reply in found].count("REPLAYED_REQUEST") == 99


def revoke(two: TwoProcesses, key: Key) -> None:  # noqa: F811
    headers = {"Authorization": f"Bearer {two.log_in('bob')['access']}"}
    url = f"http://127.0.0.1:{two.ports[0]}/api/v1/keys/{key['key']}"
    urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="DELETE"), timeout=20).close()


def test_a_revoked_key_ends_in_both(two: TwoProcesses) -> None:  # noqa: F811
    two.log_in("bob")
    keys = [new_key(two, "bob") for _ in range(3)]
    took_s = sorted(run(ended(two, key, partial(revoke, two, key)), 60) for key in keys)
    print(f"a revocation of a key was over in {[round(each * 1000) for each in took_s]} ms")
    assert took_s[1] < 1.5, "with the log-in that revokes it"


def test_a_key_that_expires_ends_in_both(two: TwoProcesses) -> None:  # noqa: F811
    key = new_key(two, "bob", expires_at=time.time_ns() // 1_000_000 + 6_000)
    run(ended(two, key, lambda: None), 60)


def test_a_deactivated_users_keys_end_in_both(two: TwoProcesses) -> None:  # noqa: F811
    key = new_key(two, "carol")
    took_s = run(ended(two, key, partial(two.change, "carol", "user.is_active = False; user.save()")), 60)
    print(f"over in {took_s * 1000:.0f} ms")
    assert took_s < 2.0
