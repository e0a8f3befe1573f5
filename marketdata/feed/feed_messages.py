"""What crosses the marketdata socket, in the engine socket's frames (``exchange.link.protocol``).

A frame is a length and a msgpack list of messages; a message is an array whose first item is its tag. Numbers
stay integers (ticks, lots, minor units) to the last step. The processes of a venue start together, so both
ends are of one version.

web → marketdata: Subscribe, AskStatus · marketdata → web: Hello, one RingState a symbol, Live, then changes,
each frame of which ends with At; Status.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from exchange.journal.codec import DECODE_ERRORS, decoder
from exchange.link.protocol import FrameBuffer, FrameError, frame
from marketdata.candles import Candle
from marketdata.statistics import Ticker
from marketdata.trades import PublicTrade

#: Longest frame of a subscriber: what a web process asks is a few bytes.
MAX_REQUEST_BYTES: Final = 64 * 1024
#: Longest frame of the server. A symbol's rings take about half a megabyte.
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024
_READ_BYTES: Final = 256 * 1024


# --- web to marketdata ---------------------------------------------------------------------------


class Subscribe(msgspec.Struct, array_like=True, tag=1, frozen=True, forbid_unknown_fields=True):
    """Asks for all there is and every change after it."""


class AskStatus(msgspec.Struct, array_like=True, tag=2, frozen=True, forbid_unknown_fields=True):
    """Asks for a Status."""


Request = Subscribe | AskStatus

# --- marketdata to web ---------------------------------------------------------------------------


class Hello(msgspec.Struct, array_like=True, tag=1, frozen=True):
    """The begin of the snapshot. One RingState a symbol follows, then Live."""

    sequence: int
    now_ns: int
    #: AssetEvent tuples
    assets: list[tuple[Any, ...]]
    #: SymbolEvent tuples
    symbols: list[tuple[Any, ...]]


class RingState(msgspec.Struct, array_like=True, tag=2, frozen=True):
    """Everything kept of a symbol."""

    symbol: str
    #: Oldest first.
    trades: list[PublicTrade]
    #: Interval → closed candles with trades, ascending.
    closed: dict[int, list[Candle]]
    #: Interval → current candle.
    current: dict[int, Candle]
    ticker: Ticker | None


class Live(msgspec.Struct, array_like=True, tag=3, frozen=True):
    """The snapshot is complete; from here on changes follow."""


class At(msgspec.Struct, array_like=True, tag=4, frozen=True):
    """How far the feed has come, at the end of each frame."""

    sequence: int
    now_ns: int
    durable_sequence: int


class AssetChanged(msgspec.Struct, array_like=True, tag=5, frozen=True):
    """An AssetEvent tuple."""

    event: tuple[Any, ...]


class SymbolChanged(msgspec.Struct, array_like=True, tag=6, frozen=True):
    """A SymbolEvent tuple."""

    event: tuple[Any, ...]


class Trades(msgspec.Struct, array_like=True, tag=7, frozen=True):
    """Trades of a symbol, oldest first."""

    symbol: str
    trades: list[PublicTrade]


class CandleClosed(msgspec.Struct, array_like=True, tag=8, frozen=True):
    """Time has closed a candle; flat ones included."""

    symbol: str
    interval_ns: int
    candle: Candle


class CandleNow(msgspec.Struct, array_like=True, tag=9, frozen=True):
    """The current candle."""

    symbol: str
    interval_ns: int
    candle: Candle


class TickerNow(msgspec.Struct, array_like=True, tag=10, frozen=True):
    """The statistics of a symbol, as they are."""

    symbol: str
    ticker: Ticker


class Status(msgspec.Struct, array_like=True, tag=11, frozen=True):
    """The projector's own account of itself; see ``client.read_status``."""

    values: dict[str, Any]


Message = (
    Hello
    | RingState
    | Live
    | At
    | AssetChanged
    | SymbolChanged
    | Trades
    | CandleClosed
    | CandleNow
    | TickerNow
    | Status
)

_requests: Final = decoder(list[Request])
_messages: Final = decoder(list[Message])


def frame_of(messages: Sequence[Request | Message]) -> bytes:
    """The messages as one frame."""
    try:
        return frame(list(messages))
    except OverflowError:
        # A volume beyond 64 bits crosses as an extension, which plain arrays can be given.
        return frame(msgspec.to_builtins(list(messages)))


def decode_requests(body: bytes) -> list[Request]:
    """A subscriber's messages in a frame. Raises FrameError."""
    return _decoded(_requests, body)


def decode_messages(body: bytes) -> list[Message]:
    """The server's messages in a frame. Raises FrameError."""
    return _decoded(_messages, body)


def _decoded(by: msgspec.msgpack.Decoder[Any], body: bytes) -> list[Any]:
    try:
        found: list[Any] = by.decode(body)
    except DECODE_ERRORS as error:
        raise FrameError(f"not a frame: {error}") from error
    return found


async def bodies(
    reader: asyncio.StreamReader, max_bytes: int, silence_s: float | None = None
) -> AsyncIterator[bytes]:
    """The bodies of the frames that come, until the other side closes. Raises FrameError for one that is too
    long or cut off, TimeoutError when nothing comes for ``silence_s``."""
    buffer = FrameBuffer(max_bytes)
    while data := await asyncio.wait_for(reader.read(_READ_BYTES), silence_s):
        for body in buffer.feed(data):
            yield body
    if buffer.has_rest:
        raise FrameError("the connection ended inside a frame")
