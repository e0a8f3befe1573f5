"""Bodies of plain orders, decoded straight into structures: what nearly every body is, at a fraction of the cost.

What is not plain is None here and left to the strict reader, which decides about everything and words every error.
The decoder does not see repeated members: every member brings a colon, so a body with more colons than members is
not believed (nor, then, one with a colon in an id).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

from exchange.validation import OrderName, OrderRequest, PlainOrder, plain_cancel, plain_order
from exchange.validation.orders import MAX_BATCH, Symbols


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    """``{"orders": [...]}``"""

    orders: Annotated[list[PlainOrder], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]

    def members(self) -> int:
        return 1 + sum([order.members() for order in self.orders])


class _Cancel(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """``{"order_id": …}``"""

    order_id: str

    def members(self) -> int:
        return 1


_Body = TypeVar("_Body", PlainOrder, _Batch, _Cancel)
_ORDER: Final = msgspec.json.Decoder(PlainOrder)
_BATCH: Final = msgspec.json.Decoder(_Batch)
_CANCEL: Final = msgspec.json.Decoder(_Cancel)


def sent_order(body: bytes) -> PlainOrder | None:
    """An order as sent, to be read by ``plain_order``."""
    return _decoded(_ORDER, body)


def sent_orders(body: bytes) -> list[PlainOrder] | None:
    """The orders of a batch as sent, to be counted and then read by ``orders_of``."""
    batch = _decoded(_BATCH, body)
    return None if batch is None else batch.orders


def orders_of(sent: list[PlainOrder], symbols: Symbols) -> list[OrderRequest] | None:
    """The orders of a batch, if each of them is right."""
    orders = [order for each in sent if (order := plain_order(each, symbols)) is not None]
    return orders if len(orders) == len(sent) else None


def cancel_of(body: bytes) -> OrderName | None:
    """The order that a body names by its id."""
    sent = _decoded(_CANCEL, body)
    return None if sent is None else plain_cancel(sent.order_id)


def _decoded(decoder: msgspec.json.Decoder[_Body], body: bytes) -> _Body | None:
    try:
        sent = decoder.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return sent if body.count(b":") == sent.members() else None
