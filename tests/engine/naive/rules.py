"""Orders, symbols and refusals of the naive engine, and the arithmetic of fees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exchange.engine import messages as m

MILLION = 1_000_000


class Refusal(Exception):
    """A command that changes nothing, with its wire code and details (names and values in turn)."""

    def __init__(self, code: str, *details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def refuse_if(condition: bool, code: str, *details: Any) -> None:
    if condition:
        raise Refusal(code, *details)


def ceil_ppm(accrued: int) -> int:
    """``accrued`` millionths of a minor unit, rounded up (so a negative one rounds toward zero)."""
    return -(-accrued // MILLION)


@dataclass
class Order:
    order_id: int
    command: m.PlaceOrder
    price: int
    quantity: int
    maker_ppm: int
    taker_ppm: int
    created_ns: int
    updated_ns: int
    filled: int = 0
    filled_notional: int = 0
    fee: int = 0
    #: The sum of rate x notional over the fills, in millionths of a minor unit.
    accrued: int = 0
    #: Of a quote-amount buy: value taken off its budget by decrementing self-trade prevention.
    prevented_notional: int = 0
    arrival: int = 0
    resting: bool = False
    status: int = m.NEW
    reason: int = m.REASON_NONE

    @property
    def account(self) -> int:
        return self.command.account

    @property
    def symbol(self) -> str:
        return self.command.symbol

    @property
    def side(self) -> int:
        return self.command.side

    @property
    def is_buy(self) -> bool:
        return self.command.side == m.BUY

    @property
    def by_amount(self) -> bool:
        return self.command.quote_amount_minor > 0

    @property
    def open(self) -> int:
        return self.quantity - self.filled

    def cancel(self, reason: int) -> None:
        self.resting = False
        self.status = m.CANCELED
        self.reason = reason

    def event(self) -> m.Event:
        c = self.command
        return (
            m.EV_ORDER,
            self.order_id,
            c.account,
            c.client_order_id,
            c.symbol,
            c.side,
            c.order_type,
            c.time_in_force,
            c.post_only,
            c.stp,
            self.price,
            self.quantity,
            c.quote_amount_minor,
            self.filled,
            self.filled_notional,
            self.fee,
            self.status,
            self.reason,
            self.created_ns,
            self.updated_ns,
        )


@dataclass
class Symbol:
    spec: m.SetSymbol
    multiplier: int
    base_per_lot: int
    status: int = m.TRADING
    status_reason: str = ""

    def notional(self, price: int, lots: int) -> int:
        return price * lots * self.multiplier

    def tick_at(self, price: int) -> int:
        return max(band for band in self.spec.tick_bands if band[0] <= price)[1]

    def event(self) -> m.Event:
        return (m.EV_SYMBOL, *self.spec[2:], self.status, self.status_reason)


def crosses(side: int, price: int, opposite_price: int) -> bool:
    return price >= opposite_price if side == m.BUY else price <= opposite_price


def is_well_formed(c: m.PlaceOrder) -> bool:
    """Enumerations in range and a combination of fields that means something."""
    in_range = (
        c.side in (m.BUY, m.SELL)
        and c.order_type in (m.LIMIT, m.MARKET)
        and c.time_in_force in (m.GTC, m.IOC, m.FOK)
        and c.stp in (m.STP_CANCEL_NEWEST, m.STP_CANCEL_OLDEST, m.STP_CANCEL_BOTH, m.STP_DECREMENT)
    )
    if c.order_type == m.LIMIT:
        return in_range and c.quote_amount_minor == 0 and (not c.post_only or c.time_in_force == m.GTC)
    by_amount = c.quote_amount_minor != 0
    sound_amount = (
        c.quote_amount_minor > 0 and c.side == m.BUY and not c.quantity_lots and c.time_in_force != m.FOK
    )
    plain = not c.post_only and c.time_in_force != m.GTC and c.price_ticks == 0
    return in_range and plain and (sound_amount or not by_amount)


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
