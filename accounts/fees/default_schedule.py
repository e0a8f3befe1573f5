"""The schedule that a new venue starts with; operators change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.conf import settings

from accounts.fee_models import FeeTier
from accounts.fees.fee_schedule import Tier, change_tier
from exchange.listing import catalog

#: Volumes in whole units of the currency for which they are meant.
CURRENCY: Final = "KRW"
#: (name, volume, maker ppm, taker ppm) on symbols quoted in the currency. Below the first all pay the
#: symbols' own rates, which are 500 and 500 for what ships.
TIERS: Final = (
    ("Silver", 1_000_000_000, 450, 480),
    ("Gold", 10_000_000_000, 350, 430),
    ("Platinum", 100_000_000_000, 200, 380),
    ("Diamond", 1_000_000_000_000, 0, 300),
)


def ask(quotes: Mapping[str, str]) -> None:
    """Ask for the tiers where there never was one; ``quotes`` has the quote asset of each symbol. A venue
    that counts in another currency makes its own."""
    if FeeTier.objects.exists() or settings.XTRADER["FEES"]["CURRENCY"] != CURRENCY:
        return
    unit_minor = next(10**asset.scale for asset in catalog.ASSETS if asset.asset == CURRENCY)
    for number, (name, units, maker_ppm, taker_ppm) in enumerate(TIERS, 1):
        rates = ((f"*-{CURRENCY}", maker_ppm, taker_ppm),)
        change_tier(Tier(number, name, units * unit_minor, rates), quotes)
