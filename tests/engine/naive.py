"""The engine again, the slow and obvious way, written from the rules alone.

It exists to disagree with ``exchange.engine``: nothing is cached, nothing is kept in step. Orders live
in one list; a side of a book is that list filtered and sorted by (price, arrival); what an account
has available is its total less the holds of its open orders, each worked out anew when asked.
It knows no retention: it remembers everything.

Ways in which its events may differ from the core's, and only these (``tests.engine.pair`` allows them):
levels and balances come in another order, and a balance or level that was written but ended as it was
need not be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exchange.engine import messages as m

MILLION = 1_000_000


class Refusal(Exception):
    """A command that changes nothing, with its wire code and details (names and values in turn)."""

    def __init__(self, code: str, *details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def refuse_if(condition: bool, code: str, *details: Any) -> None:
    if condition:
        raise Refusal(code, *details)


def ceil_ppm(accrued: int) -> int:
    """``accrued`` millionths of a minor unit, rounded up (so a negative one rounds toward zero)."""
    return -(-accrued // MILLION)


@dataclass
class Order:
    order_id: int
    command: m.PlaceOrder
    price: int
    quantity: int
    maker_ppm: int
    taker_ppm: int
    created_ns: int
    updated_ns: int
    filled: int = 0
    filled_notional: int = 0
    fee: int = 0
    #: The sum of rate x notional over the fills, in millionths of a minor unit.
    accrued: int = 0
    #: Of a quote-amount buy: value taken off its budget by decrementing self-trade prevention.
    prevented_notional: int = 0
    arrival: int = 0
    resting: bool = False
    status: int = m.NEW
    reason: int = m.REASON_NONE

    @property
    def account(self) -> int:
        return self.command.account

    @property
    def symbol(self) -> str:
        return self.command.symbol

    @property
    def side(self) -> int:
        return self.command.side

    @property
    def is_buy(self) -> bool:
        return self.command.side == m.BUY

    @property
    def by_amount(self) -> bool:
        return self.command.quote_amount_minor > 0

    @property
    def open(self) -> int:
        return self.quantity - self.filled

    def cancel(self, reason: int) -> None:
        self.resting = False
        self.status = m.CANCELED
        self.reason = reason

    def event(self) -> m.Event:
        c = self.command
        return (
            m.EV_ORDER,
            self.order_id,
            c.account,
            c.client_order_id,
            c.symbol,
            c.side,
            c.order_type,
            c.time_in_force,
            c.post_only,
            c.stp,
            self.price,
            self.quantity,
            c.quote_amount_minor,
            self.filled,
            self.filled_notional,
            self.fee,
            self.status,
            self.reason,
            self.created_ns,
            self.updated_ns,
        )


@dataclass
class Symbol:
    spec: m.SetSymbol
    multiplier: int
    base_per_lot: int
    status: int = m.TRADING
    status_reason: str = ""

    def notional(self, price: int, lots: int) -> int:
        return price * lots * self.multiplier

    def tick_at(self, price: int) -> int:
        return max(band for band in self.spec.tick_bands if band[0] <= price)[1]

    def event(self) -> m.Event:
        return (m.EV_SYMBOL, *self.spec[2:], self.status, self.status_reason)


@dataclass
class NaiveEngine:
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

    # --- the way in ----------------------------------------------------------------------------

    def apply(self, command: m.Command, now_ns: int) -> list[m.Event]:
        """Carry out one command. A refused one changes nothing but the clock."""
        self.now_ns = now_ns
        self.live = [order for order in self.live if order.resting]
        levels, balances = self._levels(), self._balances()
        try:
            events = self._dispatch(command)
        except Refusal as refusal:
            account = command[2] if command[0] in m.TRADER_COMMANDS else 0
            return [(m.EV_REJECTED, command[1], account, refusal.code, refusal.details)]
        events += _changed_levels(levels, self._levels())
        events += _changed_balances(balances, self._balances())
        return events

    def _dispatch(self, command: m.Command) -> list[m.Event]:
        handlers = {
            m.PLACE: (m.PlaceOrder, self._place),
            m.CANCEL: (m.CancelOrder, self._cancel),
            m.CANCEL_ALL: (m.CancelAll, self._cancel_all),
            m.REDUCE: (m.ReduceOrder, self._reduce),
            m.REPLACE: (m.ReplaceOrder, self._replace),
            m.SET_ASSET: (m.SetAsset, self._set_asset),
            m.SET_SYMBOL: (m.SetSymbol, self._set_symbol),
            m.SET_SYMBOL_STATUS: (m.SetSymbolStatus, self._set_symbol_status),
            m.SET_ACCOUNT: (m.SetAccount, self._set_account),
            m.SET_FEES: (m.SetFees, self._set_fees),
            m.DEPOSIT: (m.Transfer, self._deposit),
            m.WITHDRAW: (m.Transfer, self._withdraw),
        }
        if command[0] == m.TICK:
            return [(m.EV_TICK, self.now_ns)]
        view, handler = handlers[command[0]]
        return handler(view(*command))

    # --- reading ---------------------------------------------------------------------------------

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

    # --- orders: entering --------------------------------------------------------------------------

    def _place(self, c: m.PlaceOrder) -> list[m.Event]:
        self._check_place(c)
        maker_ppm, taker_ppm = self.fees(c.symbol, c.account)
        order = Order(
            order_id=len(self.orders) + 1,
            command=c,
            price=c.price_ticks,
            quantity=c.quantity_lots,
            maker_ppm=maker_ppm,
            taker_ppm=taker_ppm,
            created_ns=self.now_ns,
            updated_ns=self.now_ns,
        )
        self._check_funds_to_place(order)
        self.orders.append(order)
        return self._enter(order)

    def _check_place(self, c: m.PlaceOrder) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        symbol = self.book_symbols[c.symbol]
        self._check_lets_in(c.account, symbol)
        in_use = [o for o in self.open_orders(c.account) if o.command.client_order_id == c.client_order_id]
        refuse_if(c.client_order_id is not None and bool(in_use), "CLIENT_ORDER_ID_IN_USE")
        refuse_if(not _is_well_formed(c), "INVALID_ORDER")
        if c.order_type == m.LIMIT:
            self._check_price(symbol, c.price_ticks)
        if not c.quote_amount_minor:
            self._check_quantity(symbol, c.quantity_lots)
        value = (
            symbol.notional(c.price_ticks, c.quantity_lots)
            if c.order_type == m.LIMIT
            else c.quote_amount_minor
        )
        priced = c.order_type == m.LIMIT or c.quote_amount_minor > 0
        refuse_if(priced and value < symbol.spec.min_notional_minor, "BELOW_MIN_NOTIONAL")
        if c.order_type == m.LIMIT and c.time_in_force == m.GTC:
            rests = len(self.open_orders(c.account, c.symbol))
            refuse_if(rests >= symbol.spec.max_open_orders, "TOO_MANY_OPEN_ORDERS")
        refuse_if(c.post_only and self._would_take(c.symbol, c.side, c.price_ticks), "POST_ONLY_WOULD_TAKE")

    def _check_price(self, symbol: Symbol, price: int) -> None:
        spec = symbol.spec
        inside = price > 0 and spec.min_price_ticks <= price <= spec.max_price_ticks
        refuse_if(not inside, "PRICE_OUT_OF_BOUNDS")
        refuse_if(price % symbol.tick_at(price) != 0, "PRICE_OFF_TICK")

    def _check_quantity(self, symbol: Symbol, lots: int) -> None:
        spec = symbol.spec
        refuse_if(not spec.min_quantity_lots <= lots <= spec.max_quantity_lots, "QUANTITY_OUT_OF_BOUNDS")
        refuse_if(lots % spec.lot_step != 0, "QUANTITY_OFF_LOT")

    def _would_take(self, symbol: str, side: int, price: int) -> bool:
        opposite = self.book(symbol, 1 - side)
        return bool(opposite) and _crosses(side, price, opposite[0].price)

    def _check_funds_to_place(self, order: Order) -> None:
        symbol = self.book_symbols[order.symbol]
        if order.command.order_type == m.LIMIT or not order.is_buy:
            asset, required = self.hold(order)
        elif order.by_amount:
            asset, required = symbol.spec.quote, order.command.quote_amount_minor
        else:
            asset, required = symbol.spec.quote, self._cost_of_walk(order)
        self._check_covers(order.account, asset, required, 0)

    def _check_covers(self, account: int, asset: str, required: int, freed: int) -> None:
        available = self.available(account, asset) + freed
        refuse_if(
            required > available,
            "INSUFFICIENT_BALANCE",
            *("asset", asset, "required_minor", required, "available_minor", available),
        )

    def _cost_of_walk(self, order: Order) -> int:
        """What a market buy by quantity would pay, fee included; a rebate is not counted on. The walk ends
        with the maker the account cannot pay any more."""
        wanted, notional = order.quantity, 0
        available = self.available(order.account, self.book_symbols[order.symbol].spec.quote)
        for maker in self.book(order.symbol, m.SELL):
            lots = min(wanted, maker.open)
            if maker.account == order.account:
                if order.command.stp in (m.STP_CANCEL_NEWEST, m.STP_CANCEL_BOTH):
                    break
                wanted -= lots if order.command.stp == m.STP_DECREMENT else 0
                continue
            wanted -= lots
            notional += self.book_symbols[order.symbol].notional(maker.price, lots)
            if notional + max(0, ceil_ppm(order.taker_ppm * notional)) > available:
                break
        return notional + max(0, ceil_ppm(order.taker_ppm * notional))

    def _enter(self, order: Order) -> list[m.Event]:
        """Match, then rest or end what is left. Own event first, then the makers met in order."""
        if order.command.time_in_force == m.FOK and self._fillable(order) < order.open:
            order.cancel(m.REASON_FOK_UNFILLABLE)
            return [order.event()]
        met = self._match(order)
        if order.status == m.CANCELED:
            pass
        elif order.by_amount or order.command.order_type == m.MARKET:
            self._end_market(order)
        elif order.open == 0:
            order.status = m.FILLED
        elif order.command.time_in_force == m.GTC:
            self._rest(order)
        else:
            order.cancel(m.REASON_IOC_REMAINDER)
        return [order.event(), *met]

    def _end_market(self, order: Order) -> None:
        if order.status == m.FILLED or (not order.by_amount and order.open == 0):
            order.status = m.FILLED
        else:
            order.cancel(m.REASON_NO_LIQUIDITY)

    def _rest(self, order: Order) -> None:
        self.arrivals += 1
        order.arrival = self.arrivals
        order.resting = True
        self.live = [*(o for o in self.live if o is not order), order]
        order.status = m.PARTIALLY_FILLED if order.filled else m.NEW

    def _fillable(self, order: Order) -> int:
        """How much of a fill-or-kill order would trade."""
        lots = 0
        for maker in self._opposite(order):
            if maker.account != order.account:
                lots += maker.open
            elif order.command.stp != m.STP_CANCEL_OLDEST:
                break
        return lots

    def _opposite(self, order: Order) -> list[Order]:
        """The resting orders that ``order`` may meet, best first."""
        book = self.book(order.symbol, 1 - order.side)
        if order.command.order_type == m.MARKET:
            return book
        return [maker for maker in book if _crosses(order.side, order.price, maker.price)]

    # --- orders: matching ------------------------------------------------------------------------

    def _match(self, order: Order) -> list[m.Event]:
        met: list[m.Event] = []
        while not self._is_done(order):
            opposite = self._opposite(order)
            if not opposite:
                break
            maker = opposite[0]
            lots = min(self._wanted(order, maker.price), maker.open)
            if lots and maker.account == order.account:
                met += self._prevent(order, maker, lots)
            elif lots:
                met += self._trade(order, maker, lots)
            if order.by_amount and order.status == m.NEW and self._wanted(order, maker.price) == 0:
                _end_unaffordable(order)
        return met

    def _is_done(self, order: Order) -> bool:
        return order.status in (m.CANCELED, m.FILLED) or (not order.by_amount and order.open == 0)

    def _wanted(self, order: Order, price: int) -> int:
        """How many lots the order still takes at ``price``."""
        if not order.by_amount:
            return order.open
        symbol = self.book_symbols[order.symbol]
        # A rebate may not be payable, so an amount is never spent in the hope of one.
        rate = max(0, order.taker_ppm)
        accrued = max(0, order.accrued)
        left = order.command.quote_amount_minor - order.filled_notional - order.prevented_notional
        lots = (MILLION * left - accrued) // (symbol.notional(price, 1) * (MILLION + rate))
        return lots - lots % symbol.spec.lot_step

    def _prevent(self, order: Order, maker: Order, lots: int) -> list[m.Event]:
        """Self-trade prevention, in the incoming order's mode. The maker's event, if it changed."""
        stp = order.command.stp
        if stp in (m.STP_CANCEL_NEWEST, m.STP_CANCEL_BOTH):
            order.cancel(m.REASON_SELF_TRADE)
        if stp in (m.STP_CANCEL_OLDEST, m.STP_CANCEL_BOTH):
            maker.cancel(m.REASON_SELF_TRADE)
        if stp == m.STP_DECREMENT:
            self._decrement(order, maker, lots)
        if stp == m.STP_CANCEL_NEWEST:
            return []
        maker.updated_ns = self.now_ns
        return [maker.event()]

    def _decrement(self, order: Order, maker: Order, lots: int) -> None:
        maker.quantity -= lots
        if maker.open == 0:
            maker.cancel(m.REASON_SELF_TRADE)
        if order.by_amount:
            order.prevented_notional += self.book_symbols[order.symbol].notional(maker.price, lots)
        else:
            order.quantity -= lots
            if order.open == 0:
                order.cancel(m.REASON_SELF_TRADE)

    def _trade(self, taker: Order, maker: Order, lots: int) -> list[m.Event]:
        symbol = self.book_symbols[taker.symbol]
        notional = symbol.notional(maker.price, lots)
        self.trades += 1
        taker_fee = self._settle(taker, taker.taker_ppm, lots, notional)
        maker_fee = self._settle(maker, maker.maker_ppm, lots, notional)
        maker.updated_ns = self.now_ns
        maker.status = m.PARTIALLY_FILLED if maker.open else m.FILLED
        maker.resting = maker.open > 0
        base, quote = symbol.spec.base, symbol.spec.quote
        trade = m.TradeEvent(
            m.EV_TRADE,
            self.trades,
            taker.symbol,
            maker.price,
            lots,
            taker.side,
            notional,
            taker.order_id,
            taker.account,
            taker_fee,
            self.total(taker.account, base),
            self.total(taker.account, quote),
            maker.order_id,
            maker.account,
            maker_fee,
            self.total(maker.account, base),
            self.total(maker.account, quote),
        )
        return [tuple(trade), maker.event()]

    def _settle(self, order: Order, rate_ppm: int, lots: int, notional: int) -> int:
        """Move base, quote and fee for one side of a trade. The fee it paid (negative: a rebate)."""
        symbol = self.book_symbols[order.symbol]
        direction = 1 if order.is_buy else -1
        order.filled += lots
        order.filled_notional += notional
        order.accrued += rate_ppm * notional
        self._add(order.account, symbol.spec.base, direction * lots * symbol.base_per_lot)
        self._add(order.account, symbol.spec.quote, -direction * notional)
        fee = ceil_ppm(order.accrued) - order.fee
        if fee < 0:
            fee = -min(-fee, self.total(m.FEE_ACCOUNT, symbol.spec.quote))
        order.fee += fee
        self._add(order.account, symbol.spec.quote, -fee)
        self._add(m.FEE_ACCOUNT, symbol.spec.quote, fee)
        return fee

    def _add(self, account: int, asset: str, amount: int) -> None:
        self.totals[account, asset] = self.total(account, asset) + amount

    # --- orders: changing ------------------------------------------------------------------------

    def _open_order(self, account: int, order_id: int, client_order_id: str | None = None) -> Order:
        refuse_if(account not in self.statuses, "ACCOUNT_NOT_FOUND")
        if order_id:
            named = [o for o in self.orders if o.order_id == order_id]
        else:
            named = [
                o for o in self.orders if client_order_id and o.command.client_order_id == client_order_id
            ]
        own = [o for o in named if o.account == account]
        refuse_if(not own, "ORDER_NOT_FOUND")
        order = own[-1]
        refuse_if(not order.resting, "ORDER_NOT_OPEN")
        return order

    def _check_lets_in(self, account: int, symbol: Symbol) -> None:
        refuse_if(self.statuses[account] == m.FROZEN, "ACCOUNT_FROZEN")
        refuse_if(symbol.status == m.HALTED, "SYMBOL_HALTED")
        refuse_if(symbol.status == m.CANCEL_ONLY, "SYMBOL_CANCEL_ONLY")

    def _check_lets_out(self, symbol: str) -> None:
        refuse_if(self.book_symbols[symbol].status == m.HALTED, "SYMBOL_HALTED")

    def _cancel(self, c: m.CancelOrder) -> list[m.Event]:
        order = self._open_order(c.account, c.order_id, c.client_order_id)
        self._check_lets_out(order.symbol)
        order.cancel(m.REASON_USER)
        order.updated_ns = self.now_ns
        return [order.event()]

    def _cancel_all(self, c: m.CancelAll) -> list[m.Event]:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        if c.symbol is not None:
            refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
            self._check_lets_out(c.symbol)
        events: list[m.Event] = []
        for order in self.open_orders(c.account, c.symbol):
            if self.book_symbols[order.symbol].status != m.HALTED:
                order.cancel(m.REASON_USER)
                order.updated_ns = self.now_ns
                events.append(order.event())
        return [(m.EV_CANCELED_ALL, c.account, c.symbol, len(events)), *events]

    def _reduce(self, c: m.ReduceOrder) -> list[m.Event]:
        order = self._open_order(c.account, c.order_id)
        self._check_lets_out(order.symbol)
        refuse_if(not order.filled < c.quantity_lots < order.quantity, "INVALID_REDUCE")
        refuse_if(c.quantity_lots % self.book_symbols[order.symbol].spec.lot_step != 0, "QUANTITY_OFF_LOT")
        order.quantity = c.quantity_lots
        order.updated_ns = self.now_ns
        return [order.event()]

    def _replace(self, c: m.ReplaceOrder) -> list[m.Event]:
        order = self._open_order(c.account, c.order_id)
        symbol = self.book_symbols[order.symbol]
        self._check_lets_in(c.account, symbol)
        refuse_if(c.quantity_lots <= order.filled, "INVALID_REPLACE")
        self._check_price(symbol, c.price_ticks)
        self._check_quantity(symbol, c.quantity_lots)
        value = symbol.notional(c.price_ticks, c.quantity_lots - order.filled)
        refuse_if(value < symbol.spec.min_notional_minor, "BELOW_MIN_NOTIONAL")
        would_take = self._would_take(order.symbol, order.side, c.price_ticks)
        refuse_if(order.command.post_only and would_take, "POST_ONLY_WOULD_TAKE")
        self._check_funds_to_replace(order, c)
        order.resting = False
        order.price, order.quantity = c.price_ticks, c.quantity_lots
        order.maker_ppm, order.taker_ppm = self.fees(order.symbol, order.account)
        order.updated_ns = self.now_ns
        return self._enter(order)

    def _check_funds_to_replace(self, order: Order, c: m.ReplaceOrder) -> None:
        symbol = self.book_symbols[order.symbol]
        lots = c.quantity_lots - order.filled
        asset, freed = self.hold(order)
        required = lots * symbol.base_per_lot
        if order.is_buy:
            rates = self.fees(order.symbol, order.account)
            required = self._buy_hold(order, c.price_ticks, lots, *rates)
        self._check_covers(order.account, asset, required, freed)

    # --- the control plane -------------------------------------------------------------------------

    def _set_asset(self, c: m.SetAsset) -> list[m.Event]:
        well_named = 1 <= len(c.asset) <= 16 and all(ch in _NAME_CHARACTERS for ch in c.asset)
        refuse_if(not well_named or not 0 <= c.scale <= 18, "INVALID_ASSET")
        refuse_if(self.assets.get(c.asset, c.scale) != c.scale, "SCALE_FIXED")
        self.assets[c.asset] = c.scale
        return [(m.EV_ASSET, c.asset, c.scale)]

    def _set_symbol(self, c: m.SetSymbol) -> list[m.Event]:
        existing = self.book_symbols.get(c.symbol)
        # symbol, base, quote, price_scale, quantity_scale
        refuse_if(existing is not None and existing.spec[2:7] != c[2:7], "SCALE_FIXED")
        refuse_if(c.base not in self.assets or c.quote not in self.assets, "ASSET_NOT_FOUND")
        base_scale, quote_scale = self.assets[c.base], self.assets[c.quote]
        scales_fit = c.price_scale + c.quantity_scale <= quote_scale and c.quantity_scale <= base_scale
        bounded = (
            1 <= c.min_quantity_lots <= c.max_quantity_lots <= 10**18
            and 1 <= c.min_price_ticks <= c.max_price_ticks <= 10**18
            and c.min_notional_minor <= 10**36
        )
        counted = c.lot_step >= 1 and c.min_notional_minor >= 0 and c.max_open_orders >= 1
        sound = scales_fit and bounded and counted and _bands_ascend(c.tick_bands) and c.base != c.quote
        refuse_if(not (sound and _rates_allowed(c.maker_ppm, c.taker_ppm)), "INVALID_SYMBOL")
        symbol = Symbol(
            c,
            multiplier=10 ** (quote_scale - c.price_scale - c.quantity_scale),
            base_per_lot=10 ** (base_scale - c.quantity_scale),
        )
        if existing:
            symbol.status, symbol.status_reason = existing.status, existing.status_reason
        self.book_symbols[c.symbol] = symbol
        return [symbol.event()]

    def _set_symbol_status(self, c: m.SetSymbolStatus) -> list[m.Event]:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.SYMBOL_STATUSES), "INVALID_STATUS")
        symbol = self.book_symbols[c.symbol]
        symbol.status, symbol.status_reason = c.status, c.reason
        return [symbol.event()]

    def _set_account(self, c: m.SetAccount) -> list[m.Event]:
        refuse_if(c.account < m.FIRST_TRADER_ACCOUNT, "ACCOUNT_NOT_FOUND")
        refuse_if(not 0 <= c.status < len(m.ACCOUNT_STATUSES), "INVALID_STATUS")
        self.statuses[c.account] = c.status
        return [(m.EV_ACCOUNT, c.account, c.status)]

    def _set_fees(self, c: m.SetFees) -> list[m.Event]:
        refuse_if(c.symbol not in self.book_symbols, "SYMBOL_NOT_FOUND")
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(not _rates_allowed(c.maker_ppm, c.taker_ppm), "INVALID_FEES")
        self.overrides[c.symbol, c.account] = (c.maker_ppm, c.taker_ppm)
        return [(m.EV_FEES, c.symbol, c.account, c.maker_ppm, c.taker_ppm)]

    def _check_transfer(self, c: m.Transfer) -> None:
        refuse_if(c.account not in self.statuses, "ACCOUNT_NOT_FOUND")
        refuse_if(c.asset not in self.assets, "ASSET_NOT_FOUND")
        refuse_if(c.amount_minor <= 0, "INVALID_AMOUNT")

    def _deposit(self, c: m.Transfer) -> list[m.Event]:
        self._check_transfer(c)
        brought_in = -self.total(m.CUSTODY_ACCOUNT, c.asset)
        refuse_if(brought_in + c.amount_minor > 10**36, "INVALID_AMOUNT")
        return self._transfer(c, m.DEPOSITED, c.amount_minor)

    def _withdraw(self, c: m.Transfer) -> list[m.Event]:
        self._check_transfer(c)
        refuse_if(self.statuses[c.account] == m.FROZEN, "ACCOUNT_FROZEN")
        self._check_covers(c.account, c.asset, c.amount_minor, 0)
        return self._transfer(c, m.WITHDRAWN, -c.amount_minor)

    def _transfer(self, c: m.Transfer, kind: int, change: int) -> list[m.Event]:
        self._add(c.account, c.asset, change)
        self._add(m.CUSTODY_ACCOUNT, c.asset, -change)
        after = self.total(c.account, c.asset)
        return [(m.EV_TRANSFER, kind, c.command_id, c.account, c.asset, c.amount_minor, after)]


_NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def _crosses(side: int, price: int, opposite_price: int) -> bool:
    return price >= opposite_price if side == m.BUY else price <= opposite_price


def _is_well_formed(c: m.PlaceOrder) -> bool:
    """Enumerations in range and a combination of fields that means something."""
    in_range = (
        c.side in (m.BUY, m.SELL)
        and c.order_type in (m.LIMIT, m.MARKET)
        and c.time_in_force in (m.GTC, m.IOC, m.FOK)
        and c.stp in (m.STP_CANCEL_NEWEST, m.STP_CANCEL_OLDEST, m.STP_CANCEL_BOTH, m.STP_DECREMENT)
    )
    if c.order_type == m.LIMIT:
        return in_range and c.quote_amount_minor == 0 and (not c.post_only or c.time_in_force == m.GTC)
    by_amount = c.quote_amount_minor != 0
    sound_amount = (
        c.quote_amount_minor > 0 and c.side == m.BUY and not c.quantity_lots and c.time_in_force != m.FOK
    )
    plain = not c.post_only and c.time_in_force != m.GTC and c.price_ticks == 0
    return in_range and plain and (sound_amount or not by_amount)


def _end_unaffordable(order: Order) -> None:
    """A quote-amount buy whose rest does not buy one lot step at the best (or last) price."""
    if order.filled:
        order.status = m.FILLED
    else:
        order.cancel(m.REASON_AMOUNT_BELOW_LOT)


def _bands_ascend(bands: tuple[tuple[int, int], ...]) -> bool:
    starts = [start for start, _ in bands]
    return (
        bool(bands)
        and starts[0] == 0
        and starts == sorted(set(starts))
        and all(step >= 1 for _, step in bands)
    )


def _rates_allowed(maker_ppm: int, taker_ppm: int) -> bool:
    return abs(maker_ppm) <= 100_000 and abs(taker_ppm) <= 100_000 and maker_ppm + taker_ppm >= 0


def _changed_levels(before: dict[Any, int], after: dict[Any, int]) -> list[m.Event]:
    keys = [key for key in (before | after) if before.get(key, 0) != after.get(key, 0)]
    return [(m.EV_LEVEL, *key, after.get(key, 0)) for key in keys]


def _changed_balances(before: dict[Any, Any], after: dict[Any, Any]) -> list[m.Event]:
    keys = [key for key in after if before.get(key, (0, 0)) != after[key]]
    return [(m.EV_BALANCE, *key, *after[key]) for key in keys]
