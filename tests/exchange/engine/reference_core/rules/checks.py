"""What refuses an order before it exists. Every function gives the code, or an empty string."""

from __future__ import annotations

from typing import Any, Final

import exchange.engine.messages.codes as codes
from exchange.engine import messages as m
from exchange.engine.messages.places import (
    PLACE_CLIENT_ORDER_ID,
    PLACE_ORDER_TYPE,
    PLACE_POST_ONLY,
    PLACE_PRICE_TICKS,
    PLACE_QUANTITY_LOTS,
    PLACE_QUOTE_AMOUNT_MINOR,
    PLACE_SIDE,
    PLACE_STP,
    PLACE_SYMBOL,
    PLACE_TERMS,
    PLACE_TIME_IN_FORCE,
    TERMS_DISPLAY_LOTS,
    TERMS_PEG,
    TERMS_REPRICE,
    TERMS_TRIGGER,
)
from exchange.engine.messages.version_numbers import BOUNDED_RULES, VENUE_RULES
from tests.exchange.engine.reference_core.rules.entry_options import kind_code, kind_well_formed, priced
from tests.exchange.engine.reference_core.rules.gathering import auction_limit_ticks
from tests.exchange.engine.reference_core.rules.pegs import has_peg_room, peg_well_formed
from tests.exchange.engine.reference_core.state.book import Book, Order
from tests.exchange.engine.reference_core.state.ledger import Account
from tests.exchange.engine.reference_core.state.root import State
from tests.exchange.engine.reference_core.state.symbols import PPM, Symbol
from tests.exchange.engine.reference_core.state.triggers import fires_rising

NO_TERMS: Final = m.OrderTerms()
MAX_SESSION_LENGTH: Final = 64
MIN_CANCEL_AFTER_MS: Final = 1_000
MAX_CANCEL_AFTER_MS: Final = 24 * 3600 * 1_000
#: States in which orders for the opening auction enter.
OPENING: Final = (m.PRE_OPEN, m.OPENING_AUCTION)
#: An iceberg comes in at most so many parts.
MAX_PARTS: Final = 100
#: Times in force of an order that does not stay in a book that trades.
NEVER_POST_ONLY: Final = (m.IOC, m.FOK, m.OPG, m.CLS)
#: In these nothing new enters.
SHUT_CODES: Final = {
    m.HALTED: codes.SYMBOL_HALTED,
    m.CANCEL_ONLY: codes.SYMBOL_CANCEL_ONLY,
    m.CLOSED: codes.SYMBOL_CLOSED,
}


def entry_code(account: Account, book: Book) -> str:
    """Whether the account and the market let orders in at all."""
    if account.status != m.ACTIVE:
        return codes.ACCOUNT_FROZEN
    status = book.symbol.status
    return "" if status == m.TRADING else SHUT_CODES.get(status, "")


def simple_value(command: m.Command, account: Account, book: Book, most_orders: int) -> int:
    """What a simple limit order that nothing but the balance refuses is worth at its limit, in minor units of
    the quote asset. 0 decides nothing: the order may be another kind, or ``entry_code`` and ``place_code``
    find what is wrong with it. ``most_orders``: the bound of rule B7."""
    symbol = book.symbol
    time_in_force: int = command[PLACE_TIME_IN_FORCE]
    if (
        len(command) > PLACE_TERMS
        or symbol.status != m.TRADING
        or account.status != m.ACTIVE
        or account.open_orders >= most_orders
        or command[PLACE_ORDER_TYPE] != m.LIMIT
        or not 0 <= time_in_force <= m.FOK
        or command[PLACE_POST_ONLY]
        or command[PLACE_QUOTE_AMOUNT_MINOR]
    ):
        return 0
    side: int = command[PLACE_SIDE]
    stp: int = command[PLACE_STP]
    if (
        not m.BUY <= side <= m.SELL
        or not 0 <= stp <= m.STP_DECREMENT
        or command[PLACE_CLIENT_ORDER_ID] in account.client_ids
    ):
        return 0
    price_ticks: int = command[PLACE_PRICE_TICKS]
    quantity_lots: int = command[PLACE_QUANTITY_LOTS]
    if not symbol.min_price_ticks <= price_ticks <= symbol.max_price_ticks:
        return 0
    if not symbol.min_quantity_lots <= quantity_lots <= symbol.max_quantity_lots:
        return 0
    if quantity_lots % symbol.lot_step or price_ticks % symbol.common_step:
        return 0
    seat = book.seats.get(account.number)
    if seat is not None and len(seat.orders) >= symbol.max_open_orders:
        return 0
    value = price_ticks * quantity_lots
    if symbol.multiplier != 1:
        value *= symbol.multiplier
    bounded = symbol.band_ppm or symbol.max_notional_minor or value < symbol.min_notional_minor
    if bounded and (symbol.check_notional(value) or symbol.check_band(price_ticks, book.reference_ticks)):
        return 0
    return value


