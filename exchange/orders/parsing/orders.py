"""One order, or a batch of them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, NamedTuple, Protocol

from exchange import process
from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.listing.symbol_table import SymbolSpec
from exchange.orders.parsing.numbers import check_notional, read_price, read_quantity
from exchange.orders.parsing.options import (
    ORDER_KIND_WORDS,
    TERM_FIELDS,
    contradiction,
    read_terms,
)
from exchange.wire.field_readers import (
    Data,
    choice_of,
    read_amount,
    read_bool,
    read_choice,
    read_client_order_id,
    read_number_text,
    read_object_at,
    read_text,
    refuse_unknown,
    required,
)
from exchange.wire.order_kinds import MARKET_TO_LIMIT, PEGGED
from exchange.wire.rendering import ORDER_KINDS

#: Orders one request may carry.
MAX_BATCH: Final = 100

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
        *TERM_FIELDS,
    }
)


class Origin(NamedTuple):
    """Where requests come from: the fields their orders may have, and whether orders that do not say are
    canceled when the connection they came by ends."""

    order_fields: frozenset[str]
    cancel_on_disconnect: bool = False


#: A REST call has no connection that an order could end with.
REST: Final = Origin(ORDER_FIELDS)
SOCKET: Final = Origin(ORDER_FIELDS | {"cancel_on_disconnect"})


class Symbols(Protocol):
    """Where specs come from: ``exchange.listing.symbol_table.symbols`` or anything like it."""

    def get(self, name: str) -> SymbolSpec: ...


class OrderRequest(NamedTuple):
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
    terms: m.OrderTerms | None = None
    cancel_on_disconnect: bool = False

    def command(self, account: int, session: str | None = None) -> m.Command:
        """The placement. ``session``: the name of the connection it came by."""
        return self.place(command_id_of(self.client_order_id), account, session)

    def place(self, command_id: str, account: int, session: str | None = None) -> m.Command:
        """The placement under another command's id."""
        terms = self.terms
        if session is not None and self.cancel_on_disconnect:
            terms = (terms or m.OrderTerms())._replace(session=session)
        return m.place_order(
            command_id,
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
            terms=terms,
        )

    @property
    def waits(self) -> bool:
        """Whether it has a trigger."""
        return self.terms is not None and self.terms.trigger != m.NO_TRIGGER

    @property
    def is_to_limit(self) -> bool:
        """Whether it takes its price from the book."""
        return self.terms is not None and self.terms.to_limit

    @property
    def is_pegged(self) -> bool:
        """Whether its price follows a best price."""
        return self.terms is not None and self.terms.peg != m.NO_PEG

    @property
    def has_minimum(self) -> bool:
        return self.terms is not None and self.terms.min_lots > 0

    @property
    def is_iceberg(self) -> bool:
        return self.terms is not None and self.terms.display_lots > 0


class OrderOptions(NamedTuple):
    """What an order chooses from lists. ``order_type`` and ``trigger`` are together the wire's
    ``order_type``, which may also be a limit order that takes its price from the book (``to_limit``), or one
    whose price follows it (``is_pegged``)."""

    side: int
    order_type: int
    trigger: int
    time_in_force: int
    post_only: bool
    stp: int
    to_limit: bool
    is_pegged: bool


def parse_order(data: Data, symbols: Symbols, origin: Origin = REST) -> OrderRequest:
    """The terms of ``POST /v1/order`` and ``order.place``."""
    refuse_unknown(data, origin.order_fields)
    side_text, type_text = required(data, "side"), required(data, "order_type")
    spec = symbols.get(read_text(data, "symbol"))
    options = _read_options(side_text, type_text, data)
    client_order_id = read_client_order_id(data)
    _check_options(options, data)
    side, order_type, trigger, time_in_force, post_only, stp, to_limit, is_pegged = options
    price_ticks, lots, amount_minor = _read_numbers(spec, order_type, to_limit, data)
    terms = None
    if trigger or to_limit or is_pegged or time_in_force == m.GTD or not TERM_FIELDS.isdisjoint(data):
        terms = read_terms(
            data,
            spec,
            trigger=trigger,
            time_in_force=time_in_force,
            post_only=post_only,
            price_ticks=price_ticks,
            quantity_lots=lots,
            to_limit=to_limit,
            is_pegged=is_pegged,
        )
    is_bound = origin is not REST and read_bool(data, "cancel_on_disconnect", origin.cancel_on_disconnect)
    return OrderRequest(
        spec,
        side,
        order_type,
        time_in_force,
        post_only,
        price_ticks,
        lots,
        amount_minor,
        stp,
        client_order_id,
        terms,
        is_bound,
    )


