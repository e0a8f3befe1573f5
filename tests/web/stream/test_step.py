"""The pure step from a command's events to messages, with the events of a real engine."""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.listing.symbol_table import SymbolTable
from web.live.step import (
    AUCTION,
    BALANCES,
    BOOK,
    DEFINITIONS,
    FILLS,
    ORDERS,
    SYMBOLS,
    TRADES,
    Known,
    Told,
    step,
)
from web.live.topics import Body

ALICE, BOB = 1001, 1002
NOW_NS = 1_760_000_000_000_000_000


class House:
    """An engine with the symbols that ship and two traders with money, and what a hub knows of it."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.symbols = SymbolTable()
        self.indications: dict[str, Body] = {}
        self.ids = iter(range(10**9))
        for command in catalog.setup_commands():
            self.engine.apply(command, NOW_NS)
        self.symbols.load(self.engine.assets(), self.engine.symbols())
        for account in (ALICE, BOB):
            self.apply(m.set_account(self.next_id(), account))
            for asset, amount in (("USD", 10**17), ("AAPL", 10**6)):
                self.apply(m.deposit(self.next_id(), account, asset, amount))

    def next_id(self) -> str:
        return f"test:{next(self.ids)}"

    def apply(self, command: m.Command) -> list[m.Event]:
        return self.engine.apply(command, NOW_NS)

    def place(self, account: int, side: int, price: int, lots: int) -> list[m.Event]:
        return self.apply(
            m.place_order(self.next_id(), account, "AAPL", side, price_ticks=price, quantity_lots=lots)
        )

    def told(self, events: list[m.Event], *accounts: int) -> list[Told]:
        """What the step gives; insists that it is the same again and that it has changed nothing."""
        known = Known(self.symbols, set(accounts), self.indications)
        before = copy.deepcopy((events, self.indications, self.symbols.all()))
        first, second = (step(events, known, self.engine.sequence, NOW_NS) for _ in range(2))
        assert [written(item) for item in first] == [written(item) for item in second]
        assert before == (events, self.indications, self.symbols.all())
        return first


def written(told: Told) -> tuple[str, Any, Any]:
    channel, name, message = told
    return channel, name, message() if callable(message) else message


@pytest.fixture
def house() -> House:
    return House()


def crossings(house: House, count: int) -> Iterator[list[m.Event]]:
    """Orders of both traders around one price, and cancels."""
    rng = random.Random(11)
    for _ in range(count):
        if rng.random() < 0.1:
            yield house.apply(m.cancel_all(house.next_id(), rng.choice((ALICE, BOB)), "AAPL"))
        else:
            account, side = rng.choice((ALICE, BOB)), rng.choice((m.BUY, m.SELL))
            yield house.place(account, side, 10_000 + rng.randrange(-10, 10), rng.randrange(1, 40))


def test_the_levels_add_up_to_the_engines_book(house: House) -> None:
    sides: dict[int, dict[int, int]] = {m.BUY: {}, m.SELL: {}}
    for events in crossings(house, 400):
        for channel, name, message in house.told(events):
            if channel == BOOK:
                assert name == "AAPL"
                _, _, side, price, lots = message
                sides[side][price] = lots
    bids, asks = house.engine.depth("AAPL")
    for side, levels in ((m.BUY, bids), (m.SELL, asks)):
        assert {price: lots for price, lots in sides[side].items() if lots} == dict(levels)


def test_every_trade_is_told_once_and_fills_to_those_who_are_read(house: House) -> None:
    seen: Counter[str] = Counter()
    for events in crossings(house, 400):
        trades = [event for event in events if event[0] == m.EV_TRADE]
        told = [written(item) for item in house.told(events, ALICE)]
        public = [body for channel, _, body in told if channel == TRADES]
        assert [body["execution_id"] for body in public] == [str(event[1]) for event in trades]
        assert {body["sequence"] for body in public} <= {house.engine.sequence}
        mine = sum((event[8] == ALICE) + (event[13] == ALICE) for event in trades)
        fills = [item for item in told if item[0] == FILLS]
        assert len(fills) == mine and {name for _, name, _ in fills} <= {ALICE}
        seen.update(channel for channel, _, _ in told)
    assert seen[TRADES] > 50 and seen[FILLS] > 50


def test_private_messages_are_made_for_accounts_that_are_read_alone(house: House) -> None:
    events = house.place(ALICE, m.SELL, 10_000, 5)
    assert {channel for channel, _, _ in house.told(events)} == {BOOK}
    told = house.told(events, ALICE)
    assert [channel for channel, _, _ in told if channel != BOOK] == [
        BALANCES if event[0] == m.EV_BALANCE else ORDERS
        for event in events
        if event[0] in (m.EV_BALANCE, m.EV_ORDER)
    ]
    order = next(message for channel, _, message in told if channel == ORDERS)
    assert (order["type"], order["symbol"], order["status"]) == ("order", "AAPL", "new")
    assert {channel for channel, _, _ in house.told(events, BOB)} == {BOOK}


def auction_told(house: House, status: int) -> list[Told]:
    return house.told(house.apply(m.set_symbol_status(house.next_id(), "AAPL", status, "")))


def test_an_auction_is_told_while_it_lasts_and_once_when_it_ends(house: House) -> None:
    assert [item[0] for item in auction_told(house, m.OPENING_AUCTION)][:1] == [SYMBOLS]
    house.place(ALICE, m.BUY, 10_010, 5)
    house.place(BOB, m.SELL, 10_000, 5)
    told = house.told(house.apply(m.tick()))
    (indicative,) = [message for channel, _, message in told if channel == AUCTION]
    assert indicative["type"] == "indicative"
    house.indications["AAPL"] = indicative
    told = auction_told(house, m.TRADING)
    channels = [channel for channel, _, _ in told]
    symbol = next(message for channel, _, message in told if channel == SYMBOLS)
    assert symbol["status"] == "trading"
    # The definition comes after what is told with the one before.
    assert channels.index(SYMBOLS) < channels.index(DEFINITIONS)
    last: Mapping[str, Any] = [message for channel, _, message in told if channel == AUCTION][-1]
    assert last != indicative and TRADES in channels
    del house.indications["AAPL"]
    assert AUCTION not in [item[0] for item in auction_told(house, m.HALTED)]


def test_definitions_are_passed_on_as_they_are(house: House) -> None:
    events = house.apply(m.set_asset(house.next_id(), "XRP", 6))
    assert house.told(events) == [(DEFINITIONS, "XRP", events[0])]
