"""One cheap iceberg made any taker a command of 400,000 trades. It does so no more, not even one that rests
already."""

from __future__ import annotations

import pytest

from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import BOUNDED_RULES
from tests.exchange.engine.pair import START_NS

SYMBOL = "BTC-KRW"
ALICE, BOB = 1000, 1001
PRICE = 135_408_000
#: 0.004 BTC, of which one hundred-millionth is shown at a time.
LOTS = 400_000


def engine_at(version: int) -> Engine:
    """The venue of the demo, with its BTC-KRW, under a version of the rules."""
    engine = Engine(Limits(), version)
    for command in (
        m.set_asset("a1", "KRW", 8),
        m.set_asset("a2", "BTC", 8),
        m.set_symbol(
            *("s", SYMBOL),
            base="BTC",
            quote="KRW",
            price_scale=0,
            quantity_scale=8,
            tick_bands=((0, 1_000),),
            lot_step=1,
            min_quantity_lots=1,
            max_quantity_lots=10**12,
            min_price_ticks=1_000,
            max_price_ticks=10**10,
            min_notional_minor=5_000 * 10**8,
            maker_ppm=500,
            taker_ppm=500,
            max_open_orders=200,
        ),
        *(m.set_account(f"u{account}", account) for account in (ALICE, BOB)),
        m.deposit("d1", ALICE, "BTC", 10**9),
        m.deposit("d2", BOB, "KRW", 10**18),
    ):
        assert engine.apply(command, START_NS)[0][0] != m.EV_REJECTED
    return engine


def bait(display_lots: int = 1) -> m.Command:
    terms = m.OrderTerms(display_lots=display_lots)
    return m.place_order(
        f"bait{display_lots}", ALICE, SYMBOL, m.SELL, price_ticks=PRICE, quantity_lots=LOTS, terms=terms
    )


def take() -> m.Command:
    return m.place_order(
        "take", BOB, SYMBOL, m.BUY, price_ticks=PRICE, quantity_lots=LOTS, time_in_force=m.IOC
    )


@pytest.mark.attack("A1")
def test_a_part_that_is_worth_nothing_is_refused() -> None:
    engine = engine_at(BOUNDED_RULES)
    refusal = m.RejectedEvent(*engine.apply(bait(), START_NS)[0])
    # A hundredth of it is worth 5,416 won, more than the minimum.
    assert (refusal.code, refusal.details) == (
        "DISPLAY_TOO_SMALL",
        ("field", "display_quantity", "minimum_lots", 4_000),
    )
    assert engine.apply(bait(3_999), START_NS)[0][0] == m.EV_REJECTED
    assert engine.apply(bait(4_000), START_NS)[0][0] == m.EV_ORDER
    assert len(engine.apply(take(), START_NS)) < 10


@pytest.mark.attack("A1")
@pytest.mark.parametrize("reloaded", [False, True])
def test_one_that_rests_from_before_is_one_trade(reloaded: bool) -> None:
    engine = engine_at(BOUNDED_RULES - 1)
    assert engine.apply(bait(), START_NS)[0][0] == m.EV_ORDER
    engine.apply(m.set_rules("rules:3", BOUNDED_RULES), START_NS)
    if reloaded:
        engine = Engine.load(engine.dump())
    events = engine.apply(take(), START_NS)
    assert [m.TradeEvent(*event).quantity_lots for event in events if event[0] == m.EV_TRADE] == [LOTS]
    assert m.OrderEvent(*events[0]).status == m.FILLED
    assert engine.check() == []


@pytest.mark.attack("A1")
def test_several_that_rest_from_before_are_two_trades_each() -> None:
    engine = engine_at(BOUNDED_RULES - 1)
    for number in range(150):
        terms = m.OrderTerms(display_lots=1)
        engine.apply(
            m.place_order(
                f"b{number}", ALICE, SYMBOL, m.SELL, price_ticks=PRICE, quantity_lots=4_000, terms=terms
            ),
            START_NS,
        )
    engine.apply(m.set_rules("rules:3", BOUNDED_RULES), START_NS)
    events = engine.apply(take(), START_NS)
    assert sum(event[0] == m.EV_TRADE for event in events) == 300
    assert m.OrderEvent(*events[0]).filled_lots == LOTS


@pytest.mark.attack("A1")
def test_what_is_remembered_of_a_reply_is_bounded_for_the_venue_too() -> None:
    """An auction of many orders, kept for ever with its command."""
    engine = Engine(Limits(reply_events=5))
    for command in engine_commands():
        engine.apply(command, START_NS)
    open_market = m.set_symbol_status("open", SYMBOL, m.TRADING)
    events = engine.apply(open_market, START_NS)
    recalled = engine.recall(open_market)
    assert recalled is not None
    assert (len(events) > 10, recalled.events) == (True, events[:5])
    all_gone = m.cancel_all("gone", ALICE)
    events = engine.apply(all_gone, START_NS)
    recalled = engine.recall(all_gone)
    assert recalled is not None
    assert (m.CanceledAllEvent(*events[0]).canceled_count, recalled.events) == (6, events[:5])


def engine_commands() -> list[m.Command]:
    """A venue in an auction in which four of Alice's ten orders will trade."""
    source = engine_at(BOUNDED_RULES)
    commands = [entry[0] for entry in source._state.memory.control.values()]
    commands.append(m.set_symbol_status("call", SYMBOL, m.PRE_OPEN))
    place = m.place_order
    commands += [
        place(f"s{n}", ALICE, SYMBOL, m.SELL, price_ticks=PRICE, quantity_lots=4_000) for n in range(10)
    ]
    commands += [place(f"b{n}", BOB, SYMBOL, m.BUY, price_ticks=PRICE, quantity_lots=4_000) for n in range(4)]
    return commands
