"""Ticks, lots, minor units and nanoseconds as people read them.

Scales never change once an asset or symbol exists, so a process looks each up once.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

from exchange import process
from exchange.models import Asset, Symbol
from exchange.units.decimals import format_units

PPM_PER_PERCENT_SCALE: Final = 4
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class SymbolUnits(NamedTuple):
    base: str
    quote: str
    price_scale: int
    quantity_scale: int


class _Found:
    """A part of the process: what has been looked up."""

    def __init__(self) -> None:
        self.assets: dict[str, int] = {}
        self.symbols: dict[str, SymbolUnits] = {}


def forget() -> None:
    """Look everything up again: for tests, whose databases come and go."""
    process.current().remove(_Found)


def asset_scale(asset: str) -> int | None:
    """Decimals of the asset; None when the projection has not written it yet."""
    assets = process.part(_Found).assets
    if asset not in assets:
        assets.update(Asset.objects.values_list("code", "scale"))
    return assets.get(asset)


def symbol_units(symbol: str) -> SymbolUnits | None:
    """Scales and assets of the symbol; None when the projection has not written it yet."""
    symbols = process.part(_Found).symbols
    if symbol not in symbols:
        rows = Symbol.objects.values_list("code", "base_id", "quote_id", "price_scale", "quantity_scale")
        symbols.update({code: SymbolUnits(base, quote, *scales) for code, base, quote, *scales in rows})
    return symbols.get(symbol)


def grouped(decimal: str) -> str:
    """Decimal text with commas between thousands."""
    whole, point, fraction = decimal.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{fraction}"


def amount(asset: str, minor: int) -> str:
    """``1,500.25 KRW``."""
    scale = asset_scale(asset)
    if scale is None:
        return f"{minor:,} minor units of {asset}"
    return f"{grouped(format_units(minor, scale))} {asset}"


def price(symbol: str, ticks: int) -> str:
    """``95,000,000 KRW``, ``224.10 USD``: all decimals a price of the symbol can have."""
    units = symbol_units(symbol)
    if units is None:
        return f"{ticks:,} ticks"
    whole, point, fraction = format_units(ticks, units.price_scale).partition(".")
    if units.price_scale:
        point, fraction = ".", fraction.ljust(units.price_scale, "0")
    return f"{grouped(whole)}{point}{fraction} {units.quote}"


def quantity(symbol: str, lots: int) -> str:
    """``0.015 BTC``."""
    units = symbol_units(symbol)
    if units is None:
        return f"{lots:,} lots"
    return f"{grouped(format_units(lots, units.quantity_scale))} {units.base}"


def quote_amount(symbol: str, minor: int) -> str:
    """An amount of the symbol's quote asset."""
    units = symbol_units(symbol)
    return amount(units.quote, minor) if units else f"{minor:,} minor units"


def base_amount(symbol: str, minor: int) -> str:
    """An amount of the symbol's base asset."""
    units = symbol_units(symbol)
    return amount(units.base, minor) if units else f"{minor:,} minor units"


def signed(text: str) -> str:
    """With a plus in front of what is not negative: for changes of a balance."""
    return text if text.startswith("-") else f"+{text}"


def rate(ppm: int) -> str:
    """``0.05 %``."""
    return f"{format_units(ppm, PPM_PER_PERCENT_SCALE)} %"


def moment(time_ns: int) -> str:
    """``2026-11-22 17:31:52.123`` (UTC)."""
    at = _EPOCH + dt.timedelta(microseconds=time_ns // 1_000)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1_000:03d}"


def duration(seconds: int) -> str:
    """``2 d 3 h``, ``4 min 5 s``: the two largest parts."""
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
