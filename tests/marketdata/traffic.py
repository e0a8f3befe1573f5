"""Random but reproducible traffic: the symbols that ship, a few funded accounts, crossing orders of every
kind."""

from __future__ import annotations

import random
from collections.abc import Iterator

from exchange.engine.messages import (
    ALLOW_FAILURE,
    BUY,
    DAY,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    OPENING_AUCTION,
    SELL,
    STOP,
    TAKE_PROFIT,
    TRADING,
    TRAILING_STOP,
    Command,
    OrderTerms,
    cancel_all,
    cancel_order,
    cancel_replace,
    deposit,
    hold_withdrawal,
    move,
    pay_from_fees,
    place_bracket,
    place_oco,
    place_order,
    reduce_order,
    release_withdrawal,
    replace_order,
    set_account,
    set_fees,
    set_group,
    set_symbol_status,
    settle_withdrawal,
    withdraw,
)
from exchange.listing.catalog import setup_commands

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
    commands += [set_group(f"{run}:group:{account}", account, 7) for account in ACCOUNTS[:2]]
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
        if draw < 0.6:
            return self._place(command_id, account)
        if draw < 0.65:
            return self._money(command_id, account)
        if draw < 0.80:
            return self._place_special(command_id, account, near)
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
            status = pick([TRADING, TRADING, OPENING_AUCTION])
            return set_symbol_status(f"r:{self._seed}{self._count:06}", pick(["AAPL", "NONE"]), status, "why")
        return deposit(command_id, account, "KRW", self._random.randrange(1, 10**25))

    def _money(self, command_id: str, account: int) -> Command:
        """Moves, shares of fees, and the steps of withdrawals; some cannot be."""
        draw, name = self._random.random(), f"w{self._random.randrange(3)}"
        if draw < 0.2:
            other, memo = self._random.choice(ACCOUNTS), self._random.choice(("", "rent"))
            return move(command_id, account, other, "KRW", self._random.choice((1, 10**10, 10**37)), memo)
        if draw < 0.3:
            return pay_from_fees(command_id, account, "KRW", self._random.randrange(1, 10**9), "share")
        if draw < 0.7:
            asset, amount = self._random.choice((("KRW", 10**25), ("KRW", 10**9), ("USD", 10**8)))
            return hold_withdrawal(command_id, account, name, asset, amount, self._random.choice((0, 1_000)))
        return self._random.choice((settle_withdrawal, release_withdrawal))(command_id, account, name)

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

    def _place_special(self, command_id: str, account: int, near: int) -> Command:
        """Orders that wait, show a part, end at a time, know of each other or take the place of others."""
        draw, symbol = self._random.random(), self._random.choice(list(_MARKETS))
        middle, step, lots = _MARKETS[symbol]
        side = self._random.choice((BUY, SELL))
        price, _ = self._terms(symbol, side)
        above, below = middle + 6 * step, middle - 6 * step
        iceberg = OrderTerms(display_lots=lots)
        if draw < 0.2:
            return self._order(command_id, account, symbol, side, GTC, price, 8 * lots, iceberg)
        if draw < 0.3:
            time_in_force, terms = GTD, OrderTerms(expire_ns=2**62, session="w/1")
            if self._random.random() < 0.5:
                time_in_force, terms = DAY, OrderTerms(reprice=False, session="w/2")
            return self._order(command_id, account, symbol, side, time_in_force, price, lots, terms)
        kind = self._random.choice((STOP, TAKE_PROFIT, TRAILING_STOP))
        trigger = above if (side == BUY) == (kind == STOP) else below
        waits = OrderTerms(trigger=kind, trigger_ticks=trigger)
        if kind == TRAILING_STOP:
            waits = OrderTerms(trigger=kind, trail_ticks=5 * step)
        if draw < 0.6:
            return self._order(command_id, account, symbol, side, GTC, above, lots, waits, order_type=MARKET)
        stop = OrderTerms(trigger=STOP, trigger_ticks=below)
        if draw < 0.75:
            first = self._order(command_id, account, symbol, SELL, GTC, above, 3 * lots, None)
            second = self._order(command_id, account, symbol, SELL, GTC, 0, 3 * lots, stop, order_type=MARKET)
            return place_oco(command_id, account, first, second)
        entry = self._order(command_id, account, symbol, BUY, GTC, price, 2 * lots, None)
        if draw < 0.9:
            return place_bracket(command_id, account, entry, above, below, below - step)
        return cancel_replace(command_id, account, entry, order_id=near, mode=ALLOW_FAILURE)

    @staticmethod
    def _order(
        command_id: str,
        account: int,
        symbol: str,
        side: int,
        time_in_force: int,
        price_ticks: int,
        quantity_lots: int,
        terms: OrderTerms | None,
        order_type: int = LIMIT,
    ) -> Command:
        return place_order(
            command_id,
            account,
            symbol,
            side,
            order_type=order_type,
            time_in_force=time_in_force,
            price_ticks=price_ticks,
            quantity_lots=quantity_lots,
            terms=terms,
        )

    def _terms(self, symbol: str, side: int) -> tuple[int, int]:
        middle, step, lots = _MARKETS[symbol]
        away = self._random.randrange(-3, 12)
        return middle + step * (away if side == SELL else -away), lots * self._random.randrange(1, 30)
