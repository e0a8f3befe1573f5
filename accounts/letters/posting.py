"""Saving letters: no request waits for a mail server, and none that was saved is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from accounts.models import Letter

#: Letters that are done with are kept so long, for the operators.
KEEP: Final = timedelta(days=30)
#: The oldest letter may be so late before health says that mail does not go out.
LATE: Final = timedelta(minutes=5)
#: How the trouble begins of a letter whose mailbox the server refuses for now.
LATER: Final = "SMTPRecipientsRefused"
_PRUNED_AT_ONCE: Final = 500

Waiting = Letter.State.WAITING
#: Whether a mailbox may get another letter that anybody can ask for; asking counts as one.
MayMail = Callable[[str], bool]


def post(kind: str, recipient: str, language: str, **about: Any) -> Letter:
    """Save a letter of a kind (``accounts.delivery.writing``). It goes with the transaction in hand. Nothing
    secret belongs into ``about``: links are made when it is sent."""
    chosen = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    return Letter.objects.create(kind=kind, recipient=recipient, language=chosen, about=about)


class Backlog(NamedTuple):
    """The letters that wait, and how long the oldest has been due."""

    waiting: int
    late_s: float

    @property
    def is_moving(self) -> bool:
        return self.late_s < LATE.total_seconds()


def backlog(now: datetime | None = None) -> Backlog:
    """Asks the database."""
    now = timezone.now() if now is None else now
    waiting = Letter.objects.filter(state=Waiting)
    # A mailbox that is to be asked again later says nothing of the mail server.
    counted = waiting.exclude(trouble__startswith=LATER)
    oldest = counted.aggregate(oldest=Min("created_at"))["oldest"]
    late_s = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
    return Backlog(waiting.count(), late_s)


def forget_old(now: datetime | None = None) -> int:
    """Delete letters that were done with long ago, some at a time; how many they were."""
    before = (timezone.now() if now is None else now) - KEEP
    old = Letter.objects.exclude(state=Waiting).filter(created_at__lt=before).order_by("pk")
    keys = list(old.values_list("pk", flat=True)[:_PRUNED_AT_ONCE])
    return Letter.objects.filter(pk__in=keys).delete()[0] if keys else 0
