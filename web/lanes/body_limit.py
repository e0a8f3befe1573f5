"""A bound on request bodies, before Django spools them: an ASGI application around the site's.

Django's own bound is checked when a view reads the body; by then the ASGI handler has stored all of it. Here
a body whose stated length is too large is refused unread, and one that turns out too large is cut off.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from exchange.errors import RequestError
from web.access.headers import Headers, joined
from web.lanes.answers import PRIVATE_HEADERS, Application, Receive, Scope, Send, send_error


class BodyLimit:
    """Refuses bodies above ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes with BODY_TOO_LARGE."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._maximum_bytes: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = joined(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._maximum_bytes:
            await self._refuse(headers, send)
        elif b"transfer-encoding" in headers:
            await self._counted(scope, headers, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _counted(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Pass on a body of unknown length as far as the bound; beyond it answer and hang up."""
        received = 0
        refused = False

        async def bounded_receive() -> Any:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._maximum_bytes and not refused:
                refused = True
                await self._refuse(headers, send)
            return {"type": "http.disconnect"} if refused else message

        async def silent_once_refused(message: Any) -> None:
            if not refused:
                await send(message)

        await self._inner(scope, bounded_receive, silent_once_refused)

    async def _refuse(self, headers: Headers, send: Send) -> None:
        error = RequestError("BODY_TOO_LARGE", {"maximum_bytes": self._maximum_bytes})
        await send_error(send, error, headers, PRIVATE_HEADERS)
