"""Whether withdrawals and addresses are confirmed by a letter: ``CUSTODY["MAIL"]``.

always     by everybody; a user without a confirmed address cannot withdraw by log-in
if_known   by those who have an address
never      by nobody
"""

from __future__ import annotations

from django.conf import settings

from accounts.models import User
from exchange.errors import RefusedError


def needs_letter(user: User) -> bool:
    """Raises EMAIL_REQUIRED where the user has to have an address and has none. An address of a user counts
    once its mailbox has confirmed it."""
    policy = settings.XTRADER["CUSTODY"]["MAIL"]
    if policy == "always" and not user.email:
        raise RefusedError("EMAIL_REQUIRED")
    return policy != "never" and bool(user.email)
