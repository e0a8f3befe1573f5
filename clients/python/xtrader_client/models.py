"""What the exchange says, as typed values. Prices, quantities and money are ``Decimal``, never floats.

Each class is made by ``from_wire`` from a JSON object; fields the exchange adds later are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Self

from xtrader_client.errors import ApiError, error_of

#: What callers may pass where the wire has a decimal. Floats are refused: they are not what they look like.
Number = Decimal | str | int

OPEN_STATUSES = frozenset({"new", "partially_filled"})


def wire_number(value: Number) -> str:
    """A number as a plain decimal string (no exponent). Raises TypeError for floats."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"give numbers as Decimal, str or int, not {type(value).__name__}")


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _required(data: Mapping[str, Any], name: str) -> Decimal:
    return Decimal(str(data[name]))


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is after ``updated_at`` (ms UTC). ``price`` is None for an order at market without a limit
    of its own, ``quantity`` for an order by quote amount. What stands below ``updated_at`` is None (False, zero)
    where it does not apply; times are ms UTC."""

    order_id: str
    client_order_id: str | None
    symbol: str
    side: str
    order_type: str
    time_in_force: str
    price: Decimal | None
    quantity: Decimal | None
    quote_amount: Decimal | None
    filled_quantity: Decimal
    remaining_quantity: Decimal | None
    average_price: Decimal | None
    fee: Decimal
    fee_asset: str | None
    status: str
    created_at: int
    updated_at: int
    #: Why it ended other than by being filled.
    reason: str | None = None
    #: Off the book until its trigger fires.
    waiting: bool = False
    trigger_price: Decimal | None = None
    trigger_source: str | None = None
    trail_offset: Decimal | None = None
    trail_percent: Decimal | None = None
    triggered_at: int | None = None
    display_quantity: Decimal | None = None
    expire_at: int | None = None
    prevented_quantity: Decimal = Decimal(0)
    linked_order_id: str | None = None
    entry_order_id: str | None = None
    cancel_on_disconnect: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it rests on the book, or waits to."""
        return self.status in OPEN_STATUSES

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            order_id=str(data["order_id"]),
            client_order_id=data.get("client_order_id"),
            symbol=data["symbol"],
            side=data["side"],
            order_type=data["order_type"],
            time_in_force=data["time_in_force"],
            price=_decimal(data.get("price")),
            quantity=_decimal(data.get("quantity")),
            quote_amount=_decimal(data.get("quote_amount")),
            filled_quantity=_required(data, "filled_quantity"),
            remaining_quantity=_decimal(data.get("remaining_quantity")),
            average_price=_decimal(data.get("average_price")),
            fee=_required(data, "fee"),
            fee_asset=data.get("fee_asset"),
            status=data["status"],
            created_at=int(data["created_at"]),
            updated_at=int(data["updated_at"]),
            reason=data.get("reason"),
            waiting=bool(data.get("waiting")),
            trigger_price=_decimal(data.get("trigger_price")),
            trigger_source=data.get("trigger_source"),
            trail_offset=_decimal(data.get("trail_offset")),
            trail_percent=_decimal(data.get("trail_percent")),
            triggered_at=data.get("triggered_at"),
            display_quantity=_decimal(data.get("display_quantity")),
            expire_at=data.get("expire_at"),
            prevented_quantity=_decimal(data.get("prevented_quantity")) or Decimal(0),
            linked_order_id=data.get("linked_order_id"),
            entry_order_id=data.get("entry_order_id"),
            cancel_on_disconnect=bool(data.get("cancel_on_disconnect")),
        )


@dataclass(frozen=True, slots=True)
class Fill:
    """One side of a trade, as its owner sees it. ``liquidity`` is ``maker``, ``taker`` or ``auction``; a negative fee
    is a rebate. In the reply to an order ``order_id`` and ``symbol`` are those of the order."""

    trade_id: str
    order_id: str | None
    symbol: str | None
    side: str | None
    price: Decimal
    quantity: Decimal
    fee: Decimal
    liquidity: str
    timestamp: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], order: Order | None = None) -> Self:
        return cls(
            trade_id=str(data["trade_id"]),
            order_id=data.get("order_id", order.order_id if order else None),
            symbol=data.get("symbol", order.symbol if order else None),
            side=data.get("side", order.side if order else None),
            price=_required(data, "price"),
            quantity=_required(data, "quantity"),
            fee=_required(data, "fee"),
            liquidity=data["liquidity"],
            timestamp=int(data["timestamp"]),
        )


