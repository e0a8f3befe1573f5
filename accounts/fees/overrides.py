"""Rates of single accounts: given by operators with a reason, until a time or for good, and taken back.

A market maker's rebate is a negative maker rate, as far as the engine allows one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.fee_models import FeeGrant
from accounts.models import User
from exchange.control.services import request_change
from exchange.engine import messages
from exchange.errors import RequestError
from exchange.models import ChangeRequest

State = ChangeRequest.State


@dataclass(frozen=True, slots=True)
class Override:
    """An account's own rates as they are in force; an empty ``symbol``: on all."""

    account: int
    symbol: str
    maker_ppm: int
    taker_ppm: int
    until: dt.datetime | None


def give(payload: dict[str, Any], until: dt.datetime | None, by: User, reason: str) -> ChangeRequest:
    """Ask for rates of an account's own; ``payload`` as that of a SET_FEES request. Raises RequestError when
    ``until`` has passed, and as ``request_change``."""
    if until is not None and until <= timezone.now():
        raise RequestError("INVALID_FIELD", {"field": "until"})
    return _ask(payload, until, by, reason)


def take_back(account: int, symbol: str, by: User, reason: str) -> ChangeRequest:
    """Ask to end what ``give`` gave. Raises as ``request_change``."""
    payload = {"symbol": symbol, "account": account, "maker_ppm": 0, "taker_ppm": 0, "clear": True}
    return _ask(payload, None, by, reason)


def _ask(payload: dict[str, Any], until: dt.datetime | None, by: User, reason: str) -> ChangeRequest:
    with transaction.atomic():
        request = request_change(ChangeRequest.Kind.SET_FEES, payload, by, reason=reason)
        FeeGrant.objects.create(
            request=request,
            account=payload["account"],
            symbol=payload["symbol"],
            until=until,
            takes_back=bool(payload.get("clear")),
        )
    return request


def in_force(accounts: Iterable[int]) -> list[Override]:
    """The own rates of these accounts that operators gave, by account and symbol."""
    latest: dict[tuple[int, str], FeeGrant] = {}
    for grant in _applied().filter(account__in=list(accounts)):
        latest[grant.account, grant.symbol] = grant
    return [
        Override(
            grant.account,
            grant.symbol,
            grant.request.payload["maker_ppm"],
            grant.request.payload["taker_ppm"],
            grant.until,
        )
        for _, grant in sorted(latest.items())
        if not grant.takes_back and grant.ended_at is None
    ]


def due(now: dt.datetime) -> list[FeeGrant]:
    """Grants whose time is up and that were not ended yet."""
    return list(_applied().filter(until__lte=now, ended_at__isnull=True))


def end_command(grant: FeeGrant) -> messages.Command | None:
    """What ends a grant at the engine, the same every time; None where another has taken its place."""
    same = _applied().filter(account=grant.account, symbol=grant.symbol)
    latest = same.last()
    if latest is None or latest.pk != grant.pk:
        return None
    return messages.clear_fees(f"fee-end:{grant.pk}", grant.symbol, grant.account)


def _applied() -> Any:
    """In the order in which the engine applied them."""
    applied = FeeGrant.objects.filter(request__state=State.APPLIED)
    return applied.select_related("request").order_by("request__sequence")
