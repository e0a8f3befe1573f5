"""The assets and symbols that ship, as data: what ``manage.py seed`` lists on a new venue.

After that the engine is the authority: operators change symbols by change requests, and nothing
here is read to find out how a listed symbol trades. The labels below are the exception: the engine
keeps no display names, so the projection takes them from ``asset_name`` and ``symbol_name``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from exchange.engine import messages
from exchange.listing.terms import SymbolTerms, TickBands

#: Upbit's order price units for KRW markets, effective 2025-07-31, as (from price, step) in KRW.
#: Source: Upbit Developer Center, "KRW market order price unit",
#: https://docs.upbit.com/kr/docs/krw-market-info. The exchange's bands below 100 KRW are finer than
#: one won; symbols listed with ``price_scale`` 0 cannot quote there, so they end at 1.
UPBIT_KRW_TICK_BANDS: Final[TickBands] = (
    (0, 1),
    (5_000, 5),
    (10_000, 10),
    (50_000, 50),
    (100_000, 100),
    (500_000, 500),
    (1_000_000, 1_000),
)

_NS_PER_S: Final = 1_000_000_000
#: Rule 612 of Regulation NMS: a US stock at or above one dollar is quoted in whole cents.
US_STOCK_TICK_BANDS: Final[TickBands] = ((0, 1),)


#: No protection at all.
NOTHING: Final = messages.Protection()


@dataclass(frozen=True, slots=True)
class AssetListing:
    """An asset; ``scale`` is the number of decimals of its minor unit."""

    asset: str
    scale: int
    name: str

    def payload(self) -> dict[str, Any]:
        """The fields of a ``set_asset`` change request."""
        return {"asset": self.asset, "scale": self.scale}


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolListing(SymbolTerms):
    """A symbol that ships: its terms and what to call it. ``protected_by`` is what a new venue protects its
    traders with. With ``sessions_of`` it may follow a trading calendar; it does where calendars are switched
    on."""

    name: str
    sessions_of: str = ""
    protected_by: messages.Protection = NOTHING

    def listed(self, *, follows_calendar: bool) -> SymbolTerms:
        """The terms a new venue lists it under."""
        calendar = self.sessions_of if follows_calendar else ""
        return replace(self, **self.protected_by._replace(calendar=calendar)._asdict())


KRW: Final = AssetListing("KRW", 8, "South Korean won")
USD: Final = AssetListing("USD", 8, "US dollar")
BTC: Final = AssetListing("BTC", 8, "Bitcoin")
ETH: Final = AssetListing("ETH", 8, "Ether")
AAPL: Final = AssetListing("AAPL", 0, "Apple Inc. common stock")

ASSETS: Final = (KRW, USD, BTC, ETH, AAPL)

#: A venue in won: KRX's volatility interruptions (dynamic 6 %, static 10 % of the last auction, reached or
#: beyond, two minutes and up to 30 s at random) and its daily limit of 30 %; Upbit's largest order of a
#: billion won; the 10 % at which Coinbase Exchange stops a market order.
WON_PROTECTION: Final = messages.Protection(
    max_notional_minor=1_000_000_000 * 10**8,
    collar_ppm=100_000,
    band_ppm=300_000,
    volatility_ppm=60_000,
    volatility_ns=120 * _NS_PER_S,
    static_ppm=100_000,
    reached=True,
    random_end_ns=30 * _NS_PER_S,
)
#: A US stock: the Limit Up-Limit Down plan's 5 % and pause of five minutes (tier 1), which bounds market
#: orders as well; Nasdaq's limit order protection of 50 % (Rule 4757(d)). That there is a largest value is
#: SEC rule 15c3-5's; ten million dollars is ours.
US_STOCK_PROTECTION: Final = messages.Protection(
    max_notional_minor=10_000_000 * 10**8,
    collar_ppm=50_000,
    band_ppm=500_000,
    volatility_ppm=50_000,
    volatility_ns=300 * _NS_PER_S,
)

BTC_KRW: Final = SymbolListing(
    symbol="BTC-KRW",
    name="Bitcoin / South Korean won",
    base="BTC",
    quote="KRW",
    price_scale=0,
    quantity_scale=8,
    tick_bands=UPBIT_KRW_TICK_BANDS,
    lot_step=1,
    min_quantity_lots=1,
    max_quantity_lots=1_000 * 10**8,
    min_price_ticks=1_000,
    max_price_ticks=100_000_000_000,
    min_notional_minor=5_000 * 10**8,
    maker_ppm=500,
    taker_ppm=500,
    max_open_orders=1_000,
    protected_by=WON_PROTECTION,
)

ETH_KRW: Final = SymbolListing(
    symbol="ETH-KRW",
    name="Ether / South Korean won",
    base="ETH",
    quote="KRW",
    price_scale=0,
    quantity_scale=8,
    tick_bands=UPBIT_KRW_TICK_BANDS,
    lot_step=1,
    min_quantity_lots=1,
    max_quantity_lots=10_000 * 10**8,
    min_price_ticks=100,
    max_price_ticks=10_000_000_000,
    min_notional_minor=5_000 * 10**8,
    maker_ppm=500,
    taker_ppm=500,
    max_open_orders=1_000,
    protected_by=WON_PROTECTION,
)

AAPL_USD: Final = SymbolListing(
    symbol="AAPL",
    name="Apple Inc.",
    base="AAPL",
    quote="USD",
    price_scale=2,
    quantity_scale=0,
    tick_bands=US_STOCK_TICK_BANDS,
    lot_step=1,
    min_quantity_lots=1,
    max_quantity_lots=1_000_000,
    min_price_ticks=100,
    max_price_ticks=10_000_000,
    min_notional_minor=10**8,
    maker_ppm=0,
    taker_ppm=100,
    max_open_orders=1_000,
    sessions_of="XNYS",
    protected_by=US_STOCK_PROTECTION,
)

SYMBOLS: Final = (BTC_KRW, ETH_KRW, AAPL_USD)

_ASSET_NAMES: Final = {listing.asset: listing.name for listing in ASSETS}
_SYMBOL_NAMES: Final = {listing.symbol: listing.name for listing in SYMBOLS}


def asset_name(asset: str) -> str:
    """What to call an asset on a page; an asset that does not ship is called by its code."""
    return _ASSET_NAMES.get(asset, asset)


def symbol_name(symbol: str) -> str:
    """What to call a symbol on a page; a symbol that does not ship is called by its code."""
    return _SYMBOL_NAMES.get(symbol, symbol)


def asset_command(command_id: str, listing: AssetListing) -> messages.Command:
    return messages.set_asset(command_id, listing.asset, listing.scale)


def symbol_command(command_id: str, listing: SymbolListing) -> messages.Command:
    return listing.command(command_id)


def setup_commands() -> list[messages.Command]:
    """The commands that list every asset and symbol, for an engine without a database beside it."""
    assets = [asset_command(f"setup:asset:{listing.asset}", listing) for listing in ASSETS]
    symbols = [symbol_command(f"setup:symbol:{listing.symbol}", listing) for listing in SYMBOLS]
    return assets + symbols
