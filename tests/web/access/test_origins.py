"""A page may open the WebSocket of the site it is from: the same scheme, host and port."""

from __future__ import annotations

from typing import Any

import pytest

from web.access.headers import Headers
from web.access.origins import origin_allowed

HOST = b"127.0.0.1:8000"
PROXY = ("HTTP_X_FORWARDED_PROTO", "https")


def is_allowed(origin: bytes | None, host: bytes = HOST, scheme: str = "ws", **more: bytes) -> bool:
    headers: Headers = {b"host": host, **{name.encode().replace(b"_", b"-"): more[name] for name in more}}
    if origin is not None:
        headers[b"origin"] = origin
    return origin_allowed(headers, ("https://listed.example",), scheme)


@pytest.mark.attack("A20")
@pytest.mark.parametrize(
    "origin, allowed",
    [
        (None, True),
        (b"http://127.0.0.1:8000", True),
        (b"HTTP://127.0.0.1:8000", True),
        (b"https://listed.example", True),
        (b"http://listed.example", False),
        (b"https://127.0.0.1:8000", False),
        (b"file://127.0.0.1:8000", False),
        (b"ws://127.0.0.1:8000", False),
        (b"http://127.0.0.1:8001", False),
        (b"http://127.0.0.1", False),
        (b"http://127.0.0.1:8000/", False),
        (b"http://127.0.0.1:8000/x", False),
        (b"http://me@127.0.0.1:8000", False),
        (b"//127.0.0.1:8000", False),
        (b"null", False),
        (b"", False),
    ],
)
def test_over_http(origin: bytes | None, allowed: bool) -> None:
    assert is_allowed(origin) is allowed


@pytest.mark.attack("A20")
@pytest.mark.parametrize("host", [b"localhost", b"localhost:443"])
def test_behind_the_proxy_of_tls(settings: Any, host: bytes) -> None:
    settings.TLS, settings.SECURE_PROXY_SSL_HEADER = True, PROXY
    assert is_allowed(b"https://localhost", host)
    assert is_allowed(b"https://localhost", host, x_forwarded_proto=b"https")
    assert not is_allowed(b"http://localhost", host)
    assert not is_allowed(b"https://localhost:8443", host)


def test_a_proxy_of_our_own_names_the_scheme(settings: Any) -> None:
    assert not is_allowed(b"https://localhost", b"localhost", x_forwarded_proto=b"https"), "the client's word"
    settings.SECURE_PROXY_SSL_HEADER = PROXY
    assert is_allowed(b"https://localhost", b"localhost", x_forwarded_proto=b"https, http")
    assert not is_allowed(b"http://localhost", b"localhost", x_forwarded_proto=b"https")
    assert is_allowed(b"http://localhost", b"localhost", x_forwarded_proto=b"http")
    assert is_allowed(b"http://localhost", b"localhost:80")


def test_tls_that_ends_here() -> None:
    assert is_allowed(b"https://127.0.0.1:8000", scheme="wss")
    assert not is_allowed(b"http://127.0.0.1:8000", scheme="wss")


@pytest.mark.attack("A20")
def test_another_host_is_refused_whoever_asks() -> None:
    assert not is_allowed(None, b"evil.example")
    assert not is_allowed(b"http://evil.example", b"evil.example")
