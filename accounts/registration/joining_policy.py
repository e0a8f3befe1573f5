"""Who may sign up: everybody, people with an invitation, or no one (``REGISTRATION``)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accounts.models import Invitation, InvitationUse, User
from exchange.errors import RefusedError

OPEN: Final = "open"
INVITATION: Final = "invitation"
CLOSED: Final = "closed"
POLICIES: Final = (OPEN, INVITATION, CLOSED)

#: Letters and digits that are not taken for one another when they are read aloud: 80 bits.
_ALPHABET: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_PARTS: Final = (4, 4, 4, 4)
LONGEST_CODE: Final = 32


def policy() -> str:
    return str(settings.XTRADER["REGISTRATION"])


def refuse_closed() -> None:
    """Raises SIGN_UP_CLOSED where no one may sign up."""
    if policy() == CLOSED:
        raise RefusedError("SIGN_UP_CLOSED")


def new_code() -> str:
    """A code such as ``K7QM-2XPA-9RDT-VW3E``."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(part)) for part in _PARTS)


def check_invitation(given: str | None) -> Invitation | None:
    """The invitation of a code, where one is asked for or given. Raises INVALID_INVITATION."""
    if policy() != INVITATION and not given:
        return None
    code = (given or "").strip().upper()
    is_code = len(code) <= LONGEST_CODE and code.isascii() and code.isprintable()
    found = Invitation.objects.filter(code=code).first() if is_code else None
    if found is None or not is_good(found, timezone.now()):
        raise _invalid()
    return found


def is_good(invitation: Invitation, now: datetime) -> bool:
    """Whether somebody may still sign up with it."""
    has_ended = invitation.expires_at is not None and invitation.expires_at <= now
    return invitation.uses < invitation.max_uses and not has_ended


def use(invitation: Invitation, user: User) -> None:
    """Count the user in. In a transaction. Raises INVALID_INVITATION when others were faster."""
    left = Invitation.objects.filter(pk=invitation.pk, uses__lt=F("max_uses"))
    if left.update(uses=F("uses") + 1) != 1:
        raise _invalid()
    InvitationUse.objects.create(invitation=invitation, user=user)


def _invalid() -> RefusedError:
    return RefusedError("INVALID_INVITATION", {"field": "invitation"})
