"""Rules version 1: what it cannot know it refuses, and a journal written under it goes on under version 2."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import FIRST_RULES, RULES_VERSION, Engine, Limits
from exchange.engine import messages as m
from tests.engine.pair import START_NS
from tests.engine.stage import refused
from tests.engine.venue import opening, symbol_command

ALICE, BOB = 1000, 1001


class FirstRules:
    """An engine under rules version 1, with two rich accounts."""

    def __init__(self) -> None:
        self.engine = Engine(Limits(), FIRST_RULES)
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


def test_a_snapshot_of_either_version_loads_to_the_same_state(first: FirstRules) -> None:
    first.place(ALICE, m.SELL, 5, 10, client_order_id="mine")
    first.place(BOB, m.BUY, 2, 10)
    first.place(BOB, m.BUY, 2, 9)
    for version in (FIRST_RULES, RULES_VERSION):
        if version > FIRST_RULES:
            assert first.apply(m.set_rules("v", version)) == [(m.EV_RULES, version)]
        dumped = first.engine.dump()
        loaded = Engine.load(dumped)
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
