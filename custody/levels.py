"""Verification levels of customers: what operators have found out of them decides what they may withdraw."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction

from accounts.models import User
from custody.models import WithdrawalRules
from exchange import audit
from exchange.errors import RefusedError, RequestError

PERMISSION = "custody.set_withdrawal_level"


def given_level(user: User) -> int | None:
    """None: the default."""
    return WithdrawalRules.objects.filter(pk=user.pk).values_list("level", flat=True).first()


@transaction.atomic
def set_level(user: User, level: int | None, by: AbstractUser, reason: str) -> None:
    """Give a customer a level; None: the default. Raises PERMISSION_DENIED, OWN_ACCOUNT for the operator's
    own, INVALID_FIELD for a level that the settings do not have."""
    if not by.has_perm(PERMISSION):
        raise RefusedError("PERMISSION_DENIED")
    if user.pk == by.pk:
        raise RefusedError("OWN_ACCOUNT")
    if level is not None and level not in settings.XTRADER["CUSTODY"]["LIMITS"]:
        raise RequestError("INVALID_FIELD", {"field": "level"})
    before = given_level(user)
    WithdrawalRules.objects.update_or_create(user=user, defaults={"level": level})
    audit.record("withdrawal.level_set", by, user, {"level": before}, {"level": level}, reason)
