"""Passkeys (WebAuthn): registered, named, removed, and what they sign checked.

``allauth.mfa`` keeps them (its ``Authenticator``), python-fido2 checks signatures. Every passkey verifies its
user, by a finger, a face or a PIN: so one stands for password and second factor together. Each signature is
of a challenge that was given to one holder for one purpose, and is taken once
(``accounts.identity.challenges``).

``domain`` is the site's, by which browsers keep passkeys: the host of the request, or ``PASSKEY_DOMAIN``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from allauth.account.utils import url_str_to_user_pk
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth as webauthn
from django.db import transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.identity import challenges, notice_texts, notices, second_factor, users
from accounts.identity.log_in_places import Place
from accounts.models import User
from exchange import audit
from exchange.errors import RefusedError

Json = dict[str, Any]
T = TypeVar("T")

#: What a challenge is for; one for another purpose is none.
REGISTER: Final = "register"
LOG_IN: Final = "log in"
SECOND_STEP: Final = "second step"
STEP_UP: Final = "step up"

#: Of a user.
MAX_PASSKEYS: Final = 10
MAX_NAME_CHARS: Final = 40
_SITE: Final = "xTrader"
_VERIFIED: Final = UserVerificationRequirement.REQUIRED
#: Where an authenticator keeps the count of its last signature.
_COUNT: Final = "sign_count"


def of(user: User) -> list[Authenticator]:
    """The user's passkeys, oldest first."""
    return list(_rows(user).order_by("created_at", "pk"))


def creation_options(user: User, holder: str, domain: str) -> Json:
    """What a browser makes a passkey by. Raises TOO_MANY_PASSKEYS."""
    _check_count(user)
    entity = PublicKeyCredentialUserEntity(**get_adapter().get_public_key_credential_user_entity(user))
    options, state = _server(domain).register_begin(
        entity,
        [credential for _, credential in _credentials(user)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=_VERIFIED,
    )
    return _asked(options, state, REGISTER, holder)


def register(
    user: User, holder: str, domain: str, name: str, answer: Mapping[str, Any], place: Place
) -> tuple[Authenticator, list[str]]:
    """Keep the passkey that a browser has made, and the first recovery codes, if the user has none. Raises
    INVALID_PASSKEY, TOO_MANY_PASSKEYS."""
    response = _read(lambda: RegistrationResponse.from_dict(answer))
    state = _taken(response.response.client_data.challenge, REGISTER, holder)
    made = _read(lambda: _server(domain).register_complete(state, response))
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        _check_count(user)
        credential = {**dict(response), "clientExtensionResults": {}}
        kept: Authenticator = webauthn.WebAuthn.add(user, name, credential).instance
        kept.data[_COUNT] = made.counter
        kept.save(update_fields=["data"])
        codes = second_factor.first_codes(user)
        notices.tell(user, notice_texts.PASSKEY_ADDED, notices.facts_of(place, label=name))
        after = {"kind": second_factor.PASSKEY, "name": name, "codes_made": len(codes)}
        audit.record("second_factor.set_up", user, user, None, after)
        return kept, codes


def request_options(user: User | None, purpose: str, holder: str, domain: str) -> Json:
    """What a browser signs by: with one of the user's passkeys; without a user with any that it has here."""
    credentials = None if user is None else [credential for _, credential in _credentials(user)]
    options, state = _server(domain).authenticate_begin(credentials, _VERIFIED)
    return _asked(options, state, purpose, holder)


def verify(user: User, purpose: str, holder: str, domain: str, answer: Mapping[str, Any]) -> None:
    """Check what the user's passkey has signed. Raises INVALID_PASSKEY."""
    response = _read(lambda: AuthenticationResponse.from_dict(answer))
    state = _taken(response.response.client_data.challenge, purpose, holder)
    kept = _credentials(user)
    used = _read(
        lambda: _server(domain).authenticate_complete(state, [credential for _, credential in kept], response)
    )
    row = next(row for row, credential in kept if credential.credential_id == used.credential_id)
    _count_up(row.pk, response.response.authenticator_data.counter)


def user_of(answer: Mapping[str, Any]) -> User:
    """The user whom a passkey names, not believed yet. Raises INVALID_PASSKEY."""

    def handle() -> int:
        encoded = answer["response"]["userHandle"]
        return int(url_str_to_user_pk(websafe_decode(encoded).decode()))

    known = users.active_user(_read(handle))
    if known is None:
        raise _invalid()
    return known.user


@transaction.atomic
def rename(user: User, passkey_id: str, name: str) -> Authenticator:
    """Raises FACTOR_NOT_FOUND."""
    row: Authenticator | None = _row(user, passkey_id).select_for_update().first()
    if row is None:
        raise RefusedError("FACTOR_NOT_FOUND")
    before, row.data["name"] = row.data["name"], name
    row.save(update_fields=["data"])
    audit.record("second_factor.renamed", user, user, {"name": before}, {"name": name})
    return row


@transaction.atomic
def remove(user: User, passkey_id: str, place: Place) -> None:
    """Raises FACTOR_NOT_FOUND, LAST_FACTOR."""
    User.objects.select_for_update().get(pk=user.pk)
    found = _row(user, passkey_id)
    name = "".join(row.wrap().name for row in found)
    is_on = second_factor.remove_one(user, found)
    notices.tell(user, notice_texts.PASSKEY_REMOVED, notices.facts_of(place, label=name))
    before = {"kind": second_factor.PASSKEY, "name": name}
    audit.record("second_factor.removed", user, user, before, {"is_on": is_on})


def render(row: Authenticator) -> Json:
    """A passkey as the wire has it."""
    return {
        "passkey_id": str(row.pk),
        "name": row.data["name"],
        "created_at": second_factor.ms(row.created_at),
        "last_used_at": second_factor.ms(row.last_used_at),
    }


def _server(domain: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=domain, name=_SITE))


