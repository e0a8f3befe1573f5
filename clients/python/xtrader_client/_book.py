"""A full order book that proves itself: by the sequence of its messages and by their checksums."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from zlib import crc32

from xtrader_client._errors import ChecksumMismatch, SequenceGap, XTraderError
from xtrader_client._live import Live
from xtrader_client._market import Level
from xtrader_client._topics import Message, Reader

#: Levels of each side that the checksum covers.
CHECKSUM_DEPTH = 10


def _digits(text: str) -> str:
    return text.replace(".", "").lstrip("0")


def book_checksum(asks: Iterable[Sequence[str]], bids: Iterable[Sequence[str]]) -> int:
    """CRC32 over the top ten asks, then bids, best first: price then quantity as they stand on the
    wire, each without its dot and leading zeros."""
    text = "".join(_digits(price) + _digits(quantity) for side in (asks, bids) for price, quantity in side)
    return crc32(text.encode("ascii"))


class _Side:
    """Levels of one side: prices ascending, the wire's own strings beside them for the checksum."""

    __slots__ = ("is_bid", "levels", "prices")

    def __init__(self, is_bid: bool) -> None:
        self.is_bid = is_bid
        self.prices: list[Decimal] = []
        self.levels: dict[Decimal, tuple[str, str]] = {}

    def load(self, rows: Iterable[Sequence[str]]) -> None:
        self.levels = {Decimal(row[0]): (row[0], row[1]) for row in rows}
        self.prices = sorted(self.levels)

    def update(self, rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            price = Decimal(row[0])
            known = price in self.levels
            if row[1] != "0":
                self.levels[price] = (row[0], row[1])
                if not known:
                    insort(self.prices, price)
            elif known:
                del self.levels[price]
                del self.prices[bisect_left(self.prices, price)]

    def best_first(self, limit: int | None = None) -> list[Decimal]:
        count = len(self.prices) if limit is None else limit
        return self.prices[: -count - 1 : -1] if self.is_bid else self.prices[:count]

    def rows(self, limit: int) -> list[tuple[str, str]]:
        return [self.levels[price] for price in self.best_first(limit)]


class OrderBook(Live):
    """The live book of one symbol.

    ``Client.book`` keeps it in step; ``synced`` is False while it is being fetched anew, and reading
    it then gives the last state that was proved. Reads are synchronous and consistent: messages are
    applied whole, between awaits of the reader.
    """

    def __init__(self, symbol: str) -> None:
        super().__init__()
        self.symbol = symbol
        #: Engine sequence of the last message applied.
        self.sequence = 0
        #: Engine time of it, ms UTC.
        self.timestamp = 0
        #: Messages applied and resynchronisations needed since the start.
        self.updates = 0
        self.resyncs = 0
        self._bids = _Side(is_bid=True)
        self._asks = _Side(is_bid=False)

    def bids(self, depth: int | None = None) -> list[Level]:
        """Levels of buyers, highest price first; the best ``depth`` of them, or all."""
        return self._levels(self._bids, depth)

    def asks(self, depth: int | None = None) -> list[Level]:
        """Levels of sellers, lowest price first; the best ``depth`` of them, or all."""
        return self._levels(self._asks, depth)

    @property
    def best_bid(self) -> Level | None:
        """The highest price to sell at; None while there is no bid."""
        return next(iter(self.bids(1)), None)

    @property
    def best_ask(self) -> Level | None:
        """The lowest price to buy at; None while there is no ask."""
        return next(iter(self.asks(1)), None)

    @property
    def mid(self) -> Decimal | None:
        """Halfway between best bid and best ask; None while a side is empty."""
        bid, ask = self.best_bid, self.best_ask
        return None if bid is None or ask is None else (bid.price + ask.price) / 2

    def checksum(self) -> int:
        """The CRC32 of the top ten; the exchange sends the same for the same book."""
        return book_checksum(self._asks.rows(CHECKSUM_DEPTH), self._bids.rows(CHECKSUM_DEPTH))

    def apply_snapshot(self, message: Mapping[str, Any]) -> None:
        """Replace everything. Raises ChecksumMismatch."""
        self._bids.load(message["bids"])
        self._asks.load(message["asks"])
        self._finish(message)

    def apply_delta(self, message: Mapping[str, Any], *, resumed: bool = False) -> None:
        """Apply absolute quantities. The first message after a resumption may overlap what is known.
        Raises SequenceGap, ChecksumMismatch."""
        previous = message["prev_sequence"]
        if previous > self.sequence or (previous < self.sequence and not resumed):
            raise SequenceGap(f"{self.symbol}: expected a message after {self.sequence}, not {previous}")
        self._bids.update(message["bids"])
        self._asks.update(message["asks"])
        self._finish(message)

    def mark_stale(self) -> None:
        """Called by the reader: something may be missing from here on."""
        if self.synced:
            self.synced = False
            self.resyncs += 1

    def mark_resumed(self) -> None:
        """Called by the reader: what is missing follows at once, if anything is."""
        self.synced = True
        self._changed.set()

    def _finish(self, message: Mapping[str, Any]) -> None:
        if self.checksum() != message["checksum"]:
            raise ChecksumMismatch(f"{self.symbol}: book differs at sequence {message['sequence']}")
        self.sequence = message["sequence"]
        self.timestamp = message["timestamp"]
        self.synced = True
        self.updates += 1
        self._changed.set()

    @staticmethod
    def _levels(side: _Side, depth: int | None) -> list[Level]:
        return [Level(price, Decimal(side.levels[price][1])) for price in side.best_first(depth)]


class BookReader(Reader):
    """Feeds one order book."""

    needs_snapshot = True

    def __init__(self, book: OrderBook) -> None:
        self._book = book

    def on_message(self, message: Message, *, is_snapshot: bool, resumed: bool) -> None:
        if is_snapshot:
            self._book.apply_snapshot(message)
        else:
            self._book.apply_delta(message, resumed=resumed)

    def on_stale(self) -> None:
        self._book.mark_stale()

    def on_resumed(self) -> None:
        self._book.mark_resumed()

    def on_failure(self, error: XTraderError) -> None:
        self._book.fail(error)