def place_code(command: m.Command, account: Account, book: Book, state: State, orders: int = 1) -> str:
    """Whether a new order's terms are sound and allowed now; ``orders`` enter together."""
    client_order_id: str | None = command[PLACE_CLIENT_ORDER_ID]
    if client_order_id is not None and state.orders.client_id_open(account, client_order_id):
        return codes.CLIENT_ORDER_ID_IN_USE
    if not _well_formed(command):
        return codes.INVALID_ORDER
    symbol = book.symbol
    time_in_force: int = command[PLACE_TIME_IN_FORCE]
    terms = m.OrderTerms(*command[PLACE_TERMS]) if len(command) > PLACE_TERMS else None
    if time_in_force >= m.OPG and (orders > 1 or state.rules_version < VENUE_RULES):
        return codes.INVALID_ORDER
    if terms is not None or symbol.status != m.TRADING or time_in_force >= m.GTD:
        code = _terms_code(command, terms or NO_TERMS, book, state)
        if code:
            return code
    if terms is not None and (terms.to_limit or terms.min_lots or terms.peg):
        code = kind_code(command, terms, book, state.rules_version)
        if code:
            return code
        if terms.to_limit:
            command = priced(command, book)
    code = _value_code(command, book)
    if code:
        return code
    if terms is not None and terms.display_lots and _shows_too_little(command, terms, symbol, state):
        return codes.DISPLAY_TOO_SMALL
    waits = terms is not None and terms.trigger != m.NO_TRIGGER
    may_stay = waits or symbol.is_call() or (time_in_force != m.IOC and time_in_force != m.FOK)
    has_place = has_room(account, book, state, orders) if may_stay else True
    if not has_place or (terms is not None and not has_peg_room(terms, account, book, state.limits)):
        return codes.TOO_MANY_OPEN_ORDERS
    if terms is not None and waits:
        return trigger_code(book, command[PLACE_SIDE], terms)
    if (symbol.is_call() or time_in_force >= m.OPG) and _cost_is_unknown(command, book):
        return codes.NO_REFERENCE_PRICE
    if command[PLACE_POST_ONLY] and book.crosses(command[PLACE_SIDE], command[PLACE_PRICE_TICKS]):
        return _post_only_code(command, book)
    return ""


def has_room(account: Account, book: Book, state: State, orders: int = 1) -> bool:
    """Whether an account may have so many more open orders (rules B5 and B7)."""
    if len(book.orders_of(account.number)) + orders > book.symbol.max_open_orders:
        return False
    return account.open_orders + orders <= state.orders_per_account


def _shows_too_little(command: m.Command, terms: m.OrderTerms, symbol: Symbol, state: State) -> bool:
    """Whether an iceberg would show too little at a time (rule I1)."""
    if state.rules_version < BOUNDED_RULES:
        return False
    return terms.display_lots < least_display_lots(
        symbol, command[PLACE_PRICE_TICKS], command[PLACE_QUANTITY_LOTS]
    )


def _cost_is_unknown(command: m.Command, book: Book) -> bool:
    """Whether a market order that gathers has no price that bounds what it costs (rule M7)."""
    if command[PLACE_ORDER_TYPE] != m.MARKET or command[PLACE_PRICE_TICKS]:
        return False
    return command[PLACE_SIDE] == m.BUY and not auction_limit_ticks(book, m.BUY)


