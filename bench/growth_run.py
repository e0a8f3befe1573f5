"""What a command costs as one thing grows: ``python -m bench.growth_run DIMENSION SIZE``. Prints JSON.

``orders``: resting orders. ``levels``: prices they rest at. ``symbols``: symbols traded in turn.
``accounts``: accounts that trade in turn. Everything else stays as it is. The command is one of: let an order
rest, cancel one, let one trade, in turn.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from dataclasses import dataclass, replace

from bench import flow
from bench.measure import spread
from exchange import core as build
from exchange.engine import Engine, Limits
from exchange.engine import messages as m

ROUNDS = 7_000
FIRST_ACCOUNT = 10_000
#: A hundred thousand prices below it are still worth the least that an order must be worth.
START_PRICE = 200_000_000


@dataclass(frozen=True)
class World:
    orders: int = 10_000
    levels: int = 1_000
    symbols: int = 1
    accounts: int = 1_000


def main() -> None:
    dimension, size = sys.argv[1], int(sys.argv[2])
    gc.disable()
    world = replace(World(), **{dimension: size})
    # There is no price without an order on it.
    world = replace(world, orders=max(world.orders, world.levels))
    engine = Engine(Limits(ids_total=1_000, finished_orders=1_000))
    names = open_world(engine, world)
    fill(engine, world, names)
    gc.collect()
    gc.freeze()
    latencies = measure(engine, world, names)
    mean_ns = sum(latencies) / len(latencies)
    print(json.dumps({"core": build.running(), "mean_ns": mean_ns, **spread(sorted(latencies))}))


def open_world(engine: Engine, world: World) -> list[str]:
    """Assets, symbols, accounts; the symbols' names."""
    for command in flow.opening():
        engine.apply(command, flow.START_NS)
    symbol = next(command for command in flow.opening() if command[0] == m.SET_SYMBOL)
    names = [f"S{number}" if number else flow.SYMBOL for number in range(world.symbols)]
    for name in names[1:]:
        engine.apply(m.set_asset(f"a:{name}", name, 8), flow.START_NS)
        engine.apply((symbol[0], f"s:{name}", f"{name}-KRW", name, *symbol[4:]), flow.START_NS)
    for account in range(FIRST_ACCOUNT, FIRST_ACCOUNT + world.accounts):
        engine.apply(m.set_account(f"a{account}", account), flow.START_NS)
        for asset in ("KRW", "BTC"):
            engine.apply(m.deposit(f"{asset}{account}", account, asset, flow.FUNDS_MINOR), flow.START_NS)
    for name in names[1:]:
        # One of them has some of each asset: selling what one has not is refused.
        for account in range(FIRST_ACCOUNT, FIRST_ACCOUNT + min(world.accounts, 10)):
            engine.apply(m.deposit(f"{name}{account}", account, name, 10**18), flow.START_NS)
    return [flow.SYMBOL, *(f"{name}-KRW" for name in names[1:])]


def fill(engine: Engine, world: World, names: list[str]) -> None:
    """Bids only, far below where the trading is: anybody can buy in any symbol."""
    for number in range(world.orders):
        price = START_PRICE - (100 + number * 7 % world.levels) * flow.TICK
        _place(engine, f"f{number}", number % world.accounts, names[number % len(names)], m.BUY, price)


def measure(engine: Engine, world: World, names: list[str]) -> list[int]:
    """Nanoseconds of each command: a bid that rests, a bid and the sale that takes it, the cancel of the
    first."""
    latencies = []
    sellers = world.accounts if len(names) == 1 else min(world.accounts, 10)
    for number in range(ROUNDS):
        name = names[number % len(names)]
        below = START_PRICE - (100 + number * 13 % world.levels) * flow.TICK
        buyer = number * 17 % world.accounts
        seller = (number * 17 + 1) % sellers
        took_ns, rested = _place(engine, f"r{number}", buyer, name, m.BUY, below)
        latencies.append(took_ns)
        if seller == buyer:
            seller = (seller + 1) % sellers
        latencies.append(_place(engine, f"b{number}", buyer, name, m.BUY, START_PRICE)[0])
        latencies.append(_place(engine, f"s{number}", seller, name, m.SELL, START_PRICE)[0])
        command = m.cancel_order(f"c{number}", FIRST_ACCOUNT + buyer, rested)
        latencies.append(_apply(engine, command)[0])
    return latencies


def _place(engine: Engine, name: str, account: int, symbol: str, side: int, price: int) -> tuple[int, int]:
    """Nanoseconds, and the order's id."""
    command = m.place_order(
        name, FIRST_ACCOUNT + account, symbol, side, price_ticks=price, quantity_lots=1_000_000
    )
    took_ns, event = _apply(engine, command)
    return took_ns, int(event[1])


def _apply(engine: Engine, command: m.Command) -> tuple[int, m.Event]:
    began = time.perf_counter_ns()
    events = engine.apply(command, engine.now_ns + 1)
    took_ns = time.perf_counter_ns() - began
    if events[0][0] != m.EV_ORDER:
        raise SystemExit(f"refused: {command}: {events[0]}")
    return took_ns, events[0]


if __name__ == "__main__":
    main()
