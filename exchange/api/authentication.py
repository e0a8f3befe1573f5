"""Who asks: a bearer token (programs) or a session cookie (people, with CSRF protection).

The user and the account come in one query. A verified token is remembered for ``REMEMBER_S``, so that a
program that sends many requests is looked up once; a disabled user is out within that time.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from django.contrib.auth import get_user_model
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token

#: Seconds for which a verified token is taken without asking the database again.
REMEMBER_S: Final = 5.0
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
        user_id = validated_token.get(api_settings.USER_ID_CLAIM)
        users = get_user_model().objects.select_related("account")
        try:
            user = users.filter(pk=int(user_id)).first()
        except (TypeError, ValueError, OverflowError):
            user = None
        if user is None or not user.is_active:
            raise InvalidToken()
        return user


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

_lock = threading.Lock()
#: raw token -> (time after which it is verified again, (user, token))
_verified: dict[bytes, tuple[float, tuple[Any, Token]]] = {}


def _remembered(raw_token: bytes) -> tuple[Any, Token] | None:
    entry = _verified.get(raw_token)
    if entry is None or entry[0] < time.time():
        return None
    return entry[1]


def _remember(raw_token: bytes, found: tuple[Any, Token]) -> None:
    """Remember a token, never beyond its own expiry."""
    until = min(time.time() + REMEMBER_S, float(found[1]["exp"]))
    with _lock:
        if len(_verified) >= MAX_REMEMBERED:
            _verified.clear()
        _verified[raw_token] = (until, found)


def remembered_user(raw_token: bytes) -> Any:
    """The user of a token verified moments ago; None when it has to be verified."""
    found = _remembered(raw_token)
    return None if found is None else found[0]


def forget_tokens() -> None:
    """Verify every token anew: for tests, and after users were disabled."""
    with _lock:
        _verified.clear()
