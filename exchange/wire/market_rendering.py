"""Trades, books and auctions as the public sees them, and balances. None names an order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from exchange.engine.messages import NO_SIDE, SIDES, BalanceEvent, IndicativeEvent, TradeEvent
from exchange.listing.symbol_table import SymbolSpec
from exchange.units.decimals import format_units
from exchange.wire.number_rendering import milliseconds, price_or_none
from exchange.wire.shape_parts import Json
from exchange.wire.shapes import Balance, Execution, as_json


def render_trade(event: Sequence[Any], spec: SymbolSpec, *, sequence: int, time_ns: int) -> Json:
    """A trade as the public sees it; ``side`` is the aggressor's, null in an auction."""
    trade = TradeEvent(*event)
    return render_public_trade(
        spec,
        trade_id=trade.trade_id,
        price_ticks=trade.price_ticks,
        quantity_lots=trade.quantity_lots,
        taker_side=trade.taker_side,
        sequence=sequence,
        time_ns=time_ns,
    )


def render_public_trade(
    spec: SymbolSpec,
    *,
    trade_id: int,
    price_ticks: int,
    quantity_lots: int,
    taker_side: int,
    sequence: int,
    time_ns: int,
) -> Json:
    """The public view of a trade from its fields, for readers that hold rows instead of events."""
    return as_json(
        Execution(
            execution_id=str(trade_id),
            symbol=spec.symbol,
            price=format_units(price_ticks, spec.price_scale),
            quantity=format_units(quantity_lots, spec.quantity_scale),
            side=None if taker_side == NO_SIDE else SIDES[taker_side],
            timestamp=milliseconds(time_ns),
            sequence=sequence,
        )
    )


def render_balance(event: Sequence[Any], scale: int) -> Json:
    """A balance in one asset; ``scale`` is the asset's."""
    balance = BalanceEvent(*event)
    return as_json(
        Balance(
            asset=balance.asset,
            available=format_units(balance.available_minor, scale),
            held=format_units(balance.held_minor, scale),
        )
    )


def render_levels(levels: Iterable[tuple[int, int]], spec: SymbolSpec) -> list[list[str]]:
    """Book levels ``(price_ticks, quantity_lots)`` as ``[price, quantity]`` pairs, order kept."""
    return [
        [format_units(price, spec.price_scale), format_units(lots, spec.quantity_scale)]
        for price, lots in levels
    ]


def render_indication(event: Sequence[Any], spec: SymbolSpec) -> Json:
    """Where an auction would trade as the book stands; price null where nothing would."""
    indicative = IndicativeEvent(*event)
    side = indicative.surplus_side
    return {
        "price": price_or_none(indicative.price_ticks, spec),
        "quantity": format_units(indicative.quantity_lots, spec.quantity_scale),
        "surplus_side": None if side == NO_SIDE else SIDES[side],
        "surplus_quantity": format_units(indicative.surplus_lots, spec.quantity_scale),
    }
