"""The edge of HTTP: every request has an id from here on, and every answer carries it."""

from __future__ import annotations

import time
from typing import Any, Final

from exchange import process
from exchange.telemetry.redaction import shown_path
from exchange.telemetry.request_ids import HEADER, enter_request, request_id_of
from exchange.telemetry.slow_log import SlowLog
from exchange.telemetry.tracing import Traced, Tracing, request_id_for
from web.lanes.answers import Application, Receive, Scope, Send

_HEADER: Final = HEADER.lower().encode()
_TRACEPARENT: Final = b"traceparent"
#: A handshake that is refused is answered too.
_STARTS: Final = frozenset({"http.response.start", "websocket.http.response.start"})


class RequestEdge:
    """Stands around all of HTTP: gives ``X-Request-ID`` (the client's, if it is one), begins traces, and
    notes requests that took long."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = traceparent = None
        for name, value in scope["headers"]:
            if name == _HEADER:
                given = value.decode("latin-1")
            elif name == _TRACEPARENT:
                traceparent = value.decode("latin-1")
        # A WebSocket's requests are traced one by one.
        tracing = process.find(Tracing) if scope["type"] == "http" else None
        if tracing is None:
            request_id, traced = request_id_of(given), None
            enter_request(request_id)
        else:
            request_id = request_id_for(given, traceparent or "")
            traced = tracing.begin(_name_of(scope), request_id, traceparent or "")
        answer = _Answer(request_id, send)
        started_s = time.perf_counter()
        try:
            await self._inner(scope, receive, answer.send)
        finally:
            took_s = time.perf_counter() - started_s
            _note_slow(scope, answer.status, took_s)
            if tracing is not None and traced is not None:
                _end(tracing, traced, answer.status)


class _Answer:
    """What an application sends, with the header."""

    __slots__ = ("_line", "_send", "status")

    def __init__(self, request_id: str, send: Send) -> None:
        self._line = (_HEADER, request_id.encode())
        self._send = send
        self.status = 0

    async def send(self, message: Any) -> None:
        if message["type"] in _STARTS:
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), self._line]}
        await self._send(message)


def _name_of(scope: Scope) -> str:
    return f"{scope['method']} {shown_path(scope['path'])}"


def _note_slow(scope: Scope, status: int, took_s: float) -> None:
    slow = process.part(SlowLog)
    if took_s >= slow.request_s and scope["type"] == "http":
        slow.note("request", took_s, method=scope["method"], path=shown_path(scope["path"]), status=status)


def _end(tracing: Tracing, traced: Traced, status: int) -> None:
    tracing.end(traced, **{"http.response.status_code": status})
