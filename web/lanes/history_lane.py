"""The fast lane of a user's own histories: orders, fills, ledger, and one order.

A plain ``GET`` with a bearer token or key that was verified moments ago is checked and charged on the event
loop and answered by the very reads that the DRF views of the same addresses are made of
(``web.rest.history_reads``). A session cookie, or a token not seen yet, is left to Django.
"""

from __future__ import annotations

import functools
from typing import Final

from django.conf import settings
from django.http import QueryDict

from accounts.identity.identities import Identity
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from web.access.headers import Headers
from web.access.language import language_of
from web.access.limiter import READS
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
from web.lanes.lane_proofs import Proofs
from web.lanes.table_reads import TableReads
from web.rest import history_reads
from web.rest.history_reads import HistoryRead
from web.rest.params import once_each

_LONGEST_PATH: Final = 100
#: Of the views: orders are entered at one of the addresses.
_METHODS: Final = b"GET, HEAD, OPTIONS"
_METHODS_OF: Final = {"/v1/orders": b"GET, POST, HEAD, OPTIONS"}
#: Addresses of other views below that of one order.
_NO_ORDERS: Final = frozenset({"cancel", "reduce", "replace", "cancel-replace", "oto", "otoco"})
#: Addresses with their queries whose reads are kept.
_KEPT_READS: Final = 2_048


class HistoryLane:
    """Answers plain reads of histories itself and hands every other request to ``inner``."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._hosts = tuple(settings.ALLOWED_HOSTS)
        self._proofs = Proofs()
        self._tables = TableReads()

    def close(self) -> None:
        """End what it has started."""
        self._tables.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["method"] == "GET" and _is_one_of_ours(scope["path"])
        headers = self._plain_headers(scope) if is_ours else None
        proof = None if headers is None else self._proofs.of(scope, headers)
        if headers is None or proof is None or not proof.is_known():
            await self._inner(scope, receive, send)
            return
        fixed = read_headers(language_of(headers), _METHODS_OF.get(scope["path"], _METHODS), private=True)
        try:
            identity = proof.identity(b"")
            body = None if identity is None else await self._answer(identity, scope, headers)
        except Exception as exception:
            await send_error(send, error_of(exception), headers, fixed)
            return
        if body is None:
            # Revoked this very moment: Django says so.
            await self._inner(scope, receive, send)
        else:
            await send_body(send, 200, body, fixed)

    def _plain_headers(self, scope: Scope) -> Headers | None:
        """The headers of a plain request, while reading symbols does not ask the engine, which would block
        the loop; None for one that Django has to look at."""
        if engine_link.client() is None or not symbols.is_live:
            return None
        return plain_read_headers(scope, self._hosts)

    async def _answer(self, identity: Identity, scope: Scope, headers: Headers) -> bytes:
        await charge(scope, headers, READS, identity)
        read = _read_of(scope["path"], scope["query_string"])
        return await self._tables.answer(read, identity.own_account())


def _is_one_of_ours(path: str) -> bool:
    """Whether an address is of a history, or of one order."""
    if path in history_reads.READS:
        return True
    order_id = path.removeprefix(history_reads.ORDER_PREFIX)
    is_order = order_id != path and order_id != "" and "/" not in order_id and order_id not in _NO_ORDERS
    return is_order and len(path) <= _LONGEST_PATH


@functools.lru_cache(maxsize=_KEPT_READS)
def _read_of(path: str, query_string: bytes) -> HistoryRead:
    """The read of an address: of no account yet, so the same for all who ask. What is refused is not kept,
    and no symbol or asset that exists ceases to. Raises the errors of reading the query."""
    query = once_each(QueryDict(query_string))
    read_of = history_reads.READS.get(path)
    if read_of is not None:
        return read_of(query)
    return history_reads.read_order(path.removeprefix(history_reads.ORDER_PREFIX), query)
