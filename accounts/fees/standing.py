"""The schedule and an account's place in it, as the API answers them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.conf import settings

from accounts.fee_models import FeeRun
from accounts.fees import days, fee_schedule, overrides
from accounts.fees.fee_schedule import Tier
from accounts.fees.overrides import Override
from exchange.listing.symbol_table import SymbolSpec, symbols
from exchange.models import Account, Asset
from exchange.wire import shapes
from exchange.wire.rendering import Json, fee_rate, format_units

_MS: Final = 1_000


def currency() -> tuple[str, int]:
    """The reference currency and its scale; 0 where it is not listed, and nothing is worth any of it."""
    code: str = settings.XTRADER["FEES"]["CURRENCY"]
    return code, Asset.objects.filter(code=code).values_list("scale", flat=True).first() or 0


def schedule_json() -> Json:
    """All tiers with their rates on every symbol."""
    return _schedule(fee_schedule.tiers(), *currency())


def standing(account: int) -> Json:
    """The account's tier, what its owner traded in 30 days, the next tier, and rates of its own."""
    in_force, (code, scale) = fee_schedule.tiers(), currency()
    own, numbers = _accounts_of_owner(account)
    last = FeeRun.objects.filter(finished_at__isnull=False).first()
    value_minor = 0 if last is None else sum(days.values_of(last.day, numbers).values())
    present = next((tier for tier in in_force if tier.number == own), fee_schedule.BASE)
    return {
        "tier": own,
        "tier_name": present.name,
        "volume_30d": format_units(value_minor, scale),
        "currency": code,
        "volume_day": None if last is None else last.day.isoformat(),
        "next_tier": _next(present, value_minor, in_force, scale),
        "overrides": [_override(found) for found in overrides.in_force([account])],
        "schedule": _schedule(in_force, code, scale),
    }


def _accounts_of_owner(account: int) -> tuple[int, list[int]]:
    """The account's tier, and all accounts of its owner."""
    row = Account.objects.filter(number=account).values_list("user_id", "fee_plan").first()
    if row is None or row[0] is None:
        return (0 if row is None else row[1]), [account]
    return row[1], list(Account.objects.filter(user=row[0]).values_list("number", flat=True))


def _next(present: Tier, value_minor: int, in_force: Sequence[Tier], scale: int) -> Json | None:
    """The first tier above the present one; nothing may be missing to it until the next run."""
    above = fee_schedule.next_tier(max(present.volume_minor, value_minor), in_force)
    if above is None:
        return None
    return shapes.as_json(
        shapes.NextFeeTier(
            tier=above.number,
            name=above.name,
            volume=format_units(above.volume_minor, scale),
            missing=format_units(max(0, above.volume_minor - value_minor), scale),
        )
    )


def _override(found: Override) -> Json:
    return shapes.as_json(
        shapes.FeeOverride(
            symbol=found.symbol or None,
            maker_fee_rate=fee_rate(found.maker_ppm),
            taker_fee_rate=fee_rate(found.taker_ppm),
            ends_at=None if found.until is None else _milliseconds(found.until),
        )
    )


def _milliseconds(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * _MS


def _schedule(in_force: Sequence[Tier], code: str, scale: int) -> Json:
    tiers = [
        {
            "tier": tier.number,
            "name": tier.name,
            "volume": format_units(tier.volume_minor, scale),
            "rates": [_rates(tier, spec) for spec in symbols.all()],
        }
        for tier in in_force
    ]
    return {"currency": code, "hour": settings.XTRADER["FEES"]["HOUR"], "tiers": tiers}


def _rates(tier: Tier, spec: SymbolSpec) -> Json:
    maker_ppm, taker_ppm = tier.rates_on(spec.name, spec.quote) or (spec.maker_ppm, spec.taker_ppm)
    rates = shapes.FeeRates(
        symbol=spec.name, maker_fee_rate=fee_rate(maker_ppm), taker_fee_rate=fee_rate(taker_ppm)
    )
    return shapes.as_json(rates)
