"""Small worlds in which everything meets everything, and a seeded stream of commands within them.

Few accounts, a handful of prices, balances that run out, fee rates that do not divide: the places where
rounding, self-trade prevention and priority go wrong are hit every few commands instead of never.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from exchange.engine import messages as m

ACCOUNTS = (1000, 1001, 1002, 1003)
#: ABC is what one symbol trades and what another is paid in.
SYMBOLS = ("ABC-KRW", "XYZ-KRW", "XYZ-ABC")
_SCALES = {"ABC-KRW": (1, 1), "XYZ-KRW": (3, 0), "XYZ-ABC": (1, 0)}
#: (maker, taker) in ppm: none, plain, odd, rebates on either side, and the extremes.
RATES = (
    (0, 0),
    (500, 500),
    (33_333, 66_667),
    (-70_001, 99_999),
    (-99_999, 100_000),
    (99_999, -70_001),
    (100_000, 100_000),
)
PRICES = (8, 9, 10, 10, 11, 12, 12, 14, 16)

#: At and beyond the bounds, and far beyond 64 bits.
ODD_PRICES = (-(10**30), -1, 0, 4, 5, 20, 21, 25, 10**30)
ODD_QUANTITIES = (-(10**30), -1, 0, 13, 10**30)


def symbol_command(command_id: str, symbol: str, **changes: Any) -> m.Command:
    """The symbol as these worlds have it. Multiplier and lot are 10 minor units in the first, 1 in the
    second, 10 and 1 in the third."""
    price_scale, quantity_scale = _SCALES[symbol]
    terms: dict[str, Any] = {
        "base": symbol[:3],
        "quote": symbol[4:],
        "price_scale": price_scale,
        "quantity_scale": quantity_scale,
        "tick_bands": ((0, 1), (10, 2), (20, 5)),
        "lot_step": 1,
        "min_quantity_lots": 1,
        "max_quantity_lots": 12,
        "min_price_ticks": 5,
        "max_price_ticks": 20,
        "min_notional_minor": 20,
        "maker_ppm": 500,
        "taker_ppm": 500,
        "max_open_orders": 5,
    }
    return m.set_symbol(command_id, symbol, **(terms | changes))


def opening(
    rates: tuple[tuple[int, int], tuple[int, int]] = RATES[1:3], lot_step: int = 1
) -> list[m.Command]:
    """Assets, symbols and accounts; no money yet."""
    first, second = rates
    commands = [m.set_asset("a1", "KRW", 3), m.set_asset("a2", "ABC", 2), m.set_asset("a3", "XYZ", 0)]
    commands.append(
        symbol_command("s1", "ABC-KRW", maker_ppm=first[0], taker_ppm=first[1], lot_step=lot_step)
    )
    commands.append(
        symbol_command("s2", "XYZ-KRW", maker_ppm=second[0], taker_ppm=second[1], min_notional_minor=0)
    )
    commands.append(symbol_command("s3", "XYZ-ABC", maker_ppm=first[0], taker_ppm=first[1]))
    commands += [m.set_account(f"u{account}", account) for account in ACCOUNTS]
    return commands


class World:
    """An opening, deposits and then ``length`` commands, all from one seed.

    ``observe`` the events of each command and the next ones name orders that are really open; the
    stream stays a function of the seed as long as the engine is one."""

    def __init__(self, seed: int, length: int) -> None:
        self.rng = random.Random(seed)
        self.length = length
        self.maker = CommandMaker(self.rng)

    def __iter__(self) -> Iterator[m.Command]:
        rng = self.rng
        rates = (rng.choice(RATES), rng.choice(RATES))
        yield from opening(rates, lot_step=rng.choice((1, 1, 2, 3)))
        unit = rng.choice((30, 30, 100, 10**6))
        for account in ACCOUNTS:
            for asset in ("KRW", "ABC", "XYZ"):
                yield m.deposit(f"d{account}{asset}", account, asset, rng.randrange(5, 100) * unit)
        for _ in range(self.length):
            yield self.maker.next()

    def observe(self, events: list[m.Event]) -> None:
        for event in events:
            if event[0] == m.EV_ORDER:
                self.maker.observe(m.OrderEvent(*event))


class CommandMaker:
    """Draws one command after another."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.open: dict[int, m.OrderEvent] = {}
        self.made: list[m.Command] = []
        self.kinds, self.weights = zip(*self._menu().items(), strict=True)

    def _menu(self) -> dict[Any, int]:
        return {
            self.place_limit: 40,
            self.place_now: 12,
            self.place_market: 10,
            self.cancel: 8,
            self.cancel_all: 2,
            self.reduce: 8,
            self.replace: 12,
            self.transfer: 5,
            self.change_fees: 2,
            self.change_status: 6,
            self.change_symbol: 1,
            self.change_account: 8,
            self.repeat: 2,
            self.malformed: 2,
            m.tick: 1,
        }

    def observe(self, order: m.OrderEvent) -> None:
        if order.status in m.OPEN_STATUSES:
            self.open[order.order_id] = order
        else:
            self.open.pop(order.order_id, None)

    def next(self) -> m.Command:
        command: m.Command = self.rng.choices(self.kinds, self.weights)[0]()
        self.made.append(command)
        return command

    def _id(self) -> str:
        return f"c{len(self.made)}"

    def _account(self) -> int:
        return 999_999 if self.rng.random() < 0.005 else self.rng.choice(ACCOUNTS)

    def _symbol(self) -> str:
        return "NONE" if self.rng.random() < 0.005 else self.rng.choice(SYMBOLS)

    def _some_order(self) -> tuple[int, int, int]:
        """(account, order id, total quantity), mostly of an open order and its owner."""
        order_id = self.rng.choice([*self.open, self.rng.randrange(1, 400)])
        order = self.open.get(order_id)
        if order is None or self.rng.random() < 0.05:
            return self._account(), order_id, self._quantity()
        return order.account, order_id, order.quantity_lots

    def _place(self, **terms: Any) -> m.Command:
        rng = self.rng
        client_order_id = f"mine{rng.randrange(12)}" if rng.random() < 0.2 else None
        return m.place_order(
            self._id(),
            self._account(),
            self._symbol(),
            rng.choice((m.BUY, m.SELL)),
            stp=rng.randrange(4),
            client_order_id=client_order_id,
            **terms,
        )

    def _price(self) -> int:
        return self.rng.choice(ODD_PRICES) if self.rng.random() < 0.05 else self.rng.choice(PRICES)

    def _quantity(self) -> int:
        return self.rng.choice(ODD_QUANTITIES) if self.rng.random() < 0.03 else self.rng.randrange(1, 13)

    def place_limit(self) -> m.Command:
        return self._place(
            post_only=self.rng.random() < 0.15, price_ticks=self._price(), quantity_lots=self._quantity()
        )

    def place_now(self) -> m.Command:
        tif = self.rng.choice((m.IOC, m.FOK))
        return self._place(time_in_force=tif, price_ticks=self._price(), quantity_lots=self._quantity())

    def place_market(self) -> m.Command:
        tif = self.rng.choice((m.IOC, m.IOC, m.FOK))
        amount = int(self.rng.expovariate(1 / 900)) if self.rng.random() < 0.5 else 0
        if self.rng.random() < 0.02:
            amount = self.rng.choice((-1, 10**40))
        quantity = 0 if amount else self._quantity()
        return self._place(
            order_type=m.MARKET, time_in_force=tif, quote_amount_minor=amount, quantity_lots=quantity
        )

    def cancel(self) -> m.Command:
        if self.rng.random() < 0.2:
            return m.cancel_order(self._id(), self._account(), 0, f"mine{self.rng.randrange(12)}")
        account, order_id, _ = self._some_order()
        return m.cancel_order(self._id(), account, order_id)

    def cancel_all(self) -> m.Command:
        return m.cancel_all(self._id(), self._account(), self.rng.choice((None, self._symbol())))

    def reduce(self) -> m.Command:
        account, order_id, quantity = self._some_order()
        return m.reduce_order(self._id(), account, order_id, quantity - self.rng.randrange(5))

    def replace(self) -> m.Command:
        account, order_id, quantity = self._some_order()
        quantity = self.rng.choice((quantity, self._quantity()))
        return m.replace_order(self._id(), account, order_id, self._price(), quantity)

    def transfer(self) -> m.Command:
        asset = self.rng.choice(("KRW", "KRW", "ABC", "XYZ", "NONE"))
        make = self.rng.choice((m.deposit, m.withdraw))
        return make(self._id(), self._account(), asset, self.rng.choice((0, -5, *range(50, 900, 50))))

    def change_fees(self) -> m.Command:
        rates = self.rng.choice((*RATES, (1, -2), (100_001, 0)))
        return m.set_fees(self._id(), self._symbol(), self._account(), *rates)

    def change_status(self) -> m.Command:
        status = self.rng.choice((*[m.TRADING] * 10, m.HALTED, m.CANCEL_ONLY))
        return m.set_symbol_status(self._id(), self._symbol(), status, "why not")

    def change_symbol(self) -> m.Command:
        changes = self.rng.choice(
            (
                {"lot_step": self.rng.choice((1, 2, 3))},
                {"min_price_ticks": self.rng.choice((5, 9)), "max_price_ticks": self.rng.choice((12, 20))},
                {"max_open_orders": self.rng.randrange(7)},
                dict(zip(("maker_ppm", "taker_ppm"), self.rng.choice(RATES), strict=True)),
                {"tick_bands": ((0, 3), (9, 1))},
                {"tick_bands": ((1, 3),)},
                {"min_quantity_lots": 0},
                {"price_scale": 4},
                {"price_scale": 0},
            )
        )
        return symbol_command(self._id(), self.rng.choice(SYMBOLS), **changes)

    def change_account(self) -> m.Command:
        status = self.rng.choice((*[m.ACTIVE] * 10, m.FROZEN))
        return m.set_account(self._id(), self.rng.choice(ACCOUNTS), status)

    def repeat(self) -> m.Command:
        """An earlier command again, sometimes with another payload under the same id."""
        if not self.made:
            return m.tick()
        earlier = self.rng.choice(self.made[-200:])
        if earlier[0] == m.PLACE and self.rng.random() < 0.5:
            return (*earlier[:9], earlier[9] + 1, *earlier[10:])
        return earlier

    def malformed(self) -> m.Command:
        """A combination of fields that means nothing."""
        terms = self.rng.choice(
            (
                {"order_type": m.MARKET, "quantity_lots": 3},
                {"order_type": m.MARKET, "time_in_force": m.IOC, "quantity_lots": 3, "price_ticks": 10},
                {"order_type": m.MARKET, "time_in_force": m.IOC, "quantity_lots": 3, "post_only": True},
                {"order_type": m.MARKET, "time_in_force": m.FOK, "quote_amount_minor": 500},
                {
                    "order_type": m.MARKET,
                    "time_in_force": m.IOC,
                    "quote_amount_minor": 500,
                    "quantity_lots": 2,
                },
                {"time_in_force": m.IOC, "price_ticks": 10, "quantity_lots": 3, "post_only": True},
                {"price_ticks": 10, "quantity_lots": 3, "quote_amount_minor": 500},
                {"time_in_force": 3, "price_ticks": 10, "quantity_lots": 3},
                {"order_type": 2, "price_ticks": 10, "quantity_lots": 3},
            )
        )
        return self._place(**terms)
