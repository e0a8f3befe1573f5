"""The HTTP side: calls that raise the exception tree, by a token that renews itself or signed by a key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from xtrader_client._errors import (
    ApiError,
    ConnectionLost,
    NotAuthenticated,
    RequestTimeout,
    XTraderError,
    error_of,
    outcome_unknown,
    seconds,
)
from xtrader_client._keys import REPLAYED, KeySigner
from xtrader_client._log_in import LogIn, Otp
from xtrader_client._orders import client_order_ids

#: Methods that change nothing.
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: A call that fails with one of these has not reached the exchange.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.LocalProtocolError)


class RestClient:
    """Calls to one exchange, of one user or of none."""

    def __init__(
        self,
        url: str,
        username: str | None,
        password: str | None,
        *,
        language: str,
        timeout_s: float,
        otp: Otp | None = None,
        signer: KeySigner | None = None,
        account: str | None = None,
    ) -> None:
        self._signer = signer
        self._account = account
        self.log_in = LogIn(url, username, password, self._post, otp)
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout_s,
            headers={"Accept-Language": language, "Accept": "application/json"},
        )

    async def close(self) -> None:
        """End every call and connection."""
        await self.log_in.close()
        await self._http.aclose()

    async def token(self) -> str:
        """A valid access token. Raises NotAuthenticated, RateLimited, ConnectionLost, RequestTimeout."""
        return await self.log_in.token()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        authenticated: bool = False,
    ) -> Any:
        """One call; returns the parsed reply. Raises ApiError, ConnectionLost, RequestTimeout; of any method
        but GET that was sent and not answered, OutcomeUnknown."""
        is_command = method.upper() not in _READS
        if not authenticated:
            return await self._call(method, path, params, body, None, is_command)
        if self._signer is not None:
            return await self._call_by_key(self._signer, method, path, params, body, is_command)
        token = await self.token()
        try:
            return await self._call(method, path, params, body, token, is_command)
        except NotAuthenticated:
            if not self.log_in.has_credentials:
                raise
        self.log_in.forget(token)
        return await self._call(method, path, params, body, await self.token(), is_command)

    async def save(self, path: str, file: Path, *, params: Mapping[str, Any]) -> int:
        """Write the reply to a GET of the user's own into a file, as it comes; the bytes it has. Raises as
        ``call`` does."""
        proof = self._signer or await self.token()
        request = self._request("GET", path, params, None, proof)
        size = 0
        try:
            reply = await self._http.send(request, stream=True)
            try:
                if not reply.is_success:
                    await reply.aread()
                    _parse(reply, f"GET {path}", is_command=False, body=None)
                with file.open("wb") as target:
                    async for piece in reply.aiter_bytes():
                        size += target.write(piece)
            finally:
                await reply.aclose()
        except httpx.RequestError as error:
            raise _lost(f"GET {path}", error) from error
        return size

    async def _call_by_key(
        self,
        signer: KeySigner,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        is_command: bool,
    ) -> Any:
        """One call, and once more by the exchange's clock if this machine's is wrong."""
        try:
            return await self._call(method, path, params, body, signer, is_command)
        except NotAuthenticated as error:
            if error.code == REPLAYED and is_command:
                # Something in between sent it twice: the first may have been carried out.
                raise outcome_unknown(str(error), client_order_ids(body or {})) from error
            if not signer.correct(error):
                raise
        return await self._call(method, path, params, body, signer, is_command)

    async def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A log-in: asked twice, it does no harm."""
        reply: Mapping[str, Any] = await self._call("POST", path, None, body, None, is_command=False)
        return reply

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        proof: str | KeySigner | None,
        is_command: bool,
    ) -> Any:
        request = self._request(method, path, params, body, proof)
        try:
            reply = await self._http.send(request)
        except httpx.RequestError as error:
            lost = _lost(f"{method} {path}", error)
            if is_command and not isinstance(error, _UNSENT):
                raise outcome_unknown(str(lost), client_order_ids(body or {})) from error
            raise lost from error
        return _parse(reply, f"{method} {path}", is_command, body)

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        proof: str | KeySigner | None,
    ) -> httpx.Request:
        """A request with what it proves itself with."""
        sent = {key: value for key, value in (params or {}).items() if value is not None}
        request = self._http.build_request(method, path, params=sent, json=body)
        if isinstance(proof, KeySigner):
            # A query without parameters leaves its question mark, which is not part of what is signed.
            target = request.url.raw_path.removesuffix(b"?")
            request.headers.update(proof.headers(method, target, request.content))
        elif proof is not None:
            request.headers["Authorization"] = f"Bearer {proof}"
        if proof is not None and self._account is not None:
            request.headers["X-Account"] = self._account
        return request


def _lost(call: str, error: httpx.RequestError) -> XTraderError:
    if isinstance(error, httpx.TimeoutException):
        return RequestTimeout(f"no reply to {call}")
    return ConnectionLost(f"{call}: {error or type(error).__name__}")


def _parse(reply: httpx.Response, call: str, is_command: bool, body: Mapping[str, Any] | None) -> Any:
    try:
        parsed = reply.json()
    except ValueError:
        raise _not_ours(reply, call, is_command, body) from None
    if reply.is_success:
        return parsed
    error = parsed if isinstance(parsed, dict) else {}
    raise error_of(error, reply.status_code, seconds(reply.headers.get("Retry-After")))


def _not_ours(reply: httpx.Response, call: str, is_command: bool, body: Mapping[str, Any] | None) -> ApiError:
    """The exception for a reply that the exchange did not write: a proxy in between did, which does not know
    whether a command was carried out."""
    message = f"{call}: not JSON: {reply.text[:200]}"
    if is_command and (reply.is_success or reply.status_code >= 500):
        return outcome_unknown(message, client_order_ids(body or {}))
    status = 500 if reply.is_success else reply.status_code
    pause_s = seconds(reply.headers.get("Retry-After"))
    return error_of({"error": "INTERNAL", "message": message}, status, pause_s)
