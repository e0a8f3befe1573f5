"""Tokens over REST."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api import serializers as shapes
from exchange.api import schema
from exchange.api.base import PublicView


class _TokenView(PublicView):
    """Limited by address; its answers are secrets that no cache may keep."""

    rate_scope = "login"

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, "Cache-Control": "no-store"}


class TokenView(_TokenView):
    @schema.operation(
        operation_id="create_token",
        summary="Log in: an access token and a refresh token",
        tags=["tokens"],
        request=shapes.CredentialsSerializer,
        reply=shapes.TokensSerializer,
        private=False,
        engine=False,
        errors=("INVALID_CREDENTIALS",),
    )
    def post(self, request: Request) -> Response:
        username, password = services.parse_credentials(self.body(request))
        return Response(services.issue_tokens(request._request, username, password))


class TokenRefreshView(_TokenView):
    @schema.operation(
        operation_id="refresh_token",
        summary="A new access token for a refresh token",
        tags=["tokens"],
        request=shapes.RefreshRequestSerializer,
        reply=shapes.AccessSerializer,
        private=False,
        engine=False,
        errors=("INVALID_TOKEN",),
    )
    def post(self, request: Request) -> Response:
        return Response(services.renew_access(services.parse_refresh(self.body(request))))
