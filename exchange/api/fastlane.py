"""The fast lane of order entry: an ASGI application in front of Django's.

``POST /v1/order``, ``/v1/order/cancel`` and ``/v1/orders`` with a bearer token that was verified moments ago
are answered here, on the event loop, by the same validation, services and error table as the DRF views of
the same addresses (a test holds the two equal). Everything that is not plain (a session cookie, a token not
seen yet, an unusual header, a body without a length) is left untouched to Django, so the lane never
decides who may log in and never parses what it does not know.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.translation import get_language_from_request

from exchange import limits, trading, validation
from exchange.api.authentication import is_renewal_due, remembered_user, renew
from exchange.api.exceptions import as_api_error
from exchange.errors import ApiError, EngineTroubleError, RefusedError
from exchange.jsontext import read_object
from exchange.selectors import account_of
from exchange.symbols import SymbolTable, symbols
from exchange.wire import Json
from exchange.worker import gateway

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Headers = dict[bytes, bytes]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Headers that change what Django would do: a request with one of them is not for this lane.
_UNUSUAL: Final = (b"cookie", b"transfer-encoding", b"content-encoding", b"expect")
_SCOPE_OF_LIMITS: Final = "orders"
_FIXED_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"vary", b"Accept, Accept-Language"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class FastLane:
    """Answers plain order entry itself and hands every other request to ``django``."""

    def __init__(self, django: Application) -> None:
        self._django = django

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = _ACTIONS.get(scope["path"]) if scope.get("method") == "POST" else None
        if action is None:
            await self._django(scope, receive, send)
            return
        headers = dict(scope["headers"])
        user = _plain_user(scope, headers)
        if user is None:
            await self._django(scope, receive, send)
            return
        body = await _read_body(receive)
        if body is None:
            return  # the client went away before it had sent everything
        await _answer(headers, send, _act(action, scope, headers, user, body))


async def _place(user: Any, data: Json) -> Json:
    terms = validation.parse_order(data, _live_symbols())
    return await trading.aplace(account_of(user), terms)


async def _cancel(user: Any, data: Json) -> Json:
    name = validation.parse_cancel(data)
    return await trading.acancel(account_of(user), name)


async def _place_many(user: Any, data: Json) -> Json:
    orders = validation.parse_orders(data, _live_symbols())
    return {"results": await trading.aplace_many(account_of(user), orders)}


Action = Callable[[Any, Json], Awaitable[Json]]

_ACTIONS: Final[dict[str, Action]] = {
    "/v1/order": _place,
    "/v1/order/cancel": _cancel,
    "/v1/orders": _place_many,
}


# --- is the request plain? -----------------------------------------------------------------------------


def _plain_user(scope: Scope, headers: Headers) -> Any:
    """The user of a plain request; None for one that Django has to look at."""
    if scope["query_string"] or any(name in headers for name in _UNUSUAL):
        return None
    if gateway.client() is None or not symbols.is_live or not _is_json_both_ways(headers):
        return None
    if not _is_length_allowed(headers) or not _is_host_allowed(headers):
        return None
    kind, _, token = headers.get(b"authorization", b"").partition(b" ")
    if kind != b"Bearer":
        return None
    if is_renewal_due(token):
        _in_background(sync_to_async(renew, thread_sensitive=False)(token))
    return remembered_user(token)


_background: set[asyncio.Future[None]] = set()


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    """Run beside the requests; held until done, since the loop itself only holds tasks weakly."""
    task = asyncio.ensure_future(work)
    _background.add(task)
    task.add_done_callback(_background.discard)


def _is_json_both_ways(headers: Headers) -> bool:
    accept = headers.get(b"accept", b"*/*")
    sent = headers.get(b"content-type", b"").partition(b";")[0].strip()
    return accept in (b"*/*", b"application/json") and sent == b"application/json"


def _is_length_allowed(headers: Headers) -> bool:
    length = headers.get(b"content-length", b"")
    return length.isdigit() and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _is_host_allowed(headers: Headers) -> bool:
    return _is_host_valid(headers.get(b"host", b""), tuple(settings.ALLOWED_HOSTS))


@functools.lru_cache(maxsize=256)
def _is_host_valid(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


# --- limits, body, answer --------------------------------------------------------------------------------


async def _act(action: Action, scope: Scope, headers: Headers, user: Any, body: bytes) -> Json:
    """Read, charge and carry out one request. As in DRF a single order is charged even when its body is
    unreadable; a batch has to be read to be counted."""
    if action is not _place_many:
        await _charge(scope, headers, user, 1)
        return await action(user, _read(body))
    data = _read(body)
    await _charge(scope, headers, user, validation.order_count(data))
    return await action(user, data)


def _live_symbols() -> SymbolTable:
    """The table to read orders by. Raises ENGINE_UNAVAILABLE if the engine went since the request began:
    the table would then ask it, which would block the loop."""
    if not symbols.is_live:
        raise EngineTroubleError("ENGINE_UNAVAILABLE")
    return symbols


def _read(body: bytes) -> Json:
    return read_object(body) if body else {}


async def _charge(scope: Scope, headers: Headers, user: Any, cost: int) -> None:
    """Count the request as DRF's throttle does. Raises RATE_LIMITED."""
    address = limits.client_address(
        (scope.get("client") or ("local", 0))[0], headers.get(b"x-forwarded-for", b"").decode("latin-1")
    )
    wait_s = await limits.acharge("address", address, cost)
    wait_s = wait_s or await limits.acharge(_SCOPE_OF_LIMITS, user.pk, cost)
    if wait_s is not None:
        raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})


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
        error = as_api_error(exception)
        if error is None:
            logger.exception("order entry failed")
            error = ApiError("INTERNAL")
        await send_error(send, error, headers)
    else:
        await _send(send, 200, reply)


async def send_error(send: Send, error: ApiError, headers: Headers) -> None:
    """Answer an ASGI request with an error, in the language its headers ask for."""
    wait_s = error.details.get("retry_after_s") or error.retry_after_s
    await _send(send, error.status, error.body(_language(headers)), wait_s)


def _with_errors(reply: Json, headers: Headers) -> Json:
    """A batch's reply with each error in it written out."""
    if "results" not in reply:
        return reply
    language = _language(headers)
    return {
        "results": [item.body(language) if isinstance(item, ApiError) else item for item in reply["results"]]
    }


def _language(headers: Headers) -> str:
    """The language Django's middleware would settle for this request."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return get_language_from_request(request)


async def _send(send: Send, status: int, reply: Json, wait_s: int | None = None) -> None:
    body = msgspec.json.encode(reply)
    headers = [*_FIXED_HEADERS, (b"content-length", str(len(body)).encode())]
    if wait_s:
        headers.append((b"retry-after", str(wait_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
