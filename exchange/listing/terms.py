"""What a symbol trades by: one structure, ``SymbolTerms``, and one table, ``TERMS``.

The table is the annotations of the structure, in the order of the engine's command. From it come the fields
of a change request (``exchange.control.kinds``), the symbol of a reply (``exchange.wire.symbol_rendering``),
and the operators' form and page (``web.console``). The engine keeps its own command; ``SymbolTerms.command``
and ``SymbolTerms.of_event`` are the two ways between them.

To add a term: append it to the engine's command (or its protection) with a new rules version, give it a row
here and a column in ``exchange.models.Symbol``. Tests name what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Final, NamedTuple, Self, get_type_hints

from exchange.engine.messages import Command, Protection, SymbolEvent, set_symbol
from exchange.units.decimals import MAX_DIGITS

TickBands = tuple[tuple[int, int], ...]

#: Characters of the name of a symbol and of the code of an asset.
MAX_SYMBOL: Final = 24
MAX_ASSET: Final = 16
_MAX_BIGINT: Final = 2**63 - 1
_MAX_AMOUNT: Final = 10**MAX_DIGITS - 1
_MAX_PPM: Final = 1_000_000
_MAX_COUNT: Final = 2**31 - 1


class Unit(Enum):
    """What a term is, or what its number counts."""

    SYMBOL = "name of a symbol"
    ASSET = "code of an asset"
    SCALE = "decimals"
    TICK_BANDS = "(from price in ticks, step in ticks), ascending from 0"
    PRICE_TICKS = "10**-price_scale of the quote asset"
    QUANTITY_LOTS = "10**-quantity_scale of the base asset"
    QUOTE_MINOR = "minor units of the quote asset"
    FEE_PPM = "millionths; negative for a rebate"
    BAND_PPM = "millionths of a price"
    COUNT = "a number of things"
    SPAN_NS = "nanoseconds"
    CALENDAR = "name of a trading calendar"
    SWITCH = "on or off"


#: The range a change request keeps to. The engine judges whether a value makes sense.
BOUNDS: Final[dict[Unit, tuple[int, int]]] = {
    Unit.SCALE: (0, 18),
    Unit.PRICE_TICKS: (0, _MAX_BIGINT),
    Unit.QUANTITY_LOTS: (0, _MAX_BIGINT),
    Unit.QUOTE_MINOR: (0, _MAX_AMOUNT),
    Unit.FEE_PPM: (-_MAX_PPM, _MAX_PPM),
    Unit.BAND_PPM: (0, _MAX_PPM),
    Unit.COUNT: (0, _MAX_COUNT),
    Unit.SPAN_NS: (0, _MAX_BIGINT),
}


class Section(Enum):
    """Where operators look for a term; their form has the sections in this order."""

    IDENTITY = 0
    PRICES = 1
    QUANTITIES = 2
    FEES_AND_LIMITS = 3
    PROTECTION = 4


class ReplyText(NamedTuple):
    """A term in the API's symbol: the name of its field, and its help in the schema."""

    name: str
    help: str = ""


class FormText(NamedTuple):
    """A term in the operators' form. Without a label the form makes one of the name; the bounds are those of
    a whole number, in the unit the form shows."""

    name: str
    label: str | None
    help: str = ""
    lowest: int = 0
    highest: int = 0


class PageText(NamedTuple):
    """A term on the operators' page of a symbol: the column and its heading."""

    name: str
    label: str


