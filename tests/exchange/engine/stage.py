"""A stage for the rules of docs/orders.md as small stories, played to the core and the naive engine alike.

The symbol trades whole lots at whole prices; a price times a lot is worth ten minor units of KRW; there
are no fees unless asked for. alice, bob and carol begin with 1,000,000 KRW and 1,000 lots of ABC each.
"""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m
from exchange.engine.messages import OrderEvent, OrderExtra, TradeEvent
from tests.exchange.engine.pair import Pair

ALICE, BOB, CAROL = 1000, 1001, 1002
MONEY, LOTS = 1_000_000, 1_000
SYMBOL = "ABC-KRW"
SECOND_NS = 10**9
#: 22:13:20 UTC is where the pair's clock starts; its day ends so much later.
TO_MIDNIGHT_NS = 6_400 * SECOND_NS


class Stage:
    """Every command goes to both engines, which must agree on its events and on all that can be asked."""

    def __init__(self, trades: int = 1_000, limits: dict[str, int] | None = None, **terms: Any) -> None:
        """``trades``: the most that an order makes (rule X1); ``limits``: others of the core by name."""
        self.pair = Pair(trades, **(limits or {}))
        self.commands = 0
        self.events: list[m.Event] = []
        self.symbol_terms: dict[str, Any] = {
            "base": "ABC",
            "quote": "KRW",
            "price_scale": 0,
            "quantity_scale": 0,
            "tick_bands": ((0, 1),),
            "lot_step": 1,
            "min_quantity_lots": 1,
            "max_quantity_lots": 1_000,
            "min_price_ticks": 1,
            "max_price_ticks": 10_000,
            "min_notional_minor": 0,
            "maker_ppm": 0,
            "taker_ppm": 0,
            "max_open_orders": 20,
        }
        self.do(m.set_asset, "KRW", 1)
        self.do(m.set_asset, "ABC", 0)
        self.change_symbol(**terms)
        for account in (ALICE, BOB, CAROL):
            self.do(m.set_account, account)
            self.do(m.deposit, account, "KRW", MONEY)
            self.do(m.deposit, account, "ABC", LOTS)

    # --- doing -------------------------------------------------------------------------------------

    def submit(self, command: m.Command, after_ns: int = 1_000) -> list[m.Event]:
        self.events = self.pair.submit(command, after_ns)
        self.pair.check_state()
        self.pair.check_invariants()
        self.pair.round_trip()
        return self.events

    def do(self, make: Any, *arguments: Any, **fields: Any) -> list[m.Event]:
        """The command of a constructor, under a fresh id."""
        self.commands += 1
        return self.submit(make(f"c{self.commands}", *arguments, **fields))

    def tick(self, after_ns: int = 1_000, draw_ppm: int = 0) -> list[m.Event]:
        return self.submit(m.tick(draw_ppm), after_ns)

    def change_symbol(self, **terms: Any) -> None:
        self.symbol_terms |= terms
        self.do(m.set_symbol, SYMBOL, **self.symbol_terms)

    def protect(self, **rules: Any) -> None:
        self.change_symbol(protection=m.Protection(**rules))

    def go(self, status: int, **fields: Any) -> list[m.Event]:
        """Put the symbol into another state."""
        return self.do(m.set_symbol_status, SYMBOL, status, **fields)

    def order_tuple(
        self, account: int, side: int, lots: int, price: int = 0, terms: Any = None, **fields: Any
    ) -> m.Command:
        """A PLACE: a limit order with a price, a market order without (or with ``order_type``)."""
        if not price:
            fields = {"order_type": m.MARKET} | fields
        if fields.get("order_type") == m.MARKET and not (terms and terms.get("trigger")):
            fields = {"time_in_force": m.IOC} | fields
        self.commands += 1
        return m.place_order(
            f"c{self.commands}",
            account,
            SYMBOL,
            side,
            price_ticks=price,
            quantity_lots=lots,
            terms=m.OrderTerms(**terms) if terms else None,
            **fields,
        )

    def place(self, *arguments: Any, **fields: Any) -> OrderEvent:
        """The order that was placed, as its command's reply told it."""
        events = self.submit(self.order_tuple(*arguments, **fields))
        assert events[0][0] == m.EV_ORDER, events
        return OrderEvent(*events[0])

    def buy(self, account: int, lots: int, price: int = 0, **fields: Any) -> OrderEvent:
        return self.place(account, m.BUY, lots, price, **fields)

    def sell(self, account: int, lots: int, price: int = 0, **fields: Any) -> OrderEvent:
        return self.place(account, m.SELL, lots, price, **fields)

    def oco(self, account: int, first: m.Command, second: m.Command) -> tuple[OrderEvent, OrderEvent]:
        events = self.do(m.place_oco, account, first, second)
        assert [event[0] for event in events[:2]] == [m.EV_ORDER] * 2, events
        return OrderEvent(*events[0]), OrderEvent(*events[1])

    def bracket(self, entry: m.Command, *exits: int) -> OrderEvent:
        events = self.do(m.place_bracket, entry[2], entry, *exits)
        assert events[0][0] == m.EV_ORDER, events
        return OrderEvent(*events[0])

    def cancel(self, order: OrderEvent) -> OrderEvent:
        return OrderEvent(*self.do(m.cancel_order, order.account, order.order_id)[0])

    def trade_at(self, price: int) -> None:
        """One lot from bob to carol at this price, so that it is the last one."""
        self.sell(BOB, 1, price)
        assert self.buy(CAROL, 1, price).filled_lots == 1

    # --- seeing ------------------------------------------------------------------------------------

    def refusal(self, *arguments: Any, **fields: Any) -> str:
        """The code with which an order is refused."""
        return refused(self.submit(self.order_tuple(*arguments, **fields)))

    def now(self, order: OrderEvent | int) -> OrderEvent:
        """The order as it is now."""
        order_id = order if isinstance(order, int) else order.order_id
        found = self.pair.core.order(order_id)
        assert found is not None, f"no order {order_id}"
        return OrderEvent(*found)

    def state(self, order: OrderEvent | int) -> str:
        """``filled``, ``canceled/user``, ``new`` ..."""
        found = self.now(order)
        return "/".join(filter(None, (m.ORDER_STATUSES[found.status], m.REASONS[found.reason])))

    def trades(self) -> list[tuple[int, int]]:
        """(price, lots) of what the last command traded."""
        return [
            (TradeEvent(*e).price_ticks, TradeEvent(*e).quantity_lots) for e in self.events_of(m.EV_TRADE)
        ]

    def events_of(self, tag: int) -> list[m.Event]:
        return [event for event in self.events if event[0] == tag]

    def bids(self) -> list[tuple[int, int]]:
        return list(self.pair.core.depth(SYMBOL)[0])

    def asks(self) -> list[tuple[int, int]]:
        return list(self.pair.core.depth(SYMBOL)[1])

    def status(self) -> str:
        return m.SYMBOL_STATUSES[m.SymbolEvent(*self.pair.core.symbols()[0]).status]

    def prices(self) -> tuple[int, int]:
        """The last price and the reference price, 0 for none."""
        return self.pair.core.prices(SYMBOL)

    def money(self, account: int) -> tuple[int, int]:
        """(available, held) in KRW."""
        return self._balance(account, "KRW")

    def lots(self, account: int) -> tuple[int, int]:
        """(available, held) in ABC."""
        return self._balance(account, "ABC")

    def _balance(self, account: int, asset: str) -> tuple[int, int]:
        rows = {row[0]: (row[1], row[2]) for row in self.pair.core.balances(account)}
        return rows.get(asset, (0, 0))


def refused(events: list[m.Event]) -> str:
    """The code of a command that changed nothing."""
    assert [event[0] for event in events] == [m.EV_REJECTED], events
    return m.RejectedEvent(*events[0]).code


def extra(order: OrderEvent) -> OrderExtra:
    return OrderExtra(*order.extra) if order.extra else OrderExtra()


def stop(trigger_ticks: int, **terms: Any) -> dict[str, Any]:
    return {"trigger": m.STOP, "trigger_ticks": trigger_ticks} | terms


def take_profit(trigger_ticks: int, **terms: Any) -> dict[str, Any]:
    return {"trigger": m.TAKE_PROFIT, "trigger_ticks": trigger_ticks} | terms


def trailing(ticks: int = 0, ppm: int = 0, **terms: Any) -> dict[str, Any]:
    return {"trigger": m.TRAILING_STOP, "trail_ticks": ticks, "trail_ppm": ppm} | terms
