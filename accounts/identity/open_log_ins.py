"""Log-ins that go on, by token and in browsers: begun, seen, listed and ended, each by the key of its row.

A browser's log-in ends with Django's session, whose row this deletes. Both kinds reach every web process as
any change of a user does (``accounts.identity.changes``).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.identity import changes, users
from accounts.identity.identities import Identity
from accounts.identity.log_in_places import Place
from accounts.models import LogIn, User
from exchange import audit
from exchange.errors import RefusedError

Json = dict[str, Any]

#: Log-ins that a list shows, those seen last first.
MOST_LISTED: Final = 100
#: How often a row says that its log-in was seen.
SEEN_EVERY: Final = timedelta(minutes=1)
_KEY_CHARS: Final = 32


def new_row(user_id: int, place: Place, expires_at: datetime, session_key: str = "") -> LogIn:
    """A log-in that begins now, with all its proofs; not saved."""
    now = timezone.now()
    return LogIn(
        key=secrets.token_hex(_KEY_CHARS // 2),
        user_id=user_id,
        session_key=session_key,
        began_at=now,
        refreshed_at=now,
        expires_at=expires_at,
        last_seen_at=now,
        proved_at=now,
        network=place.network[:64],
        agent=place.agent[:64],
    )


def begin_session(user: User, session: SessionBase, place: Place) -> LogIn:
    """A browser has logged in. Rows of the user's sessions that are over leave the table."""
    if session.session_key is None:
        session.create()
    key = str(session.session_key)
    over = LogIn.objects.filter(user_id=user.pk).exclude(session_key="")
    over.exclude(session_key__in=Session.objects.values("session_key")).delete()
    over.filter(session_key=key).delete()
    row = new_row(user.pk, place, session.get_expiry_date(), key)
    row.save(force_insert=True)
    return row


def row_of(identity: Identity) -> LogIn | None:
    """The log-in that the requester proves itself by; None for a key, and for one that has just ended. A
    session from before there were rows gets one, which proves nothing yet."""
    if identity.session_key is not None:
        return _session_row(identity.user_id, identity.session_key)
    return LogIn.objects.filter(key=identity.log_in or "", user_id=identity.user_id, ended_at=None).first()


def _session_row(user_id: int, session_key: str) -> LogIn | None:
    found = LogIn.objects.filter(session_key=session_key, user_id=user_id, ended_at=None).first()
    if found is not None:
        return found
    session = Session.objects.filter(session_key=session_key).first()
    if session is None:
        return None
    row = new_row(user_id, Place("", ""), session.expire_date, session_key)
    row.proved_at = None
    row.save(force_insert=True)
    return row


def note_seen(keys: Iterable[str] = (), session_keys: Iterable[str] = ()) -> None:
    """These log-ins are in use."""
    now = timezone.now()
    named = Q(key__in=[*keys]) | Q(session_key__in=[*session_keys])
    rows = LogIn.objects.filter(named, ended_at=None)
    rows.exclude(last_seen_at__gt=now - SEEN_EVERY / 2).update(last_seen_at=now)


def going_on(user: User) -> list[LogIn]:
    """The user's log-ins that go on, those seen last first, ``MOST_LISTED`` at most."""
    rows = LogIn.objects.filter(user_id=user.pk, ended_at=None)
    by_token = rows.filter(session_key="", expires_at__gt=timezone.now()).filter(
        auth_hash__in=("", _auth_hash(user))
    )
    in_browsers = rows.filter(session_key__in=_session_keys(user, rows))
    newest = Coalesce(F("last_seen_at"), F("refreshed_at")).desc()
    return list((by_token | in_browsers).order_by(newest, "key")[:MOST_LISTED])


def end(user: User, key: str) -> None:
    """End a log-in of the user, everywhere. Raises SESSION_NOT_FOUND."""
    is_key = len(key) == _KEY_CHARS and key.isascii() and key.isalnum()
    rows = LogIn.objects.filter(user_id=user.pk, key=key if is_key else "", ended_at=None)
    with transaction.atomic():
        before = [described(row) for row in rows]
        if not _end(rows, user):
            raise RefusedError("SESSION_NOT_FOUND", {"field": "id"})
        audit.record("log_in.session_ended", user, user, before[0])


def end_others(user: User, own: LogIn | None) -> int:
    """End every log-in of the user but this one; how many there were."""
    rows = LogIn.objects.filter(user_id=user.pk, ended_at=None)
    others = [described(row) for row in going_on(user) if own is None or row.key != own.key]
    with transaction.atomic():
        _end(rows if own is None else rows.exclude(key=own.key), user)
        audit.record("log_in.others_ended", user, user, {"log_ins": others})
    return len(others)


def _end(rows: QuerySet[LogIn], user: User) -> int:
    """In the transaction in hand."""
    session_keys = [*rows.exclude(session_key="").values_list("session_key", flat=True)]
    count = rows.update(ended_at=timezone.now())
    Session.objects.filter(session_key__in=session_keys).delete()
    if count:
        changes.announce(user.pk)
    return count


def described(row: LogIn) -> Json:
    """A log-in as the audit log has it."""
    kind = "browser" if row.session_key else "token"
    return {
        "id": row.key,
        "kind": kind,
        "network": row.network,
        "agent": row.agent,
        "began_at": row.began_at,
    }


def _session_keys(user: User, rows: QuerySet[LogIn]) -> list[str]:
    """Keys of the user's sessions that would be let in: not over, and of the password the user has."""
    keys = rows.exclude(session_key="").values("session_key")
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return [each.session_key for each in sessions if _is_of(each, hashes)]


def _is_of(session: Session, hashes: list[str]) -> bool:
    own = str(session.get_decoded().get(HASH_SESSION_KEY, ""))
    return any(constant_time_compare(own, each) for each in hashes)


def _auth_hash(user: User) -> str:
    known = users.active_user(user.pk)
    return "-" if known is None else users.auth_hash(known)


def render(row: LogIn, own: LogIn | None) -> Json:
    """A log-in as the wire has it."""
    return {
        "id": row.key,
        "kind": "browser" if row.session_key else "token",
        "network": row.network or None,
        "agent": row.agent or None,
        "began_at": _ms(row.began_at),
        "last_seen_at": _ms(row.last_seen_at or row.refreshed_at),
        "is_this": own is not None and row.key == own.key,
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
