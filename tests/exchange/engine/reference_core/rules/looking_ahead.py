"""What an order would meet as its book stands: how much of it would trade, and what that would cost. Rules
M2, M4, T3 and Q1 of docs/orders.md. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.engine import messages as m
from exchange.engine.messages.version_numbers import VENUE_RULES
from tests.exchange.engine.reference_core.rules.effects import Effects
from tests.exchange.engine.reference_core.rules.pegs import (
    LOOK_TRADES,
    PegMet,
    comes_first,
    may_meet_pegs,
    met_pegs,
    price_of,
)
from tests.exchange.engine.reference_core.state.book import Order, is_overdue, options_of
from tests.exchange.engine.reference_core.state.boxed import Boxed
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import PPM


def fillable_lots(state: State, effects: Effects, taker: Order, enough: int) -> int:
    """How much of the taker would trade at once, self-trade prevention and the trades it may still make
    considered; the walk ends where that is ``enough``. Changes nothing."""
    wanted = taker.quantity_lots - taker.filled_lots
    low, high = allowed_prices(taker)
    found = 0
    for price, lots, own in _meetings(state, taker, effects.order_end - state.next_trade_id):
        if not own:
            if not low <= price <= high:
                break
            found += lots
        elif taker.stp == m.STP_DECREMENT:
            wanted -= lots
        elif taker.stp != m.STP_CANCEL_OLDEST:
            break
        if found >= wanted or found >= enough:
            break
    return min(found, wanted, enough)


def market_buy_cost_minor(state: State, taker: Order) -> int:
    """What a market buy by quantity would pay, fee included, on the book as it stands. The walk ends
    with the first maker the account cannot pay, so that no order makes the core walk for nothing."""
    symbol = taker.book.symbol
    available = taker.quote.available
    rate = taker.taker_ppm if taker.taker_ppm > 0 else 0
    wanted = taker.quantity_lots
    notional = 0
    cost = 0
    low, high = allowed_prices(taker)
    for price, lots, own in _meetings(state, taker, state.trade_bound):
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


def market_sale_minor(state: State, taker: Order) -> int:
    """What a market sell by quote amount would deliver on the book as it stands, in base minor units.
    The walk ends as in ``market_buy_cost_minor``."""
    symbol = taker.book.symbol
    available = taker.base.available
    budget = taker.quote_amount_minor
    sold = 0
    low, high = allowed_prices(taker)
    for price, lots, own in _meetings(state, taker, state.trade_bound):
        unit = price * symbol.multiplier
        wanted = budget // unit
        wanted -= wanted % symbol.lot_step
        if wanted == 0:
            break
        is_used_up = lots <= wanted
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
        if sold > available:
            break
        # Before version 4 what was not worth a lot here was not sold at a worse price either; nor is it
        # now while there is still something here.
        if budget // unit < symbol.lot_step and not (is_used_up and state.rules_version >= VENUE_RULES):
            break
    return sold


def crosses(taker: Order, price_ticks: int) -> bool:
    """Whether the taker may trade at this price."""
    limit: int = taker.limit_ticks
    return price_ticks <= limit if taker.side == m.BUY else price_ticks >= limit


def allowed_prices(taker: Order) -> tuple[int, int]:
    """The lowest and highest price the two bands let the taker trade at (rule K8)."""
    low, high = 0, 1 << 200
    book = taker.book
    symbol = book.symbol
    if not symbol.interrupts:
        return low, high
    if symbol.volatility_ppm and book.last_ticks:
        low, high = symbol.allowed_ticks(book.last_ticks, symbol.volatility_ppm)
    static_ppm: int = symbol.protection.static_ppm
    if static_ppm and book.reference_ticks:
        lowest, highest = symbol.allowed_ticks(book.reference_ticks, static_ppm)
        low, high = max(low, lowest), min(high, highest)
    return low, high


def _meetings(state: State, taker: Order, most: int) -> Iterator[tuple[int, int, bool]]:
    """What the taker would meet with so many trades, of which looking at pegged orders takes some (PG6)."""
    if most >= LOOK_TRADES and may_meet_pegs(taker):
        return _walk(state, taker, most - LOOK_TRADES, met_pegs(taker))
    return _walk(state, taker, most, [])


def _walk(state: State, taker: Order, most: int, pegs: list[PegMet]) -> Iterator[tuple[int, int, bool]]:
    """(price, lots, own) of what the taker would meet with so many trades, in its order: at each price what
    the queue shows, then what its icebergs hide, then pegged orders. ``own`` is met whole and does not trade;
    one whose time is up is gone when it is met."""
    now_ns = state.now_ns if state.time_is_strict else 0
    owner = taker.account.owner
    side = taker.book.opposite(taker.side)
    for level in side.best_first():
        price = level.price_ticks
        while pegs and not comes_first(side.side, price, price_of(pegs[-1])):
            if most == 0:
                return
            most -= 1
            yield from _peg_meeting(pegs.pop(), owner, now_ns)
        if not crosses(taker, price):
            return
        hidden = 0
        parts: list[int] = []
        maker = level.head
        while maker is not None:
            if most == 0:
                return
            most -= 1
            open_lots = maker.quantity_lots - maker.filled_lots
            if is_overdue(maker, now_ns):
                pass
            elif maker.account.owner == owner:
                yield price, open_lots, True
            else:
                shown = maker.shown_lots()
                if open_lots > shown:
                    hidden += open_lots - shown
                    parts.append(min(options_of(maker).display_lots, open_lots - shown))
                    if len(parts) == 1 and maker.next is None:
                        # One that stands alone when it is met gives all in its one trade.
                        parts.clear()
                yield price, shown, False
            maker = maker.next
        if len(parts) > most:
            for lots in parts[:most]:
                yield price, lots, False
            return
        most -= len(parts)
        if hidden:
            yield price, hidden, False
    while pegs and most:
        most -= 1
        yield from _peg_meeting(pegs.pop(), owner, now_ns)


def _peg_meeting(met: PegMet, owner: int, now_ns: Boxed) -> Iterator[tuple[int, int, bool]]:
    """What meeting a pegged order comes to: nothing if its time is up."""
    maker = met[-1]
    if not is_overdue(maker, now_ns):
        yield price_of(met), maker.quantity_lots - maker.filled_lots, maker.account.owner == owner
