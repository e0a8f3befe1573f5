"""permessage-deflate (RFC 7692) without context takeover.

Each message is compressed by itself. So one that goes to many sockets is compressed once for all of them, and
a socket keeps no state: the tens of kilobytes that a context takes per connection are never taken.
"""

from __future__ import annotations

import zlib
from typing import Final

from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.server import ServerProtocol

#: The name of the setting in the server's state: messages from this length on are compressed; 0: none.
DEFLATE_FROM_KEY: Final = "web.deflate_from_bytes"

#: A window of 4 KiB holds many rows, which repeat each other; a client needs no more than it.
WINDOW_BITS: Final = 12
_LEVEL: Final = 1
_MEMORY_LEVEL: Final = 5
#: What ends every message of zlib's and is left out (RFC 7692, section 7.2.1).
_TAIL: Final = b"\x00\x00\xff\xff"

_FACTORY: Final = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=WINDOW_BITS,
    client_max_window_bits=WINDOW_BITS,
    compress_settings={"level": _LEVEL, "memLevel": _MEMORY_LEVEL},
)


def offer(protocol: ServerProtocol) -> None:
    """Accept compression from clients that ask for it."""
    protocol.available_extensions = [_FACTORY]


def is_agreed(protocol: ServerProtocol) -> bool:
    """Whether the client takes what ``deflated`` makes: it may have asked for a smaller window."""
    return any(
        isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits >= WINDOW_BITS
        for extension in protocol.extensions
    )


def deflated(payload: bytes) -> bytes:
    """The payload of a compressed message."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -WINDOW_BITS, _MEMORY_LEVEL)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)


def inflated(payload: bytes, maximum: int) -> bytes | None:
    """What a client has compressed; None if it is longer than ``maximum`` bytes or damaged."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        text = unpacker.decompress(payload + _TAIL, maximum + 1)
    except zlib.error:
        return None
    return text if len(text) <= maximum and not unpacker.unconsumed_tail else None
