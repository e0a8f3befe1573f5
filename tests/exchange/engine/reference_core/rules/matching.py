"""Matching: an incoming order (the taker) against the other side of its book (the makers).

A trade is at the maker's price and settles both sides, the fee account included, before the next
one is looked for. Fees are cumulative per order: after every fill an order has paid
ceil(sum of rate x notional), so many small fills never cost more than one large one.
"""

from __future__ import annotations

from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.rules.effects import Effects
from tests.exchange.engine.reference_core.rules.iceberg_rounds import shares_of
from tests.exchange.engine.reference_core.rules.looking_ahead import allowed_prices, crosses
from tests.exchange.engine.reference_core.rules.pegs import (
    LOOK_TRADES,
    PegMet,
    comes_first,
    may_meet_pegs,
    met_pegs,
    price_of,
)
from tests.exchange.engine.reference_core.rules.seconds import release
from tests.exchange.engine.reference_core.state.book import (
    BookSide,
    Level,
    Options,
    Order,
    is_overdue,
    options_of,
)
from tests.exchange.engine.reference_core.state.ledger import Balance
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import PPM, rated


class Matcher:
    """Fills takers. What that does is noted in the command's Effects."""

    __slots__ = ("ledger", "orders", "pegs", "state", "touched")

    def __init__(self, state: State) -> None:
        self.state = state
        self.ledger = state.ledger
        #: The ledger's list, at hand.
        self.touched = state.ledger.touched
        self.orders = state.orders
        #: Pegged orders that the taker has yet to meet, the first of them last.
        self.pegs: list[PegMet] = []

    # --- matching --------------------------------------------------------------------------------

    def match(self, effects: Effects, taker: Order) -> None:
        """Trade the taker until it is filled, nothing crosses it, or self-trade prevention or a band stops
        it.

        Sets ``taker.reason`` where the taker may not rest; every level it emptied or lowered is
        reported once, with what is left of it."""
        book = taker.book
        buys = taker.side == m.BUY
        side = book.asks if buys else book.bids
        effects.first_ticks = 0
        effects.interrupted = False
        level = side.best
        limit = taker.limit_ticks
        bounded = book.symbol.interrupts
        low, high = allowed_prices(taker) if bounded else (0, 0)
        if book.pegged:
            if not self._match_pegs(effects, taker, side):
                return
            level = side.best
        while level is not None:
            price = level.price_ticks
            if price > limit if buys else price < limit:
                break
            more = self._match_level(effects, taker, side, level, bounded and not low <= price <= high)
            effects.levels.append((m.EV_LEVEL, book.symbol.name, side.side, price, level.quantity_lots))
            if not more:
                return
            level = side.best
        if taker.order_type == m.MARKET:
            taker.reason = m.REASON_NO_LIQUIDITY if level is None else m.REASON_PRICE_LIMIT

    def _match_level(
        self, effects: Effects, taker: Order, side: BookSide, level: Level, out_of_band: bool
    ) -> bool:
        """Trade along one level's queue. True while the taker wants more and the level is used up."""
        owner = taker.account.owner
        by_amount = taker.quote_amount_minor != 0
        strict = self.state.time_is_strict
        turned: Order | None = None
        while (maker := level.head) is not None:
            if by_amount:
                wanted = self._affordable_lots(taker, level.price_ticks)
                if wanted == 0:
                    return False
            else:
                wanted = taker.quantity_lots - taker.filled_lots
            if self.state.next_trade_id >= effects.order_end:
                taker.reason = m.REASON_TRADE_LIMIT
                return False
            options = maker.options
            if options is not None and strict and 0 < options.expire_ns <= effects.now_ns:
                self._expire(effects, maker, side, level)
            elif maker.account.owner == owner:
                # It counts as a trade does.
                effects.order_end -= 1
                effects.command_end -= 1
                if self._prevent(effects, taker, maker, side, level, level.price_ticks, wanted):
                    return False
            elif out_of_band:
                effects.interrupted = True
                return False
            elif options is None or not options.display_lots:
                open_lots = maker.quantity_lots - maker.filled_lots
                lots = wanted if wanted < open_lots else open_lots
                self._trade(effects, taker, maker, side, level, level.price_ticks, lots)
            else:
                # Once the first that went to the back is met again, and where one stands alone, all that is
                # left at this price is icebergs.
                is_rest = self.state.sums_up and (maker is level.tail or maker is turned)
                if not is_rest or not self._take_rounds(effects, taker, side, level, wanted):
                    shown_lots = min(wanted, options.shown_lots)
                    self._trade(effects, taker, maker, side, level, level.price_ticks, shown_lots)
                    if turned is None and maker.level is not None:
                        turned = maker
            if not by_amount and taker.filled_lots == taker.quantity_lots:
                return False
        # An amount too small for one more lot here buys none at a worse price either.
        if not by_amount or self._affordable_lots(taker, level.price_ticks) > 0:
            return True
        return taker.side == m.SELL and self._sells_on(taker, side)

    def _match_pegs(self, effects: Effects, taker: Order, side: BookSide) -> bool:
        """Trade with the pegged orders that the taker reaches, and with the levels of the book that come
        before one of them. Their prices are those of this moment. True while the taker wants more."""
        if not may_meet_pegs(taker) or effects.order_end - self.state.next_trade_id < LOOK_TRADES:
            return True
        effects.order_end -= LOOK_TRADES
        effects.command_end -= LOOK_TRADES
        self.pegs = met_pegs(taker)
        book = taker.book
        low, high = allowed_prices(taker)
        more = True
        while more and self.pegs:
            price = price_of(self.pegs[-1])
            level = side.best
            if level is not None and comes_first(side.side, level.price_ticks, price):
                price = level.price_ticks
                more = self._match_level(effects, taker, side, level, not low <= price <= high)
                effects.levels.append((m.EV_LEVEL, book.symbol.name, side.side, price, level.quantity_lots))
            else:
                maker = self.pegs.pop()[-1]
                more = self._match_peg(effects, taker, maker, price, not low <= price <= high)
        self.pegs = []
        return more

    def _match_peg(self, effects: Effects, taker: Order, maker: Order, price: int, out_of_band: bool) -> bool:
        """Trade with a pegged order at this price. True while the taker wants more and it is used up."""
        by_amount = taker.quote_amount_minor != 0
        side = maker.book.home(maker)
        while (level := maker.level) is not None:
            wanted = self._wanted_lots(taker, price)
            if wanted == 0:
                return False
            if self.state.next_trade_id >= effects.order_end:
                taker.reason = m.REASON_TRADE_LIMIT
                return False
            if is_overdue(maker, effects.now_ns):
                self._expire(effects, maker, side, level)
            elif maker.account.owner == taker.account.owner:
                effects.order_end -= 1
                effects.command_end -= 1
                if self._prevent(effects, taker, maker, side, level, price, wanted):
                    return False
            elif out_of_band:
                effects.interrupted = True
                return False
            else:
                lots = min(wanted, maker.quantity_lots - maker.filled_lots)
                self._trade(effects, taker, maker, side, level, price, lots)
            if not by_amount and taker.filled_lots == taker.quantity_lots:
                return False
        if not by_amount or self._affordable_lots(taker, price) > 0:
            return True
        return taker.side == m.SELL and self._sells_on(taker, taker.book.bids)

    def _wanted_lots(self, taker: Order, price_ticks: int) -> int:
        """How many lots the taker still takes at this price."""
        if taker.quote_amount_minor:
            return self._affordable_lots(taker, price_ticks)
        return taker.quantity_lots - taker.filled_lots

    def _expire(self, effects: Effects, maker: Order, side: BookSide, level: Level) -> None:
        """End a maker whose time is up; it counts as a trade does."""
        effects.order_end -= 1
        effects.command_end -= 1
        effects.repeats = True
        side.remove(maker, level)
        effects.events.append(self.finish(effects, maker, m.EXPIRED, m.REASON_TIME))

    def _sells_on(self, taker: Order, side: BookSide) -> bool:
        """Whether the rest of an amount, worth no lot at the price used up, sells one at the next (M4)."""
        best = side.best
        price = 0 if best is None else best.price_ticks
        if self.pegs:
            price = max(price, price_of(self.pegs[-1]))
        if self.state.rules_version < VENUE_RULES or not price or not crosses(taker, price):
            return False
        reason, taker.reason = taker.reason, m.REASON_NONE
        if self._affordable_lots(taker, price) > 0:
            return True
        taker.reason = reason
        return False

    def _affordable_lots(self, taker: Order, price_ticks: int) -> int:
        """How many lots the rest of a quote amount is worth at this price, whole lots only. A buy pays
        its fee from it too."""
        symbol = taker.book.symbol
        if taker.side == m.SELL:
            budget = taker.quote_amount_minor - taker.filled_notional_minor
            if taker.options is not None:
                budget -= taker.options.prevented_minor
            lots = budget // (price_ticks * symbol.multiplier)
        else:
            rate = taker.taker_ppm if taker.taker_ppm > 0 else 0
            # notional + ceil((accrued + rate x notional) / PPM) <= budget, solved for notional. A rebate
            # is left out of it: it may turn out smaller than its rate.
            budget = taker.held_minor + taker.fee_minor
            accrued = taker.fee_accrued if taker.fee_accrued > 0 else 0
            unit_cost = price_ticks * symbol.multiplier * (PPM + rate)
            lots = (PPM * budget - accrued) // unit_cost
        if lots < symbol.lot_step:
            if taker.filled_lots == 0:
                taker.reason = m.REASON_AMOUNT_BELOW_LOT
            return 0
        return lots - lots % symbol.lot_step

    def _trade(
        self,
        effects: Effects,
        taker: Order,
        maker: Order,
        side: BookSide,
        level: Level,
        price: int,
        lots: int,
    ) -> None:
        """Trade the taker with the maker, at the maker's price."""
        self._exchange(effects, taker, taker.taker_ppm, maker, taker.side, price, lots)
        level.quantity_lots -= lots
        if effects.first_ticks == 0:
            effects.first_ticks = price
        self._after_fill(effects, maker, side, level, lots)

    def trade_at(self, effects: Effects, buy: Order, sell: Order, price: int, lots: int) -> None:
        """An auction's trade of two orders on the book, without an aggressor. Their levels' quantities
        and what becomes of the two is the auction's business."""
        self._exchange(effects, buy, buy.maker_ppm, sell, m.NO_SIDE, price, lots)
        buy.updated_ns = effects.now_ns

    def _exchange(
        self,
        effects: Effects,
        one: Order,
        one_ppm: int,
        other: Order,
        aggressor_side: int,
        price: int,
        lots: int,
    ) -> None:
        """Let two orders trade: fees, both sides' money, what they have filled, and the TradeEvent. ``one``
        pays this rate, the other its maker rate."""
        book = one.book
        symbol = book.symbol
        notional = price * lots
        if symbol.multiplier != 1:
            notional *= symbol.multiplier
        base_minor = lots * symbol.base_unit_minor
        one_fee = self._charge(one, one_ppm, notional, book.fee_balance)
        other_fee = self._charge(other, other.maker_ppm, notional, book.fee_balance)
        self._settle(one, lots, base_minor, notional, one_fee)
        self._settle(other, lots, base_minor, notional, other_fee)
        other.updated_ns = effects.now_ns
        book.last_ticks = price
        one_base, one_quote, other_base, other_quote = one.base, one.quote, other.base, other.quote
        effects.events.append(
            (
                m.EV_TRADE,
                self.state.next_trade_id,
                symbol.name,
                price,
                lots,
                aggressor_side,
                notional,
                one.order_id,
                one.account.number,
                one_fee,
                one_base.available + one_base.held,
                one_quote.available + one_quote.held,
                other.order_id,
                other.account.number,
                other_fee,
                other_base.available + other_base.held,
                other_quote.available + other_quote.held,
            )
        )
        self.state.next_trade_id += 1

    def _after_fill(self, effects: Effects, maker: Order, side: BookSide, level: Level, lots: int) -> None:
        """Let a filled maker go; of one partly filled, release what it no longer needs to hold."""
        options = maker.options
        if maker.filled_lots == maker.quantity_lots:
            if options is not None:
                options.shown_lots = 0
                self.note_bought(effects, maker, options, lots)
            side.remove(maker, level)
            effects.events.append(self.finish(effects, maker, m.FILLED, m.REASON_NONE))
            return
        maker.status = m.PARTIALLY_FILLED
        if options is not None:
            self._after_part(effects, maker, options, side, level, lots)
        if maker.side == m.BUY:
            self.orders.rehold(maker)
        effects.events.append(maker.event())

    def _after_part(
        self, effects: Effects, maker: Order, options: Options, side: BookSide, level: Level, lots: int
    ) -> None:
        """A maker with something beyond a simple order was partly filled."""
        if options.display_lots:
            # One that shows its next part may be met again by the same taker.
            effects.repeats = True
            options.shown_lots -= lots
            if options.shown_lots == 0:
                side.to_the_back(maker, level)
        self.follow(effects, maker)
        self.note_bought(effects, maker, options, lots)

    def _take_rounds(self, effects: Effects, taker: Order, side: BookSide, level: Level, wanted: int) -> bool:
        """Trade with a queue of icebergs alone, one trade a maker: what each would have given part by part,
        turn by turn. False, and nothing done, where that may be more trades than the taker has left."""
        most = effects.order_end - self.state.next_trade_id
        queue: list[Order] = []
        order = level.head
        while order is not None:
            if len(queue) == most:
                return False
            queue.append(order)
            order = order.next
        for maker, lots, shown, is_next in shares_of(queue, wanted):
            self._exchange(effects, taker, taker.taker_ppm, maker, taker.side, level.price_ticks, lots)
            self._after_rounds(effects, maker, side, level, lots, shown)
            if is_next:
                side.to_the_back(maker, level)
        if effects.first_ticks == 0:
            effects.first_ticks = level.price_ticks
        effects.repeats = True
        return True

    def _after_rounds(
        self, effects: Effects, maker: Order, side: BookSide, level: Level, lots: int, shown: int
    ) -> None:
        """An iceberg gave this much, hidden parts included, and shows this much now."""
        options = options_of(maker)
        level.quantity_lots -= options.shown_lots - shown
        level.hidden_lots -= lots - (options.shown_lots - shown)
        options.shown_lots = shown
        if maker.filled_lots == maker.quantity_lots:
            side.remove(maker, level)
            effects.events.append(self.finish(effects, maker, m.FILLED, m.REASON_NONE))
            return
        maker.status = m.PARTIALLY_FILLED
        if maker.side == m.BUY:
            self.orders.rehold(maker)
        effects.events.append(maker.event())

    def note_bought(self, effects: Effects, order: Order, options: Options, lots: int) -> None:
        """A bracket's entry bought this much, to be sold by its exits once the taker is done with; or a quote
        traded it."""
        if options.exits is not None and lots:
            if options.to_exit_lots == 0:
                effects.entries.append(order)
            options.to_exit_lots += lots
        if options.quote_id is not None and lots:
            self._count_quote_fill(effects, order, lots)

    def _count_quote_fill(self, effects: Effects, order: Order, lots: int) -> None:
        """A quote traded at the last price; where that reaches a bound, its owner's are to be canceled."""
        guard = self.state.guards.get(order.account.number)
        if guard is None or guard.tripped:
            return
        book = order.book
        symbol = book.symbol
        value = 0 if symbol.quote != guard.asset else book.last_ticks * lots * symbol.multiplier
        if guard.add(effects.now_ns, value if order.side == m.BUY else -value):
            guard.trip()
            if effects.tripped is None:
                effects.tripped = {}
            effects.tripped.setdefault(symbol.name, []).append(guard)

    # --- orders that end -------------------------------------------------------------------------

    def finish(self, effects: Effects, order: Order, status: int, reason: int) -> m.Event:
        """End an order that is off its book, and the one linked to it. Returns its last OrderEvent."""
        options = order.options
        event = self.orders.close(order, status, reason, effects.now_ns)
        if options is None:
            return event
        if options.seconds:
            self._end_working(effects, options, status)
        other = options.linked
        if other is None:
            return event
        self.unlink(order, other)
        self.take_off(effects, other)
        effects.repeats = True
        effects.events.append(self.orders.close(other, m.CANCELED, m.REASON_LINKED, effects.now_ns))
        return event

    def _end_working(self, effects: Effects, options: Options, status: int) -> None:
        """An order that triggers others has ended: filled, they enter in their turn; else they end too."""
        effects.repeats = True
        if status == m.FILLED:
            release(self.orders, effects, options)
            return
        for second in options.seconds:
            if second.order_id in self.orders.open:
                self.take_off(effects, second)
                effects.events.append(self.finish(effects, second, m.CANCELED, m.REASON_LINKED))

    def unlink(self, one: Order, other: Order) -> None:
        for order in (one, other):
            options_of(order).linked = None

    def follow(self, effects: Effects, order: Order) -> None:
        """The open quantity of a leg changed: that of the other, which waits, becomes the same."""
        options = order.options
        if options is None or options.linked is None:
            return
        other = options.linked
        open_lots = order.quantity_lots - order.filled_lots
        if open_lots == other.quantity_lots - other.filled_lots:
            return
        other.quantity_lots = other.filled_lots + open_lots
        other.updated_ns = effects.now_ns
        effects.repeats = True
        effects.events.append(other.event())

    def take_off(self, effects: Effects, order: Order) -> None:
        """Take an open order from where it rests or waits; reports its level. One that has yet to enter is
        nowhere."""
        level = order.level
        if level is not None:
            book = order.book
            if order.is_unseen():
                book.home(order).remove(order, level)
                return
            side = book.bids if order.side == m.BUY else book.asks
            side.remove(order, level)
            effects.levels.append(
                (m.EV_LEVEL, book.symbol.name, side.side, level.price_ticks, level.quantity_lots)
            )
            return
        options = order.options
        if options is None or order.order_id not in self.orders.open:
            return
        order.book.waiting -= 1
        if options.second == m.SECOND_WAITS:
            return
        if options.second or options.triggered_ns:
            fired = order.book.fired
            if order in fired:
                # Of a pair that was released only the first leg is in the queue.
                fired.remove(order)
            if not fired:
                self.orders.timers.paused.discard(order.book.symbol.name)
        elif options.trigger != m.NO_TRIGGER:
            # One without waits for the closing auction.
            self.orders.triggers[order.book.symbol.name].feed(order.side, options.trigger_source).remove(
                order, options
            )

    # --- money -----------------------------------------------------------------------------------

    def _charge(self, order: Order, rate_ppm: int, notional: int, fee_balance: Balance) -> int:
        """The fee of one fill, moved to the fee account's books; negative is a rebate, paid as far as
        the fee account covers it (the order's next fill makes up what is missing)."""
        accrued = order.fee_accrued + rated(rate_ppm, notional)
        order.fee_accrued = accrued
        fee = -(-accrued // PPM) - order.fee_minor
        if fee < 0 and fee < -fee_balance.available:
            fee = -fee_balance.available
        order.fee_minor += fee
        fee_balance.available += fee
        return fee

    def _settle(self, order: Order, lots: int, base_minor: int, notional: int, fee: int) -> None:
        """Fill an order and move its side of the trade: a buy pays from its hold, a sell delivers from it."""
        order.filled_lots += lots
        order.filled_notional_minor += notional
        base = order.base
        quote = order.quote
        if order.side == m.BUY:
            paid = notional + fee
            order.held_minor -= paid
            quote.held -= paid
            base.available += base_minor
        else:
            order.held_minor -= base_minor
            base.held -= base_minor
            quote.available += notional - fee
        if not base.touched:
            base.touched = True
            self.touched.append(base)
        if not quote.touched:
            quote.touched = True
            self.touched.append(quote)

    # --- self-trade prevention ---------------------------------------------------------------------

    def _prevent(
        self,
        effects: Effects,
        taker: Order,
        maker: Order,
        side: BookSide,
        level: Level,
        price: int,
        wanted: int,
    ) -> bool:
        """Act on the taker meeting an order of its own owner at a price. True when the taker must stop."""
        mode = taker.stp
        open_lots = maker.quantity_lots - maker.filled_lots
        lots = wanted if wanted < open_lots else open_lots
        counts_taken = self.state.rules_version >= VENUE_RULES
        if self.state.reports_prevented:
            effects.repeats = True
            if not counts_taken or mode == m.STP_DECREMENT:
                options_of(taker).prevented_lots += lots
                options_of(maker).prevented_lots += lots
        if mode == m.STP_DECREMENT:
            return self._decrement(effects, taker, maker, side, level, price, lots)
        if mode != m.STP_CANCEL_NEWEST:
            side.remove(maker, level)
            if counts_taken:
                take_rest(maker)
            effects.events.append(self.finish(effects, maker, m.CANCELED, m.REASON_SELF_TRADE))
        elif self.state.reports_prevented and not counts_taken:
            maker.updated_ns = effects.now_ns
            effects.events.append(maker.event())
        if mode == m.STP_CANCEL_OLDEST:
            return False
        if not counts_taken:
            pass
        elif taker.quote_amount_minor:
            options_of(taker).prevented_lots += wanted
        else:
            take_rest(taker)
        taker.reason = m.REASON_SELF_TRADE
        return True

    def _decrement(
        self,
        effects: Effects,
        taker: Order,
        maker: Order,
        side: BookSide,
        level: Level,
        price: int,
        lots: int,
    ) -> bool:
        """Take the smaller open quantity off both orders without a trade."""
        if self.state.rules_version >= VENUE_RULES:
            options_of(maker).taken_lots += lots
            if not taker.quote_amount_minor:
                options_of(taker).taken_lots += lots
        if lots == maker.quantity_lots - maker.filled_lots:
            # Off the book first: the level gives up exactly the open quantity it counts.
            side.remove(maker, level)
            maker.quantity_lots -= lots
            effects.events.append(self.finish(effects, maker, m.CANCELED, m.REASON_SELF_TRADE))
        else:
            maker.updated_ns = effects.now_ns
            take_from(maker, level, lots)
            self.follow(effects, maker)
            self.orders.rehold(maker)
            effects.events.append(maker.event())
        return self._decrement_taker(taker, lots, price)

    def _decrement_taker(self, taker: Order, lots: int, price_ticks: int) -> bool:
        if taker.quote_amount_minor:
            notional = price_ticks * lots * taker.book.symbol.multiplier
            if taker.side == m.SELL:
                options_of(taker).prevented_minor += notional
            else:
                taker.held_minor -= notional
                self.ledger.release(taker.held_in, notional)
            return False
        taker.quantity_lots -= lots
        if taker.quantity_lots == taker.filled_lots:
            taker.reason = m.REASON_SELF_TRADE
            return True
        return False


def take_rest(order: Order) -> None:
    """Self-trade prevention takes all that is open off an order, which ends (rule P2)."""
    lots = order.quantity_lots - order.filled_lots
    options = options_of(order)
    options.prevented_lots += lots
    options.taken_lots += lots
    order.quantity_lots = order.filled_lots


def take_from(order: Order, level: Level, lots: int) -> None:
    """Lower the quantity of an order where it rests: the hidden part of an iceberg first."""
    order.quantity_lots -= lots
    options = order.options
    if options is None or not options.display_lots:
        level.quantity_lots -= lots
        return
    open_lots = order.quantity_lots - order.filled_lots
    shown = min(options.shown_lots, open_lots)
    level.hidden_lots -= lots - (options.shown_lots - shown)
    level.quantity_lots -= options.shown_lots - shown
    options.shown_lots = shown


def level_event(order: Order, level: Level) -> m.Event:
    """The level an order rests at or has just left, as a LevelEvent."""
    return (m.EV_LEVEL, order.book.symbol.name, order.side, level.price_ticks, level.quantity_lots)
