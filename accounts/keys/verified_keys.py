"""Keys in use, as a web process remembers them (``accounts.identity.recent_proofs``), and the check of a
request that is signed with one.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from accounts.identity.identities import Verified, key_identities
from accounts.identity.recent_proofs import REMEMBER_S, RENEW_AFTER_S, Recent, RecentProofs
from accounts.keys import key_encryption
from accounts.keys.key_encryption import CannotOpenError, Sealed
from accounts.keys.signatures import HMAC, Ed25519Verifier, HmacVerifier, Verifier
from accounts.keys.used_signatures import USED, used_signatures
from accounts.models import ApiKey
from exchange import process
from exchange.errors import RefusedError, RequestError
from exchange.telemetry.logs import get_logger

logger = get_logger(__name__)

#: How old a request may be, milliseconds: if it does not say, and at most.
DEFAULT_WINDOW_MS: Final = 5_000
MAX_WINDOW_MS: Final = 60_000
#: How far the sender's clock may be ahead of ours.
AHEAD_MS: Final = 1_000
#: The last use of a key is written this often at most.
WRITE_USE_EVERY_S: Final = 60.0
_LONGEST_TIMESTAMP: Final = 14
_LONGEST_WINDOW: Final = 5
_LONGEST_KEY_ID: Final = 32

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Signed(NamedTuple):
    """What a request proves itself with, as it was sent."""

    key_id: str
    timestamp: str | None
    signature: str | None
    #: Milliseconds; None: the default.
    window: str | None
    #: The address it comes from, to the last bit; any other text of a peer without one.
    address: str
    #: What the fields are called where they were sent, for errors: timestamp, signature, window.
    names: tuple[str, str, str]


@dataclass(slots=True)
class KnownKey(Recent):
    """A key that is neither revoked nor of a user who may not log in."""

    verifier: Verifier
    networks: tuple[Network, ...]
    #: The last use here, and the last that the database has; seconds since the epoch.
    used_s: float
    used_from: str
    written_s: float

    def check(self, signed: Signed, content: bytes) -> None:
        """Take the request, once; ``content`` is what follows the timestamp in what was signed.

        Raises KEY_EXPIRED, ADDRESS_NOT_ALLOWED, TIMESTAMP_OUT_OF_WINDOW, INVALID_SIGNATURE,
        REPLAYED_REQUEST, MISSING_FIELD, INVALID_FIELD."""
        now_s = time.time()
        expires_at = self.identity.expires_at
        if expires_at is not None and expires_at <= now_s:
            raise RefusedError("KEY_EXPIRED")
        if self.networks and not _is_within(signed.address, self.networks):
            raise RefusedError("ADDRESS_NOT_ALLOWED", {"address": signed.address[:64]})
        timestamp, timestamp_ms = _timestamp(signed, now_s)
        if signed.signature is None:
            raise RequestError("MISSING_FIELD", {"field": signed.names[1]})
        content = timestamp.encode() + content
        if not self.verifier.is_right(signed.signature, content):
            raise RefusedError("INVALID_SIGNATURE")
        found = used_signatures.take(signed.key_id, content, timestamp_ms)
        if found is not None:
            raise RefusedError("REPLAYED_REQUEST") if found == USED else _out_of_window(now_s)
        self.used_s, self.used_from = now_s, signed.address


def is_key_id(text: str) -> bool:
    """Whether it could be one: databases refuse some texts with an error of their own."""
    return len(text) <= _LONGEST_KEY_ID and text.isascii() and text.isalnum()


def _timestamp(signed: Signed, now_s: float) -> tuple[str, int]:
    """The timestamp, as text and in milliseconds, if it is within the window."""
    text, window = signed.timestamp, signed.window
    if text is None:
        raise RequestError("MISSING_FIELD", {"field": signed.names[0]})
    if not _is_number(text, _LONGEST_TIMESTAMP):
        raise RequestError("INVALID_FIELD", {"field": signed.names[0], "expected": "milliseconds UTC"})
    window_ms = DEFAULT_WINDOW_MS
    if window is not None:
        window_ms = int(window) if _is_number(window, _LONGEST_WINDOW) else 0
        if not 1 <= window_ms <= MAX_WINDOW_MS:
            expected = f"1 to {MAX_WINDOW_MS} milliseconds"
            raise RequestError("INVALID_FIELD", {"field": signed.names[2], "expected": expected})
    timestamp_ms = int(text)
    if not -AHEAD_MS <= now_s * 1000 - timestamp_ms <= window_ms:
        raise _out_of_window(now_s)
    return text, timestamp_ms


def _is_number(text: str, longest: int) -> bool:
    return len(text) <= longest and text.isascii() and text.isdigit()


def _out_of_window(now_s: float) -> RefusedError:
    return RefusedError("TIMESTAMP_OUT_OF_WINDOW", {"server_time": int(now_s * 1000)})


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in networks)


class VerifiedKeys(RecentProofs[str, KnownKey]):
    """Keys by their ids."""

    def verify(self, signed: Signed, content: bytes, language: str) -> Verified:
        """Who sends a signed request. May ask the database. Raises INVALID_KEY, and as
        ``KnownKey.check``."""
        known = self.recall(signed.key_id)
        is_remembered = known is not None
        if known is None and is_key_id(signed.key_id):
            known = self._read([signed.key_id]).get(signed.key_id)
        if known is None:
            raise RefusedError("INVALID_KEY")
        known.check(signed, content)
        if not is_remembered:
            _write_use(known)
        identity, user = known.verified
        return Verified(identity.in_language(language), user)

    def recall(self, key_id: str) -> KnownKey | None:
        """A key read moments ago; None when it has to be read."""
        return self._fresh(key_id)

    def renew(self, key_ids: Iterable[str]) -> None:
        """Read remembered keys again, and write when they were used, from a thread of its own."""
        try:
            for known in self._read(key_ids).values():
                _write_use(known)
        except DatabaseError as error:
            logger.info("keys_not_renewed", error=type(error).__name__)
        finally:
            close_old_connections()

    def _read(self, key_ids: Iterable[str]) -> dict[str, KnownKey]:
        forgotten = self._forgotten
        rows = {row.key_id: row for row in ApiKey.objects.filter(key_id__in=[*key_ids], revoked_at=None)}
        verified = key_identities(rows.values(), settings.LANGUAGE_CODE)
        now_s, found = time.time(), {}
        for key_id, each in verified.items():
            verifier = _verifier(rows[key_id])
            if verifier is not None:
                found[key_id] = self._made(rows[key_id], each, verifier, now_s)
        self._remember(found, forgotten)
        return found

    def _made(self, row: ApiKey, verified: Verified, verifier: Verifier, now_s: float) -> KnownKey:
        networks = tuple(ipaddress.ip_network(text) for text in row.addresses)
        written_s = 0.0 if row.last_used_at is None else row.last_used_at.timestamp()
        before = self._entries.get(row.key_id)
        used_s, used_from = (0.0, "") if before is None else (before.used_s, before.used_from)
        until_s, renew_s = now_s + REMEMBER_S, now_s + RENEW_AFTER_S
        return KnownKey(verified, until_s, renew_s, verifier, networks, used_s, used_from, written_s)


def _verifier(row: ApiKey) -> Verifier | None:
    """None, and a line in the log, for a secret that cannot be read."""
    if row.kind != HMAC:
        return Ed25519Verifier(bytes(row.public_key or b""))
    try:
        sealed = Sealed(row.kek_id, bytes(row.sealed_secret or b""))
        return HmacVerifier(key_encryption.load().open(row.key_id, sealed))
    except CannotOpenError as error:
        logger.error("key_does_not_open", text=str(error))
        return None


def _write_use(known: KnownKey) -> None:
    """Write the last use of a key, once in ``WRITE_USE_EVERY_S`` at most."""
    if known.used_s - known.written_s < WRITE_USE_EVERY_S:
        return
    at = datetime.fromtimestamp(known.used_s, UTC)
    rows = ApiKey.objects.filter(key_id=known.identity.key_id)
    rows.update(last_used_at=at, last_used_from=known.used_from[:64])
    known.written_s = known.used_s


#: Of this process.
verified_keys: Final = process.shared(VerifiedKeys, lambda: VerifiedKeys())
