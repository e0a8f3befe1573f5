"""What was asked of a browser or program and has to be answered once, within ``LASTS``, by the same one.

Kept in the database: the answer may reach another web process than the one that asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.identity.identities import Identity
from accounts.models import Challenge

Json = dict[str, Any]

LASTS: Final = timedelta(minutes=5)
#: Of one holder for one purpose; more push the oldest out.
MOST: Final = 10
_LONGEST_KEY: Final = 64


def holder_of(identity: Identity) -> str:
    """The log-in that is asked."""
    return (
        session_holder(identity.session_key)
        if identity.session_key is not None
        else f"log-in {identity.log_in}"
    )


def session_holder(session_key: str) -> str:
    """The same of a browser that may not be logged in yet."""
    return f"session {session_key}"


def ask(key: str, purpose: str, holder: str, state: Json) -> None:
    """Keep what was asked."""
    now = timezone.now()
    Challenge.objects.filter(expires_at__lt=now).delete()
    mine = Challenge.objects.filter(holder=holder, purpose=purpose).order_by("-expires_at")
    Challenge.objects.filter(key__in=[*mine.values_list("key", flat=True)[MOST - 1 :]]).delete()
    Challenge.objects.create(key=key, purpose=purpose, holder=holder, state=state, expires_at=now + LASTS)


def take(key: str, purpose: str, holder: str) -> Json | None:
    """What was asked of this holder for this purpose, once: afterwards it is gone, whatever comes of it."""
    if not _is_key(key):
        return None
    asked = Challenge.objects.filter(key=key, purpose=purpose, holder=holder, expires_at__gt=timezone.now())
    state: Json | None = asked.values_list("state", flat=True).first()
    # Of two that have read it, one deletes it.
    return state if state is not None and asked.delete()[0] else None


def newest(purpose: str, holder: str) -> Json | None:
    """What was asked last of this holder for this purpose; it stays."""
    asked = Challenge.objects.filter(purpose=purpose, holder=holder, expires_at__gt=timezone.now())
    state: Json | None = asked.order_by("-expires_at").values_list("state", flat=True).first()
    return state


def forget(purpose: str, holder: str) -> None:
    """It has been answered."""
    Challenge.objects.filter(purpose=purpose, holder=holder).delete()


def _is_key(text: str) -> bool:
    """Whether it could be one: databases refuse some texts with an error of their own."""
    return len(text) <= _LONGEST_KEY and text.isascii() and text.isprintable()
