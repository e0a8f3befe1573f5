"""Matching: an incoming order (the taker) against the other side of its book (the makers).

A trade is at the maker's price and settles both sides, the fee account included, before the next
one is looked for. Fees are cumulative per order: after every fill an order has paid
ceil(sum of rate x notional), so many small fills never cost more than one large one.
"""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine import messages as m
from exchange.engine.book import BookSide, Level, Order
from exchange.engine.ledger import Balance, Ledger
from exchange.engine.orders import Orders
from exchange.engine.symbols import PPM


class Matcher:
    """Fills takers. ``events`` and ``levels`` collect what the command under way has done."""

    __slots__ = ("events", "ledger", "levels", "next_trade_id", "now_ns", "orders")

    def __init__(self, ledger: Ledger, orders: Orders) -> None:
        self.ledger = ledger
        self.orders = orders
        self.next_trade_id = 1
        self.now_ns = 0
        self.events: list[m.Event] = []
        self.levels: list[m.Event] = []

    # --- looking ahead ---------------------------------------------------------------------------

    def fillable_lots(self, taker: Order) -> int:
        """How much of the taker would trade at once, self-trade prevention considered; at most its
        quantity. Changes nothing."""
        wanted = taker.quantity_lots - taker.filled_lots
        found = 0
        for maker in _makers(taker):
            if maker.account is taker.account:
                if taker.stp != m.STP_CANCEL_OLDEST:
                    break
                continue
            found += maker.quantity_lots - maker.filled_lots
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
        for maker in _makers(taker):
            lots = min(wanted, maker.quantity_lots - maker.filled_lots)
            if maker.account is not taker.account:
                notional += maker.price_ticks * lots * symbol.multiplier
                cost = notional - (-rate * notional // PPM)
                wanted -= lots
            elif taker.stp == m.STP_DECREMENT:
                wanted -= lots
            elif taker.stp != m.STP_CANCEL_OLDEST:
                break
            if wanted == 0 or cost > available:
                break
        return cost

    # --- matching --------------------------------------------------------------------------------

    def match(self, taker: Order) -> None:
        """Trade the taker until it is filled, nothing crosses it, or self-trade prevention stops it.

        Sets ``taker.reason`` where the taker may not rest; every level it emptied or lowered is
        reported once, with what is left of it."""
        side = taker.book.opposite(taker.side)
        level = side.best
        while level is not None and _crosses(taker, level.price_ticks):
            more = self._match_level(taker, side, level)
            self.levels.append(
                (m.EV_LEVEL, taker.book.symbol.name, side.side, level.price_ticks, level.quantity_lots)
            )
            if not more:
                return
            level = side.best
        if level is None and taker.order_type == m.MARKET:
            taker.reason = m.REASON_NO_LIQUIDITY

    def _match_level(self, taker: Order, side: BookSide, level: Level) -> bool:
        """Trade along one level's queue. True while the taker wants more and the level is used up."""
        maker = level.head
        while maker is not None:
            following = maker.next
            wanted = self._wanted_lots(taker, level.price_ticks)
            if wanted == 0:
                return False
            if maker.account is taker.account:
                if self._prevent(taker, maker, side, level, wanted):
                    return False
            else:
                open_lots = maker.quantity_lots - maker.filled_lots
                self._trade(taker, maker, side, level, wanted if wanted < open_lots else open_lots)
            maker = following if maker.level is None else maker
            if taker.quote_amount_minor == 0 and taker.filled_lots == taker.quantity_lots:
                return False
        # A quote amount too small for one more lot here buys none at a worse price either.
        return taker.quote_amount_minor == 0 or self._wanted_lots(taker, level.price_ticks) > 0

    def _wanted_lots(self, taker: Order, price_ticks: int) -> int:
        """What the taker still wants at this price: its open quantity, or as much as the rest of its
        quote amount can pay for, fee included, in whole lots."""
        if taker.quote_amount_minor == 0:
            return taker.quantity_lots - taker.filled_lots
        symbol = taker.book.symbol
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
        book = taker.book
        symbol = book.symbol
        notional = maker.price_ticks * lots * symbol.multiplier
        taker_fee = self._charge(taker, taker.taker_ppm, notional, book.fee_balance)
        maker_fee = self._charge(maker, maker.maker_ppm, notional, book.fee_balance)
        base_minor = lots * symbol.base_unit_minor
        self._settle(taker, base_minor, notional, taker_fee)
        self._settle(maker, base_minor, notional, maker_fee)
        taker.filled_lots += lots
        taker.filled_notional_minor += notional
        maker.filled_lots += lots
        maker.filled_notional_minor += notional
        maker.updated_ns = self.now_ns
        level.quantity_lots -= lots
        self.events.append(
            (
                m.EV_TRADE,
                self.next_trade_id,
                symbol.name,
                maker.price_ticks,
                lots,
                taker.side,
                notional,
                taker.order_id,
                taker.account.number,
                taker_fee,
                taker.base.available + taker.base.held,
                taker.quote.available + taker.quote.held,
                maker.order_id,
                maker.account.number,
                maker_fee,
                maker.base.available + maker.base.held,
                maker.quote.available + maker.quote.held,
            )
        )
        self.next_trade_id += 1
        self._after_fill(maker, side, level)

    def _after_fill(self, maker: Order, side: BookSide, level: Level) -> None:
        """Let a filled maker go; of one partly filled, release what it no longer needs to hold."""
        if maker.filled_lots == maker.quantity_lots:
            side.remove(maker, level)
            self.events.append(self.orders.close(maker, m.FILLED, m.REASON_NONE, self.now_ns))
            return
        maker.status = m.PARTIALLY_FILLED
        if maker.side == m.BUY:
            self.orders.rehold(maker)
        self.events.append(maker.event())

    def _charge(self, order: Order, rate_ppm: int, notional: int, fee_balance: Balance) -> int:
        """The fee of one fill, moved to the fee account's books; negative is a rebate, paid as far as
        the fee account covers it (the order's next fill makes up what is missing)."""
        order.fee_accrued += rate_ppm * notional
        fee = -(-order.fee_accrued // PPM) - order.fee_minor
        if fee < -fee_balance.available:
            fee = -fee_balance.available
        order.fee_minor += fee
        fee_balance.available += fee
        return fee

    def _settle(self, order: Order, base_minor: int, notional: int, fee: int) -> None:
        """Move one side of a trade: a buy pays from its hold, a sell delivers from its hold."""
        base = order.base
        quote = order.quote
        if order.side == m.BUY:
            order.held_minor -= notional + fee
            quote.held -= notional + fee
            base.available += base_minor
        else:
            order.held_minor -= base_minor
            base.held -= base_minor
            quote.available += notional - fee
        if not base.touched:
            self.ledger.touch(base)
        if not quote.touched:
            self.ledger.touch(quote)

    # --- self-trade prevention ---------------------------------------------------------------------

    def _prevent(self, taker: Order, maker: Order, side: BookSide, level: Level, wanted: int) -> bool:
        """Act on the taker meeting an order of its own account. True when the taker must stop."""
        mode = taker.stp
        if mode == m.STP_DECREMENT:
            return self._decrement(taker, maker, side, level, wanted)
        if mode != m.STP_CANCEL_NEWEST:
            self._cancel_maker(maker, side, level)
        if mode == m.STP_CANCEL_OLDEST:
            return False
        taker.reason = m.REASON_SELF_TRADE
        return True

    def _cancel_maker(self, maker: Order, side: BookSide, level: Level) -> None:
        side.remove(maker, level)
        self.events.append(self.orders.close(maker, m.CANCELED, m.REASON_SELF_TRADE, self.now_ns))

    def _decrement(self, taker: Order, maker: Order, side: BookSide, level: Level, wanted: int) -> bool:
        """Take the smaller open quantity off both orders without a trade."""
        open_lots = maker.quantity_lots - maker.filled_lots
        lots = wanted if wanted < open_lots else open_lots
        if lots == open_lots:
            # Off the book first: the level gives up exactly the open quantity it counts.
            side.remove(maker, level)
            maker.quantity_lots -= lots
            self.events.append(self.orders.close(maker, m.CANCELED, m.REASON_SELF_TRADE, self.now_ns))
        else:
            maker.quantity_lots -= lots
            maker.updated_ns = self.now_ns
            level.quantity_lots -= lots
            self.orders.rehold(maker)
            self.events.append(maker.event())
        return self._decrement_taker(taker, lots, maker.price_ticks)

    def _decrement_taker(self, taker: Order, lots: int, price_ticks: int) -> bool:
        if taker.quote_amount_minor:
            notional = price_ticks * lots * taker.book.symbol.multiplier
            taker.held_minor -= notional
            self.ledger.release(taker.held_in, notional)
            return False
        taker.quantity_lots -= lots
        if taker.quantity_lots == taker.filled_lots:
            taker.reason = m.REASON_SELF_TRADE
            return True
        return False


def _crosses(taker: Order, price_ticks: int) -> bool:
    if taker.order_type == m.MARKET:
        return True
    return price_ticks <= taker.price_ticks if taker.side == m.BUY else price_ticks >= taker.price_ticks


def _makers(taker: Order) -> Iterator[Order]:
    """The orders the taker would meet, in the order it would meet them."""
    for level in taker.book.opposite(taker.side).best_first():
        if not _crosses(taker, level.price_ticks):
            return
        maker = level.head
        while maker is not None:
            yield maker
            maker = maker.next
