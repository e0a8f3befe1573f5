"""Where the contracts are served: the AsyncAPI document, and the OpenAPI schema as Redoc shows it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from web.contracts.async_api import document

_REDOC: Final = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
#: The one picture that Redoc would fetch from elsewhere, which the page's policy refuses.
_REDOC_PICTURE: Final = "https://cdn.redoc.ly/redoc/logo-mini.svg"


class AsyncApiView(APIView):
    """The AsyncAPI document as JSON, written once in a process."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(_written(), content_type="application/json; charset=utf-8")


class RedocView(SpectacularRedocView):
    """The schema to read: nothing inline in its page, and nothing from elsewhere. ``?script``: Redoc itself,
    with a picture of this site's. Raises Http404 where Redoc is not installed."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "script" not in request.query_params:
            page: HttpResponseBase = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
            return page
        found = finders.find(_REDOC)
        if not isinstance(found, str):
            raise Http404
        script = Path(found).read_text().replace(_REDOC_PICTURE, static("favicon.svg"))
        headers = {"Cache-Control": "public, max-age=86400"}
        return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)


@cache
def _written() -> bytes:
    return msgspec.json.encode(document())
