"""The whole state as bytes and back.

One JSON document a line: a header, then assets, symbols, accounts, resting orders, finished orders,
traders' command ids, control command ids and, from format 2 on, what waits: orders off the book, those
of them that have fired, dead man's switches. JSON because the standard library writes it in C, holds
integers of any size exactly, and an operator can read it. What has no order of its own is sorted;
queues stand in their order. So equal states give equal bytes, and the state hash is their SHA-256.

Under rules version 1 a state is written in format 1, as it was before there was another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

from exchange.engine import messages as m
from exchange.engine.book import Book, Order
from exchange.engine.extras import Extra, extra_of
from exchange.engine.ledger import Account, Ledger
from exchange.engine.memory import Limits
from exchange.engine.rules import FIRST_RULES
from exchange.engine.state import State
from exchange.engine.symbols import TERM_COUNT, Symbol
from exchange.engine.timers import next_midnight_ns

#: Format -> how many sections it has.
SECTIONS: Final = {1: 8, 2: 9}
#: Fields of a plain order's event.
PLAIN_FIELDS: Final = len(m.OrderEvent._fields) - 1

Rows = Sequence[tuple[Any, ...]]
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
    """What the standard library can do. Others are several times as quick (``journal.codec.section_line``)."""
    return json.dumps(section, separators=(",", ":")).encode()


def sections_of(state: State) -> list[Section]:
    """What ``dump`` writes, line by line. Nothing that happens to the state afterwards changes it."""
    first = state.rules_version == FIRST_RULES
    account_row, symbol_row, order_row = (
        (_account_row_1, _symbol_row_1, _order_row_1) if first else (_account_row, _symbol_row, _order_row)
    )
    sections: list[Section] = [
        _header(state, 1 if first else 2),
        sorted(state.ledger.scales.items()),
        [symbol_row(book) for book in _books(state)],
        [account_row(account) for _, account in sorted(state.ledger.accounts.items())],
        [order_row(order) for book in _books(state) for order in _queue(book)],
        state.orders.remembered(),
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
        "next_trade_id": state.matcher.next_trade_id,
        "limits": list(state.limits),
    }


def _books(state: State) -> list[Book]:
    return [book for _, book in sorted(state.books.items())]


def _queue(book: Book) -> Iterator[Order]:
    """The resting orders of a book, level by level, each queue in its order."""
    for side in (book.bids, book.asks):
        for level in side.best_first():
            order = level.head
            while order is not None:
                yield order
                order = order.next


def _symbol_row_1(book: Book) -> list[Any]:
    return [*book.symbol.terms, book.symbol.status, book.symbol.status_reason]


def _symbol_row(book: Book) -> list[Any]:
    symbol = book.symbol
    standing = [symbol.status, symbol.status_reason, symbol.call_ends_ns]
    return [list(symbol.terms), *standing, book.last_ticks, book.reference_ticks]


def _account_row_1(account: Account) -> list[Any]:
    # A balance that was only looked at is no part of the state.
    kept = [balance for _, balance in sorted(account.balances.items()) if balance.available or balance.held]
    balances = [[balance.asset, balance.available, balance.held] for balance in kept]
    fees = [[symbol, *rates] for symbol, rates in sorted(account.fees.items())]
    return [account.number, account.status, balances, fees]


def _account_row(account: Account) -> list[Any]:
    return [*_account_row_1(account), account.group]


def _order_row_1(order: Order) -> list[Any]:
    return [*order.event(), order.fee_accrued, order.maker_ppm, order.taker_ppm, order.held_minor]


def _order_row(order: Order) -> list[Any]:
    event = order.event()[:PLAIN_FIELDS]
    money = (order.fee_accrued, order.maker_ppm, order.taker_ppm, order.held_minor)
    extra = order.extra
    return [*event, *money, None if extra is None else _extra_row(extra)]


def _extra_row(extra: Extra) -> list[Any]:
    """An OrderExtra's fields, then what it does not say."""
    pair = None
    if extra.pair is not None and all(order.status in m.OPEN_STATUSES for order in extra.pair):
        pair = [order.order_id for order in extra.pair]
    seen = None if extra.trail_group is None else abs(extra.trail_group.best)
    return [*extra.view(), extra.waiting, extra.shown_lots, extra.prevented_minor, pair, seen]


def _waiting(state: State) -> list[Any]:
    """Orders off the book by id, ids of the fired ones in their order, dead man's switches."""
    waiting = [order for _, order in sorted(state.orders.open.items()) if order.is_waiting()]
    fired = [order.order_id for book in _books(state) for order in book.fired]
    return [[_order_row(order) for order in waiting], fired, sorted(state.timers.switches.items())]


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
        _add_account(state.ledger, *row)
    for row in finished:
        state.orders.remember(state.ledger.accounts[row[2]], row[1], row)
    # After the finished ones: a client id names the open order that carries it.
    for row in orders:
        _add_resting(state, row)
    if form != 1:
        waiting, fired, switches = sections[7]
        _add_waiting(state, waiting, fired)
        _tie(state, [*orders, *waiting])
        for account, deadline_ns in switches:
            state.timers.set_switch(account, deadline_ns)
    for entry in traders:
        state.memory.keep_trader(state.ledger.accounts[entry[0][2]], entry)
    for entry in control:
        state.memory.keep_control(entry)
    return state


