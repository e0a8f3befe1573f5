"""The side door of a process: a small HTTP server in a thread of its own, where operators' tools ask how the
process is, however busy it is otherwise.

It listens on a Unix socket of the data folder or on an address, answers only GET of the paths it was given,
and is bounded: ``MAX_AT_ONCE`` requests at a time, ``PATIENCE_S`` for each.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, NamedTuple

from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

MAX_AT_ONCE: Final = 8
#: Connections that wait for the thread which takes them.
BACKLOG: Final = 64
PATIENCE_S: Final = 5.0


class Page(NamedTuple):
    """What a path answers."""

    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


Pages = Mapping[str, Callable[[], Page]]


class SideDoor:
    """Answers from ``start`` to ``close``. ``pages``: path → what makes its answer; called in a thread."""

    def __init__(self, where: Path | tuple[str, int], pages: Pages) -> None:
        self._where = where
        self._server = _server(where, pages)
        self._thread = threading.Thread(target=self._server.serve_forever, name="side door", daemon=True)

    @property
    def port(self) -> int:
        """The port of a door at an address, also where 0 was asked for; 0 for a Unix socket."""
        address = self._server.server_address
        return int(address[1]) if isinstance(address, tuple) else 0

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Answer no more, and take the socket away."""
        self._server.shutdown()
        self._server.server_close()
        if isinstance(self._where, Path):
            self._where.unlink(missing_ok=True)


def _server(where: Path | tuple[str, int], pages: Pages) -> socketserver.BaseServer:
    handler = type("Handler", (_Handler,), {"pages": dict(pages), "room": threading.Semaphore(MAX_AT_ONCE)})
    if isinstance(where, Path):
        where.unlink(missing_ok=True)
        return _UnixServer(str(where), handler)
    return (_Tcp6Server if ":" in where[0] else _TcpServer)(where, handler)


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = BACKLOG


class _Tcp6Server(_TcpServer):
    address_family = socket.AF_INET6


class _UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = BACKLOG


class _Handler(BaseHTTPRequestHandler):
    pages: Pages
    room: threading.Semaphore
    timeout = PATIENCE_S
    server_version, sys_version = "xtrader", ""

    def do_GET(self) -> None:
        if not self.room.acquire(blocking=False):
            return self._answer(Page(b"busy\n", status=503))
        try:
            self._answer(self._page())
        finally:
            self.room.release()

    def _page(self) -> Page:
        make = self.pages.get(self.path.partition("?")[0])
        if make is None:
            return Page(b"not here\n", status=404)
        try:
            return make()
        except Exception:
            log.exception("side_door_failed", path=self.path)
            return Page(b"failed\n", status=500)

    def _answer(self, page: Page) -> None:
        self.send_response(page.status)
        self.send_header("Content-Type", page.content_type)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page.body)

    def address_string(self) -> str:
        return "unix" if isinstance(self.client_address, str | bytes) else str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:
        """Not a line for each question."""


def ask(where: Path | tuple[str, int], path: str, patience_s: float = 2.0) -> tuple[int, bytes]:
    """GET a page of a side door: status and body. Raises OSError where nobody answers in time."""
    kind = socket.AF_UNIX if isinstance(where, Path) else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience_s)
        connection.connect(str(where) if isinstance(where, Path) else where)
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        return int(head.split(b" ", 2)[1]), body
    except (IndexError, ValueError):
        raise OSError(f"no answer of HTTP: {head[:80]!r}") from None
