"""Every kind of order over the socket: through the reference client, against a real engine."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from exchange.engine import messages as m
from tests.web.stream.venue import PEOPLE, Venue, next_push, request, run
from xtrader_client import ApiError, Client, Conflict, NewOrder, Order, Quote, Refused

SYMBOL = "AAPL"


async def trade_at(venue: Venue, price: str) -> None:
    """Let the last price be this, with nothing left on the book."""
    async with venue.client("carol") as carol, venue.client("bob") as bob:
        await carol.place_order(SYMBOL, "sell", price=price, quantity="1")
        taken = await bob.place_order(SYMBOL, "buy", price=price, quantity="1")
        assert taken.order.status == "filled"


async def state_of(client: Client, order: Order) -> Order:
    return (await client.get_order(order.order_id)).order


def test_a_stop_waits_and_fires(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            updates = await alice.order_updates()
            placed = await alice.place_order(SYMBOL, "sell", trigger_price="190", quantity="5")
            order = placed.order
            assert (order.order_type, order.status, order.waiting) == ("stop", "new", True)
            assert order.trigger_price == 190
            assert (await anext(updates)).waiting
            assert (await alice.get_orderbook(SYMBOL))["asks"] == [], "it is not on the book"
            await bob.place_order(SYMBOL, "buy", price="189", quantity="9")
            async with venue.client("carol") as carol:
                sold = await carol.place_order(SYMBOL, "sell", price="189", quantity="1")
                assert [fill.quantity for fill in sold.fills] == [1], "another's fills are not in the reply"
            fired = await anext(updates)
            assert (fired.status, fired.waiting, fired.filled_quantity) == ("filled", False, 5)
            assert fired.triggered_at is not None
            assert fired.trigger_source == "last"

    run(scenario())


def test_a_trigger_that_is_reached_is_refused_or_fires_by_choice(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice:
            with pytest.raises(Refused) as refused:
                await alice.place_order(SYMBOL, "sell", trigger_price="200", quantity="5")
            assert (refused.value.code, refused.value.details["field"]) == (
                "TRIGGER_WOULD_FIRE",
                "trigger_price",
            )
            placed = await alice.place_order(
                SYMBOL, "sell", trigger_price="200", quantity="5", trigger_if_met="trigger"
            )
            assert (placed.order.status, placed.order.reason) == ("canceled", "no_liquidity")

    run(scenario())


def test_a_waiting_order_gets_another_trigger(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice:
            placed = await alice.place_order(SYMBOL, "sell", trigger_price="190", quantity="5")
            moved = await alice.replace_order(placed.order.order_id, quantity="4", trigger_price="195")
            assert (moved.order.trigger_price, moved.order.quantity) == (195, 4)
            resting = await alice.place_order(SYMBOL, "buy", price="100", quantity="5")
            with pytest.raises(ApiError, match="MISSING_FIELD"):
                await alice.replace_order(resting.order.order_id, quantity="4")
            with pytest.raises(Refused, match="INVALID_REPLACE"):
                await alice.replace_order(
                    resting.order.order_id, price="100", quantity="4", trigger_price="120"
                )

    run(scenario())


def test_an_iceberg_shows_a_part_to_others_and_all_to_its_owner(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            book = await bob.book(SYMBOL)
            placed = await alice.place_order(
                SYMBOL, "sell", price="210", quantity="50", display_quantity="10"
            )
            assert (placed.order.quantity, placed.order.display_quantity) == (50, 10)
            while not book.best_ask:
                await book.wait_changed(5)
            assert book.best_ask.quantity == 10
            taken = await bob.place_order(SYMBOL, "buy", price="210", quantity="35")
            assert sum(fill.quantity for fill in taken.fills) == 35
            while book.best_ask is None or book.best_ask.quantity != 5:
                await book.wait_changed(5)

    run(scenario())


def test_an_oco_one_leg_ends_the_other(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            first = NewOrder(SYMBOL, "sell", price="220", quantity="5")
            second = NewOrder(SYMBOL, "sell", trigger_price="180", quantity="5")
            oco = await alice.place_oco(first, second)
            take_profit, stop = oco.orders
            assert (take_profit.order_type, stop.order_type) == ("limit", "stop")
            assert take_profit.linked_order_id == stop.order_id
            assert stop.linked_order_id == take_profit.order_id
            with pytest.raises(Refused, match="INVALID_REDUCE"):
                await alice.reduce_order(take_profit.order_id, "2")
            await bob.place_order(SYMBOL, "buy", price="220", quantity="2")
            assert (await state_of(alice, stop)).quantity == 3
            await bob.place_order(SYMBOL, "buy", price="220", quantity="3")
            ended = await state_of(alice, stop)
            assert (ended.status, ended.reason) == ("canceled", "linked")

    run(scenario())


def test_an_oco_that_fills_at_once_says_both(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            await bob.place_order(SYMBOL, "buy", price="205", quantity="5")
            stop = NewOrder(
                SYMBOL, "sell", trigger_price="180", quantity="5", client_order_id=venue.next_id()
            )
            limit = NewOrder(SYMBOL, "sell", price="205", quantity="5")
            # The waiting one comes first: the reply keeps the order of the request.
            oco = await alice.place_oco(stop, limit)
            assert [order.order_type for order in oco.orders] == ["stop", "limit"]
            assert [order.status for order in oco.orders] == ["canceled", "filled"]
            assert [fill.quantity for fill in oco.fills] == [5]

    run(scenario())


def test_a_bracket_sells_what_it_buys(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            await bob.place_order(SYMBOL, "sell", price="199", quantity="4")
            entry = NewOrder(SYMBOL, "buy", price="199", quantity="10")
            bracket = await alice.place_bracket(
                entry, take_profit_price="230", stop_price="170", stop_limit_price="169"
            )
            assert bracket.order.filled_quantity == 4
            assert sorted(order.order_type for order in bracket.exits) == ["limit", "stop_limit"]
            assert {order.quantity for order in bracket.exits} == {4}
            assert {order.entry_order_id for order in bracket.exits} == {bracket.order.order_id}
            await bob.place_order(SYMBOL, "sell", price="199", quantity="6")
            exits = [await state_of(alice, order) for order in bracket.exits]
            assert {order.quantity for order in exits} == {10}

    run(scenario())


def test_cancel_replace_says_what_became_of_both(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            old = (await alice.place_order(SYMBOL, "buy", price="100", quantity="5")).order
            new = NewOrder(SYMBOL, "buy", price="101", quantity="5")
            both = await alice.cancel_replace(new, order_id=old.order_id)
            assert isinstance(both.canceled, Order) and isinstance(both.order, Order)
            assert (both.canceled.order_id, both.canceled.reason) == (old.order_id, "replaced")
            assert (both.order.price, both.order.status) == (101, "new")
            with pytest.raises(Conflict, match="ORDER_NOT_OPEN"):
                await alice.cancel_replace(new, order_id=old.order_id)
            allowed = await alice.cancel_replace(new, order_id=old.order_id, mode="allow_failure")
            assert isinstance(allowed.canceled, ApiError) and isinstance(allowed.order, Order)
            assert (allowed.canceled.code, allowed.canceled.status) == ("ORDER_NOT_OPEN", 409)
            too_much = NewOrder(SYMBOL, "buy", price="99999", quantity="999999")
            refused = await alice.cancel_replace(too_much, order_id=both.order.order_id)
            assert isinstance(refused.canceled, Order) and isinstance(refused.order, ApiError)
            assert refused.order.code == "INSUFFICIENT_BALANCE"
            assert not (await state_of(alice, both.order)).is_open, "the cancel stands"

    run(scenario())


def test_cancel_replace_of_a_linked_order_tells_the_two_apart(venue: Venue) -> None:
    async def scenario() -> None:
        await trade_at(venue, "200")
        async with venue.client("alice") as alice:
            first = NewOrder(SYMBOL, "sell", price="220", quantity="5")
            second = NewOrder(SYMBOL, "sell", trigger_price="180", quantity="5")
            leg, other = (await alice.place_oco(first, second)).orders
            too_much = NewOrder(SYMBOL, "buy", price="99999", quantity="999999")
            result = await alice.cancel_replace(too_much, order_id=leg.order_id)
            assert isinstance(result.canceled, Order) and isinstance(result.order, ApiError)
            assert result.canceled.order_id == leg.order_id
            assert (await state_of(alice, other)).reason == "linked"
            gone = NewOrder(
                SYMBOL, "sell", price="220", quantity="5", time_in_force="ioc", client_order_id="same"
            )
            result = await alice.cancel_replace(gone, client_order_id="same", mode="allow_failure")
            assert isinstance(result.canceled, ApiError) and isinstance(result.order, Order)
            assert result.order.status == "canceled"

    run(scenario())


def test_silence_cancels_everything(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            placed = await alice.place_order(SYMBOL, "buy", price="100", quantity="5")
            assert await alice.cancel_after(60_000) is not None
            assert await alice.cancel_after(0) is None
            before_ms = time.time() * 1000
            cancel_at = await alice.cancel_after(1_000)
            assert cancel_at is not None and cancel_at > before_ms
            updates = await alice.order_updates()
            ended = await anext(updates)
            assert (ended.order_id, ended.reason) == (placed.order.order_id, "cancel_after")
            with pytest.raises(ApiError, match="INVALID_CANCEL_AFTER"):
                await alice.cancel_after(999)

    run(scenario())


def test_an_order_expires_by_itself(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice:
            updates = await alice.order_updates()
            expire_at = int(time.time() * 1000) + 1_500
            placed = await alice.place_order(
                SYMBOL, "buy", price="100", quantity="5", time_in_force="gtd", expire_at=expire_at
            )
            assert (placed.order.time_in_force, placed.order.expire_at) == ("gtd", expire_at)
            assert (await anext(updates)).status == "new"
            ended = await anext(updates)
            assert (ended.status, ended.reason) == ("expired", "time")

    run(scenario())


# --- market-to-limit, minimum quantity, one triggers the other, quotes -----------------------------------


def test_a_market_to_limit_order_rests_at_the_price_it_took(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            await alice.place_order(SYMBOL, "sell", price="200", quantity="2")
            taken = await bob.place_order(SYMBOL, "buy", order_type="market_to_limit", quantity="5")
            order = taken.order
            assert (order.order_type, order.price, order.filled_quantity) == ("market_to_limit", 200, 2)
            assert (await bob.get_orderbook(SYMBOL))["bids"] == [["200", "3"]]
            none = await alice.place_order(SYMBOL, "sell", price="200", quantity="9", min_quantity="4")
            assert (none.order.status, none.order.reason) == ("canceled", "min_quantity")
            assert none.order.min_quantity == 4
            some = await alice.place_order(SYMBOL, "sell", price="200", quantity="9", min_quantity="3")
            assert some.order.filled_quantity == 3
            await alice.cancel_orders()

    run(scenario())


def test_a_pegged_order_is_met_at_the_price_it_follows(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            await alice.place_order(SYMBOL, "buy", price="200", quantity="2")
            await alice.place_order(SYMBOL, "sell", price="211", quantity="2")
            placed = await bob.place_order(
                SYMBOL, "buy", price="300", quantity="5", peg="mid", peg_offset="1"
            )
            order = placed.order
            assert (order.order_type, order.price, order.peg, order.peg_offset) == ("pegged", 300, "mid", 1)
            assert (await bob.get_orderbook(SYMBOL))["bids"] == [["200", "2"]]
            for best, met in (("200", Decimal("204.5")), ("206", Decimal("207.5"))):
                await alice.place_order(SYMBOL, "buy", price=best, quantity="1")
                sold = await alice.place_order(SYMBOL, "sell", price="204", quantity="2")
                assert [(fill.price, fill.quantity) for fill in sold.fills] == [(met, 2)]
            assert (await bob.get_order(order.order_id)).order.filled_quantity == 4
            changed = await bob.replace_order(order.order_id, price="205", quantity="6")
            assert (changed.order.price, changed.order.remaining_quantity) == (205, 2)
            await alice.cancel_orders()
            await bob.cancel_orders()

    run(scenario())


def test_a_pending_order_enters_when_the_working_order_is_filled(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as alice, venue.client("bob") as bob:
            updates = await alice.order_updates()
            placed = await alice.place_oto(
                NewOrder(SYMBOL, "buy", "100", 2), NewOrder(SYMBOL, "sell", "300", 2)
            )
            [pending] = placed.pending
            assert (pending.pending, pending.waiting) == (True, True)
            assert pending.entry_order_id == placed.working.order_id
            await bob.place_order(SYMBOL, "sell", price="100", quantity="2")
            while (update := await anext(updates)).order_id != pending.order_id or update.pending:
                pass
            assert (update.status, update.waiting) == ("new", False)
            assert (await alice.get_orderbook(SYMBOL))["asks"] == [["300", "2"]]
            three = await alice.place_otoco(
                NewOrder(SYMBOL, "buy", "99", 1),
                NewOrder(SYMBOL, "sell", "310", 1),
                NewOrder(SYMBOL, "sell", quantity=1, trigger_price="90"),
            )
            assert {order.linked_order_id for order in three.pending} == {o.order_id for o in three.pending}
            await alice.cancel_order(three.working.order_id)
            for order in three.pending:
                ended = await state_of(alice, order)
                assert (ended.status, ended.reason) == ("canceled", "linked")
            await alice.cancel_orders()

    run(scenario())


def test_quotes_are_replaced_canceled_and_protected(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("mina") as mina, venue.client("bob") as bob:
            off_tick = Quote("BTC-KRW", "90000500", "1")
            first = await mina.place_quotes([Quote(SYMBOL, "150", 5, "160", 5), off_tick])
            [equity, coin] = first.quotes
            assert (equity.bid_error, equity.ask_error) == (None, None)
            assert (coin.bid_order_id, coin.bid_error) == (None, "PRICE_OFF_TICK")
            assert {order.quote_id for order in first.orders} == {"1"}
            second = await mina.place_quotes([Quote(SYMBOL, "151", 5, "160", 5)])
            assert second.quotes[0].bid_order_id == equity.bid_order_id
            assert len(second.orders) == 1, "the ask stays as it is"
            assert len((await mina.cancel_quotes(SYMBOL)).orders) == 2
            protection = await mina.protect_quotes(60_000, 1, asset="USD", max_net="1000")
            assert (protection.window_ms, protection.max_net) == (60_000, 1000)
            await mina.place_quotes([Quote(SYMBOL, "151", 5, "160", 5)])
            await bob.place_order(SYMBOL, "sell", price="151", quantity="1")
            with pytest.raises(Conflict, match="QUOTES_PROTECTED"):
                await mina.place_quotes([Quote(SYMBOL, "151", 5)])
            assert (await mina.get_orderbook(SYMBOL))["asks"] == []
            assert (await mina.protect_quotes(0)).window_ms == 0
            bound = await mina.place_quotes([Quote(SYMBOL, "151", 5)], cancel_on_disconnect=True)
        await gone(venue, PEOPLE["mina"], str(bound.quotes[0].bid_order_id))

    run(scenario())


# --- auctions --------------------------------------------------------------------------------------------


def test_an_auction_from_gathering_to_its_trade(venue: Venue) -> None:
    async def scenario() -> None:
        venue.submit(m.set_symbol_status(venue.next_id(), SYMBOL, m.OPENING_AUCTION, "the day begins"))
        async with venue.client("alice") as alice, venue.client("bob") as bob, venue.client() as public:
            book, trades = await public.book(SYMBOL), await public.trades(SYMBOL)
            indications, fills = await public.indications(SYMBOL), await alice.fills()
            assert (await anext(indications)).price is None
            with pytest.raises(Conflict, match="SYMBOL_IN_AUCTION"):
                await alice.place_order(SYMBOL, "sell", price="198", quantity="1", time_in_force="fok")
            await alice.place_order(SYMBOL, "sell", price="198", quantity="7")
            await bob.place_order(SYMBOL, "buy", price="202", quantity="10")
            while not (book.best_bid and book.best_ask):
                await book.wait_changed(5)
            assert book.best_bid.price > book.best_ask.price, "the book is crossed, and proved"
            indication = await anext(indications)
            while indication.quantity != 7:
                indication = await anext(indications)
            assert (indication.surplus_side, indication.surplus_quantity) == ("buy", 3)
            assert (await public.get_auction(SYMBOL)) == indication
            venue.submit(m.set_symbol_status(venue.next_id(), SYMBOL, m.TRADING))
            trade = await anext(trades)
            assert (trade.price, trade.quantity, trade.side) == (indication.price, 7, None)
            assert (await anext(fills)).liquidity == "auction"
            while indication.price is not None:
                indication = await anext(indications)

    try:
        run(scenario())
    finally:
        venue.submit(m.set_symbol_status(venue.next_id(), SYMBOL, m.TRADING))


# --- orders that end with their connection -------------------------------------------------------------


async def gone(venue: Venue, account: int, order_id: str, within_s: float = 15.0) -> m.OrderEvent:
    """The order once it is no longer open, by the engine's own word."""
    deadline = time.monotonic() + within_s
    while True:
        event = m.OrderEvent(
            *(await asyncio.to_thread(venue.admin.query, "order", account, int(order_id))).value
        )
        if event.status not in m.OPEN_STATUSES:
            return event
        assert time.monotonic() < deadline, "it is still open"
        await asyncio.sleep(0.05)