class Term(NamedTuple):
    """A row of the table. ``name`` is the field's, here, in the engine's command, in a change request and in
    the database (there ``symbol`` is the key, ``code``)."""

    unit: Unit
    section: Section
    reply: ReplyText
    form: FormText | None = None
    page: PageText | None = None
    name: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether it never changes once the symbol exists."""
        return self.section is Section.IDENTITY

    @property
    def is_protection(self) -> bool:
        """Whether it is one of the rules that protect traders: 0 or empty turns it off."""
        return self.section is Section.PROTECTION


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolTerms:
    """The terms a symbol is listed under. Prices are in ticks of ``10**-price_scale`` of the quote asset,
    quantities in lots of ``10**-quantity_scale`` of the base asset, rates and bands in millionths. The fields
    mean what they mean in ``messages.SetSymbol`` and ``messages.Protection``."""

    symbol: Annotated[str, Term(Unit.SYMBOL, Section.IDENTITY, ReplyText("symbol"))]
    base: Annotated[str, Term(Unit.ASSET, Section.IDENTITY, ReplyText("base_asset"))]
    quote: Annotated[str, Term(Unit.ASSET, Section.IDENTITY, ReplyText("quote_asset"))]
    price_scale: Annotated[
        int,
        Term(
            Unit.SCALE,
            Section.IDENTITY,
            ReplyText("price_scale", "Decimals of a price."),
            FormText(
                "price_scale",
                "price decimals",
                "Price and quantity decimals together at most the quote asset's. They can never change.",
                lowest=0,
                highest=18,
            ),
        ),
    ]
    quantity_scale: Annotated[
        int,
        Term(
            Unit.SCALE,
            Section.IDENTITY,
            ReplyText("quantity_scale", "Decimals of a quantity."),
            FormText("quantity_scale", "quantity decimals", lowest=0, highest=18),
        ),
    ]
    tick_bands: Annotated[
        TickBands,
        Term(
            Unit.TICK_BANDS,
            Section.PRICES,
            ReplyText("tick_bands", "The tick size that holds from each price on."),
            FormText(
                "tick_table",
                "tick table",
                "One band a line: from price, then tick size. The first band starts at 0.",
            ),
            PageText("tick_table", "tick table"),
        ),
    ]
    lot_step: Annotated[
        int,
        Term(
            Unit.QUANTITY_LOTS,
            Section.QUANTITIES,
            ReplyText("lot_size"),
            FormText("lot_step", "lot", "Quantities are multiples of this."),
            PageText("lot", "lot"),
        ),
    ]
    min_quantity_lots: Annotated[
        int,
        Term(
            Unit.QUANTITY_LOTS,
            Section.QUANTITIES,
            ReplyText("min_quantity"),
            FormText("min_quantity", "smallest quantity"),
            PageText("smallest", "smallest quantity"),
        ),
    ]
    max_quantity_lots: Annotated[
        int,
        Term(
            Unit.QUANTITY_LOTS,
            Section.QUANTITIES,
            ReplyText("max_quantity"),
            FormText("max_quantity", "largest quantity"),
            PageText("largest", "largest quantity"),
        ),
    ]
    min_price_ticks: Annotated[
        int,
        Term(
            Unit.PRICE_TICKS,
            Section.PRICES,
            ReplyText("min_price"),
            FormText("min_price", "lowest price"),
            PageText("lowest_price", "lowest price"),
        ),
    ]
    max_price_ticks: Annotated[
        int,
        Term(
            Unit.PRICE_TICKS,
            Section.PRICES,
            ReplyText("max_price"),
            FormText("max_price", "highest price"),
            PageText("highest_price", "highest price"),
        ),
    ]
    min_notional_minor: Annotated[
        int,
        Term(
            Unit.QUOTE_MINOR,
            Section.QUANTITIES,
            ReplyText("min_notional"),
            FormText("min_notional", "smallest order value", "In the quote asset."),
            PageText("min_value", "smallest order"),
        ),
    ]
    maker_ppm: Annotated[
        int,
        Term(
            Unit.FEE_PPM,
            Section.FEES_AND_LIMITS,
            ReplyText("maker_fee_rate"),
            FormText("maker_rate", "maker fee (%)", "0.05 is 0.05 %; negative for a rebate."),
            PageText("maker_fee", "maker fee"),
        ),
    ]
    taker_ppm: Annotated[
        int,
        Term(
            Unit.FEE_PPM,
            Section.FEES_AND_LIMITS,
            ReplyText("taker_fee_rate"),
            FormText("taker_rate", "taker fee (%)"),
            PageText("taker_fee", "taker fee"),
        ),
    ]
    max_open_orders: Annotated[
        int,
        Term(
            Unit.COUNT,
            Section.FEES_AND_LIMITS,
            ReplyText("max_open_orders", "Of one account in this symbol."),
            FormText("max_open_orders", "open orders an account may have", lowest=1, highest=1_000_000),
        ),
    ]
    max_notional_minor: Annotated[
        int,
        Term(
            Unit.QUOTE_MINOR,
            Section.PROTECTION,
            ReplyText("max_notional", "Null: no such rule; so with those below."),
            FormText("max_notional", "largest order value", "In the quote asset; empty: no such rule."),
            PageText("max_value", "largest order"),
        ),
    ] = 0
    collar_ppm: Annotated[
        int,
        Term(
            Unit.BAND_PPM,
            Section.PROTECTION,
            ReplyText(
                "price_collar_percent",
                "A market order trades no further than this from the best price it met.",
            ),
            FormText(
                "collar",
                "collar (%)",
                "A market order trades no further than this from the best price it meets; empty: off.",
            ),
            PageText("collar", "collar of market orders"),
        ),
    ] = 0
    band_ppm: Annotated[
        int,
        Term(
            Unit.BAND_PPM,
            Section.PROTECTION,
            ReplyText("price_band_percent", "Limit prices are this near the reference price."),
            FormText("band", "price band (%)", "Limit prices are this near the reference price; empty: off."),
            PageText("band", "price band"),
        ),
    ] = 0
    volatility_ppm: Annotated[
        int,
        Term(
            Unit.BAND_PPM,
            Section.PROTECTION,
            ReplyText(
                "volatility_band_percent", "A trade further than this from the last price starts an auction."
            ),
            FormText(
                "volatility",
                "volatility band (%)",
                "A trade further than this from the last price starts a call auction; empty: off.",
            ),
            PageText("volatility", "volatility band"),
        ),
    ] = 0
    volatility_ns: Annotated[
        int,
        Term(
            Unit.SPAN_NS,
            Section.PROTECTION,
            ReplyText("volatility_auction_seconds"),
            FormText("volatility_seconds", "volatility auction (seconds)", lowest=1, highest=86_400),
        ),
    ] = 0
    calendar: Annotated[
        str,
        Term(
            Unit.CALENDAR,
            Section.PROTECTION,
            ReplyText(
                "calendar",
                "Whose sessions it follows, such as XNYS; null: it trades around the clock.",
            ),
            FormText(
                "calendar",
                None,
                "Trading calendar such as XNYS, whose sessions it follows; empty: around the clock.",
            ),
            PageText("follows", "trading calendar"),
        ),
    ] = ""
    collar_rests: Annotated[
        bool,
        Term(
            Unit.SWITCH,
            Section.PROTECTION,
            ReplyText(
                "price_collar_rests",
                "Whether what the collar leaves of a market order rests at it as a limit order, or is "
                "canceled.",
            ),
            FormText(
                "collar_rests",
                "rest at the collar",
                "What the collar leaves of a market order rests at it as a limit order; off: it is canceled.",
            ),
            PageText("rests_at_collar", "rests at the collar"),
        ),
    ] = False
    iceberg_continues: Annotated[
        bool,
        Term(
            Unit.SWITCH,
            Section.PROTECTION,
            ReplyText(
                "iceberg_continues",
                "Whether an iceberg that traded on entry first shows what is left of the part it was at, or "
                "a whole part.",
            ),
            FormText(
                "iceberg_continues",
                "icebergs go on with their part",
                "An iceberg that traded on entry first shows what is left of the part it was at; off: a "
                "whole part.",
            ),
            PageText("iceberg_goes_on", "icebergs go on with their part"),
        ),
    ] = False
    static_ppm: Annotated[
        int,
        Term(
            Unit.BAND_PPM,
            Section.PROTECTION,
            ReplyText(
                "static_band_percent",
                "A trade, or the price of an opening or closing auction, further than this from the "
                "reference price starts an auction.",
            ),
            FormText(
                "static_band",
                "static band (%)",
                "A trade, or the price of an opening or closing auction, further than this from the "
                "reference price starts a volatility auction; empty: off.",
            ),
            PageText("static_band", "static band"),
        ),
    ] = 0
    reached: Annotated[
        bool,
        Term(
            Unit.SWITCH,
            Section.PROTECTION,
            ReplyText(
                "interrupts_at_band",
                "Whether a price at the very edge of the volatility and static bands starts an auction too.",
            ),
            FormText(
                "interrupts_at_band",
                "interrupt at the edge",
                "A price at the very edge of the volatility and static bands starts an auction as well.",
            ),
            PageText("at_edge", "interrupts at the edge"),
        ),
    ] = False
    random_end_ns: Annotated[
        int,
        Term(
            Unit.SPAN_NS,
            Section.PROTECTION,
            ReplyText("auction_random_end_seconds", "An auction ends up to so much later, at random."),
            FormText(
                "random_end_seconds",
                "random end (seconds)",
                "An auction ends up to so much later than it shows, at random; empty: on time.",
                lowest=1,
                highest=30,
            ),
            PageText("random_end", "random end of auctions"),
        ),
    ] = 0
    extended_ppm: Annotated[
        int,
        Term(
            Unit.BAND_PPM,
            Section.PROTECTION,
            ReplyText(
                "extension_band_percent",
                "A volatility auction whose price would be further than this from the last price is extended "
                "once.",
            ),
            FormText(
                "extension_band",
                "extension band (%)",
                "A volatility auction whose price would be further than this from the last price is extended "
                "once; empty: off.",
            ),
            PageText("extension_band", "extension band"),
        ),
    ] = 0
    auction_stp: Annotated[
        bool,
        Term(
            Unit.SWITCH,
            Section.PROTECTION,
            ReplyText(
                "auction_self_trade_prevention",
                "Whether in an auction the newer of two orders of one owner that could trade with one "
                "another is canceled.",
            ),
            FormText(
                "auction_stp",
                "self-trade prevention in auctions",
                "Of two orders of one owner that could trade with one another in an auction the newer is "
                "canceled.",
            ),
            PageText("auction_prevention", "self-trade prevention in auctions"),
        ),
    ] = False

    @classmethod
    def of_event(cls, event: Sequence[Any]) -> Self:
        """The terms in a symbol event of the engine."""
        symbol = SymbolEvent(*event)
        rules = {name: getattr(symbol, name) for name in REQUIRED_NAMES}
        rules["tick_bands"] = tuple((start, step) for start, step in symbol.tick_bands)
        return cls(**rules, **Protection(*(symbol.protection or ()))._asdict())

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The terms in the payload of a ``set_symbol`` change request, whose shape is right."""
        fields = {**payload, **(payload.get("protection") or {})}
        fields.pop("protection", None)
        fields["tick_bands"] = tuple((start, step) for start, step in payload["tick_bands"])
        return cls(**fields)

    def as_dict(self) -> dict[str, Any]:
        """Every term by name."""
        return {term.name: getattr(self, term.name) for term in TERMS}

    def payload(self) -> dict[str, Any]:
        """The fields of a ``set_symbol`` change request."""
        return payload_of(self.as_dict())

    def command(self, command_id: str) -> Command:
        """The engine's command that lists the symbol, or changes it, to these terms."""
        return set_symbol(command_id, **command_fields(self.payload()))


