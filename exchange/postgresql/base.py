"""Django's backend, whose connections come from a pool of ``psycopg-pool`` (``OPTIONS["pool"]``).

A process has at most so many connections to the database as its pool allows, however many requests are in
flight. Who finds none free in time gets ``PoolExhausted``. While the database does not answer, the circuit
breaker has callers told at once; only making a connection asks it, so that a query costs nothing more.
"""

from __future__ import annotations

import threading
from typing import Any, Final

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from exchange import process
from exchange.telemetry.breakers import DATABASE, DependencyAway, breaker


class PoolExhausted(psycopg.OperationalError):
    """Every connection of this process' pool stayed in use. Django's OperationalError comes from it."""


class _InUse:
    """How many connections this process has taken out of its pools."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, change: int) -> None:
        with self._lock:
            self.count = max(0, self.count + change)


_in_use: Final = process.shared(_InUse)


def connections_in_use() -> int:
    """Of this process, for health and metrics; 0 without a pool."""
    return _in_use.count


class DatabaseWrapper(base.DatabaseWrapper):
    """See the module."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Raises psycopg's OperationalError: PoolExhausted, or for a database that is away."""
        guard = breaker(DATABASE, (psycopg.OperationalError,))
        try:
            made = guard.call(lambda: self._connect(conn_params))
        except DependencyAway as error:
            raise psycopg.OperationalError(str(error)) from None
        if made is None:
            raise PoolExhausted("every connection of the pool is in use")
        return made

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        """A connection; None where the database answers and the pool has none to spare."""
        if not self.pool:
            return super().get_new_connection(conn_params)
        try:
            made = super().get_new_connection(conn_params)
        except PoolTimeout:
            if _in_use.count >= self.pool.max_size:
                return None
            raise
        _in_use.add(1)
        return made

    def _close(self) -> None:
        is_pooled = self.connection is not None and self.pool is not None
        try:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
        finally:
            if is_pooled:
                _in_use.add(-1)
