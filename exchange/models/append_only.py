"""Triggers by which the database refuses to change or delete rows of the audit log.

They stop a slip and a stolen query, not the owner of the database, who can drop them: the chain of hashes and
its heads show that (``exchange.audit``). SQLite makes a table anew to alter a column, without its triggers: a
migration that alters the table puts them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

TABLE: Final = "exchange_auditrecord"
_MESSAGE: Final = "the audit log is append-only"

_SQLITE: Final = (
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END",
)
_POSTGRES: Final = (
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$",
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON {TABLE}"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE OR TRUNCATE ON {TABLE}"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
)


def protect(connection: Any) -> None:
    """Make the triggers."""
    _run(connection, _POSTGRES if connection.vendor == "postgresql" else _SQLITE)


def unprotect(connection: Any) -> None:
    """Drop them: to undo the migration that made them."""
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    drops = [f"DROP TRIGGER {name}{on_table}" for name in ("audit_no_update", "audit_no_delete")]
    functions = ["DROP FUNCTION audit_refuse"] if connection.vendor == "postgresql" else []
    _run(connection, [*drops, *functions])


def allow_deletes(connection: Any) -> None:
    """Drop the one against deleting: tests that empty the database between them do this."""
    on_table = f" ON {TABLE}" if connection.vendor == "postgresql" else ""
    _run(connection, [f"DROP TRIGGER IF EXISTS audit_no_delete{on_table}"])


def _run(connection: Any, statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
