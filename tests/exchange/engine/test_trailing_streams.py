"""Many trailing stops at once, by ticks and by percent, on a price that wanders: core and naive reference.

The streams of ``test_fuzz`` are too wide for that: two of a kind that follow the same price are rare there.
"""

from __future__ import annotations

import random

import pytest

from exchange.engine import messages as m
from tests.exchange.engine.stage import ALICE, BOB, CAROL, Stage, trailing

COMMANDS = 200


@pytest.mark.parametrize("seed", range(20))
def test_core_and_naive_agree_on_every_trigger(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(COMMANDS):
        walk.step()
    assert walk.fired > 10


class BusyStage(Stage):
    """Events are compared at every command, the whole state only now and then."""

    def submit(self, command: m.Command, after_ns: int = 1_000) -> list[m.Event]:
        if len(self.pair.history) % 40 == 0:
            return super().submit(command, after_ns)
        self.events = self.pair.submit(command, after_ns)
        return self.events


class Walk:
    """A venue where bob and carol make the price and alice's stops follow it."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.stage = BusyStage(max_open_orders=200)
        self.price = 500
        self.fired = 0
        self.stage.trade_at(self.price)

    def step(self) -> None:
        """One more command, or the few that make a trade."""
        rng = self.rng
        if rng.random() < 0.35:
            self.move()
        elif rng.random() < 0.15:
            self.cancel_one()
        elif rng.random() < 0.1:
            self.place_pair()
        else:
            self.stage.submit(self.stop(rng.choice((m.BUY, m.SELL)), rng.randrange(1, 3)))

    def move(self) -> None:
        """The price goes on; now and then it jumps. The quotes on both sides go with it."""
        rng = self.rng
        self.price = min(900, max(100, self.price + rng.choice((-25, -4, -2, -1, 1, 2, 4, 25))))
        for account in (BOB, CAROL):
            self.stage.do(m.cancel_all, account, None)
        self.stage.submit(self.stage.order_tuple(BOB, m.SELL, 3, self.price))
        self.note()
        self.stage.submit(self.stage.order_tuple(CAROL, m.BUY, rng.randrange(1, 6), self.price))
        self.note()
        self.stage.submit(self.stage.order_tuple(BOB, m.SELL, 9, self.price + rng.randrange(1, 4)))
        self.note()

    def note(self) -> None:
        orders = [m.OrderEvent(*event) for event in self.stage.events_of(m.EV_ORDER)]
        self.fired += sum(bool(order.extra and m.OrderExtra(*order.extra).triggered_ns) for order in orders)

    def stop(self, side: int, lots: int) -> m.Command:
        rng = self.rng
        distance = {"ppm": rng.choice((2_000, 9_000, 20_000))}
        if rng.random() < 0.5:
            distance = {"ticks": rng.randrange(1, 12)}
        terms = trailing(**distance, trigger_source=rng.choice((m.LAST, m.LAST, m.QUOTE)))
        # A buy at market names what it pays at most.
        cap = 2_000 if side == m.BUY else 0
        return self.stage.order_tuple(ALICE, side, lots, cap, terms, order_type=m.MARKET)

    def place_pair(self) -> None:
        """A target and a trailing stop, of which one trades."""
        side = self.rng.choice((m.BUY, m.SELL))
        away = -60 if side == m.BUY else 60
        target = self.stage.order_tuple(ALICE, side, 2, self.price + away)
        self.stage.do(m.place_oco, ALICE, target, self.stop(side, 2))

    def cancel_one(self) -> None:
        orders = self.stage.pair.core.open_orders(ALICE)
        if orders:
            self.stage.do(m.cancel_order, ALICE, self.rng.choice(orders)[1])