def _well_formed(command: m.Command) -> bool:
    """Whether the order's choices exist and go together."""
    _, _, _, _, side, order_type, time_in_force, post_only, _, quantity_lots, quote_amount, stp, *_ = command
    if side not in (m.BUY, m.SELL) or not 0 <= stp <= m.STP_DECREMENT or not 0 <= time_in_force <= m.CLS:
        return False
    if len(command) > PLACE_TERMS and not _terms_well_formed(command, m.OrderTerms(*command[PLACE_TERMS])):
        return False
    if order_type == m.LIMIT:
        return not quote_amount and not (post_only and time_in_force in NEVER_POST_ONLY)
    waits = len(command) > PLACE_TERMS and command[PLACE_TERMS][TERMS_TRIGGER] != m.NO_TRIGGER
    if order_type != m.MARKET or post_only:
        return False
    if not waits and time_in_force not in NEVER_POST_ONLY:
        return False
    if not quote_amount:
        return True
    return bool(time_in_force not in (m.FOK, m.OPG, m.CLS) and quantity_lots == 0 and quote_amount > 0)


def _terms_well_formed(command: m.Command, terms: m.OrderTerms) -> bool:
    time_in_force: int = command[PLACE_TIME_IN_FORCE]
    post_only: bool = command[PLACE_POST_ONLY]
    if (terms.reprice and not post_only) or (terms.expire_ns and time_in_force != m.GTD):
        return False
    if terms.session is not None and not 1 <= len(terms.session) <= MAX_SESSION_LENGTH:
        return False
    if terms.display_lots and not _iceberg_well_formed(command, terms):
        return False
    if (terms.to_limit or terms.min_lots) and not kind_well_formed(command, terms):
        return False
    if (terms.peg or terms.peg_offset_ticks) and not peg_well_formed(command, terms):
        return False
    return _trigger_well_formed(command, terms)


def _iceberg_well_formed(command: m.Command, terms: m.OrderTerms) -> bool:
    if command[PLACE_ORDER_TYPE] != m.LIMIT or command[PLACE_TIME_IN_FORCE] in NEVER_POST_ONLY:
        return False
    return bool(0 < terms.display_lots < command[PLACE_QUANTITY_LOTS])


def _trigger_well_formed(command: m.Command, terms: m.OrderTerms) -> bool:
    _, _, _, _, side, order_type, time_in_force, post_only, price_ticks, _, quote_amount, *_ = command
    trailing = terms.trail_ticks or terms.trail_ppm
    if terms.trigger == m.NO_TRIGGER:
        return not (terms.trigger_ticks or trailing or terms.trigger_now or terms.trigger_source)
    if (
        time_in_force >= m.OPG
        or not 0 < terms.trigger <= m.TRAILING_STOP
        or not 0 <= terms.trigger_source <= m.QUOTE
        or post_only
    ):
        return False
    if terms.trigger == m.TRAILING_STOP:
        one_distance = (terms.trail_ticks > 0) != (terms.trail_ppm > 0)
        if not one_distance or min(terms.trail_ticks, terms.trail_ppm) < 0 or terms.trigger_ticks:
            return False
        if order_type != m.MARKET or terms.trail_ppm >= PPM or terms.trigger_now:
            return False
    elif trailing or terms.trigger_ticks <= 0:
        return False
    if order_type == m.MARKET:
        if time_in_force == m.FOK or (side == m.SELL and quote_amount):
            return False
        return bool(side == m.SELL or price_ticks or quote_amount)
    return True


def _terms_code(command: m.Command, terms: m.OrderTerms, book: Book, state: State) -> str:
    """Whether what goes beyond a simple order is allowed now."""
    symbol = book.symbol
    if terms.display_lots and (
        terms.display_lots < symbol.min_quantity_lots or terms.display_lots % symbol.lot_step
    ):
        return codes.INVALID_ORDER
    if command[PLACE_TIME_IN_FORCE] == m.GTD and terms.expire_ns <= state.now_ns:
        return codes.INVALID_EXPIRY
    if terms.trigger == m.NO_TRIGGER and symbol.status != m.TRADING:
        code = _phase_code(
            symbol.status, command[PLACE_ORDER_TYPE], command[PLACE_TIME_IN_FORCE], command[PLACE_POST_ONLY]
        )
        if code and not (symbol.is_call() and _is_market_for_auction(command, state)):
            return code
    elif symbol.status == m.POST_ONLY:
        return codes.SYMBOL_POST_ONLY
    if command[PLACE_TIME_IN_FORCE] == m.OPG and symbol.status not in OPENING:
        return codes.OPENING_OVER
    return symbol.check_price(terms.trigger_ticks) if terms.trigger_ticks else ""


