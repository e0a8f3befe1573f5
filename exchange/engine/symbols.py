"""What a symbol is to the core: its scales, what an order in it may look like, its fee rates."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import lcm
from typing import Any, Final

from exchange.engine import codes
from exchange.engine import messages as m

#: Rates are in millionths; a fee is ceil(rate x notional / PPM).
PPM: Final = 1_000_000
#: 10 %: far above any venue's rate, and low enough that a fee never exceeds the fill it is on.
MAX_RATE_PPM: Final = 100_000
MAX_SCALE: Final = 18
#: Bounds of a symbol's prices and quantities, in its finest units: they fit any 64-bit column.
MAX_UNITS: Final = 10**18
#: The most of an asset there may be, in minor units: no balance, value or fee outgrows 38 digits.
MAX_SUPPLY_MINOR: Final = 10**36

#: The widest band or collar: prices up to twice the reference.
MAX_BAND_PPM: Final = PPM
MAX_CALL_NS: Final = 24 * 3600 * 1_000_000_000
MAX_CALENDAR_NAME: Final = 16

TickBands = tuple[tuple[int, int], ...]
#: Fields of SetSymbol after the command id, without the protection.
TERM_COUNT: Final = 15
_LOW: Final = (1 << 29) - 1
NO_PROTECTION: Final = m.Protection()


def rated(rate_ppm: int, amount_minor: int) -> int:
    """rate x amount, in millionths of a minor unit.

    In two steps, because compiled code multiplies machine words only where both factors have at most 30 bits
    and makes Python integers of them otherwise."""
    return (rate_ppm * (amount_minor >> 29) << 29) + rate_ppm * (amount_minor & _LOW)


class Symbol:
    """A symbol's terms and status. ``terms`` is the tuple of SetSymbol's fields after the command id."""

    __slots__ = (
        "band_ppm",
        "band_starts",
        "band_steps",
        "base",
        "base_unit_minor",
        "call_ends_ns",
        "common_step",
        "lot_step",
        "maker_ppm",
        "max_notional_minor",
        "max_open_orders",
        "max_price_ticks",
        "max_quantity_lots",
        "min_notional_minor",
        "min_price_ticks",
        "min_quantity_lots",
        "multiplier",
        "name",
        "protection",
        "quote",
        "rates",
        "status",
        "status_reason",
        "taker_ppm",
        "terms",
        "volatility_ppm",
    )

    def __init__(self, terms: tuple[Any, ...], base_scale: int, quote_scale: int) -> None:
        self.name: str = terms[0]
        self.base: str = terms[1]
        self.quote: str = terms[2]
        price_scale: int = terms[3]
        quantity_scale: int = terms[4]
        #: notional_minor = price_ticks x quantity_lots x multiplier, exactly.
        self.multiplier: int = 10 ** (quote_scale - price_scale - quantity_scale)
        #: Minor units of the base asset in one quantity unit.
        self.base_unit_minor: int = 10 ** (base_scale - quantity_scale)
        self.status: int = m.TRADING
        self.status_reason: str = ""
        #: When a volatility auction takes place; 0 outside of one.
        self.call_ends_ns: int = 0
        self.change(terms)

    def change(self, terms: tuple[Any, ...]) -> None:
        """Take over changed terms; name, assets and scales are known to be the same."""
        if len(terms) > TERM_COUNT and m.Protection(*terms[TERM_COUNT]) == NO_PROTECTION:
            terms = terms[:TERM_COUNT]
        self.terms: tuple[Any, ...] = terms
        bands: TickBands = terms[5]
        self.band_starts: list[int] = [start for start, _ in bands]
        self.band_steps: list[int] = [step for _, step in bands]
        #: A price divisible by this stands on a tick in every band.
        self.common_step: int = lcm(*self.band_steps)
        self.lot_step: int = terms[6]
        self.min_quantity_lots: int = terms[7]
        self.max_quantity_lots: int = terms[8]
        self.min_price_ticks: int = terms[9]
        self.max_price_ticks: int = terms[10]
        self.min_notional_minor: int = terms[11]
        self.maker_ppm: int = terms[12]
        self.taker_ppm: int = terms[13]
        #: The rates together, for whoever takes both.
        self.rates: tuple[int, int] = (self.maker_ppm, self.taker_ppm)
        self.max_open_orders: int = terms[14]
        self.protection = m.Protection(*terms[TERM_COUNT]) if len(terms) > TERM_COUNT else NO_PROTECTION
        self.volatility_ppm: int = self.protection.volatility_ppm
        self.band_ppm: int = self.protection.band_ppm
        self.max_notional_minor: int = self.protection.max_notional_minor

    def event(self) -> m.Event:
        plain = (m.EV_SYMBOL, *self.terms[:TERM_COUNT], self.status, self.status_reason)
        if len(self.terms) == TERM_COUNT and not self.call_ends_ns:
            return plain
        return (*plain, self.terms[TERM_COUNT] if len(self.terms) > TERM_COUNT else None, self.call_ends_ns)

    def is_call(self) -> bool:
        """Whether orders gather without trading."""
        return self.status in m.CALL_STATUSES

    def price_below(self, price_ticks: int) -> int:
        """The highest price below this one that stands on a tick; 0 if there is none."""
        below = price_ticks - 1
        place = bisect_right(self.band_starts, below) - 1
        while True:
            # The first band starts at 0, so the search ends there at the latest.
            on_tick = below - below % self.band_steps[place]
            if on_tick >= self.band_starts[place]:
                return on_tick
            below = self.band_starts[place] - 1
            place -= 1

    def price_above(self, price_ticks: int) -> int:
        """The lowest price above this one that stands on a tick."""
        above = price_ticks + 1
        place = bisect_right(self.band_starts, above) - 1
        while True:
            on_tick = above + -above % self.band_steps[place]
            place += 1
            if place == len(self.band_starts) or on_tick < self.band_starts[place]:
                return on_tick
            above = self.band_starts[place]

    def check_price(self, price_ticks: int) -> str:
        """The code that refuses this limit price, or an empty string."""
        if price_ticks < self.min_price_ticks or price_ticks > self.max_price_ticks:
            return codes.PRICE_OUT_OF_BOUNDS
        step = self.band_steps[bisect_right(self.band_starts, price_ticks) - 1]
        return codes.PRICE_OFF_TICK if price_ticks % step else ""

    def check_notional(self, notional_minor: int) -> str:
        """The code that refuses an order worth this, or an empty string."""
        if notional_minor < self.min_notional_minor:
            return codes.BELOW_MIN_NOTIONAL
        highest = self.max_notional_minor
        return codes.ABOVE_MAX_NOTIONAL if highest and notional_minor > highest else ""

    def check_band(self, price_ticks: int, reference_ticks: int) -> str:
        """The code that refuses a limit price this far from the reference price (0: there is none)."""
        ppm = self.band_ppm
        if not ppm or not reference_ticks:
            return ""
        far = abs(price_ticks - reference_ticks) * PPM > ppm * reference_ticks
        return codes.PRICE_OUT_OF_BAND if far else ""

    def check_quantity(self, quantity_lots: int) -> str:
        """The code that refuses this order quantity, or an empty string."""
        if quantity_lots < self.min_quantity_lots or quantity_lots > self.max_quantity_lots:
            return codes.QUANTITY_OUT_OF_BOUNDS
        return codes.QUANTITY_OFF_LOT if quantity_lots % self.lot_step else ""


def check_terms(terms: tuple[Any, ...], scales: dict[str, int]) -> str:
    """The code that refuses these terms of a symbol, or an empty string. ``scales`` are the assets'."""
    base, quote, price_scale, quantity_scale = terms[1:5]
    if base not in scales or quote not in scales:
        return codes.ASSET_NOT_FOUND
    if base == quote or not name_ok(terms[0]) or price_scale < 0 or quantity_scale < 0:
        return codes.INVALID_SYMBOL
    # Together these make every notional and every base amount a whole number of minor units.
    if price_scale + quantity_scale > scales[quote] or quantity_scale > scales[base]:
        return codes.INVALID_SYMBOL
    sound = _bands_ok(terms[5]) and _bounds_ok(terms) and _protection_ok(terms)
    return "" if sound else codes.INVALID_SYMBOL


