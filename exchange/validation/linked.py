"""Orders that know of each other: OCO and bracket."""

from __future__ import annotations

from typing import NamedTuple

from exchange.engine import messages as m
from exchange.validation.fields import Data, read_choice, refuse_unknown
from exchange.validation.numbers import read_price_at
from exchange.validation.orders import REST, OrderRequest, Origin, Symbols, command_id_of, parse_order_at
from exchange.validation.terms import contradiction


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
    _check_pair(legs)
    for name, leg in zip(("first", "second"), legs, strict=True):
        _check_leg(name, leg)
    return legs


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


_BRACKET_FIELDS = frozenset(
    {"entry", "take_profit_price", "stop_price", "stop_limit_price", "trigger_source"}
)


def parse_bracket(data: Data, symbols: Symbols, origin: Origin = REST) -> BracketTerms:
    """The terms of ``POST /v1/orders/bracket`` and ``order.bracket``. Raises INVALID_ORDER."""
    refuse_unknown(data, _BRACKET_FIELDS)
    entry = parse_order_at(data, "entry", symbols, origin)
    if entry.side != m.BUY:
        raise contradiction("entry.side", "the entry of a bracket is a buy")
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