def _is_market_for_auction(command: m.Command, state: State) -> bool:
    """Whether a new market order may gather (rule K3): by quantity, and if not all of it trades at once."""
    return (
        state.rules_version >= VENUE_RULES
        and command[PLACE_ORDER_TYPE] == m.MARKET
        and command[PLACE_TIME_IN_FORCE] != m.FOK
        and not command[PLACE_QUOTE_AMOUNT_MINOR]
    )


def _phase_code(status: int, order_type: int, time_in_force: int, post_only: bool) -> str:
    """Whether an order without a trigger suits a market that is not simply trading."""
    if status == m.POST_ONLY:
        return "" if post_only else codes.SYMBOL_POST_ONLY
    gathers = order_type == m.LIMIT and time_in_force not in (m.IOC, m.FOK) and not post_only
    return "" if gathers else codes.SYMBOL_IN_AUCTION


def _value_code(command: m.Command, book: Book) -> str:
    """Prices, quantities and what they are worth together."""
    symbol = book.symbol
    price_ticks: int = command[PLACE_PRICE_TICKS]
    quantity_lots: int = command[PLACE_QUANTITY_LOTS]
    quote_amount: int = command[PLACE_QUOTE_AMOUNT_MINOR]
    limited = command[PLACE_ORDER_TYPE] == m.LIMIT
    if limited or price_ticks:
        code = symbol.check_price(price_ticks)
        if code:
            return code
    if quote_amount:
        return symbol.check_notional(quote_amount)
    code = symbol.check_quantity(quantity_lots)
    if code or not (limited or price_ticks):
        return code
    code = symbol.check_notional(price_ticks * quantity_lots * symbol.multiplier)
    if code or not limited or not symbol.band_ppm:
        return code
    return symbol.check_band(price_ticks, book.reference_ticks)


