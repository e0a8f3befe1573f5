"""The engine socket's frames over asyncio streams: a u32 length and a msgpack list of messages."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from exchange.journal.codec import DECODE_ERRORS, decoder
from exchange.worker.protocol import LENGTH_BYTES, FrameError
from exchange.worker.protocol import frame as pack_frame

__all__ = ["FrameError", "decode_frame", "pack_frame", "read_frame"]

#: A symbol's rings take about half a megabyte.
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
_decoder: Final = decoder(list[list[Any]])


async def read_frame(reader: asyncio.StreamReader) -> list[list[Any]] | None:
    """The next frame's messages; None when the other side has closed. Raises FrameError."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "little")
        if length > MAX_FRAME_BYTES:
            raise FrameError(f"a frame of {length} bytes; the limit is {MAX_FRAME_BYTES}")
        body = await reader.readexactly(length)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise FrameError("the connection ended inside a frame") from error
        return None
    return decode_frame(body)


def decode_frame(body: bytes) -> list[list[Any]]:
    """A frame's messages from what follows its length. Raises FrameError."""
    try:
        return list(_decoder.decode(body))
    except DECODE_ERRORS as error:
        raise FrameError(f"not a frame: {error}") from error
