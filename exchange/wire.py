"""Engine events as the dictionaries that go over the wire: REST, WebSocket and market data alike.

Every function takes plain event tuples (or their named views) and the symbol's spec, and returns a
dictionary ready for any JSON encoder. Names and shapes are those of the wire contract: decimals are
strings, ids are strings, times are integer milliseconds UTC. Public dictionaries (trades, symbols,
levels) name no account and no order id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from exchange.decimals import format_ratio, format_units, parse_units
from exchange.engine.messages import (
    EV_ORDER,
    EV_REJECTED,
    EV_TRADE,
    MARKET,
    ORDER_STATUSES,
    ORDER_TYPES,
    REASONS,
    SIDES,
    STP_MODES,
    SYMBOL_STATUSES,
    TIMES_IN_FORCE,
    BalanceEvent,
    OrderEvent,
    RejectedEvent,
    TradeEvent,
)
from exchange.errors import FIELD_OF, RefusedError
from exchange.symbols import SymbolSpec

__all__ = [
    "balance_dict",
    "execution_dict",
    "fee_rate",
    "fill_dict",
    "format_units",
    "level_pairs",
    "milliseconds",
    "order_dict",
    "order_reply",
    "parse_units",
    "raise_if_rejected",
    "symbol_dict",
    "trade_dict",
]

Json = dict[str, Any]

#: Decimals of an average price beyond those of the symbol's prices.
AVERAGE_EXTRA_DECIMALS: Final = 4
#: Decimals of a fee rate: a ppm is a millionth.
RATE_SCALE: Final = 6
_NS_PER_MS: Final = 1_000_000


def milliseconds(time_ns: int) -> int:
    """Wire time of an engine time."""
    return time_ns // _NS_PER_MS


def fee_rate(ppm: int) -> str:
    """A rate as a decimal fraction: 500 ppm is ``"0.0005"`` (0.05 %)."""
    return format_units(ppm, RATE_SCALE)


def order_dict(event: Sequence[Any], spec: SymbolSpec) -> Json:
    """An order as its owner sees it. A market order has no price; a quote-amount buy no quantity."""
    order = OrderEvent(*event)
    quantity = None if order.quote_amount_minor else order.quantity_lots
    remaining = None if quantity is None else quantity - order.filled_lots
    return {
        "order_id": str(order.order_id),
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": SIDES[order.side],
        "order_type": ORDER_TYPES[order.order_type],
        "time_in_force": TIMES_IN_FORCE[order.time_in_force],
        "post_only": bool(order.post_only),
        "stp": STP_MODES[order.stp],
        "price": None if order.order_type == MARKET else format_units(order.price_ticks, spec.price_scale),
        "quantity": _lots(quantity, spec),
        "quote_amount": _quote(order.quote_amount_minor, spec) if order.quote_amount_minor else None,
        "filled_quantity": _lots(order.filled_lots, spec),
        "remaining_quantity": _lots(remaining, spec),
        "filled_amount": _quote(order.filled_notional_minor, spec),
        "average_price": average_price(order.filled_notional_minor, order.filled_lots, spec),
        "fee": _quote(order.fee_minor, spec),
        "fee_asset": spec.quote,
        "status": ORDER_STATUSES[order.status],
        "reason": REASONS[order.reason] or None,
        "created_at": milliseconds(order.created_ns),
        "updated_at": milliseconds(order.updated_ns),
    }


def average_price(notional_minor: int, quantity_lots: int, spec: SymbolSpec) -> str | None:
    """Notional over quantity, rounded half up to four decimals more than prices have; None unfilled."""
    if not quantity_lots:
        return None
    ticks_per_unit = quantity_lots * spec.multiplier * 10**spec.price_scale
    return format_ratio(notional_minor, ticks_per_unit, spec.price_scale + AVERAGE_EXTRA_DECIMALS)


def fill_dict(event: Sequence[Any], spec: SymbolSpec, *, is_taker: bool, time_ns: int) -> Json:
    """One side of a trade, as the owner of that side sees it."""
    trade = TradeEvent(*event)
    order_id = trade.taker_order_id if is_taker else trade.maker_order_id
    fee_minor = trade.taker_fee_minor if is_taker else trade.maker_fee_minor
    side = trade.taker_side if is_taker else 1 - trade.taker_side
    return {
        "trade_id": str(trade.trade_id),
        "order_id": str(order_id),
        "symbol": trade.symbol,
        "side": SIDES[side],
        "price": format_units(trade.price_ticks, spec.price_scale),
        "quantity": format_units(trade.quantity_lots, spec.quantity_scale),
        "amount": _quote(trade.notional_minor, spec),
        "fee": _quote(fee_minor, spec),
        "fee_asset": spec.quote,
        "liquidity": "taker" if is_taker else "maker",
        "timestamp": milliseconds(time_ns),
    }


def trade_dict(event: Sequence[Any], spec: SymbolSpec, *, sequence: int, time_ns: int) -> Json:
    """A trade as the public sees it; ``side`` is the aggressor's."""
    trade = TradeEvent(*event)
    return execution_dict(
        spec,
        trade_id=trade.trade_id,
        price_ticks=trade.price_ticks,
        quantity_lots=trade.quantity_lots,
        taker_side=trade.taker_side,
        sequence=sequence,
        time_ns=time_ns,
    )


