"""From events to database rows, coalesced: within one write a row appears once, as it ends up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from exchange.control.services import details_of
from exchange.engine.messages import (
    BUY,
    EV_ACCOUNT,
    EV_ASSET,
    EV_BALANCE,
    EV_FEES,
    EV_LEVEL,
    EV_ORDER,
    EV_REJECTED,
    EV_SYMBOL,
    EV_TRADE,
    EV_TRANSFER,
    FIRST_TRADER_ACCOUNT,
    MOVED_IN,
    NO_SIDE,
    SELL,
    TICK,
    AccountEvent,
    Command,
    Event,
    Protection,
    RejectedEvent,
    SymbolEvent,
    TransferEvent,
)
from exchange.engine.messages.places import (
    ACCOUNT_NUMBER,
    ASSET_NAME,
    ASSET_SCALE,
    BALANCE_ACCOUNT,
    BALANCE_ASSET,
    COMMAND_ID,
    FEES_ACCOUNT,
    FEES_SYMBOL,
    LEVEL_SYMBOL,
    ORDER_ID,
    SYMBOL_NAME,
    TRADE_SYMBOL,
)
from exchange.link.follower import Batch
from exchange.listing.catalog import asset_name, symbol_name
from exchange.models.accounts import transfer_key
from exchange.models.change_requests import COMMAND_PREFIX
from exchange.models.order_options import SIMPLE_ORDER_FIELDS, options_text
from marketdata.feed.rings import CAPACITY
from marketdata.trades import PublicTrade

Row = tuple[Any, ...]
Traded = tuple[Event, int, int]

#: The table's width; the engine takes longer reasons from its own console.
MAX_REASON = 200


class Answered(NamedTuple):
    """What the engine made of a change request; ``refusal_code`` is empty when it was applied."""

    request_id: int
    refusal_code: str
    refusal_details: dict[str, Any]
    sequence: int
    time_ns: int


@dataclass(slots=True)
class Rows:
    """Everything one write changes, keyed as the tables are."""

    orders: dict[int, tuple[Event, int]] = field(default_factory=dict)
    fills: list[Row] = field(default_factory=list)
    #: (trade event, its time, its sequence)
    trades: list[Traded] = field(default_factory=list)
    transfers: list[Row] = field(default_factory=list)
    balances: dict[tuple[int, str], tuple[Event, int]] = field(default_factory=dict)
    assets: dict[str, Event] = field(default_factory=dict)
    symbols: dict[str, tuple[Event, int]] = field(default_factory=dict)
    accounts: dict[int, Event] = field(default_factory=dict)
    fee_overrides: dict[tuple[str, int], Event] = field(default_factory=dict)
    answered: list[Answered] = field(default_factory=list)
    #: Symbols whose books changed: their best prices may have moved.
    books: set[str] = field(default_factory=set)


class Scales:
    """What turns lots into minor units, by symbol."""

    def __init__(self) -> None:
        self._assets: dict[str, int] = {}
        #: symbol -> base minor units in one lot
        self.base_per_lot: dict[str, int] = {}
        #: symbol -> quote minor units in one tick x lot
        self.multiplier: dict[str, int] = {}

    def put_asset(self, event: Event) -> None:
        self._assets[event[ASSET_NAME]] = event[ASSET_SCALE]

    def put_symbol(self, event: Event) -> None:
        symbol = SymbolEvent(*event)
        self.base_per_lot[symbol.symbol] = 10 ** (self._assets[symbol.base] - symbol.quantity_scale)


def collect(rows: Rows, scales: Scales, batch: Batch) -> None:
    """Add one batch. Most of all events are balances, levels and orders: of each the last word counts."""
    orders, balances, books = rows.orders, rows.balances, rows.books
    sequence, now_ns = batch.first_sequence, batch.now_ns
    for command, events in zip(batch.commands, batch.events, strict=True):
        for event in events:
            tag = event[0]
            if tag == EV_BALANCE:
                balances[event[BALANCE_ACCOUNT], event[BALANCE_ASSET]] = (event, sequence)
            elif tag == EV_ORDER:
                orders[event[ORDER_ID]] = (event, sequence)
            elif tag == EV_LEVEL:
                books.add(event[LEVEL_SYMBOL])
            elif tag == EV_TRADE:
                rows.trades.append((event, now_ns, sequence))
                rows.fills += _fill_rows(event, scales.base_per_lot, now_ns, sequence)
            else:
                _collect_control(rows, scales, sequence, now_ns, event)
        # A tick has no id; in its place may be what an auction's random end is drawn with.
        if command[0] != TICK and command[COMMAND_ID].startswith(COMMAND_PREFIX):
            _collect_answer(rows, sequence, now_ns, command, events)
        sequence += 1


def _collect_control(rows: Rows, scales: Scales, sequence: int, now_ns: int, event: Event) -> None:
    tag = event[0]
    if tag == EV_TRANSFER:
        rows.transfers.append(_transfer_row(event, sequence, now_ns))
    elif tag == EV_SYMBOL:
        scales.put_symbol(event)
        rows.symbols[event[SYMBOL_NAME]] = (event, sequence)
    elif tag == EV_ASSET:
        scales.put_asset(event)
        rows.assets[event[ASSET_NAME]] = event
    elif tag == EV_ACCOUNT:
        if event[ACCOUNT_NUMBER] >= FIRST_TRADER_ACCOUNT:
            rows.accounts[event[ACCOUNT_NUMBER]] = event
    elif tag == EV_FEES:
        rows.fee_overrides[event[FEES_SYMBOL], event[FEES_ACCOUNT]] = event


def _fill_rows(event: Event, base_per_lot: dict[str, int], now_ns: int, sequence: int) -> tuple[Row, Row]:
    """Maker's and taker's side of a trade in the order of ``tables.FILLS``. Of an auction's trade the buyer
    stands in the taker's fields."""
    # fmt: off
    (
        _, trade_id, symbol, price_ticks, quantity_lots, aggressor, notional_minor,
        taker_order_id, taker, taker_fee, taker_base_after, taker_quote_after,
        maker_order_id, maker, maker_fee, maker_base_after, maker_quote_after,
    ) = event
    # fmt: on
    is_auction = aggressor == NO_SIDE
    if aggressor == SELL:
        taker_side, maker_side, notional = SELL, BUY, notional_minor
        base_minor = -quantity_lots * base_per_lot[symbol]
    else:
        taker_side, maker_side, notional = BUY, SELL, -notional_minor
        base_minor = quantity_lots * base_per_lot[symbol]
    # fmt: off
    made = (
        trade_id * 2, trade_id, maker_order_id, maker, symbol, maker_side, False, price_ticks, quantity_lots,
        notional_minor, maker_fee, -base_minor, -notional - maker_fee, maker_base_after, maker_quote_after,
        now_ns, sequence, is_auction,
    )
    taken = (
        trade_id * 2 + 1, trade_id, taker_order_id, taker, symbol, taker_side, True, price_ticks,
        quantity_lots, notional_minor, taker_fee, base_minor, notional - taker_fee, taker_base_after,
        taker_quote_after, now_ns, sequence, is_auction,
    )
    # fmt: on
    return made, taken


