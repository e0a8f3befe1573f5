"""The servers that settings name: PostgreSQL, Redis, mail."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from typing import Any, Final

import redis
from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection

from ops.doctor.findings import Finding, bad, warning, well

_LEAST_CONNECTIONS: Final = 100
_PATIENCE_S: Final = 3.0


def check_servers() -> Iterator[Finding]:
    """Only those that are configured."""
    yield from check_database()
    if settings.REDIS_URL:
        yield from check_redis(settings.REDIS_URL)
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        yield _mail()


def check_database() -> Iterator[Finding]:
    """Whether it answers, and keeps what it was given."""
    try:
        connection.ensure_connection()
        if connection.vendor != "postgresql":
            yield well("database: SQLite, in the data folder")
            return
        yield from _postgres()
    except DatabaseError as error:
        yield bad(f"database: {str(error).strip()}", "see DATABASE_URL, and its server")


def _postgres() -> Iterator[Finding]:
    version = _setting("server_version")
    if int(_setting("server_version_num")) < 140_000:
        yield bad(f"PostgreSQL {version}", "14 or newer is needed")
    else:
        yield well(f"PostgreSQL {version}")
    connections = int(_setting("max_connections"))
    if connections < _LEAST_CONNECTIONS:
        yield warning(
            f"PostgreSQL takes {connections} connections", f"set max_connections to {_LEAST_CONNECTIONS}"
        )
    if _setting("fsync") != "on" or _setting("full_page_writes") != "on":
        yield bad("PostgreSQL does not sync", "set fsync and full_page_writes on: a power cut loses users")


def _setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def check_redis(url: str) -> Iterator[Finding]:
    """Whether it answers, and throws no counters away."""
    client: Any = redis.Redis.from_url(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S)
    try:
        version = client.info("server")["redis_version"]
        policy = client.info("memory").get("maxmemory_policy", "noeviction")
    except redis.RedisError as error:
        yield bad(f"Redis: {error}", "see REDIS_URL, and its server")
        return
    finally:
        client.close()
    yield well(f"Redis {version}")
    if policy != "noeviction":
        yield warning(
            f"Redis drops keys when it is full ({policy})",
            "counters of limits would start anew: set maxmemory-policy noeviction",
        )


def _mail() -> Finding:
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    mail: Any = get_connection(timeout=_PATIENCE_S)
    try:
        mail.open()
        mail.close()
    except (OSError, smtplib.SMTPException) as error:
        return bad(f"mail server {server}: {error}", "see EMAIL_URL")
    return well(f"mail server {server}")
