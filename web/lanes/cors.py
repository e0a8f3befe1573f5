"""Cross-origin reads (CORS): which pages of other origins may read replies of the API.

``Cors`` stands around the fast lanes and Django alike. No page's cookie counts across origins, for no reply
allows credentials: with ``private`` a page sends a bearer token.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from exchange.errors import ApiError
from web.access.headers import Headers, joined
from web.lanes.answers import (
    PRIVATE_HEADERS,
    Application,
    HeaderLines,
    Receive,
    Scope,
    Send,
    charge,
    send_error,
)

#: Allows pages of every origin.
ANY: Final = "*"
_PUBLIC: Final = "/api/v1/"
_PRIVATE: Final = ("/v1/", "/api/v1/token", "/api/v1/keys")
_VARY: Final = (b"vary", b"Origin")
_METHODS: Final = {False: b"GET, HEAD, OPTIONS", True: b"GET, HEAD, POST, PATCH, DELETE, OPTIONS"}
_HEADERS: Final = {
    False: b"Accept, Accept-Language, X-Request-ID, traceparent",
    True: b"Accept, Accept-Language, Authorization, Content-Type, "
    b"X-Account, X-API-Key, X-Timestamp, X-Recv-Window, X-Signature, X-Request-ID, traceparent",
}
#: Seconds for which a browser need not ask again.
_MAX_AGE: Final = b"600"


class Cors:
    """Lets pages of ``origins`` read market data, and with ``private`` everything of the API; every other
    request is ``inner``'s alone."""

    def __init__(self, inner: Application, origins: Collection[str], *, private: bool = False) -> None:
        self._inner = inner
        self._origins = frozenset(origins)
        self._private = private

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._origins or not self._covers(scope["path"]):
            await self._inner(scope, receive, send)
            return
        headers = joined(scope["headers"])
        lines = self._lines(headers.get(b"origin"))
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self._preflight(scope, headers, send, lines)
        else:
            await self._inner(scope, receive, _with_lines(send, lines))

    def _covers(self, path: str) -> bool:
        if path.startswith(_PRIVATE):
            return self._private
        return path.startswith(_PUBLIC)

    def _lines(self, origin: bytes | None) -> HeaderLines:
        """What a reply to a page of this origin, or to a program without one, has more."""
        if ANY in self._origins:
            allowed: bytes | None = ANY.encode()
            vary: HeaderLines = ()
        else:
            is_listed = origin is not None and origin.decode("latin-1").lower() in self._origins
            # A cache may not give one origin's reply to another.
            allowed, vary = (origin if is_listed else None), (_VARY,)
        if allowed is None:
            return vary
        exposed = (
            b"access-control-expose-headers",
            b"RateLimit, RateLimit-Policy, Retry-After, X-Request-ID",
        )
        return (*vary, (b"access-control-allow-origin", allowed), exposed)

    async def _preflight(self, scope: Scope, headers: Headers, send: Send, lines: HeaderLines) -> None:
        """Answer a browser that asks before it sends; to an origin that is not listed without permission."""
        try:
            await charge(scope, headers, "public")
        except ApiError as error:
            await send_error(_with_lines(send, lines), error, headers, PRIVATE_HEADERS)
            return
        permission: HeaderLines = ()
        if any(name == b"access-control-allow-origin" for name, _ in lines):
            permission = (
                (b"access-control-allow-methods", _METHODS[self._private]),
                (b"access-control-allow-headers", _HEADERS[self._private]),
                (b"access-control-max-age", _MAX_AGE),
            )
        all_lines = [*lines, *permission, (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": all_lines})
        await send({"type": "http.response.body", "body": b""})


def _with_lines(send: Send, lines: HeaderLines) -> Send:
    async def send_more(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *lines]}
        await send(message)

    return send_more
