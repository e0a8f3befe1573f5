"""What became of a command: the reply to one order, or the refusal."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, Final

from exchange.engine.messages import EV_ORDER, EV_REJECTED, EV_TRADE, OrderEvent, RejectedEvent, TradeEvent
from exchange.errors import FIELD_OF, RefusedError
from exchange.listing.symbol_table import SymbolSpec
from exchange.units.decimals import format_units
from exchange.wire.order_rendering import fill_shape, order_shape
from exchange.wire.shape_parts import Json
from exchange.wire.shapes import Fill

_ORDER_ID: Final = OrderEvent._fields.index("order_id")
_TAKER_ORDER_ID: Final = TradeEvent._fields.index("taker_order_id")
_MAKER_ORDER_ID: Final = TradeEvent._fields.index("maker_order_id")


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
        if rejected.code == "TOO_MANY_OPEN_ORDERS":
            # The engine keeps it short: it refuses by the terms that are in the spec too.
            details["maximum"] = spec.max_open_orders
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


def shaped_reply(sequence: int, now_ns: int, events: Sequence[Sequence[Any]], spec: SymbolSpec) -> Json:
    """The reply to one placed or replaced order, for msgspec's encoder: the order and its fills are
    structures.

    Raises the engine's refusal. ``now_ns`` is the time of the command, hence of its fills.
    """
    # The submitter's own order comes first, where there is one.
    order = events[0]
    if order[0] != EV_ORDER:
        raise_if_rejected(events, spec)
        order = next(event for event in events if event[0] == EV_ORDER)
    fills = own_fills(events, spec, (order[_ORDER_ID],), now_ns)
    return {"order": order_shape(order, spec), "fills": fills, "sequence": sequence}


def own_fills(
    events: Sequence[Sequence[Any]], spec: SymbolSpec, order_ids: Container[int], now_ns: int
) -> list[Fill]:
    """The sides of trades that are these orders'. A command may set off others' orders too, whose trades
    stay private."""
    fills = []
    for event in events:
        if event[0] == EV_TRADE:
            if event[_TAKER_ORDER_ID] in order_ids:
                fills.append(fill_shape(event, spec, True, now_ns))
            if event[_MAKER_ORDER_ID] in order_ids:
                fills.append(fill_shape(event, spec, False, now_ns))
    return fills
