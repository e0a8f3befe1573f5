"""Every operation of a connection is for the connection's account, and none names another."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from accounts.identity.identities import Identity, identify_token
from accounts.identity.roles import MARKET_MAKER
from exchange.models import Account
from tests.conftest import LiveEngine, Person
from tests.exchange.orders.lanes import PATHS, RecordingSocket, running_hub
from tests.web.rest.test_bad_input import GOOD
from tests.web.rest.test_fastlane import token_of
from web.live.runtime import Connections, limits_from_settings
from web.live.turns import Turns
from web.stream.connection import Connection
from web.stream.order_entry import OrderEntry

#: Of an order that is not the account's.
NAMED = ["order.cancel", "order.reduce", "order.replace", "order.cancel_replace"]
CONTROL = ["subscribe", "unsubscribe", "ping", "pong"]


async def told(identity: Identity, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    """The replies to a connection of the requester, in this process."""
    async with running_hub() as hub:
        limits, socket = limits_from_settings(), RecordingSocket()
        turns = Turns(asyncio.get_running_loop())
        runtime: Any = SimpleNamespace(hub=hub, limits=limits, connections=Connections(limits), turns=turns)
        connection = Connection(runtime, socket, "127.0.0.1", "en")  # type: ignore[arg-type]
        connection.adopt(identity)
        try:
            for number, message in enumerate(messages):
                waiting = connection.handle(json.dumps({"id": number, **message}))
                if waiting is not None:
                    await waiting
            async with asyncio.timeout(30):
                while len(socket.messages) < len(messages):
                    await asyncio.sleep(0.001)
        finally:
            connection.end()
    return sorted(socket.messages, key=lambda reply: reply["id"])


@pytest.fixture
def bot(alice: Person, live_engine: LiveEngine) -> Identity:
    """Alice, acting for an account beside her main one."""
    Account.objects.create(number=1050, user=alice.user, name="bot")
    live_engine.open_account(1050, {"KRW": 1_000_000_000})
    identity = identify_token(token_of(alice).encode(), "en").choosing("bot")
    # One that may quote, too.
    return identity._replace(roles=frozenset({MARKET_MAKER}))


@pytest.mark.parametrize("account", ["1001", "1002", "bot"])
def test_no_operation_takes_an_account(bot: Identity, account: str) -> None:
    operations = [*PATHS, "quotes.cancel", *CONTROL]
    replies = asyncio.run(told(bot, *({"op": op, "account": account} for op in operations)))
    assert {op: reply.get("error") for op, reply in zip(operations, replies, strict=True)} == dict.fromkeys(
        operations, "UNKNOWN_FIELD"
    )


def test_the_walk_is_over_every_operation_on_orders() -> None:
    hub: Any = SimpleNamespace(symbols=None, client=SimpleNamespace(name="x"))
    assert set(OrderEntry(hub)._operations) == {*PATHS, "quotes.cancel"}


def test_orders_of_the_owner_s_other_account_and_of_others_are_unknown(
    alice: Person, bob: Person, bot: Identity
) -> None:
    others = [person.place(client_order_id="mine").json()["order"]["order_id"] for person in (alice, bob)]
    asked = [
        {"op": op, **name, **body}
        for op, body in zip(
            NAMED,
            ({}, {"quantity": "0.001"}, {"price": "99000000", "quantity": "0.01"}, {"order": GOOD}),
            strict=True,
        )
        for name in (*({"order_id": each} for each in others), {"client_order_id": "mine"})
    ]
    replies = asyncio.run(told(bot, *asked, {"op": "orders.cancel_all"}))
    *refused, canceled = replies
    assert [reply["error"] for reply in refused] == ["ORDER_NOT_FOUND"] * len(asked)
    assert canceled["canceled"] == 0
    for person, order_id in zip((alice, bob), others, strict=True):
        assert person.get(f"/v1/order/{order_id}").json()["order"]["status"] == "new"


def test_an_order_is_the_account_s_that_the_connection_is_for(alice: Person, bot: Identity) -> None:
    [placed] = asyncio.run(told(bot, {"op": "order.place", **GOOD}))
    assert placed["ok"]
    assert alice.get("/v1/orders", status="open").json()["orders"] == []
    api = alice.api
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token_of(alice)}", HTTP_X_ACCOUNT="1050")
    [own] = alice.get("/v1/orders", status="open").json()["orders"]
    assert own["order_id"] == placed["order"]["order_id"]
