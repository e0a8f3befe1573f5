"""Limit orders and cancels, nothing else: what every matching engine can do, so that all get the same flow.

A quarter of the operations cross the spread, the others rest behind it or, once some thousands rest, cancel
one of those as often: more than half of the orders trade. Accounts are random; buyers and sellers are
different ones, so that self-trade prevention, which the others do not have, has nothing to do. The middle
wanders; orders rest up to fifty prices from it, most of them near.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from bench import flow
from exchange.engine import Engine
from exchange.engine import messages as m

ACCOUNTS = 1_000
FIRST_ACCOUNT = 10_000
#: What one price and one quantity of an operation are in BTC-KRW's units.
PRICE_TICKS, QUANTITY_LOTS = 1_000, 1_000_000
START_PRICE = 95_000
#: Nothing is canceled before so many rest.
RESTING = 5_000
DEEPEST = 50


class Operation(NamedTuple):
    """``order`` counts the orders entered, from 0: the one entered, or the one to cancel."""

    is_order: bool
    order: int
    is_buy: bool
    price: int
    quantity: int
    account: int


def opening() -> list[m.Command]:
    """BTC-KRW and the accounts of this flow."""
    commands = [command for command in flow.opening() if command[0] not in (m.SET_ACCOUNT, m.DEPOSIT)]
    for account in range(FIRST_ACCOUNT, FIRST_ACCOUNT + ACCOUNTS):
        commands.append(m.set_account(f"b:{account}", account))
        for asset in ("KRW", "BTC"):
            commands.append(m.deposit(f"b:{account}:{asset}", account, asset, flow.FUNDS_MINOR))
    return commands


def operations(seed: int, length: int) -> list[Operation]:
    """The flow. An engine at hand tells which orders are open, so that cancels find theirs."""
    rng, engine = random.Random(seed), Engine()
    for command in opening():
        engine.apply(command, flow.START_NS)
    made: list[Operation] = []
    open_orders = _Open()
    price, entered = START_PRICE, 0
    for step in range(length):
        if rng.random() < 0.02:
            price += rng.choice((-1, 1))
        crosses = rng.random() < 0.25
        victim = None
        if not crosses and len(open_orders) > RESTING and rng.random() < 0.5:
            victim = open_orders.pick(rng)
        if victim is not None:
            operation = victim._replace(is_order=False)
        else:
            operation = _order(rng, price, entered, crosses)
            entered += 1
        made.append(operation)
        events = engine.apply(command_of(operation, step), flow.START_NS + step)
        open_orders.observe(operation, events)
    return made


def command_of(operation: Operation, step: int) -> m.Command:
    """The operation as a command; the core numbers orders from 1 in order of entry."""
    if not operation.is_order:
        return m.cancel_order(f"{step}", operation.account, operation.order + 1)
    return m.place_order(
        f"{step}",
        operation.account,
        flow.SYMBOL,
        m.BUY if operation.is_buy else m.SELL,
        price_ticks=operation.price * PRICE_TICKS,
        quantity_lots=operation.quantity * QUANTITY_LOTS,
    )


def _order(rng: random.Random, price: int, number: int, crosses: bool) -> Operation:
    is_buy = rng.random() < 0.5
    away = min(DEEPEST, 1 + int(rng.expovariate(0.1)))
    # A buy below the middle rests, one above it crosses.
    limit = price + away if is_buy == crosses else price - away
    account = FIRST_ACCOUNT + rng.randrange(ACCOUNTS // 2) * 2 + (0 if is_buy else 1)
    return Operation(True, number, is_buy, limit, rng.randrange(1, 21), account)


class _Open:
    """The orders that rest."""

    def __init__(self) -> None:
        self._open: dict[int, Operation] = {}
        self._numbers: list[int] = []

    def __len__(self) -> int:
        return len(self._open)

    def observe(self, operation: Operation, events: list[m.Event]) -> None:
        for event in events:
            if event[0] != m.EV_ORDER:
                continue
            number = event[1] - 1
            if m.OrderEvent(*event).status not in m.OPEN_STATUSES:
                self._open.pop(number, None)
            elif number == operation.order:
                self._open[number] = operation
                self._numbers.append(number)

    def pick(self, rng: random.Random) -> Operation | None:
        """Any of them; numbers of closed ones are dropped as they are met."""
        while self._numbers:
            at = rng.randrange(len(self._numbers))
            found = self._open.get(self._numbers[at])
            if found is not None:
                return found
            self._numbers[at] = self._numbers[-1]
            self._numbers.pop()
        return None
