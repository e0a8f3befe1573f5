"""The whole state as bytes and back.

One JSON document a line: a header, then assets, symbols, accounts, resting orders, finished orders,
traders' command ids, control command ids and, from format 2 on, what waits: orders off the book, those
of them that have fired, dead man's switches. JSON because the standard library writes it in C, holds
integers of any size exactly, and an operator can read it. What has no order of its own is sorted;
queues stand in their order. So equal states give equal bytes, and the state hash is their SHA-256.

Under rules version 1 a state is written in format 1, under version 2 in format 2, as they were before there
was another. Format 3 has more limits in its header; format 4 what rules version 4 remembers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ACCOUNT
from exchange.engine.messages.version_numbers import FIRST_RULES, VENUE_RULES
from exchange.engine.state.book import Book, Options, Order, has_days_to_end, options_of
from exchange.engine.state.guards import QuoteGuard
from exchange.engine.state.ledger import Account
from exchange.engine.state.placed import order_of
from exchange.engine.state.recall import BOUNDED_LIMIT_COUNT, OLD_LIMIT_COUNT, Limits
from exchange.engine.state.root import State
from exchange.engine.state.symbols import TERM_COUNT, Symbol, named_terms
from exchange.engine.state.timers import next_midnight_ns
from exchange.engine.state.withdrawals import Withdrawal

#: Format -> how many sections it has.
SECTIONS: Final = {1: 8, 2: 9, 3: 9, 4: 9}
#: Format -> how many limits its header has; later ones have all.
_LIMIT_COUNTS: Final = {1: OLD_LIMIT_COUNT, 2: OLD_LIMIT_COUNT, 3: BOUNDED_LIMIT_COUNT}
#: Fields of OrderTerms that an OrderExtra begins with; the later ones stand at its end.
TERMS_BEFORE: Final = 10
#: Fields that an OrderExtra had before format 4.
OLD_EXTRA_FIELDS: Final = 15
#: Fields of a simple order's event.
PLAIN_FIELDS: Final = len(m.OrderEvent._fields) - 1

Rows = Sequence[tuple[Any, ...]]
#: Places in the row of an order's options, after the OrderExtra: what an iceberg shows, ids of its exits,
#: best price that a trailing stop has seen.
_SHOWN: Final = 2
_PAIR: Final = 4
_SEEN: Final = 5
#: The header, or the rows of a section.
Section = dict[str, Any] | list[Any]


class SnapshotError(ValueError):
    """The bytes are not a snapshot this code can read."""


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


# --- writing -------------------------------------------------------------------------------------


def dump(state: State) -> bytes:
    """The state as bytes, one line a section."""
    return b"\n".join(map(line_of, sections_of(state)))


def line_of(section: Section) -> bytes:
    """What the standard library can do. Others are several times as quick
    (``journal.codec.section_line``)."""
    return json.dumps(section, separators=(",", ":")).encode()


def sections_of(state: State) -> list[Section]:
    """What ``dump`` writes, line by line. Nothing that happens to the state afterwards changes it."""
    first = state.rules_version == FIRST_RULES
    account_row, symbol_row = (_account_row_1, _symbol_row_1) if first else (_account_row_2, _symbol_row_2)
    if state.rules_version >= VENUE_RULES:
        account_row, symbol_row = _account_row, _symbol_row
    order_row = _order_row_of(state.rules_version)
    accounts = sorted(state.ledger.accounts.items())
    sections: list[Section] = [
        _header(state, state.rules_version),
        sorted(state.ledger.scales.items()),
        [symbol_row(book) for book in _books(state)],
        [_with_withdrawals(state, account_row(account), number) for number, account in accounts],
        [order_row(order) for book in _books(state) for order in _queue(book)],
        state.orders.past.remembered(),
        state.memory.traders(),
        list(state.memory.control.values()),
    ]
    if not first:
        sections.append(_waiting(state))
    return sections


def _header(state: State, form: int) -> dict[str, Any]:
    return {
        "format": form,
        "rules": state.rules_version,
        "sequence": state.sequence,
        "now_ns": state.now_ns,
        "next_order_id": state.next_order_id,
        "next_trade_id": state.next_trade_id,
        "limits": list(state.limits[: _LIMIT_COUNTS.get(form)]),
    }


def _books(state: State) -> list[Book]:
    return [book for _, book in sorted(state.books.items())]


def _queue(book: Book) -> Iterator[Order]:
    """The resting orders of a book, level by level, each queue in its order."""
    for side in book.sides():
        for level in side.best_first():
            yield from level.orders()


def _symbol_row_1(book: Book) -> list[Any]:
    return [*book.symbol.terms, book.symbol.status, book.symbol.status_reason]


def _symbol_row(book: Book) -> list[Any]:
    symbol = book.symbol
    return [*_symbol_row_2(book), list(symbol.call_next), symbol.call_drawn_ns, symbol.call_is_extended]


def _symbol_row_2(book: Book) -> list[Any]:
    symbol = book.symbol
    standing = [symbol.status, symbol.status_reason, symbol.call_ends_ns]
    return [list(symbol.terms), *standing, book.last_ticks, book.reference_ticks]


def _account_row_1(account: Account) -> list[Any]:
    # A balance that was only looked at is no part of the state.
    kept = [balance for _, balance in sorted(account.balances.items()) if balance.available or balance.held]
    balances = [[balance.asset, balance.available, balance.held] for balance in kept]
    fees = [[symbol, *rates] for symbol, rates in sorted(account.own_fees.items())]
    return [account.number, account.status, balances, fees]


def _account_row_2(account: Account) -> list[Any]:
    return [*_account_row_1(account), account.group]


def _account_row(account: Account) -> list[Any]:
    return [*_account_row_2(account), account.fee_plan]


def _with_withdrawals(state: State, row: list[Any], account: int) -> list[Any]:
    """An account's row, with its open withdrawals if it has any: earlier rules versions know none."""
    held = [withdrawal.row() for withdrawal in state.withdrawals.of(account)]
    return [*row, held] if held else row


