"""How orders meet in continuous trading, what a trade moves, and how an order ends."""

from __future__ import annotations

import copy

from exchange.engine import messages as m
from tests.exchange.engine.naive.orders import Order, Place
from tests.exchange.engine.naive.rules import MILLION, Symbol, ceil_ppm, crosses
from tests.exchange.engine.naive.state import Deal, NaiveState

#: PG6: what looking at pegged orders counts as.
LOOK_TRADES = 5


class NaiveMatching(NaiveState):
    # --- how an order ends -----------------------------------------------------------------------

    def end(self, order: Order, status: int, reason: int = m.REASON_NONE) -> None:
        """The order is over, and with it the other leg (L3)."""
        order.place, order.status, order.reason = Place.GONE, status, reason
        self.tell(order)
        if not any(o.place == Place.FIRED and o.symbol == order.symbol for o in self.live):
            # X2: with the last of the fired orders that were left over, nothing is left over.
            self.paused.discard(order.symbol)
        other = self.other_leg(order)
        if other is not None:
            self.end(other, m.CANCELED, m.REASON_LINKED)
        self._end_working(order)

    def _end_working(self, order: Order) -> None:
        """L8: what waits for this order queues up if it is filled, and ends otherwise."""
        seconds = [o for o in self.live if o.second == m.SECOND_WAITS and o.entry_id == order.order_id]
        seconds = [o for o in seconds if o.place == Place.SECOND]
        if not seconds:
            return
        if order.status != m.FILLED:
            self.cancel(seconds[0], m.REASON_LINKED)
            return
        for second in seconds:
            second.second = m.SECOND_RELEASED
            self.tell(second)
        seconds[0].place, seconds[0].arrival = Place.FIRED, self.next_arrival()

    def cancel(self, order: Order, reason: int) -> None:
        self.end(order, m.CANCELED, reason)

    def rest(self, order: Order, traded: int = 0) -> None:
        """``traded``: how much on this entry."""
        order.place, order.arrival = Place.RESTING, self.next_arrival()
        order.has_rested = True
        order.status = m.PARTIALLY_FILLED if order.filled else m.NEW
        order.show_next_part()
        if self.book_symbols[order.symbol].protection.iceberg_continues:
            order.continue_part(traded)
        self.tell(order)
        self.lower_other_leg(order)

    # --- matching ------------------------------------------------------------------------------------

    def match(self, order: Order) -> int:
        """Let the order meet what it crosses until it is done or gone; why it stopped short of that."""
        limit = self._limit(order)
        before = self.last_price(order.symbol), self.reference_price(order.symbol)
        met: set[int] = set()
        # PG3: at what they trade as the order enters, whatever it takes.
        pegs: list[Order] = []
        if self._may_meet_pegs(order, limit) and self.last_meeting - self.meetings >= LOOK_TRADES:
            self.meetings += LOOK_TRADES
            pegs = self.price_pegs(order.symbol, 1 - order.side)
        # Those it does not reach are not there to it, so that nothing tells of them.
        pegs = [peg for peg in pegs if limit is None or crosses(order.side, limit, peg.meets_at)]
        while order.place == Place.ENTERING:
            pegs = [peg for peg in pegs if peg.place == Place.PEGGED]
            opposite = [*self.book(order.symbol, 1 - order.side), *pegs]
            if not opposite:
                return m.REASON_NO_LIQUIDITY
            # PG4: of one price a pegged order comes last.
            opposite.sort(key=lambda o: o.meets_at * (1 if order.is_buy else -1))
            maker = opposite[0]
            if limit is not None and not crosses(order.side, limit, maker.meets_at):
                return m.REASON_PRICE_LIMIT
            wanted = self._wanted(order, maker.meets_at)
            if wanted and self.meetings >= self.last_meeting:
                self.cancel(order, m.REASON_TRADE_LIMIT)
                return m.REASON_TRADE_LIMIT
            if wanted and self.is_overdue(maker):
                self.meetings += 1
                self.end(maker, m.EXPIRED, m.REASON_TIME)
            elif wanted and self.are_one(order.account, maker.account):
                self._prevent(order, maker, min(wanted, maker.open))
            elif wanted and not self._is_calm(order.symbol, maker.meets_at, *before):
                self._interrupt(self.book_symbols[order.symbol])
                return m.REASON_VOLATILITY
            elif wanted:
                self._trade_along(order, maker, wanted, met)
            if order.place == Place.ENTERING and not self._wanted(
                order, self._next_price(order, limit, maker, pegs)
            ):
                self._end_whole(order)
        return m.REASON_NONE

    def _may_meet_pegs(self, order: Order, limit: int | None) -> bool:
        """PG5, PG6: it may take, and would better the best price of its own side."""
        if order.command.post_only or not self.pegged(order.symbol, 1 - order.side):
            return False
        own = self.best(order.symbol, order.side)
        return limit is None or own is None or not crosses(1 - order.side, limit, own)

    def _next_price(self, order: Order, limit: int | None, maker: Order, pegs: list[Order]) -> int:
        """M4: the price that what is left is judged at: of a sale by amount the best there is to sell at now,
        of any other that of the order it met."""
        left = [*self.book(order.symbol, m.BUY), *(peg for peg in pegs if peg.place == Place.PEGGED)]
        if order.is_buy or not order.by_amount or not left:
            return maker.meets_at
        best = max(o.meets_at for o in left)
        reachable = limit is None or crosses(order.side, limit, best)
        still_wants = self._wanted(order, maker.meets_at) > 0
        return best if reachable and not still_wants else maker.meets_at

    def would_do(self, order: Order) -> list[Deal]:
        """The trades the order would make if it entered now."""
        dry, twin = self.dry(), copy.copy(order)
        dry.live = [*(o for o in dry.live if o.order_id != order.order_id), twin]
        twin.place = Place.ENTERING
        dry.match(twin)
        return dry.deals[len(self.deals) :]

    def _limit(self, order: Order) -> int | None:
        """The worst price the order may trade at, if there is one: its own, or the collar's if tighter."""
        own, collar = order.price or None, self._collar(order)
        if own is None or collar is None:
            return own or collar
        return min(own, collar) if order.is_buy else max(own, collar)

    def _collar(self, order: Order) -> int | None:
        """M6: of a fired order from its trigger, of another from the best opposite price."""
        ppm = self.book_symbols[order.symbol].protection.collar_ppm
        center = order.collar_from or self.best(order.symbol, 1 - order.side)
        if order.is_limit or not ppm or center is None:
            return None
        reach = center * ppm // MILLION
        return center + reach if order.is_buy else center - reach

    def becomes_limit(self, order: Order, collar: int | None) -> bool:
        """M6: whether what the collar left rests at it, where the symbol has it so; if so it is a limit order
        now."""
        symbol = self.book_symbols[order.symbol]
        if not symbol.protection.collar_rests or collar is None or order.by_amount:
            return False
        if order.price and crosses(order.side, collar, order.price):
            # Its own limit is as tight, and stands for itself.
            return False
        price = collar
        while price % symbol.tick_at(price):
            price += -1 if order.is_buy else 1
        others = [o for o in self.open_orders(order.account) if o is not order]
        here = [o for o in others if o.symbol == order.symbol]
        if len(here) >= symbol.spec.max_open_orders or len(others) >= self.orders_per_account:
            return False
        if not symbol.is_valid_price(price):
            return False
        twin = copy.copy(order)
        twin.price = price
        asset = symbol.spec.quote if order.is_buy else symbol.spec.base
        if self.need(twin) > self.available(order.account, asset):
            return False
        order.price, order.became_limit = price, True
        return True

    def _wanted(self, order: Order, price: int) -> int:
        """How many lots the order still takes at ``price``."""
        if not order.by_amount:
            return order.open
        symbol = self.book_symbols[order.symbol]
        left = order.command.quote_amount_minor - order.filled_notional - order.prevented_notional
        if order.is_buy:
            # A rebate may not be payable, so an amount is never spent in the hope of one.
            rate, accrued = max(0, order.taker_ppm), max(0, order.accrued)
            lots = (MILLION * left - accrued) // (symbol.notional(price, 1) * (MILLION + rate))
        else:
            lots = left // symbol.notional(price, 1)
        return lots - lots % symbol.spec.lot_step

    def _end_whole(self, order: Order) -> None:
        """Nothing more is wanted: all of it traded, or what is left of its amount is not worth one lot step
        at the best (or last) price."""
        if order.filled:
            self.end(order, m.FILLED)
        else:
            self.cancel(order, m.REASON_AMOUNT_BELOW_LOT)

    def _is_calm(self, name: str, price: int, before: int | None, reference: int | None) -> bool:
        """K8: whether a trade at ``price`` is near enough to the last price and to the reference price, both
        as they were before the order."""
        symbol = self.book_symbols[name]
        rules = symbol.protection
        bands = ((rules.volatility_ppm, before), (rules.static_ppm, reference))
        return all(not ppm or center is None or symbol.is_calm(price, center, ppm) for ppm, center in bands)

    def _interrupt(self, symbol: Symbol) -> None:
        self.set_status(symbol, m.VOLATILITY_AUCTION, "volatility")

    def set_status(self, symbol: Symbol, status: int, reason: str) -> None:
        """The symbol's new state; a volatility auction has an end where the symbol gives it one."""
        symbol.status, symbol.status_reason, symbol.call_ends_ns = status, reason, 0
        symbol.call_next, symbol.call_drawn_ns, symbol.call_is_extended = (m.TRADING, ""), 0, False
        if status == m.VOLATILITY_AUCTION and symbol.protection.volatility_ns:
            symbol.call_ends_ns = self.now_ns + symbol.protection.volatility_ns
        self.paused.discard(symbol.name)
        self.log.append(symbol.event())

    def _prevent(self, order: Order, maker: Order, lots: int) -> None:
        """Self-trade prevention, in the incoming order's mode."""
        self.meetings += 1
        stp = order.command.stp
        if stp == m.STP_DECREMENT:
            symbol = self.book_symbols[order.symbol]
            order.prevented_notional += symbol.notional(maker.meets_at, lots)
            self._prevented(order, lots)
            self._prevented(maker, lots)
        if stp in (m.STP_CANCEL_NEWEST, m.STP_CANCEL_BOTH):
            self._prevented(order, self._wanted(order, maker.meets_at))
        if stp in (m.STP_CANCEL_OLDEST, m.STP_CANCEL_BOTH):
            self._prevented(maker, maker.open)

    def _prevented(self, order: Order, lots: int) -> None:
        """P2: so much is taken off the order; with nothing left it is canceled. A decremented amount goes
        on."""
        order.prevented_lots += lots
        order.shown = min(order.shown, order.open)
        self.tell(order)
        if not order.open and not (order.by_amount and order.command.stp == m.STP_DECREMENT):
            self.cancel(order, m.REASON_SELF_TRADE)
        elif order.place == Place.RESTING:
            self.lower_other_leg(order)

    def lower_other_leg(self, order: Order) -> None:
        """L3: both legs have the same left."""
        other = self.other_leg(order)
        if other is not None and other.open != order.open:
            other.quantity = other.filled + other.prevented_lots + order.open
            self.tell(other)

    # --- trades ----------------------------------------------------------------------------------------

    def _trade_along(self, taker: Order, maker: Order, wanted: int, met: set[int]) -> None:
        """With what the first maker shows; with all there is at its price where only icebergs are left there
        whose displayed part this order has taken before, or one alone (I3)."""
        queue = [o for o in self.book(taker.symbol, maker.side) if o.price == maker.price]
        rest = maker.place == Place.RESTING and all(
            o.terms.display_lots and (o.order_id in met or len(queue) == 1) for o in queue
        )
        if rest and len(queue) <= self.last_meeting - self.meetings:
            self._trade_in_turns(taker, queue, wanted)
        else:
            met.add(maker.order_id)
            self._trade(taker, maker, min(wanted, maker.displayed))

    def _trade_in_turns(self, taker: Order, queue: list[Order], wanted: int) -> None:
        """Part by part, turn by turn, and then one trade with each for all that it gave."""
        left = {o.order_id: o.open for o in queue}
        turns = list(queue)
        while wanted and turns:
            first = turns[0]
            lots = min(wanted, first.shown)
            wanted -= lots
            first.shown -= lots
            left[first.order_id] -= lots
            if not first.shown:
                turns.pop(0)
                first.shown = min(first.terms.display_lots, left[first.order_id])
                if first.shown:
                    turns.append(first)
        for order in turns:
            order.arrival = self.next_arrival()
        for order in queue:
            if lots := order.open - left[order.order_id]:
                self.deal(taker, order, order.price, lots, taker.side, taker.taker_ppm, order.maker_ppm)
                self.meetings += 1
                self.after_fill(order)

    def _trade(self, taker: Order, maker: Order, lots: int) -> None:
        """The incoming order and a resting one; the maker's next part follows, or its end."""
        self.meetings += 1
        self.deal(taker, maker, maker.meets_at, lots, taker.side, taker.taker_ppm, maker.maker_ppm)
        self.after_fill(maker)
        if maker.place == Place.RESTING and maker.terms.display_lots:
            self.take_shown(maker, lots)

    def after_fill(self, order: Order) -> None:
        """A resting order that traded is over, or its other leg falls with it (L3)."""
        if order.open:
            self.lower_other_leg(order)
        else:
            self.end(order, m.FILLED)

    def take_shown(self, order: Order, lots: int) -> None:
        """So much of a resting iceberg's displayed part is gone; with the last of it the next one comes."""
        order.shown -= min(order.shown, lots)
        if not order.shown:
            order.show_next_part()
            order.arrival = self.next_arrival()

    def deal(
        self,
        one: Order,
        other: Order,
        price: int,
        lots: int,
        taker_side: int,
        one_ppm: int,
        other_ppm: int,
    ) -> None:
        """Settle a trade and tell it: ``one`` stands in the taker's fields."""
        symbol = self.book_symbols[one.symbol]
        notional = symbol.notional(price, lots)
        self.deals.append(Deal(self.now_ns, one.symbol, price, lots, taker_side == m.NO_SIDE))
        one_fee = self._settle(one, one_ppm, lots, notional)
        other_fee = self._settle(other, other_ppm, lots, notional)
        base, quote = symbol.spec.base, symbol.spec.quote
        trade = m.TradeEvent(
            m.EV_TRADE,
            len(self.deals),
            one.symbol,
            price,
            lots,
            taker_side,
            notional,
            one.order_id,
            one.account,
            one_fee,
            self.total(one.account, base),
            self.total(one.account, quote),
            other.order_id,
            other.account,
            other_fee,
            self.total(other.account, base),
            self.total(other.account, quote),
        )
        self.log.append(tuple(trade))
        for order in (one, other):
            if order.place in (Place.RESTING, Place.PEGGED):
                order.status = m.PARTIALLY_FILLED
            self.tell(order)
            if order.exits is not None:
                self.bought.append((order.order_id, lots))
            if order.quote_id is not None:
                self.count_quote_fill(order, notional)

    def _settle(self, order: Order, rate_ppm: int, lots: int, notional: int) -> int:
        """Move base, quote and fee for one side of a trade. The fee it paid (negative: a rebate)."""
        symbol = self.book_symbols[order.symbol]
        direction = 1 if order.is_buy else -1
        order.filled += lots
        order.filled_notional += notional
        order.accrued += rate_ppm * notional
        self.add(order.account, symbol.spec.base, direction * lots * symbol.base_per_lot)
        self.add(order.account, symbol.spec.quote, -direction * notional)
        fee = ceil_ppm(order.accrued) - order.fee
        if fee < 0:
            fee = -min(-fee, self.total(m.FEE_ACCOUNT, symbol.spec.quote))
        order.fee += fee
        self.add(order.account, symbol.spec.quote, -fee)
        self.add(m.FEE_ACCOUNT, symbol.spec.quote, fee)
        return fee
