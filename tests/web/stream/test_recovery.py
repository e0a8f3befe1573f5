"""Processes die; readers and traders hardly notice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from tests.web.stream.flow import trade
from tests.web.stream.test_books import MARKETS, agree
from tests.web.stream.venue import Venue, next_push, run
from xtrader_client import ConnectionLost, OutcomeUnknown, XTraderError


@pytest.fixture(scope="module")
def own_venue() -> Iterator[Venue]:
    venue = Venue()
    yield venue
    venue.close()


def test_books_survive_the_death_of_the_web_process(own_venue: Venue) -> None:
    venue = own_venue

    async def scenario() -> None:
        async with venue.client("alice", timeout_s=30) as alice, venue.client("bob", timeout_s=30) as bob:
            book, mirror = await alice.book("AAPL"), await alice.account()
            await trade(bob, "AAPL", 1, 100, **MARKETS["AAPL"])
            await alice.place_order("AAPL", "buy", price="150", quantity="1")
            await agree(venue, book)
            await asyncio.to_thread(venue.kill, venue.web)
            await asyncio.to_thread(venue.start_web)
            await trade(bob, "AAPL", 2, 100, **MARKETS["AAPL"])
            await agree(venue, book)
            await mirror.wait_synced(10)
            assert len(mirror.open_orders) == 1
            assert alice.connections == 2

    run(scenario())


def test_orders_on_their_way_when_the_web_process_dies_have_one_outcome(own_venue: Venue) -> None:
    """Each is asked again by its client id: placed once, whatever happened to the first message."""
    venue = own_venue

    async def scenario() -> None:
        async with venue.client("alice", timeout_s=30) as alice:
            await alice.cancel_all()
            sending = [
                asyncio.create_task(
                    alice.place_order("AAPL", "buy", price="90", quantity="1", client_order_id=f"once-{i}")
                )
                for i in range(200)
            ]
            await asyncio.sleep(0.01)
            await asyncio.to_thread(venue.kill, venue.web)
            await asyncio.to_thread(venue.start_web)
            results = await asyncio.gather(*sending)
            ids = {result.order.order_id for result in results}
            assert len(ids) == 200
            mirror = await alice.account()
            assert set(mirror.open_orders) == ids
            await alice.cancel_all()

    run(scenario(), 90)


def test_books_and_accounts_survive_the_death_of_the_engine(own_venue: Venue) -> None:
    venue = own_venue

    async def scenario() -> None:
        async with venue.client("alice", timeout_s=30) as alice, venue.client("bob", timeout_s=30) as bob:
            book, mirror = await alice.book("AAPL"), await alice.account()
            for seed in range(3):
                trading = asyncio.create_task(_trade_through(bob, seed))
                await asyncio.sleep(0.15)
                await asyncio.to_thread(venue.restart_engine)
                await trading
                await agree(venue, book, 20)
            placed = await alice.place_order("AAPL", "buy", price="80", quantity="1")
            async with asyncio.timeout(10):
                while placed.order.order_id not in mirror.open_orders:
                    await mirror.wait_changed()
            # Its own connection never broke.
            assert alice.connections == 1

    run(scenario(), 120)


async def _trade_through(client: object, seed: int) -> None:
    """Trade; while the engine is away some orders may fail, but only in the ways that are documented."""
    try:
        await trade(client, "AAPL", 100 + seed, 150, **MARKETS["AAPL"])  # type: ignore[arg-type]
    except XTraderError as error:
        assert isinstance(error, OutcomeUnknown | ConnectionLost) or getattr(error, "code", "") in (
            "ENGINE_UNAVAILABLE",
            "OUTCOME_UNKNOWN",
            # Asked again after the engine had done it the first time.
            "ORDER_NOT_OPEN",
        ), error


def test_a_shutdown_is_announced(own_venue: Venue) -> None:
    venue = own_venue

    async def scenario() -> None:
        async with venue.raw() as connection:
            venue.web.send_signal(signal.SIGTERM)
            await next_push(connection, "shutdown")
            await connection.wait_closed()
            assert connection.close_code == 1012
        assert await asyncio.to_thread(venue.web.wait, 10) in (0, -signal.SIGTERM)
        await asyncio.to_thread(venue.start_web)

    run(scenario())
