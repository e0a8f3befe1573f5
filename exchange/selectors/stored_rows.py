"""Statements on the tables of histories, in the SQL that SQLite and PostgreSQL share.

Django's query sets cost more to build than these statements to run. Names of tables and columns are ours;
values are always parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import connection, models

Row = tuple[Any, ...]

#: Rows of one statement of a walk through a history.
CHUNK_ROWS: Final = 2_000


class Rows:
    """Rows of one table that meet conditions, by a key that ascends with time."""

    __slots__ = ("_conditions", "_key", "_table", "_values")

    def __init__(self, model: type[models.Model], key: str, accounts: Sequence[int]) -> None:
        self._table = model._meta.db_table
        self._key = key
        self._conditions: list[str] = []
        self._values: list[Any] = []
        self.is_one_of("account", accounts)

    def where(self, condition: str, *values: Any) -> None:
        """One more condition: SQL with ``%s`` for each value."""
        self._conditions.append(condition)
        self._values += values

    def is_one_of(self, column: str, values: Sequence[Any]) -> None:
        """A column has one of the values; without values there are no such rows."""
        if len(values) == 1:
            self.where(f"{column} = %s", *values)
        elif values:
            self.where(f"{column} IN ({', '.join(['%s'] * len(values))})", *values)
        else:
            self.where("1 = 0")

    def within(self, column: str, start_ns: int | None, end_ns: int | None) -> None:
        """A time from ``start_ns`` up to but not including ``end_ns``."""
        if start_ns is not None:
            self.where(f"{column} >= %s", start_ns)
        if end_ns is not None:
            self.where(f"{column} < %s", end_ns)

    def before(self, key: int | None) -> None:
        """The key is below ``key``, if given."""
        if key is not None:
            self.where(f"{self._key} < %s", key)

    def after(self, key: int | None) -> None:
        """The key is above ``key``, if given."""
        if key is not None:
            self.where(f"{self._key} > %s", key)

    def newest(self, columns: str, limit: int) -> list[Row]:
        """Up to ``limit`` rows with the highest keys, highest first."""
        return fetch(
            f"SELECT {columns} FROM {self._table} WHERE {' AND '.join(self._conditions)} "
            f"ORDER BY {self._key} DESC LIMIT {int(limit)}",
            self._values,
        )

    def walk(self, columns: str) -> Iterator[list[Row]]:
        """All rows from the highest key down, in lists of ``CHUNK_ROWS`` at most. The key is the first of the
        columns. No statement is open between two lists, so a slow reader holds nothing up."""
        rows = self.newest(columns, CHUNK_ROWS)
        while rows:
            yield rows
            if len(rows) < CHUNK_ROWS:
                return
            rest = self._copy()
            rest.before(rows[-1][0])
            rows = rest.newest(columns, CHUNK_ROWS)

    def grouped(self, columns: str, sums: Sequence[str], highest: Sequence[str] = ()) -> list[Row]:
        """For each combination of the columns: their values, the number of rows, sums, exact, and the
        ``highest`` value of other columns."""
        adder = _exact_sum()
        added = (f"{adder}({column})" for column in sums)
        figures = ", ".join(["COUNT(*)", *added, *(f"MAX({column})" for column in highest)])
        return fetch(
            f"SELECT {columns}, {figures} FROM {self._table} WHERE {' AND '.join(self._conditions)} "
            f"GROUP BY {columns} ORDER BY {columns}",
            self._values,
        )

    def _copy(self) -> Rows:
        copy = object.__new__(Rows)
        copy._table, copy._key = self._table, self._key
        copy._conditions, copy._values = list(self._conditions), list(self._values)
        return copy


def by_keys(model: type[models.Model], key: str, columns: str, keys: Sequence[int]) -> list[Row]:
    """The rows with one of the keys, in no order."""
    marks = ", ".join(["%s"] * len(keys))
    return fetch(f"SELECT {columns} FROM {model._meta.db_table} WHERE {key} IN ({marks})", keys)


def fetch(statement: str, values: Sequence[Any]) -> list[Row]:
    """What a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


class _Sum:
    """SQLite keeps amounts as text, and would add them up as floats."""

    def __init__(self) -> None:
        self._sum = 0

    def step(self, value: Any) -> None:
        self._sum += int(value)

    def finalize(self) -> str:
        return str(self._sum)


def _exact_sum() -> str:
    """The name of the function that adds up amounts."""
    if connection.vendor != "sqlite":
        return "SUM"
    connection.ensure_connection()
    connection.connection.create_aggregate("xtrader_sum", 1, _Sum)
    return "xtrader_sum"
