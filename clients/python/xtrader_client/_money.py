"""A user's accounts: what they have, what they pay, and what moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from xtrader_client._decimals import optional_decimal, required_decimal
from xtrader_client._literals import LedgerEntryType


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of one asset, in its units: available, and held by open orders and withdrawals."""

    asset: str
    available: Decimal
    held: Decimal

    @property
    def total(self) -> Decimal:
        """Available and held together."""
        return self.available + self.held

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a balance of the wire."""
        return cls(data["asset"], required_decimal(data, "available"), required_decimal(data, "held"))


@dataclass(frozen=True, slots=True)
class FeeRates:
    """An account's rates on one symbol, as fractions of the value: 0.0005 is 0.05 %. A negative one is a
    rebate."""

    symbol: str
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a row of ``GET /v1/fees``."""
        return cls(
            data["symbol"],
            required_decimal(data, "maker_fee_rate"),
            required_decimal(data, "taker_fee_rate"),
        )


@dataclass(frozen=True, slots=True)
class NextFeeTier:
    """The tier above, the volume it begins at, and what is missing to it."""

    tier: int
    name: str
    volume: Decimal
    missing: Decimal


@dataclass(frozen=True, slots=True)
class FeeOverride:
    """Rates of the account's own, over those of its tier: on a symbol, or with None on all; until ``ends_at``
    (ms UTC), or with None for good."""

    symbol: str | None
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    ends_at: int | None


@dataclass(frozen=True, slots=True)
class FeeStanding:
    """An account's tier and the way to the next. ``volume_30d``: what all accounts of the owner traded in the
    30 days to ``volume_day``, in ``currency``. ``rates`` are those of the next order."""

    tier: int
    tier_name: str
    volume_30d: Decimal
    currency: str
    volume_day: str | None
    next_tier: NextFeeTier | None
    overrides: tuple[FeeOverride, ...]
    rates: tuple[FeeRates, ...]

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``GET /v1/fees``."""
        return cls(
            data["tier"],
            data["tier_name"],
            required_decimal(data, "volume_30d"),
            data["currency"],
            data["volume_day"],
            _next_tier(data["next_tier"]),
            tuple(map(_override, data["overrides"])),
            tuple(map(FeeRates.from_wire, data["fees"])),
        )


def _next_tier(data: Mapping[str, Any] | None) -> NextFeeTier | None:
    if data is None:
        return None
    volume, missing = required_decimal(data, "volume"), required_decimal(data, "missing")
    return NextFeeTier(data["tier"], data["name"], volume, missing)


def _override(data: Mapping[str, Any]) -> FeeOverride:
    maker, taker = required_decimal(data, "maker_fee_rate"), required_decimal(data, "taker_fee_rate")
    return FeeOverride(data["symbol"], maker, taker, data["ends_at"])


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account of the user. The main one has the name ``main``; times are ms UTC."""

    account: str
    name: str
    is_main: bool
    status: str
    frozen_by: str | None
    created_at: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read an account of the wire."""
        return cls(
            data["account"],
            data["name"],
            data["is_main"],
            data["status"],
            data["frozen_by"],
            data["created_at"],
        )


@dataclass(frozen=True, slots=True)
class TransferResult:
    """An amount that moved between two accounts of the user; the accounts are their numbers."""

    transfer_id: str
    client_transfer_id: str | None
    from_account: str
    to_account: str
    asset: str
    amount: Decimal
    timestamp: int
    sequence: int

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read the reply to ``POST /v1/transfer``."""
        moved = data["transfer"]
        return cls(
            moved["transfer_id"],
            moved["client_transfer_id"],
            moved["from"],
            moved["to"],
            moved["asset"],
            required_decimal(moved, "amount"),
            moved["timestamp"],
            int(data["sequence"]),
        )


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What one trade, transfer or withdrawal did to one asset of the account, in its units.

    ``amount`` is signed and has the ``fee`` inside; ``balance_after`` is available and held together.
    ``counter_account`` is the number of the other account of a transfer. ``held`` is what a withdrawal set
    aside (negative: is not any more), which changes no amount. None stands for what does not apply.
    ``timestamp`` is in ms UTC.
    """

    entry_id: str
    type: LedgerEntryType
    asset: str
    amount: Decimal
    balance_after: Decimal
    fee: Decimal
    symbol: str | None
    trade_id: str | None
    order_id: str | None
    timestamp: int
    sequence: int
    counter_account: str | None
    memo: str | None
    withdrawal_id: str | None
    held: Decimal | None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a row of ``GET /v1/ledger``."""
        return cls(
            entry_id=data["entry_id"],
            type=data["type"],
            asset=data["asset"],
            amount=required_decimal(data, "amount"),
            balance_after=required_decimal(data, "balance_after"),
            fee=required_decimal(data, "fee"),
            symbol=data["symbol"],
            trade_id=data["trade_id"],
            order_id=data["order_id"],
            timestamp=int(data["timestamp"]),
            sequence=int(data["sequence"]),
            counter_account=data["counter_account"],
            memo=data["memo"],
            withdrawal_id=data["withdrawal_id"],
            held=optional_decimal(data["held"]),
        )
