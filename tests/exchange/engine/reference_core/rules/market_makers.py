"""Quotes of market makers: many replaced in one command, canceled together, protected together. Rules MM1 to
MM5 of docs/orders.md.

A quote is a pair of sides under a name of its owner's; each side is an order, post-only and good till
canceled, that the next quote of the name replaces. Sides are tested first, then the funds of all; only then
anything changes."""

from __future__ import annotations

from typing import Any, Final

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from tests.exchange.engine.reference_core.rules import checks
from tests.exchange.engine.reference_core.rules.effects import Effects
from tests.exchange.engine.reference_core.rules.funding import fund
from tests.exchange.engine.reference_core.rules.market import Market
from tests.exchange.engine.reference_core.rules.matching import level_event, take_from
from tests.exchange.engine.reference_core.rules.refusal import rejected
from tests.exchange.engine.reference_core.state.book import Book, Order, id_of, options_of
from tests.exchange.engine.reference_core.state.guards import QuoteGuard
from tests.exchange.engine.reference_core.state.ledger import Account
from tests.exchange.engine.reference_core.state.symbols import PPM, rated

#: Quotes of one command, and characters of a quote's name.
MAX_QUOTES: Final = 50
MAX_QUOTE_ID: Final = 36
MAX_WINDOW_MS: Final = 3_600_000
MAX_FILLS: Final = 1_000


class QuoteSide:
    """One side of a quote: what is asked for, the order that stands, and what comes of it."""

    __slots__ = ("book", "code", "lots", "order", "price", "quote_id", "side")

    def __init__(self, book: Book | None, quote_id: str, side: int, price: int, lots: int) -> None:
        self.book = book
        self.quote_id = quote_id
        self.side = side
        self.price = price
        self.lots = lots
        self.order: Order | None = None
        self.code = ""

    def keeps_place(self) -> bool:
        """Whether it only lowers the order that stands, or leaves it as it is."""
        order = self.order
        if order is None or self.code or not self.lots or order.level is None:
            return False
        return self.price == order.price_ticks and self.lots <= order.quantity_lots - order.filled_lots


def place_quotes(market: Market, command: m.Command, account: Account) -> list[m.Event]:
    """Replace the quotes that the command names."""
    _, _, _, quotes, session = m.PlaceQuotes(*command)
    code = _quotes_code(market, account, quotes, session)
    if code:
        return rejected(command, code)
    sides = [side for quote in quotes for side in _sides_of(market, account, m.Quote(*quote))]
    shortfall = _shortfall(account, sides)
    if shortfall:
        return rejected(command, codes.INSUFFICIENT_BALANCE, shortfall)
    effects = market.begin()
    effects.repeats = True
    events: list[m.Event] = []
    for side in sides:
        _clear_the_way(market, effects, side, events)
    for side in sides:
        if side.lots and not side.code and not side.keeps_place():
            _enter(market, effects, side, account, session, events)
    results = tuple([_result(*sides[place : place + 2]) for place in range(0, len(sides), 2)])
    events.insert(0, (m.EV_QUOTES, account.number, results))
    for name in sorted({side.book.symbol.name for side in sides if side.book is not None}):
        market.settle(effects, market.state.books[name])
    return market.report(effects, events)


def _quotes_code(market: Market, account: Account, quotes: tuple[Any, ...], session: str | None) -> str:
    """Whether the command as a whole may be carried out."""
    if account.status != m.ACTIVE:
        return codes.ACCOUNT_FROZEN
    guard = market.state.guards.get(account.number)
    if guard is not None and guard.tripped:
        return codes.QUOTES_PROTECTED
    if not 1 <= len(quotes) <= MAX_QUOTES:
        return codes.INVALID_ORDER
    if session is not None and not 1 <= len(session) <= checks.MAX_SESSION_LENGTH:
        return codes.INVALID_ORDER
    names = {(quote[0], quote[1]) for quote in quotes}
    sound = len(names) == len(quotes) and all(1 <= len(name) <= MAX_QUOTE_ID for _, name in names)
    return "" if sound else codes.INVALID_ORDER


