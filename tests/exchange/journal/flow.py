"""A small market and a reproducible flow of commands for it, shared by journal and worker tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

from exchange.engine.messages import (
    BUY,
    IOC,
    MARKET,
    SELL,
    Command,
    cancel_all,
    deposit,
    place_order,
    set_account,
    set_asset,
    set_symbol,
)

SYMBOL = "BTC-KRW"
ALICE, BOB, CHARLIE = 1000, 1001, 1002
ACCOUNTS = (ALICE, BOB, CHARLIE)
#: A time stamp in the middle of a minute.
NOW_NS = 1_795_334_675_772_000_000


def market() -> list[Command]:
    """Assets, one symbol, three accounts with money; Alice is so rich that her KRW need more than 64 bits."""
    commands = [
        set_asset("asset:KRW", "KRW", 8),
        set_asset("asset:BTC", "BTC", 8),
        set_symbol(
            "symbol:1",
            SYMBOL,
            base="BTC",
            quote="KRW",
            price_scale=0,
            quantity_scale=8,
            tick_bands=((0, 1), (1_000_000, 1_000)),
            lot_step=1,
            min_quantity_lots=1,
            max_quantity_lots=10**12,
            min_price_ticks=1,
            max_price_ticks=10**12,
            min_notional_minor=5_000 * 10**8,
            maker_ppm=500,
            taker_ppm=500,
            max_open_orders=1_000,
        ),
    ]
    for account in ACCOUNTS:
        rich = 10**6 if account == ALICE else 1
        commands.append(set_account(f"open:{account}", account))
        commands.append(deposit(f"krw:{account}", account, "KRW", rich * 10**17))
        commands.append(deposit(f"btc:{account}", account, "BTC", 10**12))
    return commands


def opened_at() -> int:
    """The sequence at which a new journal's market is open: what states its rules stands before all else."""
    return 1 + len(market())


def orders(seed: int = 1) -> Iterator[Command]:
    """Endless orders of the three, most of them near one price, some of them cancels."""
    rng = random.Random(seed)
    for number in count():
        account = rng.choice(ACCOUNTS)
        command_id = f"{seed}:{number}"
        kind = rng.random()
        if kind < 0.03:
            yield cancel_all(command_id, account, SYMBOL)
        elif kind < 0.1:
            yield place_order(
                command_id,
                account,
                SYMBOL,
                rng.choice((BUY, SELL)),
                order_type=MARKET,
                time_in_force=IOC,
                quantity_lots=rng.randint(10_000, 90_000),
            )
        else:
            yield place_order(
                command_id,
                account,
                SYMBOL,
                rng.choice((BUY, SELL)),
                price_ticks=95_000_000 + 1_000 * rng.randint(-9, 9),
                quantity_lots=rng.randint(10_000, 90_000),
                client_order_id=f"mine-{number}" if kind < 0.5 else None,
            )


def take(source: Iterator[Command], number: int) -> list[Command]:
    return [next(source) for _ in range(number)]
