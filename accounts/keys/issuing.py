"""Keys as their users make, list and revoke them."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from accounts.identity import changes
from accounts.identity.identities import Identity
from accounts.identity.scopes import READ, SCOPES
from accounts.keys import key_encryption
from accounts.keys.signatures import HMAC, KINDS, read_public_key
from accounts.keys.verified_keys import is_key_id
from accounts.models import ApiKey, User
from exchange import audit
from exchange.errors import RefusedError, RequestError
from exchange.wire.field_readers import MAX_TIME_MS, read_integer, read_text, refuse_unknown, required
from exchange.wire.people_text import checked_text

#: Keys of a user that are not revoked.
MAX_KEYS: Final = 20
MAX_LABEL_CHARS: Final = 40
MAX_ADDRESSES: Final = 20
#: Of one of them, as text: IPv6 in full with the length of its prefix.
LONGEST_NETWORK: Final = 64
MAX_ORDER_RATE: Final = 1_000_000
_SECRET_BYTES: Final = 32
_FIELDS: Final = frozenset(
    {"label", "scopes", "kind", "public_key", "account", "addresses", "expires_at", "order_rate"}
)
#: Read by the surface, which knows who asks.
_STEP_UP: Final = frozenset({"password", "otp"})

Json = dict[str, Any]


class Wish(NamedTuple):
    """A key that is asked for, checked but for what only the database knows."""

    label: str
    scopes: tuple[str, ...]
    kind: str
    public_key: bytes | None
    #: Name or number, as it was sent.
    account: str | None
    addresses: tuple[str, ...]
    expires_at: datetime | None
    order_rate: int | None


def parse_wish(data: Mapping[str, Any]) -> Wish:
    """The body of a request for a key. Raises MISSING_FIELD, UNKNOWN_FIELD, INVALID_FIELD,
    INVALID_TEXT."""
    refuse_unknown(data, _FIELDS | _STEP_UP)
    label = checked_text(read_text(data, "label"), "label", MAX_LABEL_CHARS)
    kind = HMAC if data.get("kind") is None else read_text(data, "kind")
    if kind not in KINDS:
        raise RequestError("INVALID_FIELD", {"field": "kind", "choices": list(KINDS)})
    return Wish(
        label,
        _scopes(data),
        kind,
        _public_key(data, kind),
        _account(data),
        _addresses(data),
        _expiry(data),
        _order_rate(data),
    )


def create(user: User, identity: Identity, wish: Wish) -> tuple[ApiKey, str | None]:
    """Make a key; its secret, shown this once, is None for an Ed25519 key. Raises TOO_MANY_KEYS, NO_ACCOUNT,
    ACCOUNT_NOT_FOUND of an account that is not the user's, PERMISSION_DENIED of a scope the role lacks,
    TERMS_NOT_ACCEPTED of one that does more than read."""
    if lacking := sorted(set(wish.scopes) - identity.scopes):
        raise RefusedError("PERMISSION_DENIED", {"field": "scopes", "scopes": lacking})
    if set(wish.scopes) - {READ}:
        identity.check_terms()
    account = account_of(wish, identity)
    if account is None:
        raise RefusedError("NO_ACCOUNT")
    key_id, secret, sealed = secrets.token_hex(16), None, None
    if wish.kind == HMAC:
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        sealed = key_encryption.load().seal(key_id, secret)
    with transaction.atomic():
        # One after the other, so that the limit holds.
        User.objects.select_for_update().get(pk=user.pk)
        if keys_of(user).count() >= MAX_KEYS:
            raise RefusedError("TOO_MANY_KEYS", {"maximum": MAX_KEYS})
        key = ApiKey.objects.create(
            key_id=key_id,
            user=user,
            account=account,
            label=wish.label,
            scopes=list(wish.scopes),
            kind=wish.kind,
            kek_id="" if sealed is None else sealed.kek_id,
            sealed_secret=None if sealed is None else sealed.content,
            public_key=wish.public_key,
            addresses=list(wish.addresses),
            expires_at=wish.expires_at,
            order_rate=wish.order_rate,
        )
        audit.record("key.made", user, _target(key), None, render(key))
    return key, secret


def account_of(wish: Wish, identity: Identity) -> int | None:
    """The account that the key is for; None where the user has none. Raises ACCOUNT_NOT_FOUND."""
    return identity.account if wish.account is None else identity.own_number(wish.account)


def keys_of(user: User) -> Any:
    """The user's keys that are not revoked, newest first."""
    return ApiKey.objects.filter(user=user, revoked_at=None).order_by("-created_at", "key_id")


