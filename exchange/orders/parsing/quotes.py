"""Quotes of market makers: placed many at a time, canceled, protected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol

from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.listing.symbol_table import SymbolSpec
from exchange.orders.parsing.orders import REST, Origin, Symbols, new_command_id
from exchange.units.decimals import TooPreciseError, format_units, parse_units
from exchange.wire.field_readers import (
    Data,
    is_client_order_id,
    read_amount,
    read_bool,
    read_integer,
    read_number_text,
    read_text,
    refuse_unknown,
    required,
)

#: Quotes of one request.
MAX_QUOTES: Final = 50
#: The name of a quote that has none: most makers have one quote a symbol.
DEFAULT_QUOTE_ID: Final = "1"
_QUOTE_FIELDS: Final = frozenset(
    {"symbol", "quote_id", "bid_price", "bid_quantity", "ask_price", "ask_quantity"}
)
MAX_WINDOW_MS: Final = 3_600_000
MAX_FILLS: Final = 1_000


class Assets(Protocol):
    """Where the scale of an asset comes from."""

    def asset_scale(self, asset: str) -> int: ...


class QuotesTerms(NamedTuple):
    """Quotes, in the units of their symbols."""

    quotes: tuple[m.Quote, ...]
    specs: tuple[SymbolSpec, ...]
    is_bound: bool

    def command(self, account: int, session: str | None = None) -> m.Command:
        return m.place_quotes(
            new_command_id(), account, *self.quotes, session=session if self.is_bound else None
        )


class CancelQuotesTerms(NamedTuple):
    """Which quotes to cancel; None: of any."""

    symbol: str | None
    quote_id: str | None

    def command(self, account: int) -> m.Command:
        return m.cancel_quotes(new_command_id(), account, self.symbol, self.quote_id)


class ProtectionTerms(NamedTuple):
    """The bounds of the protection; ``window_ms`` 0: none."""

    window_ms: int
    max_fills: int
    asset: str
    max_net_minor: int

    def command(self, account: int) -> m.Command:
        return m.protect_quotes(new_command_id(), account, *self)


def parse_quotes(data: Data, symbols: Symbols, origin: Origin = REST) -> QuotesTerms:
    """The terms of ``POST /v1/quotes`` and ``quotes.place``. What is no quote, or not of a symbol, refuses
    all; the symbol's rules are the engine's to apply, side by side."""
    refuse_unknown(data, {"quotes"} if origin is REST else {"quotes", "cancel_on_disconnect"})
    sent = required(data, "quotes")
    if not isinstance(sent, list) or not sent:
        raise RequestError("INVALID_FIELD", {"field": "quotes", "expected": "a list of 1 to 50 quotes"})
    if len(sent) > MAX_QUOTES:
        raise RequestError("BATCH_TOO_LARGE", {"field": "quotes", "maximum": MAX_QUOTES, "given": len(sent)})
    read = [_read_quote(quote, index, symbols) for index, quote in enumerate(sent)]
    names = {(quote.symbol, quote.quote_id) for _, quote in read}
    if len(names) < len(read):
        raise RequestError("INVALID_ORDER", {"field": "quotes", "reason": "one quote a symbol and quote_id"})
    is_bound = origin is not REST and read_bool(data, "cancel_on_disconnect", origin.cancel_on_disconnect)
    specs, quotes = zip(*read, strict=True)
    return QuotesTerms(quotes, specs, is_bound)


def _read_quote(sent: Any, index: int, symbols: Symbols) -> tuple[SymbolSpec, m.Quote]:
    """A quote by its place in the request. Errors name the field inside it: ``quotes[3].bid_price``."""
    path = f"quotes[{index}]"
    if not isinstance(sent, Mapping):
        raise RequestError("INVALID_FIELD", {"field": path, "expected": "an object"})
    try:
        refuse_unknown(sent, _QUOTE_FIELDS)
        spec = symbols.get(read_text(sent, "symbol"))
        name = _read_quote_id(sent) or DEFAULT_QUOTE_ID
        return spec, m.Quote(spec.name, name, *_read_side(sent, spec, "bid"), *_read_side(sent, spec, "ask"))
    except RequestError as error:
        inner = error.details.get("field")
        details = error.details if inner is None else {**error.details, "field": f"{path}.{inner}"}
        raise RequestError(error.code, details) from None


def _read_quote_id(data: Data) -> str | None:
    if data.get("quote_id") is None:
        return None
    name = read_text(data, "quote_id")
    if not is_client_order_id(name):
        raise RequestError(
            "INVALID_FIELD", {"field": "quote_id", "expected": "1 to 36 of A-Z a-z 0-9 _ . : -"}
        )
    return name


def _read_side(data: Data, spec: SymbolSpec, side: str) -> tuple[int, int]:
    """Price and quantity of a side; zeros where it has none."""
    price, quantity = f"{side}_price", f"{side}_quantity"
    if data.get(price) is None and data.get(quantity) is None:
        return 0, 0
    ticks = _read_units(data, price, spec.price_scale, "PRICE_OFF_TICK", "tick_size")
    lots = _read_units(data, quantity, spec.quantity_scale, "QUANTITY_OFF_LOT", "lot_size")
    if lots == 0:
        raise RequestError("INVALID_FIELD", {"field": quantity, "expected": "above zero; null for no order"})
    return ticks, lots


def _read_units(data: Data, field: str, scale: int, code: str, step: str) -> int:
    try:
        return parse_units(read_number_text(data, field), scale)
    except TooPreciseError:
        raise RequestError(code, {"field": field, step: format_units(1, scale)}) from None


def parse_cancel_quotes(data: Data, symbols: Symbols) -> CancelQuotesTerms:
    """The terms of ``DELETE /v1/quotes`` and ``quotes.cancel``."""
    refuse_unknown(data, {"symbol", "quote_id"})
    symbol = None if data.get("symbol") is None else symbols.get(read_text(data, "symbol")).name
    return CancelQuotesTerms(symbol, _read_quote_id(data))


def parse_protection(data: Data, assets: Assets) -> ProtectionTerms:
    """The terms of ``POST /v1/quotes/protection`` and ``quotes.protect``. Raises INVALID_PROTECTION."""
    refuse_unknown(data, {"window_ms", "max_fills", "asset", "max_net"})
    window_ms = read_integer(data, "window_ms")
    if window_ms == 0:
        refuse_unknown(data, {"window_ms"})
        return ProtectionTerms(0, 0, "", 0)
    _check_bound("window_ms", window_ms, MAX_WINDOW_MS)
    max_fills = read_integer(data, "max_fills")
    _check_bound("max_fills", max_fills, MAX_FILLS)
    if data.get("asset") is None and data.get("max_net") is None:
        return ProtectionTerms(window_ms, max_fills, "", 0)
    asset = read_text(data, "asset")
    return ProtectionTerms(
        window_ms, max_fills, asset, read_amount(data, "max_net", assets.asset_scale(asset))
    )


def _check_bound(field: str, value: int, maximum: int) -> None:
    if not 1 <= value <= maximum:
        raise RequestError("INVALID_PROTECTION", {"field": field, "minimum": 1, "maximum": maximum})
