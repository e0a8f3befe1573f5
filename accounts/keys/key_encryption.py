"""Secrets of keys at rest: AES-256-GCM under a key-encryption key.

The key-encryption keys are a text ``id:key,id:key…`` (each key 32 bytes in base64), the newest first: it
seals, all of them open. The text is the setting ``KEYS_SECRET``, or in a file (``KEYS_SECRET_FILE``,
by default of the data folder), which is made when it is first needed. A sealed secret belongs to its
``key_id``: put into another row it does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from exchange.journal.whole_file import write_private, write_private_once

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_LONGEST_ID: Final = 16


class Sealed(NamedTuple):
    """A secret as the database has it: the id of its key-encryption key, and nonce with ciphertext."""

    kek_id: str
    content: bytes


class CannotOpenError(Exception):
    """The key-encryption key is not there, or the sealed secret is not what was sealed."""


class KeyEncryption:
    """Seals and opens with one set of key-encryption keys, newest first."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)
        self.newest = next(iter(self._keys))

    def seal(self, key_id: str, secret: str) -> Sealed:
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(self._keys[self.newest])
        return Sealed(self.newest, nonce + cipher.encrypt(nonce, secret.encode(), key_id.encode()))

    def open(self, key_id: str, sealed: Sealed) -> str:
        """The secret. Raises CannotOpenError."""
        key = self._keys.get(sealed.kek_id)
        if key is None:
            raise CannotOpenError(f"there is no key-encryption key {sealed.kek_id!r}")
        nonce, content = sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, content, key_id.encode()).decode()
        except (InvalidTag, ValueError):
            raise CannotOpenError(f"the secret of key {key_id} does not open") from None

    def text(self) -> str:
        """As a setting or file has them."""
        return ",".join(f"{kek_id}:{base64.b64encode(key).decode()}" for kek_id, key in self._keys.items())

    def with_new_key(self) -> KeyEncryption:
        """The same and a new key-encryption key, which seals from now on."""
        numbers = [int(kek_id) for kek_id in self._keys if kek_id.isdecimal()]
        return KeyEncryption({str(max(numbers, default=0) + 1): os.urandom(_KEY_BYTES), **self._keys})

    def with_newest_only(self) -> KeyEncryption:
        return KeyEncryption({self.newest: self._keys[self.newest]})


def parse(text: str, source: str) -> KeyEncryption:
    """Raises ImproperlyConfigured, which names the source and never shows a key."""
    keys: dict[str, bytes] = {}
    for number, part in enumerate(text.strip().split(","), 1):
        kek_id, colon, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if not (colon and kek_id and len(kek_id) <= _LONGEST_ID and len(key) == _KEY_BYTES):
            raise ImproperlyConfigured(
                f"{source}: entry {number} is not an id, a colon and 32 bytes in base64"
            )
        if kek_id in keys:
            raise ImproperlyConfigured(f"{source}: the id {kek_id!r} stands twice")
        keys[kek_id] = key
    return KeyEncryption(keys)


def load() -> KeyEncryption:
    """The key-encryption keys as they are now; the file is made if it is missing. Raises
    ImproperlyConfigured."""
    if given := settings.XTRADER["KEYS_SECRET"]:
        return parse(given, "KEYS_SECRET")
    path = file_path()
    if not path.exists():
        write_private_once(path, KeyEncryption({"1": secrets.token_bytes(_KEY_BYTES)}).text() + "\n")
    return parse(path.read_text(), str(path))


def save(encryption: KeyEncryption) -> None:
    """Replace the file's."""
    write_private(file_path(), encryption.text() + "\n")


def file_path() -> Path:
    return Path(settings.XTRADER["KEYS_SECRET_FILE"])
