"""Public reads: what the DRF view and the fast lane of an address share.

A read is made from the names in the address and the query, both checked. The view asks it, which may block;
the lane, on the event loop, takes what this process holds in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple, Protocol

from exchange import selectors
from exchange.api import params
from exchange.api.params import Query
from exchange.checksum import DEPTH
from exchange.feeds import runtime
from exchange.feeds.hub import Hub
from exchange.symbols import symbols
from exchange.wire import Json

#: What the addresses of public reads begin with.
PREFIX: Final = "/api/v1/"
DEFAULT_DEPTH: Final = 20
MAX_DEPTH: Final = 1_000


class PublicRead(Protocol):
    """One read, checked."""

    def ask(self) -> Json:
        """The reply, from wherever it is. Raises what the view answers with; not for the event loop."""

    def recall(self) -> Json | None:
        """The reply from memory, on the event loop; None when memory does not hold it."""

    def version(self) -> Hashable:
        """While this stays, ``recall`` gives the same reply. None when memory holds nothing."""


#: Makes a read of the names in its address, in their order, and the query. Raises the errors of reading it.
ReadOf = Callable[..., PublicRead]


class OrderBookRead(NamedTuple):
    """The best ``depth`` levels. Memory is the hub's copy of the book, which follows the engine."""

    symbol: str
    depth: int

    @classmethod
    def of(cls, symbol: str, query: Query) -> OrderBookRead:
        params.refuse_unknown(query, {"depth"})
        return cls(symbol, params.read_integer(query, "depth", 1, MAX_DEPTH) or DEFAULT_DEPTH)

    def ask(self) -> Json:
        return selectors.order_book(symbols.get(self.symbol), self.depth, now_ms())

    def recall(self) -> Json | None:
        hub = _live_hub()
        if hub is None:
            return None
        spec = symbols.get(self.symbol)
        levels = hub.books[spec.name].top(max(self.depth, DEPTH))
        return selectors.book_reply(spec, self.depth, hub.sequence, levels, now_ms())

    def version(self) -> Hashable:
        """The reply tells the time, so it is the same for a millisecond at most."""
        hub = _live_hub()
        return None if hub is None else (hub.sequence, now_ms())


def _live_hub() -> Hub | None:
    """The hub, while it hears the engine."""
    running = runtime.current()
    return None if running is None or not symbols.is_live else running.hub


def now_ms() -> int:
    return time.time_ns() // 1_000_000


#: The reads of this app, as the fast lane finds them: by the first part of the address after ``PREFIX`` and the
#: number of names that follow.
READS: Final[dict[tuple[str, int], ReadOf]] = {("orderbook", 1): OrderBookRead.of}
