"""Whether withdrawals and addresses are confirmed by a letter: ``CUSTODY["MAIL"]``.

always     by everybody; a user without a confirmed address cannot withdraw by log-in
if_known   by those who have an address
never      by nobody
"""

from __future__ import annotations

from django.conf import settings

from accounts.models import User
from exchange.errors import RefusedError


def asks_letter(user: User) -> bool:
    """Whether the user confirms by a letter. An address of a user counts once its mailbox confirmed it."""
    policy = settings.XTRADER["CUSTODY"]["MAIL"]
    return policy == "always" or (policy == "if_known" and bool(user.email))


def needs_letter(user: User) -> bool:
    """As ``asks_letter``. Raises EMAIL_REQUIRED where the user has to have an address and has none."""
    asks = asks_letter(user)
    if asks and not user.email:
        raise RefusedError("EMAIL_REQUIRED")
    return asks
