"""Quotes of a market maker: placed many at a time, canceled, protected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from xtrader_client._base import BaseClient
from xtrader_client._decimals import Number, optional_decimal, wire_number, wire_numbers
from xtrader_client._orders import Order
from xtrader_client._outcomes import CanceledOrders

#: The exchange takes at most this many quotes in one request.
MAX_QUOTES = 50


@dataclass(frozen=True, slots=True)
class Quote:
    """A post-only bid and ask under a name; a side without price and quantity has no order."""

    symbol: str
    bid_price: Number | None = None
    bid_quantity: Number | None = None
    ask_price: Number | None = None
    ask_quantity: Number | None = None
    quote_id: str | None = None

    def to_wire(self) -> dict[str, Any]:
        """The fields that are set. Raises TypeError for a float."""
        names = ("bid_price", "bid_quantity", "ask_price", "ask_quantity")
        data = {"symbol": self.symbol, **wire_numbers({name: getattr(self, name) for name in names})}
        return data if self.quote_id is None else {**data, "quote_id": self.quote_id}


@dataclass(frozen=True, slots=True)
class QuoteOutcome:
    """What came of a quote: of either side the id of the order that stands, and the code that refused it."""

    symbol: str
    quote_id: str
    bid_order_id: str | None
    bid_error: str | None
    ask_order_id: str | None
    ask_error: str | None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a member of the reply to ``quotes.place``."""
        return cls(**{name: data[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class QuotesResult:
    """What came of each quote, and every order that the command changed."""

    quotes: tuple[QuoteOutcome, ...]
    orders: tuple[Order, ...]
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``quotes.place``."""
        quotes = tuple(QuoteOutcome.from_wire(row) for row in data["quotes"])
        return cls(quotes, tuple(Order.from_wire(row) for row in data["orders"]), int(data["sequence"]))


@dataclass(frozen=True, slots=True)
class QuoteProtection:
    """The bounds of the protection; ``window_ms`` 0: there is none."""

    window_ms: int
    max_fills: int
    asset: str | None
    max_net: Decimal | None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``quotes.protect``."""
        max_net = optional_decimal(data["max_net"])
        return cls(int(data["window_ms"]), int(data["max_fills"]), data["asset"], max_net)


class QuoteCalls(BaseClient):
    """Calls of a market maker; all raise as those for orders do."""

    async def place_quotes(
        self, quotes: Sequence[Quote], *, cancel_on_disconnect: bool | None = None
    ) -> QuotesResult:
        """Replace up to 50 quotes in one step: each the one of its symbol and ``quote_id``. A side that
        keeps its price and does not grow keeps its place in the queue. Raises Refused when the balance does
        not cover all, Conflict (QUOTES_PROTECTED) after the protection has canceled them, ValueError for
        more than 50."""
        if len(quotes) > MAX_QUOTES:
            raise ValueError(f"at most {MAX_QUOTES} quotes at a time")
        fields: dict[str, Any] = {"quotes": [quote.to_wire() for quote in quotes]}
        if cancel_on_disconnect is not None:
            fields["cancel_on_disconnect"] = cancel_on_disconnect
        return QuotesResult.from_wire(await self._command("quotes.place", fields))

    async def cancel_quotes(
        self, symbol: str | None = None, *, quote_id: str | None = None
    ) -> CanceledOrders:
        """Cancel the account's quotes, of a symbol or a name or all."""
        named = {"symbol": symbol, "quote_id": quote_id}
        fields = {name: value for name, value in named.items() if value is not None}
        return CanceledOrders.from_wire(await self._command("quotes.cancel", fields))

    async def protect_quotes(
        self, window_ms: int, max_fills: int = 0, *, asset: str | None = None, max_net: Number | None = None
    ) -> QuoteProtection:
        """Cancel all quotes, and take no new ones, once they had ``max_fills`` fills, or bought (or sold)
        ``max_net`` of ``asset`` more than the other, within ``window_ms``. Setting it again arms it; a window
        of 0 takes it back. Raises BadRequest for other figures."""
        fields: dict[str, Any] = {"window_ms": window_ms}
        if window_ms:
            fields["max_fills"] = max_fills
        if asset is not None and max_net is not None:
            fields |= {"asset": asset, "max_net": wire_number(max_net)}
        return QuoteProtection.from_wire(await self._command("quotes.protect", fields))
