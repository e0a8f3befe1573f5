"""Accounts of a user at a real exchange: connections and clients that are for one of them, and transfers
whose engine dies."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import connect

from tests.web.stream.test_ends_at_once import ORDER, TwoProcesses
from tests.web.stream.test_revocation import closed_with
from tests.web.stream.venue import PASSWORD, request, run
from xtrader_client import Client, Conflict, NotAuthenticated, NotFound

pytestmark = pytest.mark.proof

ONE = 10**8


@pytest.fixture(scope="module")
def two() -> Iterator[TwoProcesses]:
    two = TwoProcesses()
    two.venue._start("manage.py", "rundispatcher")
    yield two
    two.close()


class Trader:
    """A trader of the venue, and an account of his that was opened over REST."""

    def __init__(self, two: TwoProcesses, name: str, sub_account: str) -> None:
        self.two = two
        self.token = two.log_in(name)["access"]
        status, reply = two.post("/v1/accounts", {"name": sub_account}, self.token)
        assert status == 200, reply
        self.number: str = reply["account"]["account"]
        # The dispatcher may still be starting.
        deadline = time.monotonic() + 120
        while self.send("POST", "/v1/orders/cancel-all", {}, account=self.number)[0] != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def send(
        self, method: str, path: str, body: Any = None, *, account: str | None = None, at: int = 0
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        if account is not None:
            headers["X-Account"] = account
        raw = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.two.ports[at]}{path}"
        sent = urllib.request.Request(url, raw, headers, method=method)
        try:
            with urllib.request.urlopen(sent, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def move(self, amount: str, client_transfer_id: str) -> tuple[int, dict[str, Any]]:
        body = {"from": "main", "to": self.number, "asset": "KRW", "amount": amount}
        return self.send("POST", "/v1/transfer", {**body, "client_transfer_id": client_transfer_id})

    def holds(self, number: int | str) -> int:
        rows = self.two.venue.admin.query("balances", int(number)).value
        return sum(available for asset, available, _held in rows if asset == "KRW")


def test_a_new_account_is_known_to_every_process_and_ends_no_socket(two: TwoProcesses) -> None:
    async def scenario() -> None:
        token = two.log_in("alice")["access"]
        async with two.sockets(token) as sockets:
            alice = await asyncio.to_thread(Trader, two, "alice", "one")
            deadline = time.monotonic() + 20
            for at in (0, 1):
                while (await asyncio.to_thread(alice.send, "GET", "/v1/fees", account="one", at=at))[
                    0
                ] != 200:
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.05)
            for socket in sockets:
                assert (await request(socket, "ping"))["ok"]
                # The open connection knows the new account, too.
                reply = await request(socket, "auth", token=token, account="one")
                assert reply["account"] == alice.number

    run(scenario(), 120)


def test_a_connection_is_for_the_account_it_named(two: TwoProcesses) -> None:
    bob = Trader(two, "bob", "bot")
    assert bob.move("1000000", "seed")[0] == 200

    async def scenario() -> None:
        async with two.venue.raw() as socket:
            reply = await request(socket, "auth", token=bob.token, account="bot")
            assert reply["account"] == bob.number
            subscribed = await request(socket, "subscribe", channels=["orders"])
            assert subscribed["ok"]
            # The next token keeps the account.
            assert (await request(socket, "auth", token=bob.token))["account"] == bob.number
            order = {**ORDER, "symbol": "BTC-KRW", "price": "1000000", "quantity": "0.01"}
            placed = await request(socket, "order.place", **order)
            assert placed["ok"], placed
            of_bot = bob.send("GET", "/v1/orders?status=open", account="bot")[1]["orders"]
            assert [each["order_id"] for each in of_bot] == [placed["order"]["order_id"]]
            assert bob.send("GET", "/v1/orders?status=open&symbol=BTC-KRW")[1]["orders"] == []
            assert (await request(socket, "auth", token=bob.token, account="main"))["account"] == "1002"
            assert (await request(socket, "order.cancel", order_id=of_bot[0]["order_id"]))["error"] == (
                "ORDER_NOT_FOUND"
            )

    run(scenario(), 120)


@pytest.mark.parametrize("account", ["1001", "987654", "", "nobody"])
def test_another_s_account_ends_the_connection_before_an_order_can_follow(
    two: TwoProcesses, account: str
) -> None:
    token = two.log_in("carol")["access"]

    async def scenario() -> None:
        async with two.venue.raw() as socket:
            assert (await request(socket, "auth", token=token))["account"] == "1003"
            for number, message in enumerate(
                ({"op": "auth", "token": token, "account": account}, {"op": "order.place", **ORDER})
            ):
                await socket.send(json.dumps({"id": number, **message}))
            reply = json.loads(await socket.recv())
            assert (reply["id"], reply["error"]) == (0, "ACCOUNT_NOT_FOUND")
            assert await closed_with(socket) == 4001
        assert not two.venue.admin.query("open_orders", 1003, None).value

    run(scenario(), 120)


def test_a_page_names_its_account_at_the_handshake(two: TwoProcesses) -> None:
    carol = Trader(two, "carol", "제2 계정")
    cookie = two.venue.session_cookie("carol")

    async def greeting(account: str | None) -> dict[str, Any]:
        query = "" if account is None else f"?account={quote(account)}"
        headers = {"Cookie": cookie, "Origin": two.venue.url}
        async with connect(
            f"ws://127.0.0.1:{two.venue.port}/ws{query}", proxy=None, additional_headers=headers
        ) as socket:
            first: dict[str, Any] = json.loads(await socket.recv())
            if first["type"] == "error":
                assert await closed_with(socket) == 4001
            return first

    async def scenario() -> None:
        assert (await greeting(None))["account"] == "1003"
        for account in (carol.number, "제2 계정"):
            assert (await greeting(account))["account"] == carol.number
        for account in ("1001", "987654", ""):
            assert (await greeting(account))["error"] == "ACCOUNT_NOT_FOUND"

    run(scenario(), 120)


def test_the_client_is_for_an_account_over_both_ways(two: TwoProcesses) -> None:
    async def scenario() -> None:
        bob = await asyncio.to_thread(Trader, two, "bob", "클라이언트")
        async with Client(two.venue.url, "bob", PASSWORD) as main:
            moved = await main.transfer("main", bob.number, "KRW", "500000", client_transfer_id="c-1")
            assert (moved.from_account, moved.to_account, moved.amount) == ("1002", bob.number, 500_000)
            assert await main.transfer("main", bob.number, "KRW", "500000", client_transfer_id="c-1") == moved
            with pytest.raises(NotFound, match="ACCOUNT_NOT_FOUND"):
                await main.transfer("1001", "main", "KRW", "1")
            assert {each.name for each in await main.get_accounts()} >= {"main", "클라이언트"}
        async with Client(two.venue.url, "bob", PASSWORD, account="클라이언트") as client:
            assert [each.available for each in await client.get_balances()] == [500_000]
            state = await client.account()
            await state.wait_synced(20)
            assert set(state.balances) == {"KRW"}
            placed = await client.place_order("BTC-KRW", "buy", price="1000000", quantity="0.01")
            assert placed.order.status == "new"
        with pytest.raises(NotAuthenticated, match="ACCOUNT_NOT_FOUND"):
            async with Client(two.venue.url, "bob", PASSWORD, account="1001"):
                pass

    run(scenario(), 120)


def test_the_client_opens_names_and_freezes_an_account(two: TwoProcesses) -> None:
    async def scenario() -> None:
        async with two.venue.client("mina") as mina:
            opened = await mina.open_account("a b/c")
            assert (opened.name, opened.is_main) == ("a b/c", False)
            with pytest.raises(Conflict, match="ACCOUNT_NAME_TAKEN"):
                await mina.open_account("a b/c")
            while opened.status != "active":
                await asyncio.sleep(0.1)
                [opened] = [each for each in await mina.get_accounts() if each.account == opened.account]
            renamed = await mina.change_account(opened.account, name="desk", status="frozen")
            assert (renamed.account, renamed.name) == (opened.account, "desk")
            assert (renamed.status, renamed.frozen_by) == ("frozen", "owner")
            assert (await mina.change_account("desk", status="active")).status == "active"

    run(scenario(), 120)


def test_a_transfer_moves_once_whatever_dies(two: TwoProcesses) -> None:
    """The engine is killed under transfers, again and again. Each is sent again under its id until it has an
    answer, and once more: every answer is the first one, and each amount has moved once."""
    alice = Trader(two, "alice", "nemesis")
    before = alice.holds(1001)
    rounds, each_round = 3, 30
    replies: dict[str, list[dict[str, Any]]] = {}
    unknown = 0

    def send(number: int) -> None:
        nonlocal unknown
        transfer_id = f"n{number}"
        deadline = time.monotonic() + 120
        while len(replies.setdefault(transfer_id, [])) < 2:
            assert time.monotonic() < deadline
            status, reply = alice.move(str(number + 1), transfer_id)
            if status == 200:
                replies[transfer_id].append(reply)
            else:
                assert status in (503, 504), reply
                unknown += status == 504
                time.sleep(0.1)

    for turn in range(rounds):
        numbers = range(turn * each_round, (turn + 1) * each_round)
        threads = [threading.Thread(target=send, args=(number,)) for number in numbers]
        for thread in threads[: each_round // 2]:
            thread.start()
        time.sleep(0.03 * turn)
        two.venue.kill(two.venue.engine)
        for thread in threads[each_round // 2 :]:
            thread.start()
        two.venue.start_engine()
        two.venue.admin.wait_connected(180)
        for thread in threads:
            thread.join(180)
    count = rounds * each_round
    assert len(replies) == count and all(first == again for first, again in replies.values())
    assert len({first["sequence"] for first, _ in replies.values()}) == count
    moved = sum(range(1, count + 1)) * ONE
    assert (before - alice.holds(1001), alice.holds(alice.number)) == (moved, moved)
