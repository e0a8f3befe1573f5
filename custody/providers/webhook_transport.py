"""One POST to an address of the settings, within a deadline.

No redirect is followed, no proxy of the environment is asked, certificates are checked, and an answer is
read up to a bound. The deadline is for the whole: a side that sends a byte a second does not hold the job up.
(Only looking up a name takes as long as the machine's resolver lets it.)
"""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import httpcore

#: The longest answer that is read.
MAX_ANSWER_BYTES: Final = 65_536


class TransportError(Exception):
    """No answer. Whether the request arrived is not known."""


class NeverLeftError(TransportError):
    """There was no connection: no byte of the request has left."""


class TransportAnswer(NamedTuple):
    """An answer as it came. Names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def post(url: str, headers: Mapping[str, str], body: bytes, timeout_s: float) -> TransportAnswer:
    """Send it once. Raises NeverLeftError and TransportError."""
    deadline = _Deadline(time.monotonic() + timeout_s)
    context = _ssl_context() if url.startswith("https:") else None
    # Each request has a connection of its own: nothing is ever sent again because an old one has gone away.
    pool = httpcore.ConnectionPool(
        ssl_context=context, network_backend=_Backend(deadline), max_keepalive_connections=0
    )
    try:
        with pool, pool.stream("POST", url, headers=_header_rows(headers), content=body) as response:
            received = _read(response.iter_stream())
            named = {_text(name).lower(): _text(value) for name, value in response.headers}
            return TransportAnswer(response.status, named, received)
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise NeverLeftError(_said(error)) from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise TransportError(_said(error)) from None


def _header_rows(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("Accept-Encoding", "identity"), *headers.items()]


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")


def _read(chunks: Iterable[bytes]) -> bytes:
    received = b""
    for chunk in chunks:
        received += chunk
        if len(received) > MAX_ANSWER_BYTES:
            raise TransportError(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
    return received


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """The machine's certificates; names and chains are checked."""
    return ssl.create_default_context()


# --- the deadline ----------------------------------------------------------------------------------------


class _Deadline:
    """Gives every step what is left of the whole."""

    def __init__(self, at_s: float) -> None:
        self._at_s = at_s

    def left_s(self, error: type[httpcore.TimeoutException]) -> float:
        """Raises ``error`` when nothing is left."""
        left_s = self._at_s - time.monotonic()
        if left_s <= 0:
            raise error("the deadline is over")
        return left_s


class _Backend(httpcore.SyncBackend):
    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left_s(httpcore.ConnectTimeout)
        stream = super().connect_tcp(host, port, left_s, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left_s(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left_s(httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left_s(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left_s), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
