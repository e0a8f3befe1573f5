"""Browsers' sessions from before the list of log-ins get their rows in it, so that whoever ends the log-ins of a
user finds all of them there. When such a log-in began, and where, is not known; it proves nothing yet."""

import secrets
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations
from django.utils import timezone

#: Sessions read at a time.
LOT = 500


def give_rows(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    log_ins = apps.get_model("accounts", "LogIn").objects
    listed = log_ins.exclude(session_key="").values("session_key")
    now, store, last = timezone.now(), SessionStore(), ""
    going_on = apps.get_model("sessions", "Session").objects.filter(expire_date__gt=now)
    strays = going_on.exclude(session_key__in=listed).order_by("session_key")
    while lot := list(strays.filter(session_key__gt=last)[:LOT]):
        last = lot[-1].session_key
        named = {session: store.decode(session.session_data).get(SESSION_KEY, "") for session in lot}
        ids = {int(user_id) for user_id in named.values() if str(user_id).isdecimal()}
        known = {str(user_id) for user_id in users.filter(pk__in=ids).values_list("pk", flat=True)}
        log_ins.bulk_create(
            log_ins.model(
                key=secrets.token_hex(16),
                user_id=int(user_id),
                session_key=session.session_key,
                began_at=now,
                refreshed_at=now,
                expires_at=session.expire_date,
            )
            for session, user_id in named.items()
            if user_id in known
        )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0010_names_and_addresses"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunPython(give_rows, migrations.RunPython.noop, elidable=True)]
