"""A database that does not answer: the one error of every way in, and one line a minute in the log."""

from __future__ import annotations

from typing import Final

from django.db import InterfaceError, OperationalError

from exchange import process
from exchange.errors import ApiError
from exchange.postgresql.base import PoolExhausted
from exchange.scarce_log import ScarceLog
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

DATABASE_UNAVAILABLE: Final = "DATABASE_UNAVAILABLE"
#: The database is there, and this process has all the connections to it that it may have in use.
DATABASE_BUSY: Final = "DATABASE_BUSY"
#: What Django raises when the database is away, too busy or cannot write; a wrong statement raises others.
DATABASE_AWAY: Final = (OperationalError, InterfaceError)


class _OutageLog(ScarceLog):
    """Of the database."""


_outage_log: Final = process.shared(_OutageLog, lambda: _OutageLog(logger))


def outage_of(exc: Exception) -> ApiError | None:
    """The wire error of an exception that a missing database raised, logged; None of any other."""
    if not isinstance(exc, DATABASE_AWAY):
        return None
    _outage_log.error("database_cannot_be_used", error=exc)
    return ApiError(DATABASE_BUSY if isinstance(exc.__cause__, PoolExhausted) else DATABASE_UNAVAILABLE)
