"""Plain orders, decoded straight into a structure: what nearly every order is, at a fraction of the cost.

``parse_order`` stays the one that decides. What is not plain (a trigger, an expiry, a number that is no text) or
not right is None here and left to it, and it words every error. A test holds the two equal.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from exchange.engine import messages as m
from exchange.errors import InputError
from exchange.validation.fields import is_client_order_id
from exchange.validation.numbers import check_notional, read_price, read_quantity
from exchange.validation.orders import REST, OrderOptions, OrderRequest, Origin, Symbols, read_options

Text = str | UnsetType
Flag = bool | UnsetType

#: Combinations of options that are remembered: there are not many that make sense.
_REMEMBERED_OPTIONS: Final = 1_024
#: Members without which there is no plain order.
_ALWAYS_GIVEN: Final = 4


class PlainOrder(msgspec.Struct, forbid_unknown_fields=True, gc=False):
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


def plain_order(sent: PlainOrder, symbols: Symbols, origin: Origin = REST) -> OrderRequest | None:
    """What ``parse_order`` makes of the same members; None where it is to be asked."""
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
        side, order_type, trigger, time_in_force, post_only, stp = options
        if trigger or time_in_force == m.GTD:
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
    except InputError:
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
    """The choices behind these words. Raises InputError, and does not remember words that are wrong."""
    given = {
        "side": side,
        "order_type": order_type,
        "time_in_force": time_in_force,
        "post_only": post_only,
        "stp": stp,
    }
    return read_options({name: word for name, word in given.items() if word is not UNSET})
