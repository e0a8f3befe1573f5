"""The engine by itself: in decimals, without a server, and as the engine decides."""

from __future__ import annotations

import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ops.running import ROOT
from xtrader_engine import ApiError, Level, Trade, Venue

SECOND = 1_000_000_000


class Clock:
    now_ns = 1_800_000_000 * SECOND

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def venue(clock: Clock) -> Venue:
    venue = Venue(clock)
    venue.list_symbol("BTC-USD", tick="0.01", lot="0.0001", maker_fee="-0.0001", taker_fee="0.0005")
    return venue


def limit(side: str, price: str, quantity: str, **more: object) -> dict[str, object]:
    order = {"symbol": "BTC-USD", "side": side, "order_type": "limit", "price": price, "quantity": quantity}
    return {**order, **more}


def test_a_trade_moves_money_and_the_book(venue: Venue) -> None:
    alice, bob = venue.open_account(USD="10000"), venue.open_account(BTC=1)
    told: list[Trade] = []
    venue.on_trade(told.append)
    bobs: list[str] = []
    venue.on_fill(bob, lambda fill: bobs.append(fill.liquidity))
    resting = venue.place(bob, **limit("sell", "9000", "0.5"))
    placed = venue.place(alice, symbol="BTC-USD", side="buy", order_type="market", quantity="0.2")
    assert (resting.order.status, placed.order.status) == ("new", "filled")
    assert [(fill.price, fill.quantity, fill.fee) for fill in placed.fills] == [("9000", "0.2", "0.9")]
    assert venue.book("BTC-USD") == ([], [Level(Decimal(9000), Decimal("0.3"))])
    assert venue.balances(alice)["USD"].available == Decimal("8199.1")
    assert venue.balances(bob)["USD"].available == Decimal("1800.18")
    assert venue.balances(bob)["BTC"] == (Decimal("0.5"), Decimal("0.3"))
    assert [(trade.price, trade.quantity, trade.side) for trade in told] == [(9000, Decimal("0.2"), "buy")]
    assert told == placed.trades and bobs == ["maker"]


def test_every_kind_of_order_has_the_words_of_the_api(venue: Venue, clock: Clock) -> None:
    alice, bob = venue.open_account(USD=10**6, BTC=10), venue.open_account(USD=10**6, BTC=10)
    venue.place(bob, **limit("sell", "100", "1"))
    stop = venue.place(
        alice, symbol="BTC-USD", side="sell", order_type="stop", trigger_price="90", quantity="1"
    ).order
    assert (stop.order_type, stop.status) == ("stop", "new")
    oco = venue.place_oco(
        alice,
        {"symbol": "BTC-USD", "side": "sell", "order_type": "limit", "price": "120", "quantity": "1"},
        {"symbol": "BTC-USD", "side": "sell", "order_type": "stop", "trigger_price": "80", "quantity": "1"},
    )
    assert len(oco.orders) == 2
    soon = venue.place(
        alice, **limit("buy", "50", "1", time_in_force="gtd", expire_at=clock() // 10**6 + 2_000)
    )
    clock.now_ns += 3 * SECOND
    assert venue.pass_time() == []
    assert soon.order.order_id not in {order.order_id for order in venue.open_orders(alice)}
    reduced = venue.reduce(alice, stop.order_id, "0.5")
    assert reduced.order.quantity == "0.5"
    moved = venue.replace(alice, stop.order_id, trigger_price="85", quantity="0.4")
    assert moved.order.quantity == "0.4"
    assert {order.status for order in venue.cancel_all(alice).orders} == {"canceled"}
    assert venue.open_orders(alice) == []


@pytest.mark.parametrize(
    "order, code",
    [
        (limit("buy", "9000", "100"), "INSUFFICIENT_BALANCE"),
        (limit("buy", "9000.001", "1"), "PRICE_OFF_TICK"),
        (limit("buy", "9000", "0.00001"), "QUANTITY_OFF_LOT"),
        (limit("up", "9000", "1"), "INVALID_FIELD"),
        ({**limit("buy", "9000", "1"), "symbol": "ETH-USD"}, "SYMBOL_NOT_FOUND"),
        ({**limit("buy", "9000", "1"), "colour": "red"}, "UNKNOWN_FIELD"),
        ({**limit("buy", "9000", "1"), "price": 9000.5}, "INVALID_FIELD"),
    ],
)
def test_what_is_refused_changes_nothing(venue: Venue, order: dict[str, object], code: str) -> None:
    alice = venue.open_account(USD="1000")
    before = venue.engine.state_hash()
    with pytest.raises(ApiError) as refused:
        venue.place(alice, **order)
    assert refused.value.code == code
    assert venue.open_orders(alice) == []
    assert code == "INSUFFICIENT_BALANCE" or venue.engine.state_hash() == before


def test_an_order_of_another_is_unknown(venue: Venue) -> None:
    alice, bob = venue.open_account(USD=1000), venue.open_account()
    order = venue.place(alice, **limit("buy", "10", "1")).order
    for act in (
        lambda: venue.cancel(bob, order.order_id),
        lambda: venue.reduce(bob, order.order_id, "0.5"),
        lambda: venue.replace(bob, order.order_id, price="11", quantity="1"),
    ):
        with pytest.raises(ApiError) as refused:
            act()
        assert refused.value.code == "ORDER_NOT_FOUND"


@pytest.mark.parametrize("step", ["0", "-1", "NaN", "Infinity"])
def test_a_step_has_to_be_one(venue: Venue, step: str) -> None:
    with pytest.raises(ValueError, match="no step"):
        venue.list_symbol("ETH-USD", tick=step, lot="1")


def test_an_asset_keeps_its_decimals(venue: Venue) -> None:
    with pytest.raises(ValueError, match="USD has 8 decimals, and 11 are needed"):
        venue.list_symbol("ETH-USD", tick="0.001", lot="0.00000001")


def test_a_saved_venue_goes_on_as_if_nothing_had_been(venue: Venue, clock: Clock, tmp_path: Path) -> None:
    luck = random.Random(5)
    accounts = [venue.open_account(USD=10**6, BTC=10**3) for _ in range(4)]

    def trade(here: Venue, luck: random.Random) -> list[Trade]:
        trades = []
        for _ in range(200):
            order = limit(
                luck.choice(["buy", "sell"]), str(luck.randrange(95, 105)), f"0.{luck.randrange(1, 9)}"
            )
            trades += here.place(luck.choice(accounts), **order).trades
        return trades

    assert trade(venue, luck)
    venue.save(tmp_path / "venue")
    other = Venue.load(tmp_path / "venue", clock)
    assert other.engine.state_hash() == venue.engine.state_hash()
    state = luck.getstate()
    first = trade(venue, luck)
    luck.setstate(state)
    assert trade(other, luck) == first
    assert [other.balances(number) for number in accounts] == [venue.balances(number) for number in accounts]
    assert other.open_account() == venue.open_account()


def test_nothing_of_a_server_is_imported() -> None:
    code = "import sys, xtrader_engine, xtrader_engine.backtest; print([name for name in sys.modules if "
    code += "name.split('.')[0] in ('django', 'rest_framework', 'channels', 'redis', 'uvicorn')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
