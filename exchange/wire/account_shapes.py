"""Balances, fees and the statement of an account as the wire has them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from exchange.engine.messages import TRANSFER_KINDS
from exchange.wire.shape_parts import Decimal, Id, Milliseconds, Page, one_of, text


class LedgerEntry(msgspec.Struct):
    """What one trade or transfer did to one asset."""

    entry_id: str
    type: Annotated[str, one_of(("trade", *TRANSFER_KINDS))]
    asset: str
    amount: Annotated[Decimal, text("Signed; of the quote asset of a trade, the fee is inside.")]
    balance_after: Annotated[Decimal, text("Available and held together.")]
    fee: Annotated[Decimal, text("The part of amount that was a fee.")]
    symbol: str | None
    trade_id: Id | None
    order_id: Id | None
    timestamp: Milliseconds
    sequence: int
    counter_account: Annotated[
        Id | None, text("The other account of a transfer; null where that is the venue.")
    ]
    memo: str | None
    withdrawal_id: str | None
    held: Annotated[
        Decimal | None,
        text("Of a withdrawal: what was set aside for it; negative: is not any more. It changes no amount."),
    ]


class LedgerPage(Page):
    entries: list[LedgerEntry]


class LedgerTotal(msgspec.Struct):
    asset: str
    type: Annotated[str, one_of(("trade", *TRANSFER_KINDS))]
    count: int
    amount: Annotated[Decimal, text("The sum of the entries' amounts: signed.")]
    fee: Decimal


class LedgerTotals(msgspec.Struct):
    """What the entries come to."""

    count: int
    totals: Annotated[list[LedgerTotal], text("By asset and type.")]
    as_of_sequence: int


class FeeRates(msgspec.Struct):
    symbol: str
    maker_fee_rate: Annotated[Decimal, text("A fraction: 0.0005 is 0.05 %.")]
    taker_fee_rate: Decimal


class FeeTier(msgspec.Struct):
    """A tier of the fee schedule with its rates on every symbol."""

    tier: Annotated[int, text("0: the lowest, in which all begin.")]
    name: Annotated[str, text("Empty for tier 0.")]
    volume: Annotated[Decimal, text("The least its owner trades in 30 days.")]
    rates: list[FeeRates]


class FeeSchedule(msgspec.Struct):
    """The tiers, from the lowest up."""

    currency: Annotated[str, text("The asset of volumes.")]
    hour: Annotated[int, text("Of the day (UTC): when tiers change.")]
    tiers: list[FeeTier]


class NextFeeTier(msgspec.Struct):
    tier: int
    name: str
    volume: Decimal
    missing: Annotated[Decimal, text("What is missing to it.")]


class FeeOverride(msgspec.Struct):
    """Rates of the account's own, over its tier's."""

    symbol: Annotated[str | None, text("null: all symbols.")]
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    ends_at: Annotated[Milliseconds | None, text("null: no end is set.")]


class Fees(msgspec.Struct):
    fees: list[FeeRates]
    tier: int
    tier_name: str
    volume_30d: Annotated[Decimal, text("What the owner's accounts traded in the 30 days to volume_day.")]
    currency: Annotated[str, text("The asset of volumes.")]
    volume_day: Annotated[str | None, text("The last day (UTC) that was counted; null before the first.")]
    next_tier: Annotated[NextFeeTier | None, text("null in the highest.")]
    overrides: list[FeeOverride]
    schedule: FeeSchedule
    as_of_sequence: int


class Earned(msgspec.Struct):
    asset: str
    amount: Decimal


class Referral(msgspec.Struct):
    """The user's own code, and what it brought."""

    code: str
    share: Annotated[Decimal, text("Of the fees of those who use the code, as a fraction.")]
    referred_count: int
    earned: list[Earned]
    is_tied: Annotated[bool, text("Whether the user was brought by somebody.")]
    closes_at: Annotated[Milliseconds | None, text("Until when the user can name a code; null: no more.")]


class Balance(msgspec.Struct, gc=False):
    asset: str
    available: Decimal
    held: Annotated[Decimal, text("Reserved by open orders and withdrawals.")]


class Balances(msgspec.Struct):
    balances: list[Balance]
    as_of_sequence: int


class DemoDeposit(msgspec.Struct):
    balance: Balance
    sequence: int