def _sides_of(market: Market, account: Account, quote: m.Quote) -> list[QuoteSide]:
    """Both sides of a quote, with what stands and the code of what refuses either so far."""
    book = market.state.books.get(quote.symbol)
    standing = market.orders.quotes_of(account.number)
    sides = [
        QuoteSide(book, quote.quote_id, m.BUY, quote.bid_ticks, quote.bid_lots),
        QuoteSide(book, quote.quote_id, m.SELL, quote.ask_ticks, quote.ask_lots),
    ]
    meets_itself = quote.bid_lots and quote.ask_lots and quote.bid_ticks >= quote.ask_ticks
    for side in sides:
        side.order = standing.get((quote.symbol, quote.quote_id, side.side))
        if not side.lots:
            continue
        if book is None:
            side.code = codes.SYMBOL_NOT_FOUND
        else:
            side.code = codes.INVALID_ORDER if meets_itself else _side_code(book, side.price, side.lots)
    return sides


def _side_code(book: Book, price: int, lots: int) -> str:
    """Whether the symbol's state and bounds let an order of this price and quantity in."""
    symbol = book.symbol
    if symbol.is_call():
        return codes.SYMBOL_IN_AUCTION
    return (
        checks.SHUT_CODES.get(symbol.status, "")
        or symbol.check_price(price)
        or symbol.check_quantity(lots)
        or symbol.check_notional(price * lots * symbol.multiplier)
        or symbol.check_band(price, book.reference_ticks)
    )


# --- funds ---------------------------------------------------------------------------------------


def _shortfall(account: Account, sides: list[QuoteSide]) -> tuple[Any, ...]:
    """The details of the first asset in which all sides together need more than there is; empty if none."""
    required: dict[str, int] = {}
    freed: dict[str, int] = {}
    for side in sides:
        book = side.book
        if book is None:
            continue
        asset = book.symbol.quote if side.side == m.BUY else book.symbol.base
        required[asset] = required.get(asset, 0) + (0 if side.code else _needed_minor(account, side, book))
        if side.order is not None:
            freed[asset] = freed.get(asset, 0) + side.order.held_minor
    for asset, needed in required.items():
        available = account.balance(asset).available + freed.get(asset, 0)
        if needed > available:
            return ("asset", asset, "required_minor", needed, "available_minor", available)
    return ()


