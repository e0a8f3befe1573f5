"""A database made before the project had a user of its own goes on with the same users.

``golden/before_own_user.sql`` is what such a demo venue's database held: users with their roles,
accounts and requests. Two users have the same email address, written differently. Every password is the
tests' own.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher

from tests.conftest import PASSWORD

GOLDEN = Path(__file__).parent / "golden" / "before_own_user.sql"

#: Engine sequences, once the ids, of transfers; so near to one another that ids that double meet others.
TRANSFERS = (1, 2, 3, 4, 6, 7, 14)


def migrate(folder: Path) -> None:
    """As ``make run`` does, in a process of its own."""
    database = f"sqlite:///{folder / 'xtrader.sqlite3'}"
    environment = {**os.environ, "DATA": str(folder), "DATABASE_URL": database}
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--no-input"]
    subprocess.run(command, env=environment, cwd=settings.BASE_DIR, check=True, timeout=120)


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    folder = tmp_path_factory.mktemp("old")
    with sqlite3.connect(folder / "xtrader.sqlite3") as old:
        old.executescript(GOLDEN.read_text())
        old.executemany(
            "INSERT INTO exchange_transfer (id, kind, account, asset, amount_minor, balance_after_minor,"
            " time_ns, command_id) VALUES (?, 0, 1000, 'KRW', '5', '5', 7, 'd')",
            [(sequence,) for sequence in TRANSFERS],
        )
    migrate(folder)
    # A second time there is nothing left to do.
    migrate(folder)
    return sqlite3.connect(folder / "xtrader.sqlite3")


def test_users_keep_their_passwords_roles_and_accounts(upgraded: sqlite3.Connection) -> None:
    rows = upgraded.execute(
        "SELECT username, password, auth_group.name, number, exchange_account.name FROM auth_user"
        " JOIN auth_user_groups ON auth_user_groups.user_id = auth_user.id"
        " JOIN auth_group ON group_id = auth_group.id"
        " LEFT JOIN exchange_account ON exchange_account.user_id = auth_user.id"
        " WHERE username IN ('alice', 'oscar') ORDER BY username"
    ).fetchall()
    assert [(name, role, number, label) for name, _, role, number, label in rows] == [
        ("alice", "trader", 1000, ""),
        ("oscar", "operator", None, None),
    ]
    assert all(ScryptPasswordHasher().verify(PASSWORD, row[1]) for row in rows)


def test_transfers_make_room_for_a_second_side(upgraded: sqlite3.Connection) -> None:
    rows = upgraded.execute("SELECT id, sequence, counter_account, fee_minor FROM exchange_transfer")
    assert sorted(rows) == [(2 * sequence, sequence, 0, "0") for sequence in TRANSFERS]


def test_an_address_belongs_to_its_first_user(upgraded: sqlite3.Connection) -> None:
    emails = upgraded.execute("SELECT username, email FROM auth_user WHERE username IN ('alice', 'bob')")
    assert dict(emails.fetchall()) == {"alice": "alice@example.com", "bob": ""}
    with pytest.raises(sqlite3.IntegrityError):
        upgraded.execute("UPDATE auth_user SET email = 'ALICE@example.com' WHERE username = 'bob'")
    upgraded.rollback()


def test_permissions_are_those_of_the_one_user_there_is(upgraded: sqlite3.Connection) -> None:
    labels = upgraded.execute("SELECT app_label FROM django_content_type WHERE model = 'user'").fetchall()
    assert labels == [("accounts",)]
    may = upgraded.execute(
        "SELECT COUNT(*) FROM auth_group_permissions"
        " JOIN auth_permission ON permission_id = auth_permission.id"
        " JOIN auth_group ON group_id = auth_group.id"
        " WHERE auth_group.name = 'administrator' AND codename IN ('add_user', 'change_user', 'view_user')"
    ).fetchone()
    assert may == (3,)


def test_names_and_addresses_are_compared_as_of_those_who_join(upgraded: sqlite3.Connection) -> None:
    keys = upgraded.execute("SELECT username, name_key FROM auth_user WHERE username IN ('alice', 'bob')")
    assert dict(keys.fetchall()) == {"alice": "alice", "bob": "bob"}
    kept = upgraded.execute(
        'SELECT username, account_emailaddress.email, verified, "primary" FROM account_emailaddress'
        " JOIN auth_user ON auth_user.id = user_id"
    )
    assert ("alice", "alice@example.com", 1, 1) in kept.fetchall()


def test_nothing_hangs_in_the_air(upgraded: sqlite3.Connection) -> None:
    assert upgraded.execute("PRAGMA foreign_key_check").fetchall() == []
    assert upgraded.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
