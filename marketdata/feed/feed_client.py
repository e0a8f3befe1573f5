"""Asking marketdata how it is: for health checks, metrics and tests."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from exchange.link.protocol import FrameBuffer, FrameError
from marketdata.feed.feed_messages import MAX_FRAME_BYTES, AskStatus, Status, decode_messages, frame_of


def read_status(socket_path: Path | str, timeout_s: float = 2.0) -> dict[str, Any] | None:
    """The projector's own account of itself; None when it does not answer. Blocks up to ``timeout_s``.

    ``sequence`` and ``durable_sequence``, ``lag`` between them; ``breaches``: invariants found broken at
    ``checked_sequence``; ``snapshot_sequence``; ``retries`` of a database that refused; ``commits``,
    ``commands``, ``last_commit_ms``; ``pid``, ``uptime_s``."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout_s)
            connection.connect(str(socket_path))
            connection.sendall(frame_of([AskStatus()]))
            return _receive(connection)
    except (OSError, FrameError):
        return None


def _receive(connection: socket.socket) -> dict[str, Any] | None:
    buffer = FrameBuffer(MAX_FRAME_BYTES)
    while data := connection.recv(65_536):
        for body in buffer.feed(data):
            for message in decode_messages(body):
                if isinstance(message, Status):
                    return message.values
    return None
