"""On real databases after all migrations: no row is changed or deleted, many processes make one chain, and
``manage.py audit`` names what is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.models.append_only import TABLE
from tests.exchange.audit.database import Database, database_of

pytestmark = pytest.mark.proof

#: Appends records, some in transactions that also do something else or are rolled back.
WRITER = """
import sys
from django.db import transaction
from accounts.models import UserChange
from exchange import audit
for number in range({each}):
    try:
        with transaction.atomic():
            UserChange.objects.create(user_id=number)
            audit.record("user.changed", after={{"writer": {writer}, "number": number}})
            if number % 5 == 4:
                raise RuntimeError
    except RuntimeError:
        pass
"""
EACH, WRITERS = 40, 4


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with database_of(request.param, tmp_path_factory.mktemp("audit")) as made:
        yield made


def count(database: Database) -> int:
    with database.cursor() as cursor:
        return int(cursor.execute(f"SELECT COUNT(*) FROM {TABLE}").fetchone()[0])


def test_processes_at_once_make_one_chain(database: Database) -> None:
    before = count(database)
    writers = [database.start(WRITER.format(each=EACH, writer=writer)) for writer in range(WRITERS)]
    assert [writer.wait(120) for writer in writers] == [0] * WRITERS
    assert count(database) - before == WRITERS * EACH * 4 // 5, (
        "those rolled back left nothing, not even a gap"
    )
    done = database.manage("audit", "verify")
    assert done.returncode == 0, done.stderr
    assert f"{count(database):,} records hold" in done.stdout
    with database.cursor() as cursor:
        rows = cursor.execute(f"SELECT after FROM {TABLE} WHERE after LIKE '%writer%' ORDER BY id").fetchall()
    written = [json.loads(row[0]) for row in rows]
    for writer in range(WRITERS):
        own = [one["number"] for one in written if one["writer"] == writer]
        assert own == [number for number in range(EACH) if number % 5 != 4], "in the order of each"


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE {TABLE} SET reason = 'other' WHERE id = 1",
        f"UPDATE {TABLE} SET reason = 'other'",
        f"DELETE FROM {TABLE} WHERE id = 1",
        f"DELETE FROM {TABLE}",
        f"TRUNCATE {TABLE}",
    ],
)
def test_the_database_refuses(database: Database, statement: str) -> None:
    if statement.startswith("TRUNCATE") and not database.url:
        return  # SQLite has no such statement
    before = count(database)
    with database.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute(statement)
    assert count(database) == before > 0


def test_a_head_is_noted_once(database: Database) -> None:
    database.run('from exchange import audit; audit.record("user.changed")')
    heads = database.folder / "audit_heads"
    for _ in range(2):
        assert database.manage("audit", "head").returncode == 0
    last = json.loads(heads.read_text().splitlines()[-1])
    assert last["id"] == count(database)
    assert [json.loads(line)["id"] for line in heads.read_text().splitlines()].count(last["id"]) == 1
    assert heads.stat().st_mode & 0o077 == 0


def test_an_export_is_checked_by_itself(database: Database, tmp_path: Path) -> None:
    database.run(
        'from exchange import audit; audit.record("user.changed", reason="=1+1\\r\\n앨리스 \\u2028")'
    )
    exported = database.manage("audit", "export")
    assert exported.returncode == 0
    file = tmp_path / "audit.jsonl"
    file.write_text(exported.stdout)
    assert database.manage("audit", "verify", str(file)).returncode == 0
    lines = exported.stdout.splitlines()
    file.write_text("\n".join([*lines[:-2], lines[-1]]))
    broken = database.manage("audit", "verify", str(file))
    assert broken.returncode != 0 and f"record {len(lines) - 1} is missing" in broken.stderr
    file.write_text("nothing\n")
    assert "line 1" in database.manage("audit", "verify", str(file)).stderr
    assert "is no time" in database.manage("audit", "export", "--since", "yesterday").stderr
    table = database.manage("audit", "export", "--format", "csv").stdout
    assert "'=1+1" in table, "no spreadsheet takes it for a formula"


def test_verify_names_the_first_broken_link(database: Database) -> None:
    """By somebody who has dropped the triggers. The last of the file: nothing is whole after it."""
    assert database.manage("audit", "head").returncode == 0
    last = count(database)
    on = f" ON {TABLE}" if database.url else ""
    with database.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER audit_no_update{on}")
        cursor.execute(f"DROP TRIGGER audit_no_delete{on}")
        cursor.execute(f"DELETE FROM {TABLE} WHERE id = {last}")
    _expect(database, f"records from {last} on are missing: record {last} was noted as a head")
    with database.cursor() as cursor:
        cursor.execute(f"UPDATE {TABLE} SET actor = 'nobody' WHERE id = {last - 2}")
    _expect(database, f"record {last - 2} was changed")
    with database.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE id = 1")
    _expect(database, "record 1 is missing")


def _expect(database: Database, what: str) -> None:
    done = database.manage("audit", "verify")
    assert done.returncode != 0, done.stdout
    assert what in done.stderr
