"""What a trader may send, checked before a command is built. Free of DRF: REST and WebSocket share it.

``parse_*`` take the members of a JSON object and return terms, or raise ``InputError`` with details that
name the field. Terms turn into a command with ``.command(...)``. An explicit ``null`` counts as absent.

Checked here: names, types, choices, decimals, and the symbol's bounds, ticks, lots and least value. Left to
the engine: everything that depends on the state of the market or of the account.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from exchange.decimals import (
    MAX_DIGITS,
    NotANumberError,
    NumberText,
    TooPreciseError,
    format_units,
    parse_units,
)
from exchange.engine.messages import (
    BUY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    ORDER_TYPES,
    SIDES,
    STP_CANCEL_NEWEST,
    STP_MODES,
    TIMES_IN_FORCE,
    Command,
    cancel_all,
    cancel_order,
    place_order,
    reduce_order,
    replace_order,
)
from exchange.errors import InputError
from exchange.jsontext import shown
from exchange.symbols import SymbolSpec

#: Orders one request may carry.
MAX_BATCH: Final = 100

_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,36}", re.ASCII)
_ORDER_ID: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)

Data = Mapping[str, Any]


class Symbols(Protocol):
    """Where specs come from: ``exchange.symbols.symbols`` or anything like it."""

    def get(self, name: str) -> SymbolSpec: ...


class OrderTerms(NamedTuple):
    """A well-formed order, in the units of its symbol."""

    spec: SymbolSpec
    side: int
    order_type: int
    time_in_force: int
    post_only: bool
    price_ticks: int
    quantity_lots: int
    quote_amount_minor: int
    stp: int
    client_order_id: str | None

    def command(self, account: int) -> Command:
        return place_order(
            command_id_of(self.client_order_id),
            account,
            self.spec.name,
            self.side,
            order_type=self.order_type,
            time_in_force=self.time_in_force,
            post_only=self.post_only,
            price_ticks=self.price_ticks,
            quantity_lots=self.quantity_lots,
            quote_amount_minor=self.quote_amount_minor,
            stp=self.stp,
            client_order_id=self.client_order_id,
        )


class OrderName(NamedTuple):
    """An order named by exactly one of its two ids; the other is 0 or None."""

    order_id: int
    client_order_id: str | None

    def cancel_command(self, account: int) -> Command:
        return cancel_order(new_command_id(), account, self.order_id, self.client_order_id)


class CancelAllTerms(NamedTuple):
    symbol: str | None

    def command(self, account: int) -> Command:
        return cancel_all(new_command_id(), account, self.symbol)


class ReduceTerms(NamedTuple):
    """The order and the new total quantity as sent: its unit is known once the order's symbol is."""

    name: OrderName
    quantity: Any

    def command(self, account: int, order_id: int, spec: SymbolSpec) -> Command:
        """Raises QUANTITY_OUT_OF_BOUNDS, QUANTITY_OFF_LOT or INVALID_NUMBER."""
        lots = read_quantity(self.quantity, spec, minimum=1)
        return reduce_order(new_command_id(), account, order_id, lots)


class ReplaceTerms(NamedTuple):
    """The order, its new price and new total quantity as sent."""

    name: OrderName
    price: Any
    quantity: Any

    def command(self, account: int, order_id: int, spec: SymbolSpec) -> Command:
        """Raises the errors of a price and of a quantity."""
        price_ticks = read_price(self.price, spec)
        lots = read_quantity(self.quantity, spec)
        return replace_order(new_command_id(), account, order_id, price_ticks, lots)


# --- requests --------------------------------------------------------------------------------------

ORDER_FIELDS: Final = frozenset(
    {
        "symbol",
        "side",
        "order_type",
        "price",
        "quantity",
        "quote_amount",
        "time_in_force",
        "post_only",
        "client_order_id",
        "stp",
    }
)


