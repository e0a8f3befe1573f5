"""A PostgreSQL database of one test's own, made on the server that TEST_POSTGRES_URL names."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest


@contextmanager
def url_for(vendor: str) -> Iterator[str]:
    """The URL of a new, empty database; empty for SQLite. Skips without a server."""
    if vendor != "postgresql":
        yield ""
        return
    server = os.environ.get("TEST_POSTGRES_URL")
    if not server:
        pytest.skip("TEST_POSTGRES_URL is not set: no PostgreSQL to test with")
    name = f"xtrader_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]
