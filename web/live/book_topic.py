"""The full book of one symbol as the feed builds it, and its conflated topic."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import Any, Final

from exchange.engine.messages import BUY
from exchange.listing.symbol_table import SymbolSpec
from exchange.wire.checksum import DEPTH, book_checksum
from exchange.wire.rendering import format_units, render_levels
from web.live.packet import Packet
from web.live.topics import Reader, Topic

Level = tuple[int, int]

#: More levels than this are not sent as a delta: it would be longer than a frame.
MOST_CHANGES: Final = 4_000


class BookSide:
    """Levels of one side: quantities by price, and the prices ascending."""

    __slots__ = ("_is_bid", "prices", "quantities")

    def __init__(self, is_bid: bool, levels: Iterable[Level] = ()) -> None:
        self._is_bid = is_bid
        self.quantities: dict[int, int] = dict(levels)
        self.prices = sorted(self.quantities)

    def set(self, price_ticks: int, quantity_lots: int) -> None:
        """Take in a level as it is now; 0 removes it."""
        known = price_ticks in self.quantities
        if quantity_lots:
            self.quantities[price_ticks] = quantity_lots
            if not known:
                insort(self.prices, price_ticks)
        elif known:
            del self.quantities[price_ticks]
            del self.prices[bisect_left(self.prices, price_ticks)]

    def top(self, depth: int | None = None) -> list[Level]:
        """Levels, best first."""
        count = len(self.prices) if depth is None else depth
        prices = self.prices[: -count - 1 : -1] if self._is_bid else self.prices[:count]
        return [(price, self.quantities[price]) for price in prices]


class BookTopic:
    """The ``book`` channel of a symbol: at most one delta per turn of the clock, the same for every reader.

    Levels are noted at once and taken in on the next look (``top`` is current); deltas carry absolute
    quantities of everything that changed since the last one. A snapshot must match a message's sequence, so a
    reader that subscribes while changes wait gets its snapshot right after the next delta.
    """

    def __init__(self, spec: SymbolSpec, sequence: int, remember: int) -> None:
        self.spec = spec
        self.topic = Topic("book", spec.name, sequence, remember)
        self._sides = (BookSide(True), BookSide(False))
        #: Lots by price of what has changed since the last delta, bids and asks; not all of it is in the
        #: sides.
        self._changed: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._is_settled = True
        self._changed_at = (sequence, 0)
        self._newcomers: list[Reader] = []
        self._snapshot: list[Packet] | None = None

    @property
    def is_dirty(self) -> bool:
        return bool(self._changed[0] or self._changed[1])

    def load(self, bids: Iterable[Level], asks: Iterable[Level], sequence: int, time_ms: int) -> None:
        """Start over from a full book; readers get a snapshot."""
        self._sides = (BookSide(True, bids), BookSide(False, asks))
        for changed in self._changed:
            changed.clear()
        self._is_settled = True
        self._snapshot = None
        self.topic.restart(sequence, time_ms)
        for reader in list(self.topic.readers):
            self._start(reader)
        self._admit_newcomers()

    def set_level(self, side: int, price_ticks: int, quantity_lots: int, sequence: int, time_ms: int) -> None:
        """Take in one level event."""
        self._changed[side != BUY][price_ticks] = quantity_lots
        self._is_settled = False
        self._changed_at = (sequence, time_ms)

    def flush(self) -> None:
        """Publish what has changed, then admit the readers that waited for it."""
        if self.is_dirty:
            self._snapshot = None
            if sum(map(len, self._changed)) > MOST_CHANGES:
                self._start_anew()
            else:
                bids, asks = (self._changes(index) for index in (0, 1))
                body = {"type": "book_delta", "bids": bids, "asks": asks, "checksum": self.checksum()}
                self.topic.publish(*self._changed_at, [body])
            for changed in self._changed:
                changed.clear()
        self._admit_newcomers()

    def _start_anew(self) -> None:
        """Send the book in place of its changes."""
        self._settle()
        self.topic.restart(*self._changed_at)
        for reader in list(self.topic.readers):
            for packet in self._snapshot_packets():
                reader.push(packet)

    def join(self, reader: Reader) -> None:
        """Send a snapshot, now or after the waiting changes, and then every delta."""
        self._newcomers.append(reader)
        if not self.is_dirty:
            self._admit_newcomers()

    def leave(self, reader: Reader) -> None:
        self.topic.readers.pop(reader, None)
        if reader in self._newcomers:
            self._newcomers.remove(reader)

    def top(self, depth: int | None = None) -> tuple[list[Level], list[Level]]:
        """Bids and asks, best first, as of the last event."""
        self._settle()
        return self._sides[0].top(depth), self._sides[1].top(depth)

    def checksum(self) -> int:
        """Checksum of the top ten as of the last event."""
        bids, asks = (render_levels(levels, self.spec) for levels in self.top(DEPTH))
        return book_checksum(asks, bids)

    def _settle(self) -> None:
        """Take what has changed into the sides: a level that changed often only once."""
        if not self._is_settled:
            self._is_settled = True
            for side, changed in zip(self._sides, self._changed, strict=True):
                for price_ticks, quantity_lots in changed.items():
                    side.set(price_ticks, quantity_lots)

    def _admit_newcomers(self) -> None:
        newcomers, self._newcomers = self._newcomers, []
        for reader in newcomers:
            self._start(reader)
            self.topic.readers[reader] = None

    def _start(self, reader: Reader) -> None:
        for packet in self._snapshot_packets():
            reader.send(packet)

    def _snapshot_packets(self) -> list[Packet]:
        """Encoded once per state of the book, for all readers."""
        if self._snapshot is None:
            bids, asks = (render_levels(levels, self.spec) for levels in self.top())
            body = {"type": "book_snapshot", "bids": bids, "asks": asks, "checksum": self.checksum()}
            self._snapshot = self.topic.snapshot(body)
        return self._snapshot

    def _changes(self, index: int) -> list[list[Any]]:
        """Changed levels of a side as wire pairs, best price first."""
        spec = self.spec
        return [
            [format_units(price, spec.price_scale), format_units(lots, spec.quantity_scale)]
            for price, lots in sorted(self._changed[index].items(), reverse=index == 0)
        ]
