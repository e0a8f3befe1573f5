"""An order and a fill as the wire has them: the names, in their order.

Structures, because a reply is made for every order: one costs a tenth of the dictionary it stands for, and the
encoder writes it faster. ``as_json`` gives the dictionary, for encoders that know no structures.
"""

from __future__ import annotations

from typing import Any

import msgspec


class OrderShape(msgspec.Struct, gc=False):
    """A plain order."""

    order_id: str
    client_order_id: str | None
    symbol: str
    side: str
    order_type: str
    time_in_force: str
    post_only: bool
    stp: str
    price: str | None
    quantity: str | None
    quote_amount: str | None
    filled_quantity: str
    remaining_quantity: str | None
    filled_amount: str
    average_price: str | None
    fee: str
    fee_asset: str
    status: str
    reason: str | None
    created_at: int
    updated_at: int


class ExtendedOrderShape(OrderShape, gc=False):
    """One with something beyond a plain order; null where it does not apply."""

    waiting: bool
    trigger_price: str | None
    trigger_source: str | None
    trail_offset: str | None
    trail_percent: str | None
    triggered_at: int | None
    display_quantity: str | None
    expire_at: int | None
    prevented_quantity: str
    linked_order_id: str | None
    entry_order_id: str | None
    take_profit_price: str | None
    stop_price: str | None
    stop_limit_price: str | None
    cancel_on_disconnect: bool


class FillShape(msgspec.Struct, gc=False):
    """One side of a trade."""

    trade_id: str
    order_id: str
    symbol: str
    side: str
    price: str
    quantity: str
    amount: str
    fee: str
    fee_asset: str
    liquidity: str
    timestamp: int


def as_json(shape: msgspec.Struct) -> dict[str, Any]:
    """The dictionary of a structure without others in it."""
    return msgspec.structs.asdict(shape)
