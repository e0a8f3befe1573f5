"""Public market data as typed values. Prices are in the quote asset, quantities in the base asset, times in
ms UTC.

Each class is made by ``from_wire`` from a JSON object; fields the exchange adds later are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, Self

from xtrader_client._decimals import optional_decimal, required_decimal
from xtrader_client._literals import Interval, Side, SymbolStatus


class Level(NamedTuple):
    """Total open quantity at one price."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """An order book at ``sequence``: bids from the highest price down, asks from the lowest up. ``checksum``
    is the CRC32 of the top ten (``book_checksum``)."""

    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    sequence: int
    timestamp: int
    checksum: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read ``GET /api/v1/orderbook``."""
        bids, asks = (
            tuple(Level(Decimal(price), Decimal(quantity)) for price, quantity in data[side])
            for side in ("bids", "asks")
        )
        numbers = (int(data[name]) for name in ("sequence", "timestamp", "checksum"))
        return cls(data["symbol"], bids, asks, *numbers)


@dataclass(frozen=True, slots=True)
class Trade:
    """A public trade. ``side`` is the aggressor's (None in an auction)."""

    trade_id: str
    symbol: str
    price: Decimal
    quantity: Decimal
    side: Side | None
    timestamp: int
    sequence: int

    @property
    def execution_id(self) -> str:
        """The wire's name of ``trade_id``."""
        return self.trade_id

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read an execution of the wire."""
        return cls(
            trade_id=str(data["execution_id"]),
            symbol=data["symbol"],
            price=required_decimal(data, "price"),
            quantity=required_decimal(data, "quantity"),
            side=data.get("side"),
            timestamp=int(data["timestamp"]),
            sequence=int(data["sequence"]),
        )


@dataclass(frozen=True, slots=True)
class Candle:
    """Trading of one interval. ``close_time`` is its last millisecond; ``closed`` once it is over. Without
    trades all four prices are the close before it and the volumes are 0."""

    symbol: str
    interval: Interval
    open_time: int
    close_time: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    #: In the quote asset.
    quote_volume: Decimal
    trade_count: int
    closed: bool

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], symbol: str, interval: Interval) -> Self:
        """Read a candle of the wire, which names neither symbol nor interval."""
        return cls(
            symbol=symbol,
            interval=interval,
            open_time=int(data["open_time"]),
            close_time=int(data["close_time"]),
            open=required_decimal(data, "open"),
            high=required_decimal(data, "high"),
            low=required_decimal(data, "low"),
            close=required_decimal(data, "close"),
            volume=required_decimal(data, "volume"),
            quote_volume=required_decimal(data, "quote_volume"),
            trade_count=int(data["trade_count"]),
            closed=bool(data["closed"]),
        )


@dataclass(frozen=True, slots=True)
class Ticker:
    """The last 24 hours of a symbol in minute steps, and its best prices. A price is None where there is
    none; the change in percent is of the open price: 1.5 is 1.5 %."""

    symbol: str
    timestamp: int
    last_price: Decimal | None
    bid_price: Decimal | None
    ask_price: Decimal | None
    open_price: Decimal | None
    high_price: Decimal | None
    low_price: Decimal | None
    vwap: Decimal | None
    volume: Decimal
    #: In the quote asset.
    quote_volume: Decimal
    trade_count: int
    price_change: Decimal | None
    price_change_percent: Decimal | None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the statistics of the wire."""
        return cls(
            symbol=data["symbol"],
            timestamp=int(data["timestamp"]),
            last_price=optional_decimal(data.get("last_price")),
            bid_price=optional_decimal(data.get("bid_price")),
            ask_price=optional_decimal(data.get("ask_price")),
            open_price=optional_decimal(data.get("open_price_24h")),
            high_price=optional_decimal(data.get("high_price_24h")),
            low_price=optional_decimal(data.get("low_price_24h")),
            vwap=optional_decimal(data.get("vwap_24h")),
            volume=required_decimal(data, "volume_24h"),
            quote_volume=required_decimal(data, "quote_volume_24h"),
            trade_count=int(data["trade_count_24h"]),
            price_change=optional_decimal(data.get("price_change_24h")),
            price_change_percent=optional_decimal(data.get("price_change_percent_24h")),
        )


