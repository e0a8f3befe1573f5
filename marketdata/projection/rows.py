"""From events to database rows, coalesced: within one write a row appears once, as it ends up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from exchange.catalog import asset_name, symbol_name
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
    NO_SIDE,
    SELL,
    AccountEvent,
    Command,
    Event,
    Protection,
    RejectedEvent,
    SymbolEvent,
    TradeEvent,
    TransferEvent,
)
from exchange.models.control import COMMAND_PREFIX
from exchange.orderextra import PLAIN_ORDER_FIELDS, extra_text
from exchange.services import details_of
from marketdata.trades import PublicTrade

Row = tuple[Any, ...]

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
    trades: list[PublicTrade] = field(default_factory=list)
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
    """What turns ticks and lots into minor units, by symbol."""

    def __init__(self) -> None:
        self._assets: dict[str, int] = {}
        #: symbol -> base minor units in one lot
        self.base_per_lot: dict[str, int] = {}
        #: symbol -> quote minor units in one tick x lot
        self.multiplier: dict[str, int] = {}

    def notional_minor(self, trade: PublicTrade) -> int:
        return trade.price_ticks * trade.quantity_lots * self.multiplier[trade.symbol]

    def put_asset(self, event: Event) -> None:
        self._assets[event[1]] = event[2]

    def put_symbol(self, event: Event) -> None:
        symbol = SymbolEvent(*event)
        self.base_per_lot[symbol.symbol] = 10 ** (self._assets[symbol.base] - symbol.quantity_scale)
        scale = self._assets[symbol.quote] - symbol.price_scale - symbol.quantity_scale
        self.multiplier[symbol.symbol] = 10**scale


def collect(
    rows: Rows, scales: Scales, sequence: int, now_ns: int, command: Command, events: list[Event]
) -> None:
    """Add the events of one command."""
    for event in events:
        tag = event[0]
        if tag == EV_ORDER:
            rows.orders[event[1]] = (event, sequence)
        elif tag == EV_BALANCE:
            rows.balances[event[1], event[2]] = (event, sequence)
        elif tag == EV_LEVEL:
            rows.books.add(event[1])
        elif tag == EV_TRADE:
            _collect_trade(rows, scales, sequence, now_ns, event)
        else:
            _collect_control(rows, scales, sequence, now_ns, event)
    if len(command) > 1 and command[1].startswith(COMMAND_PREFIX):
        _collect_answer(rows, sequence, now_ns, command, events)


def _collect_control(rows: Rows, scales: Scales, sequence: int, now_ns: int, event: Event) -> None:
    tag = event[0]
    if tag == EV_TRANSFER:
        rows.transfers.append(_transfer_row(event, sequence, now_ns))
    elif tag == EV_SYMBOL:
        scales.put_symbol(event)
        rows.symbols[event[1]] = (event, sequence)
    elif tag == EV_ASSET:
        scales.put_asset(event)
        rows.assets[event[1]] = event
    elif tag == EV_ACCOUNT:
        if event[1] >= FIRST_TRADER_ACCOUNT:
            rows.accounts[event[1]] = event
    elif tag == EV_FEES:
        rows.fee_overrides[event[1], event[2]] = event


def _collect_trade(rows: Rows, scales: Scales, sequence: int, now_ns: int, event: Event) -> None:
    trade = TradeEvent(*event)
    base_minor = trade.quantity_lots * scales.base_per_lot[trade.symbol]
    # Of an auction's trade the buyer stands in the taker's fields.
    taker_side = BUY if trade.taker_side == NO_SIDE else trade.taker_side
    maker_side = SELL if taker_side == BUY else BUY
    rows.fills.append(_fill_row(trade, maker_side, False, event[12:17], base_minor, now_ns, sequence))
    rows.fills.append(_fill_row(trade, taker_side, True, event[7:12], base_minor, now_ns, sequence))
    rows.trades.append(
        PublicTrade(
            trade.trade_id,
            trade.symbol,
            trade.price_ticks,
            trade.quantity_lots,
            trade.taker_side,
            now_ns,
            sequence,
        )
    )


def _fill_row(
    trade: TradeEvent, side: int, is_taker: bool, party: Row, base_minor: int, now_ns: int, sequence: int
) -> Row:
    """In the order of ``tables.FILLS``; ``party`` is order, account, fee and the two totals after."""
    order_id, account, fee_minor, base_after, quote_after = party
    notional_minor = trade.notional_minor
    return (
        trade.trade_id * 2 + is_taker,
        trade.trade_id,
        order_id,
        account,
        trade.symbol,
        side,
        is_taker,
        trade.price_ticks,
        trade.quantity_lots,
        notional_minor,
        fee_minor,
        base_minor if side == BUY else -base_minor,
        (notional_minor if side == SELL else -notional_minor) - fee_minor,
        base_after,
        quote_after,
        now_ns,
        sequence,
        trade.taker_side == NO_SIDE,
    )


def _collect_answer(rows: Rows, sequence: int, now_ns: int, command: Command, events: list[Event]) -> None:
    """Commands named after a change request say what became of it."""
    number = command[1].removeprefix(COMMAND_PREFIX)
    if not (number.isascii() and number.isdigit()):
        return
    code, details = "", {}
    if events and events[0][0] == EV_REJECTED:
        refused = RejectedEvent(*events[0])
        code, details = refused.code, details_of(refused)
    rows.answered.append(Answered(int(number), code, details, sequence, now_ns))


def order_row(event: Event, sequence: int) -> Row:
    """In the order of ``tables.ORDERS``."""
    if len(event) == PLAIN_ORDER_FIELDS:
        return (*event[1:], sequence, None)
    *plain, extra = event[1:]
    return (*plain, sequence, None if extra is None else extra_text(extra))


def _transfer_row(event: Event, sequence: int, now_ns: int) -> Row:
    transfer = TransferEvent(*event)
    return (
        sequence,
        transfer.kind,
        transfer.account,
        transfer.asset,
        transfer.amount_minor,
        transfer.balance_after_minor,
        now_ns,
        transfer.command_id,
    )


def account_row(event: Event, created_at: Any) -> Row:
    """In the order of ``tables.ACCOUNTS``."""
    account = AccountEvent(*event)
    return (account.account, account.status, account.group, False, created_at)


def asset_row(event: Event) -> Row:
    """In the order of ``tables.ASSETS``."""
    return (event[1], asset_name(event[1]), event[2])


def symbol_row(event: Event, sequence: int) -> Row:
    """In the order of ``tables.SYMBOLS``: the event's fields after the tag with the protection's among them, then
    name and sequence."""
    symbol = SymbolEvent(*event)
    *fields, _, call_ends_ns = symbol[1:]
    fields[5] = json.dumps(symbol.tick_bands)
    fields[-1] = symbol.status_reason[:MAX_REASON]
    protection = Protection(*(symbol.protection or ()))
    return (*fields, *protection, call_ends_ns, symbol_name(symbol.symbol), sequence)
