"""The price the demo market wanders around: a random walk with calm and stormy spells, in whole numbers."""

from __future__ import annotations

from math import isqrt
from random import Random
from typing import Final

from demo.markets import Market

#: Prices are kept this much finer than a tick, so that small steps are not lost to rounding.
FINE: Final = 1_000_000
_PPB: Final = 10**9
#: A storm dies down within about this time.
_CALM_AFTER_S: Final = 1_800
#: The walk is drawn back to the symbol's reference price within about this time.
_HOME_AFTER_S: Final = 10 * 86_400


def normal_milli(rng: Random) -> int:
    """A draw from the standard normal distribution, times 1,000: the sum of twelve uniform ones."""
    return sum(rng.randrange(1001) for _ in range(12)) - 6_000


class Walk:
    """A reference price. ``advance`` moves it on by some seconds; nothing else changes it."""

    def __init__(self, market: Market, rng: Random, start_ticks: int | None = None) -> None:
        self._market = market
        self._rng = rng
        self._price = (start_ticks or market.reference_ticks) * FINE
        self._volatility_ppb = market.volatility_ppb
        #: The last move in thousandths of a typical one: which way the market leans.
        self.momentum_milli = 0

    @property
    def price_ticks(self) -> int:
        return self._price // FINE

    @property
    def volatility_ppb(self) -> int:
        return self._volatility_ppb

    def advance(self, milliseconds: int) -> int:
        """Move on and return the new price in ticks."""
        shock_milli = normal_milli(self._rng)
        root_milli = isqrt(milliseconds * 1_000)  # the square root of the seconds, times 1,000
        self._price += self._price * self._volatility_ppb // _PPB * shock_milli * root_milli // 10**6
        home = self._market.reference_ticks * FINE
        self._price += (home - self._price) * milliseconds // (_HOME_AFTER_S * 1_000)
        self._price = max(self._price, home // 4)
        self._stir(abs(shock_milli), milliseconds)
        self.momentum_milli = (self.momentum_milli * 7 + shock_milli) // 8
        return self.price_ticks

    def _stir(self, size_milli: int, milliseconds: int) -> None:
        """Large moves make the next ones larger; without them the market calms down."""
        base = self._market.volatility_ppb
        calming = (base - self._volatility_ppb) * milliseconds // (_CALM_AFTER_S * 1_000)
        # 798 is the mean of |N(0, 1)| x 1,000: on average nothing is added.
        excited = self._volatility_ppb * (size_milli - 798) // 12_000
        self._volatility_ppb = min(max(self._volatility_ppb + calming + excited, base // 3), base * 4)


def size_lots(market: Market, rng: Random) -> int:
    """The size of one order in lots: mostly small, now and then large."""
    size = market.typical_lots * rng.randrange(5, 100) // 50
    if rng.randrange(12) == 0:
        size *= rng.randrange(2, 8)
    return max(1, size) * market.lot
