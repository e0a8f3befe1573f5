"""The database's part of a backup: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from django.db import connection, transaction

from exchange import audit
from exchange.control.services import request_change
from exchange.engine.messages import ACTIVE
from exchange.models import Account, ChangeRequest, SolvencyReport, Symbol
from exchange.selectors.position import projected_sequence
from marketdata.projection.reset import empty_tables
from ops.backup.errors import BackupError, TargetNotEmpty

_SQLITE_NAME, _POSTGRES_NAME = "database.sqlite3", "database.pgdump"
#: Why a request that had been applied is refused after a restore to an earlier point.
UNDONE = "UNDONE_BY_RESTORE"


def copy_database(folder: Path) -> str:
    """Copy the database into the backup, as of one moment; returns its kind."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / _SQLITE_NAME)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    else:
        _postgres("pg_dump", "--format=custom", "--no-owner", f"--file={folder / _POSTGRES_NAME}")
    return str(connection.vendor)


def check_empty(kind: str) -> None:
    """Raises TargetNotEmpty if restoring would write over a database, BackupError if it is of another
    kind."""
    if kind != connection.vendor:
        raise BackupError(f"the backup holds a {kind} database, DATABASE_URL names a {connection.vendor} one")
    if connection.vendor == "sqlite":
        path = Path(str(connection.settings_dict["NAME"]))
        if path.exists() and path.stat().st_size:
            raise TargetNotEmpty(f"{path} exists. Nothing was changed; move it away first")
    elif connection.introspection.table_names():
        raise TargetNotEmpty(
            f"database {connection.settings_dict['NAME']} has tables. Nothing was changed; name an empty one"
        )


def put_back(folder: Path, kind: str) -> None:
    """Restore into the empty database that DATABASE_URL names."""
    connection.close()
    if kind == "sqlite":
        target = Path(str(connection.settings_dict["NAME"]))
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite3.connect(folder / _SQLITE_NAME)) as source,
            closing(sqlite3.connect(target)) as to,
        ):
            source.backup(to)
    else:
        _postgres(
            "pg_restore",
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            str(folder / _POSTGRES_NAME),
        )


def take_back_to(sequence: int, accounts: Collection[int]) -> bool:
    """Make tables that are ahead of ``sequence`` ready to be projected again from the start; returns whether
    they were. ``accounts``: those that the engine knows at ``sequence``.

    Users, keys and requests stay; a request applied later is refused, with the reason. An account opened
    later is asked for anew: its user can trade again, and starts without a balance.
    """
    if projected_sequence() <= sequence:
        return False
    with transaction.atomic():
        empty_tables()
        Symbol.objects.filter(sequence__gt=sequence).delete()
        # What was owed at a sequence that is now another.
        SolvencyReport.objects.filter(sequence__gt=sequence).delete()
        ChangeRequest.objects.filter(sequence__gt=sequence).update(
            state=ChangeRequest.State.REFUSED,
            refusal_code=UNDONE,
            refusal_details={"restored_to": sequence},
            sequence=None,
            applied_at=None,
        )
        for number in Account.objects.exclude(number__in=accounts).values_list("number", flat=True):
            Account.objects.filter(number=number).update(status=None)
            request_change(ChangeRequest.Kind.SET_ACCOUNT, {"account": number, "status": ACTIVE})
        audit.record("database.restored", after={"sequence": sequence})
    return True


def _postgres(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on our database. Raises BackupError."""
    named = connection.settings_dict
    environment = {
        **os.environ,
        "PGDATABASE": str(named["NAME"]),
        "PGHOST": str(named["HOST"] or ""),
        "PGPORT": str(named["PORT"] or ""),
        "PGUSER": str(named["USER"] or ""),
        "PGPASSWORD": str(named["PASSWORD"] or ""),
    }
    command = [program, *arguments]
    if program == "pg_restore":
        command.insert(1, f"--dbname={named['NAME']}")
    try:
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BackupError(f"{program} is needed for a PostgreSQL database and is not installed") from error
    if result.returncode:
        raise BackupError(f"{program} failed: {result.stderr.strip()}")