@dataclass(frozen=True, slots=True)
class OrderResult:
    """The real outcome of an order: journaled and matched. ``sequence`` is the engine's."""

    order: Order
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        order = Order.from_wire(data["order"])
        fills = tuple(Fill.from_wire(fill, order) for fill in data.get("fills", ()))
        return cls(order, fills, int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class OcoResult:
    """Both orders of an OCO, first and second."""

    orders: tuple[Order, Order]
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        first, second = (Order.from_wire(row) for row in data["orders"])
        return cls((first, second), _fills(data), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class BracketResult:
    """The entry of a bracket, and the exits of what it bought at once."""

    order: Order
    exits: tuple[Order, ...]
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        exits = tuple(Order.from_wire(row) for row in data["exits"])
        return cls(Order.from_wire(data["order"]), exits, _fills(data), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class CancelReplaceResult:
    """What became of the cancel and of the new order: each an order, or the error that refused it."""

    canceled: Order | ApiError
    order: Order | ApiError
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        canceled, order = (_order_or_error(data[name]) for name in ("canceled", "order"))
        return cls(canceled, order, _fills(data), int(data["sequence"]))


def _fills(data: Mapping[str, Any]) -> tuple[Fill, ...]:
    return tuple(Fill.from_wire(fill) for fill in data["fills"])


def _order_or_error(data: Mapping[str, Any]) -> Order | ApiError:
    if "error" in data:
        return error_of(data, int(data.get("status", 400)))
    return Order.from_wire(data)


@dataclass(frozen=True, slots=True)
class Indication:
    """Where an auction would trade as the book stands; ``price`` None: nowhere."""

    price: Decimal | None
    quantity: Decimal
    surplus_side: str | None
    surplus_quantity: Decimal

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        quantities = (_required(data, "quantity"), data["surplus_side"], _required(data, "surplus_quantity"))
        return cls(_decimal(data["price"]), *quantities)


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade. ``side`` is the aggressor's (None in an auction)."""

    execution_id: str
    symbol: str
    price: Decimal
    quantity: Decimal
    side: str | None
    timestamp: int
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            execution_id=str(data["execution_id"]),
            symbol=data["symbol"],
            price=_required(data, "price"),
            quantity=_required(data, "quantity"),
            side=data.get("side"),
            timestamp=int(data["timestamp"]),
            sequence=int(data["sequence"]),
        )


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of one asset: free to use, and held by open orders."""

    asset: str
    available: Decimal
    held: Decimal

    @property
    def total(self) -> Decimal:
        return self.available + self.held

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["asset"], _required(data, "available"), _required(data, "held"))


@dataclass(frozen=True, slots=True)
class Candle:
    """One kline; times are ms UTC. ``closed`` once its interval is over."""

    symbol: str
    interval: str
    open_time: int
    close_time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal
    trade_count: int
    closed: bool

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], symbol: str, interval: str) -> Self:
        return cls(
            symbol=symbol,
            interval=interval,
            open_time=int(data["open_time"]),
            close_time=int(data["close_time"]),
            open=_required(data, "open"),
            high=_required(data, "high"),
            low=_required(data, "low"),
            close=_required(data, "close"),
            volume=_required(data, "volume"),
            quote_volume=_required(data, "quote_volume"),
            trade_count=int(data["trade_count"]),
            closed=bool(data["closed"]),
        )


class Level(NamedTuple):
    """Total open quantity at one price."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be placed; see ``Client.place_order`` for what the fields mean."""

    symbol: str
    side: str
    price: Number | None = None
    quantity: Number | None = None
    quote_amount: Number | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    post_only: bool = False
    stp: str | None = None
    client_order_id: str | None = None
    expire_at: int | None = None
    post_only_mode: str | None = None
    display_quantity: Number | None = None
    trigger_price: Number | None = None
    trigger_source: str | None = None
    trigger_if_met: str | None = None
    trail_offset: Number | None = None
    trail_percent: Number | None = None
    cancel_on_disconnect: bool | None = None

    def to_wire(self) -> dict[str, Any]:
        """The fields of ``POST /v1/order`` that are set."""
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
        for name in _WORDS:
            if getattr(self, name) is not None:
                data[name] = getattr(self, name)
        return data

    def _natural_type(self) -> str:
        """With a price limit, without one market; with a trigger price a stop of that kind."""
        if self.trail_offset is not None or self.trail_percent is not None:
            return "trailing_stop"
        if self.trigger_price is not None:
            return "stop" if self.price is None else "stop_limit"
        return "market" if self.price is None else "limit"


_NUMBERS = (
    *("price", "quantity", "quote_amount", "display_quantity"),
    *("trigger_price", "trail_offset", "trail_percent"),
)
_WORDS = (
    *("time_in_force", "stp", "client_order_id", "expire_at", "post_only_mode"),
    *("trigger_source", "trigger_if_met", "cancel_on_disconnect"),
)
