"""Ending all log-ins of a user by another's hand: browsers' sessions, tokens, and the sockets of both."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.identity.tokens import end_log_ins
from accounts.models import LogIn, User
from exchange import audit

#: Sessions read at a time.
_CHUNK = 500


@transaction.atomic
def end_all(user: User, by: User, reason: str) -> None:
    """End them in every web process. ``by``: who does it. Reads every session there is: their rows do not
    name their users."""
    going_on = LogIn.objects.filter(user=user, ended_at=None)
    rows = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=_CHUNK)
    sessions = [row for row in rows if row.get_decoded().get(SESSION_KEY) == str(user.pk)]
    before = {"sessions": len(sessions), "api_log_ins": going_on.filter(session_key="").count()}
    for session in sessions:
        session.delete()
    end_log_ins(going_on, user.pk)
    audit.record("log_in.all_ended", by, user, before, None, reason)