def test_orders_end_with_their_connection_if_they_are_to(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.client("alice") as stays:
            kept = await stays.place_order(SYMBOL, "buy", price="100", quantity="1")
            async with venue.client("alice") as leaves:
                bound = await leaves.place_order(
                    SYMBOL, "buy", price="101", quantity="1", cancel_on_disconnect=True
                )
                free = await leaves.place_order(SYMBOL, "buy", price="102", quantity="1")
                assert bound.order.cancel_on_disconnect and not free.order.cancel_on_disconnect
            event = await gone(venue, PEOPLE["alice"], bound.order.order_id)
            assert event.reason == m.REASON_DISCONNECT
            assert (await state_of(stays, free.order)).is_open
            assert (await state_of(stays, kept.order)).is_open
            async with venue.client("alice", cancel_on_disconnect=True) as leaves:
                bound = await leaves.place_order(SYMBOL, "buy", price="101", quantity="1")
                free = await leaves.place_order(
                    SYMBOL, "buy", price="102", quantity="1", cancel_on_disconnect=False
                )
                stop = NewOrder(SYMBOL, "sell", trigger_price="1", quantity="1")
                limit = NewOrder(SYMBOL, "sell", price="900", quantity="1")
                oco = await leaves.place_oco(limit, stop)
            await gone(venue, PEOPLE["alice"], bound.order.order_id)
            for leg in oco.orders:
                await gone(venue, PEOPLE["alice"], leg.order_id)
            assert (await state_of(stays, free.order)).is_open

    run(scenario())


def test_one_who_asks_again_over_another_connection_gets_the_first_reply(venue: Venue) -> None:
    async def scenario() -> None:
        name = venue.next_id()
        fields = {"price": "101", "quantity": "1", "client_order_id": name, "cancel_on_disconnect": True}
        async with venue.client("alice") as client:
            first = await client.place_order(SYMBOL, "buy", **fields)  # type: ignore[arg-type]
        await gone(venue, PEOPLE["alice"], first.order.order_id)
        async with venue.client("alice") as client:
            again = await client.place_order(SYMBOL, "buy", **fields)  # type: ignore[arg-type]
            assert (again.order, again.sequence) == (first.order, first.sequence)

    run(scenario())


def test_the_flag_is_checked(venue: Venue) -> None:
    async def scenario() -> None:
        async with venue.raw() as connection:
            token = await venue.token("alice")
            reply = await request(connection, "auth", token=token, cancel_on_disconnect="yes")
            assert (reply["error"], reply["details"]["field"]) == ("INVALID_FIELD", "cancel_on_disconnect")
            reply = await request(connection, "auth", token=token, cancel_on_disconnect=True)
            assert reply["cancel_on_disconnect"] is True
            reply = await request(connection, "auth", token=token)
            assert reply["cancel_on_disconnect"] is True, "a renewed token changes nothing else"
            order = {"symbol": SYMBOL, "side": "buy", "order_type": "limit", "price": "100", "quantity": "1"}
            reply = await request(connection, "order.place", **order, session="web/1")
            assert (reply["error"], reply["details"]["field"]) == ("UNKNOWN_FIELD", "session")
            await request(connection, "subscribe", channels=["orders"])
            await connection.send(json.dumps({"op": "order.place", **order}))
            pushed = await next_push(connection, "order")
            assert "session" not in pushed, "the name of the connection is nobody's business"

    run(scenario())


@pytest.fixture(scope="module")
def own_venue() -> Iterator[Venue]:
    venue = Venue()
    yield venue
    venue.close()


def test_kill_9_of_the_web_process_ends_the_orders_of_its_connections(own_venue: Venue) -> None:
    """The engine does it, five seconds after it has lost the process; the rest stays."""
    venue = own_venue

    async def scenario() -> None:
        client = venue.client("alice", timeout_s=30)
        await client.start()
        bound = await client.place_order(SYMBOL, "buy", price="101", quantity="1", cancel_on_disconnect=True)
        kept = await client.place_order(SYMBOL, "buy", price="102", quantity="1")
        await asyncio.to_thread(venue.kill, venue.web)
        event = await gone(venue, PEOPLE["alice"], bound.order.order_id, 30)
        assert event.reason == m.REASON_DISCONNECT
        value = venue.admin.query("order", PEOPLE["alice"], int(kept.order.order_id)).value
        assert m.OrderEvent(*value).status == m.NEW
        await client.close()
        await asyncio.to_thread(venue.start_web)

    run(scenario(), 90)


def test_an_engine_that_comes_back_without_the_web_process_ends_them_too(own_venue: Venue) -> None:
    venue = own_venue

    async def scenario() -> None:
        client = venue.client("alice", timeout_s=30)
        await client.start()
        bound = await client.place_order(SYMBOL, "buy", price="101", quantity="1", cancel_on_disconnect=True)
        await asyncio.to_thread(venue.kill, venue.engine)
        await asyncio.to_thread(venue.kill, venue.web)
        await asyncio.to_thread(venue.restart_engine)
        event = await gone(venue, PEOPLE["alice"], bound.order.order_id, 30)
        assert event.reason == m.REASON_DISCONNECT
        await client.close()
        await asyncio.to_thread(venue.start_web)

    run(scenario(), 90)


def test_a_restart_of_the_engine_alone_ends_nothing(own_venue: Venue) -> None:
    """The web process comes back in time, and its connections never broke."""
    venue = own_venue

    async def scenario() -> None:
        async with venue.client("alice", timeout_s=30) as client:
            bound = await client.place_order(
                SYMBOL, "buy", price="101", quantity="1", cancel_on_disconnect=True
            )
            await asyncio.to_thread(venue.restart_engine)
            await asyncio.sleep(7)
            assert (await state_of(client, bound.order)).is_open
            assert client.connections == 1
        await gone(venue, PEOPLE["alice"], bound.order.order_id)

    run(scenario(), 90)


def test_a_connection_that_ends_while_the_engine_is_away_is_not_forgotten(own_venue: Venue) -> None:
    venue = own_venue

    async def scenario() -> None:
        async with venue.client("alice", timeout_s=30) as client:
            bound = await client.place_order(
                SYMBOL, "buy", price="101", quantity="1", cancel_on_disconnect=True
            )
            await asyncio.to_thread(venue.kill, venue.engine)
        await asyncio.to_thread(venue.restart_engine)
        await gone(venue, PEOPLE["alice"], bound.order.order_id, 30)

    run(scenario(), 90)


def test_the_type_follows_from_what_is_named() -> None:
    order = NewOrder("BTC-KRW", "sell", quantity=Decimal("0.10"), trail_percent="1.5")
    assert order.to_wire() == {
        "symbol": "BTC-KRW",
        "side": "sell",
        "order_type": "trailing_stop",
        "quantity": "0.10",
        "trail_percent": "1.5",
    }
