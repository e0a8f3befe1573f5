"""Users who have changed, told to every web process, which then checks again what their log-ins allow.

A changed password, role or state, an ended session, a revoked token and a new account all come here. Each
writes a ``UserChange`` in its own transaction, so that it is told if and only if it is committed. Every web
process polls that table (``Reader``). It learns of a change at once if it made the change itself, or if there
is a Redis. Only the user is told: the database decides about the log-ins.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from accounts.models import User, UserChange
from exchange import process
from exchange.models import Account
from exchange.shared_cache import redis_breaker
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

#: The channel layer's group of web processes.
GROUP: Final = "user_changes"
#: Older rows are removed: every process has read them, or has started since.
KEEP: Final = timedelta(minutes=2)
#: Transactions may commit in another order than they took their ids: so many are read again.
OVERLAP: Final = 100

Told = Callable[[int], None]


class Listeners:
    """Who in this process wants to hear of changed users. Called in any thread."""

    def __init__(self) -> None:
        self._listeners: list[Told] = []

    def add(self, listener: Told) -> None:
        self._listeners.append(listener)

    def remove(self, listener: Told) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self, user_id: int) -> None:
        for listener in tuple(self._listeners):
            listener(user_id)


#: Of this process.
listeners: Final = process.shared(Listeners)


class Reader:
    """Reads the changes of all processes; begins with those after its making."""

    def __init__(self) -> None:
        last = UserChange.objects.order_by("-pk").values_list("pk", flat=True).first()
        self._last = last or 0
        self._seen = set(self._recent())

    def read(self) -> set[int]:
        """The users that have changed since it was last read. Asks the database."""
        rows = self._recent()
        new = {user_id for pk, user_id in rows.items() if pk not in self._seen}
        self._seen = set(rows)
        self._last = max(self._last, max(rows, default=0))
        return new

    def _recent(self) -> dict[int, int]:
        return dict(UserChange.objects.filter(pk__gt=self._last - OVERLAP).values_list("pk", "user_id"))


def announce(user_id: int) -> None:
    """The user's log-ins are to be looked at again, once the transaction in hand is committed."""
    now = timezone.now()
    UserChange.objects.filter(at__lt=now - KEEP).delete()
    UserChange.objects.create(user_id=user_id)
    transaction.on_commit(partial(_tell, user_id))


def _tell(user_id: int) -> None:
    listeners.tell(user_id)
    if settings.REDIS_URL:
        try:
            message = {"type": "user.changed", "user": user_id}
            redis_breaker().call(lambda: async_to_sync(get_channel_layer().group_send)(GROUP, message))
        except Exception as error:
            # The processes poll, too.
            logger.info("user_change_not_pushed", error=type(error).__name__)


# --- what makes a change -----------------------------------------------------------------------------------


def _user_saved(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    # A log-in is no change of what the user may do.
    if not created and (update_fields is None or set(update_fields) - {"last_login"}):
        announce(instance.pk)


def _user_deleted(instance: User, **_: Any) -> None:
    announce(instance.pk)


def _roles_changed(instance: Any, action: str, pk_set: set[int] | None, **_: Any) -> None:
    if action not in ("post_add", "post_remove", "post_clear"):
        return
    # From the group's side ``pk_set`` are the users.
    for user_id in {instance.pk} if isinstance(instance, User) else pk_set or ():
        announce(user_id)


def _session_ended(instance: Session, **_: Any) -> None:
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None:
        announce(int(user_id))


def _account_saved(instance: Account, **_: Any) -> None:
    # The projection's own writes are no saves.
    if instance.user_id is not None:
        announce(instance.user_id)


def connect() -> None:
    """Listen to what changes users: when Django starts."""
    post_save.connect(_user_saved, User, dispatch_uid="accounts.changes.saved")
    post_delete.connect(_user_deleted, User, dispatch_uid="accounts.changes.deleted")
    m2m_changed.connect(_roles_changed, User.groups.through, dispatch_uid="accounts.changes.roles")
    post_save.connect(_account_saved, Account, dispatch_uid="accounts.changes.account")
    post_delete.connect(_session_ended, Session, dispatch_uid="accounts.changes.session")
