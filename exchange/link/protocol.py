"""What crosses the engine's socket.

A frame is a length (4 bytes, little endian) and that many bytes of msgpack: a list of messages. A message
is an array whose first item is its tag. Sides collect what one turn of their loop gives into one frame.

client → engine: Commands, Query, Subscribe, Follow · engine → client: Outcomes, Refused, Answer,
Hello, FeedBatch, Durable, Sequenced, Venue.
"""

from __future__ import annotations

from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec

from exchange.engine.messages import Event
from exchange.journal.codec import PlainEvent, decoder, encode, freeze_events

#: (bids, asks), each a list of (price_ticks, quantity_lots), best first.
Book = tuple[list[tuple[int, int]], list[tuple[int, int]]]

LENGTH_BYTES: Final = 4
#: Longest frame the engine takes from a client.
MAX_REQUEST_BYTES: Final = 8 * 1024 * 1024
#: Longest frame a client takes from the engine; a Hello carries every level of every book.
MAX_REPLY_BYTES: Final = 512 * 1024 * 1024

BUSY: Final = "ENGINE_BUSY"
#: The disks are nearly full: nothing new is taken.
NO_ROOM: Final = "VENUE_CANCEL_ONLY"
MALFORMED: Final = "COMMAND_MALFORMED"
BAD_QUERY: Final = "BAD_QUERY"


class Outcome(NamedTuple):
    """What became of a command. ``sequence`` is 0 for refusals that were not sequenced. A repeated
    command's events are those of its first reply without levels and balances."""

    sequence: int
    now_ns: int
    events: list[Event]


class Answer(NamedTuple):
    """Reply to a query: ``value`` as it was right after ``sequence``. Arrays inside are tuples."""

    sequence: int
    value: Any


# --- client to engine ----------------------------------------------------------------------------


class Commands(msgspec.Struct, array_like=True, tag=1, frozen=True):
    """Commands in order; the outcome of the i-th carries the request id ``first_request_id + i``. ``labels``:
    that of each command (``telemetry.request_ids``), or nothing where none has one."""

    first_request_id: int
    commands: list[tuple[Any, ...]]
    labels: list[str] = []


class Query(msgspec.Struct, array_like=True, tag=2, frozen=True):
    """See ``queries`` for kinds and arguments."""

    request_id: int
    kind: str
    arguments: tuple[Any, ...]


class Subscribe(msgspec.Struct, array_like=True, tag=3, frozen=True):
    """Asks for a Hello and every FeedBatch after it. ``name``: the web process that asks, where orders may
    end with it."""

    name: str = ""


class Follow(msgspec.Struct, array_like=True, tag=4, frozen=True):
    """Asks for a Durable now and after every sync."""


Request = Commands | Query | Subscribe | Follow

# --- engine to client ----------------------------------------------------------------------------


#: How events are decoded: as PlainEvent, or as any tuple.
_E = TypeVar("_E")


class Outcomes(msgspec.Struct, Generic[_E], array_like=True, tag=1, frozen=True):
    """(request id, sequence, now_ns, events) of each command that came through."""

    rows: list[tuple[int, int, int, list[_E]]]


class Refused(msgspec.Struct, array_like=True, tag=2, frozen=True):
    """A command or query that was not taken. ``code`` is BUSY, NO_ROOM, MALFORMED or
    BAD_QUERY."""

    request_id: int
    code: str
    message: str


class Answered(msgspec.Struct, array_like=True, tag=3, frozen=True):
    """Reply to a Query."""

    request_id: int
    sequence: int
    value: Any


class Hello(msgspec.Struct, array_like=True, tag=4, frozen=True):
    """State a subscriber starts from: every later FeedBatch follows ``sequence`` without a gap."""

    sequence: int
    now_ns: int
    epoch: int
    #: SymbolEvent tuples
    symbols: list[tuple[Any, ...]]
    #: AssetEvent tuples
    assets: list[tuple[Any, ...]]
    #: symbol -> full-depth book
    books: dict[str, Book]


class FeedBatch(msgspec.Struct, Generic[_E], array_like=True, tag=5, frozen=True):
    """Events of one durable batch: ``events[i]`` are those of the command ``first_sequence + i``."""

    first_sequence: int
    now_ns: int
    events: list[list[_E]]


class Durable(msgspec.Struct, array_like=True, tag=6, frozen=True):
    """Everything up to ``sequence`` is on the engine's disk."""

    sequence: int


class Sequenced(msgspec.Struct, array_like=True, tag=7, frozen=True):
    """Outcomes for a subscriber, whose events it has from the FeedBatch just before: (first request id, first
    sequence, count) of commands that follow each other in both."""

    runs: list[tuple[int, int, int]]


class Venue(msgspec.Struct, array_like=True, tag=8, frozen=True):
    """How the venue is, for subscribers: at each change, and after the Hello while ``cancel_only``. Nothing
    new is taken then (NO_ROOM)."""

    cancel_only: bool


_Event = tuple[Any, ...]
Reply = Outcomes[_Event] | Refused | Answered | Hello | FeedBatch[_Event] | Durable | Sequenced | Venue
_PlainReply = (
    Outcomes[PlainEvent] | Refused | Answered | Hello | FeedBatch[PlainEvent] | Durable | Sequenced | Venue
)

#: Tags, for what is encoded from plain tuples with already encoded parts inside.
COMMANDS, QUERY, SUBSCRIBE, FOLLOW = 1, 2, 3, 4
OUTCOMES, REFUSED, ANSWERED, HELLO, FEED_BATCH, DURABLE, SEQUENCED, VENUE = 1, 2, 3, 4, 5, 6, 7, 8

request_decoder: Final = decoder(list[Request])
reply_decoder: Final = decoder(list[Reply])
_plain_reply_decoder: Final = decoder(list[_PlainReply])


def decode_replies(body: bytes) -> list[Reply]:
    """The engine's messages in a frame, the events in them equal to those that were encoded. Raises one of
    DECODE_ERRORS."""
    try:
        messages: list[Reply] = _plain_reply_decoder.decode(body)
        return messages
    except msgspec.ValidationError:
        # An amount beyond 64 bits, or nothing of ours: then this raises.
        messages = reply_decoder.decode(body)
    for message in messages:
        if isinstance(message, FeedBatch):
            for events in message.events:
                freeze_events(events)
        elif isinstance(message, Outcomes):
            for _, _, _, events in message.rows:
                freeze_events(events)
    return messages


class FrameError(Exception):
    """What came is not a frame of this protocol; the connection cannot go on."""


def frame(messages: list[Any]) -> bytes:
    """The messages as one frame."""
    body = encode(messages)
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


class FrameBuffer:
    """Cuts a byte stream into frames of at most ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._data = bytearray()

    @property
    def has_rest(self) -> bool:
        """Whether a frame has begun and is not complete."""
        return bool(self._data)

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies of the frames that are complete now. Raises FrameError on one too long."""
        buffer = self._data
        buffer += data
        bodies, start, size = [], 0, len(buffer)
        while size - start >= LENGTH_BYTES:
            begin = start + LENGTH_BYTES
            length = int.from_bytes(buffer[start:begin], "little")
            if length > self._max_bytes:
                raise FrameError(f"a frame of {length} bytes; the limit is {self._max_bytes}")
            if size - begin < length:
                break
            start = begin + length
            with memoryview(buffer) as view:
                bodies.append(bytes(view[begin:start]))
        del buffer[:start]
        return bodies