def execution_dict(
    spec: SymbolSpec,
    *,
    trade_id: int,
    price_ticks: int,
    quantity_lots: int,
    taker_side: int | None,
    sequence: int,
    time_ns: int,
) -> Json:
    """The public view of a trade from its fields, for readers that hold rows instead of events."""
    return {
        "execution_id": str(trade_id),
        "symbol": spec.name,
        "price": format_units(price_ticks, spec.price_scale),
        "quantity": format_units(quantity_lots, spec.quantity_scale),
        "side": None if taker_side is None else SIDES[taker_side],
        "timestamp": milliseconds(time_ns),
        "sequence": sequence,
    }


def balance_dict(event: Sequence[Any], scale: int) -> Json:
    """A balance in one asset; ``scale`` is the asset's."""
    balance = BalanceEvent(*event)
    return {
        "asset": balance.asset,
        "available": format_units(balance.available_minor, scale),
        "held": format_units(balance.held_minor, scale),
    }


def level_pairs(levels: Iterable[tuple[int, int]], spec: SymbolSpec) -> list[list[str]]:
    """Book levels ``(price_ticks, quantity_lots)`` as ``[price, quantity]`` pairs, order kept."""
    return [
        [format_units(price, spec.price_scale), format_units(lots, spec.quantity_scale)]
        for price, lots in levels
    ]


def symbol_dict(spec: SymbolSpec) -> Json:
    """A symbol with everything a client needs to send orders that pass."""
    return {
        "symbol": spec.name,
        "base_asset": spec.base,
        "quote_asset": spec.quote,
        "status": SYMBOL_STATUSES[spec.status],
        "status_reason": spec.status_reason or None,
        "base_scale": spec.base_scale,
        "quote_scale": spec.quote_scale,
        "price_scale": spec.price_scale,
        "quantity_scale": spec.quantity_scale,
        "tick_bands": [
            {
                "from_price": format_units(start, spec.price_scale),
                "tick_size": format_units(step, spec.price_scale),
            }
            for start, step in spec.tick_bands
        ],
        "lot_size": format_units(spec.lot_step, spec.quantity_scale),
        "min_quantity": format_units(spec.min_quantity_lots, spec.quantity_scale),
        "max_quantity": format_units(spec.max_quantity_lots, spec.quantity_scale),
        "min_price": format_units(spec.min_price_ticks, spec.price_scale),
        "max_price": format_units(spec.max_price_ticks, spec.price_scale),
        "min_notional": _quote(spec.min_notional_minor, spec),
        "maker_fee_rate": fee_rate(spec.maker_ppm),
        "taker_fee_rate": fee_rate(spec.taker_ppm),
        "max_open_orders": spec.max_open_orders,
    }


# --- replies to commands ---------------------------------------------------------------------------


def raise_if_rejected(events: Sequence[Sequence[Any]], spec: SymbolSpec | None = None) -> None:
    """Raise the engine's refusal, if that is what the events are."""
    if events and events[0][0] == EV_REJECTED:
        raise refusal(events[0], spec)


def refusal(event: Sequence[Any], spec: SymbolSpec | None = None) -> RefusedError:
    """The error of a rejected event. With the symbol known, integers in its details (``price_ticks``,
    ``quantity_lots``, ``required_minor``) become wire decimals (``price``, ``quantity``, ``required``)."""
    rejected = RejectedEvent(*event)
    pairs = iter(rejected.details)
    details = {str(name): value for name, value in zip(pairs, pairs, strict=False)}
    if spec is not None:
        details = _with_decimals(details, spec)
    if rejected.code in FIELD_OF:
        details.setdefault("field", FIELD_OF[rejected.code])
    return RefusedError(rejected.code, details)


def _with_decimals(details: Json, spec: SymbolSpec) -> Json:
    """Details with each integer in its unit written as the decimal it stands for."""
    scales = {
        "_ticks": spec.price_scale,
        "_lots": spec.quantity_scale,
        "_minor": spec.base_scale if details.get("asset") == spec.base else spec.quote_scale,
    }
    readable: Json = {}
    for name, value in details.items():
        suffix = next((suffix for suffix in scales if name.endswith(suffix)), None)
        if suffix is None:
            readable[name] = value
        else:
            readable[name.removesuffix(suffix)] = format_units(int(value), scales[suffix])
    return readable


def order_reply(sequence: int, now_ns: int, events: Sequence[Sequence[Any]], spec: SymbolSpec) -> Json:
    """The reply to one placed, canceled, reduced or replaced order: its real outcome.

    Raises the engine's refusal. ``now_ns`` is the time of the command, hence of its fills.
    """
    raise_if_rejected(events, spec)
    order = next(event for event in events if event[0] == EV_ORDER)
    fills = [
        fill_dict(event, spec, is_taker=True, time_ns=now_ns) for event in events if event[0] == EV_TRADE
    ]
    return {"order": order_dict(order, spec), "fills": fills, "sequence": sequence}


def _lots(lots: int | None, spec: SymbolSpec) -> str | None:
    return None if lots is None else format_units(lots, spec.quantity_scale)


def _quote(minor: int, spec: SymbolSpec) -> str:
    return format_units(minor, spec.quote_scale)
