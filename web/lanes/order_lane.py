"""The fast lane of order entry.

``POST /v1/order``, ``/v1/order/cancel`` and ``/v1/orders`` with a bearer token that was verified moments ago,
or signed with a key that was read moments ago, are answered here, on the event loop, by the same desk and
error table as the DRF views of the same addresses. A token or key not seen yet or a body without a length is
left to Django.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final, NamedTuple

from django.conf import settings

from accounts.identity.identities import Identity
from exchange.errors import ApiError, EngineTroubleError
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from exchange.orders.desk import OrderDesk, order_count, rest_desk, with_errors
from exchange.telemetry.logs import enter_person
from exchange.wire.rendering import Json
from exchange.wire.shape_parts import encoded
from exchange.wire.strict_json import read_object
from web.access.headers import Headers
from web.access.language import language_of
from web.access.limiter import ORDERS
from web.lanes import bodies
from web.lanes.answers import (
    PRIVATE_HEADERS,
    Application,
    Receive,
    Scope,
    Send,
    charge,
    error_of,
    plain_headers,
    send_body,
    send_error,
)
from web.lanes.lane_proofs import Proofs
from web.live import runtime

_JSON: Final = b"application/json"


class OrderLane:
    """Answers plain order entry itself and hands every other request to ``inner``."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner
        self._hosts = tuple(settings.ALLOWED_HOSTS)
        self._maximum_bytes: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self._proofs = Proofs()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = _ACTIONS.get(scope["path"]) if scope["method"] == "POST" else None
        headers = None if action is None else self._plain_headers(scope)
        proof = None if headers is None else self._proofs.of(scope, headers)
        if action is None or headers is None or proof is None or not proof.is_known():
            await self._inner(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return  # the client went away before it had sent everything
        # Only now: it may have been revoked while a slow body came.
        try:
            identity = proof.identity(body)
        except Exception as exception:
            await send_error(send, error_of(exception), headers, PRIVATE_HEADERS)
            return
        if identity is None:
            await self._inner(scope, _repeated(body, receive), send)
            return
        enter_person(identity.user_id, identity.account)
        await _answer(headers, send, action(Caller(identity, scope, headers), body))

    def _plain_headers(self, scope: Scope) -> Headers | None:
        """The headers of a plain request, while orders can be taken; None for one that Django has to look
        at."""
        if scope["query_string"] or engine_link.client() is None or not symbols.is_live:
            return None
        headers = plain_headers(scope, self._hosts)
        return headers if headers is not None and self._is_body_plain(headers) else None

    def _is_body_plain(self, headers: Headers) -> bool:
        """JSON of a length that is told and allowed."""
        length = headers.get(b"content-length", b"")
        sent = headers.get(b"content-type", b"")
        is_json = sent == _JSON or sent.partition(b";")[0].strip() == _JSON
        return is_json and length.isdigit() and int(length) <= self._maximum_bytes


class Caller(NamedTuple):
    """Who sent a request, and what its limits are counted by."""

    identity: Identity
    scope: Scope
    headers: Headers

    @property
    def account(self) -> int:
        """Raises NO_ACCOUNT, PERMISSION_DENIED, SCOPE_REQUIRED, TERMS_NOT_ACCEPTED."""
        return self.identity.trading_account()

    async def charge(self, cost: int = 1) -> None:
        """Raises RATE_LIMITED."""
        await charge(self.scope, self.headers, ORDERS, self.identity, cost)

    def turn(self, orders: int = 1) -> AbstractAsyncContextManager[None]:
        """To enter orders within, when it is the account's turn."""
        running, account = runtime.current(), self.identity.account
        return nullcontext() if running is None or account is None else running.turns.turn(account, orders)


# --- the operations ---------------------------------------------------------------------------------------
# As in DRF a single order is charged even when its body is unreadable; a batch has to be read to be counted.


async def _place(caller: Caller, body: bytes) -> Json:
    await caller.charge()
    async with caller.turn():
        sent = bodies.simple_order(body) or _read(body)
        return await _desk().place(caller.account, sent).reply()


async def _cancel(caller: Caller, body: bytes) -> Json:
    await caller.charge()
    async with caller.turn():
        sent = bodies.simple_cancel(body) or _read(body)
        return await _desk().cancel(caller.identity.canceling_account(), sent).reply()


async def _place_many(caller: Caller, body: bytes) -> Json:
    try:
        sent = bodies.simple_orders(body) or _read(body)
    except ApiError:
        await caller.charge()
        raise
    count = order_count(sent) if isinstance(sent, dict) else len(sent)
    await caller.charge(count)
    async with caller.turn(count):
        return await _desk().place_many(caller.account, sent).reply()


Action = Callable[[Caller, bytes], Awaitable[Json]]

_ACTIONS: Final[dict[str, Action]] = {
    "/v1/order": _place,
    "/v1/order/cancel": _cancel,
    "/v1/orders": _place_many,
}


# --- body, answer ----------------------------------------------------------------------------------------


def _desk() -> OrderDesk:
    """The desk of this process. Raises ENGINE_UNAVAILABLE if the engine went since the request began: reading
    an order would then ask it for its symbols, which would block the loop."""
    if not symbols.is_live:
        raise EngineTroubleError("ENGINE_UNAVAILABLE")
    return rest_desk


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


def _repeated(body: bytes, receive: Receive) -> Receive:
    """``receive`` of a request whose body has been read."""
    messages = [{"type": "http.request", "body": body}]

    async def received() -> Any:
        return messages.pop() if messages else await receive()

    return received


async def _answer(headers: Headers, send: Send, work: Awaitable[Json]) -> None:
    """Send what the work comes to, or the error it raises."""
    try:
        reply = with_errors(await work, lambda error: error.body(language_of(headers)))
    except Exception as exception:
        await send_error(send, error_of(exception), headers, PRIVATE_HEADERS)
    else:
        await send_body(send, 200, encoded(reply), PRIVATE_HEADERS)
