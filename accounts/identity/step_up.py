"""A proof that it is still the user: for acts that a session left open, or a stolen token, must not do.

    require_recent_proof(identity)   raises STEP_UP_REQUIRED unless its log-in has proved itself lately
    prove(...)                       proves it: by password, and by a code or passkey where the user has one

The proof is of one log-in, a browser's or by token: it stands in the log-in's row, and another log-in of the
same user has to prove itself. Logging in is a proof too. It lasts ``STEP_UP_MAX_AGE_S``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.identity import challenges, open_log_ins, passkeys, second_factor, tokens
from accounts.identity.identities import Identity
from accounts.identity.log_in_places import Place
from accounts.models import LogIn, User
from exchange.errors import RefusedError, RequestError
from exchange.wire.field_readers import read_short, read_text

PASSWORD: Final = "password"
OTP: Final = "otp"
PASSKEY: Final = "passkey"
#: Fields of a request that prove something.
FIELDS: Final = (PASSWORD, OTP, PASSKEY)


class Asked(NamedTuple):
    """A request that brings a proof. ``domain``: the site's, for passkeys."""

    request: HttpRequest
    place: Place
    domain: str


def require_recent_proof(identity: Identity) -> None:
    """Call it first in every act that changes what a user logs in with, or sends money away.

    Raises STEP_UP_REQUIRED, whose details say what would do, when the log-in of ``identity`` has not proved
    within ``STEP_UP_MAX_AGE_S`` that it is the user; PERMISSION_DENIED for an API key, which can prove
    nothing. After ``POST /api/v1/step-up`` the same act goes through."""
    row = _row_of(identity)
    oldest = timezone.now() - timedelta(seconds=_max_age_s())
    if row.proved_at is None or row.proved_at < oldest:
        user = User.objects.get(pk=identity.user_id)
        raise RefusedError("STEP_UP_REQUIRED", {"ways": ways(user), "max_age_s": _max_age_s()})


def ways(user: User) -> list[list[str]]:
    """What would prove it: alternatives, each the fields of a request that it takes together."""
    if not second_factor.is_required(user):
        return [[PASSWORD]]
    found = [[PASSWORD, OTP]]
    return [[PASSKEY], *found] if second_factor.has_passkey(user) else found


@sensitive_variables("given")
def prove(asked: Asked, user: User, identity: Identity, given: Mapping[str, Any]) -> None:
    """Take a proof for the log-in of ``identity``. Raises MISSING_FIELD, INVALID_FIELD, INVALID_CREDENTIALS,
    MFA_REQUIRED, INVALID_PASSKEY, RATE_LIMITED, LOGIN_BUSY, and PERMISSION_DENIED for an API key."""
    row = _row_of(identity)
    if given.get(PASSKEY) is not None:
        holder = challenges.holder_of(identity)
        passkeys.verify(user, passkeys.STEP_UP, holder, asked.domain, read_answer(given, PASSKEY))
    else:
        check_given(asked.request, asked.place, user, given)
    LogIn.objects.filter(key=row.key, ended_at=None).update(proved_at=timezone.now())


def read_answer(given: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """What a passkey has answered: an object of a request. Raises MISSING_FIELD, INVALID_FIELD."""
    value = given.get(field)
    if value is None:
        raise RequestError("MISSING_FIELD", {"field": field})
    if not isinstance(value, dict):
        raise RequestError("INVALID_FIELD", {"field": field, "expected": "the passkey's answer, an object"})
    return value


@sensitive_variables("given", "password", "code")
def check_given(request: HttpRequest, place: Place, user: User, given: Mapping[str, Any]) -> None:
    """``check_password`` with the fields of a body. Raises also MISSING_FIELD, INVALID_FIELD."""
    password = read_text(given, PASSWORD)
    code = read_short(given, OTP, second_factor.LONGEST_CODE)
    check_password(request, place, user, password, code)


@sensitive_variables("password", "code")
def check_password(request: HttpRequest, place: Place, user: User, password: str, code: str | None) -> None:
    """It is the user who asks: the password, and the code where there is a second factor. Raises
    INVALID_CREDENTIALS, MFA_REQUIRED, RATE_LIMITED, LOGIN_BUSY."""
    found = tokens.authenticated(request, user.get_username(), password)
    if found is None or found.pk != user.pk:
        raise RefusedError("INVALID_CREDENTIALS")
    second_factor.demand(request, user, code, place)


def _row_of(identity: Identity) -> LogIn:
    """Raises PERMISSION_DENIED for a key, INVALID_TOKEN for a log-in that has just ended."""
    if identity.key_id is not None:
        raise RefusedError("PERMISSION_DENIED")
    row = open_log_ins.row_of(identity)
    if row is None:
        raise RefusedError("INVALID_TOKEN")
    return row


def _max_age_s() -> int:
    return int(settings.XTRADER["STEP_UP_MAX_AGE_S"])
