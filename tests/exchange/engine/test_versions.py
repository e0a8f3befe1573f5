"""Older rules versions: what the first cannot know it refuses, and a journal goes on under the next."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.engine import FIRST_RULES, RULES_VERSION, Engine, Limits
from exchange.engine import messages as m
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.stage import refused
from tests.exchange.engine.venue import opening, symbol_command

ALICE, BOB = 1000, 1001


class FirstRules:
    """An engine under rules version 1 (or another), with two rich accounts."""

    def __init__(self, version: int = FIRST_RULES) -> None:
        self.engine = Engine(Limits(), version)
        self.number = 0
        for command in opening(((0, 0), (0, 0))):
            self.apply(command)
        for account in (ALICE, BOB):
            for asset in ("KRW", "ABC"):
                self.apply(m.deposit(f"d{account}{asset}", account, asset, 10**9))

    def apply(self, command: m.Command) -> list[m.Event]:
        self.number += 1
        events = self.engine.apply(command, START_NS + self.number)
        assert self.engine.check() == []
        return events

    def place(self, account: int, side: int, lots: int, price: int, **fields: Any) -> list[m.Event]:
        command = m.place_order(
            f"p{self.number}", account, "ABC-KRW", side, price_ticks=price, quantity_lots=lots, **fields
        )
        return self.apply(command)


@pytest.fixture
def first() -> FirstRules:
    return FirstRules()


PLACE = m.place_order("", ALICE, "ABC-KRW", m.BUY, price_ticks=10, quantity_lots=5)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ((*PLACE, tuple(m.OrderTerms())), "INVALID_COMMAND"),
        (m.place_oco("c", ALICE, PLACE, PLACE), "INVALID_COMMAND"),
        (m.cancel_all("c", ALICE, None, "phone"), "INVALID_COMMAND"),
        (m.replace_order("c", ALICE, 1, 10, 5, 9), "INVALID_COMMAND"),
        (m.set_group("c", ALICE, 7), "INVALID_COMMAND"),
        (m.clear_fees("c", "ABC-KRW", ALICE), "INVALID_COMMAND"),
        (m.set_fees("c", m.EVERY_SYMBOL, ALICE, 0, 0), "SYMBOL_NOT_FOUND"),
        (m.set_fee_plan("c", 1, ()), "INVALID_COMMAND"),
        (m.set_account_plan("c", ALICE, 0), "INVALID_COMMAND"),
        (m.hold_withdrawal("c", ALICE, "w", "KRW", 5), "INVALID_COMMAND"),
        (symbol_command("c", "ABC-KRW", protection=m.Protection(band_ppm=5)), "INVALID_COMMAND"),
        (m.set_symbol_status("c", "ABC-KRW", m.PRE_OPEN), "INVALID_STATUS"),
        ((*PLACE[:6], m.GTD, *PLACE[7:]), "INVALID_ORDER"),
        ((*PLACE[:5], m.MARKET, m.IOC, *PLACE[7:]), "INVALID_ORDER"),
        ((*PLACE[:4], m.SELL, m.MARKET, m.IOC, False, 0, 0, 500, 0, None), "INVALID_ORDER"),
    ],
)
def test_what_the_first_rules_did_not_know_is_refused(
    first: FirstRules, command: m.Command, code: str
) -> None:
    assert refused(first.apply(command)) == code


def test_what_they_knew_is_carried_out_as_ever(first: FirstRules) -> None:
    assert first.place(ALICE, m.SELL, 5, 10)[0][0] == m.EV_ORDER
    assert (
        m.OrderEvent(*first.place(BOB, m.BUY, 5, 0, order_type=m.MARKET, time_in_force=m.FOK)[0]).filled_lots
        == 5
    )
    assert first.apply(m.set_symbol_status("h", "ABC-KRW", m.HALTED))[0][0] == m.EV_SYMBOL
    assert refused(first.place(ALICE, m.SELL, 5, 10)) == "SYMBOL_HALTED"


@pytest.mark.parametrize("stp", range(4))
def test_prevented_quantities_were_not_reported(first: FirstRules, stp: int) -> None:
    first.place(ALICE, m.SELL, 3, 10)
    events = first.place(ALICE, m.BUY, 5, 10, stp=stp)
    assert {len(event) for event in events if event[0] == m.EV_ORDER} == {20}
    told = sum(event[0] == m.EV_ORDER for event in events)
    assert told == (1 if stp == m.STP_CANCEL_NEWEST else 2)


def test_every_replacement_went_to_the_back(first: FirstRules) -> None:
    first.place(ALICE, m.SELL, 5, 10)
    first.place(BOB, m.SELL, 5, 10)
    first.apply(m.replace_order("r", ALICE, 1, 10, 4))
    events = first.place(BOB, m.BUY, 1, 10, stp=m.STP_CANCEL_OLDEST)
    assert [m.TradeEvent(*event).maker_order_id for event in events if event[0] == m.EV_TRADE] == [1]
    assert m.OrderEvent(*first.engine.finished_orders(BOB)[-1]).reason == m.REASON_SELF_TRADE


def test_a_snapshot_of_any_version_loads_to_the_same_state(first: FirstRules) -> None:
    first.place(ALICE, m.SELL, 5, 10, client_order_id="mine")
    first.place(BOB, m.BUY, 2, 10)
    first.place(BOB, m.BUY, 2, 9)
    for version in range(FIRST_RULES, RULES_VERSION + 1):
        if version > FIRST_RULES:
            assert first.apply(m.set_rules(f"v{version}", version)) == [(m.EV_RULES, version)]
        dumped = first.engine.dump()
        loaded = Engine.load(dumped)
        assert json.loads(dumped.split(b"\n")[0])["format"] == version
        assert (loaded.dump(), loaded.rules_version) == (dumped, version)
        assert loaded.open_orders(BOB) == first.engine.open_orders(BOB)
        assert loaded.check() == []


def test_a_journal_goes_on_under_the_new_rules_and_never_back(first: FirstRules) -> None:
    first.place(ALICE, m.SELL, 5, 10)
    first.place(BOB, m.BUY, 2, 10)
    assert refused(first.apply(m.set_rules("v0", RULES_VERSION + 1))) == "INVALID_RULES"
    first.apply(m.set_rules("v1", RULES_VERSION))
    # No price was remembered: the first trade under the new rules is the first.
    assert first.engine.prices("ABC-KRW") == (0, 0)
    stop = m.OrderTerms(trigger=m.STOP, trigger_ticks=9)
    assert first.place(ALICE, m.SELL, 5, 8, terms=stop)[0][0] == m.EV_ORDER
    first.place(BOB, m.BUY, 1, 10)
    assert first.engine.prices("ABC-KRW") == (10, 10)
    assert refused(first.apply(m.set_rules("v2", FIRST_RULES))) == "INVALID_RULES"


def test_version_2_fills_an_iceberg_part_by_part_and_lets_it_show_what_it_likes() -> None:
    second = FirstRules(2)
    second.place(ALICE, m.SELL, 12, 10, terms=m.OrderTerms(display_lots=1))
    second.apply(symbol_command("s", "ABC-KRW", min_notional_minor=150))
    second.place(ALICE, m.SELL, 12, 10, terms=m.OrderTerms(display_lots=1))
    assert m.OrderEvent(*second.apply(m.replace_order("r", ALICE, 2, 12, 12))[0]).price_ticks == 12
    events = second.place(BOB, m.BUY, 12, 10)
    assert [m.TradeEvent(*event).quantity_lots for event in events if event[0] == m.EV_TRADE] == [1] * 12
    assert refused(second.apply(m.set_rules("v1", FIRST_RULES))) == "INVALID_RULES"


#: (buys, sells, reference price) -> what version 3 made of them: candidates were prices of orders, ties went
#: to the price nearest to the reference, the lower of two, without one the lowest.
OLD_AUCTIONS: list[tuple[list[tuple[int, int]], list[tuple[int, int]], int, list[tuple[int, int]]]] = [
    ([(9, 5)], [(10, 5)], 0, []),
    ([(14, 5), (8, 1)], [(10, 5), (16, 1)], 0, [(10, 5)]),
    ([(14, 9)], [(10, 5), (16, 1)], 0, [(14, 5)]),
    ([(14, 5)], [(10, 9)], 0, [(10, 5)]),
    ([(14, 5)], [(10, 5)], 12, [(10, 5)]),
    ([(14, 5)], [(10, 5)], 16, [(14, 5)]),
]


@pytest.mark.parametrize(("buys", "sells", "reference", "trades"), OLD_AUCTIONS)
def test_version_3_holds_its_auctions_at_prices_of_orders(
    buys: list[tuple[int, int]],
    sells: list[tuple[int, int]],
    reference: int,
    trades: list[tuple[int, int]],
) -> None:
    third = FirstRules(3)
    if reference:
        third.place(ALICE, m.SELL, 1, reference)
        third.place(BOB, m.BUY, 1, reference)
    third.apply(m.set_symbol_status("open", "ABC-KRW", m.OPENING_AUCTION))
    for price, lots in buys:
        third.place(ALICE, m.BUY, lots, price)
    for price, lots in sells:
        third.place(BOB, m.SELL, lots, price)
    indication = third.engine.indication("ABC-KRW")
    assert indication[2:4] == (trades[0] if trades else (0, 0))
    events = third.apply(m.set_symbol_status("trade", "ABC-KRW", m.TRADING))
    found = [m.TradeEvent(*event) for event in events if event[0] == m.EV_TRADE]
    assert [(trade.price_ticks, trade.quantity_lots) for trade in found] == trades


def test_version_3_keeps_the_orders_of_a_halted_symbol_and_opens_it_at_once() -> None:
    third = FirstRules(3)
    third.place(ALICE, m.BUY, 5, 10)
    third.apply(m.cancel_after("after", ALICE, 1_000))
    third.apply(m.set_symbol_status("halt", "ABC-KRW", m.HALTED))
    assert refused(third.apply(m.cancel_order("c1", ALICE, 1))) == "SYMBOL_HALTED"
    assert refused(third.apply(m.cancel_all("c2", ALICE, "ABC-KRW"))) == "SYMBOL_HALTED"
    replace = m.cancel_replace("c3", ALICE, PLACE, order_id=1)
    assert refused(third.apply(replace)) == "SYMBOL_HALTED"
    assert third.apply(m.cancel_all("c4", ALICE))[0][3] == 0
    third.engine.apply(m.tick(), START_NS + 10**10)
    assert len(third.engine.open_orders(ALICE)) == 1
    third.number = 2 * 10**10
    assert third.apply(m.set_symbol_status("trade", "ABC-KRW", m.TRADING))[0][0] == m.EV_SYMBOL


def test_version_3_knows_no_orders_for_auctions() -> None:
    third = FirstRules(3)
    assert refused(third.place(ALICE, m.BUY, 5, 10, time_in_force=m.CLS)) == "INVALID_ORDER"
    banded = m.Protection(band_ppm=900_000, volatility_ppm=100_000, volatility_ns=10**9)
    third.apply(symbol_command("s", "ABC-KRW", protection=banded, maker_ppm=0, taker_ppm=0))
    third.place(ALICE, m.SELL, 1, 10)
    third.place(BOB, m.BUY, 1, 10)
    third.place(ALICE, m.SELL, 1, 12)
    market = {"order_type": m.MARKET, "time_in_force": m.IOC}
    events = third.place(BOB, m.BUY, 1, 0, **market)
    assert m.OrderEvent(*events[0]).reason == m.REASON_VOLATILITY
    assert refused(third.place(BOB, m.BUY, 1, 0, **market)) == "SYMBOL_IN_AUCTION"


# --- what version 4 changed ------------------------------------------------------------------------------

THIRD = 3


def waiting(first: FirstRules, trigger: int) -> int:
    """A sell stop of ALICE; its id."""
    terms = m.OrderTerms(trigger=m.STOP, trigger_ticks=trigger)
    return m.OrderEvent(*first.place(ALICE, m.SELL, 5, 5, terms=terms)[0]).order_id


def test_before_version_4_orders_that_one_price_fires_enter_by_age() -> None:
    first = FirstRules(THIRD)
    for price in (10, 6):
        first.place(BOB, m.BUY, 1, price)
        first.place(ALICE, m.SELL, 1, price) if price == 10 else None
    older, newer = waiting(first, 7), waiting(first, 8)
    events = first.place(ALICE, m.SELL, 1, 6)
    fired = [event[1] for event in events if event[0] == m.EV_ORDER and event[1] in (older, newer)]
    assert fired == [older, newer]


def test_before_version_4_a_replacement_never_fires_and_a_trigger_keeps_its_age() -> None:
    first = FirstRules(THIRD)
    first.place(BOB, m.BUY, 1, 10)
    first.place(ALICE, m.SELL, 1, 10)
    order = waiting(first, 7)
    now = m.replace_order("r1", ALICE, order, 5, 5, 8, trigger_now=True)
    assert refused(first.apply(now)) == "INVALID_REPLACE"
    [event, *_] = first.apply(m.replace_order("r2", ALICE, order, 5, 5, 8))
    told = m.OrderExtra(*m.OrderEvent(*event).extra)
    assert told.trigger_ticks == 8


def test_what_was_prevented_begins_anew_with_version_4() -> None:
    """Before, an order that lost nothing reported what the one that met it had lost."""
    first = FirstRules(THIRD)
    first.place(ALICE, m.SELL, 5, 10)
    events = first.place(ALICE, m.BUY, 3, 10, stp=m.STP_CANCEL_NEWEST)
    resting = [m.OrderEvent(*event) for event in events if event[0] == m.EV_ORDER and event[4] == "ABC-KRW"]
    assert {m.OrderExtra(*order.extra).prevented_lots for order in resting if order.extra} == {3}
    first.apply(m.set_rules("v4", RULES_VERSION))
    [event] = first.engine.open_orders(ALICE)
    extra = m.OrderEvent(*event).extra
    assert extra is None or m.OrderExtra(*extra).prevented_lots == 0
