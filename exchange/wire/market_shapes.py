"""Symbols, books, auctions and trades as the public sees them. None names an account or an order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec

from exchange.engine.messages import SIDES, SYMBOL_STATUSES
from exchange.listing.terms import TERMS, Term, Unit
from exchange.wire.shape_parts import Decimal, Milliseconds, one_of, text

MarketStatus = Annotated[str, one_of(SYMBOL_STATUSES)]
Side = Annotated[str, one_of(SIDES)]


class TickBand(msgspec.Struct):
    from_price: Decimal
    tick_size: Decimal


#: How the wire writes a term, by what it is; anything else is a decimal.
_TYPES: Final[dict[Unit, Any]] = {
    Unit.SYMBOL: str,
    Unit.ASSET: str,
    Unit.CALENDAR: str,
    Unit.SCALE: int,
    Unit.COUNT: int,
    Unit.SPAN_NS: int,
    Unit.TICK_BANDS: list[TickBand],
    Unit.SWITCH: bool,
}


def _field(term: Term) -> tuple[str, Any]:
    """A term's field in the symbol; null where a protection is off."""
    kind = _TYPES.get(term.unit, Decimal)
    if term.is_protection and term.unit is not Unit.SWITCH:
        kind |= None
    description = term.reply.help
    return term.reply.name, Annotated[kind, text(description)] if description else kind


def _fields(terms: Iterable[Term]) -> list[tuple[str, Any]]:
    return [_field(term) for term in terms]


#: What a symbol is besides its terms, after the names of its assets.
_STATE: Final[list[tuple[str, Any]]] = [
    ("status", MarketStatus),
    ("status_reason", str | None),
    ("base_scale", int),
    ("quote_scale", int),
]
_CALL_ENDS: Final = (
    "call_ends_at",
    Annotated[Milliseconds | None, text("When a volatility auction takes place.")],
)
#: The terms of a symbol that come before its state, and those that come after.
NAME_TERMS: Final = TERMS[:3]
OTHER_TERMS: Final = TERMS[3:]

#: A symbol with everything a client needs to send orders that pass. Its fields come from the table of terms.
Symbol = msgspec.defstruct(
    "Symbol", [*_fields(NAME_TERMS), *_STATE, *_fields(OTHER_TERMS), _CALL_ENDS], module=__name__
)


class Symbols(msgspec.Struct):
    symbols: list[Symbol]  # type: ignore[valid-type]  # made at run time


Level = Annotated[list[Decimal], msgspec.Meta(min_length=2, max_length=2)]


class OrderBook(msgspec.Struct):
    symbol: str
    bids: Annotated[list[Level], text("[price, quantity] from the highest price down.")]
    asks: Annotated[list[Level], text("[price, quantity] from the lowest price up.")]
    sequence: int
    timestamp: Milliseconds
    checksum: Annotated[int, text("CRC32 of the top ten levels; see the API guide.")]


class Auction(msgspec.Struct):
    """Where an auction would trade as the book stands."""

    symbol: str
    status: MarketStatus
    price: Annotated[Decimal | None, text("Null where nothing would trade.")]
    quantity: Decimal
    surplus_side: Annotated[Side | None, text("Of which side something would be left over; null: of none.")]
    surplus_quantity: Decimal
    call_ends_at: Milliseconds | None
    sequence: int
    timestamp: Milliseconds


class Time(msgspec.Struct):
    server_time: Milliseconds


class Execution(msgspec.Struct, gc=False):
    """One trade."""

    execution_id: str
    symbol: str
    price: Annotated[str, text("In the quote asset.")]
    quantity: Annotated[str, text("In the base asset.")]
    side: Annotated[Side | None, text("The aggressor's; null in an auction.")]
    timestamp: Annotated[int, text("Milliseconds UTC.")]
    sequence: Annotated[int, text("The engine's sequence of the trade.")]


class Executions(msgspec.Struct):
    executions: list[Execution]
