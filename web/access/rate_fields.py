"""The ``RateLimit`` and ``RateLimit-Policy`` fields of answers, as draft-ietf-httpapi-ratelimit-headers has
them: ``RateLimit: "orders";r=1990;t=1`` with ``RateLimit-Policy: "orders";q=2000;w=1``.

Lanes and views leave them in the ASGI scope under ``LINES``, whence ``web.lanes.secure_headers`` puts them on
the answer. Without ASGI the middleware does.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from exchange.units.rates import Rate
from web.access.limiter import Standing

#: In the ASGI scope: the fields of the answer to come.
LINES: Final = "exchange.rate_fields"
_ON_REQUEST: Final = "rate_fields"

Lines = tuple[tuple[bytes, bytes], ...]


def fields_of(standings: Iterable[Standing]) -> Lines:
    """Both fields; none where nothing limits the requester."""
    now = tuple(standings)
    if not now:
        return ()
    left = ", ".join(f'"{each.policy}";r={each.remaining};t={each.reset_s}' for each in now)
    return (
        (b"ratelimit", left.encode()),
        (b"ratelimit-policy", _policies(tuple((each.policy, each.rate) for each in now))),
    )


@functools.lru_cache(maxsize=1_000)
def _policies(policies: tuple[tuple[str, Rate], ...]) -> bytes:
    return ", ".join(f'"{name}";q={rate.maximum};w={rate.span_s}' for name, rate in policies).encode()


def standing_body(standing: Standing) -> dict[str, Any]:
    """The same for replies of the WebSocket."""
    return {
        "name": standing.policy,
        "limit": standing.rate.maximum,
        "window_s": standing.rate.span_s,
        "remaining": standing.remaining,
        "reset_s": standing.reset_s,
    }


def note(request: HttpRequest, standings: Iterable[Standing]) -> None:
    """Have the answer to a request carry the fields."""
    lines = fields_of(standings)
    scope = getattr(request, "scope", None)
    if scope is None:
        setattr(request, _ON_REQUEST, lines)
    else:
        scope[LINES] = lines


@sync_and_async_middleware
def rate_limit_fields(get_response: Any) -> Any:
    """The middleware, for servers that do not speak ASGI."""
    if iscoroutinefunction(get_response):

        async def in_coroutine(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            return response

        return in_coroutine

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        for name, value in getattr(request, _ON_REQUEST, ()):
            response.headers["RateLimit" + name.decode()[len("ratelimit") :].title()] = value.decode()
        return response

    return in_thread
