"""What refuses an order before it exists. Every function gives the code, or an empty string."""

from __future__ import annotations

from typing import Final

from exchange.engine import codes
from exchange.engine import messages as m
from exchange.engine.book import Book, Order
from exchange.engine.ledger import Account
from exchange.engine.state import State
from exchange.engine.symbols import PPM
from exchange.engine.triggers import fires_rising

NO_TERMS: Final = m.OrderTerms()
MAX_SESSION_LENGTH: Final = 64
MIN_CANCEL_AFTER_MS: Final = 1_000
MAX_CANCEL_AFTER_MS: Final = 24 * 3600 * 1_000
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


def plain_value(command: m.Command, account: Account, book: Book) -> int:
    """What a plain limit order that nothing but the balance refuses is worth at its limit, in minor units of
    the quote asset. 0 says nothing: the order may be another kind, or ``entry_code`` and ``place_code``
    have to tell what is wrong with it."""
    symbol = book.symbol
    time_in_force: int = command[6]
    if (
        len(command) > 13
        or symbol.status != m.TRADING
        or account.status != m.ACTIVE
        or command[5] != m.LIMIT
        or not 0 <= time_in_force <= m.FOK
        or command[7]
        or command[10]
    ):
        return 0
    side: int = command[4]
    stp: int = command[11]
    if not m.BUY <= side <= m.SELL or not 0 <= stp <= m.STP_DECREMENT or command[12] in account.client_ids:
        return 0
    price_ticks: int = command[8]
    quantity_lots: int = command[9]
    if not symbol.min_price_ticks <= price_ticks <= symbol.max_price_ticks:
        return 0
    if not symbol.min_quantity_lots <= quantity_lots <= symbol.max_quantity_lots:
        return 0
    if quantity_lots % symbol.lot_step or price_ticks % symbol.common_step:
        return 0
    standing = account.open_orders.get(symbol.name)
    if standing is not None and len(standing) >= symbol.max_open_orders:
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
    client_order_id: str | None = command[12]
    if client_order_id is not None and state.orders.client_id_open(account, client_order_id):
        return codes.CLIENT_ORDER_ID_IN_USE
    if not _well_formed(command):
        return codes.INVALID_ORDER
    symbol = book.symbol
    time_in_force: int = command[6]
    terms = m.OrderTerms(*command[13]) if len(command) > 13 else None
    if terms is not None or symbol.status != m.TRADING or time_in_force == m.GTD:
        code = _terms_code(command, terms or NO_TERMS, book, state)
        if code:
            return code
    code = _value_code(command, book)
    if code:
        return code
    waits = terms is not None and terms.trigger != m.NO_TRIGGER
    if waits or (time_in_force != m.IOC and time_in_force != m.FOK):
        standing = account.open_orders.get(symbol.name)
        if (0 if standing is None else len(standing)) + orders > symbol.max_open_orders:
            return codes.TOO_MANY_OPEN_ORDERS
    if terms is not None and waits:
        return trigger_code(book, command[4], terms)
    if command[7] and book.crosses(command[4], command[8]):
        return _post_only_code(command, book)
    return ""


def _well_formed(command: m.Command) -> bool:
    """Whether the order's choices exist and go together."""
    side, order_type, time_in_force, post_only, _, quantity_lots, quote_amount, stp = command[4:12]
    if side not in (m.BUY, m.SELL) or not 0 <= stp <= m.STP_DECREMENT or not 0 <= time_in_force <= m.DAY:
        return False
    if len(command) > 13 and not _terms_well_formed(command, m.OrderTerms(*command[13])):
        return False
    if order_type == m.LIMIT:
        return not quote_amount and not (post_only and time_in_force in (m.IOC, m.FOK))
    waits = len(command) > 13 and command[13][3] != m.NO_TRIGGER
    if order_type != m.MARKET or post_only:
        return False
    if not waits and time_in_force not in (m.IOC, m.FOK):
        return False
    if not quote_amount:
        return True
    return bool(time_in_force != m.FOK and quantity_lots == 0 and quote_amount > 0)


def _terms_well_formed(command: m.Command, terms: m.OrderTerms) -> bool:
    time_in_force: int = command[6]
    post_only: bool = command[7]
    if (terms.reprice and not post_only) or (terms.expire_ns and time_in_force != m.GTD):
        return False
    if terms.session is not None and not 1 <= len(terms.session) <= MAX_SESSION_LENGTH:
        return False
    if terms.display_lots and not _iceberg_well_formed(command, terms):
        return False
    return _trigger_well_formed(command, terms)


def _iceberg_well_formed(command: m.Command, terms: m.OrderTerms) -> bool:
    if command[5] != m.LIMIT or command[6] in (m.IOC, m.FOK):
        return False
    return bool(0 < terms.display_lots < command[9])


def _trigger_well_formed(command: m.Command, terms: m.OrderTerms) -> bool:
    side, order_type, time_in_force, post_only, price_ticks, _, quote_amount = command[4:11]
    trailing = terms.trail_ticks or terms.trail_ppm
    if terms.trigger == m.NO_TRIGGER:
        return not (terms.trigger_ticks or trailing or terms.trigger_now or terms.trigger_source)
    if not 0 < terms.trigger <= m.TRAILING_STOP or not 0 <= terms.trigger_source <= m.QUOTE or post_only:
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
    """Whether what goes beyond a plain order is allowed now."""
    symbol = book.symbol
    if terms.display_lots and (
        terms.display_lots < symbol.min_quantity_lots or terms.display_lots % symbol.lot_step
    ):
        return codes.INVALID_ORDER
    if command[6] == m.GTD and terms.expire_ns <= state.now_ns:
        return codes.INVALID_EXPIRY
    if terms.trigger == m.NO_TRIGGER and symbol.status != m.TRADING:
        code = _phase_code(symbol.status, command[5], command[6], command[7])
        if code:
            return code
    elif symbol.status == m.POST_ONLY:
        return codes.SYMBOL_POST_ONLY
    return symbol.check_price(terms.trigger_ticks) if terms.trigger_ticks else ""


