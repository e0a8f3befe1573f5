"""Whether what is installed is what this version was tested with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from ops.doctor.findings import Finding, bad, warning, well

_PIN: Final = re.compile(r"([A-Za-z0-9._-]+)==([^\s#;]+)")


def check_installed() -> Iterator[Finding]:
    """Packages, the built page, the database's tables."""
    yield from check_packages(Path(settings.BASE_DIR) / "requirements.txt")
    yield _page(Path(settings.BASE_DIR) / "frontend" / "dist")
    yield from _migrations()


def check_packages(requirements: Path) -> Iterator[Finding]:
    """Every pinned package, in the version that is pinned."""
    pins = _PIN.findall(requirements.read_text())
    wrong = []
    for name, wanted in pins:
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            found = "nothing"
        if found != wanted:
            wrong.append(f"{name} {found} (wanted {wanted})")
    if wrong:
        yield bad(f"{len(wrong)} packages differ: {', '.join(wrong[:5])}", "run make setup")
    else:
        yield well(f"{len(pins)} packages as pinned")


def _page(dist: Path) -> Finding:
    if (dist / ".vite" / "manifest.json").is_file():
        return well("the page is built")
    return bad("the page is not built", "run make setup")


def _migrations() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, SystemCheckError) as error:
        yield bad(f"the database does not answer: {error}", "see DATABASE_URL, and its server")
        return
    if waiting:
        yield warning(
            f"{len(waiting)} migrations wait", "make run applies them; elsewhere run manage.py migrate"
        )
    else:
        yield well("the database has every migration")
