"""Engine events as the dictionaries that go over the wire: REST, WebSocket and market data alike.

Every function takes plain event tuples (or their named views) and the symbol's spec, and returns a
dictionary ready for any JSON encoder. Names and shapes are those of the wire contract: decimals are
strings, ids are strings, times are integer milliseconds UTC. Public dictionaries (trades, symbols,
levels) name no account and no order id.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any, Final

from exchange.decimals import format_ratio, format_units, parse_units
from exchange.engine.messages import (
    BUY,
    EV_ORDER,
    EV_REJECTED,
    EV_TRADE,
    LIMIT,
    MARKET,
    NO_SIDE,
    NO_TRIGGER,
    OPEN_STATUSES,
    ORDER_STATUSES,
    REASONS,
    SELL,
    SIDES,
    STOP,
    STP_MODES,
    SYMBOL_STATUSES,
    TAKE_PROFIT,
    TIMES_IN_FORCE,
    TRAILING_STOP,
    TRIGGER_SOURCES,
    BalanceEvent,
    IndicativeEvent,
    OrderEvent,
    OrderExtra,
    RejectedEvent,
    TradeEvent,
)
from exchange.errors import FIELD_OF, RefusedError
from exchange.symbols import SymbolSpec
from exchange.wiretypes import ExtendedOrderShape, FillShape, OrderShape, as_json

__all__ = [
    "KIND_WORDS",
    "ORDER_KINDS",
    "balance_dict",
    "execution_dict",
    "fee_rate",
    "fill_dict",
    "format_units",
    "indicative_dict",
    "level_pairs",
    "liquidity",
    "milliseconds",
    "order_dict",
    "order_reply",
    "parse_units",
    "order_shape",
    "own_fills",
    "raise_if_rejected",
    "shaped_reply",
    "symbol_dict",
    "trade_dict",
]

Json = dict[str, Any]

#: Decimals of an average price beyond those of the symbol's prices.
AVERAGE_EXTRA_DECIMALS: Final = 4
#: Decimals of a fee rate: a ppm is a millionth.
RATE_SCALE: Final = 6
#: Decimals of a percentage.
PERCENT_SCALE: Final = 4
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000

#: What the wire calls an order, and what it is to the engine: a type, and what it waits for first.
ORDER_KINDS: Final = {
    "limit": (LIMIT, NO_TRIGGER),
    "market": (MARKET, NO_TRIGGER),
    "stop": (MARKET, STOP),
    "stop_limit": (LIMIT, STOP),
    "take_profit": (MARKET, TAKE_PROFIT),
    "take_profit_limit": (LIMIT, TAKE_PROFIT),
    "trailing_stop": (MARKET, TRAILING_STOP),
}
KIND_WORDS: Final = {kind: word for word, kind in ORDER_KINDS.items()}
#: The liquidity of an auction's fills: nobody took.
AUCTION: Final = "auction"


def milliseconds(time_ns: int) -> int:
    """Wire time of an engine time."""
    return time_ns // _NS_PER_MS


def fee_rate(ppm: int) -> str:
    """A rate as a decimal fraction: 500 ppm is ``"0.0005"`` (0.05 %)."""
    return format_units(ppm, RATE_SCALE)


def percent(ppm: int) -> str:
    """Millionths as a percentage: 1,500 ppm is ``"0.15"``."""
    return format_units(ppm, PERCENT_SCALE)


def order_dict(event: Sequence[Any], spec: SymbolSpec) -> Json:
    """``order_shape`` as a dictionary."""
    return as_json(order_shape(event, spec))


def order_shape(event: Sequence[Any], spec: SymbolSpec) -> OrderShape:
    """An order as its owner sees it. A market order has the price of its own limit, if any; an order by quote
    amount no quantity. Only an order with something beyond a plain one has the fields of the extended shape."""
    # The fields of OrderEvent, taken apart in one go, and those of the shape in their order: this is done for
    # every reply, and names on either way would cost more than all the rest.
    (
        _, order_id, _, client_order_id, symbol, side, order_type, time_in_force, post_only, stp,
        price_ticks, quantity_lots, quote_amount_minor, filled_lots, filled_notional_minor, fee_minor,
        status, reason, created_ns, updated_ns, *beyond
    ) = event  # fmt: skip
    extra = OrderExtra(*beyond[0]) if beyond and beyond[0] is not None else None
    lots_scale, quote_scale = spec.quantity_scale, spec.quote_scale
    is_by_quantity = not quote_amount_minor
    plain = (
        str(order_id),
        client_order_id,
        symbol,
        SIDES[side],
        KIND_WORDS[order_type, NO_TRIGGER if extra is None else extra.trigger],
        TIMES_IN_FORCE[time_in_force],
        bool(post_only),
        STP_MODES[stp],
        format_units(price_ticks, spec.price_scale) if price_ticks else None,
        format_units(quantity_lots, lots_scale) if is_by_quantity else None,
        None if is_by_quantity else format_units(quote_amount_minor, quote_scale),
        format_units(filled_lots, lots_scale),
        format_units(quantity_lots - filled_lots, lots_scale) if is_by_quantity else None,
        format_units(filled_notional_minor, quote_scale),
        average_price(filled_notional_minor, filled_lots, spec) if filled_lots else None,
        format_units(fee_minor, quote_scale),
        spec.quote,
        ORDER_STATUSES[status],
        REASONS[reason] or None,
        created_ns // _NS_PER_MS,
        updated_ns // _NS_PER_MS,
    )
    if extra is None:
        return OrderShape(*plain)
    return ExtendedOrderShape(*plain, *_beyond_plain(extra, status, spec))


def _beyond_plain(extra: OrderExtra, status: int, spec: SymbolSpec) -> tuple[Any, ...]:
    """What an order has beyond a plain one, in the order of the extended shape."""
    has_trigger = extra.trigger != NO_TRIGGER
    take_profit, stop, stop_limit, _ = extra.exits or (0, 0, 0, 0)
    return (
        has_trigger and not extra.triggered_ns and status in OPEN_STATUSES,
        _price(extra.trigger_ticks, spec),
        TRIGGER_SOURCES[extra.trigger_source] if has_trigger else None,
        _price(extra.trail_ticks, spec),
        percent(extra.trail_ppm) if extra.trail_ppm else None,
        _time(extra.triggered_ns),
        _lots(extra.display_lots or None, spec),
        _time(extra.expire_ns),
        _lots(extra.prevented_lots, spec),
        str(extra.linked_order_id) if extra.linked_order_id else None,
        str(extra.entry_order_id) if extra.entry_order_id else None,
        _price(take_profit, spec),
        _price(stop, spec),
        _price(stop_limit, spec),
        extra.session is not None,
    )


def average_price(notional_minor: int, quantity_lots: int, spec: SymbolSpec) -> str | None:
    """Notional over quantity, rounded half up to four decimals more than prices have; None unfilled."""
    if not quantity_lots:
        return None
    ticks_per_unit = quantity_lots * spec.multiplier * 10**spec.price_scale
    return format_ratio(notional_minor, ticks_per_unit, spec.price_scale + AVERAGE_EXTRA_DECIMALS)


def fill_dict(event: Sequence[Any], spec: SymbolSpec, *, is_taker: bool, time_ns: int) -> Json:
    """``fill_shape`` as a dictionary."""
    return as_json(fill_shape(event, spec, is_taker, time_ns))


def fill_shape(event: Sequence[Any], spec: SymbolSpec, is_taker: bool, time_ns: int) -> FillShape:
    """One side of a trade, as the owner of that side sees it."""
    (
        _, trade_id, symbol, price_ticks, quantity_lots, taker_side, notional_minor,
        taker_order_id, _, taker_fee_minor, _, _, maker_order_id, _, maker_fee_minor, _, _
    ) = event  # fmt: skip
    is_auction = taker_side == NO_SIDE
    # Of an auction's trade the buyer stands in the taker's place.
    side = BUY if is_auction else taker_side
    return FillShape(
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


def liquidity(*, is_taker: bool, is_auction: bool) -> str:
    """What a side of a trade did."""
    return AUCTION if is_auction else ("taker" if is_taker else "maker")


def trade_dict(event: Sequence[Any], spec: SymbolSpec, *, sequence: int, time_ns: int) -> Json:
    """A trade as the public sees it; ``side`` is the aggressor's, null in an auction."""
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
    taker_side: int,
    sequence: int,
    time_ns: int,
) -> Json:
    """The public view of a trade from its fields, for readers that hold rows instead of events."""
    return {
        "execution_id": str(trade_id),
        "symbol": spec.name,
        "price": format_units(price_ticks, spec.price_scale),
        "quantity": format_units(quantity_lots, spec.quantity_scale),
        "side": None if taker_side == NO_SIDE else SIDES[taker_side],
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


def indicative_dict(event: Sequence[Any], spec: SymbolSpec) -> Json:
    """Where an auction would trade as the book stands; price null where nothing would."""
    indicative = IndicativeEvent(*event)
    side = indicative.surplus_side
    return {
        "price": _price(indicative.price_ticks, spec),
        "quantity": _lots(indicative.quantity_lots, spec),
        "surplus_side": None if side == NO_SIDE else SIDES[side],
        "surplus_quantity": _lots(indicative.surplus_lots, spec),
    }


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
        **_protection_dict(spec),
    }


