"""The whole state as bytes and back.

One JSON document a line: a header, then assets, symbols, accounts, resting orders, finished orders,
traders' command ids, control command ids. JSON because the standard library writes it in C, holds
integers of any size exactly, and an operator can read it. What has no order of its own is sorted;
queues stand in their order. So equal states give equal bytes, and the state hash is their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from exchange.engine import messages as m
from exchange.engine.book import Book, Order
from exchange.engine.ledger import Account, Ledger
from exchange.engine.memory import Entry, Limits
from exchange.engine.state import State
from exchange.engine.symbols import Symbol

FORMAT: Final = 1
SECTIONS: Final = 8


class SnapshotError(ValueError):
    """The bytes are not a snapshot this code can read."""


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


# --- writing -------------------------------------------------------------------------------------


def dump(state: State) -> bytes:
    """The state as bytes, one line a section."""
    sections = (
        _header(state),
        sorted(state.ledger.scales.items()),
        [[*book.symbol.terms, book.symbol.status, book.symbol.status_reason] for book in _books(state)],
        [_account_row(account) for _, account in sorted(state.ledger.accounts.items())],
        [_order_row(order) for book in _books(state) for order in _queue(book)],
        state.orders.remembered(),
        list(state.memory.traders.values()),
        list(state.memory.control.values()),
    )
    return b"\n".join(json.dumps(section, separators=(",", ":")).encode() for section in sections)


def _header(state: State) -> dict[str, Any]:
    return {
        "format": FORMAT,
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


def _account_row(account: Account) -> list[Any]:
    # A balance that was only looked at is no part of the state.
    kept = [balance for _, balance in sorted(account.balances.items()) if balance.available or balance.held]
    balances = [[balance.asset, balance.available, balance.held] for balance in kept]
    fees = [[symbol, *rates] for symbol, rates in sorted(account.fees.items())]
    return [account.number, account.status, balances, fees]


def _order_row(order: Order) -> list[Any]:
    return [*order.event(), order.fee_accrued, order.maker_ppm, order.taker_ppm, order.held_minor]


# --- reading -------------------------------------------------------------------------------------


def load(data: bytes) -> State:
    """The state that ``dump`` wrote. Raises SnapshotError."""
    try:
        sections = [json.loads(line) for line in data.split(b"\n")]
    except ValueError as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    if len(sections) != SECTIONS or not isinstance(sections[0], dict) or sections[0].get("format") != FORMAT:
        raise SnapshotError(f"not a snapshot of format {FORMAT}")
    header, assets, symbols, accounts, orders, finished, traders, control = sections
    state = _empty(header)
    state.ledger.scales.update(assets)
    for row in symbols:
        _add_symbol(state, row)
    for row in accounts:
        _add_account(state.ledger, row)
    for row in finished:
        state.orders.remember(state.ledger.accounts[row[2]], row[1], tuple(row))
    # After the finished ones: a client id names the open order that carries it.
    for row in orders:
        _add_order(state, row)
    for row in traders:
        entry = _entry(row)
        state.memory.keep_trader(state.ledger.accounts[entry[0][2]], entry)
    for row in control:
        state.memory.keep_control(_entry(row))
    return state


def _empty(header: dict[str, Any]) -> State:
    state = State(Limits(*header["limits"]))
    state.rules_version = header["rules"]
    state.sequence = header["sequence"]
    state.now_ns = header["now_ns"]
    state.next_order_id = header["next_order_id"]
    state.matcher.next_trade_id = header["next_trade_id"]
    return state


def _add_symbol(state: State, row: list[Any]) -> None:
    *terms, status, status_reason = _tuples(row)
    scales = state.ledger.scales
    symbol = Symbol(tuple(terms), scales[terms[1]], scales[terms[2]])
    symbol.status = status
    symbol.status_reason = status_reason
    fees = state.ledger.accounts[m.FEE_ACCOUNT].balance(symbol.quote)
    state.books[symbol.name] = Book(symbol, fees)


def _add_account(ledger: Ledger, row: list[Any]) -> None:
    number, status, balances, fees = row
    account = ledger.accounts.get(number)
    if account is None:
        account = ledger.accounts[number] = Account(number)
    account.status = status
    for asset, available, held in balances:
        balance = account.balance(asset)
        balance.available = available
        balance.held = held
    for symbol, maker_ppm, taker_ppm in fees:
        account.fees[symbol] = (maker_ppm, taker_ppm)


def _add_order(state: State, row: list[Any]) -> None:
    event = m.OrderEvent(*row[:20])
    fee_accrued, maker_ppm, taker_ppm, held_minor = row[20:]
    order = Order(
        event.order_id,
        state.ledger.accounts[event.account],
        state.books[event.symbol],
        event.side,
        event.order_type,
        event.time_in_force,
        event.post_only,
        event.stp,
        event.price_ticks,
        event.quantity_lots,
        event.quote_amount_minor,
        event.client_order_id,
        maker_ppm,
        taker_ppm,
        event.created_ns,
    )
    order.filled_lots = event.filled_lots
    order.filled_notional_minor = event.filled_notional_minor
    order.fee_minor = event.fee_minor
    order.fee_accrued = fee_accrued
    order.held_minor = held_minor
    order.status = event.status
    order.updated_ns = event.updated_ns
    order.book.side(order.side).add(order)
    state.orders.add(order)


def _entry(row: list[Any]) -> Entry:
    command, sequence, now_ns, events = row
    return _tuples(command), sequence, now_ns, _tuples(events)


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    """JSON arrays back to the tuples they were, all the way down."""
    return tuple([_tuples(item) if isinstance(item, list) else item for item in value])
