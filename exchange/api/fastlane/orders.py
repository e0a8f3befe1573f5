"""The fast lane of order entry.

``POST /v1/order``, ``/v1/order/cancel`` and ``/v1/orders`` with a bearer token that was verified moments ago
are answered here, on the event loop, by the same validation, services and error table as the DRF views of
the same addresses. A token not seen yet or a body without a length is left to Django.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings

from exchange import trading, validation
from exchange.api.authentication import is_renewal_due, remembered_user
from exchange.api.fastlane import bodies
from exchange.api.fastlane.plain import (
    PRIVATE_HEADERS,
    Application,
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
from exchange.api.fastlane.renewals import Renewals
from exchange.errors import ApiError, EngineTroubleError, InputError
from exchange.jsontext import read_object
from exchange.selectors import account_of
from exchange.symbols import SymbolTable, symbols
from exchange.validation import OrderRequest
from exchange.wire import Json, shaped_reply
from exchange.worker import gateway

_JSON: Final = b"application/json"
_RATE_SCOPE: Final = "orders"


class OrderLane:
    """Answers plain order entry itself and hands every other request to ``inner``."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._hosts = tuple(settings.ALLOWED_HOSTS)
        self._maximum_bytes: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self._renewals = Renewals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = _ACTIONS.get(scope["path"]) if scope["method"] == "POST" else None
        headers = None if action is None else self._plain_headers(scope)
        user = None if headers is None else self._user(headers)
        if action is None or headers is None or user is None:
            await self._inner(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return  # the client went away before it had sent everything
        await _answer(headers, send, action(Caller(user, scope, headers), body))

    def _plain_headers(self, scope: Scope) -> Headers | None:
        """The headers of a plain request, while orders can be taken; None for one that Django has to look at."""
        if scope["query_string"] or gateway.client() is None or not symbols.is_live:
            return None
        headers = plain_headers(scope, self._hosts)
        return headers if headers is not None and self._is_body_plain(headers) else None

    def _is_body_plain(self, headers: Headers) -> bool:
        """JSON of a length that is told and allowed."""
        length = headers.get(b"content-length", b"")
        sent = headers.get(b"content-type", b"")
        is_json = sent == _JSON or sent.partition(b";")[0].strip() == _JSON
        return is_json and length.isdigit() and int(length) <= self._maximum_bytes

    def _user(self, headers: Headers) -> Any:
        """Whose token it is; None when it was not verified moments ago."""
        kind, _, token = headers.get(b"authorization", b"").partition(b" ")
        if kind != b"Bearer":
            return None
        if is_renewal_due(token):
            self._renewals.add(token)
        return remembered_user(token)


class Caller(NamedTuple):
    """Who sent a request, and what its limits are counted by."""

    user: Any
    scope: Scope
    headers: Headers

    @property
    def account(self) -> int:
        """Raises NO_ACCOUNT."""
        return account_of(self.user)

    async def charge(self, cost: int = 1) -> None:
        """Raises RATE_LIMITED."""
        await charge(self.scope, self.headers, _RATE_SCOPE, self.user.pk, cost)


# --- what is asked. As in DRF a single order is charged even when its body is unreadable; a batch has to be read
# --- to be counted.


async def _place(caller: Caller, body: bytes) -> Json:
    await caller.charge()
    sent = bodies.sent_order(body)
    order = None if sent is None else validation.plain_order(sent, _live_symbols())
    if order is None:
        order = validation.parse_order(_read(body), _live_symbols())
    return await trading.aplace(caller.account, order)


async def _cancel(caller: Caller, body: bytes) -> Json:
    await caller.charge()
    name = bodies.cancel_of(body) or validation.parse_cancel(_read(body))
    return await trading.acancel(caller.account, name)


async def _place_many(caller: Caller, body: bytes) -> Json:
    sent = bodies.sent_orders(body)
    data = _read(body) if sent is None else {}
    await caller.charge(validation.order_count(data) if sent is None else len(sent))
    orders: Sequence[OrderRequest | InputError] | None = None
    if sent is not None:
        orders = bodies.orders_of(sent, _live_symbols())
    if orders is None:
        orders = validation.parse_orders(data or _read(body), _live_symbols())
    return {"results": await trading.aplace_many(caller.account, orders, shaped_reply)}


Action = Callable[[Caller, bytes], Awaitable[Json]]

_ACTIONS: Final[dict[str, Action]] = {
    "/v1/order": _place,
    "/v1/order/cancel": _cancel,
    "/v1/orders": _place_many,
}


# --- body, answer ----------------------------------------------------------------------------------------


def _live_symbols() -> SymbolTable:
    """The table to read orders by. Raises ENGINE_UNAVAILABLE if the engine went since the request began:
    the table would then ask it, which would block the loop."""
    if not symbols.is_live:
        raise EngineTroubleError("ENGINE_UNAVAILABLE")
    return symbols


def _read(body: bytes) -> Json:
    return read_object(body) if body else {}


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, whose length the server holds to its header; None when the client left."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _answer(headers: Headers, send: Send, work: Awaitable[Json]) -> None:
    """Send what the work comes to, or the error it raises."""
    try:
        reply = _with_errors(await work, headers)
    except Exception as exception:
        await send_error(send, error_of(exception), headers, PRIVATE_HEADERS)
    else:
        await send_body(send, 200, encoded(reply), PRIVATE_HEADERS)


def _with_errors(reply: Json, headers: Headers) -> Json:
    """A batch's reply with each error in it written out."""
    if "results" not in reply:
        return reply
    language = language_of(headers)
    return {
        "results": [item.body(language) if isinstance(item, ApiError) else item for item in reply["results"]]
    }
