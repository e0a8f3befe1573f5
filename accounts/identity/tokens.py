"""Tokens for programs: a short-lived access token, and a refresh token to get the next one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.identity import changes, notices, open_log_ins, second_factor, users
from accounts.identity import terms_of_service as terms
from accounts.identity.identities import (
    AUTH_HASH_CLAIM,
    GENERATION_CLAIM,
    LOG_IN_CLAIM,
    Claims,
    claims_of,
    is_current,
)
from accounts.identity.log_in_places import Place
from accounts.models import LogIn, User
from exchange import audit
from exchange.errors import RefusedError
from exchange.telemetry.logs import get_logger
from exchange.wire.field_readers import (
    is_encodable,
    read_bool,
    read_integer,
    read_short,
    read_text,
    refuse_unknown,
)

logger = get_logger(__name__)

Json = dict[str, Any]

#: How long a refresh token that was used up may come again.
REPEAT_FOR: Final = timedelta(seconds=10)

#: Longer than any name or password a person has; hashing megabytes is a way to keep a server busy.
MAX_CREDENTIAL_CHARS = 256

#: Sent when a user has logged in for tokens, as Django's ``user_logged_in`` is for a session.
tokens_issued = Signal()


class Credentials(NamedTuple):
    """What a token request proves who asks by. ``otp``: the code of a second factor. ``terms``: the version
    of the terms of service that the user accepts with it."""

    username: str
    password: str
    otp: str | None = None
    terms: int | None = None


def parse_credentials(data: Mapping[str, Any]) -> Credentials:
    """The fields of a token request."""
    refuse_unknown(data, set(Credentials._fields))
    otp = read_short(data, "otp", second_factor.LONGEST_CODE)
    accepts = read_integer(data, "terms", (0, terms.MAX_VERSION)) if data.get("terms") is not None else None
    return Credentials(read_text(data, "username"), read_text(data, "password"), otp, accepts)


def parse_refresh(data: Mapping[str, Any]) -> str:
    """The refresh token of a refresh request."""
    refuse_unknown(data, {"refresh"})
    return read_text(data, "refresh")


def parse_revoke(data: Mapping[str, Any]) -> tuple[str, bool]:
    """The refresh token of a revocation, and whether it is for all log-ins."""
    refuse_unknown(data, {"refresh", "everywhere"})
    return read_text(data, "refresh"), read_bool(data, "everywhere", False)


def issue_tokens(request: HttpRequest, given: Credentials, place: Place) -> Json:
    """A pair of tokens. Raises INVALID_CREDENTIALS, the same for an unknown user, a wrong password and a
    wrong code; MFA_REQUIRED without one where the user has a second factor; TERMS_NOT_ACCEPTED when it
    accepts another version than the one that is due. ``place``: where the request comes from."""
    user = authenticated(request, given.username, given.password)
    if user is None:
        raise RefusedError("INVALID_CREDENTIALS")
    second_factor.demand(request, user, given.otp, place)
    terms.accept_given(user, given.terms)
    tokens_issued.send(sender=type(user), request=request, user=user)
    refresh = refresh_token(user, place)
    notices.note_log_in(user, place)
    return {**_access(refresh), "refresh": str(refresh)}


def refresh_token(user: User, place: Place | None = None) -> RefreshToken:
    """The first refresh token of a new log-in of a user, who has just proved to be the user if it has a
    ``place``. It and what is made of it end with the password and role the user has now, and with the log-in.
    Raises INVALID_CREDENTIALS for a user who may not log in."""
    now = timezone.now()
    LogIn.objects.filter(user_id=user.pk, session_key="", expires_at__lt=now).delete()
    log_in = open_log_ins.new_row(user.pk, place or Place("", ""), _end_of(now))
    if place is None:
        log_in.proved_at = None
    token = _refresh_token(log_in)
    if token is None:
        raise RefusedError("INVALID_CREDENTIALS")
    log_in.auth_hash = token[AUTH_HASH_CLAIM]
    log_in.save(force_insert=True)
    return token


def renew(raw_token: str) -> Json:
    """A new pair of tokens; the refresh token given is used up. One that was used up before has been copied:
    then its log-in ends. For ``REPEAT_FOR`` the same may be asked again, as by a client that lost the answer.

    Raises INVALID_TOKEN for a bad refresh token, one of a log-in that has ended, or of a user who may not
    log in, or has another password or role since."""
    claims = _current_claims(raw_token)
    now = timezone.now()
    going_on = LogIn.objects.filter(key=claims.log_in, ended_at=None)
    this = going_on.filter(generation=claims.generation)
    following = {"generation": claims.generation + 1, "refreshed_at": now, "last_seen_at": now}
    is_next = this.update(**following, expires_at=_end_of(now)) == 1
    log_in = going_on.first()
    if log_in is None:
        raise RefusedError("INVALID_TOKEN")
    if not is_next and not _is_repeated(log_in, claims, now):
        logger.warning("used_refresh_came_again", user=claims.user_id)
        with transaction.atomic():
            end_log_ins(going_on, claims.user_id)
            # Not by the user for certain: of two who have the token, one is not.
            audit.record("log_in.token_reused", None, log_in.user, open_log_ins.described(log_in))
        raise RefusedError("INVALID_TOKEN")
    token = _refresh_token(log_in)
    if token is None:
        raise RefusedError("INVALID_TOKEN")
    return {**_access(token), "refresh": str(token)}


def revoke(raw_token: str, *, everywhere: bool = False) -> None:
    """End the log-in of a refresh token, or with ``everywhere`` all log-ins by token of its user: refresh
    tokens, access tokens and sockets. Raises INVALID_TOKEN as ``renew`` does."""
    claims = _current_claims(raw_token)
    log_ins = LogIn.objects.filter(user_id=claims.user_id, session_key="", ended_at=None)
    user = User.objects.get(pk=claims.user_id)
    with transaction.atomic():
        ending = log_ins if everywhere else log_ins.filter(key=claims.log_in)
        before = [open_log_ins.described(row) for row in ending[: open_log_ins.MOST_LISTED]]
        end_log_ins(ending, claims.user_id)
        audit.record("log_in.revoked", user, user, {"log_ins": before}, {"everywhere": everywhere})


def end_log_ins(log_ins: QuerySet[LogIn], user_id: int) -> None:
    """End log-ins of a user, in every process."""
    with transaction.atomic():
        log_ins.update(ended_at=timezone.now())
        changes.announce(user_id)


def _current_claims(raw_token: str) -> Claims:
    """The claims of a refresh token that holds, but for its generation. Raises INVALID_TOKEN."""
    claims = claims_of(raw_token.encode("utf-8", "replace"), RefreshToken)
    known = None if claims is None else users.active_user(claims.user_id, claims.log_in)
    if claims is None or known is None or not is_current(claims, known):
        raise RefusedError("INVALID_TOKEN")
    return claims


def _is_repeated(log_in: LogIn, claims: Claims, now: datetime) -> bool:
    return log_in.generation == claims.generation + 1 and now - log_in.refreshed_at < REPEAT_FOR


def _refresh_token(log_in: LogIn) -> RefreshToken | None:
    """The refresh token of the log-in's generation; None for a user who may not log in."""
    known = users.active_user(log_in.user_id)
    if known is None:
        return None
    refresh: Any = RefreshToken.for_user(known.user)
    refresh[AUTH_HASH_CLAIM] = users.auth_hash(known)
    refresh[LOG_IN_CLAIM] = log_in.key
    refresh[GENERATION_CLAIM] = log_in.generation
    return refresh  # type: ignore[no-any-return]


def _end_of(now: datetime) -> datetime:
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    return now + lifetime


def authenticated(request: HttpRequest, username: str, password: str) -> User | None:
    """The user of a name and a password; None for a wrong one. Raises RATE_LIMITED, LOGIN_BUSY."""
    if not (is_credential(username) and is_credential(password)):
        return None
    user = authenticate(request, username=username, password=password)
    return user if isinstance(user, User) else None


def is_credential(text: str) -> bool:
    """Whether the text could be a stored name or a password at all: databases refuse NUL and half a
    surrogate pair with an error of their own."""
    return len(text) <= MAX_CREDENTIAL_CHARS and "\x00" not in text and is_encodable(text)


def _access(refresh: RefreshToken) -> Json:
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME
    return {
        "access": str(refresh.access_token),
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
    }