def check_rates(maker_ppm: int, taker_ppm: int) -> bool:
    """Whether the rates are within bounds and a rebate is never more than the fee it is paid from."""
    if max(abs(maker_ppm), abs(taker_ppm)) > MAX_RATE_PPM:
        return False
    return maker_ppm + taker_ppm >= 0


def name_ok(name: str) -> bool:
    """1 to 24 of A-Z, 0-9 and ``-``; ``-`` neither first nor last."""
    if not 1 <= len(name) <= 24 or name[0] == "-" or name[-1] == "-":
        return False
    return all("A" <= c <= "Z" or "0" <= c <= "9" or c == "-" for c in name)


def _bands_ok(bands: TickBands) -> bool:
    if not bands or bands[0][0] != 0:
        return False
    ascending = all(a[0] < b[0] for a, b in pairwise(bands))
    return ascending and all(step >= 1 for _, step in bands)


def _bounds_ok(terms: tuple[Any, ...]) -> bool:
    lot_step, min_quantity, max_quantity, min_price, max_price, min_notional = terms[6:12]
    maker_ppm, taker_ppm, max_open_orders = terms[12:15]
    return (
        lot_step >= 1
        and 1 <= min_quantity <= max_quantity <= MAX_UNITS
        and 1 <= min_price <= max_price <= MAX_UNITS
        and 0 <= min_notional <= MAX_SUPPLY_MINOR
        and max_open_orders >= 1
        and check_rates(maker_ppm, taker_ppm)
    )


def _protection_ok(terms: tuple[Any, ...]) -> bool:
    if len(terms) == TERM_COUNT:
        return True
    protection = m.Protection(*terms[TERM_COUNT])
    bands = (protection.collar_ppm, protection.band_ppm, protection.volatility_ppm)
    return (
        0 <= protection.max_notional_minor <= MAX_SUPPLY_MINOR
        and all(0 <= ppm <= MAX_BAND_PPM for ppm in bands)
        and 0 <= protection.volatility_ns <= MAX_CALL_NS
        and (protection.volatility_ppm == 0 or protection.volatility_ns > 0)
        and len(protection.calendar) <= MAX_CALENDAR_NAME
    )
