"""uvicorn's HTTP protocol with bounds: ``--http web.server.http_protocol:HttpProtocol``.

httptools parses without any limit of its own. Here the head of a request is bounded in bytes, headers and
time, its body in time, and connections in number. What is refused gets a short plain answer and is closed.
"""

from __future__ import annotations

import asyncio
import enum
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from exchange.telemetry.request_ids import new_request_id
from web.server.http_limits import connections_of

#: Of a request line, beside the method and the target: two spaces and the version.
_REST_OF_LINE: Final = len("  HTTP/1.1")


class _Part(enum.Enum):
    """What of a request is expected next."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()


class _Refused(Exception):
    """Raised inside a parser's callback, which ends the parsing."""


class HttpProtocol(HttpToolsProtocol):
    """One connection, until it ends or becomes a WebSocket."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._plain = connections_of(app_state)
        self._limits = self._plain.limits
        self._part = _Part.NOTHING
        #: Bytes since the last head or piece of a body was complete.
        self._quiet_bytes = 0
        self._has_progress = False
        self._refusal: HTTPStatus | None = None
        self._is_refused = False
        self._dropped_bytes = 0
        #: When what is expected now must have come (seconds of the loop's clock); None when nothing is.
        self._deadline_s: float | None = None
        #: What the client has not read, and since when it has not been less.
        self._unread_bytes = 0
        self._unread_since_s: float | None = None

    # --- life ----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else None
        refusal = self._plain.refusal(address)
        if refusal is not None:
            self._answer(HTTPStatus(refusal))
            transport.close()
            return
        self._plain.add(self, address, self.loop)
        self._deadline_s = self.loop.time() + self._limits.head_s

    def connection_lost(self, exc: Exception | None) -> None:
        self._plain.discard(self)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._plain.discard(self)
        super().handle_websocket_upgrade()

    def check_time(self, now_s: float) -> None:
        """End the connection if the client has been too slow. Called now and then."""
        if self._deadline_s is not None and now_s >= self._deadline_s:
            if self.flow.read_paused and not self._is_refused:
                # It is this process that does not read yet.
                self._deadline_s = now_s + self._limits.body_s
            else:
                self._end_late()
        unread = self.transport.get_write_buffer_size()
        if not unread or unread < self._unread_bytes or self._unread_since_s is None:
            self._unread_since_s = now_s
        elif now_s - self._unread_since_s > self._limits.unread_s:
            self.transport.abort()
        self._unread_bytes = unread

    def _end_late(self) -> None:
        if self._part is _Part.HEAD and not self._is_refused:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.abort()

    # --- reading -------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            self._drop(data)
            return
        most = self._limits.head_bytes
        while data:
            room = most - self._quiet_bytes
            if len(data) <= room:
                self._feed(data)
                return
            if room <= 0:
                is_head = self._part is not _Part.BODY
                self._refuse(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if is_head else HTTPStatus.BAD_REQUEST
                )
                return
            if not self._feed(data[:room]):
                return
            data = data[room:]

    def _feed(self, data: bytes) -> bool:
        """Parse; False when the rest is not this protocol's to read."""
        self._unset_keepalive_if_required()
        self._has_progress = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._unsupported_upgrade_warning()
            return False
        except httptools.HttpParserError:
            self._refuse(self._refusal or HTTPStatus.BAD_REQUEST)
            return False
        self._quiet_bytes = 0 if self._has_progress else self._quiet_bytes + len(data)
        if self._part is not _Part.NOTHING or not self._has_progress:
            if self._deadline_s is None:
                limits = self._limits
                limit_s = limits.body_s if self._part is _Part.BODY else limits.head_s
                self._deadline_s = self.loop.time() + limit_s
        return True

    def on_message_begin(self) -> None:
        self._part = _Part.HEAD
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        limits, headers = self._limits, self.headers
        line_bytes = len(self.parser.get_method()) + len(self.url) + _REST_OF_LINE
        if len(headers) > limits.headers or line_bytes > limits.request_line_bytes:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        # RFC 9112, section 3.2: exactly one Host.
        hosts = sum([name == b"host" for name, _ in headers])
        if hosts != 1 and (hosts or self.parser.get_http_version() == "1.1"):
            self._stop(HTTPStatus.BAD_REQUEST)
        # Section 6.1: any other than this the parser finds when the request is on its way to an answer, and
        # then the connection would end without one.
        if any(name == b"transfer-encoding" and value.lower() != b"chunked" for name, value in headers):
            self._stop(HTTPStatus.BAD_REQUEST)
        self._part, self._has_progress, self._deadline_s = _Part.BODY, True, None
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._has_progress = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._part, self._has_progress, self._deadline_s = _Part.NOTHING, True, None
        super().on_message_complete()

    # --- refusing ------------------------------------------------------------------------------------

    def _drop(self, data: bytes) -> None:
        self._dropped_bytes += len(data)
        if self._dropped_bytes > self._limits.linger_bytes:
            self.transport.abort()

    def _stop(self, status: HTTPStatus) -> None:
        self._refusal = status
        raise _Refused

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer and close. What still comes is dropped unread, so that the answer is not lost to a reset."""
        self._is_refused = True
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            # The answer to a request before it is under way.
            self.transport.close()
            return
        self._answer(status)
        if self.transport.can_write_eof():
            self._deadline_s = self.loop.time() + self._limits.linger_s
            self.flow.resume_reading()
            self.transport.write_eof()
        else:
            self.transport.close()

    def _answer(self, status: HTTPStatus) -> None:
        text = status.phrase.encode("ascii")
        self.transport.write(
            b"HTTP/1.1 %d %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
            b"x-content-type-options: nosniff\r\nreferrer-policy: same-origin\r\n"
            b"x-request-id: %b\r\nconnection: close\r\n\r\n%b"
            % (status, text, len(text), new_request_id().encode(), text)
        )
