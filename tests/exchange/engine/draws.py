"""Commands of every kind, drawn one after another."""

from __future__ import annotations

import random
from typing import Any

from exchange.engine import messages as m
from tests.exchange.engine.order_draws import SESSIONS, OrderMaker
from tests.exchange.engine.venue import (
    ACCOUNTS,
    HOUR_NS,
    PROTECTIONS,
    RATES,
    SECOND_NS,
    SYMBOLS,
    symbol_command,
)

#: What a venue's symbols go through when they are not in trading.
STATUSES = (
    *(m.HALTED, m.CANCEL_ONLY, m.CLOSED, m.POST_ONLY, m.POST_ONLY),
    *(m.PRE_OPEN, m.OPENING_AUCTION, m.CLOSING_AUCTION, m.VOLATILITY_AUCTION, m.OPENING_AUCTION),
)


#: Of a rest at the collar, which takes a thin book and a price that is valid there.
_COLLARS = (1, 1, 1, 60_000, 100_000)


class CommandMaker(OrderMaker):
    """Draws one command after another. ``observe`` what they led to and the next ones name orders that are
    open, expiries that are near and states that can be left."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.made: list[m.Command] = []
        self.open: dict[int, m.OrderEvent] = {}
        self.statuses = dict.fromkeys(SYMBOLS, m.TRADING)
        menu = self._menu()
        self.kinds = list(menu)
        # Each stream has kinds that it likes and kinds that it hardly knows.
        self.weights = [weight * rng.choice((0.3, 1, 1, 2)) for weight in menu.values()]

    def _menu(self) -> dict[Any, int]:
        return {
            self.limit: 36,
            self.now: 9,
            self.market: 12,
            self.for_auction: 12,
            self.iceberg: 9,
            self.stop_limit: 9,
            self.stop_market: 12,
            self.oco: 9,
            self.bracket: 12,
            self.to_limit: 6,
            self.pegged: 14,
            self.oto: 14,
            self.quotes: 12,
            self.cancel_quotes: 2,
            self.protect_quotes: 6,
            self.cancel: 7,
            self.cancel_all: 2,
            self.cancel_replace: 6,
            self.cancel_after: 2,
            self.reduce: 8,
            self.replace: 14,
            self.transfer: 5,
            self.move: 2,
            self.pay_from_fees: 2,
            self.hold_withdrawal: 4,
            self.end_withdrawal: 3,
            self.change_fees: 2,
            self.change_plan: 2,
            self.change_account_plan: 2,
            self.change_status: 9,
            self.change_symbol: 4,
            self.change_account: 6,
            self.change_group: 2,
            self.repeat: 2,
            self.malformed: 3,
            self.tick: 6,
        }

    def observe(self, events: list[m.Event]) -> None:
        for event in events:
            if event[0] == m.EV_ORDER:
                order = m.OrderEvent(*event)
                self.now_ns = max(self.now_ns, order.updated_ns)
                if order.status in m.OPEN_STATUSES:
                    self.open[order.order_id] = order
                else:
                    self.open.pop(order.order_id, None)
            elif event[0] == m.EV_SYMBOL:
                self.statuses[event[1]] = m.SymbolEvent(*event).status
            elif event[0] == m.EV_TICK:
                self.now_ns = event[1]

    def next(self) -> m.Command:
        command: m.Command = self.rng.choices(self.kinds, self.weights)[0]()
        self.made.append(command)
        self.number += 1
        return command

    def pause_ns(self, command: m.Command) -> int:
        """How long the venue is quiet before this command."""
        if command[0] != m.TICK or self.rarely(0.3):
            return 1_000
        return self.rng.choice((10_000, SECOND_NS, 60 * SECOND_NS, HOUR_NS, 3 * HOUR_NS, 26 * HOUR_NS))

    def _some_order(self) -> tuple[int, int, int]:
        """(account, order id, total quantity), mostly of an open order and its owner."""
        order_id = self.rng.choice([*self.open, self.rng.randrange(1, 400)])
        order = self.open.get(order_id)
        if order is None or self.rarely(0.05):
            return self.account(), order_id, self.quantity()
        return order.account, order_id, order.quantity_lots

    def tick(self) -> m.Command:
        return m.tick(self.rng.choice((0, 0, 1, 500_000, 1_000_000)))

    # --- of traders ------------------------------------------------------------------------------------

    def cancel(self) -> m.Command:
        if self.rarely(0.2):
            return m.cancel_order(self.next_id(), self.account(), 0, f"mine{self.rng.randrange(12)}")
        account, order_id, _ = self._some_order()
        return m.cancel_order(self.next_id(), account, order_id)

    def cancel_all(self) -> m.Command:
        symbol = self.rng.choice((None, self.symbol()))
        session = self.rng.choice((None, *SESSIONS, "gone"))
        return m.cancel_all(self.next_id(), self.account(), symbol, session)

    def cancel_quotes(self) -> m.Command:
        symbol, name = self.rng.choice((None, self.symbol())), self.rng.choice((None, "q", "none"))
        return m.cancel_quotes(self.next_id(), self.account(), symbol, name)

    def protect_quotes(self) -> m.Command:
        window_ms = self.rng.choice((0, 1, 1, 60_000, 60_000, 3_600_000, 3_600_001))
        fills = self.rng.choice((0, 1, 2, 3, 3, 1_000, 1_001, -1))
        asset, net = self.rng.choice((("", 0), ("", 0), ("KRW", 100), ("ABC", 40), ("NONE", 5), ("KRW", 0)))
        if self.rarely(0.15):
            window_ms, fills, asset, net = 0, 0, "", 0
        return m.protect_quotes(self.next_id(), self.account(), window_ms, fills, asset, net)

    def cancel_replace(self) -> m.Command:
        account, order_id, _ = self._some_order()
        make = self.rng.choice(
            (
                *(self.limit, self.now, self.market, self.stop_limit, self.for_auction, self.to_limit),
                self.pegged,
            )
        )
        place = self.malformed() if self.rarely(0.05) else make()
        named: dict[str, Any] = {"order_id": order_id}
        if self.rarely(0.1):
            named = {"client_order_id": f"mine{self.rng.randrange(12)}"}
        mode = self.rng.choice((m.STOP_ON_FAILURE, m.ALLOW_FAILURE))
        return m.cancel_replace(self.next_id(), account, place, mode=mode, **named)

    def cancel_after(self) -> m.Command:
        after_ms = self.rng.choice((0, 1_000, 1_000, 60_000, 24 * 3_600_000, -1, 999, 24 * 3_600_000 + 1))
        return m.cancel_after(self.next_id(), self.account(), after_ms)

    def reduce(self) -> m.Command:
        account, order_id, quantity = self._some_order()
        return m.reduce_order(self.next_id(), account, order_id, quantity - self.rng.randrange(5))

    def replace(self) -> m.Command:
        account, order_id, quantity = self._some_order()
        order = self.open.get(order_id)
        quantity = self.rng.choice((quantity, quantity - 1, self.quantity()))
        price = order.price_ticks if order is not None and self.rarely(0.4) else self.price()
        waits = order is not None and order.extra is not None and m.OrderExtra(*order.extra).trigger
        trigger = self.price() if self.rarely(0.5 if waits else 0.02) else 0
        now = self.rarely(0.5 if trigger else 0.02)
        return m.replace_order(self.next_id(), account, order_id, price, quantity, trigger, now)

    # --- of the venue ----------------------------------------------------------------------------------

    def transfer(self) -> m.Command:
        asset = self.rng.choice(("KRW", "KRW", "ABC", "XYZ", "NONE"))
        # More comes in than goes out: held withdrawals go out too, and a poor venue trades little.
        make = self.rng.choice((m.deposit, m.deposit, m.withdraw))
        return make(self.next_id(), self.account(), asset, self.rng.choice((0, -5, *range(50, 900, 50))))

    def move(self) -> m.Command:
        asset = self.rng.choice(("KRW", "KRW", "ABC", "XYZ", "NONE"))
        amount = self.rng.choice((0, -5, *range(50, 900, 50)))
        memo = self.rng.choice(("", "rent"))
        return m.move(self.next_id(), self.account(), self.account(), asset, amount, memo)

    def pay_from_fees(self) -> m.Command:
        asset = self.rng.choice(("KRW", "KRW", "ABC", "XYZ", "NONE"))
        amount, memo = self.rng.choice((0, -5, 1, 2, 9)), self.rng.choice(("", "share"))
        return m.pay_from_fees(self.next_id(), self.account(), asset, amount, memo)

    def hold_withdrawal(self) -> m.Command:
        asset, fee = self.rng.choice(("KRW", "KRW", "ABC", "XYZ", "NONE")), self.rng.choice((0, 0, 3, 25, -1))
        amount = self.rng.choice((0, -5, *range(5, 200, 15)))
        return m.hold_withdrawal(self.next_id(), self.account(), self._withdrawal_id(), asset, amount, fee)

    def end_withdrawal(self) -> m.Command:
        make = self.rng.choice((m.settle_withdrawal, m.release_withdrawal))
        return make(self.next_id(), self.account(), self._withdrawal_id())

    def _withdrawal_id(self) -> str:
        return f"w{self.rng.randrange(3)}"

    def for_auction(self, **fields: Any) -> m.Command:
        """On open mostly where a symbol opens: anywhere else it is refused."""
        opening = [s for s in SYMBOLS if self.statuses[s] in (m.PRE_OPEN, m.OPENING_AUCTION)]
        if opening and not self.rarely(0.3):
            fields |= {"time_in_force": m.OPG, "symbol": self.rng.choice(opening)}
        return super().for_auction(**fields)

    def change_fees(self) -> m.Command:
        rates = self.rng.choice((*RATES, (1, -2), (100_001, 0)))
        symbol = "" if self.rarely(0.3) else self.symbol()
        if self.rarely(0.3):
            return m.clear_fees(self.next_id(), symbol, self.account())
        return m.set_fees(self.next_id(), symbol, self.account(), *rates)

    def change_plan(self) -> m.Command:
        symbols = [self.symbol() for _ in range(self.rng.randrange(3))]
        rates = self.rng.choice((*RATES, *RATES, (1, -2)))
        number = self.rng.choice((1, 1, 2, 2, 3, 0, 1_001))
        return m.set_fee_plan(self.next_id(), number, tuple((symbol, *rates) for symbol in symbols))

    def change_account_plan(self) -> m.Command:
        return m.set_account_plan(self.next_id(), self.account(), self.rng.choice((0, 1, 1, 2, 2, 3, 4)))

    def change_status(self) -> m.Command:
        """Out of trading now and then, and back to it soon; sometimes from one odd state to another."""
        astray = [symbol for symbol in SYMBOLS if self.statuses[symbol] != m.TRADING]
        if astray and self.rarely(0.8):
            symbol, reason = self.rng.choice(astray), self.rng.choice(("again", "again", ""))
            direct = self.rarely(0.6)
            return m.set_symbol_status(self.next_id(), symbol, self._way_back(), reason, direct=direct)
        status = self.rng.choice((*STATUSES, m.TRADING)) if not self.rarely(0.02) else 9
        return m.set_symbol_status(self.next_id(), self.symbol(), status, "why not")

    def _way_back(self) -> int:
        return self.rng.choice((m.TRADING, m.TRADING, m.TRADING, m.POST_ONLY, m.CLOSED, m.PRE_OPEN))

    def change_symbol(self) -> m.Command:
        changes = self.rng.choice(
            (
                {"lot_step": self.rng.choice((1, 2, 3))},
                {"min_notional_minor": self.rng.choice((20, 150, 250))},
                {"min_price_ticks": self.rng.choice((5, 9)), "max_price_ticks": self.rng.choice((12, 20))},
                {"max_open_orders": self.rng.randrange(7)},
                dict(zip(("maker_ppm", "taker_ppm"), self.rng.choice(RATES), strict=True)),
                {"protection": self.rng.choice(PROTECTIONS)},
                {"protection": self.rng.choice(PROTECTIONS)},
                {"protection": self.rng.choice(PROTECTIONS)},
                {"protection": m.Protection(collar_ppm=self.rng.choice(_COLLARS), collar_rests=True)},
                {"protection": m.Protection(volatility_ppm=5)},
                {"protection": m.Protection(static_ppm=5)},
                {"protection": m.Protection(extended_ppm=-1)},
                {"protection": m.Protection(random_end_ns=10**12)},
                {"protection": m.Protection(collar_ppm=-5)},
                {"tick_bands": ((0, 3), (9, 1))},
                {"tick_bands": ((1, 3),)},
                {"min_quantity_lots": 0},
                {"price_scale": 4},
                {"price_scale": 0},
            )
        )
        return symbol_command(self.next_id(), self.rng.choice(SYMBOLS), **changes)

    def change_account(self) -> m.Command:
        status = self.rng.choice((*[m.ACTIVE] * 10, m.FROZEN))
        return m.set_account(self.next_id(), self.rng.choice(ACCOUNTS), status)

    def change_group(self) -> m.Command:
        return m.set_group(self.next_id(), self.account(), self.rng.choice((0, 0, 7, 7, 8, -1)))

    def repeat(self) -> m.Command:
        """An earlier command again, sometimes with another payload under the same id."""
        if not self.made:
            return m.tick()
        earlier = self.rng.choice(self.made[-200:])
        if earlier[0] == m.TICK:
            return m.tick()
        if earlier[0] == m.PLACE and self.rarely(0.5):
            return (*earlier[:9], earlier[9] + 1, *earlier[10:])
        return earlier
