"""What a symbol is to the core: its scales, what an order in it may look like, its fee rates."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import lcm
from typing import Any, Final

import exchange.engine.messages.codes as codes
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
#: What a volatility auction ends with unless it took the place of another change.
NEXT_TRADING: Final = (m.TRADING, "")
#: A random end comes at most so much later.
MAX_RANDOM_END_NS: Final = 30_000_000_000


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
        "call_drawn_ns",
        "call_ends_ns",
        "call_is_extended",
        "call_next",
        "common_step",
        "interrupts",
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
        named = named_terms(terms)
        self.name: str = named.symbol
        self.base: str = named.base
        self.quote: str = named.quote
        #: notional_minor = price_ticks x quantity_lots x multiplier, exactly.
        self.multiplier: int = 10 ** (quote_scale - named.price_scale - named.quantity_scale)
        #: Minor units of the base asset in one quantity unit.
        self.base_unit_minor: int = 10 ** (base_scale - named.quantity_scale)
        self.status: int = m.TRADING
        self.status_reason: str = ""
        #: When a volatility auction takes place; 0 outside of one.
        self.call_ends_ns: int = 0
        #: Of a volatility auction under way: the status, with its reason, that follows; when it really ends,
        #: once that is drawn (0: not yet); whether it has been extended.
        self.call_next: tuple[int, str] = NEXT_TRADING
        self.call_drawn_ns: int = 0
        self.call_is_extended = False
        self.change(terms)

    def change(self, terms: tuple[Any, ...]) -> None:
        """Take over changed terms; name, assets and scales are known to be the same."""
        if len(terms) > TERM_COUNT and m.Protection(*terms[TERM_COUNT]) == NO_PROTECTION:
            terms = terms[:TERM_COUNT]
        self.terms: tuple[Any, ...] = terms
        named = named_terms(terms)
        bands: TickBands = named.tick_bands
        self.band_starts: list[int] = [start for start, _ in bands]
        self.band_steps: list[int] = [step for _, step in bands]
        #: A price divisible by this stands on a tick in every band.
        self.common_step: int = lcm(*self.band_steps)
        self.lot_step: int = named.lot_step
        self.min_quantity_lots: int = named.min_quantity_lots
        self.max_quantity_lots: int = named.max_quantity_lots
        self.min_price_ticks: int = named.min_price_ticks
        self.max_price_ticks: int = named.max_price_ticks
        self.min_notional_minor: int = named.min_notional_minor
        self.maker_ppm: int = named.maker_ppm
        self.taker_ppm: int = named.taker_ppm
        #: The rates together, for readers of both.
        self.rates: tuple[int, int] = (self.maker_ppm, self.taker_ppm)
        self.max_open_orders: int = named.max_open_orders
        self.protection = NO_PROTECTION if named.protection is None else m.Protection(*named.protection)
        self.volatility_ppm: int = self.protection.volatility_ppm
        #: Whether trades far from the prices before them start an auction.
        self.interrupts = self.volatility_ppm > 0 or self.protection.static_ppm > 0
        self.band_ppm: int = self.protection.band_ppm
        self.max_notional_minor: int = self.protection.max_notional_minor

    def fixed_terms(self) -> tuple[str, str, int, int]:
        """What never changes but the name."""
        return fixed_terms(named_terms(self.terms))

    def event(self) -> m.Event:
        plain = (m.EV_SYMBOL, *self.terms[:TERM_COUNT], self.status, self.status_reason)
        if len(self.terms) == TERM_COUNT and not self.call_ends_ns:
            return plain
        return (*plain, self.terms[TERM_COUNT] if len(self.terms) > TERM_COUNT else None, self.call_ends_ns)

    def allowed_ticks(self, center_ticks: int, ppm: int) -> tuple[int, int]:
        """The lowest and highest price that a band of this width around a price lets trade."""
        width = center_ticks * ppm
        if self.protection.reached:
            # A price at the very edge is one too far.
            return center_ticks + 1 - -(-width // PPM), center_ticks - 1 + -(-width // PPM)
        return center_ticks - width // PPM, center_ticks + width // PPM

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


def named_terms(terms: tuple[Any, ...]) -> m.SetSymbol:
    """A symbol's terms by their names."""
    return m.SetSymbol(m.SET_SYMBOL, "", *terms)


def fixed_terms(named: m.SetSymbol) -> tuple[str, str, int, int]:
    """What of a symbol's terms never changes, but its name: assets and scales."""
    return named.base, named.quote, named.price_scale, named.quantity_scale


def check_terms(terms: tuple[Any, ...], scales: dict[str, int]) -> str:
    """The code that refuses these terms of a symbol, or an empty string. ``scales`` are the assets'."""
    named = named_terms(terms)
    base, quote, price_scale, quantity_scale = fixed_terms(named)
    if base not in scales or quote not in scales:
        return codes.ASSET_NOT_FOUND
    if base == quote or not name_ok(named.symbol) or price_scale < 0 or quantity_scale < 0:
        return codes.INVALID_SYMBOL
    # Together these make every notional and every base amount a whole number of minor units.
    if price_scale + quantity_scale > scales[quote] or quantity_scale > scales[base]:
        return codes.INVALID_SYMBOL
    sound = _bands_ok(named.tick_bands) and _bounds_ok(named) and _protection_ok(named)
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


def _bounds_ok(named: m.SetSymbol) -> bool:
    return (
        named.lot_step >= 1
        and 1 <= named.min_quantity_lots <= named.max_quantity_lots <= MAX_UNITS
        and 1 <= named.min_price_ticks <= named.max_price_ticks <= MAX_UNITS
        and 0 <= named.min_notional_minor <= MAX_SUPPLY_MINOR
        and named.max_open_orders >= 1
        and check_rates(named.maker_ppm, named.taker_ppm)
    )


def _protection_ok(named: m.SetSymbol) -> bool:
    if named.protection is None:
        return True
    protection = m.Protection(*named.protection)
    bands = (protection.collar_ppm, protection.band_ppm, protection.volatility_ppm)
    auctions = (protection.static_ppm, protection.extended_ppm)
    if not all(0 <= ppm <= MAX_BAND_PPM for ppm in auctions):
        return False
    if protection.static_ppm and not protection.volatility_ns:
        return False
    if not 0 <= protection.random_end_ns <= MAX_RANDOM_END_NS:
        return False
    return (
        0 <= protection.max_notional_minor <= MAX_SUPPLY_MINOR
        and all(0 <= ppm <= MAX_BAND_PPM for ppm in bands)
        and 0 <= protection.volatility_ns <= MAX_CALL_NS
        and (protection.volatility_ppm == 0 or protection.volatility_ns > 0)
        and len(protection.calendar) <= MAX_CALENDAR_NAME
    )
