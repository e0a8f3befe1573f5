"""The base of every API view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.identity import step_up
from accounts.identity.identities import Identity
from accounts.identity.scopes import READ, TRADE
from accounts.models import User
from exchange.errors import RefusedError
from web.access.request_places import passkey_domain, place_of
from web.live.venue_notice import STALE_HEADER, stale_value
from web.rest.authentication import identity_of
from web.rest.params import once_each


class PrivateView(APIView):
    """For a user with a trading account. ``rate_scope`` names the rate limit that is charged."""

    rate_scope = "reads"
    #: What it takes to change something here (``accounts.identity.scopes``).
    changes_scope = TRADE
    #: Whether all that it changes is that orders end.
    only_cancels = False

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No cache between here and the client keeps what is one user's own."""
        return {**super().default_response_headers, "Cache-Control": "no-store"}

    @staticmethod
    def identity(request: Request) -> Identity:
        """Who asks. Raises NOT_AUTHENTICATED."""
        identity = identity_of(request)
        if identity is None:
            raise RefusedError("NOT_AUTHENTICATED")
        return identity

    @classmethod
    def log_in(cls, request: Request) -> tuple[User, Identity]:
        """The user, by a log-in. Raises NOT_AUTHENTICATED, PERMISSION_DENIED for a key."""
        identity = cls.identity(request)
        if identity.key_id is not None or not isinstance(request.user, User):
            raise RefusedError("PERMISSION_DENIED")
        return request.user, identity

    @classmethod
    def account(cls, request: Request) -> int:
        """The account that the requester acts for, to read or with any other method to change. Raises
        NOT_AUTHENTICATED, NO_ACCOUNT, PERMISSION_DENIED or SCOPE_REQUIRED for a requester who may not, and
        TERMS_NOT_ACCEPTED."""
        identity = cls.identity(request)
        if cls.only_cancels:
            return identity.canceling_account()
        return identity.account_for(READ if request.method in SAFE_METHODS else cls.changes_scope)

    @staticmethod
    def body(request: Request) -> Mapping[str, Any]:
        """The members of the body. Raises the errors of reading it."""
        return cast("Mapping[str, Any]", request.data)

    @staticmethod
    def query(request: Request) -> Mapping[str, str]:
        """Query parameters. Raises INVALID_FIELD for a repeated one."""
        return once_each(request.query_params)


class LogInView(PrivateView):
    """For a user's own security: by a log-in, never by an API key."""

    @classmethod
    def proved(cls, request: Request) -> tuple[User, Identity]:
        """The same of one who has lately proved to be the user. Raises also STEP_UP_REQUIRED."""
        user, identity = cls.log_in(request)
        step_up.require_recent_proof(identity)
        return user, identity

    @staticmethod
    def asked(request: Request) -> step_up.Asked:
        """Where a proof comes from."""
        sent = request._request
        return step_up.Asked(sent, place_of(sent), passkey_domain(sent))


class PublicView(APIView):
    """A view without log-in: it reads none, so none is paid for."""

    rate_scope = "public"
    #: Of whom its answers are made: they carry ``X-Stale`` while one of them is away.
    sources: tuple[str, ...] = ()
    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """With the mark of what is no longer renewed."""
        stale = stale_value(*self.sources) if self.sources else None
        return {**super().default_response_headers, **({} if stale is None else {STALE_HEADER: stale})}

    body = staticmethod(PrivateView.body)
    query = staticmethod(PrivateView.query)
