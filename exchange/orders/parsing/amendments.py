"""Changing and canceling orders."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.listing.symbol_table import SymbolSpec
from exchange.orders.parsing.numbers import read_price, read_quantity
from exchange.orders.parsing.options import TRIGGER_IF_MET
from exchange.orders.parsing.orders import (
    REST,
    OrderRequest,
    Origin,
    Symbols,
    command_id_of,
    new_command_id,
    parse_order_at,
)
from exchange.wire.field_readers import (
    Data,
    read_choice,
    read_client_order_id,
    read_integer,
    read_number_text,
    read_order_id,
    read_text,
    refuse_unknown,
)

#: How long "cancel after" may wait, in milliseconds; 0 takes it back.
MIN_CANCEL_AFTER_MS: Final = 1_000
MAX_CANCEL_AFTER_MS: Final = 24 * 3600 * 1_000


class OrderName(NamedTuple):
    """An order named by exactly one of its two ids; the other is 0 or None."""

    order_id: int
    client_order_id: str | None

    def cancel_command(self, account: int) -> m.Command:
        return m.cancel_order(new_command_id(), account, self.order_id, self.client_order_id)


class CancelAllTerms(NamedTuple):
    symbol: str | None

    def command(self, account: int) -> m.Command:
        return m.cancel_all(new_command_id(), account, self.symbol)


class CancelAfterTerms(NamedTuple):
    after_ms: int

    def command(self, account: int) -> m.Command:
        return m.cancel_after(new_command_id(), account, self.after_ms)


class ReduceTerms(NamedTuple):
    """The order and the new total quantity as sent: its unit is known once the order's symbol is."""

    name: OrderName
    quantity: Any

    def command(self, account: int, order_id: int, spec: SymbolSpec) -> m.Command:
        """Raises QUANTITY_OUT_OF_BOUNDS, QUANTITY_OFF_LOT or INVALID_NUMBER."""
        lots = read_quantity(self.quantity, spec, minimum=1)
        return m.reduce_order(new_command_id(), account, order_id, lots)


class ReplaceTerms(NamedTuple):
    """The order, its new price, total quantity and trigger price as sent; None where not named.
    ``trigger_now``: whether one whose trigger price is already reached enters at once."""

    name: OrderName
    price: Any
    quantity: Any
    trigger_price: Any
    trigger_now: bool = False

    def command(self, account: int, order_id: int, order_type: int, spec: SymbolSpec) -> m.Command:
        """Raises the errors of a price and of a quantity, MISSING_FIELD for a limit order without a price."""
        if self.price is None and order_type == m.LIMIT:
            raise RequestError("MISSING_FIELD", {"field": "price"})
        price_ticks = 0 if self.price is None else read_price(self.price, spec)
        lots = read_quantity(self.quantity, spec)
        trigger = self.trigger_price
        trigger_ticks = 0 if trigger is None else read_price(trigger, spec, "trigger_price")
        return m.replace_order(
            new_command_id(), account, order_id, price_ticks, lots, trigger_ticks, self.trigger_now
        )


class CancelReplaceTerms(NamedTuple):
    """The order to cancel, what to do when that fails, and the order to enter instead."""

    name: OrderName
    mode: int
    order: OrderRequest

    def command(self, account: int, session: str | None = None) -> m.Command:
        command_id = command_id_of(self.order.client_order_id)
        return m.cancel_replace(
            command_id,
            account,
            self.order.place(command_id, account, session),
            order_id=self.name.order_id,
            client_order_id=self.name.client_order_id,
            mode=self.mode,
        )


def parse_cancel(data: Data) -> OrderName:
    """The terms of ``POST /v1/order/cancel`` and ``order.cancel``."""
    refuse_unknown(data, {"order_id", "client_order_id"})
    return read_order_name(data)


def parse_cancel_all(data: Data, symbols: Symbols) -> CancelAllTerms:
    """The terms of ``POST /v1/orders/cancel-all`` and ``orders.cancel_all``."""
    refuse_unknown(data, {"symbol"})
    if data.get("symbol") is None:
        return CancelAllTerms(None)
    return CancelAllTerms(symbols.get(read_text(data, "symbol")).name)


def parse_cancel_after(data: Data) -> CancelAfterTerms:
    """The terms of ``POST /v1/orders/cancel-after`` and ``orders.cancel_after``. Raises
    INVALID_CANCEL_AFTER."""
    refuse_unknown(data, {"after_ms"})
    after_ms = read_integer(data, "after_ms")
    if after_ms and not MIN_CANCEL_AFTER_MS <= after_ms <= MAX_CANCEL_AFTER_MS:
        bounds = {"minimum": MIN_CANCEL_AFTER_MS, "maximum": MAX_CANCEL_AFTER_MS}
        raise RequestError("INVALID_CANCEL_AFTER", {"field": "after_ms", **bounds})
    return CancelAfterTerms(after_ms)


def parse_reduce(data: Data) -> ReduceTerms:
    """The terms of ``POST /v1/order/reduce`` and ``order.reduce``."""
    refuse_unknown(data, {"order_id", "client_order_id", "quantity"})
    name = read_order_name(data)
    return ReduceTerms(name, read_number_text(data, "quantity"))


def parse_replace(data: Data) -> ReplaceTerms:
    """The terms of ``POST /v1/order/replace`` and ``order.replace``."""
    refuse_unknown(
        data, {"order_id", "client_order_id", "price", "quantity", "trigger_price", "trigger_if_met"}
    )
    name = read_order_name(data)
    return ReplaceTerms(
        name,
        _optional_number(data, "price"),
        read_number_text(data, "quantity"),
        _optional_number(data, "trigger_price"),
        bool(read_choice(data, "trigger_if_met", TRIGGER_IF_MET, 0)),
    )


def _optional_number(data: Data, field: str) -> Any:
    return None if data.get(field) is None else read_number_text(data, field)


def parse_cancel_replace(data: Data, symbols: Symbols, origin: Origin = REST) -> CancelReplaceTerms:
    """The terms of ``POST /v1/order/cancel-replace`` and ``order.cancel_replace``."""
    refuse_unknown(data, {"order_id", "client_order_id", "mode", "order"})
    return CancelReplaceTerms(
        read_order_name(data),
        read_choice(data, "mode", m.CANCEL_REPLACE_MODES, m.STOP_ON_FAILURE),
        parse_order_at(data, "order", symbols, origin),
    )


def read_order_name(data: Data) -> OrderName:
    """The order a request is about, by ``order_id`` or ``client_order_id`` (exactly one of them)."""
    client_order_id = read_client_order_id(data)
    if data.get("order_id") is None:
        if client_order_id is None:
            raise RequestError("MISSING_FIELD", {"field": "order_id"})
        return OrderName(0, client_order_id)
    if client_order_id is not None:
        raise RequestError(
            "INVALID_FIELD", {"field": "client_order_id", "expected": "only one of the two ids"}
        )
    return OrderName(read_order_id(data["order_id"]), None)
