"""Symbols and refusals of the naive engine, and the arithmetic of fees, bands and prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exchange.engine import messages as m

MILLION = 1_000_000
DAY_NS = 24 * 3_600 * 10**9
SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS
#: What enters in these statuses is matched; in any other it rests as it is.
MATCHING = (m.TRADING, m.POST_ONLY)
#: An auction comes before these.
UNCROSSED = (m.TRADING, m.POST_ONLY, m.CLOSED)
#: Times in force of an order that may rest on the book.
RESTING_TIMES = (m.GTC, m.GTD, m.DAY)


class Refusal(Exception):
    """A command that changes nothing, with its wire code and details (names and values in turn)."""

    def __init__(self, code: str, *details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def refuse_if(condition: bool, code: str, *details: Any) -> None:
    if condition:
        raise Refusal(code, *details)


@dataclass
class Symbol:
    spec: m.SetSymbol
    protection: m.Protection
    multiplier: int
    base_per_lot: int
    status: int = m.TRADING
    status_reason: str = ""
    #: When the volatility auction ends; 0: no end is set.
    call_ends_ns: int = 0
    #: What follows it; when it really ends, once that is drawn; whether it was extended.
    call_next: tuple[int, str] = (m.TRADING, "")
    call_drawn_ns: int = 0
    call_is_extended: bool = False

    @property
    def name(self) -> str:
        return self.spec.symbol

    def notional(self, price: int, lots: int) -> int:
        return price * lots * self.multiplier

    def tick_at(self, price: int) -> int:
        return max(band for band in self.spec.tick_bands if band[0] <= price)[1]

    def is_valid_price(self, price: int) -> bool:
        inside = self.spec.min_price_ticks <= price <= self.spec.max_price_ticks
        return inside and price % self.tick_at(price) == 0

    def next_valid_price(self, beyond: int, side: int) -> int | None:
        """The valid price nearest to ``beyond`` on the passive side of it: below for a buy."""
        below = range(min(beyond, self.spec.max_price_ticks + 1) - 1, self.spec.min_price_ticks - 1, -1)
        above = range(max(beyond, self.spec.min_price_ticks - 1) + 1, self.spec.max_price_ticks + 1)
        return next((p for p in (below if side == m.BUY else above) if self.is_valid_price(p)), None)

    def pegged_price(self, order_side: int, doubled: int, offset: int, limit: int) -> int | None:
        """PG2: half of ``doubled``, so far away from the other side, or the next valid price on the passive
        side of it; no worse than the limit."""
        if order_side == m.BUY:
            near = self.next_valid_price(doubled // 2 - offset + 1, m.BUY)
            price = None if near is None else min(near, limit)
            return price if price is not None and price >= self.spec.min_price_ticks else None
        near = self.next_valid_price(-(-doubled // 2) + offset - 1, m.SELL)
        price = None if near is None else max(near, limit)
        return price if price is not None and price <= self.spec.max_price_ticks else None

    def is_calm(self, price: int, center: int, ppm: int) -> bool:
        """K8: whether a price is near enough to another. The very edge is, or by choice is not."""
        at_edge = abs(price - center) * MILLION == ppm * center
        return is_within(price, center, ppm) and not (at_edge and self.protection.reached)

    def auction_limit(self, side: int, reference: int | None) -> int | None:
        """M7: the limit of a market order that gathers; None: nothing bounds what a buy costs."""
        lowest = next(p for p in range(self.spec.min_price_ticks, 10**18) if p % self.tick_at(p) == 0)
        ppm = self.protection.band_ppm or self.protection.collar_ppm
        if not ppm or reference is None:
            return None if side == m.BUY else lowest
        near = [p for p in range(1, 2 * reference + 1) if is_within(p, reference, ppm)]
        near = [p for p in near if p % self.tick_at(p) == 0]
        if side == m.SELL:
            return max([lowest, *near[:1]])
        return next((p for p in reversed(near) if p <= self.spec.max_price_ticks), None)

    def event(self) -> m.Event:
        plain = (m.EV_SYMBOL, *self.spec[2:17], self.status, self.status_reason)
        protection = None if self.protection == m.Protection() else self.spec.protection
        return (
            plain
            if protection is None and not self.call_ends_ns
            else (
                *plain,
                protection,
                self.call_ends_ns,
            )
        )


def ceil_ppm(accrued: int) -> int:
    """``accrued`` millionths of a minor unit, rounded up (so a negative one rounds toward zero)."""
    return -(-accrued // MILLION)


def crosses(side: int, price: int, opposite_price: int) -> bool:
    return price >= opposite_price if side == m.BUY else price <= opposite_price


def is_within(price: int, center: int, ppm: int) -> bool:
    """Whether ``price`` is no further than ``ppm`` millionths of ``center`` from it."""
    return abs(price - center) * MILLION <= ppm * center


def bands_ascend(bands: tuple[tuple[int, int], ...]) -> bool:
    starts = [start for start, _ in bands]
    return (
        bool(bands)
        and starts[0] == 0
        and starts == sorted(set(starts))
        and all(step >= 1 for _, step in bands)
    )


def rates_allowed(maker_ppm: int, taker_ppm: int) -> bool:
    return abs(maker_ppm) <= 100_000 and abs(taker_ppm) <= 100_000 and maker_ppm + taker_ppm >= 0


def protects(protection: m.Protection) -> bool:
    """Whether the rules of a protection mean something."""
    bands = (protection.collar_ppm, protection.band_ppm, protection.volatility_ppm)
    auctions = (protection.static_ppm, protection.extended_ppm)
    in_range = (
        all(0 <= ppm <= MILLION for ppm in auctions)
        and 0 <= protection.random_end_ns <= 30 * SECOND_NS
        and (protection.static_ppm == 0 or protection.volatility_ns > 0)
    )
    return in_range and (
        0 <= protection.max_notional_minor <= 10**36
        and all(0 <= ppm <= MILLION for ppm in bands)
        and 0 <= protection.volatility_ns <= DAY_NS
        and (protection.volatility_ppm == 0 or protection.volatility_ns > 0)
        and len(protection.calendar) <= 16
    )
