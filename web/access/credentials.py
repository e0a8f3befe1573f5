"""What a request carries to prove who sends it. ``accounts.identity`` decides whether it is believed."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from accounts.keys.verified_keys import Signed
from web.access.addresses import exact_address, exact_address_of_scope
from web.access.headers import Headers, cookie_of

_SCHEME: Final = b"bearer"
_KEY: Final = b"x-api-key"
_ACCOUNT: Final = b"x-account"
#: What a signed request names; a repeated header is joined by commas, which none of them allows.
_TIMESTAMP, _SIGNATURE, _WINDOW = b"x-timestamp", b"x-signature", b"x-recv-window"
_NAMES: Final = ("X-Timestamp", "X-Signature", "X-Recv-Window")
#: Characters of an address that stand for themselves, where only its decoded form is known.
_PLAIN: Final = "/:@!$&'()*+,;=~"


def bearer_token(headers: Headers) -> bytes | None:
    """The token of an Authorization header; None without one. The scheme's name counts in any case. What is
    not exactly one token gives an empty one, which no log-in ever has."""
    parts = headers.get(b"authorization", b"").split()
    if not parts or parts[0].lower() != _SCHEME:
        return None
    return parts[1] if len(parts) == 2 else b""


def bearer_token_of(request: HttpRequest) -> bytes | None:
    """The same of a Django request."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    return bearer_token({b"authorization": header.encode("latin-1", "replace")})


def signed_by_key(scope: dict[str, Any], headers: Headers) -> Signed | None:
    """What an ASGI request proves itself with by an API key; None without one."""
    if _KEY not in headers:
        return None
    return _signed(headers, exact_address_of_scope(scope, headers))


def signed_by_key_of(request: HttpRequest) -> Signed | None:
    """The same of a Django request."""
    if "HTTP_X_API_KEY" not in request.META:
        return None
    names = (_KEY, _TIMESTAMP, _SIGNATURE, _WINDOW)
    found = {name: request.META.get("HTTP_" + name.decode().upper().replace("-", "_")) for name in names}
    headers = {name: text.encode("latin-1", "replace") for name, text in found.items() if text is not None}
    return _signed(headers, exact_address(request))


def signed_target(scope: dict[str, Any]) -> bytes:
    """Path and query of an ASGI request as they were sent."""
    path = scope.get("raw_path") or quote(scope["path"], safe=_PLAIN).encode()
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else bytes(path)


def signed_target_of(request: HttpRequest) -> bytes:
    """The same of a Django request. Under WSGI only the decoded path is known: it is encoded anew."""
    scope = getattr(request, "scope", None)
    if scope is None:
        query = request.META.get("QUERY_STRING", "").encode("latin-1")
        scope = {"path": request.path, "query_string": query}
    return signed_target(scope)


def wanted_account(headers: Headers) -> str | None:
    """The account that a request names, as the requester calls it; None where it names none."""
    named = headers.get(_ACCOUNT)
    return None if named is None else named.decode("utf-8", "replace")


def wanted_account_of(request: HttpRequest) -> str | None:
    """The same of a Django request."""
    named = request.META.get("HTTP_X_ACCOUNT")
    return None if named is None else wanted_account({_ACCOUNT: named.encode("latin-1", "replace")})


def _signed(headers: Headers, address: str) -> Signed:
    timestamp, signature, window = (_text(headers.get(name)) for name in (_TIMESTAMP, _SIGNATURE, _WINDOW))
    return Signed(headers[_KEY].decode("latin-1"), timestamp, signature, window, address, _NAMES)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def session_key(headers: Headers) -> str | None:
    """The session key in the cookies; None without one."""
    return cookie_of(headers, settings.SESSION_COOKIE_NAME)
