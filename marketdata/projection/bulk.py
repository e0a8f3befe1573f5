"""Writing rows by the thousand: upserts by ``executemany`` into SQLite, COPY into PostgreSQL.

COPY takes the rows as CSV, which msgspec writes in a third of the time that psycopg needs for binary rows: a
JSON array without its brackets is a line of CSV (docs/decisions/0014).

Rows that never change are copied straight into their table. So are new rows of a table that grows by its key;
what is left goes through a temporary table and ``INSERT … ON CONFLICT``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from exchange.models import MinorUnitsField
from marketdata.projection.tables import Row, Table

#: Below this a temporary table costs more than it saves.
_COPY_FROM_ROWS: Final = 8
#: The server reads one part while the next is written.
_ROWS_AT_A_TIME: Final = 1_000
#: JSON's ``null`` is no value, its ``"null"`` is a word; ``\"`` and ``\\`` mean the same in both.
_CSV: Final = "(FORMAT CSV, NULL 'null', ESCAPE '\\')"
#: An escape that CSV does not know: control characters, which hardly anyone sends.
_JSON_ONLY: Final = re.compile(rb'\\[^"\\]')

_encoder: Final = msgspec.json.Encoder()


def write(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    """Write ``rows`` within the caller's transaction. No key may come twice."""
    if not rows:
        return
    if connection.vendor != "postgresql" or not table.is_bulk or len(rows) < _COPY_FROM_ROWS:
        _execute_many(connection, table, rows)
        return
    if table.ordered_by is not None:
        # The rows of one account next to one another touch its place in an index once.
        rows = sorted(rows, key=itemgetter(table.columns.index(table.ordered_by)))
    if not table.key:
        _copy(connection, table, rows)
    elif table.grows_by_key:
        _copy_new_and_merge(connection, table, rows)
    else:
        _merge(connection, table, rows)


def _execute_many(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    marks = ", ".join(["%s"] * len(table.columns))
    statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"
    values = _amounts_as_text(table, rows) if connection.vendor == "sqlite" else rows
    with connection.cursor() as cursor:
        cursor.executemany(statement + table.on_conflict(), values)


def _amounts_as_text(table: Table, rows: Sequence[Row]) -> Sequence[Sequence[Any]]:
    """SQLite keeps amounts as text: its integers end at 64 bits."""
    wide = _amount_columns(table)
    if not wide:
        return rows
    converted = []
    for row in rows:
        values = list(row)
        for index in wide:
            values[index] = str(values[index])
        converted.append(values)
    return converted


@cache
def _amount_columns(table: Table) -> tuple[int, ...]:
    return tuple(index for index, field in enumerate(table.fields()) if isinstance(field, MinorUnitsField))


# --- PostgreSQL --------------------------------------------------------------------------------------


def _copy_new_and_merge(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    """Rows with a key above every one in the table cannot meet one that is there."""
    (key,) = table.key
    at = table.columns.index(key)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max({key}) FROM {table.name}")
        newest = cursor.fetchone()[0]
    new = rows if newest is None else [row for row in rows if row[at] > newest]
    _copy(connection, table, new)
    if len(new) < len(rows):
        _merge(connection, table, [row for row in rows if row[at] <= newest])


def _merge(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    """Insert the new ones, update the others."""
    target, columns = f"copied_{table.name}", ", ".join(table.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {target} ON COMMIT DELETE ROWS "
            f"AS SELECT {columns} FROM {table.name} WITH NO DATA"
        )
        _copy(connection, table, rows, into=target)
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {target}{table.on_conflict()}"
        )


def _copy(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row], into: str = "") -> None:
    if not rows:
        return
    statement = f"COPY {into or table.name} ({', '.join(table.columns)}) FROM STDIN {_CSV}"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(rows), _ROWS_AT_A_TIME):
            copy.write(csv_lines(rows[start : start + _ROWS_AT_A_TIME]))


def csv_lines(rows: Sequence[Row]) -> bytes:
    """Rows of int, bool, str and None, at least one, in the dialect of ``_CSV``."""
    lines = _encoder.encode_lines(rows)
    if _JSON_ONLY.search(lines) is None:
        return lines.replace(b"]\n[", b"\n")[1:-2] + b"\n"
    return "".join(",".join(map(_csv_value, row)) + "\n" for row in rows).encode()


def _csv_value(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is str:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)
