"""Reads the settings of approvals: from which amounts on a second operator has to agree."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

#: Of every asset that the setting does not name.
OTHERS: Final = "*"
#: In production. Assets without a bound of their own: every amount waits.
DEFAULT: Final = "KRW=10000000,USD=10000,USDT=10000,BTC=0.1,ETH=3,*=0"
OFF: Final = "off"
_PPM_PER_PERCENT: Final = 10_000


def amounts(given: str) -> dict[str, Decimal] | None:
    """Amounts by asset, in whole units; None when approvals are off. Raises ImproperlyConfigured."""
    if given.strip() == OFF:
        return None
    found = {OTHERS: Decimal(0)}
    for part in filter(None, (part.strip() for part in given.split(","))):
        asset, _, amount = part.partition("=")
        found[asset.strip()] = _decimal("APPROVAL_ABOVE", amount)
    return found


def approvals(given: str, fees_percent: str, hours: int) -> dict[str, Any]:
    """The setting ``XTRADER["APPROVALS"]``. Raises ImproperlyConfigured."""
    if hours < 1:
        raise ImproperlyConfigured(f"APPROVAL_HOURS={hours}: a number from 1 on")
    fee_ppm = _decimal("APPROVAL_FEES_ABOVE", fees_percent) * _PPM_PER_PERCENT
    return {"ABOVE": amounts(given), "FEE_PPM": int(fee_ppm), "HOURS": hours}


def _decimal(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or number < 0:
        raise ImproperlyConfigured(f"{name}: {text!r} is no amount; write such as KRW=1000000,BTC=0.5,*=0")
    return number
