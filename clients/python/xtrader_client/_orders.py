"""Orders and fills: what callers send, and what the exchange answers.

Prices, quantities and money are ``Decimal``. Each class is made by ``from_wire`` from a JSON object; fields
the exchange adds later are ignored.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from xtrader_client._decimals import Number, optional_decimal, required_decimal, wire_number
from xtrader_client._errors import ApiError, error_of
from xtrader_client._literals import (
    EndReason,
    Liquidity,
    OrderStatus,
    OrderType,
    Peg,
    PostOnlyMode,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TriggerIfMet,
    TriggerSource,
)

OPEN_STATUSES: frozenset[OrderStatus] = frozenset({"new", "partially_filled"})


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be placed; ``Client.place_order`` has what the fields mean."""

    symbol: str
    side: Side
    price: Number | None = None
    quantity: Number | None = None
    quote_amount: Number | None = None
    order_type: OrderType | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    stp: SelfTradePrevention | None = None
    client_order_id: str | None = None
    expire_at: int | None = None
    post_only_mode: PostOnlyMode | None = None
    display_quantity: Number | None = None
    trigger_price: Number | None = None
    trigger_source: TriggerSource | None = None
    trigger_if_met: TriggerIfMet | None = None
    trail_offset: Number | None = None
    trail_percent: Number | None = None
    cancel_on_disconnect: bool | None = None
    min_quantity: Number | None = None
    peg: Peg | None = None
    peg_offset: Number | None = None

    def to_wire(self) -> dict[str, Any]:
        """The fields of ``POST /v1/order`` that are set. Raises TypeError for a float."""
        data: dict[str, Any] = {
            "symbol": self.symbol,
            "side": self.side,
            "order_type": self.order_type or self._natural_type(),
        }
        for name in _NUMBERS:
            value = getattr(self, name)
            if value is not None:
                data[name] = wire_number(value)
        if self.post_only:
            data["post_only"] = True
        for name in _AS_THEY_ARE:
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        return data

    def to_wire_named(self) -> dict[str, Any]:
        """``to_wire`` with a ``client_order_id``, made up if the caller gave none: by it the exchange places
        the order only once, however often it is sent."""
        return {"client_order_id": uuid.uuid4().hex, **self.to_wire()}

    def _natural_type(self) -> OrderType:
        """With a price limit, without one market; with a trigger price a stop of that kind; with a peg
        pegged."""
        if self.peg is not None:
            return "pegged"
        if self.trail_offset is not None or self.trail_percent is not None:
            return "trailing_stop"
        if self.trigger_price is not None:
            return "stop" if self.price is None else "stop_limit"
        return "market" if self.price is None else "limit"


