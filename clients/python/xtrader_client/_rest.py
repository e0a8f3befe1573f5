"""The HTTP side: log-in, token refresh, and calls that raise the exception tree."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from xtrader_client.errors import ConnectionLost, NotAuthenticated, RequestTimeout, error_of

#: Tokens are renewed this long before they end.
RENEW_BEFORE_S = 60.0

Json = dict[str, Any]


def token_expiry(token: str) -> float:
    """When a JWT ends, seconds since the epoch; 0 if it does not say."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims.get("exp", 0))
    except (IndexError, ValueError, TypeError, binascii.Error):
        return 0.0


class RestClient:
    """Calls with a bearer token that renews itself: by the refresh token, else by logging in again."""

    def __init__(
        self, url: str, username: str | None, password: str | None, *, language: str, timeout_s: float
    ) -> None:
        self._username = username
        self._password = password
        self._access: str | None = None
        self._refresh: str | None = None
        self._expires_at = 0.0
        self._log_in_lock = asyncio.Lock()
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            headers={"Accept-Language": language, "Accept": "application/json"},
        )

    @property
    def has_credentials(self) -> bool:
        return self._username is not None

    async def close(self) -> None:
        await self._http.aclose()

    def forget_token(self) -> None:
        """The exchange refused the access token: take a new one next time."""
        self._expires_at = 0.0

    async def token(self) -> str:
        """A valid access token. Raises NotAuthenticated, ConnectionLost, RequestTimeout."""
        async with self._log_in_lock:
            if self._access is None or time.time() > self._expires_at - RENEW_BEFORE_S:
                await self._renew()
            assert self._access is not None
            return self._access

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        authenticated: bool = False,
    ) -> Any:
        """One call; returns the parsed reply. Raises ApiError, ConnectionLost, RequestTimeout."""
        try:
            return await self._call(method, path, params, body, authenticated)
        except NotAuthenticated:
            if not authenticated or not self.has_credentials:
                raise
        self.forget_token()
        return await self._call(method, path, params, body, authenticated)

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        authenticated: bool,
    ) -> Any:
        headers = {"Authorization": f"Bearer {await self.token()}"} if authenticated else {}
        sent = {key: value for key, value in (params or {}).items() if value is not None}
        try:
            reply = await self._http.request(method, path, params=sent, json=body, headers=headers)
        except httpx.TimeoutException as error:
            raise RequestTimeout(f"{method} {path}") from error
        except httpx.TransportError as error:
            raise ConnectionLost(f"{method} {path}: {error}") from error
        return self._parse(reply)

    @staticmethod
    def _parse(reply: httpx.Response) -> Any:
        try:
            parsed = reply.json()
        except ValueError:
            parsed = {"error": "INTERNAL", "message": f"not JSON: {reply.text[:200]}"}
            if reply.is_success:
                raise error_of(parsed, 500) from None
        if reply.is_success:
            return parsed
        raise error_of(parsed if isinstance(parsed, dict) else {}, reply.status_code)

    async def _renew(self) -> None:
        if self._refresh is not None:
            try:
                reply = await self._call(
                    "POST", "/api/v1/token/refresh", None, {"refresh": self._refresh}, False
                )
            except NotAuthenticated:
                self._refresh = None
            else:
                self._keep(reply)
                return
        if self._username is None:
            raise NotAuthenticated("NOT_AUTHENTICATED", "this client has no user name", None, 401)
        body = {"username": self._username, "password": self._password}
        self._keep(await self._call("POST", "/api/v1/token", None, body, False))

    def _keep(self, reply: Mapping[str, Any]) -> None:
        self._access = str(reply["access"])
        self._refresh = reply.get("refresh", self._refresh)
        self._expires_at = token_expiry(self._access) or time.time() + 2 * RENEW_BEFORE_S