def parse_order(data: Data, symbols: Symbols) -> OrderTerms:
    """The terms of ``POST /v1/order`` and ``order.place``."""
    refuse_unknown(data, ORDER_FIELDS)
    side_text, type_text = required(data, "side"), required(data, "order_type")
    spec = symbols.get(read_text(data, "symbol"))
    side = choice_of("side", side_text, SIDES)
    order_type = choice_of("order_type", type_text, ORDER_TYPES)
    default_tif = GTC if order_type == LIMIT else IOC
    terms = OrderTerms(
        spec=spec,
        side=side,
        order_type=order_type,
        time_in_force=read_choice(data, "time_in_force", TIMES_IN_FORCE, default_tif),
        post_only=read_bool(data, "post_only"),
        price_ticks=0,
        quantity_lots=0,
        quote_amount_minor=0,
        stp=read_choice(data, "stp", STP_MODES, STP_CANCEL_NEWEST),
        client_order_id=read_client_order_id(data),
    )
    _check_options(terms, data)
    return _with_numbers(terms, data)


def parse_orders(data: Data, symbols: Symbols) -> list[OrderTerms | InputError]:
    """The terms of ``POST /v1/orders``: each order parsed by itself, a bad one as its error."""
    refuse_unknown(data, {"orders"})
    orders = required(data, "orders")
    if not isinstance(orders, list) or not orders:
        raise InputError("INVALID_FIELD", {"field": "orders", "expected": "a list of 1 to 100 orders"})
    if len(orders) > MAX_BATCH:
        raise InputError("BATCH_TOO_LARGE", {"field": "orders", "maximum": MAX_BATCH, "given": len(orders)})
    return [_order_or_error(item, symbols, index) for index, item in enumerate(orders)]


def order_count(data: Data) -> int:
    """How many orders a batch would enter, for its rate limit; 1 for what is no batch."""
    orders = data.get("orders")
    return min(len(orders), MAX_BATCH) if isinstance(orders, list) and orders else 1


def _order_or_error(item: Any, symbols: Symbols, index: int) -> OrderTerms | InputError:
    if not isinstance(item, Mapping):
        return InputError("INVALID_FIELD", {"field": f"orders[{index}]", "expected": "an object"})
    try:
        return parse_order(item, symbols)
    except InputError as error:
        return error


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


def parse_reduce(data: Data) -> ReduceTerms:
    """The terms of ``POST /v1/order/reduce`` and ``order.reduce``."""
    refuse_unknown(data, {"order_id", "client_order_id", "quantity"})
    name = read_order_name(data)
    return ReduceTerms(name, read_number_text(data, "quantity"))


def parse_replace(data: Data) -> ReplaceTerms:
    """The terms of ``POST /v1/order/replace`` and ``order.replace``."""
    refuse_unknown(data, {"order_id", "client_order_id", "price", "quantity"})
    name = read_order_name(data)
    return ReplaceTerms(name, read_number_text(data, "price"), read_number_text(data, "quantity"))


# --- an order's options and numbers ------------------------------------------------------------------


def _check_options(terms: OrderTerms, data: Data) -> None:
    """Refuse options that contradict each other, before any number is read."""
    is_market = terms.order_type == MARKET
    has_quote_amount = data.get("quote_amount") is not None
    if is_market and data.get("price") is not None:
        raise _contradiction("price", "a market order has no price")
    if is_market and terms.time_in_force == GTC:
        raise _contradiction("time_in_force", "a market order is ioc or fok")
    if terms.post_only and (is_market or terms.time_in_force != GTC):
        raise _contradiction("post_only", "only a gtc limit order can be post-only")
    if has_quote_amount and not (is_market and terms.side == BUY):
        raise _contradiction("quote_amount", "only a market buy takes a quote amount")
    if has_quote_amount and data.get("quantity") is not None:
        raise _contradiction("quote_amount", "give quantity or quote_amount, not both")
    if has_quote_amount and terms.time_in_force == FOK:
        raise _contradiction("time_in_force", "a quote amount cannot be fok")


def _contradiction(field: str, reason: str) -> InputError:
    return InputError("INVALID_ORDER", {"field": field, "reason": reason})


