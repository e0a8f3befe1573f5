"""Requests to an ASGI application as a server hands them over, to the last byte of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request without a body."""

    path: str
    query: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    method: str = "GET"

    def scope(self) -> dict[str, Any]:
        names = {name for name, _ in self.headers}
        host = () if b"host" in names else ((b"host", b"testserver"),)
        return {
            "type": "http",
            "http_version": "1.1",
            "scheme": "http",
            "method": self.method,
            "path": self.path,
            "query_string": self.query,
            "root_path": "",
            "client": ("127.0.0.1", 5000),
            "server": ("testserver", 80),
            "headers": [*host, *self.headers],
        }


class Told(NamedTuple):
    """An answer: headers by lower-case name, in the order of names."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        return dict(self.headers).get(name)


class Aside(Exception):
    """A lane handed the request to Django, with this scope."""

    def __init__(self, scope: dict[str, Any]) -> None:
        super().__init__()
        self.scope = scope


async def step_aside(scope: Any, receive: Any, send: Any) -> None:
    """Stands for Django behind a lane."""
    raise Aside(scope)


async def ask(application: Any, asked: Asked) -> Told:
    """The application's answer. Raises Aside."""
    messages: list[Any] = []
    first = [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if first:
            return first.pop()
        return await asyncio.Future()

    async def send(message: Any) -> None:
        messages.append(message)

    await application(asked.scope(), receive, send)
    start, *bodies = messages
    headers = sorted((name.lower(), value) for name, value in start["headers"])
    return Told(start["status"], headers, b"".join(message.get("body", b"") for message in bodies))