def _asked(options: Any, state: Json, purpose: str, holder: str) -> Json:
    kept = {"challenge": state["challenge"], "user_verification": str(_VERIFIED.value)}
    challenges.ask(state["challenge"], purpose, holder, kept)
    public_key: Json = dict(options)["publicKey"]
    return public_key


def _taken(challenge: bytes, purpose: str, holder: str) -> Json:
    """The state of a challenge, which is used up. Raises INVALID_PASSKEY."""
    state = challenges.take(websafe_encode(challenge), purpose, holder)
    if state is None:
        raise _invalid()
    return state


def _count_up(pk: int, count: int) -> None:
    """Note a use. A count that does not rise is of a copy of the passkey; most passkeys count nothing. Raises
    INVALID_PASSKEY."""
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            raise _invalid()
        before = row.data.get(_COUNT, 0)
        if (count or before) and count <= before:
            raise _invalid()
        row.data[_COUNT] = count
        row.last_used_at = timezone.now()
        row.save(update_fields=["data", "last_used_at"])


def _check_count(user: User) -> None:
    if _rows(user).count() >= MAX_PASSKEYS:
        raise RefusedError("TOO_MANY_PASSKEYS", {"maximum": MAX_PASSKEYS})


def _rows(user: User) -> Any:
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN)


def _row(user: User, passkey_id: str) -> Any:
    is_id = passkey_id.isascii() and passkey_id.isdigit() and len(passkey_id) <= 18
    return _rows(user).filter(pk=int(passkey_id)) if is_id else _rows(user).none()


def _credentials(user: User) -> list[tuple[Authenticator, AttestedCredentialData]]:
    return [(row, row.wrap().authenticator_data.credential_data) for row in _rows(user)]


def _read(read: Callable[[], T]) -> T:
    """What a browser's answer says. Raises INVALID_PASSKEY for any other object: python-fido2 takes it apart
    as far as it goes, and what then fails has no one class."""
    try:
        return read()
    except Exception:
        raise _invalid() from None


def _invalid() -> RefusedError:
    return RefusedError("INVALID_PASSKEY")
