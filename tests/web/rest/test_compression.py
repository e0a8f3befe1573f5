"""Long answers of the API go out compressed to those who accept it, and nothing else does."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.rest.asgi import Asked, Told, ask
from web.lanes.compression import MIN_BYTES, Compression, accepts_gzip

Lines = Sequence[tuple[bytes, bytes]]
GZIP = ((b"accept-encoding", b"gzip, deflate, br"),)
JSON = ((b"content-type", b"application/json"),)


def answering(*bodies: bytes, status: int = 200, headers: Lines = JSON) -> Callable[..., Any]:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        lines = [*headers, (b"content-length", b"%d" % sum(map(len, bodies)))]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        for number, body in enumerate(bodies, start=1):
            more = number < len(bodies)
            await send({"type": "http.response.body", "body": body, "more_body": more})

    return application


def told(application: Callable[..., Any], path: str, headers: Lines = GZIP, method: str = "GET") -> Told:
    return asyncio.run(ask(Compression(application), Asked(path, headers=headers, method=method)))


@given(st.binary(max_size=4_000) | st.integers(0, 300_000).map(lambda size: b"row," * (size // 4)))
def test_the_answer_is_the_same_unpacked(body: bytes) -> None:
    plain = told(answering(body), "/v1/orders", headers=())
    packed = told(answering(body), "/v1/orders")
    assert plain.body == body
    is_packed = packed.header(b"content-encoding") == b"gzip"
    assert is_packed == (len(body) >= MIN_BYTES)
    assert (gzip.decompress(packed.body) if is_packed else packed.body) == body
    for answer in (plain, packed):
        assert answer.header(b"content-length") == b"%d" % len(answer.body)
        # A cache must not give one client what the other accepts.
        assert ((b"vary", b"Accept-Encoding") in answer.headers) == (len(body) >= MIN_BYTES)


@pytest.mark.parametrize(
    "path",
    ["/accounts/login/", "/", "/trade/BTC-KRW", "/api/v1/token", "/api/v1/token/refresh"],
)
def test_pages_and_tokens_are_left_alone(path: str) -> None:
    body = b"csrf" * 2_000
    assert told(answering(body), path).body == body


@pytest.mark.parametrize(
    ("application", "method"),
    [
        (answering(b"x" * 5_000), "POST"),
        (answering(b"x" * 5_000, status=404), "GET"),
        (answering(b"x" * 5_000, headers=((b"Content-Encoding", b"br"),)), "GET"),
        (answering(b"x" * 5_000, b"y" * 5_000), "GET"),
        (answering(b""), "HEAD"),
    ],
    ids=["changes", "errors", "packed already", "in pieces", "without a body"],
)
def test_other_answers_stay_as_they_are(application: Callable[..., Any], method: str) -> None:
    bare = asyncio.run(ask(application, Asked("/v1/orders", headers=GZIP, method=method)))
    assert told(application, "/v1/orders", method=method) == bare


@pytest.mark.parametrize(
    ("header", "is_accepted"),
    [
        (b"gzip", True),
        (b"GZIP;q=0.5", True),
        (b"deflate, gzip ; q=1.0, *;q=0", True),
        (b"*", True),
        (b"", False),
        (b"br, deflate", False),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, *", False),
        (b"*;q=0, gzip", True),
        (b";;,=", False),
    ],
)
def test_what_clients_accept(header: bytes, is_accepted: bool) -> None:
    assert accepts_gzip(header) is is_accepted
