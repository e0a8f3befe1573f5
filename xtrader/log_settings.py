"""Django's ``LOGGING``: one handler for every line of the process, ours and the libraries'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange.telemetry.bounded_log import lines_of
from exchange.telemetry.logs import formatter

#: Loggers of uvicorn, which has handlers of its own unless they are taken away.
_UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")


def logging_settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """The setting. Raises ValueError for an unknown ``LOG_FORMAT``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter(environment)}},
        "filters": {
            "bounded": {"()": "exchange.telemetry.bounded_log.PerMinute", "maximum": lines_of(environment)}
        },
        "handlers": {
            "console": {
                "class": "exchange.telemetry.log_files.LogFileHandler",
                "formatter": "line",
                "filters": ["bounded"],
            },
        },
        "root": {"handlers": ["console"], "level": environment.get("LOG_LEVEL") or "INFO"},
        # What a client gets wrong is told to the client; a line for each would let anybody fill the disk.
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "ERROR"},
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # With DEBUG it has a line for each statement, with its values; ``slow`` lines have those without.
            "django.db.backends": {"level": "INFO"},
            # It has a line for each passkey that is used.
            "fido2": {"level": "WARNING"},
            # A database that is away is a line of ours, not one for each attempt.
            "psycopg.pool": {"level": "ERROR"},
            # With LOG_LEVEL=DEBUG they would write what is sent: headers, bodies, mail.
            **{
                name: {"level": "INFO"}
                for name in ("asyncio", "httpx", "httpcore", "mail", "urllib3", "websockets", "allauth")
            },
            **{name: {"handlers": [], "propagate": True} for name in _UVICORN},
        },
    }
