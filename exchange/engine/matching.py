"""Matching: an incoming order (the taker) against the other side of its book (the makers).

A trade is at the maker's price and settles both sides, the fee account included, before the next
one is looked for. Fees are cumulative per order: after every fill an order has paid
ceil(sum of rate x notional), so many small fills never cost more than one large one.
"""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine import messages as m
from exchange.engine.book import BookSide, Level, Order
from exchange.engine.boxed import Boxed
from exchange.engine.extras import Extra, extra_of
from exchange.engine.ledger import Balance, Ledger
from exchange.engine.orders import Orders
from exchange.engine.symbols import PPM, rated


class Matcher:
    """Fills takers. ``events`` and ``levels`` collect what the command under way has done."""

    __slots__ = (
        "entries",
        "events",
        "first_ticks",
        "interrupted",
        "ledger",
        "levels",
        "next_trade_id",
        "now_ns",
        "orders",
        "repeats",
        "reports_prevented",
        "touched",
    )

    def __init__(self, ledger: Ledger, orders: Orders) -> None:
        self.ledger = ledger
        #: The ledger's list, at hand.
        self.touched = ledger.touched
        self.orders = orders
        self.next_trade_id = 1
        self.now_ns: Boxed = 0
        self.events: list[m.Event] = []
        self.levels: list[m.Event] = []
        #: Whether ``events`` or ``levels`` may speak of the same order or level more than once.
        self.repeats = False
        #: Price of the first trade of the order that was matched last, 0 if it did not trade; and whether
        #: the dynamic band stopped it.
        self.first_ticks = 0
        self.interrupted = False
        #: Entries of brackets that have bought since their exits were last looked after.
        self.entries: list[Order] = []
        #: Rules version 1 did not report prevented quantities.
        self.reports_prevented = True

    # --- looking ahead ---------------------------------------------------------------------------

    def fillable_lots(self, taker: Order) -> int:
        """How much of the taker would trade at once, self-trade prevention considered; at most its
        quantity. Changes nothing."""
        wanted = taker.quantity_lots - taker.filled_lots
        low, high = _allowed(taker)
        found = 0
        for price, lots, own in _meetings(taker):
            if own:
                if taker.stp != m.STP_CANCEL_OLDEST:
                    break
                continue
            if not low <= price <= high:
                break
            found += lots
            if found >= wanted:
                return wanted
        return found

    def market_buy_cost_minor(self, taker: Order) -> int:
        """What a market buy by quantity would pay, fee included, on the book as it stands. The walk ends
        with the first maker the account cannot pay, so that nobody makes the core walk for nothing."""
        symbol = taker.book.symbol
        available = taker.quote.available
        rate = taker.taker_ppm if taker.taker_ppm > 0 else 0
        wanted = taker.quantity_lots
        notional = 0
        cost = 0
        low, high = _allowed(taker)
        for price, lots, own in _meetings(taker):
            lots = min(wanted, lots)
            if not own:
                if not low <= price <= high:
                    break
                notional += price * lots * symbol.multiplier
                cost = notional - (-rate * notional // PPM)
                wanted -= lots
            elif taker.stp == m.STP_DECREMENT:
                wanted -= lots
            elif taker.stp != m.STP_CANCEL_OLDEST:
                break
            if wanted == 0 or cost > available:
                break
        return cost

    def market_sale_minor(self, taker: Order) -> int:
        """What a market sell by quote amount would deliver on the book as it stands, in base minor units.
        The walk ends as in ``market_buy_cost_minor``."""
        symbol = taker.book.symbol
        available = taker.base.available
        budget = taker.quote_amount_minor
        sold = 0
        low, high = _allowed(taker)
        for price, lots, own in _meetings(taker):
            unit = price * symbol.multiplier
            wanted = budget // unit
            wanted -= wanted % symbol.lot_step
            if wanted == 0:
                break
            lots = min(wanted, lots)
            if not own:
                if not low <= price <= high:
                    break
                sold += lots * symbol.base_unit_minor
                budget -= lots * unit
            elif taker.stp == m.STP_DECREMENT:
                budget -= lots * unit
            elif taker.stp != m.STP_CANCEL_OLDEST:
                break
            # What is not worth a lot here is not sold at a worse price either.
            if sold > available or budget // unit < symbol.lot_step:
                break
        return sold

    # --- matching --------------------------------------------------------------------------------

    def match(self, taker: Order) -> None:
        """Trade the taker until it is filled, nothing crosses it, or self-trade prevention or the dynamic
        band stops it.

        Sets ``taker.reason`` where the taker may not rest; every level it emptied or lowered is
        reported once, with what is left of it."""
        book = taker.book
        buys = taker.side == m.BUY
        side = book.asks if buys else book.bids
        self.first_ticks = 0
        self.interrupted = False
        level = side.best
        limit = taker.limit_ticks
        bounded = book.symbol.volatility_ppm > 0
        low, high = _allowed(taker) if bounded else (0, 0)
        while level is not None:
            price = level.price_ticks
            if price > limit if buys else price < limit:
                break
            more = self._match_level(taker, side, level, bounded and not low <= price <= high)
            self.levels.append((m.EV_LEVEL, book.symbol.name, side.side, price, level.quantity_lots))
            if not more:
                return
            level = side.best
        if taker.order_type == m.MARKET:
            taker.reason = m.REASON_NO_LIQUIDITY if level is None else m.REASON_PRICE_LIMIT

    def _match_level(self, taker: Order, side: BookSide, level: Level, out_of_band: bool) -> bool:
        """Trade along one level's queue. True while the taker wants more and the level is used up."""
        owner = taker.account.owner
        by_amount = taker.quote_amount_minor != 0
        while (maker := level.head) is not None:
            if by_amount:
                wanted = self._affordable_lots(taker, level.price_ticks)
                if wanted == 0:
                    return False
            else:
                wanted = taker.quantity_lots - taker.filled_lots
            if maker.account.owner == owner:
                if self._prevent(taker, maker, side, level, wanted):
                    return False
            elif out_of_band:
                self.interrupted = True
                return False
            else:
                open_lots = (
                    maker.quantity_lots - maker.filled_lots if maker.extra is None else maker.shown_lots()
                )
                self._trade(taker, maker, side, level, wanted if wanted < open_lots else open_lots)
            if not by_amount and taker.filled_lots == taker.quantity_lots:
                return False
        # An amount too small for one more lot here buys none at a worse price either.
        return not by_amount or self._affordable_lots(taker, level.price_ticks) > 0

    def _affordable_lots(self, taker: Order, price_ticks: int) -> int:
        """How many lots the rest of a quote amount is worth at this price, whole lots only. A buy pays
        its fee from it too."""
        symbol = taker.book.symbol
        if taker.side == m.SELL:
            budget = taker.quote_amount_minor - taker.filled_notional_minor
            if taker.extra is not None:
                budget -= taker.extra.prevented_minor
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

    def _trade(self, taker: Order, maker: Order, side: BookSide, level: Level, lots: int) -> None:
        """Trade the taker with the maker, at the maker's price."""
        price = level.price_ticks
        self._exchange(taker, taker.taker_ppm, maker, taker.side, price, lots)
        level.quantity_lots -= lots
        if self.first_ticks == 0:
            self.first_ticks = price
        self._after_fill(maker, side, level, lots)

    def trade_at(self, buy: Order, sell: Order, price: int, lots: int) -> None:
        """An auction's trade of two orders on the book, without an aggressor. Their levels' quantities
        and what becomes of the two is the auction's business."""
        self._exchange(buy, buy.maker_ppm, sell, m.NO_SIDE, price, lots)
        buy.updated_ns = self.now_ns

    def _exchange(
        self, one: Order, one_ppm: int, other: Order, aggressor_side: int, price: int, lots: int
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
        other.updated_ns = self.now_ns
        book.last_ticks = price
        one_base, one_quote, other_base, other_quote = one.base, one.quote, other.base, other.quote
        self.events.append(
            (
                m.EV_TRADE,
                self.next_trade_id,
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
        self.next_trade_id += 1

    def _after_fill(self, maker: Order, side: BookSide, level: Level, lots: int) -> None:
        """Let a filled maker go; of one partly filled, release what it no longer needs to hold."""
        extra = maker.extra
        if maker.filled_lots == maker.quantity_lots:
            if extra is not None:
                extra.shown_lots = 0
                self.note_bought(maker, extra, lots)
            side.remove(maker, level)
            self.events.append(self.finish(maker, m.FILLED, m.REASON_NONE))
            return
        maker.status = m.PARTIALLY_FILLED
        if extra is not None:
            self._after_part(maker, extra, side, level, lots)
        if maker.side == m.BUY:
            self.orders.rehold(maker)
        self.events.append(maker.event())

    def _after_part(self, maker: Order, extra: Extra, side: BookSide, level: Level, lots: int) -> None:
        """A maker with something beyond a plain order was partly filled."""
        if extra.display_lots:
            # One that shows its next part may be met again by the same taker.
            self.repeats = True
            extra.shown_lots -= lots
            if extra.shown_lots == 0:
                side.to_the_back(maker, level)
        self.follow(maker)
        self.note_bought(maker, extra, lots)

    def note_bought(self, order: Order, extra: Extra, lots: int) -> None:
        """A bracket's entry bought this much, to be sold by its exits once the taker is done with."""
        if extra.exits is not None and lots:
            if extra.to_exit_lots == 0:
                self.entries.append(order)
            extra.to_exit_lots += lots

    # --- orders that end -------------------------------------------------------------------------

    def finish(self, order: Order, status: int, reason: int) -> m.Event:
        """End an order that is off its book, and the one linked to it. Returns its last OrderEvent."""
        extra = order.extra
        if extra is None or extra.linked is None:
            return self.orders.close(order, status, reason, self.now_ns)
        other = extra.linked
        event = self.orders.close(order, status, reason, self.now_ns)
        self.unlink(order, other)
        self.take_off(other)
        self.repeats = True
        self.events.append(self.orders.close(other, m.CANCELED, m.REASON_LINKED, self.now_ns))
        return event

    def unlink(self, one: Order, other: Order) -> None:
        for order in (one, other):
            extra_of(order).linked = None

    def follow(self, order: Order) -> None:
        """The open quantity of a leg changed: that of the other, which waits, becomes the same."""
        extra = order.extra
        if extra is None or extra.linked is None:
            return
        other = extra.linked
        open_lots = order.quantity_lots - order.filled_lots
        if open_lots == other.quantity_lots - other.filled_lots:
            return
        other.quantity_lots = other.filled_lots + open_lots
        other.updated_ns = self.now_ns
        self.repeats = True
        self.events.append(other.event())

    def take_off(self, order: Order) -> None:
        """Take an open order from where it rests or waits; reports its level. One that has yet to enter is
        nowhere."""
        level = order.level
        if level is not None:
            book = order.book
            side = book.bids if order.side == m.BUY else book.asks
            side.remove(order, level)
            self.levels.append(
                (m.EV_LEVEL, book.symbol.name, side.side, level.price_ticks, level.quantity_lots)
            )
            return
        extra = order.extra
        if extra is None or order.order_id not in self.orders.open:
            return
        order.book.waiting -= 1
        if extra.triggered_ns:
            order.book.fired.remove(order)
        else:
            order.book.triggers.feed(order.side, extra.trigger_source).remove(order, extra)

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

    def _prevent(self, taker: Order, maker: Order, side: BookSide, level: Level, wanted: int) -> bool:
        """Act on the taker meeting an order of its own owner. True when the taker must stop."""
        mode = taker.stp
        open_lots = maker.quantity_lots - maker.filled_lots
        lots = wanted if wanted < open_lots else open_lots
        if self.reports_prevented:
            extra_of(taker).prevented_lots += lots
            extra_of(maker).prevented_lots += lots
            self.repeats = True
        if mode == m.STP_DECREMENT:
            return self._decrement(taker, maker, side, level, lots)
        if mode != m.STP_CANCEL_NEWEST:
            side.remove(maker, level)
            self.events.append(self.finish(maker, m.CANCELED, m.REASON_SELF_TRADE))
        elif self.reports_prevented:
            maker.updated_ns = self.now_ns
            self.events.append(maker.event())
        if mode == m.STP_CANCEL_OLDEST:
            return False
        taker.reason = m.REASON_SELF_TRADE
        return True

    def _decrement(self, taker: Order, maker: Order, side: BookSide, level: Level, lots: int) -> bool:
        """Take the smaller open quantity off both orders without a trade."""
        if lots == maker.quantity_lots - maker.filled_lots:
            # Off the book first: the level gives up exactly the open quantity it counts.
            side.remove(maker, level)
            maker.quantity_lots -= lots
            self.events.append(self.finish(maker, m.CANCELED, m.REASON_SELF_TRADE))
        else:
            maker.updated_ns = self.now_ns
            take_from(maker, level, lots)
            self.follow(maker)
            self.orders.rehold(maker)
            self.events.append(maker.event())
        return self._decrement_taker(taker, lots, level.price_ticks)

    def _decrement_taker(self, taker: Order, lots: int, price_ticks: int) -> bool:
        if taker.quote_amount_minor:
            notional = price_ticks * lots * taker.book.symbol.multiplier
            if taker.side == m.SELL:
                extra_of(taker).prevented_minor += notional
            else:
                taker.held_minor -= notional
                self.ledger.release(taker.held_in, notional)
            return False
        taker.quantity_lots -= lots
        if taker.quantity_lots == taker.filled_lots:
            taker.reason = m.REASON_SELF_TRADE
            return True
        return False


def take_from(order: Order, level: Level, lots: int) -> None:
    """Lower the quantity of an order where it rests: the hidden part of an iceberg first."""
    order.quantity_lots -= lots
    extra = order.extra
    if extra is None or not extra.display_lots:
        level.quantity_lots -= lots
        return
    open_lots = order.quantity_lots - order.filled_lots
    shown = min(extra.shown_lots, open_lots)
    level.hidden_lots -= lots - (extra.shown_lots - shown)
    level.quantity_lots -= extra.shown_lots - shown
    extra.shown_lots = shown


def level_event(order: Order, level: Level) -> m.Event:
    """The level an order rests at or has just left, as a LevelEvent."""
    return (m.EV_LEVEL, order.book.symbol.name, order.side, level.price_ticks, level.quantity_lots)


def crosses(taker: Order, price_ticks: int) -> bool:
    """Whether the taker may trade at this price."""
    limit: int = taker.limit_ticks
    return price_ticks <= limit if taker.side == m.BUY else price_ticks >= limit


def _allowed(taker: Order) -> tuple[int, int]:
    """The lowest and highest price the dynamic band lets the taker trade at (rule K8)."""
    ppm = taker.book.symbol.volatility_ppm
    last = taker.book.last_ticks
    if not ppm or not last:
        return 0, 1 << 200
    width = last * ppm // PPM
    return last - width, last + width


def _meetings(taker: Order) -> Iterator[tuple[int, int, bool]]:
    """(price, lots, own) of what the taker would meet, in its order: at each price what the queue shows,
    then what its icebergs hide. ``own`` is met whole and does not trade."""
    owner = taker.account.owner
    for level in taker.book.opposite(taker.side).best_first():
        price = level.price_ticks
        if not crosses(taker, price):
            return
        hidden = 0
        maker = level.head
        while maker is not None:
            open_lots = maker.quantity_lots - maker.filled_lots
            if maker.account.owner == owner:
                yield price, open_lots, True
            else:
                shown = maker.shown_lots()
                hidden += open_lots - shown
                yield price, shown, False
            maker = maker.next
        if hidden:
            yield price, hidden, False