@dataclass(frozen=True, slots=True)
class Indication:
    """Where an auction would trade as the book stands; ``price`` None: nowhere."""

    price: Decimal | None
    quantity: Decimal
    #: The side of which something would be left over, and how much.
    surplus_side: Side | None
    surplus_quantity: Decimal

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read an indication of the wire."""
        return cls(
            optional_decimal(data["price"]),
            required_decimal(data, "quantity"),
            data["surplus_side"],
            required_decimal(data, "surplus_quantity"),
        )


class TickBand(NamedTuple):
    """The tick size that holds from a price on, up to the next band."""

    from_price: Decimal
    tick_size: Decimal


@dataclass(frozen=True, slots=True)
class SymbolTerms:
    """All that an order of the symbol must fit, and the state of its market.

    Rates are fractions (0.0005 is 0.05 %), the ``*_percent`` are percent (1.5 is 1.5 %), scales count
    decimals. A protection that is off is None.
    """

    symbol: str
    base_asset: str
    quote_asset: str
    status: SymbolStatus
    status_reason: str | None
    base_scale: int
    quote_scale: int
    price_scale: int
    quantity_scale: int
    #: From the lowest price up.
    tick_bands: tuple[TickBand, ...]
    lot_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_price: Decimal
    max_price: Decimal
    #: Least value of an order, in the quote asset.
    min_notional: Decimal
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    #: Of one account.
    max_open_orders: int
    max_notional: Decimal | None
    #: A market order trades no further than this from the best price it met.
    price_collar_percent: Decimal | None
    #: Limit prices are this near to the reference price.
    price_band_percent: Decimal | None
    #: A trade further than this from the last price starts an auction of that length.
    volatility_band_percent: Decimal | None
    volatility_auction_seconds: int | None
    #: The exchange whose trading hours it follows, such as XNYS.
    calendar: str | None
    #: A trade, or the price of an opening or closing auction, further than this from the reference price
    #: starts an auction.
    static_band_percent: Decimal | None
    #: Whether a price at the very edge of the two bands does so too.
    interrupts_at_band: bool
    #: An auction ends up to so much later, at random.
    auction_random_end_seconds: int | None
    #: A volatility auction whose price would be further than this from the last price is extended once.
    extension_band_percent: Decimal | None
    #: Whether in an auction the newer of two orders of one owner that could trade together is canceled.
    auction_self_trade_prevention: bool
    #: When a volatility auction takes place.
    call_ends_at: int | None
    #: Whether what the collar leaves of a market order rests at it, or is canceled.
    price_collar_rests: bool = False
    #: Whether an iceberg that traded on entry first shows what is left of the part it was at.
    iceberg_continues: bool = False

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a symbol of the wire."""
        # An older exchange lacks the latest.
        values: dict[str, Any] = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        values |= {name: required_decimal(data, name) for name in _TERMS_DECIMALS}
        values |= {name: optional_decimal(data[name]) for name in _TERMS_PROTECTIONS}
        values["tick_bands"] = tuple(
            TickBand(required_decimal(band, "from_price"), required_decimal(band, "tick_size"))
            for band in data["tick_bands"]
        )
        return cls(**values)


_TERMS_DECIMALS = (
    *("lot_size", "min_quantity", "max_quantity", "min_price", "max_price", "min_notional"),
    *("maker_fee_rate", "taker_fee_rate"),
)
_TERMS_PROTECTIONS = (
    *("max_notional", "price_collar_percent", "price_band_percent", "volatility_band_percent"),
    *("static_band_percent", "extension_band_percent"),
)