def _with_numbers(terms: OrderTerms, data: Data) -> OrderTerms:
    """The terms with price, quantity or quote amount read and checked against the symbol's rules."""
    spec = terms.spec
    if data.get("quote_amount") is not None:
        amount = read_amount(data, "quote_amount", spec.quote_scale)
        _check_notional("quote_amount", amount, spec)
        return terms._replace(quote_amount_minor=amount)
    if terms.order_type == MARKET:
        lots = read_quantity(read_number_text(data, "quantity"), spec)
        return terms._replace(quantity_lots=lots)
    price_text, quantity_text = read_number_text(data, "price"), read_number_text(data, "quantity")
    price_ticks, lots = read_price(price_text, spec), read_quantity(quantity_text, spec)
    _check_notional("quantity", spec.notional_minor(price_ticks, lots), spec)
    return terms._replace(price_ticks=price_ticks, quantity_lots=lots)


def read_price(value: Any, spec: SymbolSpec) -> int:
    """A price in ticks. Raises INVALID_NUMBER, PRICE_OUT_OF_BOUNDS or PRICE_OFF_TICK."""
    try:
        ticks = parse_units(value, spec.price_scale)
    except NotANumberError:
        raise not_a_number("price") from None
    except TooPreciseError:
        raise _off_tick(value, spec) from None
    if not spec.min_price_ticks <= ticks <= spec.max_price_ticks:
        bounds = (spec.min_price_ticks, spec.max_price_ticks)
        raise _out_of_bounds("PRICE_OUT_OF_BOUNDS", "price", bounds, spec.price_scale)
    if ticks % spec.tick_step(ticks):
        raise _off_tick(value, spec)
    return ticks


def _off_tick(value: Any, spec: SymbolSpec) -> InputError:
    """The error of a price between two ticks, with the tick size that holds there."""
    ticks = parse_units(value, MAX_DIGITS) // 10 ** (MAX_DIGITS - spec.price_scale)
    tick_size = format_units(spec.tick_step(ticks), spec.price_scale)
    return InputError("PRICE_OFF_TICK", {"field": "price", "tick_size": tick_size})


def read_quantity(value: Any, spec: SymbolSpec, minimum: int | None = None) -> int:
    """A quantity in lots, at least ``minimum`` (by default the symbol's).

    Raises INVALID_NUMBER, QUANTITY_OUT_OF_BOUNDS or QUANTITY_OFF_LOT.
    """
    try:
        lots = parse_units(value, spec.quantity_scale)
    except NotANumberError:
        raise not_a_number("quantity") from None
    except TooPreciseError:
        raise _off_lot(spec) from None
    bounds = (spec.min_quantity_lots if minimum is None else minimum, spec.max_quantity_lots)
    if not bounds[0] <= lots <= bounds[1]:
        raise _out_of_bounds("QUANTITY_OUT_OF_BOUNDS", "quantity", bounds, spec.quantity_scale)
    if lots % spec.lot_step:
        raise _off_lot(spec)
    return lots


def _off_lot(spec: SymbolSpec) -> InputError:
    lot_size = format_units(spec.lot_step, spec.quantity_scale)
    return InputError("QUANTITY_OFF_LOT", {"field": "quantity", "lot_size": lot_size})


def _out_of_bounds(code: str, field: str, bounds: tuple[int, int], scale: int) -> InputError:
    minimum, maximum = (format_units(bound, scale) for bound in bounds)
    return InputError(code, {"field": field, "minimum": minimum, "maximum": maximum})


def _check_notional(field: str, notional_minor: int, spec: SymbolSpec) -> None:
    if notional_minor < spec.min_notional_minor:
        minimum = format_units(spec.min_notional_minor, spec.quote_scale)
        details = {"field": field, "minimum": minimum, "asset": spec.quote}
        raise InputError("BELOW_MIN_NOTIONAL", details)


# --- single fields -----------------------------------------------------------------------------------


def refuse_unknown(data: Data, known: Iterable[str]) -> None:
    """Raise UNKNOWN_FIELD for a field that is not known."""
    unknown = data.keys() - known
    if unknown:
        raise InputError("UNKNOWN_FIELD", {"field": shown(min(unknown))})


def required(data: Data, field: str) -> Any:
    """The field's value. Raises MISSING_FIELD when it is absent or null."""
    value = data.get(field)
    if value is None:
        raise InputError("MISSING_FIELD", {"field": field})
    return value


