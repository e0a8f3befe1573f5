"""Orders over the socket, seen by their owner, the other side, and the public."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from tests.web.stream.venue import Venue, run
from xtrader_client import ApiError, Client, NewOrder, OrderResult


def test_a_trade_reaches_both_sides_and_the_public(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob, venue.client() as public:
            trades = await public.trades("BTC-KRW")
            fills = await alice.fills()
            resting = await alice.place_order("BTC-KRW", "sell", price="95000000", quantity="0.01")
            assert resting.order.status == "new"
            taken = await bob.place_order("BTC-KRW", "buy", price=Decimal(95000000), quantity="0.004")
            assert taken.order.status == "filled"
            assert [fill.quantity for fill in taken.fills] == [Decimal("0.004")]
            trade = await anext(trades)
            assert (trade.price, trade.quantity, trade.side) == (Decimal(95000000), Decimal("0.004"), "buy")
            fill = await anext(fills)
            assert (fill.order_id, fill.liquidity) == (resting.order.order_id, "maker")

    run(scenario())


def test_open_orders_and_balances_are_mirrored(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("alice") as second:
            mirror = await second.account()
            before = mirror.balances["KRW"]
            placed = await alice.place_order("BTC-KRW", "buy", price="90000000", quantity="0.01")
            while placed.order.order_id not in mirror.open_orders:
                await mirror.wait_changed(5)
            while mirror.balances["KRW"] == before:
                await mirror.wait_changed(5)
            held = mirror.balances["KRW"].held - before.held
            assert held == Decimal("900450")  # 900,000 and the fee of 0.05 %
            await alice.cancel_order(placed.order.order_id)
            while placed.order.order_id in mirror.open_orders or mirror.balances["KRW"] != before:
                await mirror.wait_changed(5)

    run(scenario())


def test_reduce_replace_and_cancel_all(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            placed = await alice.place_order("ETH-KRW", "buy", price="3000000", quantity="1")
            order_id = placed.order.order_id
            assert (await alice.reduce_order(order_id, "0.5")).quantity == Decimal("0.5")
            replaced = await alice.replace_order(order_id, price="2999000", quantity="0.7")
            assert (replaced.order.order_id, replaced.order.price) == (order_id, Decimal(2999000))
            await alice.place_order("AAPL", "buy", price="100.01", quantity="3")
            reply = await alice.cancel_all("ETH-KRW")
            assert (reply["canceled"], reply["orders"][0]["order_id"]) == (1, order_id)
            assert (await alice.cancel_all())["canceled"] == 1

    run(scenario())


def test_an_order_is_found_by_its_client_id(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            await alice.place_order("AAPL", "buy", price="100", quantity="5", client_order_id="mine")
            canceled = await alice.cancel_order(client_order_id="mine")
            assert (canceled.status, canceled.client_order_id) == ("canceled", "mine")

    run(scenario())


def test_the_same_order_twice_is_placed_once(venue: Venue) -> None:
    async def scenario() -> tuple[OrderResult, OrderResult]:
        async with venue.client("alice") as alice:
            order = {"price": "100", "quantity": "5", "client_order_id": f"twice-{venue.next_id()}"}
            first = await alice.place_order("AAPL", "buy", **order)
            second = await alice.place_order("AAPL", "buy", **order)
            with pytest.raises(ApiError) as refused:
                await alice.place_order("AAPL", "buy", **{**order, "quantity": "6"})
            assert (refused.value.code, refused.value.status) == ("DUPLICATE_ID", 409)
            return first, second

    first, second = run(scenario())
    assert first == second


def test_a_batch_answers_for_each_order(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            good = NewOrder("AAPL", "buy", price="100", quantity="1")
            results = await alice.place_orders(
                [
                    good,
                    NewOrder("AAPL", "buy", price="100.001", quantity="1"),
                    NewOrder("NONE", "buy", price="1", quantity="1"),
                    NewOrder("AAPL", "buy", price="100", quantity="900000000"),
                    good,
                ]
            )
            codes = [row.code if isinstance(row, ApiError) else row.order.status for row in results]
            assert codes == ["new", "PRICE_OFF_TICK", "SYMBOL_NOT_FOUND", "QUANTITY_OUT_OF_BOUNDS", "new"]

    run(scenario())


def test_orders_are_answered_in_the_order_they_were_sent(venue: Venue) -> None:
    async def scenario(client: Client) -> None:
        async with client as alice:
            sent = [alice.place_order("AAPL", "buy", price="90", quantity="1") for _ in range(300)]
            finished: list[str] = []

            async def note(work: object) -> None:
                finished.append((await work).order.order_id)  # type: ignore[misc]

            await asyncio.gather(*map(note, sent))
            assert finished == sorted(finished, key=int)

    run(scenario(venue.client("alice")))


def test_two_sockets_of_one_account_see_the_same(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as one, venue.client("alice") as two:
            seen_by_one, seen_by_two = await one.order_updates(), await two.order_updates()
            await asyncio.gather(
                *(one.place_order("AAPL", "buy", price="90", quantity="1") for _ in range(20)),
                *(two.place_order("AAPL", "buy", price="91", quantity="1") for _ in range(20)),
            )
            first = [(await anext(seen_by_one)).order_id for _ in range(40)]
            second = [(await anext(seen_by_two)).order_id for _ in range(40)]
            assert first == second

    run(scenario())


def test_nobody_touches_or_sees_another_accounts_orders(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            updates = await bob.order_updates()
            placed = await alice.place_order("AAPL", "buy", price="90", quantity="2")
            order_id = placed.order.order_id
            for attempt in (
                bob.cancel_order(order_id),
                bob.reduce_order(order_id, "1"),
                bob.replace_order(order_id, price="91", quantity="2"),
                # Even a malformed quantity must not tell that the order exists.
                bob.reduce_order(order_id, "0.5"),
            ):
                with pytest.raises(ApiError) as refused:
                    await attempt
                assert refused.value.code == "ORDER_NOT_FOUND"
            own = await bob.place_order("AAPL", "buy", price="80", quantity="1")
            assert (await anext(updates)).order_id == own.order.order_id

    run(scenario())


def test_errors_come_in_korean_too(venue: Venue) -> None:
    async def scenario() -> str:
        async with venue.client("alice", language="ko") as alice:
            with pytest.raises(ApiError) as refused:
                await alice.place_order("AAPL", "sell", price="1", quantity="1000000", post_only=True)
                await alice.place_order("AAPL", "sell", price="1", quantity="1000001")
            return refused.value.message

    message = run(scenario())
    assert any("가" <= letter <= "힣" for letter in message)