def payload_of(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a ``set_symbol`` change request, from every term by name. The protection is left out
    where every rule is off."""
    fields = {name: terms[name] for name in REQUIRED_NAMES}
    protection = {name: terms[name] for name in PROTECTION_NAMES}
    return {**fields, "protection": protection} if any(protection.values()) else fields


def command_fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of ``messages.set_symbol`` from the payload of a change request, as JSON may have changed
    it."""
    fields = {**payload, "tick_bands": tuple((start, step) for start, step in payload["tick_bands"])}
    if fields.get("protection") is not None:
        fields["protection"] = Protection(**fields["protection"])
    return fields


def _table() -> tuple[Term, ...]:
    hints = get_type_hints(SymbolTerms, include_extras=True)
    return tuple(hint.__metadata__[0]._replace(name=name) for name, hint in hints.items())


#: Every term, in the order of the engine's command.
TERMS: Final[tuple[Term, ...]] = _table()
#: What every listing states.
REQUIRED_TERMS: Final = tuple(term for term in TERMS if not term.is_protection)
#: What may be off.
PROTECTION_TERMS: Final = tuple(term for term in TERMS if term.is_protection)
REQUIRED_NAMES: Final = tuple(term.name for term in REQUIRED_TERMS)
PROTECTION_NAMES: Final = tuple(term.name for term in PROTECTION_TERMS)
