"""A message as it goes out: encoded once, framed once, the same bytes for every socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from exchange.wiretypes import as_json

_ENCODER: Final = msgspec.json.Encoder()
_FIN_TEXT: Final = 0x81


def encode(message: Mapping[str, Any]) -> bytes:
    """JSON of a message. Text that is not valid Unicode (a client's own, repeated) is escaped."""
    try:
        return _ENCODER.encode(message)
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":"), default=as_json).encode("ascii")


def frame(payload: bytes) -> bytes:
    """The payload as one whole, unmasked WebSocket text frame (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((_FIN_TEXT, length)) + payload
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


class Packet:
    """One message for any number of sockets: as a frame where the server takes frames, else as text."""

    __slots__ = ("_header", "_text", "frame")

    def __init__(self, message: Mapping[str, Any]) -> None:
        payload = encode(message)
        self.frame = frame(payload)
        self._header = len(self.frame) - len(payload)
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The message without its frame, decoded when first asked for."""
        if self._text is None:
            self._text = self.frame[self._header :].decode("utf-8")
        return self._text

    def __len__(self) -> int:
        return len(self.frame)
