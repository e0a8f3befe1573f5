"""Acts of a user's security: kept for the user's page, and told to the user by mail.

Passwords and addresses are noticed wherever they are changed, by the rows of users (``connect``), and such
passwords are recorded in the audit log here; all other acts call ``tell``, and record themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db.models.signals import post_save, pre_save
from django.utils import timezone

from accounts.identity import notice_texts as texts
from accounts.identity.log_in_places import Place
from accounts.letters.posting import post
from accounts.models import KnownPlace, SecurityAct, User
from exchange import audit

#: Acts kept of a user, and for how long.
MOST_ACTS: Final = 200
KEEP_ACTS: Final = timedelta(days=365)
#: Places remembered of a user, and for how long after the last log-in from there.
MOST_PLACES: Final = 50
KEEP_PLACES: Final = timedelta(days=180)
_LONGEST_FACT: Final = 120


def tell(user: User, kind: str, facts: Mapping[str, str], *, to: str | None = None) -> None:
    """Keep an act of a kind (``notice_texts.KINDS``) and mail it in the user's language; both go with the
    transaction in hand. ``facts``: texts by the names of ``notice_texts.FACTS``. ``to``: another address
    than the user's present one. A user without an address gets no mail."""
    now = timezone.now()
    kept = {name: str(text)[:_LONGEST_FACT] for name, text in facts.items() if text}
    SecurityAct.objects.create(user_id=user.pk, kind=kind, at=now, facts=kept)
    _trim(SecurityAct.objects.filter(user_id=user.pk), "at", KEEP_ACTS, MOST_ACTS)
    address = user.email if to is None else to
    if address:
        language = user.language or settings.LANGUAGE_CODE
        about = {"user": user.pk, "act": kind, "at": f"{now:%Y-%m-%d %H:%M:%S}", "facts": kept}
        post("security_act", address, language, **about)


def facts_of(place: Place, **more: str) -> dict[str, str]:
    """Facts, with where the act came from."""
    return {**more, "network": place.network, "agent": place.agent}


def note_log_in(user: User, place: Place) -> None:
    """A user has logged in: tell it if it was from a network or a device unknown so far. The first log-in of
    all is told to no one."""
    now = timezone.now()
    known = list(KnownPlace.objects.filter(user_id=user.pk).values_list("network", "agent"))
    place = Place(place.network[:64], place.agent[:64])
    KnownPlace.objects.update_or_create(
        user_id=user.pk, network=place.network, agent=place.agent, defaults={"last_at": now}
    )
    is_new = place.network not in {each for each, _ in known} or place.agent not in {
        each for _, each in known
    }
    if known and is_new:
        tell(user, texts.NEW_PLACE, facts_of(place))
    _trim(KnownPlace.objects.filter(user_id=user.pk), "last_at", KEEP_PLACES, MOST_PLACES)


def recent(user: User, most: int) -> list[SecurityAct]:
    """The user's acts, newest first."""
    return list(SecurityAct.objects.filter(user_id=user.pk).order_by("-at", "-pk")[:most])


def render(act: SecurityAct) -> dict[str, Any]:
    """An act as the wire has it."""
    return {"kind": act.kind, "at": int(act.at.timestamp() * 1000), "facts": act.facts}


def _trim(rows: Any, field: str, keep: timedelta, most: int) -> None:
    too_many = rows.order_by(f"-{field}", "-pk").values_list("pk", flat=True)[most:]
    rows.filter(pk__in=[*too_many]).delete()
    rows.filter(**{f"{field}__lt": timezone.now() - keep}).delete()


# --- what is noticed by the rows of users ------------------------------------------------------------------

_saved_by: Final[ContextVar[User | None]] = ContextVar("saved_by", default=None)


@contextmanager
def saved_by(by: User) -> Iterator[None]:
    """Passwords that are saved inside are changed by this user; all others at the machine."""
    before = _saved_by.set(by)
    try:
        yield
    finally:
        _saved_by.reset(before)


class _Before(NamedTuple):
    """What a save is about to replace."""

    email: str = ""
    password: str = ""


def _before_save(instance: User, update_fields: frozenset[str] | None, **_: Any) -> None:
    found = None
    if instance.pk is not None and (update_fields is None or update_fields & {*_Before._fields}):
        found = User.objects.filter(pk=instance.pk).values_list(*_Before._fields).first()
    instance._before = _Before(*(found or ()))  # type: ignore[attr-defined]


def _after_save(instance: User, **_: Any) -> None:
    before: _Before = instance._before  # type: ignore[attr-defined]
    # The second is Django's own sign of a new password; one that is only hashed anew has none.
    if before.password and instance._password is not None:  # type: ignore[attr-defined]  # of its base
        tell(instance, texts.PASSWORD_CHANGED, {})
        audit.record("user.password_changed", _saved_by.get(), instance)
    if before.email and before.email != instance.email:
        # To the address it was: whoever changed it reads the new one.
        tell(instance, texts.EMAIL_CHANGED, {"email": instance.email}, to=before.email)


def connect() -> None:
    """Listen to what changes users: when Django starts."""
    pre_save.connect(_before_save, User, dispatch_uid="accounts.notices.before")
    post_save.connect(_after_save, User, dispatch_uid="accounts.notices.after")
