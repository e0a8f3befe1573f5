"""Streams of commands that two cores are compared over, each from one seed: what most commands are, in the
shapes that matter to how a core keeps its state.

A stream yields a command and how long after the one before it comes. ``Everything`` learns from the events,
so that its commands are about orders that are open."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bench import flow, plainflow
from exchange.engine import messages as m
from tests.exchange.engine.worlds import World

ACCOUNTS = range(1_000, 1_012)
#: Names that fit a word and names that do not.
SYMBOLS = {"A-B": ("A", "B"), "BTC-KRW": ("BTC", "KRW"), "DOGECOIN-KRW": ("DOGECOIN", "KRW")}
Timed = Iterator[tuple[m.Command, int]]


def small_venue(
    wide: bool, rates: tuple[int, int], symbols: dict[str, tuple[str, str]] = SYMBOLS
) -> list[m.Command]:
    """A few poor accounts, or (``wide``) rich ones whose amounts do not fit a word."""
    assets = sorted({asset for pair in symbols.values() for asset in pair})
    commands = [m.set_asset(f"a{asset}", asset, 8) for asset in assets]
    for name, (base, quote) in symbols.items():
        commands.append(
            m.set_symbol(
                f"s{name}",
                name,
                base=base,
                quote=quote,
                price_scale=0,
                quantity_scale=8 if not wide else 2,
                tick_bands=((0, 1),) if name == "A-B" else ((0, 1), (200, 2)),
                lot_step=1,
                min_quantity_lots=1,
                max_quantity_lots=10**18,
                min_price_ticks=1,
                max_price_ticks=10**18,
                min_notional_minor=0,
                maker_ppm=rates[0],
                taker_ppm=rates[1],
                max_open_orders=30,
            )
        )
    for account in ACCOUNTS:
        commands.append(m.set_account(f"n{account}", account))
        for asset in assets:
            commands.append(m.deposit(f"d{account}{asset}", account, asset, 10**30 if wide else 90_000))
    return commands


class SmallTrader:
    """Draws plain orders and cancels around a hundred, with ids that return, and now and then something
    else."""

    def __init__(self, seed: int, unit: int, symbols: list[str] | None = None) -> None:
        self.rng = random.Random(seed)
        self.unit = unit
        self.symbols = symbols or list(SYMBOLS)
        self.made: list[m.Command] = []
        self.orders = 0

    def draw(self) -> m.Command:
        rng = self.rng
        if self.made and rng.random() < 0.03:
            again = rng.choice(self.made[-5_000:])
            if again[0] != m.PLACE or rng.random() < 0.7:
                return again
            return (*again[:3], self.symbols[0], *again[4:])
        number = len(self.made)
        command_id = f"{number}" if number % 3 else f"client-{number}-with-a-long-id"
        account = rng.choice(ACCOUNTS)
        command = self._order(command_id, account) if rng.random() < 0.7 else self._other(command_id, account)
        self.made.append(command)
        return command

    def _order(self, command_id: str, account: int) -> m.Command:
        rng = self.rng
        self.orders += 1
        order_type = m.MARKET if rng.random() < 0.04 else m.LIMIT
        by_amount = order_type == m.MARKET and rng.random() < 0.3
        return m.place_order(
            command_id,
            account,
            "NO-SUCH" if rng.random() < 0.02 else rng.choice(self.symbols),
            rng.choice((m.BUY, m.SELL)),
            order_type=order_type,
            time_in_force=rng.choice((m.GTC, m.GTC, m.GTC, m.IOC, m.FOK)),
            post_only=rng.random() < 0.04,
            price_ticks=0 if by_amount else 100 + int(rng.gauss(0, 6)),
            quantity_lots=0 if by_amount else rng.randrange(1, 12) * self.unit,
            quote_amount_minor=rng.randrange(1, 3_000) * self.unit if by_amount else 0,
            stp=rng.randrange(4),
            client_order_id=f"c{rng.randrange(40)}" * rng.choice((1, 4)) if rng.random() < 0.3 else None,
            terms=m.OrderTerms(session="s") if rng.random() < 0.03 else None,
        )

    def _other(self, command_id: str, account: int) -> m.Command:
        rng = self.rng
        order_id = max(1, self.orders - int(rng.expovariate(0.05)))
        if rng.random() < 0.95:
            return m.cancel_order(
                command_id, rng.choice(ACCOUNTS) if rng.random() < 0.1 else account, order_id
            )
        return rng.choice(
            (
                m.cancel_all(command_id, account, None),
                m.reduce_order(command_id, account, order_id, 1),
                m.set_account(command_id, account, rng.choice((m.ACTIVE, m.ACTIVE, m.FROZEN))),
                m.set_fees(command_id, self.symbols[-1], account, rng.choice((-200, 0, 700)), 900),
                m.tick(),
            )
        )


class Stream:
    """Commands of one seed; ``observe`` what they led to."""

    def commands(self, seed: int, length: int) -> Timed:
        raise NotImplementedError

    def observe(self, events: list[m.Event]) -> None:
        """By default a stream asks nothing."""


class Plain(Stream):
    """Limit orders and cancels of rich accounts: the flow that is measured."""

    def commands(self, seed: int, length: int) -> Timed:
        for command in plainflow.opening():
            yield command, 0
        for step, operation in enumerate(plainflow.operations(seed, length)):
            yield plainflow.command_of(operation, step), flow.STEP_NS


class Mixed(Stream):
    """The same with market orders, IOC, reductions and replacements."""

    def commands(self, seed: int, length: int) -> Timed:
        for command in (*flow.opening(), *flow.mixed(seed, length)):
            yield command, flow.STEP_NS


class Small(Stream):
    """Poor accounts, rebates, client ids, ids that return; or amounts far beyond a word."""

    def __init__(self, wide: bool) -> None:
        self._wide = wide

    def commands(self, seed: int, length: int) -> Timed:
        rates = ((-300, 700), (500, 500), (0, 0))[seed % 3]
        for command in small_venue(self._wide, rates):
            yield command, 0
        trader = SmallTrader(seed, 10**17 if self._wide else 1)
        for number in range(length):
            # Several at one moment, as in a batch; and now and then a night.
            yield trader.draw(), 3_600 * 10**9 if number % 997 == 0 else 1_000 * (number % 5 == 0)


class ManySymbols(Stream):
    """So many symbols of one quote asset."""

    def __init__(self, count: int) -> None:
        self._count = count

    def commands(self, seed: int, length: int) -> Timed:
        symbols = {f"S{number}-KRW": (f"S{number}", "KRW") for number in range(self._count)}
        for command in small_venue(False, (100, 200), symbols):
            yield command, 0
        trader = SmallTrader(seed, 1, list(symbols))
        for _ in range(length):
            yield trader.draw(), 1_000


class Everything(Stream):
    """Commands of every kind, orders of every type."""

    def __init__(self) -> None:
        self._world: World | None = None

    def commands(self, seed: int, length: int) -> Timed:
        world = self._world = World(seed, length)
        for command in world:
            yield command, world.pause_ns

    def observe(self, events: list[m.Event]) -> None:
        if self._world is not None:
            self._world.observe(events)
