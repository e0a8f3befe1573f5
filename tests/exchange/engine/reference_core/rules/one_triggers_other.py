"""Orders that another triggers: a working order, and one or two seconds. Rules L7 to L10 of docs/orders.md.

The seconds are open orders from the start, off the book and without a hold. When the working order is filled
they join the orders that have fired, and enter in their turn; when it ends in any other way so do they."""

from __future__ import annotations

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_CLIENT_ORDER_ID,
    PLACE_POST_ONLY,
    PLACE_PRICE_TICKS,
    PLACE_SYMBOL,
    PLACE_TERMS,
)
from tests.exchange.engine.reference_core.rules import checks
from tests.exchange.engine.reference_core.rules.funding import fund, required_minor
from tests.exchange.engine.reference_core.rules.market import Market
from tests.exchange.engine.reference_core.rules.refusal import rejected
from tests.exchange.engine.reference_core.state.book import Book, Order, options_of
from tests.exchange.engine.reference_core.state.ledger import Account

#: One, or the two legs of an OCO.
MAX_SECONDS = 2


def place_oto(market: Market, command: m.Command, account: Account) -> list[m.Event]:
    """Enter a working order with what it triggers."""
    _, _, _, working, seconds = command
    state = market.state
    book = state.books.get(working[PLACE_SYMBOL])
    if book is None:
        return rejected(command, codes.SYMBOL_NOT_FOUND)
    code = checks.entry_code(account, book) or seconds_code(working, seconds)
    if code:
        return rejected(command, code)
    count = 1 + len(seconds)
    for place in (working, *map(_as_if_now, seconds)):
        code = checks.place_code(place, account, book, state, orders=count)
        if code:
            return rejected(command, code, checks.place_details(code, place, book))
    if not checks.has_room(account, book, state, count):
        return rejected(command, codes.TOO_MANY_OPEN_ORDERS)
    order = market.new_order(working, account, book)
    shortfall = fund(state, order, required_minor(state, order))
    if shortfall:
        return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
    effects = market.begin()
    effects.repeats = True
    waiting = _add_seconds(market, order, seconds, book)
    events = [market.start(effects, order), *[second.event() for second in waiting]]
    market.settle(effects, book)
    return market.report(effects, events)


def seconds_code(working: m.Command, seconds: tuple[m.Command, ...]) -> str:
    """Whether these orders may follow that one (rule L7)."""
    if not 1 <= len(seconds) <= MAX_SECONDS or any(map(checks.is_pegged, (working, *seconds))):
        return codes.INVALID_ORDER
    for second in seconds:
        if second[PLACE_SYMBOL] != working[PLACE_SYMBOL] or second[PLACE_POST_ONLY]:
            return codes.INVALID_ORDER
        terms = m.OrderTerms(*second[PLACE_TERMS]) if len(second) > PLACE_TERMS else checks.NO_TERMS
        # It has neither a price to take nor one to trail before it enters.
        trails_quote = terms.trigger == m.TRAILING_STOP and terms.trigger_source != m.LAST
        if terms.to_limit or trails_quote:
            return codes.INVALID_ORDER
    names = [
        place[PLACE_CLIENT_ORDER_ID]
        for place in (working, *seconds)
        if place[PLACE_CLIENT_ORDER_ID] is not None
    ]
    if len(seconds) == MAX_SECONDS:
        code = checks.oco_code(seconds[0], seconds[1])
        if code:
            return code
    return "" if len(names) == len(set(names)) else codes.CLIENT_ORDER_ID_IN_USE


def _as_if_now(second: m.Command) -> m.Command:
    """A second's placement for the tests of a new order: that its trigger is reached now says nothing."""
    if len(second) <= PLACE_TERMS:
        return second
    terms = m.OrderTerms(*second[PLACE_TERMS])
    if terms.trigger not in (m.STOP, m.TAKE_PROFIT):
        return second
    return (*second[:PLACE_TERMS], tuple(terms._replace(trigger_now=True)))


def _add_seconds(market: Market, working: Order, seconds: tuple[m.Command, ...], book: Book) -> list[Order]:
    """Let the seconds be open orders that wait for the working one; those orders."""
    state = market.state
    orders = [market.new_order(second, working.account, book, ahead) for ahead, second in enumerate(seconds)]
    state.next_order_id += len(orders)
    for order, second in zip(orders, seconds, strict=True):
        options = options_of(order)
        # While orders gather it got the limit of an auction, which it never enters.
        order.price_ticks = second[PLACE_PRICE_TICKS]
        options.waiting = True
        options.second = m.SECOND_WAITS
        options.entry_order_id = working.order_id
        book.waiting += 1
    if len(orders) == MAX_SECONDS:
        market.link(*orders)
    for order in orders:
        state.orders.add(order)
    options_of(working).seconds = tuple(orders)
    return orders
