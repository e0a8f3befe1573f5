"""Ending all log-ins of a user by another's hand: browsers' sessions, tokens, and the sockets of both."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.identity.tokens import end_log_ins
from accounts.models import LogIn, User
from exchange import audit


@transaction.atomic
def end_all(user: User, by: User, reason: str) -> None:
    """End them in every web process. ``by``: who does it. Every session that is logged in has a row in the
    list of log-ins, so no session of another user is read."""
    going_on = LogIn.objects.filter(user=user, ended_at=None)
    keys = going_on.exclude(session_key="").values("session_key")
    sessions = Session.objects.filter(session_key__in=keys)
    before = {
        "sessions": sessions.filter(expire_date__gt=timezone.now()).count(),
        "api_log_ins": going_on.filter(session_key="").count(),
    }
    sessions.delete()
    end_log_ins(going_on, user.pk)
    audit.record("log_in.all_ended", by, user, before, None, reason)
