"""Quotes of market makers: rules MM1 to MM5."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine import messages as m
from tests.exchange.engine import venue
from tests.exchange.engine.pair import Pair

A, B, C = venue.ACCOUNTS[:3]
SYMBOL, OTHER = "XYZ-KRW", "ABC-KRW"


class Stage:
    """Both engines, with money and goods for everyone."""

    def __init__(self, **limits: int) -> None:
        self.pair = Pair(**limits)
        self.number = 0
        for command in venue.opening(((0, 0), (0, 0)), 1, None):
            self.pair.submit(command)
        for account in (A, B, C):
            for asset in ("KRW", "XYZ", "ABC"):
                self.do(m.deposit, account, asset, 10**5)

    def do(self, make: Any, *args: Any, **fields: Any) -> list[m.Event]:
        self.number += 1
        events = self.pair.submit(make(f"t{self.number}", *args, **fields))
        self.pair.check_state()
        self.pair.check_invariants()
        self.pair.round_trip()
        return events

    def quote(self, *quotes: m.Quote, account: int = A) -> list[tuple[bool, str, bool, str]]:
        """Of each quote: whether a bid stands, its code, and the same of the ask."""
        events = self.do(m.place_quotes, account, *quotes)
        assert events[0][0] == m.EV_QUOTES, events[0]
        return [(bool(bid), code, bool(ask), other) for bid, code, ask, other in events[0][2]]

    def enter(self, account: int, side: int, price: int, lots: int, symbol: str = SYMBOL) -> m.OrderEvent:
        return m.OrderEvent(
            *self.do(m.place_order, account, symbol, side, price_ticks=price, quantity_lots=lots)[0]
        )

    def ids(self) -> list[int]:
        return [event[1] for event in self.pair.core.open_orders(A)]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_mm1_both_sides_stand(stage: Stage) -> None:
    assert stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6)) == [(True, "", True, "")]
    assert stage.pair.core.depth(SYMBOL) == ([(9, 5)], [(12, 6)])


def test_mm2_the_next_one_replaces_with_the_same_ids(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6))
    before = stage.ids()
    stage.quote(m.Quote(SYMBOL, "q", 10, 5, 14, 6))
    assert stage.ids() == before
    assert stage.pair.core.depth(SYMBOL) == ([(10, 5)], [(14, 6)])


def test_mm2_a_lower_quantity_keeps_its_place_and_a_greater_does_not(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0))
    stage.enter(B, m.BUY, 9, 5)
    stage.quote(m.Quote(SYMBOL, "q", 9, 4, 0, 0))
    assert stage.enter(C, m.SELL, 9, 4).status == m.FILLED
    assert stage.pair.core.depth(SYMBOL) == ([(9, 5)], [])
    assert stage.ids() == [], "the quote was first"
    stage.quote(m.Quote(SYMBOL, "q", 9, 4, 0, 0))
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0))
    stage.enter(C, m.SELL, 9, 5)
    assert len(stage.ids()) == 1, "the quote was last"


def test_mm1_a_side_without_a_quantity_is_taken_back(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6))
    assert stage.quote(m.Quote(SYMBOL, "q", 0, 0, 12, 6)) == [(False, "", True, "")]
    assert stage.pair.core.depth(SYMBOL) == ([], [(12, 6)])


def test_mm3_a_refused_side_ends_and_the_others_stand(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 14, 6), m.Quote(OTHER, "q", 9, 5, 14, 6))
    stage.enter(B, m.SELL, 12, 3)
    found = stage.quote(m.Quote(SYMBOL, "q", 12, 5, 14, 6), m.Quote(OTHER, "q", 10, 5, 11, 6))
    assert found == [(False, "POST_ONLY_WOULD_TAKE", True, ""), (True, "", False, "PRICE_OFF_TICK")]
    assert stage.pair.core.depth(SYMBOL) == ([], [(12, 3), (14, 6)])


def test_mm3_funds_are_tested_for_the_whole(stage: Stage) -> None:
    stage.do(m.withdraw, A, "KRW", 10**5 - 100)
    stage.quote(m.Quote(SYMBOL, "q", 8, 12, 0, 0))
    events = stage.do(m.place_quotes, A, m.Quote(SYMBOL, "q", 8, 6, 0, 0), m.Quote(SYMBOL, "r", 10, 6, 0, 0))
    assert events[0][3:] == (
        "INSUFFICIENT_BALANCE",
        ("asset", "KRW", "required_minor", 108, "available_minor", 100),
    )
    assert stage.pair.core.depth(SYMBOL) == ([(8, 12)], [])
    found = stage.quote(m.Quote(SYMBOL, "q", 8, 5, 0, 0), m.Quote(SYMBOL, "r", 10, 6, 0, 0))
    assert found == [(True, "", False, "")] * 2, "what the first releases pays for the second"


def test_mm3_quotes_of_one_command_do_not_meet(stage: Stage) -> None:
    found = stage.quote(m.Quote(SYMBOL, "q", 12, 5, 0, 0), m.Quote(SYMBOL, "r", 0, 0, 12, 5))
    assert found == [(True, "", False, ""), (False, "", False, "POST_ONLY_WOULD_TAKE")]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (m.HALTED, "SYMBOL_HALTED"),
        (m.CLOSED, "SYMBOL_CLOSED"),
        (m.CANCEL_ONLY, "SYMBOL_CANCEL_ONLY"),
        (m.PRE_OPEN, "SYMBOL_IN_AUCTION"),
        (m.POST_ONLY, ""),
    ],
)
def test_mm3_states_of_the_market(stage: Stage, status: int, code: str) -> None:
    stage.do(m.set_symbol_status, SYMBOL, status, "")
    assert stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0)) == [(code == "", code, False, "")]


@pytest.mark.parametrize(
    "quotes",
    [
        [],
        [m.Quote(SYMBOL, "q", 9, 5, 0, 0)] * 2,
        [m.Quote(SYMBOL, "", 9, 5, 0, 0)],
        [m.Quote(SYMBOL, "q" * 37, 9, 5, 0, 0)],
        [m.Quote(SYMBOL, f"q{number}", 9, 1, 0, 0) for number in range(51)],
    ],
)
def test_mm1_what_is_no_list_of_quotes_is_refused(stage: Stage, quotes: list[m.Quote]) -> None:
    assert stage.do(m.place_quotes, A, *quotes)[0][3] == "INVALID_ORDER"


def test_mm4_all_are_canceled_or_some(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6), m.Quote(OTHER, "r", 9, 5, 12, 6))
    own = stage.enter(A, m.BUY, 8, 3)
    assert stage.do(m.cancel_quotes, A, SYMBOL, "r")[0][3] == 0
    assert stage.do(m.cancel_quotes, A, OTHER, None)[0][3] == 2
    assert stage.do(m.cancel_quotes, A, None, "q")[0][3] == 2
    assert stage.ids() == [own.order_id]


def test_mm5_fills_trip_the_protection(stage: Stage) -> None:
    stage.do(m.protect_quotes, A, 1_000, 2)
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6), m.Quote(OTHER, "q", 9, 5, 12, 6))
    stage.enter(B, m.SELL, 9, 1)
    assert len(stage.ids()) == 4
    events = stage.do(m.place_order, B, SYMBOL, m.SELL, price_ticks=9, quantity_lots=1)
    assert (m.EV_QUOTE_PROTECTION, A, 1_000, 2, "", 0, True) in events
    reasons = {m.REASONS[e[17]] for e in events if e[0] == m.EV_ORDER and e[2] == A}
    assert reasons == {"protection"} and stage.ids() == []
    assert stage.do(m.place_quotes, A, m.Quote(SYMBOL, "q", 9, 5, 0, 0))[0][3] == "QUOTES_PROTECTED"
    stage.do(m.protect_quotes, A, 1_000, 2)
    assert stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0)) == [(True, "", False, "")]


def test_mm5_old_fills_do_not_count(stage: Stage) -> None:
    stage.do(m.protect_quotes, A, 1, 2)
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6))
    stage.enter(B, m.SELL, 9, 1)
    stage.pair.submit(m.tick(), after_ns=10**6)
    stage.enter(B, m.SELL, 9, 1)
    assert len(stage.ids()) == 2


def test_mm5_the_net_value_trips_it(stage: Stage) -> None:
    stage.do(m.protect_quotes, A, 60_000, 1_000, "KRW", 27)
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6))
    stage.enter(B, m.SELL, 9, 2)
    stage.enter(B, m.BUY, 12, 1)
    assert len(stage.ids()) == 2, "18 bought less 12 sold"
    stage.enter(B, m.SELL, 9, 3)
    assert stage.ids() == []


def test_mm5_one_order_takes_all_it_can_first(stage: Stage) -> None:
    stage.do(m.protect_quotes, A, 60_000, 1)
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0), m.Quote(SYMBOL, "r", 8, 5, 0, 0))
    order = stage.do(m.place_order, B, SYMBOL, m.SELL, price_ticks=8, quantity_lots=10, time_in_force=m.FOK)[
        0
    ]
    assert m.OrderEvent(*order).status == m.FILLED


def test_mm5_is_taken_back(stage: Stage) -> None:
    stage.do(m.protect_quotes, A, 60_000, 1)
    stage.do(m.protect_quotes, A, 0, 0)
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0))
    stage.enter(B, m.SELL, 9, 1)
    assert len(stage.ids()) == 1


@pytest.mark.parametrize(
    "bounds",
    [
        (1_000, 0),
        (0, 1),
        (3_600_001, 1),
        (1_000, 1_001),
        (1_000, 1, "KRW"),
        (1_000, 1, "", 5),
        (1, 1, "KRW", -1),
    ],
)
def test_mm5_bounds_that_mean_nothing_are_refused(stage: Stage, bounds: tuple[Any, ...]) -> None:
    assert stage.do(m.protect_quotes, A, *bounds)[0][3] == "INVALID_PROTECTION"


def test_mm3_a_frozen_account_quotes_nothing(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0))
    stage.do(m.set_account, A, m.FROZEN)
    assert stage.do(m.place_quotes, A, m.Quote(SYMBOL, "q", 8, 5, 0, 0))[0][3] == "ACCOUNT_FROZEN"
    assert stage.pair.core.depth(SYMBOL) == ([(9, 5)], [])


def test_mm1_an_empty_session_is_refused(stage: Stage) -> None:
    events = stage.do(m.place_quotes, A, m.Quote(SYMBOL, "q", 9, 5, 0, 0), session="")
    assert events[0][3] == "INVALID_ORDER"


def test_mm3_an_unknown_symbol_refuses_its_quote_alone(stage: Stage) -> None:
    found = stage.quote(m.Quote("NONE", "q", 9, 5, 0, 0), m.Quote(SYMBOL, "q", 9, 5, 0, 0))
    assert found == [(False, "SYMBOL_NOT_FOUND", False, ""), (True, "", False, "")]
    assert stage.do(m.cancel_quotes, A, "NONE", None)[0][3] == "SYMBOL_NOT_FOUND"


def test_mm3_no_more_orders_than_the_symbol_allows(stage: Stage) -> None:
    quotes = [m.Quote(SYMBOL, f"q{number}", 9, 1, 12, 1) for number in range(4)]
    assert stage.quote(*quotes)[3] == (True, "", False, "TOO_MANY_OPEN_ORDERS")


def test_mm3_a_side_that_would_take_loses_the_order_it_had(stage: Stage) -> None:
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0))
    stage.enter(B, m.SELL, 12, 1)
    assert stage.quote(m.Quote(SYMBOL, "q", 12, 5, 0, 0)) == [(False, "POST_ONLY_WOULD_TAKE", False, "")]
    assert stage.ids() == []


def test_mm5_an_asset_that_is_none_is_refused(stage: Stage) -> None:
    assert stage.do(m.protect_quotes, A, 1_000, 1, "NONE", 5)[0][3] == "ASSET_NOT_FOUND"


def test_mm4_quotes_asked_for_again_over_another_connection_are_the_same(stage: Stage) -> None:
    quote = m.Quote(SYMBOL, "q", 9, 5, 0, 0)
    stage.pair.submit(m.place_quotes("again", A, quote, session="one"))
    recalled = stage.pair.core.recall(m.place_quotes("again", A, quote, session="two"))
    assert recalled is not None and recalled.sequence == stage.pair.core.sequence
    other = stage.pair.core.recall(m.place_quotes("again", A, quote))
    assert other is not None and other.sequence == 0


def test_mm5_in_other_symbols_what_waits_for_the_quote_sees_it_gone(stage: Stage) -> None:
    stage.enter(B, m.BUY, 8, 5, OTHER)
    stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0), m.Quote(OTHER, "q", 10, 5, 0, 0))
    terms = m.OrderTerms(trigger=m.STOP, trigger_source=m.QUOTE, trigger_ticks=9)
    stop = stage.do(*(m.place_order, C, OTHER, m.SELL), price_ticks=8, quantity_lots=3, terms=terms)[0]
    stage.do(m.protect_quotes, A, 1_000, 1)
    stage.enter(B, m.SELL, 9, 1)
    event = stage.pair.core.order(stop[1])
    assert event is not None and m.OrderEvent(*event).status == m.FILLED


def test_b7_quotes_count_among_all_orders_of_an_account() -> None:
    stage = Stage(orders_per_account=3)
    assert stage.quote(m.Quote(SYMBOL, "q", 9, 5, 12, 6)) == [(True, "", True, "")]
    more = stage.quote(m.Quote(OTHER, "q", 9, 5, 12, 6))
    assert more == [(True, "", False, "TOO_MANY_OPEN_ORDERS")]
    # Those that are replaced are counted once.
    assert stage.quote(m.Quote(SYMBOL, "q", 8, 5, 14, 6)) == [(True, "", True, "")]


def test_mm2_what_prevention_took_off_stays_out_of_the_next_quantity(stage: Stage) -> None:
    """P2: quantity - filled - prevented is what is open."""
    for lots, price in ((4, 9), (9, 9), (9, 8)):
        stage.quote(m.Quote(SYMBOL, "q", 9, 5, 0, 0))
        place = {"price_ticks": 9, "quantity_lots": 2, "stp": m.STP_DECREMENT}
        stage.do(m.place_order, A, SYMBOL, m.SELL, **place)
        stage.quote(m.Quote(SYMBOL, "q", price, lots, 0, 0))
        assert stage.pair.core.depth(SYMBOL) == ([(price, lots)], [])


def test_mm5_one_order_trips_the_protections_of_two(stage: Stage) -> None:
    for account in (A, B):
        stage.do(m.protect_quotes, account, 60_000, 1)
    stage.quote(m.Quote(SYMBOL, "q", 8, 2, 0, 0))
    stage.quote(m.Quote(SYMBOL, "q", 9, 2, 0, 0), account=B)
    assert stage.enter(C, m.SELL, 8, 3).filled_lots == 3
    assert stage.pair.core.open_orders(A) == stage.pair.core.open_orders(B) == []


def test_mm5_a_fired_order_trips_one_whose_other_symbol_is_quoted_by_the_command(stage: Stage) -> None:
    """The quotes of B fire an order of C, which trades with A: A's go from the symbol that B quotes next."""
    stage.do(m.protect_quotes, A, 60_000, 1)
    stage.quote(m.Quote(OTHER, "q", 8, 5, 0, 0), m.Quote(SYMBOL, "q", 8, 5, 0, 0))
    terms = m.OrderTerms(trigger=m.TAKE_PROFIT, trigger_source=m.QUOTE, trigger_ticks=9)
    market = {"order_type": m.MARKET, "time_in_force": m.IOC, "quantity_lots": 4, "terms": terms}
    stage.do(m.place_order, C, OTHER, m.SELL, **market)
    stage.quote(m.Quote(OTHER, "q", 9, 2, 14, 2), m.Quote(SYMBOL, "q", 7, 2, 14, 2), account=B)
    assert stage.ids() == []
    assert stage.pair.core.depth(SYMBOL) == ([(7, 2)], [(14, 2)])
