"""FIFO beside average cost, against a naive reference and by laws that hold for any history."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.portfolio import tax_lots as lots_module
from accounts.portfolio.history import Point
from accounts.portfolio.movements import Movement
from accounts.portfolio.performance import performance, time_weighted
from accounts.portfolio.positions import Position
from accounts.portfolio.tax_lots import TaxLot, TaxLots
from tests.accounts.test_portfolio import BTC_KRW, ONE, QUOTES, constant, fold, trade, transfer
from tests.conftest import LiveEngine, Person

# --- lots ------------------------------------------------------------------------------------------------


def naive(acts: list[tuple[int, int]]) -> tuple[list[list[int]], int, int]:
    """TaxLots of [quantity, cost], the realised profit, and what was sold for, one act after the other: a
    positive quantity is bought, a negative one sold, for that much."""
    held: list[list[int]] = []
    realised = sold_for = 0
    for quantity, money in acts:
        if quantity > 0:
            held.append([quantity, money])
            continue
        left = -quantity
        realised += money
        sold_for += money
        while left:
            first = held[0]
            part = min(left, first[0])
            cost = first[1] if part == first[0] else first[1] * part // first[0]
            first[0] -= part
            first[1] -= cost
            realised -= cost
            left -= part
            if not first[0]:
                held.pop(0)
    return held, realised, sold_for


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, int]]:
    """Buys and sales that never sell more than there is."""
    acts: list[tuple[int, int]] = []
    held = 0
    for _ in range(draw(st.integers(1, 30))):
        if held and draw(st.booleans()):
            quantity = -draw(st.integers(1, held))
        else:
            quantity = draw(st.integers(1, 10**6))
        held += quantity
        acts.append((quantity, draw(st.integers(0, 10**9).filter(lambda one, q=quantity: one != q))))  # type: ignore[misc]
    return acts


def folded(acts: list[tuple[int, int]]) -> Position:
    position = Position()
    for time_ns, (quantity, money) in enumerate(acts):
        if quantity > 0:
            position.add(quantity, money, time_ns)
        else:
            position.sell(-quantity, money)
    return position


@given(histories())
def test_fifo_is_the_naive_reference(acts: list[tuple[int, int]]) -> None:
    position = folded(acts)
    held, realised, sold_for = naive(acts)
    assert [[lot.quantity_minor, lot.cost_minor] for lot in position.tax_lots] == held
    assert position.fifo_realised_minor == realised
    assert sum(lot.quantity_minor for lot in position.tax_lots) == position.quantity_minor
    # What was paid is in what is held or went with what was sold, by either method, to the last unit.
    paid = sum(money for quantity, money in acts if quantity > 0)
    assert sum(cost for _, cost in held) + sold_for - realised == paid
    assert position.cost_minor + sold_for - position.realised_minor == paid


@given(histories())
def test_when_all_is_sold_both_methods_have_earned_the_same(acts: list[tuple[int, int]]) -> None:
    position = folded(acts)
    if position.quantity_minor:
        position.sell(position.quantity_minor, 12_345)
    assert position.fifo_realised_minor == position.realised_minor
    assert not len(position.tax_lots) and not position.cost_minor


def test_by_hand() -> None:
    """Two lots, one and a half sold."""
    positions = fold(
        constant({"BTC-KRW": 100}),
        transfer("KRW", 1_000 * ONE),
        trade(BTC_KRW, ONE, -100 * ONE, 1),
        trade(BTC_KRW, ONE, -200 * ONE, 2),
        trade(BTC_KRW, -3 * ONE // 2, 450 * ONE, 3),
    )
    bitcoin = positions.of("BTC")
    assert bitcoin.fifo_realised_minor == (450 - 100 - 100) * ONE
    assert bitcoin.realised_minor == (450 - 225) * ONE
    assert list(bitcoin.tax_lots) == [TaxLot(ONE // 2, 100 * ONE, 2)]
    assert list(positions.of("KRW").tax_lots) == [TaxLot(1_150 * ONE, 1_150 * ONE, 0)], "money is one lot"


def test_a_lot_of_unknown_cost_is_unknown_only_while_it_lasts() -> None:
    position = Position()
    position.add(5, None, 1)
    position.add(5, 50, 2)
    assert position.costs == (None, None)
    assert position.sell(4, 400) == (None, None)
    assert position.fifo_realised_minor == position.realised_minor == 0, "unknown is not a profit of 400"
    assert position.sell(1, 100).fifo_minor is None
    assert position.costs.fifo_minor == 50
    assert position.sell(5, 70) == (None, 50)
    assert position.fifo_realised_minor == 20


def test_beyond_the_bound_what_is_bought_joins_the_newest_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lots_module, "MAX_LOTS", 3)
    lots = TaxLots()
    for time_ns in range(10):
        lots.add(TaxLot(1, 10 + time_ns, time_ns))
    assert [lot.time_ns for lot in lots] == [0, 1, 2]
    assert lots.cost_minor == sum(range(10, 20))
    assert lots.take(10) == sum(range(10, 20))


# --- performance -------------------------------------------------------------------------------------------


def test_deposits_change_no_return() -> None:
    """Doubled, then the tenth of what there is then is lost; money that comes between changes nothing."""
    assert time_weighted([100, 200, 180], [0, 0, 0]) == Fraction(8, 10)
    assert time_weighted([100, 1_200, 1_080], [0, 1_000, 0]) == Fraction(8, 10)
    assert time_weighted([0, 500, 550], [0, 500, 0]) == Fraction(1, 10), "it begins with nothing"
    assert time_weighted([100, 50, 60], [0, -150, 0]) == Fraction(14, 10), "a withdrawal is no loss"
    assert time_weighted([100, -5], [0, 0]) is None
    assert time_weighted([100], [0]) == 0


@given(st.lists(st.tuples(st.integers(1, 10**12), st.fractions(0, 10)), min_size=1, max_size=20), st.data())
def test_the_return_is_the_product_of_the_intervals(grown: Any, data: st.DataObject) -> None:
    values, came, product = [10**12], [0], Fraction(1)
    for flow, growth in grown:
        after = int(values[-1] * growth)
        product *= Fraction(after, values[-1])
        values.append(after + flow)
        came.append(flow)
    assert time_weighted(values, came) == product - 1


def test_unknown_worth_makes_no_return() -> None:
    points = [Point(0, 100, 0, 100), Point(1, 150, 50, 100, 0, is_whole=False)]
    found = performance(points)
    assert found is not None
    assert (found.time_weighted, found.kept, found.trading_profit_minor) == (None, None, 50)
    assert performance([]) is None


# --- end to end --------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_api(alice: Person, bob: Person, live_engine: LiveEngine) -> None:
    live_engine.project()
    for price in ("100000000", "120000000"):
        alice.place(side="sell", price=price)
        bob.place(price=price)
    bob.place(side="sell", price="130000000", quantity="0.01")
    alice.place(price="130000000", quantity="0.01")
    live_engine.project()
    reply = bob.get("/v1/portfolio", range="1d").json()
    part = next(one for one in reply["currencies"] if one["currency"] == "KRW")
    bitcoin = next(one for one in part["holdings"] if one["asset"] == "BTC")
    lots = bitcoin["tax_lots"]
    assert bitcoin["tax_lot_count"] == len(lots) == 3, "the deposit less what was sold, and two purchases"
    assert sum(Decimal(lot["quantity"]) for lot in lots) == Decimal(bitcoin["quantity"])
    assert sum(Decimal(lot["cost"]) for lot in lots) == Decimal(bitcoin["fifo_cost"])
    assert part["rates"] == []
    last = part["history"][-1]
    performance = part["performance"]
    assert performance["kept_value"] == last["kept_value"]
    assert Decimal(performance["trading_profit"]) == Decimal(last["value"]) - Decimal(last["kept_value"])
    assert part["history"][0]["kept_value"] == part["history"][0]["value"]


def test_what_was_kept_is_what_was_there_and_came() -> None:
    from accounts.portfolio.history import value_history

    movements = [
        transfer("KRW", 1_000 * ONE, 1),
        trade(BTC_KRW, ONE, -400 * ONE, 5),
        transfer("BTC", ONE, 7),
        Movement(8, 8, "KRW", -100 * ONE, None, 0),
    ]
    held = {"KRW": 500 * ONE, "BTC": 2 * ONE}
    found = value_history(held, movements[::-1], [2, 6, 9], constant({"BTC-KRW": 500}), QUOTES)["KRW"]
    assert [
        (point.value_minor // ONE, point.kept_minor // ONE, point.came_minor // ONE) for point in found
    ] == [
        (1_000, 1_000, 0),
        (1_100, 1_000, 0),
        (1_500, 1_400, 400),
    ]
