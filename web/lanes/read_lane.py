"""The fast lane of public reads: order books, trades, statistics and candles that this process holds in
memory.

A plain ``GET`` is charged, checked and answered on the event loop by the very reads that the DRF views of the
same addresses are made of (``web.rest.public_reads``). What memory does not hold goes to the view, as
charged.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from typing import Final, NamedTuple

from django.conf import settings
from django.http import QueryDict

from exchange.wire.shape_parts import encoded
from web.access.language import language_of
from web.lanes.answers import (
    Application,
    Receive,
    Scope,
    Send,
    charge,
    error_of,
    plain_read_headers,
    read_headers,
    send_body,
    send_error,
)
from web.lanes.compression import ENCODING, MIN_BYTES, VARY, accepts_gzip, gzipped
from web.live.venue_notice import stale_value
from web.rest.params import Query, once_each
from web.rest.public_reads import PREFIX, PublicRead, ReadOf
from web.rest.throttling import CHARGED

#: Bytes of the answers that are kept; when there are more, all are forgotten.
MAX_KEPT_BYTES: Final = 16 * 1024 * 1024
#: What an answer takes beside its own bytes.
_OVERHEAD_BYTES: Final = 1_000
_LONGEST_PATH: Final = 100
_METHODS: Final = b"GET, HEAD, OPTIONS"
_RATE_SCOPE: Final = "public"


class ReadLane:
    """Answers plain public reads from memory and hands every other request to ``inner``.

    ``reads``: how to make each, by the part of its address that follows ``PREFIX`` and the number of parts
    after."""

    def __init__(self, inner: Application, reads: Mapping[tuple[str, int], ReadOf]) -> None:
        self._inner = inner
        self._reads = reads
        self._hosts = tuple(settings.ALLOWED_HOSTS)
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read_of = self._find(scope["path"]) if scope["method"] == "GET" else None
        headers = None if read_of is None else plain_read_headers(scope, self._hosts)
        if read_of is None or headers is None:
            await self._inner(scope, receive, send)
            return
        fixed = read_headers(language_of(headers), _METHODS)
        try:
            await charge(scope, headers, _RATE_SCOPE)
            kept = self._kept((scope["path"], scope["query_string"]), read_of)
            stale = None if kept is None else stale_value(*kept.read.sources)
            if stale is not None:
                fixed = (*fixed, (b"x-stale", stale.encode()))
        except Exception as exception:
            await send_error(send, error_of(exception), headers, fixed)
            return
        if kept is None:
            await self._inner({**scope, CHARGED: True}, receive, send)
        elif len(kept.body) < MIN_BYTES:
            await send_body(send, 200, kept.body, fixed)
        elif accepts_gzip(headers.get(b"accept-encoding", b"")):
            await send_body(send, 200, self._bodies.packed(kept), (*fixed, VARY, ENCODING))
        else:
            await send_body(send, 200, kept.body, (*fixed, VARY))

    def _find(self, path: str) -> Callable[[Query], PublicRead] | None:
        """What makes the read of an address from the query; None for other addresses."""
        if not path.startswith(PREFIX) or len(path) > _LONGEST_PATH:
            return None
        name, *parts = path.removeprefix(PREFIX).split("/")
        read_of = self._reads.get((name, len(parts)))
        return functools.partial(read_of, *parts) if read_of is not None and all(parts) else None

    def _kept(self, address: Address, read_of: Callable[[Query], PublicRead]) -> Kept | None:
        """The answer's bytes; None when memory does not hold it. Raises the errors of the read."""
        kept = self._bodies.get(address)
        if kept is not None and kept.version == kept.read.version():
            return kept
        read = read_of(once_each(QueryDict(address[1])))
        version, reply = read.version(), read.recall()
        if reply is None:
            return None
        kept = Kept(address, read, version, encoded(reply))
        self._bodies.put(kept)
        return kept


#: Path and query string, as they came.
Address = tuple[str, bytes]


class Kept(NamedTuple):
    """An answer as it was sent, for as long as the read's version stays."""

    address: Address
    read: PublicRead
    version: Hashable
    body: bytes
    #: The body compressed, once a client has taken it so.
    packed: bytes = b""

    @property
    def held_bytes(self) -> int:
        return len(self.body) + len(self.packed) + _OVERHEAD_BYTES


class Bodies:
    """Answers by address, ``MAX_KEPT_BYTES`` at most."""

    def __init__(self) -> None:
        self._kept: dict[Address, Kept] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, address: Address) -> Kept | None:
        return self._kept.get(address)

    def put(self, kept: Kept) -> None:
        """Keep an answer in place of the one before."""
        before = self._kept.pop(kept.address, None)
        self._bytes += kept.held_bytes
        if before is not None:
            self._bytes -= before.held_bytes
        if self._bytes > MAX_KEPT_BYTES:
            self._kept.clear()
            self._bytes = kept.held_bytes
        self._kept[kept.address] = kept

    def packed(self, kept: Kept) -> bytes:
        """A kept answer compressed, once for all who ask while it stays true."""
        if not kept.packed:
            kept = kept._replace(packed=gzipped(kept.body))
            self.put(kept)
        return kept.packed
