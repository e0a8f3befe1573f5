"""One client of the engine: its socket, what it sent, and what it has yet to read."""

from __future__ import annotations

import socket
from collections import deque
from itertools import islice
from typing import Any, Final

from exchange.journal.codec import DECODE_ERRORS
from exchange.link.protocol import (
    OUTCOMES,
    SEQUENCED,
    FrameBuffer,
    FrameError,
    Request,
    frame,
    request_decoder,
)

#: Taken from a socket at a time: a turn reads this much of each client, so none starves the others.
_READ_BYTES: Final = 256 * 1024
#: Frames written at a time; systems take at least this many.
_MAX_PIECES: Final = 16


class Disconnected(Exception):
    """The client is gone, or is not to be spoken to any more."""


class Connection:
    """Non-blocking; the server owns the loop. Raises Disconnected when the connection is over."""

    def __init__(self, sock: socket.socket, *, max_request_bytes: int, max_output_bytes: int) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.name = f"client {sock.fileno()}"
        #: The web process it is of, if it said so.
        self.web_process = ""
        #: Whether it gets the feed, and so the events of what is sequenced.
        self.reads_feed = False
        #: Outcome rows of this turn, sent as one message.
        self.rows: list[tuple[int, int, int, Any]] = []
        #: (first request id, first sequence, count) of outcomes of this turn without their events.
        self._runs: list[list[int]] = []
        #: Other messages of this turn.
        self.messages: list[Any] = []
        self.write_registered = False
        self.closed = False
        self._frames = FrameBuffer(max_request_bytes)
        self._output: deque[memoryview | bytes] = deque()
        self._output_bytes = 0
        self._max_output_bytes = max_output_bytes

    @property
    def has_output(self) -> bool:
        return bool(self._output)

    def read(self) -> list[Request]:
        """The messages that are complete now."""
        try:
            data = self.socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError as error:
            raise Disconnected(f"reading failed: {error}") from error
        if not data:
            raise Disconnected("closed by the client")
        try:
            return [message for body in self._frames.feed(data) for message in request_decoder.decode(body)]
        except (FrameError, *DECODE_ERRORS) as error:
            raise Disconnected(f"malformed frame: {error!s:.200}") from error

    def add_sequenced(self, request_id: int, sequence: int) -> None:
        """Add an outcome whose events the feed brings."""
        if self._runs:
            run = self._runs[-1]
            if request_id == run[0] + run[2] and sequence == run[1] + run[2]:
                run[2] += 1
                return
        self._runs.append([request_id, sequence, 1])

    def send_turn(self) -> None:
        """Queue this turn's outcomes and messages as one frame."""
        messages = self.messages
        if self.rows:
            messages = [(OUTCOMES, self.rows), *messages]
        if self._runs:
            messages = [(SEQUENCED, self._runs), *messages]
        if messages:
            self.send(frame(messages))
        self.rows, self._runs, self.messages = [], [], []

    def send(self, data: bytes) -> None:
        """Queue a frame. A client that lets too much pile up is given up."""
        self._output.append(data)
        self._output_bytes += len(data)
        if self._output_bytes > self._max_output_bytes:
            # What the kernel still takes decides: a long Hello alone is no reason.
            self.flush()
            if self._output_bytes > self._max_output_bytes and len(self._output) > 1:
                raise Disconnected(f"does not read: {self._output_bytes} bytes wait")

    def flush(self) -> None:
        """Write what the socket takes now: feed and outcomes of a turn in one go, so that their reader wakes
        once."""
        output = self._output
        while output:
            try:
                sent = self.socket.sendmsg(islice(output, _MAX_PIECES))
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                raise Disconnected(f"writing failed: {error}") from error
            self._output_bytes -= sent
            while output and sent >= len(output[0]):
                sent -= len(output.popleft())
            if sent:
                output[0] = memoryview(output[0])[sent:]
                return

    def close(self) -> None:
        self.closed = True
        self.socket.close()
