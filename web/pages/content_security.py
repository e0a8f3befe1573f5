"""The Content-Security-Policy of every page: scripts, styles and data come from this site alone, and no
other site frames it. With it goes the Permissions-Policy: no page uses a camera or the like.

Django 5.2 has no middleware for it. No page has an inline script, so none needs a nonce.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER: Final = "Content-Security-Policy"

#: The style element that lightweight-charts makes for its attribution mark; a test compares it with the
#: package.
ATTRIBUTION_STYLE: Final = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='"

#: What a page could ask of a browser and none of ours does; passkeys and the clipboard are the site's own.
PERMISSIONS: Final = ", ".join(
    (
        *(
            f"{name}=()"
            for name in (
                *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation"),
                *("gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment"),
                *("picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
            )
        ),
        *(
            f"{name}=(self)"
            for name in (
                *("clipboard-write", "fullscreen", "publickey-credentials-create"),
                "publickey-credentials-get",
            )
        ),
    )
)
PERMISSIONS_HEADER: Final = "Permissions-Policy"

_SELF: Final = "'self'"
_NONE: Final = "'none'"
_PAGE: Final = {
    "default-src": _SELF,
    "script-src": _SELF,
    "style-src": f"{_SELF} {ATTRIBUTION_STYLE}",
    "img-src": f"{_SELF} data:",
    "object-src": _NONE,
    "base-uri": _NONE,
    "form-action": _SELF,
    "frame-ancestors": _NONE,
}
_INLINE_STYLES: Final = {"style-src": f"{_SELF} 'unsafe-inline'"}


def _written(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


#: The terminal, log-in and every other page.
PAGES: Final = _written(_PAGE)
#: What the operator pages need: their packages write styles into the page, and Alpine evaluates what the
#: templates say in attributes. Inline scripts stay refused.
OPERATOR_PAGES: Final = _written({**_PAGE, "script-src": f"{_SELF} 'unsafe-eval'", **_INLINE_STYLES})
#: The documentation and the browsable API write styles into the page.
API_PAGES: Final = _written({**_PAGE, **_INLINE_STYLES})
_BY_PREFIX: Final = (("/admin/", OPERATOR_PAGES), ("/api/", API_PAGES), ("/v1/", API_PAGES))


def policy_of(path: str, content_type: str) -> str | None:
    """The policy of an answer of a type at a path; None for what is no page, which browsers neither run nor
    frame."""
    if not content_type.startswith("text/html"):
        return None
    return next((policy for prefix, policy in _BY_PREFIX if path.startswith(prefix)), PAGES)


@sync_and_async_middleware
def content_security(get_response: Any) -> Any:
    """The middleware. A policy that an answer brings along stays."""
    if iscoroutinefunction(get_response):

        async def in_coroutine(request: HttpRequest) -> HttpResponseBase:
            return _with_policy(request, await get_response(request))

        return in_coroutine

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        return _with_policy(request, get_response(request))

    return in_thread


def _with_policy(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    # Django's pages for developers, which are shown with DEBUG alone, consist of inline styles and scripts.
    if settings.DEBUG and response.status_code >= 400:
        return response
    policy = policy_of(request.path, response.headers.get("Content-Type", ""))
    if policy is not None:
        response.headers.setdefault(HEADER, policy)
        response.headers.setdefault(PERMISSIONS_HEADER, PERMISSIONS)
    return response
