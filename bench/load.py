"""The load generator: HTTP and WebSocket connections as thin as they can be made.

On a small machine the generator competes with what it measures, so it does no more than a client must:
requests are encoded beforehand and sent over and over; of replies it reads whether they were good and what
was filled, for the sums that are compared with engine and database afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Protocol

import msgspec
from msgspec import UNSET, UnsetType

#: How long the last replies may take.
_PATIENCE_S: Final = 60.0


class Fill(msgspec.Struct):
    quantity: str
    fee: str


class Placed(msgspec.Struct):
    """What is read of one order's outcome."""

    #: Not looked into: whether there is one says that it was taken.
    order: msgspec.Raw | UnsetType = UNSET
    fills: tuple[Fill, ...] = ()
    error: str = ""


class Reply(Placed):
    """What is read of a reply; the rest of it is skipped."""

    type: str = ""
    id: int | None = None
    ok: bool = True
    results: tuple[Placed, ...] = ()


_reply: Final = msgspec.json.Decoder(Reply)


class Tally:
    """What the client was told, over all of its connections: orders taken, and taker fills to the last
    unit."""

    def __init__(self) -> None:
        self.orders = 0
        self.errors: Counter[str] = Counter()
        self._fills: list[Fill] = []

    def take(self, reply: Reply) -> None:
        for placed in reply.results or (reply,):
            if placed.error:
                self.errors[placed.error] += 1
            elif placed.order is not UNSET:
                self.orders += 1
                if placed.fills:
                    self._fills += placed.fills

    def sums(self) -> tuple[Decimal, Decimal]:
        """Quantity and fees of all taker fills."""
        quantity = sum((Decimal(fill.quantity) for fill in self._fills), Decimal())
        return quantity, sum((Decimal(fill.fee) for fill in self._fills), Decimal())


class Load(Protocol):
    """A connection that sends its requests, over and over, with at most so many unanswered."""

    latencies_ns: array[int]
    failed: Counter[str]
    tally: Tally

    async def run(self, requests: Sequence[bytes], in_flight: int, seconds: float) -> None: ...

    async def run_paced(
        self, requests: Sequence[bytes], per_second: float, seconds: float, phase: float
    ) -> None: ...

    def close(self) -> None: ...