def read_options(data: Data) -> OrderOptions:
    """The choices of an order, checked against each other as far as that needs no numbers. Raises
    RequestError."""
    options = _read_options(required(data, "side"), required(data, "order_type"), data)
    _check_options(options, data)
    return options


def parse_order_at(data: Data, field: str, symbols: Symbols, origin: Origin) -> OrderRequest:
    """An order inside a request. Errors name the field inside it: ``first.price``."""
    try:
        return parse_order(read_object_at(data, field), symbols, origin)
    except RequestError as error:
        inner = error.details.get("field", field)
        path = field if inner == field else f"{field}.{inner}"
        raise RequestError(error.code, {**error.details, "field": path}) from None


def parse_orders(data: Data, symbols: Symbols, origin: Origin = REST) -> list[OrderRequest | RequestError]:
    """The terms of ``POST /v1/orders`` and ``order.batch``: each order parsed by itself, a bad one as its
    error."""
    refuse_unknown(data, {"orders"})
    orders = required(data, "orders")
    if not isinstance(orders, list) or not orders:
        raise RequestError("INVALID_FIELD", {"field": "orders", "expected": "a list of 1 to 100 orders"})
    if len(orders) > MAX_BATCH:
        raise RequestError("BATCH_TOO_LARGE", {"field": "orders", "maximum": MAX_BATCH, "given": len(orders)})
    return [order_or_error(item, symbols, origin, index) for index, item in enumerate(orders)]


def order_count(data: Data) -> int:
    """How many orders a request would enter, for its rate limit; 1 for what is no batch. A quote counts as
    one for both its sides."""
    orders = data.get("orders")
    if isinstance(orders, list) and orders:
        return min(len(orders), MAX_BATCH)
    quotes = data.get("quotes")
    if isinstance(quotes, list) and quotes:
        return min(len(quotes), MAX_BATCH)
    return 1 + ("second" in data) + ("working" in data)


def order_or_error(
    item: Any, symbols: Symbols, origin: Origin = REST, index: int = 0
) -> OrderRequest | RequestError:
    """An order of a batch, by its place in it."""
    if not isinstance(item, Mapping):
        return RequestError("INVALID_FIELD", {"field": f"orders[{index}]", "expected": "an object"})
    try:
        return parse_order(item, symbols, origin)
    except RequestError as error:
        return error


#: Times in force of orders for the opening or the closing auction alone.
FOR_AUCTION: Final = (m.OPG, m.CLS)

# --- an order's options and numbers ------------------------------------------------------------------


def _read_options(side: Any, order_type: Any, data: Data) -> OrderOptions:
    side_number = choice_of("side", side, m.SIDES)
    kind = ORDER_KIND_WORDS[choice_of("order_type", order_type, ORDER_KIND_WORDS)]
    default_tif = m.IOC if kind == "market" else m.GTC
    return OrderOptions(
        side_number,
        *ORDER_KINDS[kind],
        time_in_force=read_choice(data, "time_in_force", m.TIMES_IN_FORCE, default_tif),
        post_only=read_bool(data, "post_only"),
        stp=read_choice(data, "stp", m.STP_MODES, m.STP_CANCEL_NEWEST),
        to_limit=kind == MARKET_TO_LIMIT,
        is_pegged=kind == PEGGED,
    )


def _check_options(options: OrderOptions, data: Data) -> None:
    """Refuse options that contradict each other, before any number is read."""
    side, order_type, trigger, time_in_force, post_only, _, to_limit, is_pegged = options
    if is_pegged:
        _check_pegged(time_in_force, post_only, data)
    if time_in_force in FOR_AUCTION:
        _check_for_auction(trigger, to_limit, data)
    if data.get("min_quantity") is not None:
        _check_minimum(time_in_force, post_only, data)
    if to_limit:
        _check_to_limit(post_only, data)
    if order_type == m.LIMIT:
        _check_limit(trigger, time_in_force not in (m.IOC, m.FOK, *FOR_AUCTION), post_only, data)
    else:
        _check_market(side, trigger, time_in_force, post_only, data)


def _check_for_auction(trigger: int, to_limit: bool, data: Data) -> None:
    """The options of an order for the opening or the closing auction alone."""
    if trigger:
        raise contradiction("time_in_force", "an order with a trigger cannot be opg or cls")
    if data.get("quote_amount") is not None:
        raise contradiction("time_in_force", "a quote amount cannot be opg or cls")
    if to_limit:
        raise contradiction("time_in_force", "a market-to-limit order cannot be opg or cls")
    if data.get("min_quantity") is not None:
        raise contradiction("time_in_force", "an order with a minimum quantity cannot be opg or cls")


