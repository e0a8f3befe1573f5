"""docs/orders.md, K8 and K9: volatility interruptions and trading days; what a symbol's protection may be."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import (
    ALICE,
    BOB,
    CAROL,
    LOTS,
    SECOND_NS,
    Stage,
    extra,
    refused,
    stop,
)


def in_band(lots: int = 1) -> Stage:
    """The last price is 100, trades stay within 10 % of it, and there is something to buy on both sides of
    the line."""
    stage = Stage(protection=m.Protection(volatility_ppm=100_000, volatility_ns=120 * SECOND_NS))
    stage.trade_at(100)
    for price in (109, 110, 111):
        stage.sell(BOB, lots, price)
    return stage


@pytest.mark.parametrize(
    ("fields", "filled", "state"),
    [
        ({"price": 111}, 2, "partially_filled"),
        ({"price": 111, "time_in_force": m.DAY}, 2, "partially_filled"),
        ({"price": 111, "time_in_force": m.IOC}, 2, "canceled/volatility"),
        ({"price": 0, "lots": 0, "quote_amount_minor": 9_000}, 2, "canceled/volatility"),
    ],
)
@pytest.mark.attack("A26")
def test_k8_a_trade_out_of_the_band_does_not_take_place(
    fields: dict[str, Any], filled: int, state: str
) -> None:
    stage = in_band()
    order = stage.buy(ALICE, **({"lots": 5} | fields))
    assert (stage.trades(), stage.now(order).filled_lots) == ([(109, 1), (110, 1)], filled)
    assert (stage.state(order), stage.status()) == (state, "volatility_auction")
    told = m.SymbolEvent(*stage.events_of(m.EV_SYMBOL)[0])
    assert (told.status_reason, told.call_ends_ns) == ("volatility", stage.pair.now_ns + 120 * SECOND_NS)


def test_k8_after_its_time_an_auction_and_back_to_trading() -> None:
    stage = in_band()
    order = stage.buy(ALICE, 5, 111)
    assert (stage.bids(), stage.asks()) == ([(111, 3)], [(111, 1)])
    stage.sell(CAROL, 1, 110)
    stage.tick(after_ns=120 * SECOND_NS - 1_001)
    assert stage.status() == "volatility_auction"
    assert stage.pair.core.next_due_ns() == stage.pair.now_ns + 1
    stage.tick(after_ns=1)
    assert (stage.status(), stage.trades()) == ("trading", [(111, 1), (111, 1)])
    assert (stage.now(order).filled_lots, stage.prices()) == (4, (111, 111))
    assert m.SymbolEvent(*stage.events_of(m.EV_SYMBOL)[0]).call_ends_ns == 0


def test_k8_an_fok_order_that_would_run_into_the_band_does_nothing_at_all() -> None:
    stage = in_band()
    order = stage.buy(ALICE, 3, 111, time_in_force=m.FOK)
    assert (stage.state(order), stage.trades()) == ("canceled/fok_unfillable", [])
    assert stage.status() == "trading"
    assert stage.state(stage.buy(ALICE, 2, 111, time_in_force=m.FOK)) == "filled"


def test_k8_the_band_is_around_the_last_price_before_the_order() -> None:
    """Two orders walk where one may not; and downward as far."""
    stage = in_band()
    stage.buy(ALICE, 2, 111)
    assert stage.buy(ALICE, 1, 111).status == m.FILLED
    stage.buy(CAROL, 1, 99)
    assert stage.sell(ALICE, 1, 99).status == m.NEW
    assert stage.status() == "volatility_auction"


def test_k8_without_a_last_price_there_is_no_band() -> None:
    stage = Stage(protection=m.Protection(volatility_ppm=1, volatility_ns=SECOND_NS))
    stage.sell(BOB, 1, 100)
    stage.sell(BOB, 1, 9_000)
    assert stage.buy(ALICE, 2, 9_000).status == m.FILLED


def test_k8_a_meeting_that_self_trade_prevention_ends_is_no_trade() -> None:
    stage = in_band()
    stage.buy(CAROL, 2, 110)
    order = stage.buy(BOB, 1, 111, stp=m.STP_CANCEL_OLDEST)
    assert (stage.state(order), stage.status()) == ("new", "trading")
    # The band of the next order is around 110.
    assert stage.trades() == []


def test_k8_fired_orders_interrupt_as_well_and_those_behind_wait() -> None:
    stage = in_band()
    stage.buy(CAROL, 1, 95)
    stage.buy(CAROL, 1, 70)
    orders = [stage.sell(ALICE, 1, 1, terms=stop(99)) for _ in range(3)]
    stage.sell(BOB, 1, 95, stp=m.STP_CANCEL_OLDEST)
    assert (stage.trades(), stage.status()) == ([(95, 1)], "volatility_auction")
    assert [extra(stage.now(order)).triggered_ns > 0 for order in orders] == [True] * 3
    # The first one's rest gathers for the auction; the other two enter after it.
    assert stage.asks()[0] == (1, 1)
    stage.tick(after_ns=120 * SECOND_NS)
    assert (stage.trades(), stage.state(orders[0])) == ([(70, 1)], "filled")
    assert stage.asks()[0] == (1, 2)


def test_k8_exits_of_what_was_bought_gather_too() -> None:
    stage = in_band()
    stage.bracket(stage.order_tuple(ALICE, m.BUY, 5, 111), 112, 50)
    assert (stage.status(), stage.asks()) == ("volatility_auction", [(111, 1), (112, 2)])
    assert stage.lots(ALICE) == (LOTS, 2)


def test_k8_an_operator_may_set_it_and_end_it_sooner() -> None:
    stage = in_band()
    stage.go(m.VOLATILITY_AUCTION)
    assert stage.pair.core.next_due_ns() is not None
    ends_ns = m.SymbolEvent(*stage.events_of(m.EV_SYMBOL)[0]).call_ends_ns
    assert ends_ns == stage.pair.now_ns + 120 * SECOND_NS
    stage.go(m.TRADING)
    stage.go(m.CLOSING_AUCTION)
    stage.tick(after_ns=1_000 * SECOND_NS)
    assert stage.status() == "closing_auction"


def test_k9_sessions_of_a_calendar_are_commands() -> None:
    """A trading day: gather, open by auction, trade, gather, close by auction; the day orders end."""
    stage = Stage(protection=m.Protection(calendar="XNYS"))
    stage.go(m.OPENING_AUCTION)
    stage.buy(ALICE, 5, 101)
    stage.sell(BOB, 5, 99)
    stage.go(m.TRADING)
    assert stage.trades() == [(100, 5)]
    day, gtc = stage.buy(ALICE, 5, 90, time_in_force=m.DAY), stage.buy(ALICE, 5, 89)
    stage.go(m.CLOSING_AUCTION)
    stage.sell(CAROL, 2, 80)
    stage.go(m.CLOSED)
    assert stage.trades() == [(90, 2)]
    assert (stage.state(day), stage.now(day).filled_lots) == ("expired/closed", 2)
    assert (stage.state(gtc), stage.bids()) == ("new", [(89, 5)])


# --- what a symbol's protection may be -------------------------------------------------------------------


@pytest.mark.parametrize(
    "protection",
    [
        m.Protection(max_notional_minor=-1),
        m.Protection(collar_ppm=-1),
        m.Protection(band_ppm=1_000_001),
        m.Protection(volatility_ppm=5),
        m.Protection(volatility_ppm=5, volatility_ns=-1),
        m.Protection(volatility_ns=24 * 3_600 * SECOND_NS + 1),
        m.Protection(calendar="A-CALENDAR-TOO-LONG"),
    ],
)
def test_protection_that_means_nothing_is_refused(stage: Stage, protection: m.Protection) -> None:
    terms = stage.symbol_terms | {"protection": protection}
    assert refused(stage.do(m.set_symbol, "ABC-KRW", **terms)) == "INVALID_SYMBOL"


def test_protection_is_told_where_there_is_any(stage: Stage) -> None:
    stage.protect(collar_ppm=5)
    assert stage.events[0][18:] == (tuple(m.Protection(collar_ppm=5)[:6]), 0)
    stage.protect()
    assert len(stage.events[0]) == 18
    assert stage.pair.core.next_due_ns() is not None
