"""What may leave: by verification level, in the reference currency, of all accounts of a user together.

Sums roll: 24 hours and 30 days before now. They count what a withdrawal was worth when it was asked for, its
fee included, unless its money went back (``custody.states.COUNTED``)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import timezone

from accounts.portfolio.cross_rates import CrossValuer
from accounts.portfolio.folding import Market
from accounts.portfolio.market_prices import LatestPrices
from custody.models import Withdrawal, WithdrawalRules
from custody.states import COUNTED
from exchange.errors import RefusedError, RequestError
from exchange.listing.symbol_table import symbols
from exchange.units.decimals import format_units

DAY: Final = timedelta(hours=24)
MONTH: Final = timedelta(days=30)


class Worth(NamedTuple):
    """Of an amount in minor units of the reference currency, rounded up; 0 without a rate for it."""

    value_minor: int
    is_priced: bool


class Used(NamedTuple):
    """What has left, and what may in all; minor units of the reference currency."""

    limit_minor: int
    used_minor: int

    @property
    def left_minor(self) -> int:
        return max(0, self.limit_minor - self.used_minor)


class Standing(NamedTuple):
    """A user's level, and how far its limits are used up."""

    level: int
    currency: str
    scale: int
    day: Used
    month: Used

    def check(self, worth: Worth) -> None:
        """Raises WITHDRAWAL_LIMIT for what is worth more than is left. What has no worth known passes where
        the level lets anything out at all: operators look at it."""
        for span, used in (("day", self.day), ("month", self.month)):
            if worth.value_minor > used.left_minor or not used.limit_minor:
                details = {
                    "span": span,
                    "currency": self.currency,
                    "limit": format_units(used.limit_minor, self.scale),
                    "left": format_units(used.left_minor, self.scale),
                    "value": format_units(worth.value_minor, self.scale) if worth.is_priced else None,
                }
                raise RefusedError("WITHDRAWAL_LIMIT", details)


def currency() -> tuple[str, int]:
    """The reference currency, that of the fee tiers, and its scale; 0 where it is not listed, and nothing is
    worth any of it."""
    code: str = settings.XTRADER["FEES"]["CURRENCY"]
    try:
        return code, symbols.asset_scale(code)
    except RequestError:
        return code, 0


def worth_of(asset: str, amount_minor: int) -> Worth:
    """By the last prices. Asks the database."""
    code, _ = currency()
    valuer = Market.read(code).valuer(LatestPrices())
    assert isinstance(valuer, CrossValuer)  # the market was read for one currency
    rate = valuer.rate_of(asset, 0)
    if rate is None:
        return Worth(0, False)
    return Worth(-(-amount_minor * rate.numerator // rate.denominator), True)


def level_of(user_id: int) -> int:
    """The level an operator has given to the user, else the default; where the settings have no such level
    any more, the highest below it."""
    given = WithdrawalRules.objects.filter(pk=user_id).values_list("level", flat=True).first()
    wanted: int = settings.XTRADER["CUSTODY"]["LEVEL"] if given is None else given
    levels: list[int] = sorted(settings.XTRADER["CUSTODY"]["LIMITS"])
    return max((level for level in levels if level <= wanted), default=levels[0])


def standing_of(user_id: int) -> Standing:
    """As the database has it now: in the transaction that saves a withdrawal, under the lock of its user."""
    code, scale = currency()
    level = level_of(user_id)
    day, month = settings.XTRADER["CUSTODY"]["LIMITS"][level]
    now = timezone.now()
    counted = Withdrawal.objects.filter(
        user_id=user_id, requested_at__gt=now - MONTH, state__in=sorted(COUNTED)
    ).values_list("requested_at", "value_minor")
    rows = list(counted)
    used_day = sum(value for at, value in rows if at > now - DAY)
    used_month = sum(value for _, value in rows)
    return Standing(
        level, code, scale, Used(minor(day, scale), used_day), Used(minor(month, scale), used_month)
    )


def needs_review(worth: Worth) -> bool:
    """Whether two operators have to agree."""
    _, scale = currency()
    bound_minor = minor(settings.XTRADER["CUSTODY"]["REVIEW_ABOVE"], scale)
    return not worth.is_priced or worth.value_minor > bound_minor


def minor(amount: Decimal, scale: int) -> int:
    return int(amount.scaleb(scale))
