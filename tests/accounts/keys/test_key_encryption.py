"""Secrets at rest: sealed to their row, under keys that rotate while the exchange runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from accounts.identity import roles
from accounts.identity.identities import identify_token
from accounts.identity.tokens import refresh_token
from accounts.keys import issuing, key_encryption
from accounts.keys.key_encryption import CannotOpenError, KeyEncryption, Sealed
from accounts.models import ApiKey
from tests.conftest import make_person

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OLD_TEXT, NEW_TEXT = (base64.b64encode(key).decode() for key in (OLD, NEW))


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "keys_secret"
    settings.XTRADER = {**settings.XTRADER, "KEYS_SECRET": "", "KEYS_SECRET_FILE": str(path)}
    return path


@pytest.fixture
def new_key(db: None) -> Callable[[], tuple[ApiKey, str]]:
    user = make_person("dora", roles.TRADER, 1009).user

    def make() -> tuple[ApiKey, str]:
        identity = identify_token(str(refresh_token(user).access_token).encode(), "en")
        wish = issuing.parse_wish({"label": "bot", "scopes": ["read"], "password": "x"})
        key, secret = issuing.create(user, identity, wish)
        assert secret is not None
        return key, secret

    return make


def opened(key: ApiKey) -> str:
    key.refresh_from_db()
    return key_encryption.load().open(key.key_id, Sealed(key.kek_id, bytes(key.sealed_secret or b"")))


def test_the_file_is_made_once_and_private(file: Path) -> None:
    first = key_encryption.load()
    assert file.stat().st_mode & 0o777 == 0o600
    assert key_encryption.load().text() == first.text()


def test_a_sealed_secret_shows_nothing_and_belongs_to_its_row() -> None:
    encryption = KeyEncryption({"1": OLD})
    sealed = encryption.seal("key a", "secret")
    assert b"secret" not in sealed.content and encryption.seal("key a", "secret") != sealed
    assert encryption.open("key a", sealed) == "secret"
    with pytest.raises(CannotOpenError):
        encryption.open("key b", sealed)
    with pytest.raises(CannotOpenError, match="'1'"):
        KeyEncryption({"2": OLD}).open("key a", sealed)
    with pytest.raises(CannotOpenError):
        KeyEncryption({"1": NEW}).open("key a", sealed)
    for at in range(len(sealed.content)):
        bad = bytearray(sealed.content)
        bad[at] ^= 1
        with pytest.raises(CannotOpenError):
            encryption.open("key a", Sealed("1", bytes(bad)))


@pytest.mark.parametrize("text", ["", "1", OLD_TEXT, "1:", f":{OLD_TEXT}", "1:c2hvcnQ=", f"1:{OLD_TEXT},"])
def test_a_bad_setting_is_named_and_not_shown(settings: Any, text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        key_encryption.parse(text, "KEYS_SECRET")
    assert "KEYS_SECRET" in str(raised.value) and OLD_TEXT not in str(raised.value)
    with pytest.raises(ImproperlyConfigured, match="twice"):
        key_encryption.parse(f"1:{OLD_TEXT},1:{NEW_TEXT}", "KEYS_SECRET")


def test_rotation_in_the_file(file: Path, new_key: Callable[[], tuple[ApiKey, str]]) -> None:
    key, secret = new_key()
    before = bytes(key.sealed_secret or b"")
    call_command("rotate_key_encryption")
    assert opened(key) == secret and key.kek_id == "2" and bytes(key.sealed_secret or b"") != before
    # The old one still opens a backup of before.
    assert key_encryption.load().open(key.key_id, Sealed("1", before)) == secret
    other, other_secret = new_key()
    call_command("rotate_key_encryption", "--drop-old")
    assert (opened(key), opened(other)) == (secret, other_secret)
    assert file.read_text().startswith("3:") and file.read_text().count(":") == 1


def test_rotation_leaves_what_it_cannot_open(file: Path, new_key: Callable[[], tuple[ApiKey, str]]) -> None:
    key, secret = new_key()
    lost, _ = new_key()
    ApiKey.objects.filter(key_id=lost.key_id).update(kek_id="9")
    with pytest.raises(CommandError, match="1 secrets did not open"):
        call_command("rotate_key_encryption", "--drop-old")
    assert opened(key) == secret and "1:" in file.read_text()


def test_rotation_in_the_setting(settings: Any, new_key: Callable[[], tuple[ApiKey, str]]) -> None:
    settings.XTRADER = {**settings.XTRADER, "KEYS_SECRET": f"a:{OLD_TEXT}"}
    key, secret = new_key()
    assert key.kek_id == "a"
    settings.XTRADER = {**settings.XTRADER, "KEYS_SECRET": f"b:{NEW_TEXT},a:{OLD_TEXT}"}
    with pytest.raises(CommandError):
        call_command("rotate_key_encryption", "--drop-old")
    call_command("rotate_key_encryption")
    settings.XTRADER = {**settings.XTRADER, "KEYS_SECRET": f"b:{NEW_TEXT}"}
    assert opened(key) == secret
