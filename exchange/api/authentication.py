"""Who asks: a bearer token (programs) or a session cookie (people, with CSRF protection).

The user and the account come in one query. A verified token is remembered for ``REMEMBER_S``, so that a
program that sends many requests is looked up once; a disabled user is out within that time.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import DatabaseError, close_old_connections
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

logger = logging.getLogger(__name__)

#: Seconds for which a verified token is taken without asking the database again.
REMEMBER_S: Final = 5.0
#: Seconds after which a token in use is verified again in the background, so that it need not run out.
RENEW_AFTER_S: Final = 3.0
#: Tokens remembered at once; beyond that all are forgotten and verified again.
MAX_REMEMBERED: Final = 10_000


class BearerAuthentication(JWTAuthentication):
    """A JWT access token in the Authorization header."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        header = self.get_header(request)
        raw_token = None if header is None else self.get_raw_token(header)
        if raw_token is None:
            return None
        found = _remembered(raw_token)
        if found is None:
            token = self.get_validated_token(raw_token)
            found = (self.get_user(token), token)
            _remember(raw_token, found)
        return found

    def get_user(self, validated_token: Token) -> Any:
        """The user with the account, in one query. Raises InvalidToken for a user who is gone or disabled."""
        user_id = _user_id(validated_token)
        user = _active_users([user_id]).get(user_id)
        if user is None:
            raise InvalidToken()
        return user


def _user_id(token: Token) -> int:
    """0, which is nobody, where the token has none."""
    try:
        return int(token.get(api_settings.USER_ID_CLAIM))
    except (TypeError, ValueError):
        return 0


def _active_users(user_ids: Iterable[int]) -> dict[int, Any]:
    """Those of these users who are active, with their accounts, by number; in one query."""
    wanted = [user_id for user_id in user_ids if 0 < user_id < 2**63]
    users = get_user_model().objects.select_related("account")
    return {user.pk: user for user in users.filter(pk__in=wanted, is_active=True)} if wanted else {}


class BearerScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI schema describes bearer tokens."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "The `access` token of POST /api/v1/token.",
        }


# --- verified tokens -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Verified:
    """A token that was verified: taken until ``until_s``, and worth verifying again from ``renew_s`` on."""

    found: tuple[Any, Token]
    until_s: float
    renew_s: float


_lock = threading.Lock()
_verified: dict[bytes, _Verified] = {}


def _remembered(raw_token: bytes) -> tuple[Any, Token] | None:
    entry = _verified.get(raw_token)
    if entry is None or entry.until_s < time.time():
        return None
    return entry.found


def _remember(raw_token: bytes, found: tuple[Any, Token]) -> None:
    """Remember a token, never beyond its own expiry."""
    now_s = time.time()
    until_s = min(now_s + REMEMBER_S, float(found[1]["exp"]))
    with _lock:
        if len(_verified) >= MAX_REMEMBERED:
            _verified.clear()
        _verified[raw_token] = _Verified(found, until_s, now_s + RENEW_AFTER_S)


def remembered_user(raw_token: bytes) -> Any:
    """The user of a token verified moments ago; None when it has to be verified."""
    found = _remembered(raw_token)
    return None if found is None else found[0]


def is_renewal_due(raw_token: bytes) -> bool:
    """Whether a remembered token should be verified again before it runs out. True once, to one caller."""
    entry = _verified.get(raw_token)
    if entry is None or time.time() < entry.renew_s:
        return False
    with _lock:
        is_first = entry.renew_s < entry.until_s
        entry.renew_s = entry.until_s
    return is_first


def renew(raw_tokens: Sequence[bytes]) -> None:
    """Verify remembered tokens again, from a thread of its own, in one query. A token that fails just runs out,
    and the next request with it is told why."""
    valid = {}
    for raw_token in raw_tokens:
        with contextlib.suppress(APIException):
            valid[raw_token] = BearerAuthentication().get_validated_token(raw_token)
    try:
        users = _active_users(map(_user_id, valid.values()))
    except DatabaseError as error:
        logger.info("%d tokens were not renewed: %s", len(valid), type(error).__name__)
        return
    finally:
        close_old_connections()
    for raw_token, token in valid.items():
        user = users.get(_user_id(token))
        if user is not None:
            _remember(raw_token, (user, token))


def forget_tokens() -> None:
    """Verify every token anew: for tests, and after users were disabled."""
    with _lock:
        _verified.clear()
