"""Which language a requester is answered in: the same choice for views, lanes and sockets.

Django makes it (``get_language_from_request``): the language cookie first, then Accept-Language, then
``LANGUAGE_CODE``. Its middleware has made it for a request that a view answers; ``language_of`` makes it
where no middleware runs.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.translation import get_language, get_language_from_request

from web.access.headers import Headers, cookie_of

#: Longest list of languages that is remembered.
LONGEST_REMEMBERED: Final = 255


def language_of(headers: Headers) -> str:
    """``en`` or ``ko``, from the headers of an ASGI request or handshake."""
    accepted = headers.get(b"accept-language", b"")
    if b"cookie" in headers:
        return _chosen(accepted, cookie_of(headers, settings.LANGUAGE_COOKIE_NAME))
    return _remembered(accepted) if len(accepted) <= LONGEST_REMEMBERED else _chosen(accepted, None)


def active_language() -> str:
    """The language of the Django request in hand, as its middleware has chosen it."""
    return get_language() or settings.LANGUAGE_CODE


def said(en: str, ko: str) -> str:
    """A text of a page in the language of the request in hand."""
    return ko if active_language().startswith("ko") else en


#: The same for texts that stand in classes: read each time they are shown.
lazily_said: Any = lazy(said, str)


@functools.lru_cache(maxsize=256)
def _remembered(accepted: bytes) -> str:
    return _chosen(accepted, None)


def _chosen(accepted: bytes, cookie: str | None) -> str:
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted.decode("latin-1")
    if cookie is not None:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    return get_language_from_request(request)