def _order_row_1(order: Order) -> list[Any]:
    return [*order.event(), order.fee_accrued(), order.maker_ppm, order.taker_ppm, order.held_minor]


def _order_row_of(form: int) -> Callable[[Order], list[Any]]:
    """How an order is written in this format."""
    return _order_row_1 if form == 1 else _order_row_2 if form < 4 else _order_row


def _order_row(order: Order) -> list[Any]:
    return [*_plain_row(order), None if order.options is None else _options_row(order.options)]


def _order_row_2(order: Order) -> list[Any]:
    return [*_plain_row(order), None if order.options is None else _options_row_2(order.options)]


def _plain_row(order: Order) -> list[Any]:
    event = order.event()[:PLAIN_FIELDS]
    return [*event, order.fee_accrued(), order.maker_ppm, order.taker_ppm, order.held_minor]


def _options_row_2(options: Options) -> list[Any]:
    """An OrderExtra's fields, then what it does not say."""
    return [*options.view(), *_standing(options)]


def _options_row(options: Options) -> list[Any]:
    """From format 4 on an OrderExtra is a row of its own, for its length depends on what it says."""
    later = (options.taken_lots, options.changed_ns, options.collar_from_ticks)
    return [list(options.view()), *_standing(options), *later]


def _standing(options: Options) -> list[Any]:
    pair = None
    if options.pair is not None and all(order.status in m.OPEN_STATUSES for order in options.pair):
        pair = [order.order_id for order in options.pair]
    seen = None if options.trail_group is None else abs(options.trail_group.best)
    return [options.waiting, options.shown_lots, options.prevented_minor, pair, seen]


def _waiting(state: State) -> list[Any]:
    """Orders off the book by id, ids of the fired ones in their order, dead man's switches; from format 4 on
    whether there was more to forget than a tick may, the protections of quotes, and fee plans."""
    waiting = [order for _, order in sorted(state.orders.open.items()) if order.is_waiting()]
    fired = [order.order_id for book in _books(state) for order in book.fired]
    order_row = _order_row_of(state.rules_version)
    rows = [[order_row(order) for order in waiting], fired, sorted(state.timers.switches.items())]
    if state.rules_version < VENUE_RULES:
        return rows
    guards = [guard.row() for _, guard in sorted(state.guards.items())]
    return [*rows, [state.timers.behind], guards, state.fee_plans.rows()]


# --- reading -------------------------------------------------------------------------------------


#: One section's line -> its rows, tuples all the way down. ValueError on anything else.
Parse = Callable[[bytes], Rows]


def parse_rows(line: bytes) -> Rows:
    """What the standard library can do. Others are several times as quick (``journal.codec.parse_rows``)."""
    rows = json.loads(line)
    if not isinstance(rows, list):
        raise ValueError("a section is an array")
    return _tuples(rows)


