"""Request headers and cookies by name, as Django reads them."""

from __future__ import annotations

from collections.abc import Iterable

from django.http.cookie import parse_cookie

#: Header values by lower-case name.
Headers = dict[bytes, bytes]


def joined(lines: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers of an ASGI scope; values of a repeated name are joined by commas."""
    headers: Headers = {}
    for name, value in lines:
        before = headers.get(name)
        headers[name] = value if before is None else before + b"," + value
    return headers


def cookie_of(headers: Headers, name: str) -> str | None:
    """The value of a cookie; None without it."""
    header = headers.get(b"cookie")
    return None if header is None else parse_cookie(header.decode("latin-1")).get(name)
