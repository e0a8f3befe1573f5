"""A migrated database of a test's own, in SQLite or PostgreSQL, and programs that run on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from tests.marketdata.postgres import url_for

_BEGIN = "import django; django.setup()\n"


@dataclass
class Database:
    folder: Path
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATA": str(self.folder),
            "DATABASE_URL": self.url or f"sqlite:///{self.folder / 'xtrader.sqlite3'}",
            "AUDIT_HEADS": str(self.folder / "audit_heads"),
            "DJANGO_SETTINGS_MODULE": "xtrader.settings",
        }

    def start(self, program: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _BEGIN + program]
        return subprocess.Popen(
            command, env=self.environment, cwd=settings.BASE_DIR, text=True, stdout=subprocess.PIPE
        )

    def run(self, program: str) -> str:
        process = self.start(program)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        return output

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(
            command, env=self.environment, cwd=settings.BASE_DIR, text=True, capture_output=True, timeout=120
        )

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Past Django, as an intruder has it. Each statement is committed."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as connection, connection.cursor() as cursor:
                yield cursor
            return
        import sqlite3

        with closing(sqlite3.connect(self.folder / "xtrader.sqlite3", isolation_level=None)) as connection:
            yield connection.cursor()


@contextmanager
def database_of(vendor: str, folder: Path) -> Iterator[Database]:
    with url_for(vendor) as url:
        database = Database(folder, url)
        done = database.manage("migrate", "--verbosity=0", "--no-input")
        assert done.returncode == 0, done.stderr
        yield database
