"""Compression (gzip) of long answers of the API, for clients that accept it.

Pages are left as they are: they carry CSRF tokens, which a stranger could learn from the lengths of
compressed answers (BREACH). So are answers with tokens. What else the API answers has no secret beside words
of a stranger's choice.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import Any, Final

from web.lanes.answers import Application, HeaderLines, Receive, Scope, Send

#: Below it an answer fits one packet of the network anyway.
MIN_BYTES: Final = 1_400
#: Longer answers are compressed beside the event loop.
_INLINE_BYTES: Final = 64 * 1024
#: The quickest: rows repeat each other so much that others gain a few percent for twice the time.
_LEVEL: Final = 1
_PREFIXES: Final = ("/v1/", "/api/")
_TOKENS: Final = "/api/v1/token"
VARY: Final = (b"vary", b"Accept-Encoding")
ENCODING: Final = (b"content-encoding", b"gzip")


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether the header of a request names gzip, or anything, and does not forbid it (RFC 9110, section
    12.5.3)."""
    wanted = {}
    for part in accept_encoding.lower().split(b","):
        name, *parameters = (piece.strip() for piece in part.split(b";"))
        wanted[name] = not any(parameter.rstrip(b"0.") == b"q=" for parameter in parameters)
    return wanted.get(b"gzip", wanted.get(b"*", False))


def gzipped(body: bytes) -> bytes:
    """The same for the same body: without a time."""
    return gzip.compress(body, _LEVEL, mtime=0)


class Compression:
    """Stands around Django; the fast lanes compress by themselves what they keep."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["method"] != "GET" or not path.startswith(_PREFIXES) or path.startswith(_TOKENS):
            await self._inner(scope, receive, send)
            return
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        await self._inner(scope, receive, _Answer(send, accepts_gzip(accepted)))


class _Answer:
    """Sends an answer on, compressed if it is long; one that comes in pieces goes on as it is."""

    def __init__(self, send: Send, is_wanted: bool) -> None:
        self._send = send
        self._is_wanted = is_wanted
        self._start: dict[str, Any] | None = None

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
            return
        body = message.get("body", b"")
        is_long = len(body) >= MIN_BYTES and not message.get("more_body") and start["status"] == 200
        headers: HeaderLines = tuple(start.get("headers", ()))
        if is_long and not any(name.lower() == ENCODING[0] for name, _ in headers):
            if self._is_wanted:
                body = await _packed(body)
                headers = (*(line for line in headers if line[0].lower() != b"content-length"), ENCODING)
                headers = (*headers, (b"content-length", b"%d" % len(body)))
            start, message = {**start, "headers": [*headers, VARY]}, {**message, "body": body}
        await self._send(start)
        await self._send(message)


async def _packed(body: bytes) -> bytes:
    if len(body) <= _INLINE_BYTES:
        return gzipped(body)
    # zlib lets go of the interpreter's lock.
    return await asyncio.get_running_loop().run_in_executor(None, gzipped, body)
