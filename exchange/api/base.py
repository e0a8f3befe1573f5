"""The base of every API view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from exchange.selectors import account_of


class PrivateView(APIView):
    """For a user with a trading account. ``rate_scope`` names the rate limit that is charged."""

    rate_scope = "reads"

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No cache between here and the client keeps what is one user's own."""
        return {**super().default_response_headers, "Cache-Control": "no-store"}

    @staticmethod
    def account(request: Request) -> int:
        """The caller's account. Raises NO_ACCOUNT."""
        return account_of(request.user)

    @staticmethod
    def body(request: Request) -> Mapping[str, Any]:
        """The members of the body. Raises the errors of reading it."""
        return cast("Mapping[str, Any]", request.data)

    @staticmethod
    def query(request: Request) -> Mapping[str, str]:
        """Query parameters; of a repeated one the last counts."""
        return request.query_params.dict()


class PublicView(APIView):
    """For everybody: no log-in is looked at, so none is paid for."""

    rate_scope = "public"
    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)
    body = staticmethod(PrivateView.body)
    query = staticmethod(PrivateView.query)
