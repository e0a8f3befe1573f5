"""What commands come to: the real outcome, after the journal has it on disk and matching is done.

``sequence`` is the engine's position of the command: books, trades and feeds count the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from xtrader_client._errors import ApiError, error_of
from xtrader_client._money import Balance
from xtrader_client._orders import Fill, Order, order_or_error


@dataclass(frozen=True, slots=True)
class OrderResult:
    """An order as it now is, and the fills the command made."""

    order: Order
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to a placed or replaced order."""
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
        """Read the reply to ``order.oco``."""
        first, second = (Order.from_wire(row) for row in data["orders"])
        return cls((first, second), _fills(data), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class OtoResult:
    """A working order and what it triggers: one order, or the two of an OCO."""

    working: Order
    pending: tuple[Order, ...]
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``order.oto`` and ``order.otoco``."""
        working, *pending = (Order.from_wire(row) for row in data["orders"])
        return cls(working, tuple(pending), _fills(data), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class BracketResult:
    """The entry of a bracket, and the exits of what it bought at once."""

    order: Order
    exits: tuple[Order, ...]
    fills: tuple[Fill, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``order.bracket``."""
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
        """Read the reply to ``order.cancel_replace``."""
        canceled, order = (order_or_error(data[name]) for name in ("canceled", "order"))
        return cls(canceled, order, _fills(data), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class CanceledOrders:
    """The orders that ``Client.cancel_orders`` canceled."""

    orders: tuple[Order, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``orders.cancel_all``."""
        return cls(tuple(Order.from_wire(row) for row in data["orders"]), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class DepositResult:
    """The balance after a deposit of play money."""

    balance: Balance
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``POST /v1/demo/deposit``."""
        return cls(Balance.from_wire(data["balance"]), int(data["sequence"]))


def result_or_error(row: Mapping[str, Any]) -> OrderResult | ApiError:
    """A row of the reply to a batch."""
    if "error" in row:
        return error_of(row, int(row.get("status", 400)))
    return OrderResult.from_wire(row)


def _fills(data: Mapping[str, Any]) -> tuple[Fill, ...]:
    return tuple(Fill.from_wire(fill) for fill in data["fills"])