def _protection_dict(spec: SymbolSpec) -> Json:
    """What protects traders in a symbol; null where a rule is off."""
    protection = spec.protection
    notional, call_ns = protection.max_notional_minor, protection.volatility_ns
    return {
        "max_notional": _quote(notional, spec) if notional else None,
        "price_collar_percent": percent(protection.collar_ppm) if protection.collar_ppm else None,
        "price_band_percent": percent(protection.band_ppm) if protection.band_ppm else None,
        "volatility_band_percent": percent(protection.volatility_ppm) if protection.volatility_ppm else None,
        "volatility_auction_seconds": call_ns // _NS_PER_S if call_ns else None,
        "calendar": protection.calendar or None,
        "call_ends_at": _time(spec.call_ends_ns),
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
    reply = shaped_reply(sequence, now_ns, events, spec)
    return {**reply, "order": as_json(reply["order"]), "fills": [as_json(fill) for fill in reply["fills"]]}


def shaped_reply(sequence: int, now_ns: int, events: Sequence[Sequence[Any]], spec: SymbolSpec) -> Json:
    """``order_reply`` for msgspec's encoder: the order and its fills in it are shapes."""
    # The submitter's own order comes first, where there is one.
    order = events[0]
    if order[0] != EV_ORDER:
        raise_if_rejected(events, spec)
        order = next(event for event in events if event[0] == EV_ORDER)
    fills = own_fills(events, spec, (order[_ORDER_ID],), now_ns)
    return {"order": order_shape(order, spec), "fills": fills, "sequence": sequence}


def own_fills(
    events: Sequence[Sequence[Any]], spec: SymbolSpec, order_ids: Container[int], now_ns: int
) -> list[FillShape]:
    """The sides of trades that are these orders'. A command may set off others' orders too, whose trades are
    nobody else's business."""
    fills = []
    for event in events:
        if event[0] == EV_TRADE:
            if event[_TAKER_ORDER_ID] in order_ids:
                fills.append(fill_shape(event, spec, True, now_ns))
            if event[_MAKER_ORDER_ID] in order_ids:
                fills.append(fill_shape(event, spec, False, now_ns))
    return fills


_ORDER_ID: Final = OrderEvent._fields.index("order_id")
_TAKER_ORDER_ID: Final = TradeEvent._fields.index("taker_order_id")
_MAKER_ORDER_ID: Final = TradeEvent._fields.index("maker_order_id")


def _lots(lots: int | None, spec: SymbolSpec) -> str | None:
    return None if lots is None else format_units(lots, spec.quantity_scale)


def _quote(minor: int, spec: SymbolSpec) -> str:
    return format_units(minor, spec.quote_scale)


def _price(ticks: int, spec: SymbolSpec) -> str | None:
    """A price or a distance between prices; 0 is none."""
    return format_units(ticks, spec.price_scale) if ticks else None


def _time(time_ns: int) -> int | None:
    return milliseconds(time_ns) if time_ns else None
