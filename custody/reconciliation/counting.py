"""The sum of an asset: ledger = what providers keep + play money + paid but not settled - final but not
credited.

Ours and the providers' figures are of one moment only while nothing moves between them. So our side is read,
the providers are asked twice, about their holdings and between that about everything under way, and our side
is read again: unless all of it was still, it was no count, and is to be made again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.utils import timezone

from custody.models import AssetTerms, Deposit, Withdrawal
from custody.providers import registry
from custody.providers.interface import IncomingDeposit, Paid, Provider, Unknown
from custody.reconciliation.books import Query, Side, read_side
from custody.withdrawals.payouts import payout_of
from exchange.listing.symbol_table import symbols
from exchange.units.decimals import format_units

#: What is kept by hand has to have been counted since; on a demo nobody counts.
COUNTED_WITHIN: Final = timedelta(days=7)

Holdings = Mapping[str, Mapping[str, int]]


class CannotCountError(Exception):
    """A provider does not say what it keeps, or there is none. The message says which."""


class AssetSum(NamedTuple):
    """One asset, amounts in minor units."""

    asset: str
    ledger: int
    providers: Mapping[str, int]
    play: int
    #: Paid by the provider and still in the ledger.
    paid: int
    #: With the provider and not in the ledger yet.
    final: int
    counted_at: datetime | None
    #: Kept by hand, and not counted for too long.
    is_stale: bool

    @property
    def difference(self) -> int:
        """Above zero: the ledger owes more than there is."""
        return self.ledger - (sum(self.providers.values()) + self.play + self.paid - self.final)

    def as_json(self) -> dict[str, Any]:
        """As reports keep it."""
        scale = symbols.asset_scale(self.asset)
        amounts = {
            "ledger": self.ledger,
            "play_money": self.play,
            "paid_not_settled": self.paid,
            "final_not_credited": self.final,
            "difference": self.difference,
        }
        return {
            "asset": self.asset,
            **{name: format_units(amount, scale) for name, amount in amounts.items()},
            "providers": {name: format_units(amount, scale) for name, amount in self.providers.items()},
            "counted_at": None if self.counted_at is None else int(self.counted_at.timestamp() * 1000),
            "is_stale": self.is_stale,
        }


class Counted(NamedTuple):
    """All assets at a sequence."""

    sequence: int
    sums: list[AssetSum]

    @property
    def agrees(self) -> bool:
        return all(each.difference == 0 and not each.is_stale for each in self.sums)


def count(query: Query) -> Counted | None:
    """Count once; None where money moved meanwhile. Raises EngineError, and CannotCountError where a provider
    does not answer."""
    before = read_side(query)
    if before.is_moving:
        return None
    providers = _machines()
    holdings = _holdings(providers)
    paid, final = _paid(before, providers), _final(before, providers)
    if _holdings(providers) != holdings:
        return None
    after = read_side(query)
    if after.still != before.still:
        return None
    return Counted(after.sequence, _sums(after, holdings, paid, final))


def _machines() -> dict[str, Provider]:
    """The providers that can be asked. Raises CannotCountError for an asset whose provider is gone."""
    names = {*registry.names(), *AssetTerms.objects.values_list("provider", flat=True)}
    found = {name: registry.find(name) for name in sorted(names)}
    for name, provider in found.items():
        if provider is None:
            raise CannotCountError(f"the settings have no provider {name}")
    return {name: each for name, each in found.items() if each is not None and not each.is_manual}


def _holdings(providers: Mapping[str, Provider]) -> Holdings:
    found = {}
    for name, provider in providers.items():
        held = provider.holdings()
        if isinstance(held, Unknown):
            raise CannotCountError(f"provider {name} does not say what it keeps: {held.trouble}")
        found[name] = held
    return found


def _paid(side: Side, providers: Mapping[str, Provider]) -> dict[str, int]:
    """What providers say that they have paid of the orders that are out."""
    amounts: dict[str, int] = defaultdict(int)
    for withdrawal in Withdrawal.objects.filter(pk__in=side.out, provider__in=providers):
        said = providers[withdrawal.provider].look_up(payout_of(withdrawal))
        if isinstance(said, Unknown):
            raise CannotCountError(f"provider {withdrawal.provider} on {withdrawal}: {said.trouble}")
        if isinstance(said, Paid):
            amounts[withdrawal.asset] += said.amount_minor
    return dict(amounts)


def _final(side: Side, providers: Mapping[str, Provider]) -> dict[str, int]:
    """What providers say is final of the deposits that are not credited."""
    amounts: dict[str, int] = defaultdict(int)
    for deposit in Deposit.objects.filter(pk__in=side.not_credited, provider__in=providers):
        said = providers[deposit.provider].find_deposit(deposit.reference)
        if isinstance(said, Unknown):
            raise CannotCountError(f"provider {deposit.provider} on {deposit}: {said.trouble}")
        if isinstance(said, IncomingDeposit) and said.is_final:
            amounts[said.asset] += said.amount_minor
    return dict(amounts)


def _sums(
    side: Side, holdings: Holdings, paid: Mapping[str, int], final: Mapping[str, int]
) -> list[AssetSum]:
    kept: dict[str, dict[str, int]] = defaultdict(dict)
    counted: dict[str, datetime | None] = {}
    stale = set()
    for name, held in holdings.items():
        for asset, amount_minor in held.items():
            kept[asset][name] = amount_minor
    for (name, asset), found in side.by_hand.items():
        kept[asset][name] = found.amount_minor
        counted[asset] = found.counted_at
        if found.amount_minor and _is_stale(found.counted_at):
            stale.add(asset)
    assets = {*side.ledger, *kept, *side.play, *paid, *final}
    return [
        AssetSum(
            asset,
            side.ledger.get(asset, 0),
            kept.get(asset, {}),
            side.play.get(asset, 0),
            paid.get(asset, 0),
            final.get(asset, 0),
            counted.get(asset),
            asset in stale,
        )
        for asset in sorted(assets)
    ]


def _is_stale(counted_at: datetime | None) -> bool:
    if settings.XTRADER["DEMO"]:
        return False
    return counted_at is None or timezone.now() - counted_at > COUNTED_WITHIN
