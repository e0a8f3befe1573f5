"""Simple orders, decoded straight into a structure: nearly every order is one, and this is a fraction of the
cost.

``parse_order`` decides. ``simple_order`` returns None for anything else (a trigger, an expiry, a number that
is no text) and for anything wrong; ``parse_order`` then reads ``fields()`` and writes the error. A test holds
the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.orders.parsing.amendments import OrderName, parse_cancel
from exchange.orders.parsing.numbers import check_notional, read_price, read_quantity
from exchange.orders.parsing.orders import (
    REST,
    OrderOptions,
    OrderRequest,
    Origin,
    Symbols,
    order_or_error,
    parse_order,
    parse_orders,
    read_options,
)
from exchange.wire.field_readers import Data, is_client_order_id, is_order_id

Text = str | UnsetType
Flag = bool | UnsetType

#: Combinations of options that are remembered: there are not many that make sense.
_REMEMBERED_OPTIONS: Final = 1_024
#: Members without which there is no simple order.
_ALWAYS_GIVEN: Final = 4


class SimpleOrder(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The members of an order as sent: their types are right, nothing else is known."""

    symbol: str
    side: str
    order_type: str
    quantity: str
    price: Text = UNSET
    time_in_force: Text = UNSET
    post_only: Flag = UNSET
    client_order_id: Text = UNSET
    stp: Text = UNSET
    cancel_on_disconnect: Flag = UNSET

    def members(self) -> int:
        """How many members it has. A text with more of them repeats one."""
        return (
            _ALWAYS_GIVEN
            + (self.price is not UNSET)
            + (self.time_in_force is not UNSET)
            + (self.post_only is not UNSET)
            + (self.client_order_id is not UNSET)
            + (self.stp is not UNSET)
            + (self.cancel_on_disconnect is not UNSET)
        )

    def fields(self) -> dict[str, Any]:
        """The members as the strict reader gives them."""
        given = ((name, getattr(self, name)) for name in SimpleOrder.__struct_fields__)
        return {name: value for name, value in given if value is not UNSET}


class SimpleCancel(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The members of a cancel that names the order by its id."""

    order_id: str

    def members(self) -> int:
        """As of ``SimpleOrder``."""
        return 1

    def fields(self) -> dict[str, Any]:
        """As of ``SimpleOrder``."""
        return {"order_id": self.order_id}


def simple_cancel(sent: SimpleCancel) -> OrderName | None:
    """What ``parse_cancel`` makes of the same member; None where it has to read it."""
    return OrderName(int(sent.order_id), None) if is_order_id(sent.order_id) else None


def simple_order(sent: SimpleOrder, symbols: Symbols, origin: Origin = REST) -> OrderRequest | None:
    """What ``parse_order`` makes of the same members; None where it has to read them."""
    client_order_id = None if sent.client_order_id is UNSET else sent.client_order_id
    if client_order_id is not None and not is_client_order_id(client_order_id):
        return None
    is_bound = sent.cancel_on_disconnect
    if is_bound is UNSET:
        is_bound = origin.cancel_on_disconnect
    elif origin is REST:
        return None
    price_ticks = 0
    try:
        options = _options(sent.side, sent.order_type, sent.time_in_force, sent.post_only, sent.stp)
        side, order_type, trigger, time_in_force, post_only, stp, to_limit, is_pegged = options
        if trigger or to_limit or is_pegged or time_in_force == m.GTD:
            return None
        spec = symbols.get(sent.symbol)
        if sent.price is not UNSET:
            price_ticks = read_price(sent.price, spec)
            lots = read_quantity(sent.quantity, spec)
            check_notional("quantity", spec.notional_minor(price_ticks, lots), spec)
        elif order_type == m.LIMIT:
            return None
        else:
            lots = read_quantity(sent.quantity, spec)
    except RequestError:
        return None
    return OrderRequest(
        spec,
        side,
        order_type,
        time_in_force,
        post_only,
        price_ticks,
        lots,
        0,
        stp,
        client_order_id,
        None,
        is_bound,
    )


@lru_cache(maxsize=_REMEMBERED_OPTIONS)
def _options(side: str, order_type: str, time_in_force: Text, post_only: Flag, stp: Text) -> OrderOptions:
    """The choices behind these words. Raises RequestError, and does not remember words that are wrong."""
    given = {
        "side": side,
        "order_type": order_type,
        "time_in_force": time_in_force,
        "post_only": post_only,
        "stp": stp,
    }
    return read_options({name: word for name, word in given.items() if word is not UNSET})


# --- either way -----------------------------------------------------------------------------------------


def read_order(sent: SimpleOrder | Data, symbols: Symbols, origin: Origin = REST) -> OrderRequest:
    """An order as sent, decoded either way. Raises RequestError."""
    if not isinstance(sent, SimpleOrder):
        return parse_order(sent, symbols, origin)
    return simple_order(sent, symbols, origin) or parse_order(sent.fields(), symbols, origin)


def read_orders(
    sent: Sequence[SimpleOrder] | Data, symbols: Symbols, origin: Origin = REST
) -> list[OrderRequest | RequestError]:
    """The orders of a batch as sent, decoded either way; a bad one as its error. Raises RequestError."""
    if isinstance(sent, Mapping):
        return parse_orders(sent, symbols, origin)
    return [
        simple_order(order, symbols, origin) or order_or_error(order.fields(), symbols, origin)
        for order in sent
    ]


def read_cancel(sent: SimpleCancel | Data) -> OrderName:
    """The order to cancel as sent, decoded either way. Raises RequestError."""
    if not isinstance(sent, SimpleCancel):
        return parse_cancel(sent)
    return simple_cancel(sent) or parse_cancel(sent.fields())
