"""Whether the fields of an order, a pair or a bracket mean something together: INVALID_ORDER if not."""

from __future__ import annotations

from exchange.engine import messages as m
from tests.exchange.engine.naive.orders import terms_of
from tests.exchange.engine.naive.rules import MILLION, RESTING_TIMES, Symbol

_STP_MODES = (m.STP_CANCEL_NEWEST, m.STP_CANCEL_OLDEST, m.STP_CANCEL_BOTH, m.STP_DECREMENT)


def is_well_formed(c: m.PlaceOrder, symbol: Symbol) -> bool:
    """Enumerations in range and a combination of fields that means something."""
    in_range = (
        c.side in (m.BUY, m.SELL)
        and c.order_type in (m.LIMIT, m.MARKET)
        and c.time_in_force in (m.GTC, m.IOC, m.FOK, m.GTD, m.DAY, m.OPG, m.CLS)
        and c.stp in _STP_MODES
    )
    if not in_range or not _trigger_means_something(c) or not _kind_means_something(c):
        return False
    if not _peg_means_something(c):
        return False
    terms = terms_of(c)
    unused_expiry = c.time_in_force == m.GTD or terms.expire_ns == 0
    named_session = terms.session is None or 1 <= len(terms.session) <= 64
    return (
        unused_expiry
        and named_session
        and (_limit_ok(c, symbol) if c.order_type == m.LIMIT else _market_ok(c))
    )


def _kind_means_something(c: m.PlaceOrder) -> bool:
    """M8, Q1."""
    terms = terms_of(c)
    if c.time_in_force in (m.OPG, m.CLS):
        return not terms.to_limit and terms.min_lots == 0
    unpriced_limit = c.order_type == m.LIMIT and c.price_ticks == 0 and not c.post_only
    to_limit_ok = unpriced_limit and terms.display_lots == 0 and terms.trigger == m.NO_TRIGGER
    named = c.quote_amount_minor == 0 and 0 < terms.min_lots <= c.quantity_lots
    min_ok = named and not c.post_only and c.time_in_force != m.FOK
    return (not terms.to_limit or to_limit_ok) and (terms.min_lots == 0 or min_ok)


def _peg_means_something(c: m.PlaceOrder) -> bool:
    """PG1."""
    terms = terms_of(c)
    if terms.peg == m.NO_PEG:
        return terms.peg_offset_ticks == 0
    known = terms.peg in (m.PEG_PRIMARY, m.PEG_MID, m.PEG_MARKET)
    away = 0 <= terms.peg_offset_ticks <= 10**18 and (terms.peg != m.PEG_MARKET or terms.peg_offset_ticks > 0)
    rests = c.order_type == m.LIMIT and c.time_in_force in RESTING_TIMES
    plain = not (c.post_only or terms.to_limit or terms.min_lots or terms.display_lots or terms.trigger)
    return known and away and rests and plain


def _limit_ok(c: m.PlaceOrder, symbol: Symbol) -> bool:
    terms, rests = terms_of(c), c.time_in_force in RESTING_TIMES
    post_only_ok = not c.post_only or (rests and terms.trigger == m.NO_TRIGGER)
    reprice_ok = c.post_only or not terms.reprice
    display_ok = terms.display_lots == 0 or (
        rests
        and symbol.spec.min_quantity_lots <= terms.display_lots < c.quantity_lots
        and terms.display_lots % symbol.spec.lot_step == 0
    )
    return c.quote_amount_minor == 0 and post_only_ok and reprice_ok and display_ok


def _market_ok(c: m.PlaceOrder) -> bool:
    terms = terms_of(c)
    by_amount = c.quote_amount_minor != 0
    in_parts = c.time_in_force not in (m.FOK, m.OPG, m.CLS)
    amount_ok = c.quote_amount_minor > 0 and c.quantity_lots == 0 and in_parts
    plain = not c.post_only and not terms.reprice and terms.display_lots == 0
    if not plain or (by_amount and not amount_ok):
        return False
    if terms.trigger == m.NO_TRIGGER:
        return c.time_in_force in (m.IOC, m.FOK, m.OPG, m.CLS)
    # S9: a buy says what it may cost, a sell what it sells.
    bounded = (by_amount or c.price_ticks != 0) if c.side == m.BUY else not by_amount
    return bounded and c.time_in_force != m.FOK


def _trigger_means_something(c: m.PlaceOrder) -> bool:
    terms = terms_of(c)
    trails = (terms.trail_ticks, terms.trail_ppm)
    if terms.trigger_source not in (m.LAST, m.QUOTE):
        return False
    if terms.trigger != m.NO_TRIGGER and c.time_in_force in (m.OPG, m.CLS):
        return False
    if terms.trigger == m.NO_TRIGGER:
        unused = (terms.trigger_source, terms.trigger_ticks, *trails, terms.trigger_now)
        return not any(unused)
    if terms.trigger in (m.STOP, m.TAKE_PROFIT):
        return trails == (0, 0) and terms.trigger_ticks > 0
    return (
        terms.trigger == m.TRAILING_STOP
        and c.order_type == m.MARKET
        and terms.trigger_ticks == 0
        and not terms.trigger_now
        and min(trails) == 0
        and max(trails) > 0
        and terms.trail_ppm < MILLION
    )


def is_pair(first: m.PlaceOrder, second: m.PlaceOrder) -> bool:
    """L1: what two orders must have in common, and each must be, to be the legs of an OCO."""
    alike = (first.symbol, first.side, first.quantity_lots) == (
        second.symbol,
        second.side,
        second.quantity_lots,
    )
    triggered = [terms_of(leg).trigger != m.NO_TRIGGER for leg in (first, second)]
    return alike and any(triggered) and _may_be_leg(first) and _may_be_leg(second)


def _may_be_leg(c: m.PlaceOrder) -> bool:
    terms = terms_of(c)
    rests_or_waits = (
        c.time_in_force in (*RESTING_TIMES, m.OPG, m.CLS)
        if c.order_type == m.LIMIT
        else terms.trigger != m.NO_TRIGGER
    )
    plain = not c.post_only and terms.display_lots == 0 and c.quote_amount_minor == 0
    plain = plain and not terms.to_limit and terms.min_lots == 0 and not terms.peg
    return rests_or_waits and plain


def is_bracket(c: m.PlaceBracket, entry: m.PlaceOrder) -> bool:
    """L5: an entry that can be one, and exits on the right sides of one another."""
    buys = entry.side == m.BUY and entry.quote_amount_minor == 0 and terms_of(entry).display_lots == 0
    buys = buys and not terms_of(entry).peg
    sides = c.take_profit_ticks > c.stop_ticks and c.stop_limit_ticks >= 0
    return buys and sides and c.trigger_source in (m.LAST, m.QUOTE)


def may_be_second(c: m.PlaceOrder, working: m.PlaceOrder) -> bool:
    """L7: what an order must be to be triggered by that one."""
    terms = terms_of(c)
    trails_quote = terms.trigger == m.TRAILING_STOP and terms.trigger_source == m.QUOTE
    if terms.peg or terms_of(working).peg:
        return False
    return c.symbol == working.symbol and not c.post_only and not terms.to_limit and not trails_quote