def read_text(data: Data, field: str) -> str:
    """A required string (a JSON number is not one)."""
    value = required(data, field)
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise InputError("INVALID_FIELD", {"field": field, "expected": "a string"})
    return value


def read_number_text(data: Data, field: str) -> Any:
    """A required number as sent; its type is checked here, its digits where the scale is known."""
    value = required(data, field)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError("INVALID_FIELD", {"field": field, "expected": "a decimal"})
    try:
        # At this scale no number is too precise.
        parse_units(value, MAX_DIGITS)
    except NotANumberError:
        raise not_a_number(field) from None
    return value


def read_amount(data: Data, field: str, scale: int) -> int:
    """A required amount above zero, in minor units. Raises INVALID_NUMBER or INVALID_AMOUNT."""
    try:
        amount = parse_units(read_number_text(data, field), scale)
    except TooPreciseError:
        raise InputError("INVALID_AMOUNT", {"field": field, "decimals": scale}) from None
    if amount <= 0:
        raise InputError("INVALID_AMOUNT", {"field": field, "reason": "not above zero"})
    return amount


def read_bool(data: Data, field: str, default: bool = False) -> bool:
    value = data.get(field)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise InputError("INVALID_FIELD", {"field": field, "expected": "true or false"})
    return value


def read_choice(data: Data, field: str, choices: Sequence[str], default: int) -> int:
    """Index of the choice sent, in any case of letters; ``default`` when absent."""
    value = data.get(field)
    return default if value is None else choice_of(field, value, choices)


def choice_of(field: str, value: Any, choices: Sequence[str]) -> int:
    """Index of ``value`` among the choices, in any case of letters. Raises INVALID_FIELD."""
    if type(value) is str and value in choices:
        return choices.index(value)
    # Checking for ASCII first keeps case folding from turning foreign letters into Latin ones.
    if isinstance(value, str) and value.isascii() and value.lower() in choices:
        return choices.index(value.lower())
    raise InputError("INVALID_FIELD", {"field": field, "allowed": list(choices)})


def read_client_order_id(data: Data) -> str | None:
    """The client's own id: 1 to 36 of letters, digits and ``_ . : -``; None when absent."""
    value = data.get("client_order_id")
    if value is None:
        return None
    if isinstance(value, NumberText) or not isinstance(value, str) or not _CLIENT_ORDER_ID.fullmatch(value):
        expected = "1 to 36 of A-Z a-z 0-9 _ . : -"
        raise InputError("INVALID_FIELD", {"field": "client_order_id", "expected": expected})
    return value


def read_order_name(data: Data) -> OrderName:
    """The order a request is about, by ``order_id`` or ``client_order_id`` (exactly one of them)."""
    client_order_id = read_client_order_id(data)
    if data.get("order_id") is None:
        if client_order_id is None:
            raise InputError("MISSING_FIELD", {"field": "order_id"})
        return OrderName(0, client_order_id)
    if client_order_id is not None:
        raise InputError("INVALID_FIELD", {"field": "client_order_id", "expected": "only one of the two ids"})
    return OrderName(read_order_id(data["order_id"]), None)


def read_order_id(value: Any) -> int:
    """An order id from the wire: digits as text (or a JSON integer). Raises INVALID_FIELD."""
    text = "" if isinstance(value, bool) or not isinstance(value, str | int) else str(value)
    if not _ORDER_ID.fullmatch(text):
        raise InputError("INVALID_FIELD", {"field": "order_id", "expected": "an order id"})
    return int(text)


def not_a_number(field: str) -> InputError:
    return InputError("INVALID_NUMBER", {"field": field})


# --- command ids ---------------------------------------------------------------------------------------


def command_id_of(client_order_id: str | None) -> str:
    """Id of a placement: the client's own, so that a repeat gets the first reply; else a new one."""
    return new_command_id() if client_order_id is None else f"c:{client_order_id}"


def new_command_id() -> str:
    """An id for a command whose sender gave none."""
    return f"w:{secrets.token_hex(16)}"
