"""A seeded stream of commands like a busy market's: the same at every run.

Half the orders rest near a wandering price, some cross it, a third of all commands are cancels, the rest
reductions and replacements. A fold at hand keeps cancels and changes aimed at orders that are open.
"""

from __future__ import annotations

import random

from exchange.engine import Engine
from exchange.engine import messages as m

SYMBOL = "BTC-KRW"
ACCOUNTS = range(1_000, 1_040)
START_NS = 1_795_334_400_000_000_000
STEP_NS = 20_000
TICK = 1_000
START_PRICE = 95_000_000
#: What an account starts with, in minor units: twenty billion won, more than it can lose here. Amounts beyond
#: 64 bits are as exact and cost more; hardly anybody has them.
FUNDS_MINOR = 2 * 10**18
#: Below so many resting orders none is canceled or changed, so that the book does not run empty.
RESTING = 2_000


def opening() -> list[m.Command]:
    """BTC-KRW as it ships, and accounts with enough of both."""
    commands = [m.set_asset("b:KRW", "KRW", 8), m.set_asset("b:BTC", "BTC", 8)]
    commands.append(
        m.set_symbol(
            "b:symbol",
            SYMBOL,
            base="BTC",
            quote="KRW",
            price_scale=0,
            quantity_scale=8,
            tick_bands=((0, 1), (1_000_000, TICK)),
            lot_step=1,
            min_quantity_lots=1,
            max_quantity_lots=10**12,
            min_price_ticks=1,
            max_price_ticks=10**12,
            min_notional_minor=5_000 * 10**8,
            maker_ppm=500,
            taker_ppm=500,
            max_open_orders=100_000,
        )
    )
    for account in ACCOUNTS:
        commands.append(m.set_account(f"b:{account}", account))
        for asset in ("KRW", "BTC"):
            commands.append(m.deposit(f"b:{account}:{asset}", account, asset, FUNDS_MINOR))
    return commands


def mixed(seed: int, length: int) -> list[m.Command]:
    """``length`` commands to follow ``opening``, made once so that timing them times nothing else."""
    engine = Engine()
    for command in opening():
        engine.apply(command, START_NS)
    trader = _Trader(random.Random(seed))
    commands = []
    for step in range(length):
        command = trader.next(step)
        trader.observe(engine.apply(command, START_NS + step * STEP_NS))
        commands.append(command)
    return commands


class _Trader:
    """Everybody in the market."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.price = START_PRICE
        self.open: dict[int, m.OrderEvent] = {}
        self._ids: list[int] = []

    def observe(self, events: list[m.Event]) -> None:
        for event in events:
            if event[0] != m.EV_ORDER:
                continue
            order = m.OrderEvent(*event)
            if order.status not in m.OPEN_STATUSES:
                self.open.pop(order.order_id, None)
                continue
            if order.order_id not in self.open:
                self._ids.append(order.order_id)
            self.open[order.order_id] = order

    def next(self, step: int) -> m.Command:
        rng = self.rng
        if rng.random() < 0.05:
            self.price += rng.choice((-TICK, TICK))
        draw = rng.random()
        changes = draw < 0.44 and len(self.open) > RESTING
        order = self._pick() if changes else None
        if order is None:
            return self._place(f"{step}", draw)
        if draw < 0.34:
            return m.cancel_order(f"{step}", order.account, order.order_id)
        open_lots = order.quantity_lots - order.filled_lots
        if draw < 0.38 and open_lots > 2_000_000:
            lots = order.filled_lots + open_lots // 2
            return m.reduce_order(f"{step}", order.account, order.order_id, lots)
        return m.replace_order(
            f"{step}", order.account, order.order_id, self._resting_price(order.side), order.quantity_lots
        )

    def _pick(self) -> m.OrderEvent | None:
        """Some open order; ids of closed ones are dropped as they are met."""
        while self._ids:
            index = self.rng.randrange(len(self._ids))
            order = self.open.get(self._ids[index])
            if order is not None:
                return order
            self._ids[index] = self._ids[-1]
            self._ids.pop()
        return None

    def _resting_price(self, side: int) -> int:
        distance = 1 + int(self.rng.expovariate(0.08))
        return self.price + (distance if side == m.SELL else -distance) * TICK

    def _place(self, command_id: str, draw: float) -> m.Command:
        rng = self.rng
        account, side = rng.choice(ACCOUNTS), rng.choice((m.BUY, m.SELL))
        lots = rng.randrange(100_000, 20_000_000)
        if draw < 0.85:  # with what would have changed an order, had there been enough
            return m.place_order(
                command_id, account, SYMBOL, side, price_ticks=self._resting_price(side), quantity_lots=lots
            )
        if draw < 0.97:
            crossing = self.price + (5 * TICK if side == m.BUY else -5 * TICK)
            tif = rng.choice((m.GTC, m.IOC))
            return m.place_order(
                command_id,
                account,
                SYMBOL,
                side,
                time_in_force=tif,
                price_ticks=crossing,
                quantity_lots=lots,
                stp=m.STP_CANCEL_OLDEST,
            )
        return m.place_order(
            command_id, account, SYMBOL, side, order_type=m.MARKET, time_in_force=m.IOC, quantity_lots=lots
        )
