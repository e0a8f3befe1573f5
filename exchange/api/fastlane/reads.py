"""The fast lane of public reads: order books, trades, statistics and candles that this process holds in memory.

A plain ``GET`` is charged, checked and answered on the event loop by the very reads that the DRF views of the
same addresses are made of (``exchange.api.reads``). What memory does not hold goes to the view, as charged.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Hashable, Mapping
from typing import Final, NamedTuple

from django.conf import settings
from django.http import QueryDict

from exchange.api.fastlane.plain import (
    COMMON_HEADERS,
    Application,
    HeaderLines,
    Headers,
    Receive,
    Scope,
    Send,
    charge,
    encoded,
    error_of,
    language_of,
    plain_headers,
    send_body,
    send_error,
)
from exchange.api.params import Query
from exchange.api.reads import PREFIX, PublicRead, ReadOf
from exchange.api.throttling import CHARGED

#: Bytes of the answers that are kept; when there are more, all are forgotten.
MAX_KEPT_BYTES: Final = 16 * 1024 * 1024
#: What an answer takes beside its own bytes.
_OVERHEAD_BYTES: Final = 1_000
_LONGEST_PATH: Final = 100
#: ``format`` names a renderer to DRF.
_PLAIN_QUERY: Final = re.compile(rb"(?!.*format)[A-Za-z0-9_.=&-]{0,100}")
_RATE_SCOPE: Final = "public"


class ReadLane:
    """Answers plain public reads from memory and hands every other request to ``inner``.

    ``reads``: how to make each, by the part of its address that follows ``PREFIX`` and the number of parts after."""

    def __init__(self, inner: Application, reads: Mapping[tuple[str, int], ReadOf]) -> None:
        self._inner = inner
        self._reads = reads
        self._hosts = tuple(settings.ALLOWED_HOSTS)
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read_of = self._find(scope["path"]) if scope["method"] == "GET" else None
        headers = None if read_of is None else self._plain_headers(scope)
        if read_of is None or headers is None:
            await self._inner(scope, receive, send)
            return
        fixed = _fixed_headers(language_of(headers))
        try:
            await charge(scope, headers, _RATE_SCOPE)
            body = self._body((scope["path"], scope["query_string"]), read_of)
        except Exception as exception:
            await send_error(send, error_of(exception), headers, fixed)
            return
        if body is None:
            await self._inner({**scope, CHARGED: True}, receive, send)
        else:
            await send_body(send, 200, body, fixed)

    def _find(self, path: str) -> Callable[[Query], PublicRead] | None:
        """What makes the read of an address from the query; None for other addresses."""
        if not path.startswith(PREFIX) or len(path) > _LONGEST_PATH:
            return None
        name, *parts = path.removeprefix(PREFIX).split("/")
        read_of = self._reads.get((name, len(parts)))
        return functools.partial(read_of, *parts) if read_of is not None and all(parts) else None

    def _plain_headers(self, scope: Scope) -> Headers | None:
        """The headers of a request without a body and with a query of plain characters."""
        headers = plain_headers(scope, self._hosts)
        if headers is None or headers.get(b"content-length", b"0") != b"0":
            return None
        return headers if _PLAIN_QUERY.fullmatch(scope["query_string"]) else None

    def _body(self, address: Address, read_of: Callable[[Query], PublicRead]) -> bytes | None:
        """The answer's bytes; None when memory does not hold it. Raises the errors of the read."""
        kept = self._bodies.get(address)
        if kept is not None and kept.version == kept.read.version():
            return kept.body
        read = read_of(QueryDict(address[1]).dict())
        version, reply = read.version(), read.recall()
        if reply is None:
            return None
        body = encoded(reply)
        self._bodies.put(address, Kept(read, version, body))
        return body


#: Path and query string, as they came.
Address = tuple[str, bytes]


class Kept(NamedTuple):
    """An answer as it was sent, for as long as the read's version stays."""

    read: PublicRead
    version: Hashable
    body: bytes


class Bodies:
    """Answers by address, ``MAX_KEPT_BYTES`` at most."""

    def __init__(self) -> None:
        self._kept: dict[Address, Kept] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, address: Address) -> Kept | None:
        return self._kept.get(address)

    def put(self, address: Address, kept: Kept) -> None:
        """Keep an answer in place of the one before."""
        before = self._kept.pop(address, None)
        self._bytes += len(kept.body) + _OVERHEAD_BYTES
        if before is not None:
            self._bytes -= len(before.body) + _OVERHEAD_BYTES
        if self._bytes > MAX_KEPT_BYTES:
            self._kept.clear()
            self._bytes = len(kept.body) + _OVERHEAD_BYTES
        self._kept[address] = kept


@functools.cache
def _fixed_headers(language: str) -> HeaderLines:
    """For each of the site's languages, what Django and DRF put on a view's answer."""
    return (
        *COMMON_HEADERS,
        (b"allow", b"GET, HEAD, OPTIONS"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"content-language", language.encode()),
    )
