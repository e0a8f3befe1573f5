"""Bodies are bounded before anything stores them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from web.lanes.body_limit import BodyLimit

MAXIMUM = 64 * 1024


async def ask(headers: dict[bytes, bytes], chunks: list[bytes]) -> tuple[int | None, int]:
    """Status of the answer and how many bytes came through to the inner application."""
    sent: list[Any] = []
    passed = 0
    waiting = list(chunks)

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        nonlocal passed
        while (message := await receive())["type"] == "http.request":
            passed += len(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    scope = {"type": "http", "path": "/v1/order", "method": "POST", "headers": list(headers.items())}
    await BodyLimit(inner)(scope, receive, send)
    if sent[0]["status"] == 413:
        assert json.loads(sent[1]["body"])["error"] == "BODY_TOO_LARGE"
        assert len(sent) == 2
    return sent[0]["status"], passed


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    length = str(MAXIMUM + 1).encode()
    assert asyncio.run(ask({b"content-length": length}, [])) == (413, 0)


def test_a_body_within_the_bound_passes() -> None:
    length = str(MAXIMUM).encode()
    assert asyncio.run(ask({b"content-length": length}, [b"x" * MAXIMUM])) == (200, MAXIMUM)
    chunked = {b"transfer-encoding": b"chunked"}
    assert asyncio.run(ask(chunked, [b"x" * 1024] * 64)) == (200, MAXIMUM)


def test_an_endless_body_is_cut_off() -> None:
    chunked = {b"transfer-encoding": b"chunked"}
    status, passed = asyncio.run(ask(chunked, [b"x" * 1024] * 10_000))
    assert (status, passed) == (413, MAXIMUM)
