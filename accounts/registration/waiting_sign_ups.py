"""Sign-ups that wait for their e-mail address to be confirmed, and the key of the link that does it.

The key is the row's, signed: a copy of the database alone opens nothing, and a row that is gone has no key.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.utils import timezone

from accounts.models import PendingSignUp

_SALT: Final = "accounts.pending_sign_up"
LONGEST_TOKEN: Final = 200
_PRUNED_AT_ONCE: Final = 500


def hours() -> int:
    """How long a sign-up waits."""
    return int(settings.XTRADER["SIGN_UP_HOURS"])


def new_key() -> str:
    return secrets.token_hex(16)


def end_of_waiting() -> datetime:
    """When a sign-up of now is over."""
    return timezone.now() + timedelta(hours=hours())


def token_of(row: PendingSignUp) -> str:
    """What the link to confirm carries."""
    return signing.Signer(salt=_SALT).sign(row.key)


def key_of(token: str) -> str | None:
    """The key of the row that a link is for; None for a forged one. The row may be gone."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        return signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        return None


def is_over(row: PendingSignUp) -> bool:
    return row.expires_at <= timezone.now()


def find(token: str, *, for_update: bool = False) -> PendingSignUp | None:
    """The sign-up of a link, if it still waits. ``for_update``: for the transaction in hand alone."""
    key = key_of(token)
    if key is None:
        return None
    rows = PendingSignUp.objects.select_for_update() if for_update else PendingSignUp.objects
    row = rows.filter(key=key).first()
    return None if row is None or is_over(row) else row


def forget_old(now: datetime | None = None) -> int:
    """Delete sign-ups that waited too long, some at a time; their names are free again."""
    over = PendingSignUp.objects.filter(expires_at__lte=timezone.now() if now is None else now)
    keys = list(over.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
    return PendingSignUp.objects.filter(pk__in=keys).delete()[0] if keys else 0