def load(data: bytes, parse: Parse = parse_rows) -> State:
    """The state that ``dump`` wrote. Raises SnapshotError."""
    first, *lines = data.split(b"\n")
    try:
        header = json.loads(first)
        sections = [parse(line) for line in lines]
    except ValueError as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    form: int = header.get("format", 0) if isinstance(header, dict) else 0
    if len(lines) + 1 != SECTIONS.get(form):
        raise SnapshotError(f"not a snapshot of format {' or '.join(map(str, SECTIONS))}")
    assets, symbols, accounts, orders, finished, traders, control = sections[:7]
    state = _empty(header)
    state.ledger.scales.update(cast(Sequence[tuple[str, int]], assets))
    for row in symbols:
        _add_symbol(state, row if form != 1 else _symbol_row_of(row))
    for row in accounts:
        _add_account(state, *row)
    for row in finished:
        state.orders.past.remember(state.ledger.accounts[row[2]], row)
    # After the finished ones: a client id names the open order that carries it.
    for row in orders:
        _add_resting(state, row)
    if form != 1:
        waiting, fired, switches, *later = sections[7]
        behind, guards, plans = later or ((False,), (), ())
        state.timers.behind = behind[0]
        for row in guards:
            _add_guard(state, *row)
        for row in plans:
            state.fee_plans.change(*row)
        _add_waiting(state, waiting, fired)
        _tie(state, [*orders, *waiting])
        for account, deadline_ns in switches:
            state.timers.set_switch(account, deadline_ns)
    for account in state.ledger.accounts.values():
        state.fee_plans.use(account)
    state.timers.ending = {name for name, book in state.books.items() if has_days_to_end(book)}
    for command, *outcome in traders:
        account = state.ledger.accounts[command[COMMAND_ACCOUNT]]
        state.memory.keep_trader(account, command, *outcome)
    for row in control:
        state.memory.keep_control(row)
    return state


def _empty(header: dict[str, Any]) -> State:
    state = State(Limits(*header["limits"]), header["rules"])
    state.sequence = header["sequence"]
    state.now_ns = header["now_ns"]
    state.day_ends_ns = next_midnight_ns(state.now_ns) if state.sequence else 0
    state.next_order_id = header["next_order_id"]
    state.next_trade_id = header["next_trade_id"]
    return state


