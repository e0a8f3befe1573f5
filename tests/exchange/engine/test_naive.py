"""The naive engine by itself keeps what must always hold: a reference that breaks it proves nothing."""

from __future__ import annotations

from collections import Counter

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.naive import NaiveEngine
from tests.exchange.engine.naive.orders import Order, Place
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.worlds import World


@pytest.mark.parametrize("seed", range(1_000, 1_012))
def test_nothing_is_made_lost_or_owed_and_no_state_is_impossible(seed: int) -> None:
    world, naive, now_ns = World(seed, 500), NaiveEngine(), START_NS
    for command in world:
        now_ns += world.pause_ns
        world.observe(naive.apply(command, now_ns))
        _check_money(naive)
        for order in naive.live:
            if order.is_open:
                _check_order(naive, order)
        for name, symbol in naive.book_symbols.items():
            if symbol.status == m.TRADING:
                assert not naive.is_crossed(name)
                assert not naive.fired(name)


def _check_money(naive: NaiveEngine) -> None:
    sums: Counter[str] = Counter()
    for (account, asset), total in naive.totals.items():
        sums[asset] += total
        assert account == m.CUSTODY_ACCOUNT or total >= 0
        assert account < m.FIRST_TRADER_ACCOUNT or naive.available(account, asset) >= 0, (account, asset)
    assert not any(sums.values()), sums


def _check_order(naive: NaiveEngine, order: Order) -> None:
    assert order.open > 0 or order.by_amount
    assert naive.hold(order)[1] >= 0
    assert order.status in m.OPEN_STATUSES
    other = naive.other_leg(order)
    if other is not None:
        assert (other.open, other.linked_id) == (order.open, order.order_id)
        assert other.keeps_hold != order.keeps_hold
    if order.place == Place.RESTING:
        assert 0 < order.displayed <= order.open
        assert order.terms.trigger == m.NO_TRIGGER or order.triggered_ns
    if order.place == Place.WAITING:
        price = naive.watched_price(order)
        assert price is None or not order.would_fire(price)