def _needed_minor(account: Account, side: QuoteSide, book: Book) -> int:
    """What a side will hold."""
    order = side.order
    maker_ppm, taker_ppm = _rates(account, book)
    if order is not None and side.keeps_place():
        maker_ppm, taker_ppm = order.maker_ppm, order.taker_ppm
    if order is not None:
        return order.hold_for(side.lots, side.price, maker_ppm, taker_ppm)
    if side.side == m.SELL:
        return side.lots * book.symbol.base_unit_minor
    value = side.price * side.lots * book.symbol.multiplier
    return value - (-rated(max(maker_ppm, taker_ppm), value) // PPM)


def _rates(account: Account, book: Book) -> tuple[int, int]:
    return account.fees.get(book.symbol.name) or book.symbol.rates


# --- replacing -----------------------------------------------------------------------------------


def _clear_the_way(market: Market, effects: Effects, side: QuoteSide, events: list[m.Event]) -> None:
    """End the order of a side that is taken back or refused; take off and free one that gets new terms; lower
    one that keeps its place."""
    order = side.order
    if order is None:
        return
    if side.code or not side.lots:
        reason = m.REASON_REPLACED if side.code else m.REASON_USER
        events.append(market.withdraw(effects, order, m.CANCELED, reason))
        side.order = None
    elif side.keeps_place():
        _lower(market, effects, order, side.lots, events)
    else:
        market.matcher.take_off(effects, order)
        market.state.ledger.release(order.held_in, order.held_minor)
        order.held_minor = 0


def _lower(market: Market, effects: Effects, order: Order, lots: int, events: list[m.Event]) -> None:
    level = order.level
    assert level is not None, "a quote that keeps its place rests"
    less = order.quantity_lots - order.filled_lots - lots
    if less:
        take_from(order, level, less)
        effects.levels.append(level_event(order, level))
        order.updated_ns = market.state.now_ns
        market.orders.rehold(order)
        events.append(order.event())


def _enter(
    market: Market,
    effects: Effects,
    side: QuoteSide,
    account: Account,
    session: str | None,
    events: list[m.Event],
) -> None:
    """Enter a side with its new terms, unless it would take or the account has too many orders."""
    book, order = side.book, side.order
    assert book is not None, "refused already"
    if book.crosses(side.side, side.price):
        side.code = codes.POST_ONLY_WOULD_TAKE
    elif order is None and not checks.has_room(account, book, market.state):
        side.code = codes.TOO_MANY_OPEN_ORDERS
    if side.code:
        if order is not None:
            events.append(market.matcher.finish(effects, order, m.CANCELED, m.REASON_REPLACED))
            side.order = None
        return
    if order is None:
        side.order = order = _new_order(market, side, account, book, session)
    else:
        order.price_ticks = order.limit_ticks = side.price
        order.quantity_lots = order.filled_lots + side.lots
        order.maker_ppm, order.taker_ppm = _rates(account, book)
        needed = order.need_minor()
        market.state.ledger.hold(order.held_in, needed)
        order.held_minor = needed
    events.append(market.enter(effects, order))


def _new_order(market: Market, side: QuoteSide, account: Account, book: Book, session: str | None) -> Order:
    name = book.symbol.name
    place = (m.PLACE, "", account.number, name, side.side, m.LIMIT, m.GTC, True, side.price, side.lots, 0)
    terms = tuple(m.OrderTerms(session=session))
    order = market.new_order((*place, m.STP_CANCEL_NEWEST, None, terms), account, book)
    options_of(order).quote_id = side.quote_id
    shortfall = fund(market.state, order, order.need_minor())
    assert not shortfall, "the funds of all sides were tested"
    return order


def _result(bid: QuoteSide, ask: QuoteSide) -> tuple[Any, ...]:
    """What came of a quote: order id and code of either side."""
    bid_id = 0 if bid.order is None else bid.order.order_id
    ask_id = 0 if ask.order is None else ask.order.order_id
    return (bid_id, bid.code, ask_id, ask.code)


# --- canceling and protecting --------------------------------------------------------------------


def cancel_quotes(market: Market, command: m.Command, account: Account) -> list[m.Event]:
    """Cancel the account's quotes, of a symbol or name or all."""
    _, _, _, symbol, quote_id = m.CancelQuotes(*command)
    if symbol is not None and symbol not in market.state.books:
        return rejected(command, codes.SYMBOL_NOT_FOUND)
    chosen = [
        order
        for (name, named, _), order in market.orders.quotes_of(account.number).items()
        if symbol in (None, name) and quote_id in (None, named)
    ]
    chosen.sort(key=id_of)
    effects = market.begin()
    effects.repeats = True
    events: list[m.Event] = [(m.EV_CANCELED_ALL, account.number, symbol, len(chosen))]
    events += [market.withdraw(effects, order, m.CANCELED, m.REASON_USER) for order in chosen]
    for name in sorted({order.book.symbol.name for order in chosen}):
        market.settle(effects, market.state.books[name])
    return market.report(effects, events)


def protect_quotes(market: Market, command: m.Command, account: Account) -> list[m.Event]:
    """Set the bounds of an account's quotes anew, or none; counting begins with it."""
    _, _, _, window_ms, max_fills, asset, max_net_minor = m.ProtectQuotes(*command)
    state = market.state
    if not window_ms and not (max_fills or asset or max_net_minor):
        state.guards.pop(account.number, None)
        return [(m.EV_QUOTE_PROTECTION, account.number, 0, 0, "", 0, False)]
    in_bounds = 1 <= window_ms <= MAX_WINDOW_MS and 1 <= max_fills <= MAX_FILLS
    if not in_bounds or max_net_minor < 0 or (max_net_minor > 0) != bool(asset):
        return rejected(command, codes.INVALID_PROTECTION)
    if asset and asset not in state.ledger.scales:
        return rejected(command, codes.ASSET_NOT_FOUND)
    guard = QuoteGuard(account.number, window_ms * 1_000_000, max_fills, asset, max_net_minor)
    state.guards[account.number] = guard
    return [guard.event()]
