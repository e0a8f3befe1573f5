"""The load generator: HTTP and WebSocket connections as thin as they can be made.

On a small machine the generator competes with what it measures, so it does no more than a client must:
requests are encoded beforehand, replies are looked at for errors only.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections import Counter, deque
from typing import Final, Protocol

import msgspec

Address = tuple[str, int]


class Reply(msgspec.Struct):
    """What is read of a reply over the WebSocket; the rest of it is skipped."""

    type: str
    id: int | None = None
    ok: bool = True
    error: str = ""


_reply: Final = msgspec.json.Decoder(Reply)


class Load(Protocol):
    """A connection that sends its requests with at most so many unanswered."""

    latencies_ns: list[int]
    errors: Counter[str]

    async def run(self, requests: list[bytes], in_flight: int, seconds: float) -> None: ...

    def close(self) -> None: ...


class _Connection(asyncio.Protocol):
    """Requests in order, replies in any."""

    def __init__(self) -> None:
        self.latencies_ns: list[int] = []
        self.errors: Counter[str] = Counter()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._requests: deque[bytes] = deque()
        self._unanswered = 0
        self._until = 0.0
        self._done: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(ConnectionError(f"closed by the server: {exc}"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def run(self, requests: list[bytes], in_flight: int, seconds: float) -> None:
        """Send until there are no more requests or the time is over; returns with the last reply."""
        self._requests = deque(requests)
        self._until = time.perf_counter() + seconds
        self._done = asyncio.get_running_loop().create_future()
        self._send(in_flight)
        await self._done

    def _send(self, count: int) -> None:
        """Send the next ``count`` requests in one write."""
        assert self._transport is not None
        chunk = [self._requests.popleft() for _ in range(min(count, len(self._requests)))]
        self._unanswered += len(chunk)
        now_ns = time.perf_counter_ns()
        for request in chunk:
            self._sent(request, now_ns)
        if chunk:
            self._transport.write(b"".join(chunk))

    def _answered(self, count: int) -> None:
        """So many replies came: as many requests may follow."""
        self._unanswered -= count
        if time.perf_counter() < self._until:
            self._send(count)
        if not self._unanswered and self._done is not None and not self._done.done():
            self._done.set_result(None)

    def _sent(self, request: bytes, now_ns: int) -> None:
        raise NotImplementedError


class HttpConnection(_Connection):
    """Keep-alive HTTP/1.1, one request at a time (``in_flight`` 1)."""

    def _sent(self, request: bytes, now_ns: int) -> None:
        self._sent_ns = now_ns

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = bytes(self._buffer[:head_end]).lower()
        length_at = head.index(b"content-length:") + len(b"content-length:")
        length = int(head[length_at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < head_end + 4 + length:
            return
        self.latencies_ns.append(time.perf_counter_ns() - self._sent_ns)
        body = self._buffer[head_end + 4 :]
        if head[9:12] != b"200":
            self.errors[bytes(body[:80]).decode()] += 1
        elif b'"error"' in body:
            self.errors[_first_error(body)] += 1
        self._buffer.clear()
        self._answered(1)


def http_request(path: str, token: str, body: bytes) -> bytes:
    """A POST as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class WebSocketConnection(_Connection):
    """A WebSocket that matches replies to requests by their ids, which are 0, 1, 2 … in order of sending."""

    def __init__(self) -> None:
        super().__init__()
        self._sent_ns: list[int] = []
        self._is_open = asyncio.Event()
        self._authenticated = asyncio.Event()

    async def open(self, host: str, port: int, token: str) -> None:
        """Shake hands and log in. Raises TimeoutError."""
        assert self._transport is not None
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await asyncio.wait_for(self._is_open.wait(), 10)
        self._transport.write(ws_frame(msgspec.json.encode({"op": "auth", "id": -1, "token": token})))
        await asyncio.wait_for(self._authenticated.wait(), 10)

    def _sent(self, request: bytes, now_ns: int) -> None:
        self._sent_ns.append(now_ns)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_open.is_set():
            head_end = self._buffer.find(b"\r\n\r\n")
            if head_end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(bytes(self._buffer[:200]).decode())
            del self._buffer[: head_end + 4]
            self._is_open.set()
        replies = sum(self._take(payload) for payload in self._messages())
        if replies:
            self._answered(replies)

    def _messages(self) -> list[bytes]:
        """Payloads of the whole text frames received; the server's frames are neither masked nor split."""
        buffer, at, payloads = self._buffer, 0, []
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length >= 126:
                start = at + (4 if length == 126 else 10)
                if len(buffer) < start:
                    break
                length = int.from_bytes(buffer[at + 2 : start])
            if len(buffer) < start + length:
                break
            if buffer[at] == 0x81:
                payloads.append(bytes(buffer[start : start + length]))
            at = start + length
        del buffer[:at]
        return payloads

    def _take(self, payload: bytes) -> bool:
        """Whether the message answers a request of ``run``."""
        reply = _reply.decode(payload)
        if reply.type != "reply" or reply.id is None:
            return False
        if reply.id < 0:
            if not reply.ok:
                raise ConnectionError(f"not logged in: {payload.decode()}")
            self._authenticated.set()
            return False
        self.latencies_ns.append(time.perf_counter_ns() - self._sent_ns[reply.id])
        if not reply.ok:
            self.errors[reply.error] += 1
        elif b'"error"' in payload:
            self.errors[_first_error(payload)] += 1
        return True


def _first_error(body: bytes | bytearray) -> str:
    """The code after the first ``"error":`` of a batch's reply."""
    return bytes(body).split(b'"error":', 1)[1][:40].split(b",")[0].decode().strip(' "')


def ws_frame(payload: bytes) -> bytes:
    """A client's text frame. Its mask is zero, which leaves the payload as it is."""
    length = len(payload)
    if length < 126:
        head = bytes((0x81, 0x80 | length))
    elif length < 65_536:
        head = bytes((0x81, 0xFE)) + length.to_bytes(2)
    else:
        head = bytes((0x81, 0xFF)) + length.to_bytes(8)
    return head + b"\0\0\0\0" + payload
