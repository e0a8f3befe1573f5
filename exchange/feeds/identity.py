"""Who is on the other end: a bearer token, or the session cookie of a page of this site."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.http.request import validate_host
from django.utils.translation.trans_real import parse_accept_lang_header
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from exchange.errors import RefusedError
from exchange.selectors import account_of

#: Longest token and cookie header that are looked at.
MAX_TOKEN_CHARS = 4_096
MAX_COOKIE_CHARS = 8_192


class Identity(NamedTuple):
    """A user who has proved who he is. ``account`` is None for operators and auditors."""

    user_id: Any
    account: int | None
    #: When the token ends, seconds since the epoch; None for a session.
    expires_at: float | None
    session_key: str | None


def identify_token(token: str) -> Identity:
    """The user of an access token. Asks the database. Raises INVALID_TOKEN."""
    if len(token) > MAX_TOKEN_CHARS:
        raise RefusedError("INVALID_TOKEN")
    try:
        claims = AccessToken(token)  # type: ignore[arg-type]  # the stubs want bytes, PyJWT takes both
        user_id, expires_at = int(claims[api_settings.USER_ID_CLAIM]), float(claims["exp"])
    except (TokenError, KeyError, ValueError, TypeError, OverflowError):
        raise RefusedError("INVALID_TOKEN") from None
    user = _active_user(user_id)
    if user is None:
        raise RefusedError("INVALID_TOKEN")
    return Identity(user.pk, _account(user), expires_at, None)


def identify_session(cookie_header: str) -> Identity | None:
    """The user of a session cookie, or None. Asks the database."""
    session_key = _session_key(cookie_header)
    user = None if session_key is None else _session_user(session_key)
    if user is None:
        return None
    return Identity(user.pk, _account(user), None, session_key)


def still_valid(identity: Identity) -> bool:
    """Whether the user may still be connected. Asks the database."""
    if identity.session_key is not None:
        user = _session_user(identity.session_key)
    else:
        user = _active_user(identity.user_id)
    return user is not None and user.pk == identity.user_id and _account(user) == identity.account


def seconds_left(identity: Identity) -> float | None:
    """How long the proof holds; None without an end."""
    return None if identity.expires_at is None else identity.expires_at - time.time()


def origin_allowed(headers: Mapping[bytes, bytes], allowed_origins: tuple[str, ...]) -> bool:
    """Whether a browser page may connect: pages of this host, and origins that are listed. Programs send
    no Origin. A host that is not ours is refused too (a name rebound to this address)."""
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if not validate_host(urlsplit(f"//{host}").hostname or "", _hosts()):
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return True
    text = origin.decode("latin-1").lower()
    listed = {name.lower() for name in (*allowed_origins, *settings.CSRF_TRUSTED_ORIGINS)}
    return text in listed or urlsplit(text).netloc == host


def language_of(headers: Mapping[bytes, bytes]) -> str:
    """``ko`` or ``en``, as Accept-Language prefers."""
    text = headers.get(b"accept-language", b"").decode("latin-1")
    for name, _ in parse_accept_lang_header(text):
        if name.startswith(("ko", "en")):
            return name[:2]
    return "en"


def _hosts() -> list[str]:
    if settings.DEBUG and not settings.ALLOWED_HOSTS:
        return ["localhost", "127.0.0.1", "[::1]"]
    return list(settings.ALLOWED_HOSTS)


def _active_user(user_id: Any) -> Any:
    users = get_user_model().objects.select_related("account")
    return users.filter(pk=user_id, is_active=True).first()


def _account(user: Any) -> int | None:
    try:
        return account_of(user)
    except RefusedError:
        return None


def _session_key(cookie_header: str) -> str | None:
    try:
        cookies = SimpleCookie(cookie_header[:MAX_COOKIE_CHARS])
    except CookieError:
        return None
    morsel = cookies.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel is not None else None


def _session_user(session_key: str) -> Any:
    store = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(SimpleNamespace(session=store))  # type: ignore[arg-type]  # it reads only the session
    return user if user.is_authenticated else None
