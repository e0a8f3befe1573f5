"""Exact sums of amounts by the database, however large."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Aggregate


class ExactSum(Aggregate):
    """The sum of a ``MinorUnitsField``. PostgreSQL adds its numbers exactly; SQLite keeps amounts as text and
    ends at 64 bits, so there the sum is Python's."""

    function = "SUM"
    name = "ExactSum"

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="EXACT_SUM", **context)


class _Sum:
    def __init__(self) -> None:
        self._total = 0

    def step(self, value: Any) -> None:
        if value is not None:
            self._total += int(value)

    def finalize(self) -> str:
        return str(self._total)


def teach_sqlite() -> None:
    """Give every SQLite connection from now on the sum that ``ExactSum`` asks for."""
    connection_created.connect(_on_connection, dispatch_uid="exact sums")


def _on_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_aggregate("EXACT_SUM", 1, _Sum)
