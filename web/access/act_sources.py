"""Notes where a request comes from, for the audit log (``exchange.audit.provenance``)."""

from __future__ import annotations

from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from exchange.audit.provenance import ATTRIBUTE, Source, coming_from
from web.access.addresses import exact_address


@sync_and_async_middleware
def act_source(get_response: Any) -> Any:
    """The middleware."""
    if iscoroutinefunction(get_response):

        async def in_coroutine(request: HttpRequest) -> HttpResponseBase:
            with coming_from(_noted(request)):
                found: HttpResponseBase = await get_response(request)
                return found

        return in_coroutine

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        with coming_from(_noted(request)):
            found: HttpResponseBase = get_response(request)
            return found

    return in_thread


def _noted(request: HttpRequest) -> Source:
    source = Source(exact_address(request), request.META.get("HTTP_USER_AGENT", ""))
    setattr(request, ATTRIBUTE, source)
    return source