def _empty(header: dict[str, Any]) -> State:
    state = State(Limits(*header["limits"]), header["rules"])
    state.sequence = header["sequence"]
    state.now_ns = header["now_ns"]
    state.day_ends_ns = next_midnight_ns(state.now_ns) if state.sequence else 0
    state.next_order_id = header["next_order_id"]
    state.matcher.next_trade_id = header["next_trade_id"]
    return state


def _symbol_row_of(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A symbol's row of format 1 as one of format 2."""
    return (row[:TERM_COUNT], *row[TERM_COUNT:], 0, 0, 0)


def _add_symbol(state: State, row: tuple[Any, ...]) -> None:
    terms, status, status_reason, call_ends_ns, last_ticks, reference_ticks = row
    scales = state.ledger.scales
    symbol = Symbol(terms, scales[terms[1]], scales[terms[2]])
    symbol.status = status
    symbol.status_reason = status_reason
    symbol.call_ends_ns = call_ends_ns
    book = state.add_book(symbol)
    book.last_ticks = last_ticks
    book.reference_ticks = reference_ticks
    if symbol.is_call():
        state.timers.calls[symbol.name] = call_ends_ns


def _add_account(
    ledger: Ledger, number: int, status: int, balances: Rows, fees: Rows, group: int = 0
) -> None:
    account = ledger.accounts.get(number)
    if account is None:
        account = ledger.accounts[number] = Account(number)
    account.status = status
    account.join(group)
    for asset, available, held in balances:
        balance = account.balance(asset)
        balance.available = available
        balance.held = held
    for symbol, maker_ppm, taker_ppm in fees:
        account.fees[symbol] = (maker_ppm, taker_ppm)


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
    order = Order(event.order_id, account, book, place, (maker_ppm, taker_ppm), event.created_ns)
    order.filled_lots = event.filled_lots
    order.filled_notional_minor = event.filled_notional_minor
    order.fee_minor = event.fee_minor
    order.fee_accrued = fee_accrued
    order.held_minor = held_minor
    order.status = event.status
    order.updated_ns = event.updated_ns
    if more and more[0] is not None:
        order.extra = _extra(more[0])
    return order


def _extra(row: tuple[Any, ...]) -> Extra:
    extra = Extra(row[:10])
    view = m.OrderExtra(*row[:15])
    extra.triggered_ns = view.triggered_ns
    extra.prevented_lots = view.prevented_lots
    extra.linked_order_id = view.linked_order_id
    extra.entry_order_id = view.entry_order_id
    extra.exits = view.exits
    extra.waiting, extra.shown_lots, extra.prevented_minor = row[15:18]
    return extra


def _add_resting(state: State, row: tuple[Any, ...]) -> None:
    order = _order(state, row)
    level = order.book.side(order.side).add(order)
    extra = order.extra
    if extra is not None and extra.display_lots:
        # Adding it showed a whole part; it may have shown less.
        shown: int = row[-1][16]
        level.quantity_lots -= extra.shown_lots - shown
        level.hidden_lots += extra.shown_lots - shown
        extra.shown_lots = shown
    state.orders.add(order)


def _add_waiting(state: State, rows: Rows, fired: Sequence[int]) -> None:
    fired_ids = set(fired)
    for row in rows:
        order = _order(state, row)
        extra = extra_of(order)
        state.orders.add(order)
        order.book.waiting += 1
        if order.order_id not in fired_ids:
            seen_ticks = row[-1][-1] or 0
            order.book.triggers.feed(order.side, extra.trigger_source).add(order, extra, seen_ticks)
    for order_id in fired:
        order = state.orders.open[order_id]
        order.book.fired.append(order)


def _tie(state: State, rows: Rows) -> None:
    """Tie linked orders to one another, and the entries of brackets to their exits."""
    orders = state.orders.open
    for row in rows:
        if len(row) == PLAIN_FIELDS + 4 or row[-1] is None:
            continue
        extra = extra_of(orders[row[1]])
        extra.linked = orders.get(extra.linked_order_id)
        pair = row[-1][-2]
        if pair is not None:
            extra.pair = (orders[pair[0]], orders[pair[1]])


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    """JSON arrays back to the tuples they were, all the way down."""
    if list in map(type, value):
        return tuple([_tuples(item) if type(item) is list else item for item in value])
    return tuple(value)
