"""How a data folder from before ``accounts.User`` comes to it, and how the entries of Django's own log of the
operator pages come to the audit log.

Django's own user had a table ``auth_user``, and so has ours: not a row moves. Only the records of what has
been done must say so, because everything that refers to users now comes after ``accounts.0001_user``. This is
done before Django looks at them (the ``migrate`` command).
"""

from __future__ import annotations

from typing import Any, Final

from django.apps import AppConfig
from django.contrib.admin.models import LogEntry
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.recorder import MigrationRecorder

from exchange import audit
from exchange.models.append_only import TABLE

_LAST_OF_DJANGO: Final = ("auth", "0012_alter_user_first_name_max_length")
_FIRST_OF_OURS: Final = ("accounts", "0001_user")


def adopt_users(connection: Any) -> bool:
    """Take over the users of a database made before; whether there was anything to do."""
    recorder = MigrationRecorder(connection)
    applied = recorder.applied_migrations()
    if _LAST_OF_DJANGO not in applied or _FIRST_OF_OURS in applied:
        return False
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        recorder.record_applied(*_FIRST_OF_OURS)
        # The permissions of roles and the log of changes hang on it.
        cursor.execute(
            "UPDATE django_content_type SET app_label = 'accounts'"
            " WHERE app_label = 'auth' AND model = 'user'"
        )
    return True


def after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    """Once all tables are there."""
    if sender.name == "accounts" and using == DEFAULT_DB_ALIAS:
        tables = connections[using].introspection.table_names()
        if {LogEntry._meta.db_table, TABLE} <= set(tables):
            adopt_log_entries()


@transaction.atomic
def adopt_log_entries() -> int:
    """Move the changes of users that Django has logged to the audit log; how many they were. Those who look
    for an act look there."""
    entries = LogEntry.objects.select_related("user", "content_type").order_by("pk")
    count = 0
    for entry in entries:
        kind = "" if entry.content_type is None else entry.content_type.model
        target = audit.Target(kind, entry.object_id or "", entry.object_repr)
        after = {"at": entry.action_time, "change": entry.get_change_message()}
        audit.record("user.earlier", entry.user, target, None, after)
        count += 1
    if count:
        entries.order_by().delete()
    return count
