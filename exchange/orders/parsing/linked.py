"""Orders that know of each other: OCO, OTO, OTOCO and bracket."""

from __future__ import annotations

from typing import NamedTuple

from exchange.engine import messages as m
from exchange.orders.parsing.numbers import read_price_at
from exchange.orders.parsing.options import contradiction
from exchange.orders.parsing.orders import (
    FOR_AUCTION,
    REST,
    OrderRequest,
    Origin,
    Symbols,
    command_id_of,
    parse_order_at,
)
from exchange.wire.field_readers import Data, read_choice, refuse_unknown


class OcoTerms(NamedTuple):
    """Two orders of which one is to trade."""

    first: OrderRequest
    second: OrderRequest

    def command(self, account: int, session: str | None = None) -> m.Command:
        command_id = command_id_of(self.first.client_order_id or self.second.client_order_id)
        legs = (leg.place(command_id, account, session) for leg in self)
        return m.place_oco(command_id, account, *legs)


class BracketTerms(NamedTuple):
    """A buy and the prices of its two exits; ``stop_limit_ticks`` 0: the stop sells at market."""

    entry: OrderRequest
    take_profit_ticks: int
    stop_ticks: int
    stop_limit_ticks: int
    trigger_source: int

    def command(self, account: int, session: str | None = None) -> m.Command:
        command_id = command_id_of(self.entry.client_order_id)
        return m.place_bracket(
            command_id,
            account,
            self.entry.place(command_id, account, session),
            self.take_profit_ticks,
            self.stop_ticks,
            self.stop_limit_ticks,
            self.trigger_source,
        )


def parse_oco(data: Data, symbols: Symbols, origin: Origin = REST) -> OcoTerms:
    """The terms of ``POST /v1/orders/oco`` and ``order.oco``. Raises INVALID_ORDER for two orders that cannot
    be linked."""
    refuse_unknown(data, {"first", "second"})
    legs = OcoTerms(
        parse_order_at(data, "first", symbols, origin), parse_order_at(data, "second", symbols, origin)
    )
    _check_legs(legs)
    return legs


def _check_legs(legs: OcoTerms) -> None:
    """Refuse two orders that cannot be linked."""
    _check_pair(legs)
    for name, leg in zip(("first", "second"), legs, strict=True):
        _check_leg(name, leg)


def _check_pair(legs: OcoTerms) -> None:
    first, second = legs
    same = (
        ("symbol", first.spec.name, second.spec.name),
        ("side", first.side, second.side),
        ("quantity", first.quantity_lots, second.quantity_lots),
    )
    for field, one, other in same:
        if one != other:
            raise contradiction(f"second.{field}", f"both orders have the same {field}")
    if not (first.waits or second.waits):
        raise contradiction("second.order_type", "one of the two has a trigger")
    if first.client_order_id is not None and first.client_order_id == second.client_order_id:
        raise contradiction("second.client_order_id", "each order has its own id")


def _check_leg(name: str, leg: OrderRequest) -> None:
    _refuse_pegged(name, leg)
    if leg.is_to_limit:
        raise contradiction(f"{name}.order_type", "linked orders name their price")
    if leg.has_minimum:
        raise contradiction(f"{name}.min_quantity", "linked orders have no minimum")
    if leg.quote_amount_minor:
        raise contradiction(f"{name}.quote_amount", "linked orders name a quantity")
    if leg.post_only:
        raise contradiction(f"{name}.post_only", "linked orders cannot be post-only")
    if leg.is_iceberg:
        raise contradiction(f"{name}.display_quantity", "linked orders cannot be icebergs")
    if leg.order_type == m.MARKET and not leg.waits:
        raise contradiction(f"{name}.order_type", "a linked market order has a trigger")
    if leg.order_type == m.LIMIT and leg.time_in_force in (m.IOC, m.FOK):
        raise contradiction(f"{name}.time_in_force", "linked limit orders cannot be ioc or fok")


def _refuse_pegged(name: str, order: OrderRequest) -> None:
    if order.is_pegged:
        raise contradiction(f"{name}.order_type", "a pegged order is tied to no other")


