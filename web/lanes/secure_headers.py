"""Headers that every answer of the site carries: pages, JSON, files, redirects and errors of every lane.

They stand in one place around all lanes, and an answer that brings one of its own keeps it. What only a
document obeys (Content-Security-Policy, Permissions-Policy) is ``web/pages/content_security.py``'s. The
fields of the rate limit that an answer was charged in are put on here too.
"""

from __future__ import annotations

from typing import Any, Final

from web.access import rate_fields
from web.lanes.answers import Application, HeaderLines, Receive, Scope, Send

#: No type is guessed, no other site frames an answer, takes it in, or learns which page led to it.
LINES: Final[HeaderLines] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_OVER_TLS: Final = (b"x-forwarded-proto", b"https")


class SecureHeaders:
    """Stands around everything that answers HTTP. ``hsts`` is the value of Strict-Transport-Security for
    requests that came over TLS; empty for none."""

    def __init__(self, inner: Application, hsts: str = "") -> None:
        self._inner = inner
        self._over_tls = (*LINES, (b"strict-transport-security", hsts.encode())) if hsts else LINES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lines = self._over_tls if _OVER_TLS in scope["headers"] else LINES

        async def send_with(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                given = {name.lower() for name, _ in headers}
                more = [line for line in lines if line[0] not in given]
                message = {**message, "headers": [*headers, *more, *scope.get(rate_fields.LINES, ())]}
            await send(message)

        await self._inner(scope, receive, send_with)
