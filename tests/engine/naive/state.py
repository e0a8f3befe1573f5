"""What the naive engine knows, and everything one can ask of it, worked out when asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange.engine import messages as m
from tests.engine.naive.rules import Order, Symbol, ceil_ppm


@dataclass
class NaiveState:
    assets: dict[str, int] = field(default_factory=dict)
    book_symbols: dict[str, Symbol] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    overrides: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    totals: dict[tuple[int, str], int] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    #: Those of ``orders`` that rested when the present command began, or came to rest since.
    live: list[Order] = field(default_factory=list)
    arrivals: int = 0
    trades: int = 0
    now_ns: int = 0

    def book(self, symbol: str, side: int) -> list[Order]:
        """The resting orders of one side, best first."""
        best_first = -1 if side == m.BUY else 1
        resting = [o for o in self.live if o.resting and o.symbol == symbol and o.side == side]
        return sorted(resting, key=lambda o: (o.price * best_first, o.arrival))

    def depth(self, symbol: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        sides = []
        for side in (m.BUY, m.SELL):
            levels: dict[int, int] = {}
            for order in self.book(symbol, side):
                levels[order.price] = levels.get(order.price, 0) + order.open
            sides.append(list(levels.items()))
        return sides[0], sides[1]

    def open_orders(self, account: int, symbol: str | None = None) -> list[Order]:
        found = [o for o in self.live if o.resting and o.account == account and symbol in (None, o.symbol)]
        return sorted(found, key=lambda o: o.order_id)

    def hold(self, order: Order) -> tuple[str, int]:
        """The asset an open order holds and how much: all it may still have to pay."""
        symbol = self.book_symbols[order.symbol]
        if not order.is_buy:
            return symbol.spec.base, order.open * symbol.base_per_lot
        return symbol.spec.quote, self._buy_hold(
            order, order.price, order.open, order.maker_ppm, order.taker_ppm
        )

    def _buy_hold(self, order: Order, price: int, lots: int, maker_ppm: int, taker_ppm: int) -> int:
        value = self.book_symbols[order.symbol].notional(price, lots)
        dearest = max(maker_ppm, taker_ppm, 0)
        return value + max(0, ceil_ppm(order.accrued + dearest * value) - order.fee)

    def held(self, account: int, asset: str) -> int:
        holds = [self.hold(o) for o in self.open_orders(account)]
        return sum(amount for of, amount in holds if of == asset)

    def total(self, account: int, asset: str) -> int:
        return self.totals.get((account, asset), 0)

    def available(self, account: int, asset: str) -> int:
        return self.total(account, asset) - self.held(account, asset)

    def balances(self, account: int) -> dict[str, tuple[int, int]]:
        """asset → (available, held), of the assets the account has any of."""
        found = {}
        for asset in self.assets:
            held = self.held(account, asset)
            if self.total(account, asset) or held:
                found[asset] = (self.total(account, asset) - held, held)
        return found

    def fees(self, symbol: str, account: int) -> tuple[int, int]:
        spec = self.book_symbols[symbol].spec
        return self.overrides.get((symbol, account), (spec.maker_ppm, spec.taker_ppm))

    def _levels(self) -> dict[tuple[str, int, int], int]:
        levels: dict[tuple[str, int, int], int] = {}
        for order in self.live:
            if order.resting:
                key = (order.symbol, order.side, order.price)
                levels[key] = levels.get(key, 0) + order.open
        return levels

    def _balances(self) -> dict[tuple[int, str], tuple[int, int]]:
        held: dict[tuple[int, str], int] = {}
        for order in self.live:
            if order.resting:
                asset, amount = self.hold(order)
                held[order.account, asset] = held.get((order.account, asset), 0) + amount
        traders = {key: total for key, total in self.totals.items() if key[0] >= m.FIRST_TRADER_ACCOUNT}
        return {key: (total - held.get(key, 0), held.get(key, 0)) for key, total in traders.items()}
