"""One topic: its chain of sequences, what it remembers for those who resume, and its readers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

from web.live.packet import Packet
from web.live.parts import packets_of

#: However many messages a topic may remember, they are not more than this.
MAX_REMEMBERED_BYTES: Final = 8 * 1024 * 1024


class Reader(Protocol):
    """A socket, as topics see it."""

    def push(self, packet: Packet) -> None:
        """Take one message of a topic; never blocks. A reader too slow for it is closed."""

    def send(self, packet: Packet) -> None:
        """Take what a subscription starts with: long perhaps, but asked for and sent once."""


#: A message without its envelope, or what makes it: a message without readers is never written.
Body = Mapping[str, Any]
LazyBody = Callable[[], Body]

#: What a message that has not been written counts for.
_UNWRITTEN_BYTES: Final = 512


class Remembered:
    """A message in the replay ring, written when it is first sent."""

    __slots__ = ("_packet", "_write", "counted_bytes", "prev_sequence", "sequence")

    def __init__(self, prev_sequence: int, sequence: int, write: Callable[[], Packet]) -> None:
        self.prev_sequence = prev_sequence
        self.sequence = sequence
        self._write = write
        self._packet: Packet | None = None
        #: What the ring counts for it; set when it is kept.
        self.counted_bytes = 0

    @property
    def packet(self) -> Packet:
        if self._packet is None:
            self._packet = self._write()
        return self._packet

    def count(self) -> int:
        """What it holds from now on, as far as known."""
        self.counted_bytes = _UNWRITTEN_BYTES if self._packet is None else len(self._packet)
        return self.counted_bytes


class Topic:
    """Messages of one channel and symbol (or account).

    Each message has the engine's ``sequence`` it reflects and the ``prev_sequence`` of the message
    before it. One command may cause several messages of a topic; they share its sequence, and then have
    ``part`` of ``parts``. A message whose ``prev_sequence`` is null starts the chain anew.
    """

    def __init__(self, channel: str, symbol: str | None, sequence: int, remember: int) -> None:
        self.channel = channel
        self.symbol = symbol
        #: Sequence of the last message, or where the topic started.
        self.sequence = sequence
        self.timestamp_ms = 0
        self.readers: dict[Reader, None] = {}
        self._ring: deque[Remembered] = deque()
        self._remember = remember
        self._ring_bytes = 0
        self._names: dict[str, Any] = {"channel": channel}
        if symbol is not None:
            self._names["symbol"] = symbol

    def publish(self, sequence: int, timestamp_ms: int, bodies: Sequence[Body | LazyBody]) -> None:
        """Send what one command caused in this topic, in order."""
        previous, parts = self.sequence, len(bodies)
        for part, body in enumerate(bodies, start=1):
            write = partial(self._written, body, sequence, previous, timestamp_ms, part, parts)
            message = Remembered(previous, sequence, write)
            for reader in list(self.readers):
                reader.push(message.packet)
            self._keep(message, is_written=not callable(body))
            previous = sequence
        self.sequence, self.timestamp_ms = sequence, timestamp_ms

    def snapshot(self, body: Mapping[str, Any], sequence: int | None = None) -> list[Packet]:
        """A message that starts the chain anew at ``sequence`` (by default where the topic is), in as many
        parts as its length takes."""
        at = self.sequence if sequence is None else sequence
        return packets_of(self._envelope(body, at, None, self.timestamp_ms), {"prev_sequence": at})

    def start_anew(self, body: Mapping[str, Any], *readers: Reader) -> None:
        """Send the readers what the chain starts with."""
        packets = self.snapshot(body)
        for reader in readers:
            for packet in packets:
                reader.send(packet)

    def remember_at_least(self, messages: int) -> None:
        """Remember more from now on: a reader whose start takes long to make has missed more by then."""
        self._remember = max(self._remember, messages)

    def restart(self, sequence: int, timestamp_ms: int) -> None:
        """Messages may be missing before ``sequence``: nothing older can be resumed."""
        self._ring.clear()
        self._ring_bytes = 0
        self.sequence, self.timestamp_ms = sequence, timestamp_ms

    def can_resume(self, since: int) -> bool:
        """Whether every message after ``since`` is still remembered."""
        return since >= (self._ring[0].prev_sequence if self._ring else self.sequence)

    def after(self, since: int) -> list[Remembered]:
        """The messages after ``since``, oldest first."""
        missed: list[Remembered] = []
        for remembered in reversed(self._ring):
            if remembered.sequence <= since:
                break
            missed.append(remembered)
        missed.reverse()
        return missed

    def _keep(self, message: Remembered, is_written: bool) -> None:
        """Remember a message; the oldest go when there are too many, or too much."""
        if not self._remember:
            return
        if is_written:
            # A body at hand may be larger than its text.
            _ = message.packet
        self._ring.append(message)
        self._ring_bytes += message.count()
        while len(self._ring) > self._remember or self._ring_bytes > MAX_REMEMBERED_BYTES:
            self._ring_bytes -= self._ring.popleft().counted_bytes

    def _written(
        self, body: Body | LazyBody, sequence: int, previous: int, timestamp_ms: int, part: int, parts: int
    ) -> Packet:
        message = self._envelope(body() if callable(body) else body, sequence, previous, timestamp_ms)
        if parts > 1:
            message["part"], message["parts"] = part, parts
        return Packet(message)

    def _envelope(
        self, body: Mapping[str, Any], sequence: int, previous: int | None, timestamp_ms: int
    ) -> dict[str, Any]:
        return {
            "type": body["type"],
            **self._names,
            "sequence": sequence,
            "prev_sequence": previous,
            "timestamp": timestamp_ms,
            **body,
        }
