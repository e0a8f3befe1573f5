"""What the events of one command mean to those who read: a pure step, without a loop, a socket or a clock.

``step`` gives each message with the topic it belongs to; the hub publishes them. Nothing given is changed.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from exchange.engine.messages import (
    CALL_STATUSES,
    EV_ASSET,
    EV_BALANCE,
    EV_INDICATIVE,
    EV_LEVEL,
    EV_ORDER,
    EV_SYMBOL,
    EV_TRADE,
    NO_SIDE,
    Event,
    SymbolEvent,
)
from exchange.engine.messages.places import (
    ASSET_NAME,
    BALANCE_ACCOUNT,
    BALANCE_ASSET,
    INDICATIVE_SYMBOL,
    LEVEL_SYMBOL,
    ORDER_ACCOUNT,
    ORDER_SYMBOL,
    SYMBOL_NAME,
    TRADE_MAKER_ACCOUNT,
    TRADE_SYMBOL,
    TRADE_TAKER_ACCOUNT,
)
from exchange.listing.symbol_table import SymbolTable, spec_of
from exchange.wire.rendering import (
    render_balance,
    render_fill,
    render_indication,
    render_order,
    render_symbol,
    render_trade,
)
from web.live.topics import Body

BOOK: Final = "book"
TRADES: Final = "trades"
SYMBOLS: Final = "symbols"
AUCTION: Final = "auction"
ORDERS: Final = "orders"
FILLS: Final = "fills"
BALANCES: Final = "balances"
#: No channel: an asset or symbol as it is from now on, for the tables of this process.
DEFINITIONS: Final = "definitions"

#: Channel; symbol, or account of a private channel; message. A message is a body, what makes one (trades,
#: which are written only for those who read them), or an event (levels of a book, definitions).
Told = tuple[str, Any, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What the step looks things up in."""

    #: As of the command before.
    symbols: SymbolTable
    #: Accounts that are read here: the others' private messages are not made.
    accounts: Container[int]
    #: What is known of auctions under way, by symbol.
    indications: Mapping[str, Body]


def step(events: Sequence[Event], known: Known, sequence: int, now_ns: int) -> list[Told]:
    """Every message that the events of the command ``sequence`` cause, in their order."""
    told: list[Told] = []
    tell, accounts = told.append, known.accounts
    for event in events:
        tag = event[0]
        if tag == EV_LEVEL:
            tell((BOOK, event[LEVEL_SYMBOL], event))
        elif tag == EV_ORDER:
            if event[ORDER_ACCOUNT] in accounts:
                spec = known.symbols.get(event[ORDER_SYMBOL])
                tell((ORDERS, event[ORDER_ACCOUNT], {"type": "order", **render_order(event, spec)}))
        elif tag == EV_BALANCE:
            if event[BALANCE_ACCOUNT] in accounts:
                scale = known.symbols.asset_scale(event[BALANCE_ASSET])
                tell((BALANCES, event[BALANCE_ACCOUNT], {"type": "balance", **render_balance(event, scale)}))
        elif tag == EV_TRADE:
            tell((TRADES, event[TRADE_SYMBOL], partial(trade_body, event, known.symbols, sequence, now_ns)))
            for is_taker, account in (
                (True, event[TRADE_TAKER_ACCOUNT]),
                (False, event[TRADE_MAKER_ACCOUNT]),
            ):
                if account in accounts:
                    tell((FILLS, account, _fill_body(event, known, is_taker, now_ns)))
        elif tag in (EV_SYMBOL, EV_INDICATIVE, EV_ASSET):
            told.extend(_rare(event, known, told))
    return told


def _rare(event: Event, known: Known, told: list[Told]) -> list[Told]:
    """Of an event that few commands have. ``told``: what came before it in the same command."""
    tag = event[0]
    if tag == EV_INDICATIVE:
        return [(AUCTION, event[INDICATIVE_SYMBOL], indicative_body(event, known.symbols))]
    if tag == EV_ASSET:
        return [(DEFINITIONS, event[ASSET_NAME], event)]
    name = event[SYMBOL_NAME]
    found: list[Told] = [(SYMBOLS, name, _symbol_body(event, known))]
    was_indicated = name in known.indications or any(item[:2] == (AUCTION, name) for item in told)
    if was_indicated and SymbolEvent(*event).status not in CALL_STATUSES:
        found.append((AUCTION, name, no_indication(name, known.symbols)))
    return [*found, (DEFINITIONS, name, event)]


def trade_body(event: Event, symbols: SymbolTable, sequence: int, now_ns: int) -> Body:
    """A public trade."""
    return {
        "type": "trade",
        **render_trade(event, symbols.get(event[TRADE_SYMBOL]), sequence=sequence, time_ns=now_ns),
    }


def indicative_body(event: Event, symbols: SymbolTable) -> Body:
    """Where an auction would trade now."""
    return {"type": "indicative", **render_indication(event, symbols.get(event[INDICATIVE_SYMBOL]))}


def no_indication(name: str, symbols: SymbolTable) -> Body:
    """The same where there is no auction, or none has been heard of."""
    return indicative_body((EV_INDICATIVE, name, 0, 0, NO_SIDE, 0), symbols)


def _fill_body(event: Event, known: Known, is_taker: bool, now_ns: int) -> Body:
    body = render_fill(event, known.symbols.get(event[TRADE_SYMBOL]), is_taker=is_taker, time_ns=now_ns)
    return {"type": "fill", **body}


def _symbol_body(event: Event, known: Known) -> Body:
    symbol = SymbolEvent(*event)
    scales = {asset: known.symbols.asset_scale(asset) for asset in (symbol.base, symbol.quote)}
    return {"type": "symbol", **render_symbol(spec_of(event, scales))}