def _phase_code(status: int, order_type: int, time_in_force: int, post_only: bool) -> str:
    """Whether an order without a trigger suits a market that is not simply trading."""
    if status == m.POST_ONLY:
        return "" if post_only else codes.SYMBOL_POST_ONLY
    gathers = order_type == m.LIMIT and time_in_force not in (m.IOC, m.FOK) and not post_only
    return "" if gathers else codes.SYMBOL_IN_AUCTION


def _value_code(command: m.Command, book: Book) -> str:
    """Prices, quantities and what they are worth together."""
    symbol = book.symbol
    price_ticks: int = command[8]
    quantity_lots: int = command[9]
    quote_amount: int = command[10]
    limited = command[5] == m.LIMIT
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
    if len(command) > 13 and command[13][1] and repriced_ticks(book, command[4]):
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
    same = first[3:5] == second[3:5] and first[9] == second[9]
    ids_differ = first[12] is None or first[12] != second[12]
    waits = [len(leg) > 13 and leg[13][3] != m.NO_TRIGGER for leg in (first, second)]
    if not same or not any(waits):
        return codes.INVALID_ORDER
    for leg in (first, second):
        if leg[10] or leg[7] or (len(leg) > 13 and leg[13][2]):
            return codes.INVALID_ORDER
        if leg[6] in (m.IOC, m.FOK) and leg[5] == m.LIMIT:
            return codes.INVALID_ORDER
    if not all(waits) and any(
        not wait and leg[5] == m.MARKET for wait, leg in zip(waits, (first, second), strict=True)
    ):
        return codes.INVALID_ORDER
    return "" if ids_differ else codes.CLIENT_ORDER_ID_IN_USE


def bracket_code(command: m.Command, book: Book) -> str:
    """Whether an entry may have these exits (rule L5). The entry itself is checked as any order."""
    entry: m.Command = command[3]
    take_profit_ticks, stop_ticks, stop_limit_ticks, source = command[4:8]
    if entry[4] != m.BUY or entry[10] or (len(entry) > 13 and entry[13][2]):
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


def reduce_code(order: Order, quantity_lots: int) -> str:
    symbol = order.book.symbol
    if symbol.status == m.HALTED:
        return codes.SYMBOL_HALTED
    if symbol.status == m.CLOSED:
        return codes.SYMBOL_CLOSED
    if order.extra is not None and order.extra.linked is not None:
        return codes.INVALID_REDUCE
    if not order.filled_lots < quantity_lots < order.quantity_lots:
        return codes.INVALID_REDUCE
    return codes.QUANTITY_OFF_LOT if quantity_lots % symbol.lot_step else ""


def replace_code(order: Order, price_ticks: int, quantity_lots: int, trigger_ticks: int) -> str:
    """Whether an open order may have these terms instead of its own."""
    if quantity_lots <= order.filled_lots or order.quote_amount_minor or trigger_ticks < 0:
        return codes.INVALID_REPLACE
    extra = order.extra
    waits = extra is not None and extra.waiting
    if extra is not None and (extra.linked is not None or (waits and extra.triggered_ns)):
        return codes.INVALID_REPLACE
    if trigger_ticks and (extra is None or not waits or extra.trigger == m.TRAILING_STOP):
        return codes.INVALID_REPLACE
    book = order.book
    symbol = book.symbol
    if not waits and symbol.status != m.TRADING:
        code = _phase_code(symbol.status, order.order_type, order.time_in_force, order.post_only)
        if code:
            return code
    if waits and symbol.status == m.POST_ONLY:
        return codes.SYMBOL_POST_ONLY
    return _new_value_code(order, price_ticks, quantity_lots, trigger_ticks)


def _new_value_code(order: Order, price_ticks: int, quantity_lots: int, trigger_ticks: int) -> str:
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
    if code:
        return code
    if price_ticks:
        code = symbol.check_notional(price_ticks * (quantity_lots - order.filled_lots) * symbol.multiplier)
        if not code and order.order_type == m.LIMIT:
            code = symbol.check_band(price_ticks, book.reference_ticks)
        if code:
            return code
    extra = order.extra
    if extra is not None and extra.waiting:
        return _new_trigger_code(order, trigger_ticks or extra.trigger_ticks)
    if order.post_only and book.crosses(order.side, price_ticks):
        reprices = extra is not None and extra.reprice and repriced_ticks(book, order.side)
        return "" if reprices else codes.POST_ONLY_WOULD_TAKE
    return ""


def _new_trigger_code(order: Order, trigger_ticks: int) -> str:
    extra = order.extra
    assert extra is not None, "a waiting order has a trigger"
    if extra.trigger == m.TRAILING_STOP:
        return ""
    watched = order.book.watched_ticks(order.side, extra.trigger_source)
    if watched and condition_holds(order.side, extra.trigger, trigger_ticks, watched):
        return codes.TRIGGER_WOULD_FIRE
    return ""
