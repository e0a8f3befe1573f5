"""Plain HTTP as the fast lanes speak it: which headers a request may have, its limits, and its answer."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from django.http.request import split_domain_port, validate_host

from exchange.errors import ApiError, RefusedError
from exchange.telemetry.logs import get_logger
from exchange.wire.shape_parts import encoded
from web.access import rate_fields
from web.access.addresses import address_of_scope
from web.access.headers import Headers
from web.access.language import language_of
from web.access.limiter import Who, limiter
from web.rest.error_replies import as_api_error
from web.server.web_figures import web_figures

logger = get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
HeaderLines = tuple[tuple[bytes, bytes], ...]

#: What Django's middleware puts on every answer.
COMMON_HEADERS: Final[HeaderLines] = (
    (b"content-type", b"application/json"),
    (b"vary", b"Accept, Accept-Language"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
)
#: The same for what is one user's own: nothing between here and the client keeps it.
PRIVATE_HEADERS: Final[HeaderLines] = (*COMMON_HEADERS, (b"cache-control", b"no-store"))
#: Headers that change what Django would do: a request with one of them is for no lane.
_UNUSUAL: Final = frozenset({b"cookie", b"transfer-encoding", b"content-encoding", b"expect"})
#: ``format`` names a renderer to DRF.
_PLAIN_QUERY: Final = re.compile(rb"(?!.*format)[A-Za-z0-9_.=&-]{0,200}")
#: Longest host name that is looked at (and remembered) here.
_LONGEST: Final = 255
#: Values of Accept that mean JSON to every view; the last is what browsers' fetch libraries send.
_ACCEPTED: Final = frozenset({b"*/*", b"application/json", b"application/json, text/plain, */*"})


def plain_headers(scope: Scope, hosts: tuple[str, ...]) -> Headers | None:
    """The headers by name; None where one is unusual or repeated, or asks for something other than JSON, or
    the host is none of ``hosts`` (as ``ALLOWED_HOSTS`` has them)."""
    headers: Headers = dict(scope["headers"])
    if len(headers) != len(scope["headers"]) or not _UNUSUAL.isdisjoint(headers):
        return None
    if headers.get(b"accept", b"*/*") not in _ACCEPTED:
        return None
    host = headers.get(b"host", b"")
    return headers if len(host) <= _LONGEST and _is_host_valid(host, hosts) else None


def plain_read_headers(scope: Scope, hosts: tuple[str, ...]) -> Headers | None:
    """The same of a request that also has no body, and a query of plain characters."""
    headers = plain_headers(scope, hosts)
    if headers is None or headers.get(b"content-length", b"0") != b"0":
        return None
    return headers if _PLAIN_QUERY.fullmatch(scope["query_string"]) else None


@functools.lru_cache(maxsize=256)
def _is_host_valid(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


@functools.cache
def read_headers(language: str, methods: bytes, *, private: bool = False) -> HeaderLines:
    """What Django and DRF put on a view's answer to a read, in one of the site's languages."""
    return (
        *(PRIVATE_HEADERS if private else COMMON_HEADERS),
        (b"allow", methods),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"content-language", language.encode()),
    )


async def charge(
    scope: Scope, headers: Headers, rate_scope: str, who: Who | None = None, cost: int = 1
) -> None:
    """Count the request as DRF's throttle does: for its address, and for ``who`` asks (the address again
    without one). Raises RATE_LIMITED."""
    address = address_of_scope(scope, headers)
    charged = await limiter.acharged_request(address, rate_scope, who or address, cost)
    scope[rate_fields.LINES] = rate_fields.fields_of(charged.standings)
    if charged.wait_s is not None:
        raise RefusedError("RATE_LIMITED", {"retry_after_s": charged.wait_s})


async def send_body(
    send: Send, status: int, body: bytes, fixed: HeaderLines, wait_s: int | None = None
) -> None:
    """Answer with JSON."""
    headers = [*fixed, (b"content-length", b"%d" % len(body))]
    if wait_s:
        headers.append((b"retry-after", b"%d" % wait_s))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ApiError, headers: Headers, fixed: HeaderLines) -> None:
    """Answer with an error, in the language the headers ask for."""
    web_figures.errors.add(error.code)
    wait_s = error.details.get("retry_after_s") or error.retry_after_s
    await send_body(send, error.status, encoded(error.body(language_of(headers))), fixed, wait_s)


def error_of(exception: Exception) -> ApiError:
    """The wire error of what a lane's work raised; INTERNAL, and a line in the log, for a bug."""
    error = as_api_error(exception)
    if error is None:
        logger.error("request_failed", exc_info=exception)
        return ApiError("INTERNAL")
    return error
