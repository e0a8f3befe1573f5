"""Tokens over REST."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import tokens
from web.access.request_places import place_of
from web.rest import request_shapes, schema
from web.rest import token_shapes as shapes
from web.rest.base import PublicView


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
        description="Send the access token as `Authorization: Bearer …`. Users with a second factor "
        "add `otp`.",
        tags=["tokens"],
        request=request_shapes.Credentials,
        reply=shapes.Tokens,
        private=False,
        engine=False,
        errors=("INVALID_CREDENTIALS", "MFA_REQUIRED", "TERMS_NOT_ACCEPTED", "LOGIN_BUSY"),
    )
    def post(self, request: Request) -> Response:
        given = tokens.parse_credentials(self.body(request))
        return Response(tokens.issue_tokens(request._request, given, place_of(request._request)))


class TokenRefreshView(_TokenView):
    @schema.operation(
        operation_id="refresh_token",
        summary="New tokens for a refresh token, which is used up",
        description="Keep the new refresh token: "
        "the old one, should it come again later than ten seconds, ends the log-in.",
        tags=["tokens"],
        request=request_shapes.RefreshRequest,
        reply=shapes.Tokens,
        private=False,
        engine=False,
        errors=("INVALID_TOKEN",),
    )
    def post(self, request: Request) -> Response:
        return Response(tokens.renew(tokens.parse_refresh(self.body(request))))


class TokenRevokeView(_TokenView):
    @schema.operation(
        operation_id="revoke_token",
        summary="Log out: end all tokens and sockets of a log-in",
        description="With `everywhere` of all the user's log-ins by token. Browser sessions stay.",
        tags=["tokens"],
        request=request_shapes.RevokeRequest,
        reply=shapes.Revoked,
        private=False,
        engine=False,
        errors=("INVALID_TOKEN",),
    )
    def post(self, request: Request) -> Response:
        refresh, everywhere = tokens.parse_revoke(self.body(request))
        tokens.revoke(refresh, everywhere=everywhere)
        return Response({"revoked": True})
