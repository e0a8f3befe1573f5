"""Rule I3's arithmetic gives each maker what taking part by part gives it, which is what rules version 2 did.

Random books with icebergs, entered under version 2 and so with parts as small as they could be; the same
commands then go to an engine that stays at version 2 and to one that goes on under version 3.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import BOUNDED_RULES
from tests.exchange.engine.pair import START_NS

SYMBOL = "ABC-KRW"
ACCOUNTS = range(1000, 1006)
PRICES = range(95, 106)
SEEDS = 60
COMMANDS = 120


class World:
    """An engine under version 2 with rich accounts and a random book, and what comes after it."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(f"icebergs:{seed}")
        self.step = rng.choice((1, 1, 5))
        self.number = 0
        self.now_ns = START_NS
        self.engine = Engine(Limits(), BOUNDED_RULES - 1)
        rates = rng.choice(((0, 0), (500, 700), (33_333, 66_667)))
        for command in (
            m.set_asset("a1", "KRW", 2),
            m.set_asset("a2", "ABC", 0),
            m.set_symbol(
                *("s", SYMBOL),
                base="ABC",
                quote="KRW",
                price_scale=0,
                quantity_scale=0,
                tick_bands=((0, 1),),
                lot_step=self.step,
                min_quantity_lots=self.step,
                max_quantity_lots=100_000,
                min_price_ticks=1,
                max_price_ticks=1_000,
                min_notional_minor=0,
                maker_ppm=rates[0],
                taker_ppm=rates[1],
                max_open_orders=500,
            ),
            *(m.set_account(f"u{account}", account) for account in ACCOUNTS),
            *(m.deposit(f"k{account}", account, "KRW", 10**15) for account in ACCOUNTS),
            *(m.deposit(f"b{account}", account, "ABC", 10**10) for account in ACCOUNTS),
        ):
            self.engine.apply(command, self.now_ns)

    def order(self, side: int, **fields: Any) -> m.Command:
        self.number += 1
        stp = self.rng.choice((m.STP_CANCEL_OLDEST, m.STP_CANCEL_OLDEST, m.STP_DECREMENT, m.STP_CANCEL_BOTH))
        return m.place_order(f"p{self.number}", self.rng.choice(ACCOUNTS), SYMBOL, side, stp=stp, **fields)

    def lots(self, most: int) -> int:
        return self.rng.randint(1, most) * self.step

    def resting(self, parts: int = 10**6) -> m.Command:
        """An order to rest; an iceberg has at most so many parts."""
        side = self.rng.choice((m.BUY, m.SELL))
        price = self.rng.randint(95, 99) if side == m.BUY else self.rng.randint(101, 105)
        quantity, terms = self.lots(300), None
        if self.rng.random() < 0.7 and quantity > self.step:
            least = -(-quantity // self.step // parts) * self.step
            display = min(max(self.lots(self.rng.choice((1, 3, 40))), least), quantity - self.step)
            terms = m.OrderTerms(display_lots=display)
        return self.order(side, price_ticks=price, quantity_lots=quantity, terms=terms)

    def taking(self) -> m.Command:
        side, price = self.rng.choice((m.BUY, m.SELL)), self.rng.choice(PRICES)
        kind, lots = self.rng.randrange(5), self.lots(900)
        if kind == 0:
            return self.order(side, price_ticks=price, quantity_lots=lots)
        if kind == 1:
            in_force = self.rng.choice((m.IOC, m.FOK))
            return self.order(side, price_ticks=price, quantity_lots=lots, time_in_force=in_force)
        fields: dict[str, Any] = {"order_type": m.MARKET, "time_in_force": m.IOC}
        if kind == 2:
            return self.order(side, quantity_lots=lots, **fields)
        return self.order(side, quote_amount_minor=self.rng.randint(1, 10**7), **fields)


def given(events: list[m.Event]) -> Counter[tuple[int, int, int, int]]:
    """(taker, maker, price, side) → lots."""
    found: Counter[tuple[int, int, int, int]] = Counter()
    for event in events:
        if event[0] == m.EV_TRADE:
            trade = m.TradeEvent(*event)
            key = (trade.taker_order_id, trade.maker_order_id, trade.price_ticks, trade.taker_side)
            found[key] += trade.quantity_lots
    return found


def all_else(events: list[m.Event]) -> set[m.Event]:
    """Orders, levels and balances as the command leaves them."""
    return {event for event in events if event[0] != m.EV_TRADE}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_who_gets_what_is_what_part_by_part_gives(seed: int) -> None:
    world = World(seed)
    for _ in range(60):
        world.engine.apply(world.resting(), world.now_ns)
    by_parts, summed = world.engine, Engine.load(world.engine.dump())
    summed.apply(m.set_rules("rules:3", BOUNDED_RULES), world.now_ns)
    trades = [0, 0]
    for _ in range(COMMANDS):
        command = world.taking() if world.rng.random() < 0.6 else world.resting(100)
        events = by_parts.apply(command, world.now_ns)
        events_summed = summed.apply(command, world.now_ns)
        assert given(events_summed) == given(events)
        assert all_else(events_summed) == all_else(events)
        trades[0] += sum(event[0] == m.EV_TRADE for event in events)
        trades[1] += sum(event[0] == m.EV_TRADE for event in events_summed)
        assert resting(summed) == resting(by_parts)
    assert summed.check() == []
    assert trades[0] > 2 * trades[1] > 0, "little was there to be summed up"


def resting(engine: Engine) -> Any:
    """Every resting order as it stands, queue by queue, with what each shows; and every balance."""
    sections = engine.sections()
    return sections[3], sections[4]
