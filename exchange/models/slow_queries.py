"""Statements of the database that took long: a ``slow`` line with the statement, never with its values."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from exchange import process
from exchange.telemetry.slow_log import SlowLog

_LONGEST: Final = 300


def watch_connections() -> None:
    """Look at the statements of every connection that is opened from now on."""
    connection_created.connect(_on_connection, dispatch_uid="slow_queries")


def _on_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    started_s = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took_s = time.perf_counter() - started_s
        slow = process.part(SlowLog)
        if took_s >= slow.query_s:
            slow.note("query", took_s, sql=str(sql)[:_LONGEST], database=context["connection"].alias)
