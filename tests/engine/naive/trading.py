"""The commands of traders in the naive engine."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.engine.naive.rules import (
    MILLION,
    Order,
    Symbol,
    ceil_ppm,
    crosses,
    is_well_formed,
    refuse_if,
)
from tests.engine.naive.state import NaiveState


class NaiveTrading(NaiveState):
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
        refuse_if(not is_well_formed(c), "INVALID_ORDER")
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
        return bool(opposite) and crosses(side, price, opposite[0].price)

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
        return [maker for maker in book if crosses(order.side, order.price, maker.price)]

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


def _end_unaffordable(order: Order) -> None:
    """A quote-amount buy whose rest does not buy one lot step at the best (or last) price."""
    if order.filled:
        order.status = m.FILLED
    else:
        order.cancel(m.REASON_AMOUNT_BELOW_LOT)