def _collect_answer(rows: Rows, sequence: int, now_ns: int, command: Command, events: list[Event]) -> None:
    """Commands named after a change request say what became of it."""
    number = command[COMMAND_ID].removeprefix(COMMAND_PREFIX)
    if not (number.isascii() and number.isdigit()):
        return
    code, details = "", {}
    if events and events[0][0] == EV_REJECTED:
        refused = RejectedEvent(*events[0])
        code, details = refused.code, details_of(refused)
    rows.answered.append(Answered(int(number), code, details, sequence, now_ns))


def public_trades(trades: Sequence[Traded]) -> list[PublicTrade]:
    """The last trades of each symbol, as many as anyone keeps, in their order."""
    left: dict[str, int] = {}
    found = []
    for event, now_ns, sequence in reversed(trades):
        symbol = event[TRADE_SYMBOL]
        left[symbol] = remaining = left.get(symbol, CAPACITY) - 1
        if remaining >= 0:
            trade_id, symbol, price_ticks, quantity_lots, side = event[1:6]
            found.append(PublicTrade(trade_id, symbol, price_ticks, quantity_lots, side, now_ns, sequence))
    found.reverse()
    return found


def order_rows(rows: Rows) -> list[Row]:
    """In the order of ``tables.ORDERS``."""
    return [
        (*event[1:], sequence, None)
        if len(event) == SIMPLE_ORDER_FIELDS
        else _row_with_options(event, sequence)
        for event, sequence in rows.orders.values()
    ]


def _row_with_options(event: Event, sequence: int) -> Row:
    """The row of an order with order options."""
    options = event[-1]
    return (*event[1:-1], sequence, None if options is None else options_text(options))


def balance_rows(rows: Rows) -> list[Row]:
    """In the order of ``tables.BALANCES``."""
    return [(*event[1:], sequence) for event, sequence in rows.balances.values()]


def _transfer_row(event: Event, sequence: int, now_ns: int) -> Row:
    """In the order of ``tables.TRANSFERS``."""
    transfer = TransferEvent(*event)
    return (
        transfer_key(sequence, is_receiver=transfer.kind == MOVED_IN),
        transfer.kind,
        transfer.account,
        transfer.asset,
        transfer.amount_minor,
        transfer.balance_after_minor,
        now_ns,
        transfer.command_id,
        sequence,
        transfer.counter_account,
        transfer.memo,
        transfer.withdrawal_id,
        transfer.fee_minor,
    )


def account_row(event: Event, created_at: Any) -> Row:
    """In the order of ``tables.ACCOUNTS``."""
    account = AccountEvent(*event)
    return (account.account, account.status, account.group, account.fee_plan, False, created_at)


def asset_row(event: Event) -> Row:
    """In the order of ``tables.ASSETS``."""
    return (event[ASSET_NAME], asset_name(event[ASSET_NAME]), event[ASSET_SCALE])


def symbol_row(event: Event, sequence: int) -> Row:
    """In the order of ``tables.SYMBOLS``: the event's fields after the tag with the protection's among them,
    then name and sequence."""
    symbol = SymbolEvent(*event)
    *fields, _, call_ends_ns = symbol[1:]
    fields[5] = json.dumps(symbol.tick_bands)
    fields[-1] = symbol.status_reason[:MAX_REASON]
    protection = Protection(*(symbol.protection or ()))
    return (*fields, *protection, call_ends_ns, symbol_name(symbol.symbol), sequence)
