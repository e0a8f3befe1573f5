"""Reading a client's WebSocket frames off the stream, all that came at once in one go.

uvicorn's protocol parses frame by frame through layers that cost more than an order does. Nearly all
a client sends is whole, masked text frames (RFC 6455, section 5.2), compressed where that has been agreed:
those are cut out here.
Control frames are handed to uvicorn one by one; with the first frame of any other kind, or one that is too
long, it gets the stream back for good.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

# The C version where there is one; the module chooses.
from websockets.frames import apply_mask  # type: ignore[attr-defined]

from web.server.deflate import inflated

_WHOLE_TEXT: Final = 0x81
#: The same, compressed (RFC 7692, section 6).
_WHOLE_DEFLATED: Final = 0xC1
_CONTROL: Final = range(0x88, 0x90)
_MASKED: Final = 0x80
_NO_MASK: Final = bytes(4)
#: Head of a client's frame with its mask; a length beyond the short ones takes two or eight bytes more.
_HEAD_BYTES: Final = 6
#: What tells whether it is such a frame.
_LEAST_BYTES: Final = 2
_SHORT_BYTES: Final = 125
_TWO_MORE: Final = 126


class FrameReader:
    """``received`` is given the stream in place of uvicorn's parser."""

    def __init__(
        self,
        message_bytes: int,
        deliver: Callable[[list[str]], None],
        pass_on: Callable[[bytes], Any],
        *,
        is_deflated: bool = False,
    ) -> None:
        """``deliver`` takes the texts of frames; ``pass_on`` is what else would read the stream.
        ``is_deflated``: the client may compress its messages, each by itself."""
        self._texts = (_WHOLE_TEXT, _WHOLE_DEFLATED) if is_deflated else (_WHOLE_TEXT,)
        self._message_bytes = message_bytes
        self._deliver = deliver
        self._pass_on = pass_on
        self._rest = b""
        self._is_given_up = False

    def give_up(self) -> None:
        """Leave everything that comes from now on to the other reader."""
        self._is_given_up = True

    def received(self, data: bytes) -> None:
        """The next bytes of the stream."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._is_given_up:
            self._pass_on(data)
            return
        texts: list[str] = []
        at, size, is_usual = 0, len(data), True
        while size - at >= _LEAST_BYTES:
            first, length, start = data[at], data[at + 1] - _MASKED, at + _HEAD_BYTES
            if length > _SHORT_BYTES:
                length, start = _longer(data, at, length)
            end = start + length
            if not 0 <= length <= self._message_bytes or not (first in self._texts or first in _CONTROL):
                is_usual = False
                break
            if end > size:
                break
            if first not in self._texts:
                is_usual = self._hand_over(texts, data[at:end])
                texts = []
                if not is_usual:
                    at = end
                    break
            elif (text := self._text(data, start, end, first)) is not None:
                texts.append(text)
            else:
                is_usual = False
                break
            at = end
        if not is_usual:
            self.give_up()
            self._hand_over(texts, data[at:])
            return
        self._rest = data[at:]
        if texts:
            self._deliver(texts)

    def _text(self, data: bytes, start: int, end: int, first: int) -> str | None:
        """The text of a frame; None if it is none, or too long."""
        payload, mask = data[start:end], data[start - 4 : start]
        if mask != _NO_MASK:
            payload = apply_mask(payload, mask)
        whole = inflated(payload, self._message_bytes) if first == _WHOLE_DEFLATED else payload
        try:
            return None if whole is None else whole.decode()
        except UnicodeDecodeError:
            return None

    def _hand_over(self, texts: list[str], data: bytes) -> bool:
        """Something for the other reader, after what came before it. False if that has ended the
        connection."""
        if texts:
            self._deliver(texts)
        if data:
            self._pass_on(data)
        return not self._is_given_up


def _longer(data: bytes, at: int, marker: int) -> tuple[int, int]:
    """Length and begin of the payload of a long frame. Of a head that is not whole the length is too small,
    yet the payload still begins beyond what there is."""
    more = 2 if marker == _TWO_MORE else 8
    return int.from_bytes(data[at + 2 : at + 2 + more], "big"), at + _HEAD_BYTES + more
