"""Tokens for programs: a short-lived access token, and a refresh token to get the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from accounts import selectors
from exchange.errors import RefusedError
from exchange.validation import read_text, refuse_unknown

Json = dict[str, Any]

#: Longer than any name or password a person has; hashing megabytes is a way to keep a server busy.
MAX_CREDENTIAL_CHARS = 256


def parse_credentials(data: Mapping[str, Any]) -> tuple[str, str]:
    """User name and password of a token request."""
    refuse_unknown(data, {"username", "password"})
    return read_text(data, "username"), read_text(data, "password")


def parse_refresh(data: Mapping[str, Any]) -> str:
    """The refresh token of a refresh request."""
    refuse_unknown(data, {"refresh"})
    return read_text(data, "refresh")


def issue_tokens(request: HttpRequest, username: str, password: str) -> Json:
    """A pair of tokens. Raises INVALID_CREDENTIALS, the same for an unknown user and a wrong password."""
    user = _authenticated(request, username, password)
    if user is None:
        raise RefusedError("INVALID_CREDENTIALS")
    refresh: Any = RefreshToken.for_user(user)
    return {**_access(refresh), "refresh": str(refresh)}


def renew_access(raw_token: str) -> Json:
    """A new access token. Raises INVALID_TOKEN for a bad refresh token or a user who may not log in."""
    try:
        refresh: Any = RefreshToken(raw_token)  # type: ignore[arg-type]
    except TokenError:
        raise RefusedError("INVALID_TOKEN") from None
    if selectors.active_user(refresh.payload.get(api_settings.USER_ID_CLAIM)) is None:
        raise RefusedError("INVALID_TOKEN")
    return _access(refresh)


def _authenticated(request: HttpRequest, username: str, password: str) -> AbstractBaseUser | None:
    if not (_is_credential(username) and _is_credential(password)):
        return None
    return authenticate(request, username=username, password=password)


def _is_credential(text: str) -> bool:
    """Whether the text could be a stored name or a password at all: databases refuse NUL and half a
    surrogate pair with an error of their own."""
    return len(text) <= MAX_CREDENTIAL_CHARS and "\x00" not in text and not _has_surrogate(text)


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _access(refresh: RefreshToken) -> Json:
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME
    return {
        "access": str(refresh.access_token),
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
    }