_NUMBERS = (
    *("price", "quantity", "quote_amount", "display_quantity"),
    *("trigger_price", "trail_offset", "trail_percent", "min_quantity", "peg_offset"),
)
_AS_THEY_ARE = (
    *("time_in_force", "stp", "client_order_id", "expire_at", "post_only_mode"),
    *("trigger_source", "trigger_if_met", "cancel_on_disconnect", "peg"),
)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is after ``updated_at``.

    Prices and ``fee`` are in the quote asset, quantities in the base asset, times in ms UTC. ``price`` is
    None for an order at market without a limit of its own, ``quantity`` for an order by quote amount. What
    stands below ``updated_at`` is None (False, zero) where it does not apply.
    """

    order_id: str
    client_order_id: str | None
    symbol: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price: Decimal | None
    quantity: Decimal | None
    quote_amount: Decimal | None
    filled_quantity: Decimal
    remaining_quantity: Decimal | None
    average_price: Decimal | None
    #: All fees so far; negative for a rebate.
    fee: Decimal
    fee_asset: str | None
    status: OrderStatus
    created_at: int
    updated_at: int
    #: Why it ended other than by being filled.
    reason: EndReason | None = None
    post_only: bool = False
    stp: SelfTradePrevention | None = None
    #: What the fills came to in the quote asset, without fees.
    filled_amount: Decimal | None = None
    #: Off the book until its trigger fires, or its working order is filled.
    waiting: bool = False
    #: None for a trailing stop: it moves.
    trigger_price: Decimal | None = None
    trigger_source: TriggerSource | None = None
    trail_offset: Decimal | None = None
    #: Percent: 1.5 is 1.5 %.
    trail_percent: Decimal | None = None
    triggered_at: int | None = None
    #: What an iceberg shows at a time.
    display_quantity: Decimal | None = None
    expire_at: int | None = None
    #: What self-trade prevention kept it, or the orders it met, from trading.
    prevented_quantity: Decimal = Decimal(0)
    #: The other order of an OCO.
    linked_order_id: str | None = None
    #: The entry of the bracket that this order is an exit of, or the working order that triggers it.
    entry_order_id: str | None = None
    #: Where the exits of this entry will be.
    take_profit_price: Decimal | None = None
    stop_price: Decimal | None = None
    stop_limit_price: Decimal | None = None
    cancel_on_disconnect: bool = False
    #: It trades at least this much as it enters, or is canceled.
    min_quantity: Decimal | None = None
    #: It enters, and is funded, when its working order is filled.
    pending: bool = False
    #: Of a side of a quote: the quote's name.
    quote_id: str | None = None
    #: What a pegged order's price follows, and how far it stays from there; ``price`` is its limit.
    peg: Peg | None = None
    peg_offset: Decimal | None = None

    @property
    def is_open(self) -> bool:
        """Whether it rests on the book, or waits to."""
        return self.status in OPEN_STATUSES

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read an order of the wire, simple or with order options."""
        return cls(
            order_id=str(data["order_id"]),
            client_order_id=data.get("client_order_id"),
            symbol=data["symbol"],
            side=data["side"],
            order_type=data["order_type"],
            time_in_force=data["time_in_force"],
            price=optional_decimal(data.get("price")),
            quantity=optional_decimal(data.get("quantity")),
            quote_amount=optional_decimal(data.get("quote_amount")),
            filled_quantity=required_decimal(data, "filled_quantity"),
            remaining_quantity=optional_decimal(data.get("remaining_quantity")),
            average_price=optional_decimal(data.get("average_price")),
            fee=required_decimal(data, "fee"),
            fee_asset=data.get("fee_asset"),
            status=data["status"],
            created_at=int(data["created_at"]),
            updated_at=int(data["updated_at"]),
            reason=data.get("reason"),
            post_only=bool(data.get("post_only")),
            stp=data.get("stp"),
            filled_amount=optional_decimal(data.get("filled_amount")),
            waiting=bool(data.get("waiting")),
            trigger_price=optional_decimal(data.get("trigger_price")),
            trigger_source=data.get("trigger_source"),
            trail_offset=optional_decimal(data.get("trail_offset")),
            trail_percent=optional_decimal(data.get("trail_percent")),
            triggered_at=data.get("triggered_at"),
            display_quantity=optional_decimal(data.get("display_quantity")),
            expire_at=data.get("expire_at"),
            prevented_quantity=optional_decimal(data.get("prevented_quantity")) or Decimal(0),
            linked_order_id=data.get("linked_order_id"),
            entry_order_id=data.get("entry_order_id"),
            take_profit_price=optional_decimal(data.get("take_profit_price")),
            stop_price=optional_decimal(data.get("stop_price")),
            stop_limit_price=optional_decimal(data.get("stop_limit_price")),
            cancel_on_disconnect=bool(data.get("cancel_on_disconnect")),
            min_quantity=optional_decimal(data.get("min_quantity")),
            pending=bool(data.get("pending")),
            quote_id=data.get("quote_id"),
            peg=data.get("peg"),
            peg_offset=optional_decimal(data.get("peg_offset")),
        )


@dataclass(frozen=True, slots=True)
class Fill:
    """One side of a trade, as its owner sees it. ``price``, ``amount`` (price times quantity) and ``fee``
    (negative: a rebate) are in the quote asset, ``quantity`` in the base asset, ``timestamp`` in ms UTC."""

    trade_id: str
    order_id: str | None
    symbol: str | None
    side: Side | None
    price: Decimal
    quantity: Decimal
    fee: Decimal
    liquidity: Liquidity
    timestamp: int
    amount: Decimal
    fee_asset: str

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], order: Order | None = None) -> Self:
        """Read a fill of the wire; ``order`` gives what it does not name."""
        return cls(
            trade_id=str(data["trade_id"]),
            order_id=data.get("order_id", order.order_id if order else None),
            symbol=data.get("symbol", order.symbol if order else None),
            side=data.get("side", order.side if order else None),
            price=required_decimal(data, "price"),
            quantity=required_decimal(data, "quantity"),
            fee=required_decimal(data, "fee"),
            liquidity=data["liquidity"],
            timestamp=int(data["timestamp"]),
            amount=required_decimal(data, "amount"),
            fee_asset=data["fee_asset"],
        )


def order_or_error(data: Mapping[str, Any]) -> Order | ApiError:
    """A part of a reply that is an order, or the error that refused it."""
    if "error" in data:
        return error_of(data, int(data.get("status", 400)))
    return Order.from_wire(data)


def client_order_ids(fields: Mapping[str, Any]) -> list[str]:
    """The ids of the orders that a request places, at any depth. An id that only names an order, to cancel
    it, is none of them."""
    found: list[str] = []
    if "side" in fields and "client_order_id" in fields:
        found.append(str(fields["client_order_id"]))
    for value in fields.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, Mapping):
                found += client_order_ids(inner)
    return found
