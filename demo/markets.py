"""What the demo market of each symbol looks like. Plain data: change it and the market changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Everything random in the demo market comes from this.
SEED: Final = 20_260_901


@dataclass(frozen=True, slots=True)
class Market:
    """One symbol. Prices in ticks, quantities in lots, both as the engine counts them."""

    symbol: str
    price_scale: int
    quantity_scale: int
    #: Step of prices around the reference, in ticks: a multiple of the symbol's tick size there.
    step_ticks: int
    reference_ticks: int
    #: Typical move in one second, billionths of the price.
    volatility_ppb: int
    #: Quantities are multiples of this many lots.
    lot: int
    #: Typical size of a trade, in multiples of ``lot``.
    typical_lots: int
    #: Trades in an average minute of the history.
    trades_per_minute: int
    #: Share of the day's trading in each hour UTC, relative to each other.
    activity_by_hour: tuple[int, ...]

    def rounded(self, price_ticks: int) -> int:
        """The nearest price at or below that lies on the step."""
        return price_ticks // self.step_ticks * self.step_ticks


#: Crypto never closes; it is busiest in the Korean morning and the Korean evening (UTC 0 and 13).
_ROUND_THE_CLOCK: Final = (
    16,
    14,
    11,
    9,
    8,
    8,
    8,
    9,
    9,
    10,
    11,
    12,
    14,
    16,
    16,
    15,
    14,
    12,
    10,
    8,
    7,
    7,
    9,
    13,
)
#: A US stock: the open (14:30 UTC) and the close (21:00) are busy, the noon is quiet, the night thin.
_US_HOURS: Final = (2, 2, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 8, 28, 20, 14, 11, 11, 15, 26, 6, 4, 3)

BTC_KRW: Final = Market(
    symbol="BTC-KRW",
    price_scale=0,
    quantity_scale=8,
    step_ticks=1_000,
    reference_ticks=140_000_000,
    volatility_ppb=45_000,
    lot=10**4,
    typical_lots=120,
    trades_per_minute=2,
    activity_by_hour=_ROUND_THE_CLOCK,
)
ETH_KRW: Final = Market(
    symbol="ETH-KRW",
    price_scale=0,
    quantity_scale=8,
    step_ticks=1_000,
    reference_ticks=5_000_000,
    volatility_ppb=65_000,
    lot=10**4,
    typical_lots=3_000,
    trades_per_minute=1,
    activity_by_hour=_ROUND_THE_CLOCK,
)
AAPL: Final = Market(
    symbol="AAPL",
    price_scale=2,
    quantity_scale=0,
    step_ticks=1,
    reference_ticks=23_000,
    volatility_ppb=30_000,
    lot=1,
    typical_lots=40,
    trades_per_minute=1,
    activity_by_hour=_US_HOURS,
)

MARKETS: Final = (BTC_KRW, ETH_KRW, AAPL)


def decimal_text(units: int, scale: int) -> str:
    """Ticks or lots as the wire writes them: 1500000 with scale 8 is "0.015"."""
    if scale == 0:
        return str(units)
    digits = str(units).zfill(scale + 1)
    return f"{digits[:-scale]}.{digits[-scale:]}".rstrip("0").rstrip(".")
