"""A world of one seed: the small venue of ``venue``, money, and a stream of commands within it.

``draws`` draws the commands, ``order_draws`` the orders of every type.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from exchange.engine import messages as m
from tests.exchange.engine.draws import CommandMaker
from tests.exchange.engine.venue import ACCOUNTS, PROTECTIONS, RATES, opening


class World:
    """An opening, deposits and then ``length`` commands, all from one seed.

    ``observe`` the events of each command and the next ones name orders that are really open; the
    stream stays a function of the seed as long as the engine is one. ``pause_ns`` is how long after the
    one before the present command comes."""

    def __init__(self, seed: int, length: int) -> None:
        self.rng = random.Random(seed)
        self.length = length
        self.maker = CommandMaker(self.rng)
        self.pause_ns = 1_000

    def __iter__(self) -> Iterator[m.Command]:
        rng = self.rng
        rates = (rng.choice(RATES), rng.choice(RATES))
        protection = rng.choice((None, *PROTECTIONS))
        yield from opening(rates, lot_step=rng.choice((1, 1, 2, 3)), protection=protection)
        unit = rng.choice((30, 30, 100, 10**6))
        for account in ACCOUNTS:
            for asset in ("KRW", "ABC", "XYZ"):
                yield m.deposit(f"d{account}{asset}", account, asset, rng.randrange(5, 100) * unit)
        for _ in range(self.length):
            command = self.maker.next()
            self.pause_ns = self.maker.pause_ns(command)
            yield command

    def observe(self, events: list[m.Event]) -> None:
        self.maker.observe(events)
