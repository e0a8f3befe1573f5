"""Connections end with what they were proved by, and the role decides who trades."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.web.stream.test_protocol import ORDER
from tests.web.stream.venue import ROOT, Venue, request, run

_CHANGE = """
import django; django.setup()
import sys
from accounts.identity import roles
from accounts.models import User
user = User.objects.get(username=sys.argv[1])
{change}
"""


@pytest.fixture(scope="module")
def watchful() -> Iterator[Venue]:
    """An exchange that looks at its users every moment."""
    venue = Venue(TEST_WEBSOCKET=json.dumps({"recheck_user_every_s": 0.2}))
    yield venue
    venue.close()


def change(venue: Venue, name: str, statement: str) -> None:
    """Change a user, from another process."""
    program = _CHANGE.format(change=statement)
    command = [sys.executable, "-c", program, name]
    subprocess.run(command, cwd=ROOT, env=venue.environment, check=True, timeout=300)


async def logged_in(venue: Venue, connection: Any, name: str) -> None:
    assert (await request(connection, "auth", token=await venue.token(name)))["ok"]


async def closed_with(connection: Any) -> int | None:
    try:
        async with asyncio.timeout(20):
            while True:
                await connection.recv()
    except ConnectionClosed:
        return int(connection.close_code)


@pytest.mark.attack("A16")
@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("alice", "user.set_password('another one'); user.save()"),
        ("bob", "user.is_active = False; user.save()"),
    ],
)
def test_a_changed_user_is_out(watchful: Venue, name: str, statement: str) -> None:
    async def scenario() -> None:
        async with watchful.raw() as connection, watchful.raw() as other:
            token = await watchful.token(name)
            await logged_in(watchful, connection, name)
            await asyncio.to_thread(change, watchful, name, statement)
            assert await closed_with(connection) == 4001
            assert (await request(other, "auth", token=token))["error"] == "INVALID_TOKEN"

    run(scenario())


@pytest.mark.attack("A11")
def test_who_is_no_trader_any_more_is_out_and_then_only_reads(watchful: Venue) -> None:
    async def scenario() -> None:
        async with watchful.raw() as connection:
            await logged_in(watchful, connection, "carol")
            placed = await request(connection, "order.place", **ORDER)
            assert placed["ok"]
            await asyncio.to_thread(change, watchful, "carol", "roles.assign_role(user, roles.AUDITOR)")
            assert await closed_with(connection) == 4001
        order_id = placed["order"]["order_id"]
        async with watchful.raw() as connection:
            await logged_in(watchful, connection, "carol")
            for op, fields in (
                ("order.place", ORDER),
                ("order.batch", {"orders": [ORDER]}),
                ("order.cancel", {"order_id": order_id}),
                ("orders.cancel_all", {}),
            ):
                reply = await request(connection, op, **fields)
                assert (reply["error"], reply["status"]) == ("PERMISSION_DENIED", 403), op
            assert (await request(connection, "subscribe", channels=["orders"]))["ok"]

    run(scenario())