class OtoTerms(NamedTuple):
    """An order, and one or two that it triggers."""

    working: OrderRequest
    seconds: tuple[OrderRequest, ...]

    def command(self, account: int, session: str | None = None) -> m.Command:
        orders = (self.working, *self.seconds)
        named = next((order.client_order_id for order in orders if order.client_order_id is not None), None)
        command_id = command_id_of(named)
        return m.place_oto(
            command_id, account, *(order.place(command_id, account, session) for order in orders)
        )


def parse_oto(data: Data, symbols: Symbols, origin: Origin = REST) -> OtoTerms:
    """The terms of ``POST /v1/order/oto`` and ``order.oto``. Raises INVALID_ORDER for an order that cannot be
    triggered by the other."""
    return _parse_oto(data, symbols, origin, ("pending",))


def parse_otoco(data: Data, symbols: Symbols, origin: Origin = REST) -> OtoTerms:
    """The terms of ``POST /v1/order/otoco`` and ``order.otoco``."""
    terms = _parse_oto(data, symbols, origin, ("first", "second"))
    _check_legs(OcoTerms(*terms.seconds))
    return terms


def _parse_oto(data: Data, symbols: Symbols, origin: Origin, names: tuple[str, ...]) -> OtoTerms:
    refuse_unknown(data, {"working", *names})
    working = parse_order_at(data, "working", symbols, origin)
    seconds = tuple([parse_order_at(data, name, symbols, origin) for name in names])
    for name, order in zip(("working", *names), (working, *seconds), strict=True):
        _refuse_pegged(name, order)
        if order.time_in_force in FOR_AUCTION:
            raise contradiction(
                f"{name}.time_in_force",
                "an order that triggers another, or is triggered, cannot be opg or cls",
            )
    used = {working.client_order_id}
    for name, second in zip(names, seconds, strict=True):
        _check_second(name, second, working)
        if second.client_order_id is not None and second.client_order_id in used:
            raise contradiction(f"{name}.client_order_id", "each order has its own id")
        used.add(second.client_order_id)
    return OtoTerms(working, seconds)


def _check_second(name: str, second: OrderRequest, working: OrderRequest) -> None:
    if second.spec.name != working.spec.name:
        raise contradiction(f"{name}.symbol", "all orders have the same symbol")
    if second.post_only:
        raise contradiction(f"{name}.post_only", "an order that another triggers cannot be post-only")
    if second.is_to_limit:
        raise contradiction(f"{name}.order_type", "an order that another triggers names its price")
    terms = second.terms
    if terms is not None and terms.trigger == m.TRAILING_STOP and terms.trigger_source != m.LAST:
        raise contradiction(f"{name}.trigger_source", "here a trailing stop watches the last price")


_BRACKET_FIELDS = frozenset(
    {"entry", "take_profit_price", "stop_price", "stop_limit_price", "trigger_source"}
)


def parse_bracket(data: Data, symbols: Symbols, origin: Origin = REST) -> BracketTerms:
    """The terms of ``POST /v1/orders/bracket`` and ``order.bracket``. Raises INVALID_ORDER."""
    refuse_unknown(data, _BRACKET_FIELDS)
    entry = parse_order_at(data, "entry", symbols, origin)
    if entry.side != m.BUY:
        raise contradiction("entry.side", "the entry of a bracket is a buy")
    _refuse_pegged("entry", entry)
    if entry.quote_amount_minor:
        raise contradiction("entry.quote_amount", "the entry of a bracket names a quantity")
    if entry.is_iceberg:
        raise contradiction("entry.display_quantity", "the entry of a bracket cannot be an iceberg")
    spec = entry.spec
    has_limit = data.get("stop_limit_price") is not None
    terms = BracketTerms(
        entry,
        read_price_at(data, spec, "take_profit_price"),
        read_price_at(data, spec, "stop_price"),
        read_price_at(data, spec, "stop_limit_price") if has_limit else 0,
        read_choice(data, "trigger_source", m.TRIGGER_SOURCES, m.LAST),
    )
    if terms.take_profit_ticks <= terms.stop_ticks:
        raise contradiction("take_profit_price", "above the stop_price")
    return terms
