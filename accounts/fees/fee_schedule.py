"""The schedule: tiers by what an owner traded in 30 days, and their rates on each symbol.

A tier has rates for all symbols (``*``), for those quoted in an asset (``*-KRW``) or for single ones; the
nearest counts. On a symbol for which it has none its accounts pay the symbol's own rates, as all accounts do
in tier 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from accounts.fee_models import FeeTier
from accounts.models import User
from exchange.control.kinds import MAX_FEE_PLANS
from exchange.control.services import request_change
from exchange.errors import RequestError
from exchange.listing.contradictions import MOST_RATE_PPM
from exchange.models import ChangeRequest, Symbol
from exchange.wire.people_text import checked_text, spelling

#: All symbols.
ALL: Final = "*"
MAX_NAME: Final = 40
#: What a tier says of, at most.
MAX_SCOPES: Final = 200
_SCOPE: Final = re.compile(r"\*|\*-[A-Z0-9]{1,16}|[A-Z0-9](?:[A-Z0-9-]{0,22}[A-Z0-9])?")

#: (symbols, maker ppm, taker ppm)
ScopedRate = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier as it is in force. ``volume_minor``: the least of 30 days, in the reference currency."""

    number: int
    name: str
    volume_minor: int
    rates: tuple[ScopedRate, ...]

    def rates_on(self, symbol: str, quote: str) -> tuple[int, int] | None:
        """(maker ppm, taker ppm) on a symbol; None: the symbol's own."""
        by_scope = {scope: (maker, taker) for scope, maker, taker in self.rates}
        return next((by_scope[scope] for scope in (symbol, f"*-{quote}", ALL) if scope in by_scope), None)

    def plan_rates(self, quotes: Mapping[str, str]) -> tuple[ScopedRate, ...]:
        """The rates of the tier's fee plan; ``quotes`` has the quote asset of each symbol."""
        found = ((symbol, self.rates_on(symbol, quote)) for symbol, quote in sorted(quotes.items()))
        return tuple((symbol, *rates) for symbol, rates in found if rates is not None)


BASE: Final = Tier(0, "", 0, ())


def tiers() -> list[Tier]:
    """The tiers in force, from the base up."""
    applied = FeeTier.objects.filter(request__state=ChangeRequest.State.APPLIED)
    latest = {row.number: row for row in applied.order_by("request__sequence")}
    found = [
        Tier(row.number, row.name, row.volume_minor, tuple((s, m, t) for s, m, t in row.rates))
        for row in latest.values()
        if not row.is_retired
    ]
    return [BASE, *sorted(found, key=lambda tier: (tier.volume_minor, tier.number))]


def tier_for(value_minor: int, schedule: Sequence[Tier]) -> Tier:
    """The highest tier of ``tiers()`` that this volume reaches."""
    return max(
        (tier for tier in schedule if tier.volume_minor <= value_minor),
        key=lambda tier: (tier.volume_minor, tier.number),
    )


def next_tier(value_minor: int, schedule: Sequence[Tier]) -> Tier | None:
    """The lowest tier that this volume does not reach; None in the highest."""
    return next((tier for tier in schedule if tier.volume_minor > value_minor), None)


def quotes_of_symbols() -> dict[str, str]:
    """The quote asset of each symbol, as the tables have it."""
    return dict(Symbol.objects.values_list("code", "quote_id"))


def change_tier(
    tier: Tier,
    quotes: Mapping[str, str],
    by: User | None = None,
    *,
    reason: str = "",
    is_retired: bool = False,
) -> ChangeRequest:
    """Ask for a tier as given, a new one or in the place of what it was; ``by`` None: the venue itself.

    Raises RequestError on rates, name, number or volume out of bounds, and as ``request_change``."""
    check_tier(tier)
    rates = () if is_retired else tier.plan_rates(quotes)
    payload = {"plan": tier.number, "rates": [list(row) for row in rates]}
    with transaction.atomic():
        request = request_change(ChangeRequest.Kind.SET_FEE_PLAN, payload, by, reason=reason)
        FeeTier.objects.create(
            request=request,
            number=tier.number,
            name=spelling(tier.name),
            volume_minor=tier.volume_minor,
            rates=[list(row) for row in tier.rates],
            is_retired=is_retired,
        )
    return request


def check_tier(tier: Tier) -> None:
    """Raises RequestError naming what is wrong."""
    if not 1 <= tier.number <= MAX_FEE_PLANS:
        raise RequestError("INVALID_FIELD", {"field": "number", "maximum": MAX_FEE_PLANS})
    checked_text(tier.name, "name", MAX_NAME)
    if not 0 < tier.volume_minor < 10**36:
        raise RequestError("INVALID_FIELD", {"field": "volume"})
    if len(tier.rates) > MAX_SCOPES or not _rates_ok(tier.rates):
        raise RequestError("INVALID_FEES", {"field": "rates"})


def _rates_ok(rates: Iterable[ScopedRate]) -> bool:
    rows = list(rates)
    return len({scope for scope, _, _ in rows}) == len(rows) and all(
        _SCOPE.fullmatch(scope) and is_allowed(maker, taker) for scope, maker, taker in rows
    )


def is_allowed(maker_ppm: int, taker_ppm: int) -> bool:
    """As the engine allows rates: bounded, and no rebate larger than the fee it is paid from."""
    return max(abs(maker_ppm), abs(taker_ppm)) <= MOST_RATE_PPM and maker_ppm + taker_ppm >= 0
