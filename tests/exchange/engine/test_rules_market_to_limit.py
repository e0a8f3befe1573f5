"""Market-to-limit orders and minimum quantities: rules M8, Q1 and Q2."""

from __future__ import annotations

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine import venue
from tests.exchange.engine.pair import Pair

A, B, C = venue.ACCOUNTS[:3]
SYMBOL = "XYZ-KRW"


@pytest.fixture
def pair() -> Pair:
    """The venue with money and goods for everyone."""
    pair = Pair()
    for command in venue.opening(((0, 0), (0, 0)), 1, None):
        pair.submit(command)
    for number, account in enumerate((A, B, C)):
        for asset in ("KRW", "XYZ"):
            pair.submit(m.deposit(f"{asset}{number}", account, asset, 10**6))
    return pair


class Desk:
    """Places orders under ids of their own."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.number = 0

    def place(self, account: int, side: int, price: int, lots: int, **options: object) -> m.OrderEvent | str:
        """The order as it is after the command, or the code of its refusal."""
        self.number += 1
        terms = m.OrderTerms(**{k: v for k, v in options.items() if k in m.OrderTerms._fields})
        rest = {k: v for k, v in options.items() if k not in m.OrderTerms._fields}
        command = m.place_order(
            f"o{self.number}",
            account,
            SYMBOL,
            side,
            price_ticks=price,
            quantity_lots=lots,
            terms=terms,
            **rest,
        )
        event = self.pair.submit(command)[0]
        self.pair.check_state()
        self.pair.check_invariants()
        return event[3] if event[0] == m.EV_REJECTED else m.OrderEvent(*event)


@pytest.fixture
def desk(pair: Pair) -> Desk:
    return Desk(pair)


def test_m7_takes_the_best_price_and_rests_there(desk: Desk) -> None:
    desk.place(A, m.SELL, 10, 3)
    desk.place(A, m.SELL, 12, 3)
    order = desk.place(B, m.BUY, 0, 5, to_limit=True)
    assert isinstance(order, m.OrderEvent)
    assert (order.price_ticks, order.filled_lots, order.status) == (10, 3, m.PARTIALLY_FILLED)
    assert desk.pair.core.depth(SYMBOL) == ([(10, 2)], [(12, 3)])


def test_m7_is_refused_without_an_opposite_price(desk: Desk) -> None:
    assert desk.place(B, m.BUY, 0, 5, to_limit=True) == "NO_REFERENCE_PRICE"
    assert desk.place(B, m.BUY, 10, 5, to_limit=True) == "INVALID_ORDER"


def test_m7_ioc_cancels_the_rest(desk: Desk) -> None:
    desk.place(A, m.SELL, 10, 3)
    order = desk.place(B, m.BUY, 0, 5, to_limit=True, time_in_force=m.IOC)
    assert isinstance(order, m.OrderEvent)
    assert (order.filled_lots, m.REASONS[order.reason]) == (3, "ioc_remainder")


@pytest.mark.parametrize(("least", "filled"), [(3, 3), (4, 0)])
def test_q1_trades_at_least_the_minimum_or_nothing(desk: Desk, least: int, filled: int) -> None:
    desk.place(A, m.SELL, 10, 3)
    order = desk.place(B, m.BUY, 10, 5, min_lots=least)
    assert isinstance(order, m.OrderEvent)
    assert order.filled_lots == filled
    assert (m.REASONS[order.reason], order.status) == (
        ("", m.PARTIALLY_FILLED) if filled else ("min_quantity", m.CANCELED)
    )


def test_q1_own_orders_do_not_count(desk: Desk) -> None:
    desk.place(A, m.SELL, 10, 3)
    desk.place(B, m.SELL, 10, 3)
    order = desk.place(A, m.BUY, 10, 6, min_lots=4, stp=m.STP_CANCEL_OLDEST)
    assert isinstance(order, m.OrderEvent)
    assert m.REASONS[order.reason] == "min_quantity"


def test_q2_replacing_does_not_test_it_again(desk: Desk) -> None:
    desk.place(A, m.SELL, 10, 3)
    order = desk.place(B, m.BUY, 10, 5, min_lots=3)
    assert isinstance(order, m.OrderEvent)
    events = desk.pair.submit(m.replace_order("again", B, order.order_id, 9, 6))
    assert m.OrderEvent(*events[0]).status == m.PARTIALLY_FILLED


@pytest.mark.parametrize("terms", [{"to_limit": True}, {"min_lots": 1}])
def test_older_rules_know_neither(terms: dict[str, object]) -> None:
    engine = Engine(rules_version=VENUE_RULES - 1)
    for number, command in enumerate(venue.opening(((0, 0), (0, 0)), 1, None)):
        engine.apply(command, number + 1)
    price = 0 if "to_limit" in terms else 10
    command = m.place_order(
        "o", A, SYMBOL, m.BUY, price_ticks=price, quantity_lots=3, terms=m.OrderTerms(**terms)
    )
    assert engine.apply(command, 10**9)[0][3] == "INVALID_COMMAND"
    oto = m.place_oto("p", A, command, command)
    assert engine.apply(oto, 10**9)[0][3] == "INVALID_COMMAND"


@pytest.mark.parametrize("terms", [{"to_limit": True}, {"min_lots": 1}])
def test_q2_m7_neither_enters_an_auction(desk: Desk, terms: dict[str, object]) -> None:
    desk.place(A, m.SELL, 10, 3)
    desk.pair.submit(m.set_symbol_status("call", SYMBOL, m.PRE_OPEN))
    price = 0 if "to_limit" in terms else 10
    assert desk.place(B, m.BUY, price, 5, **terms) == "SYMBOL_IN_AUCTION"


def test_q1_decrementing_lowers_what_is_wanted(desk: Desk) -> None:
    desk.place(A, m.SELL, 10, 4)
    desk.place(B, m.SELL, 10, 3)
    order = desk.place(A, m.BUY, 10, 6, min_lots=2, stp=m.STP_DECREMENT)
    assert isinstance(order, m.OrderEvent)
    assert (order.filled_lots, order.status) == (2, m.FILLED)


@pytest.mark.parametrize("time_in_force", [m.OPG, m.CLS])
def test_t8_neither_is_for_an_auction_alone(desk: Desk, time_in_force: int) -> None:
    desk.place(A, m.SELL, 10, 5)
    now = {"time_in_force": time_in_force}
    assert desk.place(B, m.BUY, 0, 5, to_limit=True, **now) == "INVALID_ORDER"
    assert desk.place(B, m.BUY, 10, 5, min_lots=1, **now) == "INVALID_ORDER"
