"""Random but reproducible traffic: the symbols that ship, a few funded accounts, crossing orders."""

from __future__ import annotations

import random
from collections.abc import Iterator

from exchange.catalog import setup_commands
from exchange.engine.messages import (
    BUY,
    FOK,
    IOC,
    MARKET,
    SELL,
    Command,
    cancel_all,
    cancel_order,
    deposit,
    place_order,
    reduce_order,
    replace_order,
    set_account,
    set_fees,
    set_symbol_status,
    withdraw,
)

ACCOUNTS = tuple(range(1000, 1006))
_FUNDS = {
    "KRW": 10**12 * 10**8,
    "USD": 10**9 * 10**8,
    "BTC": 10**4 * 10**8,
    "ETH": 10**5 * 10**8,
    "AAPL": 10**6,
}
#: symbol -> (price, step between prices, lots of a small order)
_MARKETS = {
    "BTC-KRW": (95_000_000, 1_000, 1_000_000),
    "ETH-KRW": (5_000_000, 1_000, 10_000_000),
    "AAPL": (20_000, 1, 10),
}


def opening(run: str = "t") -> list[Command]:
    """List everything, open and fund the accounts."""
    commands = setup_commands()
    commands += [set_account(f"{run}:open:{account}", account) for account in ACCOUNTS]
    for account in ACCOUNTS:
        for asset, amount in _FUNDS.items():
            commands.append(deposit(f"{run}:fund:{account}:{asset}", account, asset, amount))
    commands.append(set_fees(f"{run}:fees", "BTC-KRW", ACCOUNTS[0], -100, 300))
    return commands


class Traffic:
    """Endless orders, cancels and changes from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seed = seed
        self._count = 0
        self._order_id = 0

    def take(self, count: int) -> list[Command]:
        return [next(self._commands()) for _ in range(count)]

    def _commands(self) -> Iterator[Command]:
        while True:
            self._count += 1
            yield self._command(f"{self._seed}:{self._count}")

    def _command(self, command_id: str) -> Command:
        draw, pick = self._random.random(), self._random.choice
        account = pick(ACCOUNTS)
        near = max(1, self._count - self._random.randrange(200))
        if draw < 0.80:
            return self._place(command_id, account)
        if draw < 0.88:
            return cancel_order(command_id, account, near)
        if draw < 0.91:
            return replace_order(command_id, account, near, *self._terms("BTC-KRW", BUY))
        if draw < 0.93:
            return reduce_order(command_id, account, near, 500_000)
        if draw < 0.94:
            return cancel_all(command_id, account, pick(["AAPL", None]))
        if draw < 0.96:
            return withdraw(command_id, account, "USD", self._random.randrange(1, 10**9))
        if draw < 0.97:
            # Changes requested by operators: half of them are refused, since there is no such symbol.
            return set_symbol_status(f"r:{self._seed}{self._count:06}", pick(["AAPL", "NONE"]), 0, "resumed")
        return deposit(command_id, account, "KRW", self._random.randrange(1, 10**25))

    def _place(self, command_id: str, account: int) -> Command:
        symbol = self._random.choice(list(_MARKETS))
        side = self._random.choice((BUY, SELL))
        draw = self._random.random()
        price, lots = self._terms(symbol, side)
        if draw < 0.1:
            return place_order(
                command_id, account, symbol, side, order_type=MARKET, time_in_force=IOC, quantity_lots=lots
            )
        return place_order(
            command_id,
            account,
            symbol,
            side,
            time_in_force=IOC if draw < 0.15 else FOK if draw < 0.2 else 0,
            price_ticks=price,
            quantity_lots=lots,
            stp=self._random.randrange(4),
            client_order_id=f"c{command_id}" if draw > 0.6 else None,
        )

    def _terms(self, symbol: str, side: int) -> tuple[int, int]:
        middle, step, lots = _MARKETS[symbol]
        away = self._random.randrange(-3, 12)
        return middle + step * (away if side == SELL else -away), lots * self._random.randrange(1, 30)