def _symbol_row_of(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A symbol's row of format 1 as one of format 2."""
    return (row[:TERM_COUNT], *row[TERM_COUNT:], 0, 0, 0)


def _add_symbol(state: State, row: tuple[Any, ...]) -> None:
    terms, status, status_reason, call_ends_ns, last_ticks, reference_ticks, *call = row
    scales = state.ledger.scales
    named = named_terms(terms)
    symbol = Symbol(terms, scales[named.base], scales[named.quote])
    symbol.status = status
    symbol.status_reason = status_reason
    symbol.call_ends_ns = call_ends_ns
    if call:
        symbol.call_next, symbol.call_drawn_ns, symbol.call_is_extended = call
    book = state.add_book(symbol)
    book.last_ticks = last_ticks
    book.reference_ticks = reference_ticks
    if symbol.is_call():
        state.timers.calls[symbol.name] = symbol.call_drawn_ns or call_ends_ns


def _add_account(
    state: State,
    number: int,
    status: int,
    balances: Rows,
    fees: Rows,
    group: int = 0,
    fee_plan: int = 0,
    withdrawals: Rows = (),
) -> None:
    account = state.ledger.accounts.get(number)
    if account is None:
        account = state.ledger.accounts[number] = Account(number)
    account.status = status
    account.join(group)
    account.fee_plan = fee_plan
    for asset, available, held in balances:
        balance = account.balance(asset)
        balance.available = available
        balance.held = held
    for symbol, maker_ppm, taker_ppm in fees:
        account.own_fees[symbol] = (maker_ppm, taker_ppm)
    for withdrawal in withdrawals:
        state.withdrawals.add(number, Withdrawal(*withdrawal))


def _add_guard(state: State, number: int, *row: Any) -> None:
    *bounds, tripped, fills = row
    guard = state.guards[number] = QuoteGuard(number, *bounds)
    guard.tripped = tripped
    guard.fills.extend(fills)
    guard.net_minor = sum([bought_minor for _, bought_minor in fills])


def _order(state: State, row: tuple[Any, ...]) -> Order:
    """An open order, neither on its book nor indexed yet."""
    event = m.OrderEvent(*row[:PLAIN_FIELDS])
    fee_accrued, maker_ppm, taker_ppm, held_minor, *more = row[PLAIN_FIELDS:]
    place = m.place_order(
        "",
        event.account,
        event.symbol,
        event.side,
        order_type=event.order_type,
        time_in_force=event.time_in_force,
        post_only=event.post_only,
        price_ticks=event.price_ticks,
        quantity_lots=event.quantity_lots,
        quote_amount_minor=event.quote_amount_minor,
        stp=event.stp,
        client_order_id=event.client_order_id,
    )
    account, book = state.ledger.accounts[event.account], state.books[event.symbol]
    order = order_of(event.order_id, account, book, place, (maker_ppm, taker_ppm), event.created_ns)
    order.filled_lots = event.filled_lots
    order.filled_notional_minor = event.filled_notional_minor
    order.fee_minor = event.fee_minor
    order.start_accrual(fee_accrued)
    order.held_minor = held_minor
    order.status = event.status
    order.updated_ns = event.updated_ns
    if more and more[0] is not None:
        order.options = _options(_parts(more[0]))
        order.quantity_lots -= order.options.taken_lots
    return order


def _parts(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row of an order's options, of any format, as one of format 4."""
    return row if isinstance(row[0], tuple) else (row[:OLD_EXTRA_FIELDS], *row[OLD_EXTRA_FIELDS:])


def _options(row: tuple[Any, ...]) -> Options:
    extra, waiting, shown_lots, prevented_minor, _, _, *later = row
    view = m.OrderExtra(*extra)
    options = Options(extra[:TERMS_BEFORE])
    options.to_limit = view.to_limit
    options.min_lots = view.min_lots
    options.second = view.second
    options.quote_id = view.quote_id
    options.peg = view.peg
    options.peg_offset_ticks = view.peg_offset_ticks
    options.triggered_ns = view.triggered_ns
    options.prevented_lots = view.prevented_lots
    options.linked_order_id = view.linked_order_id
    options.entry_order_id = view.entry_order_id
    options.exits = view.exits
    options.waiting, options.shown_lots, options.prevented_minor = waiting, shown_lots, prevented_minor
    if later:
        options.taken_lots, options.changed_ns, options.collar_from_ticks = later
    return options


def _add_resting(state: State, row: tuple[Any, ...]) -> None:
    order = _order(state, row)
    level = order.book.home(order).add(order)
    options = order.options
    if options is not None and options.display_lots:
        # Adding it showed a whole part; it may have shown less.
        shown: int = _parts(row[-1])[_SHOWN]
        level.quantity_lots -= options.shown_lots - shown
        level.hidden_lots += options.shown_lots - shown
        options.shown_lots = shown
    state.orders.add(order)


def _add_waiting(state: State, rows: Rows, fired: Sequence[int]) -> None:
    fired_ids = set(fired)
    for row in rows:
        order = _order(state, row)
        options = options_of(order)
        state.orders.add(order)
        order.book.waiting += 1
        if order.order_id not in fired_ids and not options.second and options.trigger != m.NO_TRIGGER:
            seen_ticks = _parts(row[-1])[_SEEN] or 0
            state.orders.triggers[order.book.symbol.name].feed(order.side, options.trigger_source).add(
                order, options, seen_ticks
            )
    for order_id in fired:
        order = state.orders.open[order_id]
        order.book.fired.append(order)
        if order.book.symbol.status == m.TRADING:
            state.timers.paused.add(order.book.symbol.name)


def _tie(state: State, rows: Rows) -> None:
    """Tie linked orders to one another, and the entries of brackets to their exits."""
    orders = state.orders.open
    for row in rows:
        if len(row) == PLAIN_FIELDS + 4 or row[-1] is None:
            continue
        options = options_of(orders[row[1]])
        options.linked = orders.get(options.linked_order_id)
        if options.second == m.SECOND_WAITS:
            options_of(orders[options.entry_order_id]).seconds += (orders[row[1]],)
        pair = _parts(row[-1])[_PAIR]
        if pair is not None:
            options.pair = (orders[pair[0]], orders[pair[1]])


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    """JSON arrays back to the tuples they were, all the way down."""
    if list in map(type, value):
        return tuple([_tuples(item) if type(item) is list else item for item in value])
    return tuple(value)
