"""Which changes wait for a second operator: money above a bound, and fee rates.

The bounds are ``settings.XTRADER["APPROVALS"]``: amounts by asset, and a difference of fee rates. A bound on
amounts counts what one operator moves alone within ``SPAN``, so that many small deposits are no way round it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from exchange.models import Asset, ChangeRequest, Symbol

Kind = ChangeRequest.Kind

#: The bound on amounts holds for what an operator moved alone within this time.
SPAN: Final = timedelta(hours=24)
TRANSFERS: Final = (Kind.DEPOSIT, Kind.WITHDRAW)
FEES: Final = (Kind.SET_FEES, Kind.SET_SYMBOL, Kind.SET_FEE_PLAN)
_OTHERS: Final = "*"


def is_needed(kind: str, payload: Mapping[str, Any], requester: AbstractUser) -> bool:
    """Whether the change waits until another operator approves it. Call it in the transaction that saves the
    request: it locks the requester's row, so that two requests at once do not both stay below the bound."""
    if settings.XTRADER["APPROVALS"]["ABOVE"] is None:
        return False
    if kind in TRANSFERS:
        return _is_large(payload["asset"], int(payload["amount_minor"]), requester)
    return kind in FEES and _changes_rates(kind, payload)


def _is_large(asset: str, amount_minor: int, requester: AbstractUser) -> bool:
    """An asset that is not listed yet has no scale to compare by: it waits."""
    bound_minor = _bound_minor(asset)
    if bound_minor is None or amount_minor > bound_minor:
        return True
    get_user_model().objects.select_for_update(no_key=True).filter(pk=requester.pk).first()
    return amount_minor + sum(_moved_alone(asset, requester)) > bound_minor


def _bound_minor(asset: str) -> int | None:
    bounds: Mapping[str, Decimal] = settings.XTRADER["APPROVALS"]["ABOVE"]
    scale = Asset.objects.filter(code=asset).values_list("scale", flat=True).first()
    return None if scale is None else int(bounds.get(asset, bounds[_OTHERS]).scaleb(scale))


def _moved_alone(asset: str, requester: AbstractUser) -> Iterable[int]:
    """Amounts of the requester's deposits and withdrawals that took effect, or still may, by no other's
    leave."""
    payloads = ChangeRequest.objects.filter(
        requested_by_id=requester.pk,
        decided_by__isnull=True,
        kind__in=TRANSFERS,
        created_at__gt=timezone.now() - SPAN,
        state__in=(*ChangeRequest.OPEN_STATES, ChangeRequest.State.APPLIED),
    ).values_list("payload", flat=True)
    return (int(payload["amount_minor"]) for payload in payloads if payload["asset"] == asset)


def _changes_rates(kind: str, payload: Mapping[str, Any]) -> bool:
    """Whether rates leave the symbol's present ones by more than the bound. A new symbol has none: its rates
    are part of the listing, and nobody trades by them yet. A fee tier is for all who reach it: it waits, as
    an account's rates on every symbol do. Without its own rates an account pays what others pay."""
    if kind == Kind.SET_FEE_PLAN:
        return True
    if payload.get("clear"):
        return False
    bound_ppm: int = settings.XTRADER["APPROVALS"]["FEE_PPM"]
    present = Symbol.objects.filter(code=payload["symbol"]).first()
    if present is None:
        return kind == Kind.SET_FEES
    asked = int(payload["maker_ppm"]), int(payload["taker_ppm"])
    differences = (asked[0] - present.maker_ppm, asked[1] - present.taker_ppm)
    return max(map(abs, differences)) > bound_ppm
