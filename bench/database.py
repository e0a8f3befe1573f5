"""A PostgreSQL database of the run's own, made on the server that BENCH_POSTGRES_URL names and dropped
afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

#: As Debian's packages leave it on a machine for development.
DEFAULT_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


def server_url() -> str:
    return os.environ.get("BENCH_POSTGRES_URL", DEFAULT_SERVER)


@contextmanager
def temporary_database() -> Iterator[str]:
    """The URL of a new, empty database. Raises psycopg.OperationalError where there is no server."""
    name = f"xtrader_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server_url(), autocommit=True, connect_timeout=5) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            yield urlunsplit(urlsplit(server_url())._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]