class _Connection(asyncio.Protocol):
    """Requests in order, replies in any."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.latencies_ns = array("q")
        self.failed: Counter[str] = Counter()
        self.tally = tally or Tally()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._requests: Sequence[bytes] = ()
        self._at = 0
        self._unanswered = 0
        self._until = 0.0
        self._is_paced = False
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

    async def run(self, requests: Sequence[bytes], in_flight: int, seconds: float) -> None:
        """Send until the time is over, a request for each reply; returns with the last reply."""
        self._begin(requests, seconds)
        self._send(in_flight)
        await self._finished()

    async def run_paced(
        self, requests: Sequence[bytes], per_second: float, seconds: float, phase: float
    ) -> None:
        """Send so many a second whether or not replies come; a latency counts from when the request was due,
        so that waiting in this process is not left out. The first is due after this part of the time between
        two, so that connections do not all send at the same moment."""
        self._begin(requests, seconds)
        self._is_paced = True
        began_ns = time.perf_counter_ns()
        gap_ns = 1e9 / per_second
        for number in range(round(seconds * per_second)):
            due_ns = began_ns + round((number + phase) * gap_ns)
            wait_s = (due_ns - time.perf_counter_ns()) / 1e9
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self._send(1, due_ns)
        self._is_paced = False
        self._answered(0)
        await self._finished()

    def _begin(self, requests: Sequence[bytes], seconds: float) -> None:
        self._requests, self._at = requests, 0
        self._until = time.perf_counter() + seconds
        self._done = asyncio.get_running_loop().create_future()

    async def _finished(self) -> None:
        """Until every request has its reply. Raises RuntimeError when some never come."""
        assert self._done is not None
        left_s = max(0.0, self._until - time.perf_counter())
        try:
            await asyncio.wait_for(self._done, left_s + _PATIENCE_S)
        except TimeoutError as error:
            raise RuntimeError(f"{self._unanswered} requests of a connection were never answered") from error
        self._done = None

    def _send(self, count: int, due_ns: int = 0) -> None:
        """Send the next ``count`` requests in one write."""
        assert self._transport is not None
        now_ns = due_ns or time.perf_counter_ns()
        self._unanswered += count
        chunk: list[bytes] = []
        while count:
            at, some = self._at, min(count, len(self._requests) - self._at)
            self._sent(at, some, now_ns)
            chunk += self._requests[at : at + some]
            self._at = at + some if at + some < len(self._requests) else 0
            count -= some
        self._transport.write(b"".join(chunk))

    def _answered(self, count: int) -> None:
        """So many replies came: as many requests may follow."""
        self._unanswered -= count
        if self._is_paced:
            return
        if count and time.perf_counter() < self._until:
            self._send(count)
        if not self._unanswered and self._done is not None and not self._done.done():
            self._done.set_result(None)

    def _take(self, reply: Reply) -> None:
        self.tally.take(reply)
        if reply.error:
            self.failed[reply.error] += 1

    def _sent(self, at: int, count: int, now_ns: int) -> None:
        raise NotImplementedError


class HttpConnection(_Connection):
    """Keep-alive HTTP/1.1, one request at a time (``in_flight`` 1). ``reads`` decodes replies of orders."""

    def __init__(self, tally: Tally | None = None, *, reads: bool = True) -> None:
        super().__init__(tally)
        self._reads = reads

    def _sent(self, at: int, count: int, now_ns: int) -> None:
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
            self.failed[bytes(body[:80]).decode()] += 1
        elif self._reads:
            self._take(_reply.decode(body))
        self._buffer.clear()
        self._answered(1)


def http_post(path: str, token: str, body: bytes) -> bytes:
    """A POST as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def http_get(path: str, token: str = "") -> bytes:
    """A GET as bytes."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}Accept: application/json\r\n\r\n".encode()
    )


class WebSocketConnection(_Connection):
    """A WebSocket that matches replies to requests by their ids: the place of the request in its list.
    A list must be longer than what may be unanswered."""

    def __init__(self, tally: Tally | None = None) -> None:
        super().__init__(tally)
        #: When each request was last sent, by its place in the list.
        self._sent_ns: list[int] = []
        self._rest = b""
        self._is_open = asyncio.Event()
        self._authenticated = asyncio.Event()

    async def open(self, host: str, port: int, token: str = "", path: str = "/ws") -> None:
        """Shake hands and, with a token, log in. Raises TimeoutError."""
        assert self._transport is not None
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await asyncio.wait_for(self._is_open.wait(), 30)
        if token:
            self.send({"op": "auth", "id": -1, "token": token})
            await asyncio.wait_for(self._authenticated.wait(), 30)

    def send(self, message: object) -> None:
        """A request that is not measured."""
        assert self._transport is not None
        self._transport.write(ws_frame(msgspec.json.encode(message)))

    def _begin(self, requests: Sequence[bytes], seconds: float) -> None:
        super()._begin(requests, seconds)
        self._sent_ns = [0] * len(requests)

    def _sent(self, at: int, count: int, now_ns: int) -> None:
        self._sent_ns[at : at + count] = [now_ns] * count

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if not self._is_open.is_set():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise ConnectionError(head[:200].decode())
            self._is_open.set()
        now_ns, replies = time.perf_counter_ns(), 0
        for payload in self._messages(data):
            replies += self._message(payload, now_ns)
        if replies:
            self._answered(replies)

    def _messages(self, buffer: bytes) -> list[bytes]:
        """Payloads of the whole text frames received; the server's frames are neither masked nor split."""
        at, payloads = 0, []
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
                payloads.append(buffer[start : start + length])
            at = start + length
        self._rest = buffer[at:]
        return payloads

    def _message(self, payload: bytes, now_ns: int) -> bool:
        """Whether the message answers a request of ``run``."""
        reply = _reply.decode(payload)
        if reply.type != "reply" or reply.id is None:
            return False
        if reply.id < 0:
            if not reply.ok:
                raise ConnectionError(f"refused: {payload.decode()}")
            self._authenticated.set()
            return False
        self.latencies_ns.append(now_ns - self._sent_ns[reply.id])
        self._take(reply)
        return True


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
