"""The database is away: who logs in is told so and when to come again; who is logged in goes on."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.web.stream.venue import Venue, request, run

ORDER = {"symbol": "AAPL", "side": "buy", "order_type": "limit", "price": "90", "quantity": "1"}
#: Often enough that a check meets the outage.
RECHECK_S = 0.2


@pytest.fixture(scope="module")
def frail() -> Iterator[Venue]:
    limits = {"recheck_user_every_s": RECHECK_S, "recheck_again_s": RECHECK_S}
    venue = Venue(TEST_WEBSOCKET=json.dumps(limits))
    yield venue
    venue.close()


@contextmanager
def database_away(venue: Venue) -> Iterator[None]:
    """Where the database was there is a folder, which cannot be opened as one."""
    path, aside = venue.data / "xtrader.sqlite3", venue.data / "aside"
    path.rename(aside)
    path.mkdir()
    try:
        yield
    finally:
        path.rmdir()
        aside.rename(path)


def test_a_log_in_is_refused_with_a_code_and_granted_later(frail: Venue) -> None:
    async def scenario() -> None:
        token = await frail.token("alice")
        async with frail.raw() as raw:
            with database_away(frail):
                refused = await request(raw, "auth", token=token)
                assert (refused["error"], refused["status"]) == ("DATABASE_UNAVAILABLE", 503)
                assert refused["details"]["retry_after_s"] > 0
                assert (await request(raw, "ping"))["ok"], "the connection stays"
                assert (await request(raw, "subscribe", channels=["book"], symbols=["AAPL"]))["ok"]
            assert (await request(raw, "auth", token=token))["ok"]
            assert (await request(raw, "order.place", **ORDER))["ok"]

    run(scenario())


def test_one_who_is_logged_in_goes_on_and_is_checked_afterwards(frail: Venue) -> None:
    async def scenario() -> None:
        token = await frail.token("bob")
        async with frail.raw() as raw:
            await request(raw, "auth", token=token)
            with database_away(frail):
                # Several checks meet the outage; none of them ends the connection.
                await asyncio.sleep(2.5)
                assert (await request(raw, "order.place", **ORDER))["ok"]
                # A newer token cannot be looked at: the log-in before it stands.
                refused = await request(raw, "auth", token=token)
                assert refused["error"] == "DATABASE_UNAVAILABLE"
                assert (await request(raw, "order.place", **ORDER))["ok"]
            deactivate(frail, "bob")
            with pytest.raises(ConnectionClosed) as closed:
                async with asyncio.timeout(10):
                    while True:
                        await raw.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 4001

    run(scenario())


def test_a_page_is_told_to_come_again_rather_than_taken_for_a_visitors(frail: Venue) -> None:
    async def scenario() -> None:
        cookie = await asyncio.to_thread(frail.session_cookie, "carol")
        headers = {"Cookie": cookie, "Origin": frail.url}
        url = f"ws://127.0.0.1:{frail.port}/ws"
        with database_away(frail):
            async with connect(url, proxy=None, additional_headers=headers) as page:
                told = json.loads(await page.recv())
                assert (told["type"], told["error"]) == ("error", "DATABASE_UNAVAILABLE")
                assert told["details"]["retry_after_s"] > 0
                assert await code_of(page) == 1013
        async with connect(url, proxy=None, additional_headers=headers) as page:
            assert json.loads(await page.recv())["account"] == "1003"
        assert "Traceback" not in frail.log_tail(100_000)

    run(scenario())


async def code_of(page: Any) -> int | None:
    with pytest.raises(ConnectionClosed) as closed:
        await page.recv()
    return None if closed.value.rcvd is None else closed.value.rcvd.code


def deactivate(venue: Venue, name: str) -> None:
    with sqlite3.connect(venue.data / "xtrader.sqlite3") as database:
        database.execute("update auth_user set is_active = 0 where username = ?", (name,))
