"""A message as it goes out: encoded once, framed once, the same bytes for every socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from exchange.wire.shapes import as_json
from web.server.deflate import deflated

_ENCODER: Final = msgspec.json.Encoder()
_FIN_TEXT: Final = 0x81
#: RSV1 beside it: the payload is compressed (RFC 7692, section 6).
_FIN_DEFLATED_TEXT: Final = 0xC1


def encode(message: Any) -> bytes:
    """JSON of a message, or of a row of one. Text that is not valid Unicode (a client's own, repeated) is
    escaped."""
    try:
        return _ENCODER.encode(message)
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":"), default=as_json).encode("ascii")


def frame(payload: bytes, first: int = _FIN_TEXT) -> bytes:
    """The payload as one whole, unmasked WebSocket text frame (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65_536:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


class Packet:
    """One message for any number of sockets: as a frame where the server takes frames, else as text."""

    __slots__ = ("_deflated", "_header", "_text", "frame")

    def __init__(self, message: Mapping[str, Any]) -> None:
        payload = encode(message)
        self.frame = frame(payload)
        self._header = len(self.frame) - len(payload)
        self._text: str | None = None
        self._deflated: bytes | None = None

    @property
    def deflated_frame(self) -> bytes:
        """The frame compressed, once for all sockets that take it so; as it is if that is no shorter."""
        if self._deflated is None:
            packed = frame(deflated(self.frame[self._header :]), _FIN_DEFLATED_TEXT)
            self._deflated = min(packed, self.frame, key=len)
        return self._deflated

    @property
    def text(self) -> str:
        """The message without its frame, decoded when first asked for."""
        if self._text is None:
            self._text = self.frame[self._header :].decode("utf-8")
        return self._text

    def __len__(self) -> int:
        return len(self.frame)
