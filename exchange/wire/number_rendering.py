"""Numbers of the engine as the wire writes them: decimals as text, times in whole milliseconds."""

from __future__ import annotations

from typing import Final

from exchange.listing.symbol_table import SymbolSpec
from exchange.units.decimals import format_ratio, format_units

#: Decimals of an average price beyond those of the symbol's prices.
AVERAGE_EXTRA_DECIMALS: Final = 4
#: Decimals of a fee rate: a ppm is a millionth.
RATE_SCALE: Final = 6
#: Decimals of a percentage.
PERCENT_SCALE: Final = 4
_NS_PER_MS: Final = 1_000_000


def milliseconds(time_ns: int) -> int:
    """Wire time of an engine time."""
    return time_ns // _NS_PER_MS


def fee_rate(ppm: int) -> str:
    """A rate as a decimal fraction: 500 ppm is ``"0.0005"`` (0.05 %)."""
    return format_units(ppm, RATE_SCALE)


def percent(ppm: int) -> str:
    """Millionths as a percentage: 1,500 ppm is ``"0.15"``."""
    return format_units(ppm, PERCENT_SCALE)


def average_price(notional_minor: int, quantity_lots: int, spec: SymbolSpec) -> str | None:
    """Notional over quantity, rounded half up to four decimals more than prices have; None unfilled."""
    if not quantity_lots:
        return None
    ticks_per_unit = quantity_lots * spec.multiplier * 10**spec.price_scale
    return format_ratio(notional_minor, ticks_per_unit, spec.price_scale + AVERAGE_EXTRA_DECIMALS)


def price_or_none(ticks: int, spec: SymbolSpec) -> str | None:
    """A price or a distance between prices; 0 is none."""
    return format_units(ticks, spec.price_scale) if ticks else None


def time_or_none(time_ns: int) -> int | None:
    """A time in milliseconds; 0 is none."""
    return milliseconds(time_ns) if time_ns else None
