"""Bodies of simple orders, decoded straight into structures: nearly every body is one, and this is a fraction
of the cost.

Returns None for anything unusual; the strict reader then reads it. The decoder does not see repeated members:
every member brings a colon, so a body with more colons than members is not believed (nor, then, one with a
colon in an id).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

from exchange.orders.desk import MAX_BATCH, SimpleCancel, SimpleOrder


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    """``{"orders": [...]}``"""

    orders: Annotated[list[SimpleOrder], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]

    def members(self) -> int:
        return 1 + sum([order.members() for order in self.orders])


_Body = TypeVar("_Body", SimpleOrder, _Batch, SimpleCancel)
_ORDER: Final = msgspec.json.Decoder(SimpleOrder)
_BATCH: Final = msgspec.json.Decoder(_Batch)
_CANCEL: Final = msgspec.json.Decoder(SimpleCancel)


def simple_order(body: bytes) -> SimpleOrder | None:
    """An order as sent."""
    return _decoded(_ORDER, body)


def simple_orders(body: bytes) -> list[SimpleOrder] | None:
    """The orders of a batch as sent."""
    batch = _decoded(_BATCH, body)
    return None if batch is None else batch.orders


def simple_cancel(body: bytes) -> SimpleCancel | None:
    """A cancel that names the order by its id."""
    return _decoded(_CANCEL, body)


def _decoded(decoder: msgspec.json.Decoder[_Body], body: bytes) -> _Body | None:
    try:
        sent = decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return sent if body.count(b":") == sent.members() else None
