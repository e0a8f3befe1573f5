"""One topic: its chain of sequences, what it remembers for those who resume, and its readers."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from exchange.feeds.packet import Packet

#: However many messages a topic may remember, they are not more than this.
MAX_REMEMBERED_BYTES: Final = 8 * 1024 * 1024


class Reader(Protocol):
    """A socket, as topics see it."""

    def push(self, packet: Packet) -> None:
        """Take one message of a topic; never blocks. A reader too slow for it is closed."""

    def send(self, packet: Packet) -> None:
        """Take what a subscription starts with: long perhaps, but asked for and sent once."""


class Remembered(NamedTuple):
    """A message in the replay ring."""

    prev_sequence: int
    sequence: int
    packet: Packet


class Topic:
    """Messages of one channel and symbol (or account).

    Each message says the engine's ``sequence`` it reflects and the ``prev_sequence`` of the message
    before it. One command may cause several messages of a topic; they share its sequence, and then say
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

    def publish(self, sequence: int, timestamp_ms: int, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Send what one command caused in this topic, in order."""
        previous, parts = self.sequence, len(bodies)
        for part, body in enumerate(bodies, start=1):
            message = self._envelope(body, sequence, previous, timestamp_ms)
            if parts > 1:
                message["part"], message["parts"] = part, parts
            packet = Packet(message)
            self._keep(Remembered(previous, sequence, packet))
            for reader in list(self.readers):
                reader.push(packet)
            previous = sequence
        self.sequence, self.timestamp_ms = sequence, timestamp_ms

    def snapshot(self, body: Mapping[str, Any], sequence: int | None = None) -> Packet:
        """A message that starts the chain anew at ``sequence`` (by default where the topic is)."""
        at = self.sequence if sequence is None else sequence
        return Packet(self._envelope(body, at, None, self.timestamp_ms))

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

    def _keep(self, remembered: Remembered) -> None:
        """Remember a message; the oldest go when there are too many, or too much."""
        self._ring.append(remembered)
        self._ring_bytes += len(remembered.packet)
        while len(self._ring) > self._remember or self._ring_bytes > MAX_REMEMBERED_BYTES:
            self._ring_bytes -= len(self._ring.popleft().packet)

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