def least_display_lots(symbol: Symbol, price_ticks: int, open_lots: int) -> int:
    """The least that an iceberg of this price and open quantity shows: a hundredth of it, and what is worth
    the minimum notional (rule I1)."""
    worth = -(-symbol.min_notional_minor // (price_ticks * symbol.multiplier))
    return max(worth, -(-open_lots // MAX_PARTS))


def display_details(symbol: Symbol, price_ticks: int, open_lots: int) -> tuple[Any, ...]:
    """The details of DISPLAY_TOO_SMALL: the least that would be taken."""
    least = max(least_display_lots(symbol, price_ticks, open_lots), symbol.min_quantity_lots)
    return ("field", "display_quantity", "minimum_lots", least + -least % symbol.lot_step)


def place_details(code: str, place: m.Command, book: Book) -> tuple[Any, ...]:
    """The details that go with a code of ``place_code``."""
    return (
        display_details(book.symbol, place[PLACE_PRICE_TICKS], place[PLACE_QUANTITY_LOTS])
        if code == codes.DISPLAY_TOO_SMALL
        else ()
    )


def trigger_code(book: Book, side: int, terms: m.OrderTerms) -> str:
    """Whether an order may wait for its trigger (rules S3 and S4)."""
    watched = book.watched_ticks(side, terms.trigger_source)
    if terms.trigger == m.TRAILING_STOP:
        if not watched:
            return codes.NO_REFERENCE_PRICE
        distance = terms.trail_ticks or watched * terms.trail_ppm // PPM
        if side == m.SELL and distance >= watched:
            return codes.INVALID_ORDER
        return "" if distance else codes.TRIGGER_WOULD_FIRE
    if (
        watched
        and not terms.trigger_now
        and condition_holds(side, terms.trigger, terms.trigger_ticks, watched)
    ):
        return codes.TRIGGER_WOULD_FIRE
    return ""


def condition_holds(side: int, trigger: int, trigger_ticks: int, watched_ticks: int) -> bool:
    """Whether an order with this trigger fires at this price."""
    if fires_rising(side, trigger):
        return watched_ticks >= trigger_ticks
    return watched_ticks <= trigger_ticks


def _post_only_code(command: m.Command, book: Book) -> str:
    """What becomes of a post-only order that would take: refused unless it can be moved away."""
    if (
        len(command) > PLACE_TERMS
        and command[PLACE_TERMS][TERMS_REPRICE]
        and repriced_ticks(book, command[PLACE_SIDE])
    ):
        return ""
    return codes.POST_ONLY_WOULD_TAKE


def repriced_ticks(book: Book, side: int) -> int:
    """The valid price next to the best opposite one, on the near side of it; 0 if there is none."""
    best = book.opposite(side).best
    assert best is not None, "nothing to be repriced against"
    symbol = book.symbol
    price = symbol.price_below(best.price_ticks) if side == m.BUY else symbol.price_above(best.price_ticks)
    return 0 if symbol.check_price(price) else price


def oco_code(first: m.Command, second: m.Command) -> str:
    """Whether two orders may be the legs of one OCO (rule L1)."""
    same = all(first[place] == second[place] for place in (PLACE_SYMBOL, PLACE_SIDE, PLACE_QUANTITY_LOTS))
    ids_differ = (
        first[PLACE_CLIENT_ORDER_ID] is None or first[PLACE_CLIENT_ORDER_ID] != second[PLACE_CLIENT_ORDER_ID]
    )
    waits = [
        len(leg) > PLACE_TERMS and leg[PLACE_TERMS][TERMS_TRIGGER] != m.NO_TRIGGER for leg in (first, second)
    ]
    if not same or not any(waits):
        return codes.INVALID_ORDER
    for leg in (first, second):
        if (
            leg[PLACE_QUOTE_AMOUNT_MINOR]
            or leg[PLACE_POST_ONLY]
            or (len(leg) > PLACE_TERMS and _no_leg(m.OrderTerms(*leg[PLACE_TERMS])))
        ):
            return codes.INVALID_ORDER
        if leg[PLACE_TIME_IN_FORCE] in (m.IOC, m.FOK) and leg[PLACE_ORDER_TYPE] == m.LIMIT:
            return codes.INVALID_ORDER
    if not all(waits) and any(
        not wait and leg[PLACE_ORDER_TYPE] == m.MARKET
        for wait, leg in zip(waits, (first, second), strict=True)
    ):
        return codes.INVALID_ORDER
    return "" if ids_differ else codes.CLIENT_ORDER_ID_IN_USE


def _no_leg(terms: m.OrderTerms) -> bool:
    """Whether options of an order keep it from being a leg."""
    return bool(terms.display_lots or terms.to_limit or terms.min_lots or terms.peg)


def is_pegged(place: m.Command) -> bool:
    """Whether a placement is of a pegged order."""
    if len(place) <= PLACE_TERMS or len(place[PLACE_TERMS]) <= TERMS_PEG:
        return False
    return bool(place[PLACE_TERMS][TERMS_PEG] != m.NO_PEG)


def bracket_code(command: m.Command, book: Book) -> str:
    """Whether an entry may have these exits (rule L5). The entry itself is checked as any order."""
    _, _, _, entry, take_profit_ticks, stop_ticks, stop_limit_ticks, source = command
    if (
        entry[PLACE_SIDE] != m.BUY
        or entry[PLACE_QUOTE_AMOUNT_MINOR]
        or is_pegged(entry)
        or (len(entry) > PLACE_TERMS and entry[PLACE_TERMS][TERMS_DISPLAY_LOTS])
    ):
        return codes.INVALID_ORDER
    if not 0 <= source <= m.QUOTE or take_profit_ticks <= stop_ticks or stop_limit_ticks < 0:
        return codes.INVALID_ORDER
    symbol = book.symbol
    for price in (take_profit_ticks, stop_ticks, *((stop_limit_ticks,) if stop_limit_ticks else ())):
        code = symbol.check_price(price)
        if code:
            return code
    # The exits' limits; the entry's own is tested with the entry.
    take_profit_code = symbol.check_band(take_profit_ticks, book.reference_ticks)
    if take_profit_code or not stop_limit_ticks:
        return take_profit_code
    return symbol.check_band(stop_limit_ticks, book.reference_ticks)


def done_lots(order: Order) -> int:
    """What of an order's total quantity, as its owner sees it, is no more open: filled, or taken off by
    self-trade prevention."""
    return order.filled_lots + (0 if order.options is None else order.options.taken_lots)


def ends_order(order: Order, quantity_lots: int, version: int) -> bool:
    """Whether lowering an order to this total quantity ends it (rule A1)."""
    return version >= VENUE_RULES and 0 < quantity_lots <= done_lots(order)


def reduce_code(order: Order, quantity_lots: int, version: int) -> str:
    symbol = order.book.symbol
    if symbol.status == m.HALTED:
        return codes.SYMBOL_HALTED
    if symbol.status == m.CLOSED:
        return codes.SYMBOL_CLOSED
    if order.options is not None and (order.options.linked is not None or order.options.second):
        return codes.INVALID_REDUCE
    done = done_lots(order)
    lowest = 0 if version >= VENUE_RULES else done
    if not lowest < quantity_lots < done + order.quantity_lots - order.filled_lots:
        return codes.INVALID_REDUCE
    if quantity_lots % symbol.lot_step:
        return codes.QUANTITY_OFF_LOT
    open_lots = quantity_lots - done
    if version < VENUE_RULES or open_lots <= 0 or order.order_type != m.LIMIT:
        return ""
    worth_minor = order.price_ticks * open_lots * symbol.multiplier
    return codes.BELOW_MIN_NOTIONAL if worth_minor < symbol.min_notional_minor else ""


def replace_code(order: Order, asked: m.ReplaceOrder, version: int) -> str:
    """Whether an open order may have these terms instead of its own."""
    quantity_lots, trigger_ticks = asked.quantity_lots, asked.trigger_ticks
    ends = ends_order(order, quantity_lots, version)
    if (quantity_lots <= done_lots(order) and not ends) or order.quote_amount_minor or trigger_ticks < 0:
        return codes.INVALID_REPLACE
    if asked.trigger_now and version < VENUE_RULES:
        return codes.INVALID_REPLACE
    options = order.options
    waits = options is not None and options.waiting
    if options is not None and (
        options.linked is not None or options.second or (waits and options.triggered_ns)
    ):
        return codes.INVALID_REPLACE
    if waits:
        waits_for_price = options is not None and options.trigger != m.NO_TRIGGER
        if not waits_for_price:
            return codes.INVALID_REPLACE
    elif order.order_type == m.MARKET:
        return codes.INVALID_REPLACE
    if (trigger_ticks or asked.trigger_now) and (
        options is None or not waits or options.trigger == m.TRAILING_STOP
    ):
        return codes.INVALID_REPLACE
    book = order.book
    symbol = book.symbol
    if not waits and symbol.status != m.TRADING:
        code = _phase_code(symbol.status, order.order_type, order.time_in_force, order.post_only)
        if not code and order.is_unseen() and symbol.is_call():
            code = codes.SYMBOL_IN_AUCTION
        if code:
            return code
    if waits and symbol.status == m.POST_ONLY:
        return codes.SYMBOL_POST_ONLY
    if order.time_in_force == m.OPG and symbol.status not in OPENING:
        return codes.OPENING_OVER
    return _new_value_code(order, asked, ends)


def _new_value_code(order: Order, asked: m.ReplaceOrder, ends: bool) -> str:
    _, _, _, _, price_ticks, quantity_lots, trigger_ticks, trigger_now = asked
    book = order.book
    symbol = book.symbol
    if order.order_type == m.MARKET and not price_ticks:
        # Only a sell may do without its own limit.
        if order.side == m.BUY:
            return codes.INVALID_REPLACE
    else:
        code = symbol.check_price(price_ticks)
        if code:
            return code
    code = (symbol.check_price(trigger_ticks) if trigger_ticks else "") or symbol.check_quantity(
        quantity_lots
    )
    if code or ends:
        return code
    if price_ticks:
        code = symbol.check_notional(price_ticks * (quantity_lots - done_lots(order)) * symbol.multiplier)
        if not code and order.order_type == m.LIMIT:
            code = symbol.check_band(price_ticks, book.reference_ticks)
        if code:
            return code
    options = order.options
    if options is not None and options.waiting:
        return "" if trigger_now else _new_trigger_code(order, trigger_ticks or options.trigger_ticks)
    if order.post_only and book.crosses(order.side, price_ticks):
        reprices = options is not None and options.reprice and repriced_ticks(book, order.side)
        return "" if reprices else codes.POST_ONLY_WOULD_TAKE
    return ""


def _new_trigger_code(order: Order, trigger_ticks: int) -> str:
    options = order.options
    assert options is not None, "a waiting order has a trigger"
    if options.trigger == m.TRAILING_STOP:
        return ""
    watched = order.book.watched_ticks(order.side, options.trigger_source)
    if watched and condition_holds(order.side, options.trigger, trigger_ticks, watched):
        return codes.TRIGGER_WOULD_FIRE
    return ""