def revoke(user: User, key_id: str, by: User | None = None, reason: str = "") -> ApiKey:
    """End a key in every process. ``by``: who does it, if not the user. Raises KEY_NOT_FOUND."""
    with transaction.atomic():
        if not is_key_id(key_id):
            raise RefusedError("KEY_NOT_FOUND", {"field": "key_id"})
        own = ApiKey.objects.filter(user=user, key_id=key_id)
        if not own.filter(revoked_at=None).update(revoked_at=timezone.now(), sealed_secret=None):
            raise RefusedError("KEY_NOT_FOUND", {"field": "key_id"})
        changes.announce(user.pk)
        key = own.get()
        before = {"label": key.label, "scopes": key.scopes}
        audit.record("key.revoked", by or user, _target(key), before, None, reason)
        return key


@transaction.atomic
def revoke_all(user: User, by: User, reason: str) -> int:
    """End all keys of a user, in every process; how many there were. ``by``: who does it."""
    ended = keys_of(user).order_by().update(revoked_at=timezone.now(), sealed_secret=None)
    changes.announce(user.pk)
    audit.record("key.all_revoked", by, user, {"keys": ended}, {"keys": 0}, reason)
    return int(ended)


def _target(key: ApiKey) -> audit.Target:
    return audit.Target("key", key.key_id, key.user.get_username())


def render(key: ApiKey) -> Json:
    """A key as the wire has it."""
    return {
        "key_id": key.key_id,
        "label": key.label,
        "kind": key.kind,
        "account": str(key.account),
        "scopes": key.scopes,
        "addresses": key.addresses,
        "order_rate": key.order_rate,
        "created_at": _ms(key.created_at),
        "expires_at": _ms(key.expires_at),
        "last_used_at": _ms(key.last_used_at),
        "last_used_from": key.last_used_from or None,
    }


def _ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)


def _scopes(data: Mapping[str, Any]) -> tuple[str, ...]:
    given = required(data, "scopes")
    if not isinstance(given, list) or not given or not all(scope in SCOPES for scope in given):
        raise RequestError("INVALID_FIELD", {"field": "scopes", "choices": list(SCOPES)})
    return tuple(scope for scope in SCOPES if scope in given)


def _public_key(data: Mapping[str, Any], kind: str) -> bytes | None:
    if kind == HMAC:
        if data.get("public_key") is not None:
            raise _invalid("public_key", "nothing: only an ed25519 key has one")
        return None
    raw = read_public_key(read_text(data, "public_key"))
    if raw is None:
        raise _invalid("public_key", "an Ed25519 public key, as PEM or 32 bytes in base64")
    return raw


def _account(data: Mapping[str, Any]) -> str | None:
    return None if data.get("account") is None else read_text(data, "account")


def _addresses(data: Mapping[str, Any]) -> tuple[str, ...]:
    given = data.get("addresses")
    expected = f"at most {MAX_ADDRESSES} IP addresses or networks such as 203.0.113.0/24"
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > MAX_ADDRESSES:
        raise _invalid("addresses", expected)
    try:
        networks = [
            str(ipaddress.ip_network(each))
            for each in given
            if isinstance(each, str) and len(each) <= LONGEST_NETWORK
        ]
    except ValueError:
        raise _invalid("addresses", expected) from None
    if len(networks) != len(given):
        raise _invalid("addresses", expected)
    return tuple(dict.fromkeys(networks))


def _expiry(data: Mapping[str, Any]) -> datetime | None:
    if data.get("expires_at") is None:
        return None
    at_ms = read_integer(data, "expires_at")
    if not timezone.now().timestamp() * 1000 < at_ms <= MAX_TIME_MS:
        raise _invalid("expires_at", "milliseconds UTC, in the future")
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _order_rate(data: Mapping[str, Any]) -> int | None:
    if data.get("order_rate") is None:
        return None
    return read_integer(data, "order_rate", (1, MAX_ORDER_RATE))


def _invalid(field: str, expected: str) -> RequestError:
    return RequestError("INVALID_FIELD", {"field": field, "expected": expected})
