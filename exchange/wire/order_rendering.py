"""Orders and fills as their owner sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exchange.engine.messages import (
    BUY,
    NO_SIDE,
    NO_TRIGGER,
    NOT_SECOND,
    OPEN_STATUSES,
    ORDER_STATUSES,
    PEGS,
    REASONS,
    SELL,
    SIDES,
    STP_MODES,
    TIMES_IN_FORCE,
    TRIGGER_SOURCES,
    OrderExtra,
)
from exchange.listing.symbol_table import SymbolSpec
from exchange.units.decimals import format_units
from exchange.wire.number_rendering import average_price, percent, price_or_none, time_or_none
from exchange.wire.order_kinds import kind_word, liquidity
from exchange.wire.shape_parts import Json
from exchange.wire.shapes import Fill, Order, SimpleOrder, as_json

_NS_PER_MS = 1_000_000


def render_order(event: Sequence[Any], spec: SymbolSpec) -> Json:
    """``order_shape`` as a dictionary."""
    return as_json(order_shape(event, spec))


def order_shape(event: Sequence[Any], spec: SymbolSpec) -> SimpleOrder:
    """An order as its owner sees it. A market order has the price of its own limit, if any; an order by quote
    amount no quantity. Only an order with order options has their fields."""
    # The fields of OrderEvent, taken apart in one go, and those of the shape in their order: this is done for
    # every reply, and names on either way would cost more than all the rest.
    (
        _, order_id, _, client_order_id, symbol, side, order_type, time_in_force, post_only, stp,
        price_ticks, quantity_lots, quote_amount_minor, filled_lots, filled_notional_minor, fee_minor,
        status, reason, created_ns, updated_ns, *more
    ) = event  # fmt: skip
    options = OrderExtra(*more[0]) if more and more[0] is not None else None
    lots_scale, quote_scale = spec.quantity_scale, spec.quote_scale
    is_by_quantity = not quote_amount_minor
    simple = (
        str(order_id),
        client_order_id,
        symbol,
        SIDES[side],
        kind_word(order_type, options),
        TIMES_IN_FORCE[time_in_force],
        bool(post_only),
        STP_MODES[stp],
        format_units(price_ticks, spec.price_scale) if price_ticks else None,
        format_units(quantity_lots, lots_scale) if is_by_quantity else None,
        None if is_by_quantity else format_units(quote_amount_minor, quote_scale),
        format_units(filled_lots, lots_scale),
        format_units(_remaining(quantity_lots - filled_lots, options), lots_scale)
        if is_by_quantity
        else None,
        format_units(filled_notional_minor, quote_scale),
        average_price(filled_notional_minor, filled_lots, spec) if filled_lots else None,
        format_units(fee_minor, quote_scale),
        spec.quote,
        ORDER_STATUSES[status],
        REASONS[reason] or None,
        created_ns // _NS_PER_MS,
        updated_ns // _NS_PER_MS,
    )
    if options is None:
        return SimpleOrder(*simple)
    return Order(*simple, *_order_options(options, status, spec))


def _remaining(lots: int, options: OrderExtra | None) -> int:
    """What of an order's quantity is left, without what self-trade prevention took off it. Orders from before
    rules version 4 may report more of that than their quantity."""
    return lots if options is None else max(0, lots - options.prevented_lots)


def _order_options(options: OrderExtra, status: int, spec: SymbolSpec) -> tuple[Any, ...]:
    """The order options, in the order of their fields in ``Order``."""
    has_trigger = options.trigger != NO_TRIGGER
    is_pending = options.second != NOT_SECOND
    take_profit, stop, stop_limit, _ = options.exits or (0, 0, 0, 0)
    return (
        status in OPEN_STATUSES and (is_pending or (has_trigger and not options.triggered_ns)),
        price_or_none(options.trigger_ticks, spec),
        TRIGGER_SOURCES[options.trigger_source] if has_trigger else None,
        price_or_none(options.trail_ticks, spec),
        percent(options.trail_ppm) if options.trail_ppm else None,
        time_or_none(options.triggered_ns),
        format_units(options.display_lots, spec.quantity_scale) if options.display_lots else None,
        time_or_none(options.expire_ns),
        format_units(options.prevented_lots, spec.quantity_scale),
        str(options.linked_order_id) if options.linked_order_id else None,
        str(options.entry_order_id) if options.entry_order_id else None,
        price_or_none(take_profit, spec),
        price_or_none(stop, spec),
        price_or_none(stop_limit, spec),
        options.session is not None,
        format_units(options.min_lots, spec.quantity_scale) if options.min_lots else None,
        is_pending and status in OPEN_STATUSES,
        options.quote_id,
        PEGS[options.peg] or None,
        format_units(options.peg_offset_ticks, spec.price_scale) if options.peg else None,
    )


def render_fill(event: Sequence[Any], spec: SymbolSpec, *, is_taker: bool, time_ns: int) -> Json:
    """``fill_shape`` as a dictionary."""
    return as_json(fill_shape(event, spec, is_taker, time_ns))


def fill_shape(event: Sequence[Any], spec: SymbolSpec, is_taker: bool, time_ns: int) -> Fill:
    """One side of a trade, as the owner of that side sees it."""
    (
        _, trade_id, symbol, price_ticks, quantity_lots, taker_side, notional_minor,
        taker_order_id, _, taker_fee_minor, _, _, maker_order_id, _, maker_fee_minor, _, _
    ) = event  # fmt: skip
    is_auction = taker_side == NO_SIDE
    # Of an auction's trade the buyer stands in the taker's place.
    side = BUY if is_auction else taker_side
    return Fill(
        str(trade_id),
        str(taker_order_id if is_taker else maker_order_id),
        symbol,
        SIDES[side if is_taker else BUY + SELL - side],
        format_units(price_ticks, spec.price_scale),
        format_units(quantity_lots, spec.quantity_scale),
        format_units(notional_minor, spec.quote_scale),
        format_units(taker_fee_minor if is_taker else maker_fee_minor, spec.quote_scale),
        spec.quote,
        liquidity(is_taker=is_taker, is_auction=is_auction),
        time_ns // _NS_PER_MS,
    )