def _check_minimum(time_in_force: int, post_only: bool, data: Data) -> None:
    """The options of an order with a minimum quantity."""
    if post_only:
        raise contradiction("min_quantity", "a post-only order trades nothing as it enters")
    if time_in_force == m.FOK:
        raise contradiction("min_quantity", "a fok order trades whole as it enters")
    if data.get("quote_amount") is not None:
        raise contradiction("min_quantity", "only an order by quantity has a minimum")


def _check_to_limit(post_only: bool, data: Data) -> None:
    """The options of a market-to-limit order."""
    if post_only:
        raise contradiction("post_only", "a market-to-limit order takes as it enters")
    for field in ("price", "display_quantity"):
        if data.get(field) is not None:
            raise contradiction(field, "a market-to-limit order takes its price from the book, and shows all")


def _check_pegged(time_in_force: int, post_only: bool, data: Data) -> None:
    """The options of a pegged order."""
    if time_in_force in (m.IOC, m.FOK, *FOR_AUCTION):
        raise contradiction("time_in_force", "a pegged order is gtc, gtd or day")
    if post_only:
        raise contradiction("post_only", "a pegged order never takes as it is")
    for field in ("display_quantity", "min_quantity"):
        if data.get(field) is not None:
            raise contradiction(field, "a pegged order shows nothing and takes nothing")


def _check_limit(trigger: int, stays: bool, post_only: bool, data: Data) -> None:
    """The options of a limit order."""
    if data.get("quote_amount") is not None:
        raise contradiction("quote_amount", "only a market order takes a quote amount")
    if post_only and (trigger or not stays):
        raise contradiction("post_only", "only a limit order that stays and has no trigger can be post-only")
    if not stays and data.get("display_quantity") is not None:
        raise contradiction("display_quantity", "only a limit order that stays can be an iceberg")


def _check_market(side: int, trigger: int, time_in_force: int, post_only: bool, data: Data) -> None:
    """The options of an order at market."""
    has_quote_amount = data.get("quote_amount") is not None
    if post_only:
        raise contradiction("post_only", "a market order cannot be post-only")
    if data.get("display_quantity") is not None:
        raise contradiction("display_quantity", "only a limit order that stays can be an iceberg")
    if not trigger and time_in_force not in (m.IOC, m.FOK, *FOR_AUCTION):
        raise contradiction("time_in_force", "a market order is ioc, fok, opg or cls")
    if trigger and time_in_force == m.FOK:
        raise contradiction("time_in_force", "a market order with a trigger cannot be fok")
    if has_quote_amount and data.get("quantity") is not None:
        raise contradiction("quote_amount", "give quantity or quote_amount, not both")
    if has_quote_amount and time_in_force == m.FOK:
        raise contradiction("time_in_force", "a quote amount cannot be fok")
    if trigger and side == m.SELL and has_quote_amount:
        raise contradiction("quote_amount", "a sell with a trigger names a quantity")
    if trigger and side == m.BUY and not has_quote_amount and data.get("price") is None:
        raise contradiction("price", "a market buy with a trigger names a price or a quote_amount")


def _read_numbers(spec: SymbolSpec, order_type: int, to_limit: bool, data: Data) -> tuple[int, int, int]:
    """Price in ticks, quantity in lots and quote amount in minor units, checked against the symbol's rules; 0
    where there is none."""
    is_capped = (order_type == m.LIMIT and not to_limit) or data.get("price") is not None
    price_text = read_number_text(data, "price") if is_capped else None
    if data.get("quote_amount") is not None:
        price_ticks = read_price(price_text, spec) if is_capped else 0
        amount = read_amount(data, "quote_amount", spec.quote_scale)
        check_notional("quote_amount", amount, spec)
        return price_ticks, 0, amount
    quantity_text = read_number_text(data, "quantity")
    if not is_capped:
        return 0, read_quantity(quantity_text, spec), 0
    price_ticks, lots = read_price(price_text, spec), read_quantity(quantity_text, spec)
    check_notional("quantity", spec.notional_minor(price_ticks, lots), spec)
    return price_ticks, lots, 0


# --- command ids ---------------------------------------------------------------------------------------


def command_id_of(client_order_id: str | None) -> str:
    """Id of a placement: the client's own, so that a repeat gets the first reply; else a new one."""
    return new_command_id() if client_order_id is None else f"c:{client_order_id}"


@process.anew_after_fork
class _CommandIds:
    """A part of the process: a name that no other has, and a number. Far cheaper than a random id a
    command."""

    def __init__(self) -> None:
        self._process = f"w:{secrets.token_hex(10)}:"
        self._numbers = count(1)

    def new(self) -> str:
        return f"{self._process}{next(self._numbers):x}"


def new_command_id() -> str:
    """An id for a command whose sender gave none."""
    return process.part(_CommandIds).new()
