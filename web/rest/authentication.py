"""Who asks, for DRF: ``request.auth`` is the ``Identity``, ``request.user`` the row of its user.

A bearer token or a signature by an API key (programs), or a session cookie (people, with CSRF protection).
The header ``X-Account`` chooses among the requester's accounts: each class raises ACCOUNT_NOT_FOUND for any
other.
"""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.identity import identities
from accounts.identity.identities import Identity
from accounts.identity.last_seen import last_seen
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.verified_keys import verified_keys
from accounts.models import User
from exchange.errors import RefusedError
from web.access.credentials import (
    bearer_token_of,
    signed_by_key_of,
    signed_target_of,
    wanted_account_of,
)
from web.access.language import active_language

_CHALLENGE: Final = 'Bearer realm="api"'

Found = tuple[User, Identity]


def identity_of(request: Request) -> Identity | None:
    """The requester; None without a log-in, or where the view reads none."""
    found = request.auth
    return found if isinstance(found, Identity) else None


class BearerAuthentication(BaseAuthentication):
    """An access token in the Authorization header."""

    def authenticate(self, request: Request) -> Found | None:
        raw_token = bearer_token_of(request._request)
        if raw_token is None:
            return None
        try:
            identity, user = verified_tokens.verify(raw_token, active_language())
        except RefusedError:
            # DRF's own class has it answer with a challenge.
            raise InvalidToken() from None
        return user, identity.choosing(wanted_account_of(request._request))

    def authenticate_header(self, request: Request) -> str:
        return _CHALLENGE


class KeyAuthentication(BaseAuthentication):
    """A request that is signed with an API key."""

    def authenticate(self, request: Request) -> Found | None:
        """Raises as ``VerifiedKeys.verify`` does, and BODY_TOO_LARGE."""
        sent = request._request
        signed = signed_by_key_of(sent)
        if signed is None:
            return None
        content = b"".join(((sent.method or "").encode(), signed_target_of(sent), sent.body))
        identity, user = verified_keys.verify(signed, content, active_language())
        return user, identity.choosing(wanted_account_of(sent))


class BrowserAuthentication(SessionAuthentication):
    """The session cookie of a page of this site."""

    def authenticate(self, request: Request) -> Found | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user = found[0]
        session_key = str(request._request.session.session_key)
        identity = identities.identify_user(user, session_key, active_language())
        if identity is None:
            return None
        last_seen.note(identity)
        return user, identity.choosing(wanted_account_of(request._request))


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
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


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How it describes API keys."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": (
                "The `key_id` of a key of POST /api/v1/keys, beside `X-Timestamp` (milliseconds UTC), "
                "`X-Signature` (over timestamp, method, path with query, and body) and perhaps "
                "`X-Recv-Window` (milliseconds). docs/rest.md shows how to sign."
            ),
        }


class BrowserScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """How it describes the session cookie."""

    target_class = BrowserAuthentication  # type: ignore[assignment]
