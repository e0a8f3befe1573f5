"""What the naive engine knows, and everything one can ask of it, worked out when asked."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from exchange.engine import messages as m
from tests.exchange.engine.naive.orders import Order, Place
from tests.exchange.engine.naive.rules import DAY_NS, Symbol, ceil_ppm


class Deal(NamedTuple):
    """A trade that took place."""

    at_ns: int
    symbol: str
    price: int
    lots: int
    in_auction: bool


@dataclass
class Guard:
    """The protection of an account's quotes."""

    window_ms: int
    max_fills: int
    asset: str
    max_net: int
    tripped: bool = False


@dataclass
class NaiveState:
    assets: dict[str, int] = field(default_factory=dict)
    book_symbols: dict[str, Symbol] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    groups: dict[int, int] = field(default_factory=dict)
    #: account → when all of its orders are canceled.
    deadlines: dict[int, int] = field(default_factory=dict)
    overrides: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    #: plan -> symbol -> rates; account -> plan
    plans: dict[int, dict[str, tuple[int, int]]] = field(default_factory=dict)
    account_plans: dict[int, int] = field(default_factory=dict)
    totals: dict[tuple[int, str], int] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    #: Those of ``orders`` that were open when the present command began, or came to be since.
    live: list[Order] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    arrivals: int = 0
    now_ns: int = 0
    #: The replies to the present command itself, and all that happened in it, in order; an order stands for
    #: its event at the end.
    own: list[m.Event | Order] = field(default_factory=list)
    log: list[m.Event | Order] = field(default_factory=list)
    #: (entry id, lots) of the fills of brackets' entries whose exits have not been entered yet.
    bought: list[tuple[int, int]] = field(default_factory=list)
    #: X1: how many trades an order may make.
    trades_per_order: int = 1_000
    #: X1, X2: trades and preventions of the present command; where the entering order's end; fired orders
    #: entered.
    meetings: int = 0
    last_meeting: int = 1_000
    entered: int = 0
    #: X6: how many orders a command ends because their time is up. B7: open orders of an account.
    ends_per_command: int = 2_000
    orders_per_account: int = 10_000
    #: PG6: pegged orders of a symbol, and of an account in one.
    pegs_per_symbol: int = 200
    pegs_per_account: int = 10
    #: X2: symbols whose fired orders wait for the next tick.
    paused: set[str] = field(default_factory=set)

    #: F6: (account, withdrawal id) -> (asset, amount, fee) of those under way; how many an account may have.
    withdrawals: dict[tuple[int, str], tuple[str, int, int]] = field(default_factory=dict)
    withdrawals_per_account: int = 100

    #: MM5: account -> the protection of its quotes; (time, account, bought less sold) of their fills since it
    #: was set; (symbol, account) of those that have tripped; symbols to be looked at in the end.
    guards: dict[int, Guard] = field(default_factory=dict)
    quote_fills: list[tuple[int, int, int]] = field(default_factory=list)
    tripped: list[tuple[str, int]] = field(default_factory=list)
    others: set[str] = field(default_factory=set)

    def dry(self) -> Self:
        """Another engine in the same state, to try something out in."""
        other = copy.copy(self)
        other.book_symbols = {name: copy.copy(symbol) for name, symbol in self.book_symbols.items()}
        other.totals, other.deals = dict(self.totals), list(self.deals)
        other.live = [copy.copy(order) for order in self.live]
        other.log, other.bought, other.paused = [], [], set()
        other.guards = {account: copy.copy(guard) for account, guard in self.guards.items()}
        other.quote_fills, other.tripped = list(self.quote_fills), []
        return other

    def is_overdue(self, order: Order) -> bool:
        """T4: whether its time is up, and it trades no more."""
        return 0 < order.expires_ns <= self.now_ns

    def overdue(self) -> list[Order]:
        """The open orders whose time is up, the one that was up first before the others."""
        due = [o for o in self.live if o.is_open and self.is_overdue(o)]
        return sorted(due, key=lambda o: (o.expires_ns, o.order_id))

    def days_to_end(self, symbol: str) -> list[Order]:
        """T5: the open orders that the close of their symbol ends, the oldest first."""
        found = [o for o in self.live if o.symbol == symbol and o.is_open and not o.expires_ns]
        days = [o for o in found if o.command.time_in_force == m.DAY and not o.became_limit]
        return sorted(days, key=lambda o: o.order_id)

    def next_arrival(self) -> int:
        self.arrivals += 1
        return self.arrivals

    # --- orders ------------------------------------------------------------------------------------

    def tell(self, order: Order) -> None:
        """The order has changed."""
        order.updated_ns = self.now_ns
        self.log.append(order)

    def book(self, symbol: str, side: int) -> list[Order]:
        """The resting limit orders of one side, best first."""
        return [order for order in self.all_resting(symbol, side) if order.is_limit]

    def gathered(self, symbol: str, side: int) -> list[Order]:
        """The market orders of one side that wait for an auction, best first."""
        return [order for order in self.all_resting(symbol, side) if not order.is_limit]

    def all_resting(self, symbol: str, side: int) -> list[Order]:
        best_first = -1 if side == m.BUY else 1
        resting = [o for o in self.live if o.place == Place.RESTING and o.symbol == symbol and o.side == side]
        return sorted(resting, key=lambda o: (o.price * best_first, o.arrival))

    def pegged(self, symbol: str, side: int) -> list[Order]:
        """The pegged orders of one side, the oldest first."""
        found = [o for o in self.live if o.place == Place.PEGGED and o.symbol == symbol and o.side == side]
        return sorted(found, key=lambda o: o.arrival)

    def price_pegs(self, symbol: str, side: int) -> list[Order]:
        """PG2, PG3: the pegged orders that have a price as the book stands, at that price, best first."""
        bid, ask = self.best(symbol, m.BUY), self.best(symbol, m.SELL)
        priced = []
        for order in self.pegged(symbol, side):
            own, other = (bid, ask) if side == m.BUY else (ask, bid)
            both = {m.PEG_PRIMARY: (own, own), m.PEG_MARKET: (other, other), m.PEG_MID: (bid, ask)}
            one, two = both[order.terms.peg]
            order.pegged_at = None
            if one is not None and two is not None:
                order.pegged_at = self.book_symbols[symbol].pegged_price(
                    side, one + two, order.terms.peg_offset_ticks, order.price
                )
            if order.pegged_at is not None:
                priced.append(order)
        best_first = -1 if side == m.BUY else 1
        return sorted(priced, key=lambda o: (o.meets_at * best_first, o.arrival))

    def best(self, symbol: str, side: int) -> int | None:
        book = self.book(symbol, side)
        return book[0].price if book else None

    def is_crossed(self, symbol: str) -> bool:
        bid, ask = self.best(symbol, m.BUY), self.best(symbol, m.SELL)
        return bid is not None and ask is not None and bid >= ask

    def waiting(self, symbol: str, source: int) -> list[Order]:
        """Those that wait for a price, the oldest first."""
        found = [o for o in self.live if o.place == Place.WAITING and o.symbol == symbol]
        return sorted(
            (o for o in found if o.terms.trigger_source == source), key=lambda order: order.order_id
        )

    def fired(self, symbol: str) -> list[Order]:
        """Those that fired and may enter now, in the order they fired."""
        if self.book_symbols[symbol].status != m.TRADING:
            return []
        found = [o for o in self.live if o.place == Place.FIRED and o.symbol == symbol]
        return sorted(found, key=lambda o: o.arrival)

    def other_leg(self, order: Order) -> Order | None:
        """The linked order, unless it is gone."""
        linked = [o for o in self.live if order.linked_id and o.order_id == order.linked_id]
        return next((o for o in linked if o.place != Place.GONE), None)

    def open_orders(self, account: int, symbol: str | None = None) -> list[Order]:
        found = [o for o in self.live if o.is_open and o.account == account and symbol in (None, o.symbol)]
        return sorted(found, key=lambda o: o.order_id)

    def are_one(self, account: int, other: int) -> bool:
        """Whether two accounts must not trade with one another."""
        group = self.groups.get(account, 0)
        return account == other or (group != 0 and group == self.groups.get(other, 0))

    def depth(self, symbol: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        sides = []
        for side in (m.BUY, m.SELL):
            levels: dict[int, int] = {}
            for order in self.book(symbol, side):
                levels[order.price] = levels.get(order.price, 0) + order.displayed
            sides.append(list(levels.items()))
        return sides[0], sides[1]

    # --- prices --------------------------------------------------------------------------------------

    def last_price(self, symbol: str) -> int | None:
        return next((deal.price for deal in reversed(self.deals) if deal.symbol == symbol), None)

    def watched_price(self, order: Order) -> int | None:
        """The price that the order's trigger looks at, if there is one."""
        if order.terms.trigger_source == m.LAST:
            return self.last_price(order.symbol)
        if self.book_symbols[order.symbol].status != m.TRADING:
            return None
        return self.best(order.symbol, 1 - order.side)

    def reference_price(self, symbol: str) -> int | None:
        """B4: of the last auction, or of the last trade before today, whichever is later; or today's
        first."""
        today = self.now_ns // DAY_NS
        deals = [deal for deal in self.deals if deal.symbol == symbol]
        found = [deal for deal in deals if deal.in_auction or deal.at_ns // DAY_NS < today]
        if found:
            return found[-1].price
        return deals[0].price if deals else None

    # --- money -----------------------------------------------------------------------------------------

    def hold(self, order: Order) -> tuple[str, int]:
        """The asset an open order holds and how much: all it may still have to pay."""
        spec = self.book_symbols[order.symbol].spec
        other = self.other_leg(order)
        if order.second:
            # L9: it is funded when its working order is filled.
            amount = 0
        elif other is None:
            amount = self.need(order)
        else:
            amount = max(self.need(order), self.need(other)) if order.keeps_hold else 0
        return spec.quote if order.is_buy else spec.base, amount

    def need(self, order: Order) -> int:
        """What an order by itself may still have to pay."""
        symbol = self.book_symbols[order.symbol]
        if not order.is_buy:
            return order.open * symbol.base_per_lot
        if order.by_amount:
            return order.command.quote_amount_minor
        value = symbol.notional(order.price, order.open)
        dearest = max(order.maker_ppm, order.taker_ppm, 0)
        return value + max(0, ceil_ppm(order.accrued + dearest * value) - order.fee)

    def held(self, account: int, asset: str) -> int:
        holds = [self.hold(o) for o in self.open_orders(account)]
        holds += [(of, amount + fee) for _, (of, amount, fee) in self.withdrawals_of(account)]
        return sum(amount for of, amount in holds if of == asset)

    def withdrawals_of(self, account: int) -> list[tuple[str, tuple[str, int, int]]]:
        """(withdrawal id, what it holds) of the account's withdrawals under way, by id."""
        return sorted((name, held) for (owner, name), held in self.withdrawals.items() if owner == account)

    def total(self, account: int, asset: str) -> int:
        return self.totals.get((account, asset), 0)

    def available(self, account: int, asset: str) -> int:
        return self.total(account, asset) - self.held(account, asset)

    def add(self, account: int, asset: str, amount: int) -> None:
        self.totals[account, asset] = self.total(account, asset) + amount

    def balances(self, account: int) -> dict[str, tuple[int, int]]:
        """asset → (available, held), of the assets the account has any of."""
        found = {}
        for asset in self.assets:
            held = self.held(account, asset)
            if self.total(account, asset) or held:
                found[asset] = (self.total(account, asset) - held, held)
        return found

    def fees(self, symbol: str, account: int) -> tuple[int, int]:
        """FP1: its own on the symbol, its own on all, its plan's, the symbol's."""
        spec = self.book_symbols[symbol].spec
        for key in ((symbol, account), ("", account)):
            if key in self.overrides:
                return self.overrides[key]
        plan = self.plans.get(self.account_plans.get(account, 0), {})
        return plan.get(symbol, (spec.maker_ppm, spec.taker_ppm))

    # --- quotes ------------------------------------------------------------------------------------

    def quotes(self, account: int) -> list[Order]:
        """The open sides of the account's quotes, the oldest first."""
        return [o for o in self.open_orders(account) if o.quote_id is not None]

    def guard_event(self, account: int) -> m.Event:
        """MM5: the account's protection as it is."""
        guard = self.guards.get(account, Guard(0, 0, "", 0))
        bounds = (guard.window_ms, guard.max_fills, guard.asset, guard.max_net)
        return (m.EV_QUOTE_PROTECTION, account, *bounds, guard.tripped)

    def count_quote_fill(self, order: Order, value: int) -> None:
        """MM5: a side of a quote traded this much."""
        guard = self.guards.get(order.account)
        if guard is None or guard.tripped:
            return
        counted = value if self.book_symbols[order.symbol].spec.quote == guard.asset else 0
        self.quote_fills.append((self.now_ns, order.account, counted if order.is_buy else -counted))
        since = self.now_ns - guard.window_ms * 10**6
        recent = [net for at, account, net in self.quote_fills if at > since and account == order.account]
        if len(recent) >= guard.max_fills or (guard.max_net and abs(sum(recent)) >= guard.max_net):
            guard.tripped = True
            self.quote_fills = [fill for fill in self.quote_fills if fill[1] != order.account]
            self.tripped.append((order.symbol, order.account))

    # --- before and after a command ------------------------------------------------------------------

    def all_levels(self) -> dict[tuple[str, int, int], int]:
        levels: dict[tuple[str, int, int], int] = {}
        for order in self.live:
            if order.place == Place.RESTING and order.is_limit:
                key = (order.symbol, order.side, order.price)
                levels[key] = levels.get(key, 0) + order.displayed
        return levels

    def all_balances(self) -> dict[tuple[int, str], tuple[int, int]]:
        held: dict[tuple[int, str], int] = {}
        for order in self.live:
            if order.is_open:
                asset, amount = self.hold(order)
                held[order.account, asset] = held.get((order.account, asset), 0) + amount
        for (account, _), (asset, amount, fee) in self.withdrawals.items():
            held[account, asset] = held.get((account, asset), 0) + amount + fee
        traders = {key: total for key, total in self.totals.items() if key[0] >= m.FIRST_TRADER_ACCOUNT}
        return {key: (total - held.get(key, 0), held.get(key, 0)) for key, total in traders.items()}
